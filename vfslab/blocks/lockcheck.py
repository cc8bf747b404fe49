"""lockcheck: what can be known of locks before anything hangs: contexts of their classes, and their order.

It is told every lock that is taken and given back, and keeps for each class of locks in which contexts that
ever happened, as lockdep does (kernel/locking/lockdep.c). Nothing has to go wrong for it to see that
something can. Which locks there are, and who takes them, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Context: TypeAlias = Literal["task", "softirq", "hardirq"]


class Usage(NamedTuple):
    """In which way a class was ever used: taken in an interrupt, or held while one could come.

    ``kind`` is the kind of interrupt, ``inside`` whether the lock was taken in one, ``where`` who did it.
    """

    kind: str
    inside: bool
    where: str


def lock_class(lock: str) -> str:
    """The class of a lock: its name without what tells it from others of its class, "i_lock(a)": "i_lock"."""
    return lock.partition("(")[0]


@dataclass
class LockCheck:
    """What is known of all classes of locks so far; ``reports`` says what it proves."""

    usages: dict[str, dict[tuple[str, bool], str]] = field(default_factory=dict)
    order: dict[tuple[str, str], str] = field(default_factory=dict)
    held: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def acquire(
        self,
        cpu: int,
        lock: str,
        *,
        where: str,
        context: Context = "task",
        hardirqs: bool = True,
        softirqs: bool = True,
    ) -> None:
        """``where`` goes for the lock; ``hardirqs`` and ``softirqs`` say which interrupts may come there.

        In an interrupt none of its own kind, and in a hard one none at all, may come, whatever is said.
        """
        taken = lock_class(lock)
        known = self.usages.setdefault(taken, {})
        if context == "task":
            enabled = (("hardirq", hardirqs), ("softirq", softirqs))
        else:
            known.setdefault((context, True), where)
            enabled = (("hardirq", hardirqs and context == "softirq"), ("softirq", False))
        for kind, may_come in enabled:
            if may_come:
                known.setdefault((kind, False), where)
        holding = self.held.setdefault((cpu, context), [])
        for other in holding:
            self.order.setdefault((other, taken), where)
        holding.append(taken)

    def release(self, cpu: int, lock: str, *, context: Context = "task") -> None:
        """The lock is given back. Raises ValueError where it is not held in that context."""
        holding = self.held.get((cpu, context), [])
        if lock_class(lock) not in holding:
            raise ValueError(f"CPU {cpu} does not hold {lock} in {context} context")
        holding.remove(lock_class(lock))

    def usage(self, lock: str) -> tuple[Usage, ...]:
        """In which ways the class of the lock was used."""
        known = self.usages.get(lock_class(lock), {})
        return tuple(Usage(kind, inside, where) for (kind, inside), where in known.items())

    def reports(self) -> tuple[str, ...]:
        """What may hang one day: inconsistent classes, classes that lead to such, and orders in a ring."""
        return (*self._inconsistent(), *self._unsafe_below_safe(), *self._rings())

    def _inconsistent(self) -> Iterator[str]:
        """One class, taken in an interrupt and held where that interrupt may come."""
        for name, known in self.usages.items():
            for kind in ("hardirq", "softirq"):
                inside, outside = known.get((kind, True)), known.get((kind, False))
                if inside and outside:
                    yield (
                        f"inconsistent lock state: {name} is taken in {kind} by {inside}, "
                        f"and held with {kind}s on by {outside}"
                    )

    def _unsafe_below_safe(self) -> Iterator[str]:
        """Two classes: one is taken in an interrupt, and under it one that is held where that may come."""
        for (outer, inner), where in self.order.items():
            for kind in ("hardirq", "softirq"):
                inside = self.usages[outer].get((kind, True))
                outside = self.usages[inner].get((kind, False))
                if outer != inner and inside and outside:
                    yield (
                        f"{kind}-unsafe lock order: {where} takes {inner} holding {outer}, which {inside} "
                        f"takes in {kind}, and {outside} holds {inner} with {kind}s on"
                    )

    def _rings(self) -> Iterator[str]:
        """Classes of which each is taken under the one before it, and the first under the last."""
        after: dict[str, list[str]] = {}
        for outer, inner in self.order:
            after.setdefault(outer, []).append(inner)
        seen: set[frozenset[str]] = set()
        for first in after:
            todo: list[tuple[str, ...]] = [(first,)]
            while todo:
                way = todo.pop(0)
                for inner in after.get(way[-1], ()):
                    if inner == first and frozenset(way) not in seen:
                        seen.add(frozenset(way))
                        yield f"circular lock order: {' -> '.join((*way, first))}"
                    elif inner not in way:
                        todo.append((*way, inner))
