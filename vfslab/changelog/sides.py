"""Sides: a mechanism before a change and after it, for each of some inputs.

What the mechanism is stands in the module of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from vfslab.mechanism import Mechanism

Side = Literal["before", "after"]


@dataclass(frozen=True)
class Sides:
    """``make(side, input)`` is the mechanism; ``inputs`` are those that a search tries, one by one.

    The first of them is what is shown. ``commit`` is the change's; ``other`` names further sides, tempting
    wrong fixes for example.
    """

    commit: str
    make: Callable[[str, Any], Mechanism]
    inputs: Sequence[Any] = (None,)
    other: tuple[str, ...] = ()

    def side(self, side: str, value: Any = ...) -> Mechanism:
        """The mechanism on that side, for one input. Raises ValueError for an unknown side."""
        known = ("before", "after", *self.other)
        if side not in known:
            raise ValueError(f"no side {side!r}; there are {', '.join(known)}")
        given = self.inputs[0] if value is ... else value
        source = f"fix({self.commit!r}).scenario.side({side!r}, {given!r})"
        return replace(self.make(side, given), source=source)
