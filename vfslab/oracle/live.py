"""The running kernel: the second implementation of the system-call seam.

``RunningKernel`` hands calls to real processes in a sandbox (``sandbox.py``, and
``agent.py`` inside it) and turns their answers into ``vfslab.machine``'s. It does
not know what a call does, and makes none itself.
"""

from __future__ import annotations

import functools
import os
import weakref
from types import TracebackType
from typing import Any, Self

from vfslab.machine import Answer, Stat
from vfslab.oracle.sandbox import NotAllowed, Sandbox, SandboxEnded
from vfslab.snapshot import Snapshot

__all__ = ["NotAllowed", "RunningKernel", "SandboxEnded", "available"]

# how many arguments each call takes
CALLS = {
    "mount": 5,
    "umount2": 2,
    "unshare": 1,
    "pivot_root": 2,
    "chdir": 1,
    "chroot": 1,
    "mkdir": 1,
    "rmdir": 1,
    "unlink": 1,
    "mknod": 1,
    "utimensat": 1,
    "readdir": 1,
    "stat": 1,
    "readfile": 1,
    "getcwd": 0,
    "mountinfo": 0,
}


@functools.cache
def available() -> str | None:
    """None when the running kernel can be asked, else the reason, and the remedy where one is known.

    A sandbox is really started, once in the life of this process.
    """
    try:
        RunningKernel().close()
    except (NotAllowed, SandboxEnded) as reason:
        return str(reason)
    return None


class RunningKernel:
    """The kernel underneath, as a ``vfslab.machine.Machine``.

    Every shell is a real process in a private mount namespace (and a user namespace
    where the caller is not privileged: mount_namespaces(7), user_namespaces(7)) that
    shows one empty tmpfs. ``call_limit`` is the time one call may take, ``lifetime``
    the time after which the whole sandbox is ended, both in seconds. Calls from
    several threads are made one after another. What is not closed is ended when the
    object is collected, when the interpreter exits, and when it is killed.

    Raises NotAllowed where the machine forbids such a sandbox. ``start`` and ``call``
    raise SandboxEnded when it is gone or when a call takes too long, which ends it.
    """

    def __init__(self, call_limit: float = 10.0, lifetime: float = 3600.0) -> None:
        self.release = os.uname().release
        self._sandbox = Sandbox(call_limit, lifetime)
        self._end = weakref.finalize(self, self._sandbox.end)

    def start(self, shell: str) -> None:
        """Fork sh1: ``shell`` has its namespace, root and cwd. Raises ValueError when it exists."""
        with self._sandbox.lock:
            if shell in self._sandbox:
                raise ValueError(f"there is a shell {shell!r} already")
            self._sandbox.fork(shell)

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """Let ``shell`` make a system call; see ``vfslab.machine`` for their names.

        EFBIG says that a file is too long to be read here (1 MiB). Raises ValueError for
        a shell or a call that does not exist, and for an argument that no system call
        can take (a NUL in a path).
        """
        if CALLS.get(name) != len(args):
            raise ValueError(f"there is no call {name}({', '.join(['…'] * len(args))})")
        if shell not in self._sandbox:
            raise ValueError(f"there is no shell {shell!r}")
        for arg in args:
            _check(name, arg)
        kind, value = self._sandbox.ask(shell, [name, *args])
        if kind == "errno":
            return Answer(errno=value)
        return Answer(Stat(*value) if name == "stat" else value)

    def snapshot(self) -> Snapshot:
        """The mounts that the shells see, as their mountinfo tells them."""
        tables = {shell: self.call(shell, "mountinfo") for shell in self._sandbox.shells}
        return Snapshot.join({shell: str(answer.value) for shell, answer in tables.items()})

    def close(self) -> None:
        """End all shells and wait until they are reaped. May be called again."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check(name: str, arg: Any) -> None:
    """Raise ValueError for what cannot be an argument of a system call."""
    if isinstance(arg, str):
        if "\0" in arg:
            raise ValueError(f"{name}: {arg!r} holds a NUL, which ends a string in a system call")
        try:
            arg.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise ValueError(f"{name}: {arg!r} holds a character that stands for no bytes") from None
    elif isinstance(arg, int):
        if not 0 <= arg < 1 << 32:
            raise ValueError(f"{name}: {arg} is no 32-bit set of flags")
    elif arg is not None:
        raise ValueError(f"{name}: {arg!r} is neither a string nor a number")
