"""Bits: numbers on a circle of all that a type holds, and the bits of numbers in words of several widths.

Each is a text too. matplotlib is imported when one is drawn. What the numbers count is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import TYPE_CHECKING, Any

from vfslab.views import palette
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vfslab.blocks.ints import CType


GAP = 0.25
"""How much of the circle is open on either side of its seam, in radians."""


class NumberCircle(_Plot):
    """All numbers of a type in a circle; ``sums`` are pairs of a number and what is added."""

    def __init__(self, type: CType, sums: Sequence[tuple[int, int]]) -> None:
        if not sums:
            raise ValueError("there is no sum to draw")
        for start, _ in sums:
            if not type.holds(start):
                raise ValueError(f"{start} is no number of {type}")
        self.type = type
        self.sums = [(start, step, int(type(start + step))) for start, step in sums]

    def _wraps(self, start: int, step: int) -> bool:
        return not self.type.holds(start + step)

    def _place(self, value: int, radius: float = 1.0) -> tuple[float, float]:
        """Where the number is; at the bottom the circle is open, between the largest and the smallest."""
        part = 2 * (value - self.type.least) / (self.type.most - self.type.least) - 1
        return radius * sin(part * (pi - GAP)), radius * cos(part * (pi - GAP))

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        whole = self.type.most - self.type.least
        turn = [self._place(self.type.least + whole * part // 120) for part in range(121)]
        axes.plot(*zip(*turn, strict=True), color=palette.MUTED, linewidth=2)
        for value in (self.type.least, self.type.least + (whole + 1) // 2, self.type.most):
            x, y = self._place(value, 1.12)
            axes.plot(*([one] for one in self._place(value)), "o", color=palette.INK, markersize=4)
            across = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
            axes.text(x, y, f"{value:,}", ha=across, va="center")
        for number, (start, step, end) in enumerate(self.sums):
            colour = palette.VERMILLION if self._wraps(start, step) else palette.BLUE
            words = f"{start:,} + {step:,} =\n{end:,}{self._past(start, step)}"
            axes.text(0, 0.4 - 0.45 * number, words, ha="center", va="center", color=colour, parse_math=False)
            if self._wraps(start, step):
                look = {"arrowstyle": "->", "color": colour, "linewidth": 2, "shrinkA": 4, "shrinkB": 4}
                axes.annotate("", self._place(end), self._place(start), arrowprops=look)
        axes.set_aspect("equal")
        axes.set_xlim(-2.4, 2.4)
        axes.set_ylim(-1.25, 1.25)
        axes.set_axis_off()
        return figure

    def __repr__(self) -> str:
        lines = [f"{self.type}: {self.type.least:,} to {self.type.most:,}"]
        for start, step, end in self.sums:
            lines.append(f"  {start:,} + {step:,} = {end:,}{self._past(start, step)}")
        return "\n".join(lines)

    def _past(self, start: int, step: int) -> str:
        return ", past the end" if self._wraps(start, step) else ""


class BitRuler(_Plot):
    """The bits of numbers, a row each, the highest bit first; ``rows`` are a number and its bits by a name.

    What a narrower word has lost, as against the widest, is a gap.
    """

    def __init__(self, rows: Mapping[str, tuple[int, int]]) -> None:
        if not rows:
            raise ValueError("there is no number to draw")
        self.rows = {name: (value & (1 << bits) - 1, bits) for name, (value, bits) in rows.items()}
        self.width = max(bits for _, bits in self.rows.values())

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 0.7 + 0.5 * len(self.rows)), layout="constrained")
        axes = figure.add_subplot()
        for row, (value, bits) in enumerate(self.rows.values()):
            lost = self.width - bits
            look: dict[str, Any] = {"linewidth": 0.8, "edgecolor": palette.RULE}
            axes.broken_barh([(0, lost)], (row - 0.35, 0.7), facecolor=palette.PAPER, linestyle=":", **look)
            axes.broken_barh([(lost, bits)], (row - 0.35, 0.7), facecolor=palette.PANEL, **look)
            ones = [(self.width - 1 - bit, 1) for bit in range(bits) if value >> bit & 1]
            axes.broken_barh(ones, (row - 0.35, 0.7), facecolor=palette.BLUE, **look)
            axes.vlines(range(lost + 8, self.width, 8), row - 0.35, row + 0.35, palette.RULE, linewidth=0.8)
            axes.text(self.width + 0.5, row, f"{value:,}", va="center")
        axes.set_yticks(range(len(self.rows)), [*self.rows], parse_math=False)
        axes.set_ylim(len(self.rows) - 0.5, -0.5)
        axes.set_xlim(0, self.width * 1.22)
        marks = range(0, self.width + 1, 16)
        axes.set_xticks([self.width - mark for mark in marks], [f"bit {mark}" for mark in marks])
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        return figure

    def __repr__(self) -> str:
        wide = max(map(len, self.rows))
        lines = []
        for name, (value, bits) in self.rows.items():
            digits = f"{value:0{bits // 4}x}".rjust(self.width // 4, "-")
            groups = " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
            lines.append(f"{name:<{wide}}  {groups}  {value:,}")
        return "\n".join(lines)


def number_circle(type: CType, *sums: tuple[int, int]) -> NumberCircle:
    """Sums on the circle of a type's numbers. Raises ValueError for none, and for what is no such number."""
    return NumberCircle(type, sums)


def bit_ruler(rows: Mapping[str, tuple[int, int]]) -> BitRuler:
    """Numbers with their widths in bits, by their names. Raises ValueError for none."""
    return BitRuler(rows)
