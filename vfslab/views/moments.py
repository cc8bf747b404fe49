"""Moments: what happens when, a lane for each kind of thing. As text a strip of signs.

What the things are is not known here. matplotlib is imported when one is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vfslab.views import palette
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS = 60
"""The signs of a strip."""
STROKES = 300
"""The picture has so many places for strokes in a lane: more of them are one bar to the eye."""


class Moments(_Plot):
    """``lanes`` are moments by name, from 0 to ``end``; ``unit`` is what is counted, "seconds".

    Raises ValueError without a lane, and for a moment that is not in the time.
    """

    def __init__(self, lanes: Mapping[str, Sequence[float]], end: float, unit: str) -> None:
        if not lanes or end <= 0:
            raise ValueError("there is nothing to plot")
        self.lanes = {name: sorted(moments) for name, moments in lanes.items()}
        self.end = end
        self.unit = unit
        for name, moments in self.lanes.items():
            outside = [moment for moment in moments if not 0 <= moment <= end]
            if outside:
                raise ValueError(f"{name}: {outside[0]} is not between 0 and {end}")

    def __repr__(self) -> str:
        width = max(map(len, self.lanes))
        lines = [f"{self.unit} 0 to {self.end:g}; . nothing, | once, # oftener"]
        for name, moments in self.lanes.items():
            lines.append(f"{name:<{width}}  {self._strip(moments)}  {len(moments)}")
        return "\n".join(lines)

    def _strip(self, moments: Sequence[float]) -> str:
        counts = [0] * CELLS
        for moment in moments:
            counts[min(CELLS - 1, int(moment / self.end * CELLS))] += 1
        return "".join(".|#"[min(count, 2)] for count in counts)

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 0.9 + 0.45 * len(self.lanes)), layout="constrained")
        axes = figure.add_subplot()
        for lane, moments in enumerate(self.lanes.values()):
            strokes = sorted({round(moment / self.end * STROKES) for moment in moments})
            axes.vlines(
                [stroke * self.end / STROKES for stroke in strokes],
                lane - 0.3,
                lane + 0.3,
                color=palette.BLUE,
                linewidth=1,
            )
            axes.text(self.end * 1.01, lane, str(len(moments)), va="center")
        axes.set_yticks(range(len(self.lanes)), [*self.lanes], parse_math=False)
        axes.set_ylim(len(self.lanes) - 0.5, -0.5)
        axes.set_xlim(0, self.end)
        axes.set_xlabel(self.unit, parse_math=False)
        axes.spines[["top", "right", "left"]].set_visible(False)
        return figure
