"""What commands came to, on any machine: the form in which answers are compared, kept and sent.

A ``Run`` is a transcript with its answers. It is plain data without ids of the
machine that gave it, and goes to JSON and back. Which machine ran it, and what it
is compared with, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vfslab.machine import Machine
from vfslab.oracle.normal import Numbers, Pieces, Table, count, normalise, printed
from vfslab.shell import transcript
from vfslab.shell.session import Session
from vfslab.shell.words import split

# a shell and a command line, which may be empty
Command = tuple[str, str]


class Outcome(NamedTuple):
    """What came of one command.

    ``printed`` are its lines, normalised. ``mounts`` are the mounts that each shell
    that lives sees afterwards, normalised. ``reason`` (the check that refused, where the
    machine tells) and ``stderr`` are for people: they are neither compared nor kept.
    """

    shell: str
    command: str
    status: int
    errno: str | None
    printed: Table
    mounts: Mapping[str, Table]
    reason: str | None = None
    stderr: str = ""

    @property
    def line(self) -> str:
        """The command behind its prompt."""
        return f"{self.shell}# {self.command}"


class Run(NamedTuple):
    """A transcript, as a machine of the kernel release ``release`` answered it.

    An outcome without a command is a prompt that only started its shell.
    """

    release: str
    outcomes: tuple[Outcome, ...]

    @property
    def commands(self) -> list[Command]:
        """What was run, in order."""
        return [(outcome.shell, outcome.command) for outcome in self.outcomes]


def read_commands(text: str) -> list[Command]:
    """The commands of a transcript, in order. Raises TranscriptError."""
    return [(line.shell, line.command) for line in transcript.parse(text)]


class Runner:
    """A session whose results are Outcomes. The machine stays its owner's to close."""

    def __init__(self, machine: Machine) -> None:
        self.session = Session(machine)
        self._unique = Numbers()
        self._pieces = Pieces()

    def run(self, shell: str, command: str) -> Outcome:
        """Run a command line in ``shell``, started where it is new; an empty one only starts it.

        Raises WordError for a line that cannot be split.
        """
        words = split(command)
        result = self.session.run(shell, command)
        told = result.stdout
        if result.status == 0:
            match words:
                case [name, "=", "openat", _, path, _]:
                    self._pieces.opened(shell, name, path)
                case [name, "=", *_]:
                    kept = self.session.names(shell)[name]
                    if not kept.descriptor:
                        count(kept.number, self._unique)
                case ["read", name, _]:
                    told = self._pieces.read(shell, name, told)
        return Outcome(
            shell,
            command if words else "",
            result.status,
            result.errno,
            printed(words, told, self._unique),
            self._mounts(),
            result.reason,
            result.stderr,
        )

    def _mounts(self) -> dict[str, Table]:
        shells = self.session.shells
        tables = normalise(*(self.session.mountinfo(shell) for shell in shells))
        return dict(zip(shells, tables, strict=True))


def run_commands(machine: Machine, commands: Iterable[Command]) -> Run:
    """Run the commands of a transcript on a fresh machine. Raises WordError for one that cannot be split."""
    runner = Runner(machine)
    return Run(machine.release, tuple(runner.run(shell, command) for shell, command in commands))


def to_json(run: Run) -> list[dict[str, Any]]:
    """The outcomes as JSON, without what says nothing: success, no output, tables as they were before.

    A shell that has ended has null for a table.
    """
    commands = []
    before: Mapping[str, Table] = {}
    for outcome in run.outcomes:
        command: dict[str, Any] = {"run": outcome.line}
        if outcome.status:
            command["status"] = outcome.status
        if outcome.errno:
            command["errno"] = outcome.errno
        if outcome.printed:
            command["printed"] = list(outcome.printed)
        changed: dict[str, Any] = {
            shell: list(table) for shell, table in outcome.mounts.items() if before.get(shell) != table
        }
        changed |= {shell: None for shell in before if shell not in outcome.mounts}
        if changed:
            command["mounts"] = changed
        commands.append(command)
        before = outcome.mounts
    return commands


def from_json(release: str, commands: list[dict[str, Any]]) -> Run:
    """The Run that ``to_json`` made these commands of."""
    outcomes = []
    mounts: dict[str, Table] = {}
    for command in commands:
        shell, _, line = command["run"].partition("# ")
        for name, table in command.get("mounts", {}).items():
            if table is None:
                mounts.pop(name)
            else:
                mounts[name] = tuple(table)
        outcomes.append(
            Outcome(
                shell,
                line,
                command.get("status", 0),
                command.get("errno"),
                tuple(command.get("printed", ())),
                dict(mounts),
            )
        )
    return Run(release, tuple(outcomes))
