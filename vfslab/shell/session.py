"""A session: shells on one machine, and the commands that run in them.

Lowers words to system calls through the commands of this package; which machine
answers, the model or the running kernel, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vfslab.calls import CALLS
from vfslab.kernel import NotModelled, Oops, flags
from vfslab.machine import Machine
from vfslab.shell import (
    calls,
    diff,
    files,
    findmnt,
    links,
    listing,
    mount,
    mountpoint,
    namespaces,
    places,
    sysctl,
    transcript,
    umount,
)
from vfslab.shell.call_words import arguments
from vfslab.shell.calls import number_of
from vfslab.shell.names import NAME, Kept, Shells
from vfslab.shell.process import Exit, Process, Tool, execute
from vfslab.shell.words import split
from vfslab.snapshot import Snapshot

MODULES = (calls, diff, files, findmnt, links, listing, mount, mountpoint, namespaces, places, sysctl, umount)
COMMANDS: dict[str, Tool] = {tool.name: tool for module in MODULES for tool in module.TOOLS}
NOT_FOUND, MISUSED, KILLED = 127, 2, 137


class CommandResult(NamedTuple):
    """What came of one command.

    ``errno`` is the name of the error of the system call that made it fail, None
    when it succeeded or failed without one; ``reason`` is the check that refused,
    ``remedy`` what would make the call succeed, where the machine tells.
    """

    shell: str
    command: str
    status: int
    errno: str | None
    stdout: str
    stderr: str
    reason: str | None
    remedy: str | None = None


class Session:
    """Shells on ``machine``: "sh1" from the start, others from their first command on.

    A new shell is a child of sh1: in its namespace, with its root, cwd and descriptors
    of that moment, and the names of those; unless a "clone" made it a child of another.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._shells = Shells(transcript.FIRST_SHELL)

    @property
    def shells(self) -> tuple[str, ...]:
        """The shells that live, in the order in which they were started."""
        return self._shells.living

    def start(self, shell: str) -> None:
        """Start ``shell`` if it is not there yet. Raises ValueError for one that has ended."""
        if shell not in self._shells.living:
            self.machine.start(shell)
            self._shells.start(shell, transcript.FIRST_SHELL)

    def run(self, shell: str, line: str) -> CommandResult:
        """Run one command line in ``shell``. Raises WordError for a line that cannot be split."""
        return self._run(shell, line, split(line))

    def run_transcript(self, text: str) -> list[CommandResult]:
        """Run a transcript, after all of it was read. Raises TranscriptError before anything runs."""
        return [result for result in map(self.run_line, transcript.parse(text)) if result is not None]

    def run_line(self, line: transcript.Line) -> CommandResult | None:
        """Run one line of a transcript; None where there is nothing but a comment in it."""
        result = self._run(line.shell, line.command, line.words)
        return result if line.words else None

    def arguments(self, shell: str, name: str, words: Sequence[str]) -> list[Any]:
        """What the words of a system call stand for now in ``shell``. Raises ValueError."""
        process = Process(self.machine, shell, COMMANDS["syscall"], self._shells)
        try:
            return [
                process.with_numbers(arg) if parameter.kind == "path" and arg else arg
                for parameter, arg in zip(
                    CALLS[name].parameters, arguments(process, CALLS[name], words), strict=True
                )
            ]
        except Exit as wrong:
            raise ValueError(f"{name} {' '.join(words)}: {''.join(process.err) or wrong}") from None

    def keep(self, shell: str, name: str, call: str, value: Any) -> None:
        """Let ``name`` stand for what ``call`` gave. Raises ValueError where that is no number."""
        number = number_of(call, value)
        if number is None:
            raise ValueError(f"{call} gives no number that {name} could keep")
        self._shells.names(shell)[name] = Kept(number, CALLS[call].gives == "fd")

    def names(self, shell: str) -> Mapping[str, Kept]:
        """What ``shell``, which lives, keeps under names."""
        return self._shells.names(shell)

    def mountinfo(self, shell: str) -> str:
        """What ``shell`` reads from /proc/self/mountinfo now."""
        answer = self.machine.call(shell, "mountinfo")
        if answer.errno:
            raise OSError(f"{shell}: /proc/self/mountinfo: {answer.errno}")
        return str(answer.value)

    def snapshot(self) -> Snapshot:
        """The mounts that the shells see; a model adds its tasks, and what no shell can see."""
        return self.machine.snapshot()

    def _run(self, shell: str, line: str, words: Sequence[str]) -> CommandResult:
        if self._shells.has_ended(shell):
            return _failed(shell, line, NOT_FOUND, "the shell has ended: nothing runs in it any more")
        self.start(shell)
        keep = None
        if len(words) > 1 and words[1] == "=" and words[0] not in COMMANDS:
            keep, words = words[0], words[2:]
            if wrong := _what_is_wrong(keep, words):
                return _failed(shell, line, MISUSED, wrong)
        if not words:
            return CommandResult(shell, line, 0, None, "", "", None)
        name, *args = words
        tool = COMMANDS.get(name)
        if tool is None:
            return _failed(shell, line, NOT_FOUND, f"{name}: command not found")
        process = Process(self.machine, shell, tool, self._shells, keep)
        try:
            status = execute(process, args)
        except NotModelled as missing:
            return _failed(shell, line, MISUSED, missing.reason)
        except Oops as oops:
            return _failed(shell, line, KILLED, f"killed, for the kernel has died: {oops}")
        refused = process.refused if status else None
        return CommandResult(
            shell,
            line,
            status,
            refused.errno if refused else None,
            "".join(process.out),
            "".join(process.err),
            refused.reason if refused else None,
            refused.remedy if refused else None,
        )


def _failed(shell: str, line: str, status: int, message: str) -> CommandResult:
    return CommandResult(shell, line, status, None, "", f"{shell}: {message}\n", None)


def _what_is_wrong(keep: str, words: Sequence[str]) -> str:
    """Why ``keep = words`` cannot be, "" where it can."""
    if not NAME.fullmatch(keep):
        return f"'{keep}' cannot be a name: a letter, then letters and digits"
    if hasattr(flags, keep):
        return f"{keep} has a meaning already: it is {getattr(flags, keep)}"
    if not words:
        return f"{keep} = what? a system call that gives a number has to follow"
    tool = COMMANDS.get(words[0])
    if tool and not tool.call:
        return f"{keep} = {words[0]}: no system call that gives a number"
    return ""
