"""The model as a machine: shells are tasks of a miniature kernel, calls are driven to their end.

One of the two machines behind the seam (``machine``); the other asks the running kernel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from .drive import Timeline, record
from .drive.run import Result
from .drive.watch import Watch
from .kernel import SYSTEM_CALLS, Kernel, NotModelled, Oops, Refused
from .kernel.effects import Code
from .kernel.releases import DEFAULT_RELEASE
from .kernel.tasks import Task
from .machine import Answer, Stat
from .snapshot import Snapshot
from .spell import spell

_PROC_SHELL = re.compile(r"/proc/(sh\d+)(?=/|$)")


class Model:
    """A miniature kernel that answers system calls from shells.

    With ``recording`` each call that changes the state adds a Timeline to ``timelines``.
    ``refusal`` is why the last call failed, None where it did not. ``without`` are changes to take out of
    the release. A ``kernel`` that is there already, of whatever release, is taken over
    with its tasks as the shells. ``oops`` is what the kernel died of; it answers nothing any more then.
    Raises ValueError for a release that is not modelled.
    """

    def __init__(
        self,
        release: str = DEFAULT_RELEASE,
        *,
        without: Sequence[str] = (),
        recording: bool = False,
        kernel: Kernel | None = None,
    ) -> None:
        self.kernel = Kernel(release, without=without) if kernel is None else kernel
        self._watch = Watch(self.kernel)
        self.release = self.kernel.release.name
        self.recording = recording
        self.timelines: list[Timeline] = []
        self.shells: dict[str, Task] = {task.comm: task for task in self.kernel.tasks.values()}
        self._ended: set[str] = set()
        self.refusal: Refused | None = None
        self.oops: Oops | None = None

    def _check_new(self, shell: str) -> None:
        if shell in self.shells:
            raise ValueError(f"{shell} has been started already")
        if shell in self._ended:
            raise ValueError(f"{shell} has ended")

    def _task(self, shell: str) -> Task:
        if shell in self._ended:
            raise ValueError(f"{shell} has ended")
        if shell not in self.shells:
            raise ValueError(f"{shell} has not been started")
        return self.shells[shell]

    def _with_pids(self, path: str) -> str:
        """``path`` with the pid in the place of the name of a living shell: /proc/sh2/ns/mnt."""
        name = _PROC_SHELL.match(path)
        if name is None or name[1] not in self.shells:
            return path
        return f"/proc/{self.shells[name[1]].pid}{path[name.end() :]}"

    def start(self, shell: str) -> None:
        """A new process: a child of sh1, in its namespace, with its root, cwd and descriptors of now."""
        self._check_new(shell)
        self.shells[shell] = self.kernel.fork(self.kernel.init, shell)

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """Make a system call.

        Raises ValueError for an unknown shell, an unknown call, or a NUL in a string; NotModelled, which
        is one too, for what a kernel has and this one has not; Oops where the kernel dies of the call.
        """
        if self.oops is not None:
            raise self.oops
        task, args = self._arguments(shell, name, args)
        try:
            result = self._drive(task, name, args) if name in SYSTEM_CALLS else self._ask(task, name, args)
        except Refused as refusal:
            result = Result(None, refusal)
        self.refusal = result.refusal
        if result.oops is not None:
            self.oops = result.oops
            raise result.oops
        if isinstance(result.refusal, NotModelled):
            raise result.refusal
        return Answer(result.value, result.errno, result.reason, result.remedy)

    def _arguments(self, shell: str, name: str, args: tuple[Any, ...]) -> tuple[Task, tuple[Any, ...]]:
        """The task that calls, and the arguments with pids in the place of shells."""
        task = self._task(shell)
        for argument in args:
            if isinstance(argument, str) and "\0" in argument:
                raise ValueError(f"{name}: a string that a system call takes cannot hold a NUL")
        args = tuple(self._with_pids(arg) if isinstance(arg, str) else arg for arg in args)
        if name == "pidfd_open":
            args = (self._task(*args).pid,)
        return task, args

    def code(self, shell: str, name: str, *args: Any) -> Code:
        """A system call of the shell as kernel code, for a driver of one's own; nothing has happened yet.

        Raises ValueError as ``call`` does, and for what is no call of the kernel's own.
        """
        task, args = self._arguments(shell, name, args)
        if name == "clone" or name not in SYSTEM_CALLS:
            raise ValueError(f"{name} cannot be driven from outside")
        return self.kernel.syscall(task, name, *args)

    def _drive(self, task: Task, name: str, args: tuple[Any, ...]) -> Result:
        if name == "clone":
            self._check_new(args[1])
        result = self._run(task, self.kernel.syscall(task, name, *args), name, args)
        if isinstance(result.value, Task):
            self.shells[result.value.comm] = result.value
            result = Result()
        return result

    def _run(self, task: Task, code: Code, name: str, args: tuple[Any, ...] = ()) -> Result:
        """Drive kernel code for the task to its end; ``name`` and ``args`` say what it is."""
        if not self.recording:
            return self._watch.run(code)
        timeline = record(self.kernel, task, code, spell(name, args), places=True)
        self._watch.saw(timeline.kept.effects)
        self.timelines.append(timeline)
        return timeline.result

    def exit(self, shell: str) -> None:
        """End a shell: its root, cwd, descriptors and namespaces lose a reference."""
        self._watch.run(self.kernel.exit(self._task(shell)))
        del self.shells[shell]
        self._ended.add(shell)

    def _ask(self, task: Task, name: str, args: tuple[Any, ...]) -> Result:
        match name:
            case "readdir":
                return Result(self.kernel.readdir(task, *args))
            case "stat":
                return Result(Stat(*self.kernel.stat(task, *args)))
            case "lstat":
                return Result(Stat(*self.kernel.stat(task, *args, follow=False)))
            case "readfile":
                return Result(self.kernel.readfile(task, *args))
            case "getcwd":
                return Result(self.kernel.getcwd(task))
            case "mountinfo":
                return Result(self.snapshot().mountinfo(task.pid))
        raise ValueError(f"there is no system call {name!r} here")

    def snapshot(self) -> Snapshot:
        """The state now."""
        return self._watch.snapshot()

    def close(self) -> None:
        """End all shells, unless the kernel has died under them."""
        if self.oops is not None:
            return
        for shell in list(self.shells):
            self.exit(shell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
