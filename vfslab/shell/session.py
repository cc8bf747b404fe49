"""A session: shells on one machine, and the commands that run in them.

Lowers words to system calls through the commands of this package; which machine
answers, the model or the running kernel, is not known here.
"""

from __future__ import annotations

from typing import NamedTuple

from vfslab.machine import Machine
from vfslab.shell import diff, files, findmnt, listing, mount, mountpoint, places, transcript, umount
from vfslab.shell.process import Process, Tool, execute
from vfslab.shell.words import split
from vfslab.snapshot import Snapshot

COMMANDS: dict[str, Tool] = {
    tool.name: tool
    for module in (diff, files, findmnt, listing, mount, mountpoint, places, umount)
    for tool in module.TOOLS
}
NOT_FOUND = 127


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

    A new shell is a child of sh1: in its namespace, with its root and cwd of that moment.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._shells = [transcript.FIRST_SHELL]

    @property
    def shells(self) -> tuple[str, ...]:
        """The shells that were started, in that order."""
        return tuple(self._shells)

    def start(self, shell: str) -> None:
        """Start ``shell`` if it is not there yet."""
        if shell not in self._shells:
            self.machine.start(shell)
            self._shells.append(shell)

    def run(self, shell: str, line: str) -> CommandResult:
        """Run one command line in ``shell``. Raises WordError for a line that cannot be split."""
        return self._run(shell, line, split(line))

    def run_transcript(self, text: str) -> list[CommandResult]:
        """Run a transcript, after all of it was read. Raises TranscriptError before anything runs."""
        results = []
        for line in transcript.parse(text):
            self.start(line.shell)
            if line.words:
                results.append(self._run(line.shell, line.command, list(line.words)))
        return results

    def mountinfo(self, shell: str) -> str:
        """What ``shell`` reads from /proc/self/mountinfo now."""
        answer = self.machine.call(shell, "mountinfo")
        if answer.errno:
            raise OSError(f"{shell}: /proc/self/mountinfo: {answer.errno}")
        return str(answer.value)

    def snapshot(self) -> Snapshot:
        """The mounts that the shells see; a model adds its tasks, and what no shell can see."""
        return self.machine.snapshot()

    def _run(self, shell: str, line: str, words: list[str]) -> CommandResult:
        self.start(shell)
        if not words:
            return CommandResult(shell, line, 0, None, "", "", None)
        name, *args = words
        tool = COMMANDS.get(name)
        if tool is None:
            message = f"{shell}: {name}: command not found\n"
            return CommandResult(shell, line, NOT_FOUND, None, "", message, None)
        process = Process(self.machine, shell, tool)
        status = execute(process, args)
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
