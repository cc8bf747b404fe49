"""Scenario: a world for ``schedule``, ``fault`` and ``explore``, written down as shells write it.

What goes before runs as in any session; the calls that are looked at are single system calls, in
the words of the shell. What is looked for in it is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from vfslab.calls import CALLS
from vfslab.drive.run import Result
from vfslab.drive.schedule import Call, Job, World
from vfslab.kernel.releases import DEFAULT_RELEASE
from vfslab.model import Model
from vfslab.shell.calls import SPELLED
from vfslab.shell.session import Session
from vfslab.shell.words import split
from vfslab.spell import spell
from vfslab.staged import Staged


@dataclass(frozen=True)
class Scenario(Staged):
    """A kernel, what has happened in it, and what its shells are about to do.

    ``before`` is a transcript, which must go well. ``calls`` are the lines of each shell, one system
    call each: ``F = open_tree AT_FDCWD /a OPEN_TREE_CLONE``, ``unshare CLONE_NEWNS``; "syscall" may be left
    off. ``without`` are changes taken out of the release. It can be called: that makes the world.
    """

    before: str
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    release: str = DEFAULT_RELEASE
    without: tuple[str, ...] = ()

    def reverted(self, *commits: str) -> Scenario:
        """The same without those changes."""
        return replace(self, without=(*self.without, *commits))

    def __call__(self) -> World:
        """The world, new each time.

        Raises ValueError where a command of ``before`` fails, where a line is no system call, and for what
        the release does not know.
        """
        model = Model(self.release, without=self.without)
        session = Session(model)
        for result in session.run_transcript(self.before):
            if result.status:
                raise ValueError(f"{result.shell}# {result.command}: {result.stderr.strip()}")
        jobs = []
        for shell, lines in self.calls:
            session.start(shell)
            jobs.append(Job(model.shells[shell], [self._call(model, session, shell, line) for line in lines]))
        return World(model.kernel, jobs)

    def headline(self) -> str:
        return ", ".join(line for _, lines in self.calls for line in lines)

    def imports(self) -> str:
        return "from vfslab.scenario import Scenario"

    def _call(self, model: Model, session: Session, shell: str, line: str) -> Callable[[], Call]:
        words = [str(word) for word in split(line)]
        keep = words[0] if words[1:2] == ["="] else None
        name, *rest = words[2:] if keep else words
        if name == "syscall":
            name, *rest = rest
        if name not in CALLS:
            raise ValueError(f"{shell}# {line}: {name} is no system call")

        def begin() -> Call:
            args = session.arguments(shell, name, rest)
            code = model.code(shell, name, *args)

            def ended(result: Result) -> None:
                if keep is not None and result.value is not None and not result.errno:
                    session.keep(shell, keep, name, result.value)

            return Call(f"{shell}: {spell(name, args)}", code, ended)

        return begin

    @property
    def transcript(self) -> str:
        """All of it as a transcript, the shells one after the other."""
        lines = [f"{shell}# {_as_command(line)}" for shell, lines in self.calls for line in lines]
        return "\n".join([self.before.strip(), *lines]) + "\n"


def _as_command(line: str) -> str:
    """The line as the shell takes it: a call that has the name of a command stands behind "syscall"."""
    words = line.split()
    at = 2 if words[1:2] == ["="] else 0
    if words[at] in SPELLED or words[at] == "syscall":
        return line
    return " ".join([*words[:at], "syscall", *words[at:]])
