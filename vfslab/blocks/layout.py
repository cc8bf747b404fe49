"""layout: where the members of a structure lie, and which of them share a cache line.

The rules are those of C on a 64-bit machine. Which structures there are, and who reads or writes
their members, is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

LINE = 64
WORD = 8


class Member(NamedTuple):
    """A member of ``size`` bytes; it begins at a multiple of ``align``, 0 for what its size asks for."""

    name: str
    size: int
    align: int = 0

    @property
    def alignment(self) -> int:
        """A power of two: the one asked for, else the largest up to a word that divides the size."""
        return self.align or min(WORD, self.size & -self.size)


class Layout(NamedTuple):
    """A structure laid out: its members with their offsets, and its size, a multiple of ``align``."""

    name: str
    members: tuple[tuple[Member, int], ...]
    size: int
    align: int

    @property
    def offsets(self) -> dict[str, int]:
        """The offset of each member."""
        return {member.name: offset for member, offset in self.members}

    def lines(self, start: int = 0) -> dict[str, int]:
        """The line in which each member begins, for a structure that begins ``start`` bytes into a line."""
        return {member.name: (start + offset) // LINE for member, offset in self.members}

    def starts(self) -> range:
        """Where in a line such a structure may begin: whatever its alignment allows."""
        return range(0, LINE, min(self.align, LINE))

    def as_member(self, name: str) -> Member:
        """The structure as a member of another one."""
        return Member(name, self.size, self.align)

    def ruler(self, start: int = 0) -> str:
        """The members in their order, parted where a line ends, as text."""
        rows = [f"{self.name}, {self.size} bytes, begins at {start} of a line"]
        last = -1
        for member, offset in self.members:
            line = (start + offset) // LINE
            if line != last:
                rows.append(f"-- line {line} " + "-" * 24)
                last = line
            rows.append(f"{offset:>6}  {member.name} ({member.size})")
        return "\n".join(rows)


def lay_out(name: str, members: Iterable[Member], align: int = 0) -> Layout:
    """Put the members one behind the other, each at the next multiple of its alignment.

    The structure is aligned as its strictest member, or to ``align`` where that is more, and its size
    rounded up to that. Raises ValueError for no members, an empty one, two of a name, and for an
    alignment that is no power of two.
    """
    placed: list[tuple[Member, int]] = []
    end, strictest = 0, max(align, 1)
    for member in members:
        if member.size < 1:
            raise ValueError(f"{member.name} has {member.size} bytes")
        strictest = max(strictest, member.alignment)
        offset = _rounded(end, member.alignment)
        placed.append((member, offset))
        end = offset + member.size
    if not placed or len({member.name for member, _ in placed}) < len(placed):
        raise ValueError(f"{name} has no members, or two of one name")
    return Layout(name, tuple(placed), _rounded(end, strictest), strictest)


def _rounded(number: int, align: int) -> int:
    if align < 1 or align & (align - 1):
        raise ValueError(f"an alignment is a power of two, and {align} is none")
    return (number + align - 1) // align * align


def beside(lines: Mapping[str, int], written: Collection[str]) -> set[str]:
    """The members that are not ``written`` and share a line with one that is."""
    busy = {lines[name] for name in written}
    return {name for name, line in lines.items() if line in busy and name not in written}


def by_line(addresses: Mapping[str, int]) -> dict[int, list[str]]:
    """What lies in each line that holds anything, by the number of the line, in the order of addresses."""
    found: dict[int, list[str]] = {}
    for name, address in sorted(addresses.items(), key=lambda pair: (pair[1], pair[0])):
        found.setdefault(address // LINE, []).append(name)
    return found
