"""The model held against a kernel: the same commands on both, and what differs.

Compared after every command: exit status and errno, what the command printed, and
the mountinfo of every shell, each without what is a machine's own (``normal``).
The kernel may be running underneath, in a VM, or have been recorded: a ``Run`` is
compared whoever answered it. Which of the two is right is not known here.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from vfslab.kernel.releases import RELEASES
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel
from vfslab.oracle.outcome import Outcome, Run, Runner, read_commands, run_commands


class Comparison(NamedTuple):
    """What came of running a transcript on both.

    ``release`` is the modelled release, ``kernel`` the other one (uname -r).
    ``commands`` are the model's answers. ``differences`` are texts for people, one
    for each command after which something differs.
    """

    release: str
    kernel: str
    commands: list[Outcome]
    differences: list[str]


def check(text: str, release: str | None = None) -> Comparison:
    """Run a transcript on the model and on the running kernel.

    ``release`` is the one to model, the nearest to the running kernel when None.
    Raises TranscriptError before anything runs, ValueError for a release that is not
    modelled, NotAllowed where the running kernel may not be asked, SandboxEnded when
    it does not come back from a call.
    """
    commands = read_commands(text)
    with Model(release or nearest_release(os.uname().release)) as model, RunningKernel() as kernel:
        return compare(run_commands(model, commands), run_commands(kernel, commands))


def check_run(kernel: Run, release: str | None = None) -> Comparison:
    """Hold what a kernel once answered against the model of ``release``, the nearest when None.

    Raises ValueError for a release that is not modelled.
    """
    with Model(release or nearest_release(kernel.release)) as model:
        return compare(run_commands(model, kernel.commands), kernel)


def compare(model: Run, kernel: Run) -> Comparison:
    """Two runs of the same transcript."""
    judge = Judge()
    differences = []
    for ours, theirs in zip(model.outcomes, kernel.outcomes, strict=True):
        differences += judge.compare(ours, theirs)
    return Comparison(model.release, kernel.release, judge.commands, differences)


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


class Judge:
    """Tells, command by command, where a kernel's answers differ from the model's.

    ``commands`` are the model's answers so far, prompts without a command left out.
    Tables that differ are told once, where they first do.
    """

    def __init__(self) -> None:
        self.commands: list[Outcome] = []
        self._parted = False

    def compare(self, model: Outcome, kernel: Outcome) -> list[str]:
        """The answers to the next command; what differs, if anything."""
        if model.command:
            self.commands.append(model)
        found = _answer_difference(model, kernel)
        if not self._parted and model.mounts != kernel.mounts:
            self._parted = True
            found += _table_difference(model, kernel)
        place = visible(f"{len(self.commands)}: {model.line}")
        return ["\n".join([place, *found])] if found else []


class SideBySide:
    """Two machines given the same commands, compared after each of them.

    The machines stay their owner's to close.
    """

    def __init__(self, model: Machine, kernel: Machine) -> None:
        self._model = Runner(model)
        self._kernel = Runner(kernel)
        self._transcript: list[str] = []
        self._judge = Judge()

    @property
    def results(self) -> list[Outcome]:
        """The commands so far, as the first machine, the model, answered them."""
        return self._judge.commands

    @property
    def transcript(self) -> str:
        """What was run, to be pasted into ``vfslab check``."""
        return "".join(line + "\n" for line in self._transcript)

    def run(self, shell: str, command: str) -> list[str]:
        """Run a command line in ``shell``, which is started where it is new; what differs, if anything.

        An empty line only starts the shell. Raises WordError for a line that cannot be split.
        """
        model, kernel = self._model.run(shell, command), self._kernel.run(shell, command)
        self._transcript.append(f"{shell}# {command}")
        return self._judge.compare(model, kernel)


def _answer_difference(model: Outcome, kernel: Outcome) -> list[str]:
    """How the answers to one command differ."""
    lines = []
    if (model.status, model.errno) != (kernel.status, kernel.errno):
        lines += [f"  model:  {_outcome(model)}", f"  kernel: {_outcome(kernel)}"]
    if model.printed != kernel.printed:
        lines += ["  printed:", *_diff(model.printed, kernel.printed)]
    return lines


def _table_difference(model: Outcome, kernel: Outcome) -> list[str]:
    """How the mountinfo of the shells differ."""
    lines = []
    for shell in {**model.mounts, **kernel.mounts}:
        ours, theirs = model.mounts.get(shell), kernel.mounts.get(shell)
        if ours is None or theirs is None:
            lines.append(f"  {shell} has ended, but for the {'model' if theirs is None else 'kernel'}")
        elif ours != theirs:
            lines += [f"  mountinfo of {shell}:", *_diff(ours, theirs)]
    return lines


def _diff(model: Sequence[str], kernel: Sequence[str]) -> list[str]:
    """Lines of the model alone behind -, of the kernel alone behind +."""
    lines = difflib.unified_diff(model, kernel, "model", "kernel", n=1, lineterm="")
    return [f"    {visible(line)}" for line in lines if not line.startswith("@@")]


def _outcome(outcome: Outcome) -> str:
    if outcome.status == 0:
        return "success"
    text = f"{outcome.errno or 'no errno'}, status {outcome.status}"
    if outcome.reason:
        text += f" ({outcome.reason})"
    if outcome.stderr:
        text += f": {outcome.stderr.strip()}"
    return visible(text)


def visible(text: str) -> str:
    """``text`` with what a terminal would obey or could not show written as escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
