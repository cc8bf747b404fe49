"""The seam: one set of system calls, two machines that answer them.

A machine takes calls by name from named shells and gives back answers that are
plain data. The model below answers from the miniature kernel;
``vfslab.oracle.live.RunningKernel`` asks the kernel underneath. Whoever lowers
commands to calls (``vfslab.shell``) must not know which of the two it talks to.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    from .snapshot import Snapshot


class Answer(NamedTuple):
    """What a system call gave back.

    ``value`` is its result (None where success says it all), ``errno`` the name
    of the error ("EINVAL") or None, ``reason`` the check that refused, which a
    real kernel never tells.
    """

    value: Any = None
    errno: str | None = None
    reason: str | None = None


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

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """Let ``shell`` make the system call ``name``. Raises ValueError for a call that does not exist."""

    def snapshot(self) -> Snapshot:
        """The mounts that the shells see; a model adds its tasks, and what no shell can see."""

    def close(self) -> None:
        """End all shells and release what they held."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
