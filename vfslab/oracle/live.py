"""The running kernel: the second implementation of the system-call seam.

``RunningKernel`` hands calls to real processes in a sandbox (``sandbox.py``, and
``agent.py`` inside it) and turns their answers into ``vfslab.machine``'s. It does
not know what a call does, and makes none itself.
"""

from __future__ import annotations

import functools
import os
import re
import weakref
from types import TracebackType
from typing import Any, Self

from vfslab.calls import CALLS, CLONE_FLAGS, check
from vfslab.machine import Answer, Stat
from vfslab.oracle.sandbox import NotAllowed, Sandbox, SandboxEnded
from vfslab.snapshot import Snapshot

__all__ = ["NotAllowed", "RunningKernel", "SandboxEnded", "available"]

_MAGIC = re.compile(
    r"/proc/(?P<whose>self|sh[1-9][0-9]*)/"
    r"(?P<rest>ns/(?:cgroup|ipc|mnt|net|pid|time|user|uts)|mountinfo|mounts|mountstats)"
    r"|/proc/self/fd/(?P<fd>[0-9]{1,9})(?P<below>|/.*)",
    re.DOTALL,
)


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
        self._ended: set[str] = set()
        self._end = weakref.finalize(self, self._sandbox.end)

    def start(self, shell: str) -> None:
        """Fork sh1: ``shell`` has its namespace, root and cwd. Raises ValueError when it exists."""
        with self._sandbox.lock:
            self._check_new(shell)
            self._sandbox.fork(shell)

    def exit(self, shell: str) -> None:
        """End a shell and wait until it is reaped. Raises ValueError for sh1, and where it does not exist."""
        with self._sandbox.lock:
            self._check_there(shell)
            if shell == "sh1":
                raise ValueError("sh1 is the parent of all shells: it ends with the machine")
            self._sandbox.exit(shell)
            self._ended.add(shell)

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """Let ``shell`` make a system call; see ``vfslab.calls`` for their names and arguments.

        EFBIG says that a file is too long to be read here (1 MiB). Raises ValueError for
        a shell or a call that does not exist, and for an argument that no system call
        can take (a NUL in a path).
        """
        check(name, args)
        with self._sandbox.lock:
            self._check_there(shell)
            if name == "clone":
                return self._clone(shell, *args)
            kinds = [parameter.kind for parameter in CALLS[name].parameters]
            request = [name, *map(self._argument, kinds, args)]
            kind, value = self._sandbox.ask(shell, request)
        if kind == "errno":
            return Answer(errno=value)
        return Answer(Stat(*value) if name in ("stat", "lstat") else value)

    def _clone(self, parent: str, clone_flags: int, shell: str) -> Answer:
        self._check_new(shell)
        if unknown := clone_flags & ~CLONE_FLAGS:
            raise ValueError(f"clone: a shell cannot be made with the flags {unknown:#x} here")
        return Answer(errno=self._sandbox.clone(parent, shell, clone_flags))

    def _check_new(self, shell: str) -> None:
        if shell in self._sandbox:
            raise ValueError(f"there is a shell {shell!r} already")
        if shell in self._ended:
            raise ValueError(f"the shell {shell!r} has ended")

    def _check_there(self, shell: str) -> None:
        if shell in self._ended:
            raise ValueError(f"the shell {shell!r} has ended")
        if shell not in self._sandbox:
            raise ValueError(f"there is no shell {shell!r}")

    def _argument(self, kind: str, arg: Any) -> Any:
        """An argument as the agent takes it: a path through /proc as its parts, a shell as its pid."""
        if kind == "shell":
            self._check_there(arg)
            return self._sandbox.pids(arg)[0]
        magic = _MAGIC.fullmatch(arg) if kind == "path" and arg else None
        if magic is None:
            return arg
        if magic["fd"]:
            return {"proc": "self", "fd": int(magic["fd"]), "rest": magic["below"]}
        if magic["whose"] == "self":
            return {"proc": "self", "rest": magic["rest"]}
        if magic["whose"] not in self._sandbox:
            return arg
        return {"proc": str(self._sandbox.pids(magic["whose"])[1]), "rest": magic["rest"]}

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
