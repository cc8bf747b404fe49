"""Small programs drawn from a seed: tasks that take locks and add to counters, some of them carelessly.

Whether an order breaks them, and which, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import NamedTuple

from vfslab.kernel.effects import Acquire, Code, Release, Step
from vfslab.mechanism import Mechanism

LOCKS = ("lock_a", "lock_b", "lock_c")
COUNTERS = ("inodes", "dentries")


@dataclass
class Counters:
    inodes: int = 0
    dentries: int = 0


class Section(NamedTuple):
    """Locks that are taken, in that order, and the counters to which one is added under them."""

    locks: tuple[str, ...]
    adds: tuple[str, ...]


def program(sections: tuple[Section, ...], state: Counters) -> Code:
    """The sections one after the other."""
    for locks, adds in sections:
        for lock in locks:
            yield Acquire("program", lock)
        for counter in adds:
            value = getattr(state, counter)
            yield Step("program", f"reads {counter}")
            setattr(state, counter, value + 1)
            yield Step("program", f"writes {counter} + 1")
        for lock in reversed(locks):
            yield Release("program", lock)


def drawn(random: Random, level: int) -> Mechanism:
    """Two or three tasks; nothing says that an order breaks them."""
    plans = tuple(tuple(_section(random) for _ in range(1 + (level > 1))) for _ in range(2 + (level > 2)))
    tasks = tuple(
        (f"task{number}", (("program()", partial(program, sections)),))
        for number, sections in enumerate(plans, 1)
    )
    wanted = {
        counter: sum(section.adds.count(counter) for sections in plans for section in sections)
        for counter in COUNTERS
    }
    return Mechanism(title="programs", state=Counters, tasks=tasks, at_end=partial(_lost, wanted))


def _section(random: Random) -> Section:
    locks = tuple(random.sample(LOCKS, random.choice((0, 1, 2, 2))))
    return Section(locks, tuple(random.sample(COUNTERS, random.choice((1, 1, 2)))))


def _lost(wanted: dict[str, int], state: Counters) -> Iterable[str]:
    for counter, number in wanted.items():
        have = getattr(state, counter)
        if have != number:
            yield f"{counter} is {have}, and one was added {number} times"
