"""mesi: cache lines, who holds a copy of each, and what it takes to get one.

A CPU that writes must be the only holder of the line, as with the protocol whose states are called modified,
exclusive, shared, invalid. How long anything takes is not known here, nor what the fields are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

HIT, READ_MISS, WRITE_MISS, UPGRADE = "hit", "read miss", "write miss", "upgrade"
FIRST, SHARING, FALSE_SHARING = "first", "sharing", "false sharing"


class Access(NamedTuple):
    """What an access came to.

    ``outcome`` is a hit, a read miss, a write miss, or an upgrade: the line was there, but not alone.
    Of a miss ``why`` says whether the CPU never had the line (first), lost it to a write of the very field
    (sharing), or of others beside it only (false sharing); ``lost_to`` are the fields written since.
    """

    outcome: str
    why: str = ""
    lost_to: frozenset[str] = frozenset()

    @property
    def transfer(self) -> bool:
        """Whether other CPUs had to be asked."""
        return self.outcome != HIT


@dataclass
class Line:
    """The CPUs that hold a copy, each with its state: M, E or S. The others' copies are invalid."""

    holders: dict[int, str] = field(default_factory=dict)


@dataclass
class Caches:
    """The caches of any number of CPUs.

    ``place`` says in which line a field lies; a field that it does not name has a line of its own.
    ``counts`` are accesses by outcome, ``invalidations`` the copies that writes took away.
    """

    place: Mapping[str, int] = field(default_factory=dict)
    lines: dict[int | str, Line] = field(default_factory=dict)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((HIT, READ_MISS, WRITE_MISS, UPGRADE), 0)
    )
    invalidations: int = 0
    _lost: dict[int | str, dict[int, frozenset[str]]] = field(default_factory=dict)

    @property
    def transfers(self) -> int:
        """All that went over the bus: misses and upgrades."""
        return sum(self.counts.values()) - self.counts[HIT]

    def read(self, cpu: int, name: str) -> Access:
        """The CPU reads a field."""
        holders = self._line(name).holders
        if cpu in holders:
            return self._count(Access(HIT))
        missed = self._missed(READ_MISS, cpu, name)
        for other in holders:
            holders[other] = "S"
        holders[cpu] = "S" if holders else "E"
        return self._count(missed)

    def write(self, cpu: int, name: str) -> Access:
        """The CPU writes a field; the copies of all others are taken away."""
        where = self.place.get(name, name)
        holders = self._line(name).holders
        had = holders.get(cpu)
        if had in ("M", "E"):
            access = Access(HIT)
        else:
            access = Access(UPGRADE) if had else self._missed(WRITE_MISS, cpu, name)
        losers = [other for other in holders if other != cpu]
        self.invalidations += len(losers)
        lost = self._lost.setdefault(where, {})
        for other in losers:
            lost[other] = frozenset()
        for other in lost:
            lost[other] |= {name}
        for other in losers:
            del holders[other]
        holders[cpu] = "M"
        return self._count(access)

    def _line(self, name: str) -> Line:
        return self.lines.setdefault(self.place.get(name, name), Line())

    def _missed(self, outcome: str, cpu: int, name: str) -> Access:
        lost_to = self._lost.get(self.place.get(name, name), {}).pop(cpu, None)
        if lost_to is None:
            return Access(outcome, FIRST)
        return Access(outcome, SHARING if name in lost_to else FALSE_SHARING, lost_to)

    def _count(self, access: Access) -> Access:
        self.counts[access.outcome] += 1
        return access


class Touch(NamedTuple):
    """A field that is read, or written."""

    name: str
    write: bool = False


Grain = Literal["access", "burst", "round"]


def take_turns(
    caches: Caches, bursts: Sequence[Sequence[Touch]], cpus: Iterable[int], rounds: int, grain: Grain
) -> int:
    """Every CPU goes through the ``bursts`` in every round; how many transfers that took.

    After each access, each burst or each round, as ``grain`` says, it is the next CPU's turn.
    """
    everyone = tuple(cpus)
    before = caches.transfers
    whole = [touch for burst in bursts for touch in burst]
    pieces = {"access": [[touch] for touch in whole], "burst": bursts, "round": [whole]}[grain]
    for _ in range(rounds):
        for piece in pieces:
            for cpu in everyone:
                for name, write in piece:
                    (caches.write if write else caches.read)(cpu, name)
    return caches.transfers - before
