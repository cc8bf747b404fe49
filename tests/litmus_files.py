"""Reading litmus files: transcripts with what is expected of them in comments.

A ``.mnt`` file is a transcript that ``vfslab check`` takes as it is, on a shelf of
files like it. It begins with a line for its title, and one for where the rule stands:

    # the last member of a group becomes private: its slaves are private
    # source: fs/pnode.c, change_mnt_propagation()

Comments behind a command say what a kernel answers:

    #! EINVAL           the command before fails with this errno
    #= text             a line of the command's output; alone: no output
    #~ name             the output has a line with just this
    #> sh1              the mounts that sh1 sees at this point, one a line:
    #>   2<1 /a A:/ shared:g1    number < parent's number, path, source:root, tags

Numbers and groups count from 1 by first appearance, ``-`` is a parent out of sight; the
file of a namespace is shown without its number: ``nsfs:mnt:[]``. Options that are not
rw,relatime stand before the tags.
A line ``# not in 7.2*`` names releases where another answer is right, ``# only in 6.18* 7.0*``
those where this one is, in patterns of fnmatch. ``# in a VM only`` is said of files that
change what belongs to the whole machine, ``# as root only`` of those in which the root of
a user namespace is answered otherwise.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from vfslab.kernel import RELEASES
from vfslab.machine import Machine
from vfslab.oracle.compare import nearest_release
from vfslab.oracle.outcome import Outcome, Run, run_commands

FOLDER = Path(__file__).parent / "litmus"
VM_ONLY, ROOT_ONLY = "in a VM only", "as root only"
_INODE = re.compile(r"\[\d+]")


class Step(NamedTuple):
    """A command and what is expected of it.

    ``output`` is None where it may print what it likes, ``holds`` are lines that are among
    what it prints; ``mounts`` are the listings of shells.
    """

    number: int
    shell: str
    command: str
    errno: str | None
    output: tuple[str, ...] | None
    holds: tuple[str, ...]
    mounts: dict[str, tuple[str, ...]]


class Litmus(NamedTuple):
    """A litmus file: the ``releases`` for which it holds, and who may ask a kernel."""

    name: str
    title: str
    source: str
    steps: tuple[Step, ...]
    releases: tuple[str, ...] = tuple(RELEASES)
    vm_only: bool = False
    root_only: bool = False

    @property
    def for_this_kernel(self) -> bool:
        """Whether it may be asked of the running kernel, and holds for it."""
        may = not self.vm_only and (os.geteuid() == 0 or not self.root_only)
        return may and nearest_release(os.uname().release) in self.releases

    @property
    def shelf(self) -> str:
        return self.name.partition("/")[0]

    @property
    def commands(self) -> list[tuple[str, str]]:
        return [(step.shell, step.command) for step in self.steps]

    @property
    def transcript(self) -> str:
        return "".join(f"{shell}# {command}\n" for shell, command in self.commands)


def load(path: Path) -> Litmus:
    """Read a file. Raises ValueError where it is not as it should be."""
    name = f"{path.parent.name}/{path.stem}"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("# ") for line in itertools.takewhile(bool, lines)]
    if len(head) < 2 or not head[1].startswith("source: "):
        raise ValueError(f"{name}: the first two lines are its title and its source")
    releases = tuple(RELEASES)
    for line in head[2:]:
        if line in (VM_ONLY, ROOT_ONLY):
            continue
        match = re.fullmatch(r"(not|only) in (.+)", line)
        patterns = match[2].split() if match else []
        if not patterns or not all(fnmatch.filter(RELEASES, pattern) for pattern in patterns):
            raise ValueError(f"{name}: {line!r} names no releases")
        named = {release for pattern in patterns for release in fnmatch.filter(RELEASES, pattern)}
        releases = tuple(release for release in releases if (release in named) == line.startswith("only"))
    steps = read_steps(name, lines[len(head) :], len(head) + 1)
    source = head[1].removeprefix("source: ")
    return Litmus(name, head[0], source, steps, releases, VM_ONLY in head, ROOT_ONLY in head)


def read_steps(name: str, lines: Iterable[str], first: int = 1) -> tuple[Step, ...]:
    """The commands with what is expected of each; ``first`` is the number of the first line."""
    steps: list[Step] = []
    for number, line in enumerate(lines, first):
        if match := re.fullmatch(r"(sh\d+)# (.+)", line):
            steps.append(Step(number, match[1], match[2], None, None, (), {}))
        elif line and (not steps or not (step := _expecting(steps[-1], line))):
            raise ValueError(f"{name}:{number}: {line!r} is no command, and nothing to be expected of one")
        elif line:
            steps[-1] = step
    return tuple(steps)


def _expecting(step: Step, line: str) -> Step | None:
    """The step with what ``line`` expects besides; None where that is nothing."""
    sign, _, text = line.partition(" ")
    match sign:
        case "#!":
            return step._replace(errno=text)
        case "#=":
            return step._replace(output=(*(step.output or ()), *([text] if line != "#=" else [])))
        case "#~":
            return step._replace(holds=(*step.holds, text))
        case "#>" if text.startswith("  ") and step.mounts:
            *_, shell = step.mounts
            return step._replace(mounts=step.mounts | {shell: (*step.mounts[shell], text[2:])})
        case "#>":
            return step._replace(mounts=step.mounts | {text: ()})
    return None


def all_litmus() -> list[Litmus]:
    return sorted((load(path) for path in FOLDER.glob("*/*.mnt")), key=lambda litmus: litmus.name)


def listing(table: Sequence[str]) -> tuple[str, ...]:
    """A normalised mountinfo in the notation of the files."""
    rows = [line.split(" ") for line in table]
    numbers = {row[0]: str(number) for number, row in enumerate(rows, 1)}
    groups: dict[str, int] = {}

    def tag(word: str) -> str:
        kind, colon, group = word.partition(":")
        return f"{kind}:g{groups.setdefault(group, len(groups) + 1)}" if colon else kind

    lines = []
    for number, parent, _, root, mountpoint, options, *rest in rows:
        end = rest.index("-")
        words = [f"{numbers[number]}<{numbers.get(parent, '-')}", mountpoint]
        words.append(f"{rest[end + 2]}:{_INODE.sub('[]', root)}")
        words += [options] if options != "rw,relatime" else []
        lines.append(" ".join([*words, *map(tag, rest[:end])]))
    return tuple(lines)


def run(litmus: Litmus, machine: Machine) -> Run:
    return run_commands(machine, litmus.commands)


def differences(litmus: Litmus, run: Run) -> list[str]:
    """Every expectation of the file that the answers do not meet, with its line number."""
    return [
        f"{litmus.name}:{step.number}: {step.command}: {found}"
        for step, outcome in zip(litmus.steps, run.outcomes, strict=True)
        for found in _differences(step, outcome)
    ]


def _differences(step: Step, outcome: Outcome) -> Iterable[str]:
    said = outcome.errno or (f"status {outcome.status}" if outcome.status else None)
    if said != step.errno:
        yield f"{said} ({outcome.reason or outcome.stderr}), expected {step.errno}"
    if step.output is not None and outcome.printed != step.output:
        yield f"printed {outcome.printed}, expected {step.output}"
    if missing := [line for line in step.holds if line not in outcome.printed]:
        yield f"printed {outcome.printed}, expected {missing} in it"
    for shell, mounts in step.mounts.items():
        seen = listing(outcome.mounts[shell]) if shell in outcome.mounts else None
        if seen != mounts:
            yield f"mounts of {shell}: {seen}, expected {mounts}"
