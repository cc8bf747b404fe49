"""Reading litmus files: transcripts with what is expected of them in comments.

A ``.mnt`` file is a transcript that ``vfslab check`` takes as it is. Comments
behind a command say what a kernel answers:

    #! EINVAL           the command before fails with this errno
    #= text             a line of the command's output; alone: no output
    #~ name             the output has a line with just this
    #> sh1              the mounts that sh1 sees at this point, one a line:
    #>   2<1 /a A:/ shared:g1    number < parent's number, path, source:root, tags

Numbers and groups count from 1 by first appearance, ``-`` is a parent out of sight.
A line ``# not in 7.2`` names releases where another answer is right.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from vfslab.machine import Machine
from vfslab.mountinfo import parse
from vfslab.shell.session import Session

FOLDER = Path(__file__).parent / "litmus"


class Litmus(NamedTuple):
    """A litmus file: ``lines`` with their numbers, and the releases it does not hold for."""

    name: str
    title: str
    lines: tuple[tuple[int, str], ...]
    not_in: tuple[str, ...]


def load(path: Path) -> Litmus:
    lines = path.read_text(encoding="utf-8").splitlines()
    not_in = [word for line in lines if line.startswith("# not in ") for word in line.split()[3:]]
    return Litmus(path.stem, lines[0].removeprefix("# "), tuple(enumerate(lines, 1)), tuple(not_in))


def all_litmus() -> list[Litmus]:
    return [load(path) for path in sorted(FOLDER.glob("*.mnt"))]


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
                f"{entry.source}:{entry.root}",
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
