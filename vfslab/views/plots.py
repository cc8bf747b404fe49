"""Plots of what a timeline counts: which locks are held when. matplotlib is imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vfslab.views import palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vfslab.drive import Timeline


class Held(NamedTuple):
    """A lock held from step ``first`` up to, not including, step ``end``."""

    lock: str
    first: int
    end: int


def lock_spans(timeline: Timeline) -> list[Held]:
    """Every stretch of steps during which a lock is held, in the order in which they begin."""
    spans: list[Held] = []
    since: dict[str, int] = {}
    for frame in timeline:
        for lock in frame.locks:
            since.setdefault(lock, frame.index)
        for lock in [lock for lock in since if lock not in frame.locks]:
            spans.append(Held(lock, since.pop(lock), frame.index))
    spans += [Held(lock, first, len(timeline)) for lock, first in since.items()]
    return sorted(spans, key=lambda span: (span.first, span.end))


def lock_plot(timeline: Timeline) -> Figure:
    """A bar for each stretch during which a lock is held, one lane a lock, over the steps of the call."""
    from matplotlib.figure import Figure

    spans = lock_spans(timeline)
    lanes = list(dict.fromkeys(span.lock for span in spans))
    figure = Figure(figsize=(9, 1.1 + 0.5 * max(1, len(lanes))), layout="constrained")
    axes = figure.add_subplot()
    colours = palette.GROUPS
    for lane, lock in enumerate(lanes):
        bars = [(span.first, span.end - span.first) for span in spans if span.lock == lock]
        axes.broken_barh(bars, (lane - 0.3, 0.6), facecolor=colours[lane % len(colours)], edgecolor="white")
    axes.set_yticks(range(len(lanes)), lanes)
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.set_xlim(0, len(timeline) - 1)
    axes.set_xlabel("step")
    axes.set_title(f"locks held during {timeline.title}", loc="left")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure
