"""A Timeline as the plain data that a page steps through: sentences, events, and who looks how from when on.

Nothing here draws and nothing here knows a widget. What is too long or too large to
be shown is left out here, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vfslab.kernel.effects import Acquire, Alloc, Release, Step, Wait
from vfslab.snapshot import Snapshot
from vfslab.snapshot_normal import with_ids
from vfslab.views import dot
from vfslab.views import picture as pictures
from vfslab.views.legend import LEGEND
from vfslab.views.locks import lock_rows
from vfslab.views.picture import Picture
from vfslab.views.scene import Look, looks
from vfslab.views.sources import sources

if TYPE_CHECKING:
    from vfslab.drive import Frame, Timeline

FRAMES_MAX = 500
MOUNTS_MAX = 200

EVENTS = {
    "parting": "they part",
    "broken": "rule broken",
    "different": "only in one",
    "picture": "any change",
    "new": "new mount (clone)",
    "attach": "attach or move",
    "peers": "peers, masters",
    "gone": "mount gone",
    "task": "root, cwd, namespace",
    "lock": "lock",
    "memory": "allocation",
    "failure": "failure",
}
"""The kinds of events that one can jump to, and what they are called."""

_CHANGES = ("new", "attach", "peers", "gone", "task")


class Frames(NamedTuple):
    """What a page needs to step through a timeline, without the drawing.

    ``union`` is all that is ever drawn, None where no picture can be; ``data`` goes to
    the page as JSON; ``first`` are the looks of frame 0; ``legend`` explains the signs.
    """

    union: Picture | None
    compact: bool
    data: dict[str, Any]
    first: dict[str, Look]
    legend: Picture = LEGEND


class Strip:
    """Some frames of a timeline and what is drawn of each: ``pictures`` is empty where there is too much.

    ``reason`` says why. ``ids`` gives mounts other ids than their own, where two timelines share a drawing.
    ``compact`` is set where all is drawn as rows, however little it is.
    """

    compact = False
    legend = LEGEND

    def __init__(
        self, timeline: Timeline, kept: Sequence[Frame], ids: Mapping[int, int] | None = None
    ) -> None:
        self.timeline = timeline
        self.kept = kept
        self._ids = ids or {}
        snapshots, self.reason = _snapshots(kept)
        self._snapshots = [with_ids(snapshot, self._ids) for snapshot in snapshots]
        self.pictures = self._pictures()
        self.events = [list(_events(timeline, kept, self._snapshots, at)) for at in range(len(kept))]

    def _own(self, numbers: Iterable[int]) -> tuple[int, ...]:
        return tuple(self._ids.get(number, number) for number in numbers)

    def _pictures(self) -> list[Picture]:
        """A picture for each snapshot; mounts that are in no namespace yet stand where they will belong.

        The covered namespace roots are shown, all of them, if a step deals with one:
        then trees begin at one height.
        """
        snapshots = self._snapshots
        touched = {number for frame in self.kept for number in self._own(_named(frame))}
        roots = {ns.root for snapshot in snapshots for ns in snapshot.namespaces.values()}
        mounts = [mount for snapshot in snapshots for mount in snapshot.mounts.values()]
        homes = {mount.id: mount.ns for mount in mounts if mount.ns is not None}
        found: list[Picture] = []
        for before, now in zip([None, *snapshots], snapshots, strict=False):
            same = before is not None and now == before
            found.append(
                found[-1] if same else pictures.picture(now, roots if roots & touched else (), homes)
            )
        return found

    def data(self, union: Picture | None, compact: bool) -> tuple[dict[str, Any], dict[str, Look]]:
        """What a page steps through, these frames in the drawing of ``union``; and the looks of the first."""
        tracks: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
        first: dict[str, Look] = {}
        shown: dict[str, Look] = {}
        for place, now in enumerate(self._marked() if union else ()):
            assert union is not None
            found = looks(now, union, compact)
            for part, look in found.items():
                if shown.get(part) != look:
                    tracks.setdefault(part, []).append((place, *look))
            shown = found
            first = first or found
        texts, places = sources(self.kept)
        rows = zip(self.kept, self.events, places, strict=True)
        data = {
            "title": self.timeline.title,
            "last": len(self.timeline) - 1,
            "locks": lock_rows(self.timeline, self.kept),
            "frames": [_row(self.timeline, *row) for row in rows],
            "sources": texts,
            "tracks": tracks,
        }
        return data, first

    def _marked(self) -> Iterator[Picture]:
        drawn, kept = self.pictures, self.kept
        for place, now in enumerate(drawn):
            after = drawn[place + 1] if place + 1 < len(drawn) else None
            follows = place > 0 and kept[place].index == kept[place - 1].index + 1
            before = drawn[place - 1] if follows else None
            yield pictures.mark(now, before, after, self._own(kept[place].mounts))


def frames(timeline: Timeline) -> Frames:
    """The frames of ``timeline``, without the middle of one that is too long."""
    kept, notes = _thinned(timeline)
    (strip,) = strips([timeline], [kept])
    union, compact = drawing([strip], notes)
    data, first = strip.data(union, compact)
    return Frames(
        union, compact, data | {"events": occurring(strip.events), "notes": notes}, first, strip.legend
    )


def strips(
    timelines: Sequence[Timeline], kept: Sequence[Sequence[Frame]], ids: Mapping[int, int] | None = None
) -> list[Strip]:
    """The frames ``kept`` of each timeline, to be drawn in one; ``ids`` are for the mounts of the last."""
    from vfslab.views.box_strip import box_strips  # which builds on this module

    *others, last = zip(timelines, kept, strict=True)
    return box_strips(timelines, kept) or [*(Strip(*other) for other in others), Strip(*last, ids)]


def drawing(drawn: Sequence[Strip], notes: list[str]) -> tuple[Picture | None, bool]:
    """The one picture with all that ``drawn`` ever show, and whether its mounts are rows.

    None, and a line more in ``notes``, where there is too much.
    """
    notes += dict.fromkeys(strip.reason for strip in drawn if strip.reason)
    if not all(strip.pictures for strip in drawn):
        return None, False
    union = pictures.union(picture for strip in drawn for picture in strip.pictures)
    return union, any(strip.compact for strip in drawn) or dot.is_large(union)


def occurring(events: Iterable[Collection[str]]) -> list[list[str]]:
    """The kinds among ``events`` with their words, in the order of ``EVENTS``."""
    found = {kind for kinds in events for kind in kinds}
    return [[kind, words] for kind, words in EVENTS.items() if kind in found]


def _thinned(timeline: Timeline) -> tuple[list[Frame], list[str]]:
    """All frames, or the first and the last ones of a timeline that is too long for a page."""
    length = len(timeline)
    if length <= FRAMES_MAX:
        return list(timeline), []
    half = FRAMES_MAX // 2
    kept = [timeline[index] for index in (*range(half), *range(length - half, length))]
    left_out = f"Steps {half:,} to {length - half - 1:,} are left out"
    return kept, [f"{left_out}: a page holds {FRAMES_MAX} of these {length:,} frames."]


def _snapshots(kept: Sequence[Frame]) -> tuple[list[Snapshot], str]:
    """The state of each frame; none, and the reason, where there would be too many mounts to be read."""
    ids: set[int] = set()
    for frame in (kept[0], kept[-1], *kept):  # the ends first, where most mounts are seen at once
        ids |= frame.snapshot.mounts.keys()
        if len(ids) > MOUNTS_MAX:
            return [], f"No picture: there are {len(ids):,} mounts or more, {MOUNTS_MAX} can be drawn."
    return [frame.snapshot for frame in kept], ""


def _named(frame: Frame) -> tuple[int, ...]:
    """The mounts that the sentence names: those it touches, and others."""
    return frame.effect.mounts + frame.effect.others if isinstance(frame.effect, Step) else ()


def _row(timeline: Timeline, frame: Frame, kinds: list[str], place: tuple[int, int] | None) -> dict[str, Any]:
    says = frame.sentence
    if frame.index < len(timeline) - 1:
        first, *others = says.split(" ", 1)
        # A name, of a file or a function, keeps its letters.
        says = " ".join([first[:1].upper() + first[1:] if first.rstrip(":,").isalpha() else first, *others])
    elif timeline.result.reason:
        says += f": {timeline.result.reason}"
    return {
        "number": frame.index,
        "says": says,
        "function": frame.function if frame.effect is not None else "",
        "task": frame.task or "",
        "broken": frame.broken,
        "events": kinds,
        "source": place,
    }


def _events(
    timeline: Timeline, kept: Sequence[Frame], snapshots: Sequence[Snapshot], place: int
) -> Iterator[str]:
    frame = kept[place]
    if snapshots and place:
        changes = set(_differences(snapshots[place - 1], snapshots[place]))
        if changes:
            yield "picture"
        yield from (kind for kind in _CHANGES if kind in changes)
    yield from happened(timeline, frame)


def happened(timeline: Timeline, frame: Frame) -> Iterator[str]:
    """What kinds of event the frame is, whatever it changed."""
    if frame.breaks:
        yield "broken"
    if isinstance(frame.effect, Acquire | Release | Wait):
        yield "lock"
    if isinstance(frame.effect, Alloc):
        yield "memory"
    failed = timeline.result.errno is not None or timeline.result.oops is not None
    if frame.index == len(timeline) - 1 and failed:
        yield "failure"


def _differences(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for number, mount in now.mounts.items():
        was = before.mounts.get(number)
        if was is None:
            yield "new"
        elif was is not mount:
            if (was.parent, was.mountpoint, was.ns) != (mount.parent, mount.mountpoint, mount.ns):
                yield "attach"
            if (was.group, was.master, was.shared) != (mount.group, mount.master, mount.shared):
                yield "peers"
    if any(number not in now.mounts for number in before.mounts):
        yield "gone"
    if before.tasks != now.tasks or before.namespaces != now.namespaces:
        yield "task"
