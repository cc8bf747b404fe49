"""Plots of what a timeline counts: which locks are held when. matplotlib is imported when one is drawn."""

from __future__ import annotations

import io
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
    return sorted(spans, key=lambda span: (span.first, -span.end))


class LockPlot:
    """The locks of ``timeline`` over its steps: a lane for each lock, a bar for each time that it is held.

    As text, the same in words.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.title = timeline.title
        self.steps = len(timeline) - 1
        self.spans = lock_spans(timeline)

    @property
    def figure(self) -> Figure:
        """The plot as a matplotlib figure. Raises ImportError where matplotlib is not installed."""
        from matplotlib.figure import Figure

        lanes = self._lanes()
        figure = Figure(figsize=(9, 1.1 + 0.5 * max(1, len(lanes))), layout="constrained")
        axes = figure.add_subplot()
        for lane, (lock, spans) in enumerate(lanes.items()):
            colour = palette.GROUPS[lane % len(palette.GROUPS)]
            bars = [(span.first, span.end - span.first) for span in spans]
            axes.broken_barh(bars, (lane - 0.3, 0.6), facecolor=colour, edgecolor=palette.PAPER, label=lock)
        axes.set_yticks(range(len(lanes)), list(lanes))
        axes.set_ylim(max(1, len(lanes)) - 0.5, -0.5)
        axes.set_xlim(0, self.steps)
        axes.set_xlabel("step")
        axes.set_title(f"locks held during {self.title}", loc="left", parse_math=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
        return figure

    def _lanes(self) -> dict[str, list[Held]]:
        lanes: dict[str, list[Held]] = {}
        for span in self.spans:
            lanes.setdefault(span.lock, []).append(span)
        return lanes

    def __repr__(self) -> str:
        lines = [f"locks held during {self.title}, {self.steps} steps"]
        for lock, spans in self._lanes().items():
            stretches = ", ".join(f"{span.first}-{span.end}" for span in spans)
            lines.append(f"  {lock}: {stretches}")
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        import matplotlib as mpl

        svg = io.StringIO()
        with mpl.rc_context({"svg.hashsalt": "vfslab", "svg.fonttype": "none"}):
            self.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        text = svg.getvalue()
        return {"image/svg+xml": text[text.index("<svg") :], "text/plain": repr(self)}


def lock_plot(timeline: Timeline) -> LockPlot:
    """Which locks ``timeline`` holds when, as something that a notebook draws."""
    return LockPlot(timeline)
