"""Plots of what a change promised to save: a model's prediction beside the published figures; scores; a map.

Where the figures come from is not known here. Each plot is a text too; matplotlib is imported when one
is drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vfslab.views import palette
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curve = Sequence[tuple[float, float]]
_STYLES = ("-", "--", "-.", ":")


class Prediction(_Plot):
    """Gains that a model predicts for a price, and what was published.

    ``curves`` give (price, gain in percent) under the name of each line; ``published`` are (price, gain)
    pairs: the gain that was measured, at the price that would explain it. ``spans`` are ranges of prices
    that come from elsewhere. ``leaves_out`` says what the model does not know. Raises ValueError without a
    curve or a published figure.
    """

    def __init__(
        self,
        curves: Mapping[str, Curve],
        published: Mapping[str, tuple[float, float]],
        price: str,
        leaves_out: str,
        spans: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        if not curves or not published:
            raise ValueError("a prediction stands beside figures: there has to be one of each")
        self.curves = {name: sorted(curve) for name, curve in curves.items()}
        self.published = dict(published)
        self.spans = dict(spans or {})
        self.price = price
        self.leaves_out = leaves_out

    def __repr__(self) -> str:
        prices = sorted({price for curve in self.curves.values() for price, _ in curve})
        table = [[self.price, *self.curves]]
        for price in prices:
            gains = (dict(curve).get(price) for curve in self.curves.values())
            table.append([f"{price:g}", *("-" if gain is None else f"+{gain:.1f} %" for gain in gains)])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in table
        ]
        for name, (price, gain) in self.published.items():
            lines.append(f"published, {name}: +{gain:.1f} %, as for a price of {price:.0f}")
        lines += [f"{name}: {low:.0f} to {high:.0f}" for name, (low, high) in self.spans.items()]
        return "\n".join([*lines, f"Left out: {self.leaves_out}"])

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4.8), layout="constrained")
        axes = figure.add_subplot()
        for slot, (name, curve) in enumerate(self.curves.items()):
            style: dict[str, Any] = {"linestyle": _STYLES[slot % len(_STYLES)], "color": _colour(slot)}
            axes.plot(*zip(*curve, strict=True), label=f"{name} (model)", linewidth=2, **style)
        for slot, (name, (price, gain)) in enumerate(self.published.items()):
            marker = "osD^v"[slot % 5]
            label = f"{name} (published)"
            axes.plot([price], [gain], marker, color=palette.VERMILLION, markersize=8, label=label)
        for name, (low, high) in self.spans.items():
            axes.axvspan(low, high, facecolor=palette.COVERED, alpha=0.6, label=name)
        axes.set_xlabel(self.price, parse_math=False)
        axes.set_ylabel("gain, percent")
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
        for text in axes.legend(facecolor=palette.PAPER, edgecolor="none", loc="upper left").get_texts():
            text.set_parse_math(False)
        _say_what_is_left_out(figure, self.leaves_out)
        return figure


class Scores(_Plot):
    """How often guesses were right and wrong: ``rows`` give (right, wrong) under the name of each.

    Bars are parts of a whole, for the counts differ by thousands; the counts stand beside them. Raises
    ValueError without a row, and for one in which nothing was guessed.
    """

    def __init__(self, rows: Mapping[str, tuple[int, int]], leaves_out: str) -> None:
        empty = [name for name, row in rows.items() if not sum(row)]
        if empty or not rows:
            raise ValueError(f"nothing was guessed: {', '.join(empty) or 'no rows'}")
        self.rows = dict(rows)
        self.leaves_out = leaves_out

    def __repr__(self) -> str:
        width = max(map(len, self.rows))
        lines = [f"{'':{width}}  {'right':>10}  {'wrong':>10}   wrong, of all"]
        for name, (right, wrong) in self.rows.items():
            part = 100 * wrong / (right + wrong)
            lines.append(f"{name:{width}}  {right:>10,}  {wrong:>10,}  {part:>6.1f} %")
        return "\n".join([*lines, f"Left out: {self.leaves_out}"])

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 1.4 + 0.45 * len(self.rows)), layout="constrained")
        axes = figure.add_subplot()
        wrongs = [100 * wrong / (right + wrong) for right, wrong in self.rows.values()]
        lanes = range(len(wrongs))
        look: dict[str, Any] = {"height": 0.6, "edgecolor": palette.PAPER}
        axes.barh(lanes, wrongs, color=palette.VERMILLION, hatch="//", label="wrong", **look)
        rights = [100 - wrong for wrong in wrongs]
        axes.barh(lanes, rights, left=wrongs, color=palette.BLUE, label="right", **look)
        for lane, (right, wrong) in zip(lanes, self.rows.values(), strict=True):
            axes.text(101, lane, f"{right:,} right, {wrong:,} wrong", va="center", fontsize=8)
        axes.set_yticks(lanes, list(self.rows), parse_math=False)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("percent of all guesses")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
        _say_what_is_left_out(figure, self.leaves_out)
        return figure


class Heat(_Plot):
    """A number for each row and column, darker where it is more. Raises ValueError for rows that differ."""

    def __init__(self, rows: Mapping[str, Mapping[str, float]], across: str, number: str) -> None:
        columns = {tuple(row) for row in rows.values()}
        if len(columns) != 1:
            raise ValueError("every row has the same columns")
        self.rows = {name: dict(row) for name, row in rows.items()}
        (self.columns,) = columns
        self.across = across
        self.number = number

    def __repr__(self) -> str:
        width = max(len(name) for name in (*self.rows, self.across))
        lines = [
            f"{self.number} by {self.across}",
            "  ".join([f"{'':{width}}", *(f"{c:>5}" for c in self.columns)]),
        ]
        for name, row in self.rows.items():
            lines.append("  ".join([f"{name:{width}}", *(f"{row[column]:>5.2f}" for column in self.columns)]))
        return "\n".join(lines)

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        numbers = [list(row.values()) for row in self.rows.values()]
        figure = Figure(
            figsize=(1.8 + 0.75 * len(self.columns), 1.3 + 0.5 * len(numbers)), layout="constrained"
        )
        axes = figure.add_subplot()
        largest = max(map(max, numbers))
        axes.imshow(numbers, cmap="Blues", vmin=0, vmax=largest * 1.2, aspect="auto")
        for line, row in enumerate(numbers):
            for column, value in enumerate(row):
                dark = value > 0.7 * largest
                colour = palette.PAPER if dark else palette.INK
                axes.text(column, line, f"{value:.2f}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(self.columns)), self.columns, parse_math=False)
        axes.set_yticks(range(len(numbers)), list(self.rows), parse_math=False)
        axes.set_xlabel(self.across, parse_math=False)
        axes.set_title(self.number, loc="left", parse_math=False)
        axes.spines[:].set_visible(False)
        return figure


def _say_what_is_left_out(figure: Figure, what: str) -> None:
    words = "\n".join(textwrap.wrap(f"Left out: {what}", 110))
    figure.supxlabel(words, fontsize=8, color=palette.MUTED, parse_math=False)


def _colour(slot: int) -> str:
    return palette.GROUPS[slot % len(palette.GROUPS)]
