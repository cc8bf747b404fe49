"""The frames of a BoxTimeline as pictures: a box for each thing, a row for each of its fields.

They are the pictures that mounts have, so that the same stepper and comparer show them; what a
field means is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from vfslab.boxes import LENGTH, Boxes
from vfslab.drive import Frame, Timeline
from vfslab.mechanism import BoxTimeline
from vfslab.views.frames import Strip, happened
from vfslab.views.legend import BOXES
from vfslab.views.picture import Cluster, Node, Picture, legible

ROWS_MAX = 200


class Numbers:
    """The numbers under which boxes and their rows are drawn: the same in all timelines given."""

    def __init__(self, timelines: Iterable[BoxTimeline]) -> None:
        order: dict[str, dict[str, None]] = {}
        for timeline in timelines:
            for state in dict.fromkeys(timeline.states):
                for box in state:
                    order.setdefault(box.name, {}).update(dict.fromkeys(field for field, _ in box.rows))
        numbers = count(1)
        self.boxes = {name: number for number, name in enumerate(order, 1)}
        self.rows = {(name, field): next(numbers) for name, fields in order.items() for field in fields}


class BoxStrip(Strip):
    """Some frames of a timeline of boxes."""

    compact = True
    legend = BOXES

    def __init__(self, timeline: BoxTimeline, kept: Sequence[Frame], numbers: Numbers) -> None:
        self.timeline, self.kept, self.reason = timeline, kept, ""
        self._ids = {}
        states = [timeline.boxes(frame.index) for frame in kept]
        if len(numbers.rows) > ROWS_MAX:
            self.reason = f"No picture: there are {len(numbers.rows):,} fields, {ROWS_MAX} can be drawn."
            states = []
        known = {state: picture(state, numbers) for state in dict.fromkeys(states)}
        self.pictures = [known[state] for state in states]
        self.events = [list(_events(self, place)) for place in range(len(kept))]


def picture(state: Boxes, numbers: Numbers) -> Picture:
    """A cluster for each box, a node for each of its rows."""
    clusters = {numbers.boxes[box.name]: Cluster(box.name) for box in state}
    nodes = {
        numbers.rows[box.name, field]: Node(numbers.boxes[box.name], (_words(value),), 0, field)
        for box in state
        for field, value in box.rows
    }
    return Picture(clusters, nodes, {})


def _words(value: str) -> str:
    """A value in visible characters; blanks, which are no end of a word here, stay blanks."""
    return legible(value, LENGTH).replace("\\040", " ")


def box_strips(timelines: Sequence[Timeline], kept: Sequence[Sequence[Frame]]) -> list[Strip] | None:
    """The strips of timelines of boxes, all in one drawing; None where they are of mounts."""
    ours = [timeline for timeline in timelines if isinstance(timeline, BoxTimeline)]
    if len(ours) < len(timelines):
        return None
    numbers = Numbers(ours)
    return [BoxStrip(timeline, frames, numbers) for timeline, frames in zip(ours, kept, strict=True)]


def _events(strip: BoxStrip, place: int) -> Iterator[str]:
    if strip.pictures and place and strip.pictures[place] != strip.pictures[place - 1]:
        yield "picture"
    yield from happened(strip.timeline, strip.kept[place])
