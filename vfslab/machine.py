"""The seam: one set of system calls, two machines that answer them.

A machine takes calls by name from named shells and gives back answers that are
plain data: strings, numbers, and lists and dicts of them. ``vfslab.calls`` lists the
calls and their arguments. ``vfslab.model.Model`` answers from the miniature kernel;
``vfslab.oracle.live.RunningKernel`` asks the kernel underneath. Whoever lowers
commands to calls (``vfslab.shell``) must not know which of the two it talks to.

File descriptors are numbers of the shell's own process, and each machine's own; a
new shell inherits those of its parent. AT_FDCWD stands for none. A path may be a
magic one, whether or not a procfs is mounted anywhere: /proc/self/fd/N and what is
below it; /proc/self/ns/mnt, user and net; /proc/self/mountinfo, mounts and mountstats;
and with the name of a shell in the place of "self" all of these but fd.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from .snapshot import Snapshot


class Answer(NamedTuple):
    """What a system call gave back.

    ``value`` is its result (None where success says it all), ``errno`` the name
    of the error ("EINVAL") or None. ``reason`` is the check that refused, ``remedy``
    what would make the call succeed, both of which a real kernel never tells.
    """

    value: Any = None
    errno: str | None = None
    reason: str | None = None
    remedy: str | None = None


class Stat(NamedTuple):
    """The part of struct stat that tells files apart: stat(2)."""

    dev: int
    ino: int
    directory: bool


class Machine(Protocol):
    """Something that answers system calls from shells named sh1, sh2, …

    ``release`` is the kernel release it speaks for: "7.0" for a model, uname -r
    for a running kernel.
    """

    release: str

    def start(self, shell: str) -> None:
        """Make ``shell`` a new process: a child of sh1, in its namespace, with its root and cwd."""

    def exit(self, shell: str) -> None:
        """End the process of ``shell``, which is not sh1: what it held is given back when this returns.

        Raises ValueError for sh1, and for a shell that is not there.
        """

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """Let ``shell`` make the system call ``name``. Raises ValueError for a call that does not exist.

        A "clone" that succeeds makes a shell: a child of ``shell``, as "start" makes one of sh1.
        """

    def snapshot(self) -> Snapshot:
        """The mounts that the shells see; a model adds its tasks, and what no shell can see."""

    def close(self) -> None:
        """End all shells and release what they held."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
