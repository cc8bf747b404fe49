"""Two Timelines in lockstep as text: the twin of ``compare``, which tells the same story by itself.

Knows the alignment and prints nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vfslab.lockstep import Lockstep, Pair

if TYPE_CHECKING:
    from vfslab.drive import Frame, Timeline

PAIRS_WHOLE = 60
"""With more places than these, what is the same is shown only near to what is not."""
CONTEXT = 3
LINES_MAX = 120

Titles = tuple[str, str]


def compare_text(before: Timeline, after: Timeline, titles: Titles = ("before", "after")) -> str:
    """The steps of both, a line a step: numbers in each, "=" the same, "<" only before, ">" only after.

    A line ends with the locks held then, in brackets. Where the same step names mounts that have other
    numbers in the two, both sentences stand there. Raises ValueError where ``titles`` are not two.
    """
    return lockstep_text(Lockstep(before, after), titles)


def lockstep_text(lockstep: Lockstep, titles: Titles = ("before", "after")) -> str:
    """See ``compare_text``."""
    before, after = checked(titles)
    timelines = (lockstep.before, lockstep.after)
    names = [f"{name}: " for name in (before, after)]
    width = max(map(len, names))
    text = [f"{name:<{width}}{call(timeline)}" for name, timeline in zip(names, timelines, strict=True)]
    text += [verdict(lockstep, (before, after)), ""]
    text.append(f"= in both, < only {before}, > only {after}; [locks held after the step]")
    lines = list(_lines(lockstep))
    text += lines[:LINES_MAX]
    if len(lines) > LINES_MAX:
        text.append(f"... and {len(lines) - LINES_MAX:,} lines more")
    return "\n".join(text)


def checked(titles: Sequence[str]) -> Titles:
    """``titles`` if they are two names. Raises ValueError."""
    if isinstance(titles, str) or len(titles) != 2:
        raise ValueError(f"titles are two names, of the one before and the one after, not {titles!r}")
    return titles[0], titles[1]


def call(timeline: Timeline) -> str:
    """The call, its length and how it ended, in a line."""
    return f"{len(timeline) - 1} steps, {outcome(timeline)}"


def outcome(timeline: Timeline) -> str:
    """How the call ended, with the reason where it failed."""
    reason = timeline.result.reason
    return timeline[-1].sentence + (f": {reason}" if reason else "")


def counts(lockstep: Lockstep, titles: Titles) -> str:
    """How many steps are in both and how many in one of them only."""
    signs = [pair.sign for pair in lockstep.pairs[1:-1]]
    same, only, only_after = (signs.count(sign) for sign in "=<>")
    return f"{same} steps in both, {only} only {titles[0]}, {only_after} only {titles[1]}"


def verdict(lockstep: Lockstep, titles: Titles) -> str:
    """Where the two part, and how much they share."""
    if lockstep.parting is None:
        return f"They do not part: {counts(lockstep, titles)}."
    if lockstep.parting == len(lockstep.pairs) - 1:
        return f"They part at the very end, in what they return: {counts(lockstep, titles)}."
    before, after, _ = lockstep.pairs[lockstep.parting]
    who, frame = (titles[0], before) if before is not None else (titles[1], after)
    assert frame is not None
    return f"They part at step {frame.index} of {who}: {counts(lockstep, titles)}."


def _lines(lockstep: Lockstep) -> Iterator[str]:
    skipped = 0
    shown = _near(lockstep.pairs)
    width = max(
        (len(frame.function) for pair in lockstep.pairs[1:-1] for frame in pair[:2] if frame is not None),
        default=0,
    )
    for place, pair in enumerate(lockstep.pairs):
        if place not in shown:
            skipped += 1
            continue
        if skipped:
            yield f"{'...':>9}    {skipped} steps that are the same in both"
            skipped = 0
        if place == lockstep.parting:
            yield "---- here they part " + "-" * 40
        yield from _pair(pair, width)


def _near(pairs: Sequence[Pair]) -> set[int]:
    """The places to show: all of a short comparison, else what differs and what is around it."""
    if len(pairs) <= PAIRS_WHOLE:
        return set(range(len(pairs)))
    ends = {0, len(pairs) - 1}
    different = [place for place, pair in enumerate(pairs) if not pair.same]
    return ends | {
        near
        for place in different
        for near in range(max(0, place - CONTEXT), min(len(pairs), place + CONTEXT + 1))
    }


def _pair(pair: Pair, width: int) -> Iterator[str]:
    before, after, _ = pair
    if pair.same and before is not None and after is not None:
        yield _line(before, after, "=", before, width)
        if said(before) != said(after) or before.locks != after.locks:
            yield _line(None, None, " ", after, width)
    else:
        if before is not None:
            yield _line(before, None, "<", before, width)
        if after is not None:
            yield _line(None, after, ">", after, width)
    if before is not None and before.breaks:
        yield f"{_numbers(before, None)}  ! rule broken: {before.breaks}"
    if after is not None and after.breaks:
        yield f"{_numbers(None, after)}  ! rule broken: {after.breaks}"


def _line(one: Frame | None, other: Frame | None, sign: str, told: Frame, width: int) -> str:
    function = "" if told.effect is None else told.function
    locks = f"  [{', '.join(told.locks)}]" if told.locks else ""
    return f"{_numbers(one, other)}  {sign} {function:<{width}}  {said(told)}{locks}".rstrip()


def _numbers(one: Frame | None, other: Frame | None) -> str:
    return " ".join("    " if frame is None else f"{frame.index:>4}" for frame in (one, other))


def said(frame: Frame) -> str:
    """The sentence of a frame, behind the task that did it where the frame says so."""
    return frame.sentence if frame.task is None else f"{frame.task}: {frame.sentence}"
