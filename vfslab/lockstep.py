"""Two Timelines of one scenario side by side: which steps are the same, which only one has, where they part.

Pure comparison of what was recorded; how it is shown is not known here. Numbers that
a kernel hands out do not count: a step is the same if the same function does the same
to the same mounts, and a mount made on the way is known by its source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from .drive import Frame, Timeline
from .kernel.effects import Step

ALIKE_MAX = 2_000_000
"""How many pairs of like steps are looked at; beyond, the n-th of a kind is only held against the n-th."""

_NUMBER = re.compile(r"\d+")
_DEVICE = re.compile(r"\b\d+:\d+\b")
_ITS_ID = re.compile(r"^mount \d+ ")


class Pair(NamedTuple):
    """What the two do at one place: the same step (``same``), or a step that one has and the other has not.

    At the last place both return; there both frames are given even if they end differently.
    """

    before: Frame | None
    after: Frame | None
    same: bool

    @property
    def sign(self) -> str:
        """ "=" for the same in both, "<" only before, ">" only after, "<>" for ends that differ."""
        if self.same:
            return "="
        return f"{'<' * (self.before is not None)}{'>' * (self.after is not None)}"


class Lockstep:
    """``before`` and ``after`` aligned: ``pairs`` holds every frame of both once, in order."""

    def __init__(self, before: Timeline, after: Timeline) -> None:
        self.before = before
        self.after = after
        self.pairs = tuple(self._aligned())

    @property
    def parting(self) -> int | None:
        """The first place at which the two do not do the same, None where there is none."""
        return next((place for place, pair in enumerate(self.pairs) if not pair.same), None)

    @cached_property
    def ids(self) -> dict[int, int]:
        """For every mount of ``after`` the id that it shares with its counterpart in ``before``.

        Counterparts are mounts that were there before the call, and mounts that the same step touches
        first. A mount without one gets an id that no mount of ``before`` has.
        """
        found = {id: id for id in self._old}
        for pair in self.pairs:
            if pair.same and pair.before is not None and pair.after is not None:
                for mine, other in zip(_named(pair.after), _named(pair.before), strict=True):
                    if mine not in found and other not in found.values():
                        found[mine] = other
        taken, own = _ids(self.before), _ids(self.after)
        free = max(taken | own, default=0)
        for id in sorted(own - found.keys()):
            if id in taken:
                free += 1
            found[id] = free if id in taken else id
        return found

    @cached_property
    def _old(self) -> frozenset[int]:
        """The ids of mounts that are the same in both before the call."""
        starts = (self.before.kept.start, self.after.kept.start)
        return frozenset(
            id for id in starts[0].keys() & starts[1].keys() if self.before.name(id) == self.after.name(id)
        )

    def _aligned(self) -> list[Pair]:
        before, after = list(self.before), list(self.after)
        one = [self._key(self.before, frame) for frame in before[1:-1]]
        other = [self._key(self.after, frame) for frame in after[1:-1]]
        pairs = [Pair(before[0], after[0], True)]
        # Blocks of equal steps; between two of them, what only one has.
        for (i, j, size), (k, m, _) in pairwise(_blocks(one, other)):
            pairs += [Pair(before[1 + i + n], after[1 + j + n], True) for n in range(size)]
            pairs += [Pair(frame, None, False) for frame in before[1 + i + size : 1 + k]]
            pairs += [Pair(None, frame, False) for frame in after[1 + j + size : 1 + m]]
        pairs.append(Pair(before[-1], after[-1], _end(self.before) == _end(self.after)))
        return pairs

    def _key(self, timeline: Timeline, frame: Frame) -> Hashable:
        """Equal for the same step of both."""
        effect = frame.effect
        task = frame.task
        if not isinstance(effect, Step):
            words = [field for field in effect or () if not callable(field)]
            return task, type(effect), tuple(_DEVICE.sub("#", str(field)) for field in words)
        names = tuple(self._name(timeline, id) for id in _named(frame))
        return task, effect.function, _NUMBER.sub("#", effect.what), len(effect.mounts), names

    def _name(self, timeline: Timeline, id: int) -> str:
        name = timeline.name(id)
        return name if id in self._old else _ITS_ID.sub("new ", name)


def _named(frame: Frame) -> tuple[int, ...]:
    """The mounts that the frame's sentence names."""
    return frame.effect.mounts + frame.effect.others if isinstance(frame.effect, Step) else ()


def _ids(timeline: Timeline) -> set[int]:
    """Every mount that the timeline ever has."""
    return {*timeline.kept.start, *(id for step in timeline.kept.changes for id, _, _ in step)}


def _end(timeline: Timeline) -> Hashable:
    """How it ended, without what the kernel gave back."""
    result = timeline.result
    return result.refusal and result.refusal.check, str(result.oops or "")


def _blocks(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Where both have the same run of keys: begin in each, length. The first begins both, the last is empty.

    What both begin with and end with is taken first: the longest run that a
    SequenceMatcher looks for may stand elsewhere, and they would part too early.
    """
    shorter = min(len(one), len(other))
    head = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    left = shorter - head
    tail = next((n for n in range(left) if one[-1 - n] != other[-1 - n]), left)
    middle, other_middle = one[head : len(one) - tail], other[head : len(other) - tail]
    counts = Counter(other_middle)
    if sum(counts[key] for key in middle) > ALIKE_MAX:
        middle, other_middle = _counted(middle), _counted(other_middle)
    matcher = SequenceMatcher(None, middle, other_middle, autojunk=False)
    inner = [(head + i, head + j, size) for i, j, size in matcher.get_matching_blocks()[:-1]]
    end = len(one), len(other)
    return [(0, 0, head), *inner, (end[0] - tail, end[1] - tail, tail), (*end, 0)]


def _counted(keys: Sequence[Hashable]) -> list[Hashable]:
    """Each key with how many of its kind came before it."""
    seen: Counter[Hashable] = Counter()
    counted: list[Hashable] = []
    for key in keys:
        counted.append((key, seen[key]))
        seen[key] += 1
    return counted
