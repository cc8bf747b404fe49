"""Two Timelines of one scenario stepped together, before and after a fix: two pictures, one hand.

Both are drawn in one layout, so that a mount stands in the same place in both. The
alignment is ``lockstep``'s, the pictures are those of ``frames``, and the page is the
stepper's with two sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vfslab.lockstep import Lockstep, Pair
from vfslab.views.compare_text import Titles, checked, counts, lockstep_text, verdict
from vfslab.views.frames import FRAMES_MAX, Frames, Strip, drawing, occurring, strips
from vfslab.views.locks import alike
from vfslab.views.stepper import Stepped

if TYPE_CHECKING:
    from vfslab.drive import Timeline

_LEAD = 50
"""Of what is too long for a page, so many places at each end and before the parting are kept."""


class Comparison(Stepped):
    """``before`` and ``after`` in lockstep; ``lockstep`` is their alignment."""

    def __init__(
        self, before: Timeline, after: Timeline, titles: Sequence[str] = ("before", "after")
    ) -> None:
        names = checked(titles)
        self.lockstep = Lockstep(before, after)
        super().__init__(_shown(self.lockstep, names), lockstep_text(self.lockstep, names))


def compare(before: Timeline, after: Timeline, titles: Sequence[str] = ("before", "after")) -> Comparison:
    """Two timelines of one scenario, side by side, as something that a notebook shows.

    Raises ValueError where ``titles`` are not two.
    """
    return Comparison(before, after, titles)


def _shown(lockstep: Lockstep, titles: Titles) -> Frames:
    kept, notes = _thinned(lockstep)
    pairs = [lockstep.pairs[place] for place in kept]
    shown = (
        [pair.before for pair in pairs if pair.before is not None],
        [pair.after for pair in pairs if pair.after is not None],
    )
    drawn = strips((lockstep.before, lockstep.after), shown, lockstep.ids)
    union, compact = drawing(drawn, notes)
    sides, looks = zip(*(strip.data(union, compact) for strip in drawn), strict=True)
    rows = alike([side["locks"] for side in sides])
    for side, name, locks in zip(sides, titles, rows, strict=True):
        side |= {"name": name, "locks": locks}
    places = list(_places(kept, pairs, drawn, lockstep.parting))
    calls = dict.fromkeys(side["title"] for side in sides)
    data: dict[str, Any] = {
        "title": " / ".join(calls),
        "last": len(lockstep.pairs) - 1,
        "verdict": verdict(lockstep, titles),
        "counts": counts(lockstep, titles),
        "sides": list(sides),
        "places": places,
        "events": occurring(place["events"] for place in places),
        "notes": notes,
    }
    return Frames(union, compact, data, looks[0], drawn[0].legend)


def _thinned(lockstep: Lockstep) -> tuple[list[int], list[str]]:
    """All places, or those about the parting and the ends where there are too many for a page."""
    length = len(lockstep.pairs)
    if length <= FRAMES_MAX:
        return list(range(length)), []
    start = max(0, (lockstep.parting or 0) - _LEAD)
    middle = range(start, min(length, start + FRAMES_MAX - 2 * _LEAD))
    kept = sorted({*range(_LEAD), *middle, *range(length - _LEAD, length)})
    return kept, [
        f"{length - len(kept):,} of {length:,} places, away from the parting and the ends, are left out."
    ]


def _places(
    kept: Sequence[int], pairs: Sequence[Pair], drawn: Sequence[Strip], parting: int | None
) -> Iterator[dict[str, Any]]:
    """For each place: its number, the frame that each side shows there, and what happens."""
    at = [-1, -1]
    for number, pair in zip(kept, pairs, strict=True):
        events: list[str] = []
        for side, frame in enumerate((pair.before, pair.after)):
            if frame is not None:
                at[side] += 1
                events += drawn[side].events[at[side]]
        events += ["parting"] * (number == parting) + ["different"] * (not pair.same)
        yield {"number": number, "at": list(at), "sign": pair.sign, "events": list(dict.fromkeys(events))}
