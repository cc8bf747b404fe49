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


class NumberCircle(_Plot):
    """All numbers of a type in a circle, 0 at the top; ``sums`` are pairs of a number and what is added."""

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
        angle = 2 * pi * value / (1 << self.type.bits)
        return radius * sin(angle), radius * cos(angle)

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
        turn = [self._place((1 << self.type.bits) * part // 120) for part in range(121)]
        axes.plot(*zip(*turn, strict=True), color=palette.MUTED, linewidth=1)
        named = dict.fromkeys([0, *(value for start, _, end in self.sums for value in (start, end))])
        quarter = 1 << self.type.bits - 2
        for value in (quarter, quarter + (1 << self.type.bits - 1)):
            named.setdefault(int(self.type(value)))
        # the seam is at the bottom of a signed type and at the top of an unsigned one
        below = {value for value in named if self.type.signed and abs(value) > 2 * quarter - quarter // 8}
        for value in named:
            x, y = self._place(value)
            axes.plot([x], [y], "o", color=palette.INK, markersize=4)
            side = (1 if value > 0 else -1) if value in below else (1 if x > 0.01 else -1 if x < -0.01 else 0)
            across = {1: "left", -1: "right", 0: "center"}[side]
            beside = (0.12 * side, -1.2) if value in below else (1.1 * x, 1.12 * y)
            axes.text(*beside, f"{value:,}", ha=across, va="center")
        for number, (start, step, end) in enumerate(self.sums):
            wraps = self._wraps(start, step)
            colour = palette.VERMILLION if wraps else palette.BLUE
            words = f"{start:,} + {step:,} = {end:,}" + (", past the end" if wraps else "")
            axes.text(0, 0.15 - 0.25 * number, words, ha="center", color=colour, parse_math=False)
            if wraps:
                axes.annotate(
                    "",
                    self._place(end, 0.97),
                    self._place(start, 0.97),
                    arrowprops={
                        "arrowstyle": "->",
                        "color": colour,
                        "connectionstyle": "arc3,rad=0.6",
                        "shrinkA": 12,
                        "shrinkB": 12,
                    },
                )
        axes.set_aspect("equal")
        axes.set_xlim(-2.2, 2.2)
        axes.set_ylim(-1.4, 1.3)
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
            for bit in range(self.width):
                look: dict[str, Any] = {"facecolor": palette.PANEL, "edgecolor": palette.RULE}
                if bit >= bits:
                    look = {"facecolor": palette.PAPER, "edgecolor": palette.RULE, "linestyle": ":"}
                elif value >> bit & 1:
                    look = {"facecolor": palette.BLUE, "edgecolor": palette.RULE}
                axes.broken_barh([(self.width - 1 - bit, 1)], (row - 0.35, 0.7), linewidth=0.6, **look)
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
