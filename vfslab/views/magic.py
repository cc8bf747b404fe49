"""``%%mnt``: a notebook cell that is a transcript.

Reads the options, chooses the machine and prints what the commands said. What the
commands are and what they do is the shell's and the machine's business.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any, NoReturn

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class

from vfslab.kernel.releases import DEFAULT_RELEASE, RELEASES
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.compare import check
from vfslab.oracle.live import NotAllowed, RunningKernel, SandboxEnded
from vfslab.shell.answer import answer
from vfslab.shell.session import CommandResult, Session
from vfslab.shell.transcript import TranscriptError, parse

QUESTIONS = frozenset(("cat", "diff", "findmnt", "listmount", "ls", "mountpoint", "pwd", "read"))


class Mistake(Exception):
    """What ends a cell with one line instead of an answer; the text is for people."""


class _Options(argparse.ArgumentParser):
    """The line behind ``%%mnt``. Raises Mistake where argparse would end the program."""

    def __init__(self) -> None:
        super().__init__(prog="%%mnt", add_help=False, allow_abbrev=False)
        self.add_argument("--release", metavar="R")
        self.add_argument("--live", action="store_true")
        self.add_argument("--check", action="store_true")
        self.add_argument("--continue", dest="go_on", action="store_true")
        self.add_argument("--as", dest="name", metavar="NAME")
        self.add_argument("--echo", action="store_true")

    def error(self, message: str) -> NoReturn:
        raise Mistake(f"{message}; {' '.join(self.format_usage().split())}")


@magics_class
class MountMagics(Magics):
    """Keeps the session of the last cell, so that the next may go on with it."""

    def __init__(self, ipython: InteractiveShell) -> None:
        super().__init__(ipython)
        self.variables: dict[str, Any] = ipython.user_ns
        self.session: Session | None = None
        self.kept = False

    @cell_magic
    def mnt(self, line: str, cell: str) -> None:
        """Run a transcript: commands as in mount_namespaces(7), a prompt ``sh2# `` for another shell.

        %%mnt [--release R | --live] [--check] [--continue] [--as NAME] [--echo]

        Commands that only do something, and did it, are not repeated below the cell.

        --release R   the kernel release to model
        --live        run on the kernel of this machine, in a sandbox
        --check       also run on the kernel of this machine, and tell what differs
        --continue    go on with the machine of the last cell instead of an empty one
        --as NAME     keep the session as a variable: NAME.machine is the model, and
                      NAME.machine.timelines are its system calls, to be stepped
        --echo        repeat all commands below the cell

        What cannot be read or is not allowed is said in one line.
        """
        try:
            options = _Options().parse_args(_split(line))
            self._run(options, cell)
        except (Mistake, TranscriptError, NotAllowed, SandboxEnded) as trouble:
            print(f"%%mnt: {trouble}", file=sys.stderr)

    def _run(self, options: argparse.Namespace, cell: str) -> None:
        _refuse_contradictions(options)
        parse(cell)
        if not options.go_on:
            self._start(options)
        elif self.session is None:
            raise Mistake("--continue: there is no machine to go on with; leave it out in the first cell")
        assert self.session is not None
        for result in self.session.run_transcript(cell):
            if options.echo or _has_something_to_say(result):
                print(answer(result), end="")
        if options.name:
            self.kept = True
            self.variables[options.name] = self.session
        if options.check:
            print(_compared(cell, options.release))

    def _start(self, options: argparse.Namespace) -> None:
        """A new machine. The last one is closed, unless somebody has it as a variable."""
        machine = _machine(options)
        if self.session is not None and not self.kept:
            self.session.machine.close()
        self.session = Session(machine)
        self.kept = False


def _has_something_to_say(result: CommandResult) -> bool:
    """Whether a command failed, printed something, or was a question, to which nothing is an answer too."""
    return bool(result.status or result.stdout or result.stderr or result.command.split()[0] in QUESTIONS)


def load(ipython: InteractiveShell) -> None:
    """Make ``%%mnt`` known to ``ipython``."""
    ipython.register_magics(MountMagics(ipython))


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Mistake(f"options: {error}") from None


def _refuse_contradictions(options: argparse.Namespace) -> None:
    if options.release is not None and options.release not in RELEASES:
        raise Mistake(f"there is no release {options.release!r} here, only {', '.join(RELEASES)}")
    if options.live and (options.release or options.check):
        raise Mistake("--live asks the running kernel alone: leave --release and --check out")
    if options.go_on and (options.release or options.live or options.check):
        raise Mistake("--continue goes on with the machine that is there: only --as may stand with it")
    if options.name is not None and not options.name.isidentifier():
        raise Mistake(f"--as: {options.name!r} is not a name that a variable can have")


def _machine(options: argparse.Namespace) -> Machine:
    return RunningKernel() if options.live else Model(options.release or DEFAULT_RELEASE, recording=True)


def _compared(cell: str, release: str | None) -> str:
    """What the model and the running kernel say differently to the same transcript."""
    try:
        differences = check(cell, release).differences
    except NotAllowed as reason:
        return f"not compared, the running kernel cannot be asked: {reason}"
    return "\n".join(["model and kernel differ", *differences]) if differences else "model and kernel agree"
