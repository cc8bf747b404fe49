"""How many calls a conversion took along: bars for what there was, what is left, and what is new.

matplotlib is imported when the plot is drawn. Where the numbers come from is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vfslab.views import palette
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PARTS = (
    ("before", palette.BLUE, ""),
    ("left as they were", palette.ORANGE, "//"),
    ("converted or new", palette.BLUISH_GREEN, ".."),
)


class Conversions(_Plot):
    """``counted`` has for each kind of call how many there were, how many are left, how many are new."""

    def __init__(self, counted: Mapping[str, tuple[int, int, int]]) -> None:
        self.counted = dict(counted)

    @property
    def totals(self) -> tuple[int, int, int]:
        """The sums over all kinds."""
        before, left, new = (sum(column) for column in zip(*self.counted.values(), strict=True))
        return before, left, new

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 0.9 + 0.9 * len(self.counted)), layout="constrained")
        axes = figure.subplots()
        for number, (_, row) in enumerate(self.counted.items()):
            starts = (0, 0, row[1])
            for (label, colour, hatch), value, start in zip(_PARTS, row, starts, strict=True):
                place = number - 0.2 if label == "before" else number + 0.2
                axes.barh(
                    place,
                    value,
                    0.36,
                    left=start,
                    color=colour,
                    hatch=hatch,
                    edgecolor=palette.PAPER,
                    label=label if number == 0 else None,
                )
            axes.text(row[0], number - 0.2, f" {row[0]}", va="center", fontsize=8)
            axes.text(row[1] + row[2], number + 0.2, f" {row[1]} + {row[2]}", va="center", fontsize=8)
        axes.set_yticks(range(len(self.counted)), list(self.counted))
        axes.invert_yaxis()
        axes.set_xlabel("calls")
        axes.margins(x=0.18)
        axes.legend(loc="lower right", fontsize=8)
        return figure

    def __repr__(self) -> str:
        rows = {**self.counted, "all": self.totals}
        width = max(map(len, rows))
        head = f"{'':{width}} {'before':>8} {'left':>8} {'new':>8}"
        return "\n".join(
            [head, *(f"{kind:{width}} {a:>8} {b:>8} {c:>8}" for kind, (a, b, c) in rows.items())]
        )
