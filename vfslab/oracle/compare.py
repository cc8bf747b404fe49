"""The model held against the running kernel: the same commands on both, and what differs.

Compared after every command: exit status and errno, what the command printed, and
the mountinfo of every shell with its numbers counted anew. Which kernel is right
is not known here.
"""

from __future__ import annotations

import difflib
import functools
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from vfslab import mountinfo
from vfslab.kernel.releases import RELEASES
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel
from vfslab.shell import transcript
from vfslab.shell.session import CommandResult, Session
from vfslab.shell.words import split

# They print mount tables or device numbers; the tables are compared after every command anyway.
TABLES = ("mount", "findmnt", "mountpoint")

Table = tuple[str, ...]


class Comparison(NamedTuple):
    """What came of running a transcript on both.

    ``release`` is the modelled release, ``kernel`` the running one (uname -r).
    ``differences`` are texts for people, one for each command after which something differs.
    """

    release: str
    kernel: str
    commands: list[CommandResult]
    differences: list[str]


def check(text: str, release: str | None = None) -> Comparison:
    """Run a transcript on the model and on the running kernel.

    ``release`` is the one to model, the nearest to the running kernel when None.
    Raises TranscriptError before anything runs, ValueError for a release that is not
    modelled, NotAllowed where the running kernel may not be asked, SandboxEnded when
    it does not come back from a call.
    """
    lines = transcript.parse(text)
    with Model(release or nearest_release(os.uname().release)) as model, RunningKernel() as kernel:
        both = SideBySide(model, kernel)
        differences = []
        for line in lines:
            differences += both.run(line.shell, line.command)
        return Comparison(model.release, kernel.release, both.results, differences)


def nearest_release(uname: str) -> str:
    """The modelled release for a running one ("6.18.44-generic"): the greatest that is not newer.

    The oldest for a kernel older than all. Raises ValueError for what is no release.
    """
    wanted = _version(uname)
    by_age = sorted(RELEASES, key=_version)
    return max((name for name in by_age if _version(name) <= wanted), key=_version, default=by_age[0])


def _version(release: str) -> tuple[int, int, float, int]:
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(?:-rc(\d+))?", release)
    if match is None:
        raise ValueError(f"{release!r} is no kernel release")
    candidate = int(match[4]) if match[4] else float("inf")
    return int(match[1]), int(match[2]), candidate, int(match[3] or 0)


class SideBySide:
    """Two machines given the same commands, compared after each of them.

    ``results`` are the commands so far as the first machine, the model, answered them.
    A mountinfo that differs is told once, where it first does. The machines stay
    their owner's to close.
    """

    def __init__(self, model: Machine, kernel: Machine) -> None:
        self.results: list[CommandResult] = []
        self._model = Session(model)
        self._kernel = Session(kernel)
        self._transcript: list[str] = []
        self._parted = False

    @property
    def transcript(self) -> str:
        """What was run, to be pasted into ``vfslab check``."""
        return "".join(line + "\n" for line in self._transcript)

    def run(self, shell: str, command: str) -> list[str]:
        """Run a command line in ``shell``, which is started where it is new; what differs, if anything.

        An empty line only starts the shell. Raises WordError for a line that cannot be split.
        """
        words = split(command)
        model, kernel = self._model.run(shell, command), self._kernel.run(shell, command)
        self._transcript.append(f"{shell}# {command}")
        found = []
        if words:
            self.results.append(model)
            found += _command_difference(words, model, kernel)
        if not self._parted and (tables := self._table_difference()):
            self._parted = True
            found += tables
        place = visible(f"{len(self.results)}: {shell}# {command}")
        return ["\n".join([place, *found])] if found else []

    def _table_difference(self) -> list[str]:
        """How the mountinfo of the shells differ."""
        shells = self._model.shells
        ours = normalise(*(self._model.mountinfo(shell) for shell in shells))
        theirs = normalise(*(self._kernel.mountinfo(shell) for shell in shells))
        lines = []
        for shell, mine, other in zip(shells, ours, theirs, strict=True):
            if mine != other:
                lines += [f"  mountinfo of {shell}:", *_diff(mine, other)]
        return lines


def _diff(model: Sequence[str], kernel: Sequence[str]) -> list[str]:
    """Lines of the model alone behind -, of the kernel alone behind +."""
    lines = difflib.unified_diff(model, kernel, "model", "kernel", n=1, lineterm="")
    return [f"    {visible(line)}" for line in lines if not line.startswith("@@")]


def _command_difference(words: Sequence[str], model: CommandResult, kernel: CommandResult) -> list[str]:
    """How the answers to one command differ."""
    lines = []
    if (model.status, model.errno) != (kernel.status, kernel.errno):
        lines += [f"  model:  {_outcome(model)}", f"  kernel: {_outcome(kernel)}"]
    prints_a_table = words[0] in TABLES or any("mountinfo" in word for word in words)
    if model.stdout != kernel.stdout and not prints_a_table:
        lines += ["  printed:", *_diff(model.stdout.splitlines(), kernel.stdout.splitlines())]
    return lines


def _outcome(result: CommandResult) -> str:
    if result.status == 0:
        return "success"
    outcome = f"{result.errno or 'no errno'}, status {result.status}"
    if result.reason:
        outcome += f" ({result.reason})"
    return visible(f"{outcome}: {result.stderr.strip()}")


def visible(text: str) -> str:
    """``text`` with what a terminal would obey or could not show written as escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@functools.lru_cache(maxsize=16)
def normalise(*mountinfos: str) -> tuple[Table, ...]:
    """The mountinfo of several shells, one moment's, as lines without what is a machine's own.

    Over all of them, mount ids, device numbers and peer groups are counted from 1 by
    first appearance; a parent that its table does not show becomes "-", and super
    options are cut down to ro or rw. Raises MountinfoError.
    """
    mounts, devices, groups = _Numbers(), _Numbers(), _Numbers()
    tables = []
    for text in mountinfos:
        entries = mountinfo.parse(text)
        shown = {entry.mount_id for entry in entries}
        for entry in entries:
            mounts.number(str(entry.mount_id))
        lines = []
        for entry in entries:
            line = (
                mounts.number(str(entry.mount_id)),
                mounts.number(str(entry.parent_id)) if entry.parent_id in shown else "-",
                f"0:{devices.number(entry.dev)}",
                mountinfo.escape_path(entry.root),
                mountinfo.escape_path(entry.mountpoint),
                entry.options,
                *(_renumbered(tag, groups) for tag in entry.tags),
                "-",
                mountinfo.escape_word(entry.fstype),
                mountinfo.escape_word(entry.source),
                entry.super_options.partition(",")[0],
            )
            lines.append(" ".join(line))
        tables.append(tuple(lines))
    return tuple(tables)


class _Numbers(dict[str, str]):
    """Counts what it is asked for from 1, by first appearance."""

    def number(self, old: str) -> str:
        return self.setdefault(old, str(len(self) + 1))


def _renumbered(tag: str, groups: _Numbers) -> str:
    name, colon, group = tag.partition(":")
    return f"{name}:{groups.number(group)}" if colon else tag
