"""What kernel code tells whoever drives it: the effects, and how a call is refused.

Kernel functions are generators. They change the state themselves and yield
effects, small immutable values; what an effect means (nothing, a frame to keep,
an allocation to fail, a lock to wait for) is the driver's business, and nothing
here or in any kernel module may know which driver it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias


class Step(NamedTuple):
    """One state change that has just happened.

    ``function`` is the kernel function that made it. ``mounts`` are the ids of
    every mount whose fields the change touched; a change of tasks or namespaces is
    a step of its own, without any. ``others`` are mounts that the sentence names
    besides. ``what`` is the sentence, a format string over them: ``{0}``, ``{1}``,
    … for ``mounts``, ``{all}`` for all of these, ``{others[0]}``, ….
    """

    function: str
    what: str
    mounts: tuple[int, ...] = ()
    others: tuple[int, ...] = ()


class Acquire(NamedTuple):
    """``function`` is about to take ``lock``; a driver that blocks, blocks here."""

    function: str
    lock: str
    shared: bool = False


class Release(NamedTuple):
    """``function`` has given ``lock`` back."""

    function: str
    lock: str


class Alloc(NamedTuple):
    """``function`` needs memory for ``what``; a driver that sends back True makes it fail."""

    function: str
    what: str


class Wait(NamedTuple):
    """``function`` sleeps until ``ready()`` says that ``what`` has come; ``holder()`` names who is to do it.

    Unlike a lock it is not owned afterwards: a wait queue, a completion.
    """

    function: str
    what: str
    ready: Callable[[], bool]
    holder: Callable[[], str] = lambda: "nobody"


Effect: TypeAlias = Step | Acquire | Release | Alloc | Wait
Code: TypeAlias = Generator[Effect, Any, Any]

NAMESPACE_SEM = "namespace_sem"
MOUNT_LOCK = "mount_lock"


class Check(NamedTuple):
    """A condition under which a kernel function refuses.

    ``errno`` is its name ("EINVAL"), ``function`` the kernel function that
    tests it, ``condition`` the condition in plain words, ``remedy`` what would make the
    call succeed. In both texts ``{0}``, ``{1}``, … stand for what the refusal names (mounts, paths).
    """

    errno: str
    function: str
    condition: str
    remedy: str


class Refused(Exception):
    """A system call ends in an error: ``check`` refused, ``names`` is what it names, in words of then."""

    def __init__(self, check: Check, *names: object) -> None:
        super().__init__(check, *names)
        self.check = check
        self.names = tuple(map(str, names))

    @property
    def errno(self) -> str:
        return self.check.errno

    @property
    def reason(self) -> str:
        """Function and condition, with the actual mounts and paths named."""
        return f"{self.check.function}: {self.check.condition.format(*self.names)}"

    @property
    def remedy(self) -> str:
        """What would make the call succeed."""
        return self.check.remedy.format(*self.names)

    def __str__(self) -> str:
        return f"{self.errno}: {self.reason}"


class Oops(Exception):
    """The kernel has followed a pointer that it must not follow: nothing is sane after this.

    No kernel code catches it. ``function`` followed the pointer, ``report`` is what a kernel that checks
    its memory (KASAN) would say.
    """

    def __init__(self, function: str, report: str) -> None:
        super().__init__(function, report)
        self.function = function
        self.report = report

    def __str__(self) -> str:
        return f"{self.report} in {self.function}"


class NotModelled(Refused, ValueError):
    """The call asks for something that a kernel has and this one has not.

    Kernel code is unwound by it as by any refusal; it is no answer that a kernel gives.
    """

    def __init__(self, function: str, what: str) -> None:
        super().__init__(Check("ENOSYS", function, "{0}: not modelled here", "do without"), what)
