"""publication: one writes a thing step by step, another looks; what is seen at each moment.

Whoever looks does it in one go, before the first step, behind the last or between two. What the steps do is
not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

State = TypeVar("State")
Seen = TypeVar("Seen")


class Slot(NamedTuple, Generic[Seen]):
    """A moment: the steps done by then, and what was seen."""

    done: tuple[str, ...]
    seen: Seen


def slots(
    make: Callable[[], State],
    steps: Iterable[tuple[str, Callable[[State], None]]],
    look: Callable[[State], Seen],
) -> tuple[Slot[Seen], ...]:
    """What ``look`` gives at each moment of the writing, each time in a new state.

    ``steps`` are names with functions that change the state.
    """
    kept = tuple(steps)
    found = []
    for moment in range(len(kept) + 1):
        state = make()
        for _, step in kept[:moment]:
            step(state)
        found.append(Slot(tuple(name for name, _ in kept[:moment]), look(state)))
    return tuple(found)
