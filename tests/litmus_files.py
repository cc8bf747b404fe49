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
those where this one is, in patterns of fnmatch.
"""

from __future__ import annotations

import fnmatch
import itertools
import re
from pathlib import Path
from typing import NamedTuple

from vfslab.kernel import RELEASES
from vfslab.machine import Machine
from vfslab.mountinfo import parse
from vfslab.shell.session import Session

_INODE = re.compile(r"\[\d+]")
FOLDER = Path(__file__).parent / "litmus"


class Litmus(NamedTuple):
    """A litmus file: ``lines`` with their numbers, and the ``releases`` for which it holds."""

    name: str
    title: str
    source: str
    lines: tuple[tuple[int, str], ...]
    releases: tuple[str, ...] = tuple(RELEASES)

    @property
    def shelf(self) -> str:
        return self.name.partition("/")[0]

    @property
    def transcript(self) -> str:
        return "".join(f"{line}\n" for _, line in self.lines)


def load(path: Path) -> Litmus:
    """Read a file. Raises ValueError where the head of it is not as it should be."""
    name = f"{path.parent.name}/{path.stem}"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("# ") for line in itertools.takewhile(bool, lines)]
    if len(head) < 2 or not head[1].startswith("source: "):
        raise ValueError(f"{name}: the first two lines are its title and its source")
    releases = tuple(RELEASES)
    for line in head[2:]:
        match = re.fullmatch(r"(not|only) in (.+)", line)
        patterns = match[2].split() if match else []
        if not patterns or not all(fnmatch.filter(RELEASES, pattern) for pattern in patterns):
            raise ValueError(f"{name}: {line!r} names no releases")
        named = {release for pattern in patterns for release in fnmatch.filter(RELEASES, pattern)}
        releases = tuple(release for release in releases if (release in named) == line.startswith("only"))
    return Litmus(name, head[0], head[1].removeprefix("source: "), tuple(enumerate(lines, 1)), releases)


def all_litmus() -> list[Litmus]:
    return sorted((load(path) for path in FOLDER.glob("*/*.mnt")), key=lambda litmus: litmus.name)


def listing(text: str) -> list[str]:
    """A mountinfo in the notation of the files."""
    entries = parse(text)
    numbers = {entry.mount_id: number for number, entry in enumerate(entries, 1)}
    groups: dict[str, int] = {}

    def tag(word: str) -> str:
        kind, colon, group = word.partition(":")
        return f"{kind}:g{groups.setdefault(group, len(groups) + 1)}" if colon else kind

    return [
        " ".join(
            (
                f"{numbers[entry.mount_id]}<{numbers.get(entry.parent_id, '-')}",
                entry.mountpoint,
                f"{entry.source}:{_INODE.sub('[]', entry.root)}",
                *([] if entry.options == "rw,relatime" else [entry.options]),
                *map(tag, entry.tags),
            )
        )
        for entry in entries
    ]


def differences(litmus: Litmus, machine: Machine) -> list[str]:
    """Run the file on ``machine``; every expectation that is not met, with its line number."""
    found: list[str] = []
    session = Session(machine)
    result = None
    checked = True
    seen: dict[str, list[str]] = {}
    expected_output: list[str] | None = None

    def expect(number: int, what: str, said: object, wanted: object) -> None:
        if said != wanted:
            found.append(f"{litmus.name}:{number}: {what}: {said!r}, expected {wanted!r}")

    def settle(number: int) -> None:
        if result is not None and not checked:
            expect(
                number, f"errno of {result.command!r} ({result.reason or result.stderr})", result.errno, None
            )
        if result is not None and expected_output is not None:
            expect(number, f"output of {result.command!r}", result.stdout.splitlines(), expected_output)

    for number, line in litmus.lines:
        if not line.startswith("#>"):
            compare(seen, session, expect, number)
        if command := re.match(r"(sh\d+)# (.*)", line):
            settle(number - 1)
            result, checked, expected_output = session.run(*command.groups()), False, None
        elif line.startswith("#! "):
            assert result is not None, f"{litmus.name}:{number}: nothing has run yet"
            expect(number, f"errno of {result.command!r}", result.errno, line[3:])
            checked = True
        elif line == "#=" or line.startswith("#= "):
            expected_output = [*(expected_output or []), *([line[3:]] if len(line) > 2 else [])]
        elif line.startswith("#~ "):
            assert result is not None, f"{litmus.name}:{number}: nothing has run yet"
            expect(number, f"{line[3:]} in the output", line[3:] in result.stdout.splitlines(), True)
        elif line.startswith("#>   "):
            seen[next(reversed(seen))].append(line[5:])
        elif line.startswith("#> "):
            compare(seen, session, expect, number)
            seen[line[3:]] = []
    settle(len(litmus.lines))
    compare(seen, session, expect, len(litmus.lines))
    return found


def compare(seen: dict[str, list[str]], session: Session, expect: object, number: int) -> None:
    """Hold the mounts that were listed against what the shells see; the list is empty afterwards."""
    assert callable(expect)
    for shell in list(seen):
        expect(number, f"mounts of {shell}", listing(session.mountinfo(shell)), seen.pop(shell))
