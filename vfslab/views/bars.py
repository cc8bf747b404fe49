"""Bars: amounts made of parts, and what is held from when to when on each way out of a function.

Each is a text too. matplotlib is imported when one is drawn. What the amounts are is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vfslab.views import palette
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# So that no part is told by its colour alone.
_HATCHES = ("", "///", "...", "xxx")


class PartBars(_Plot):
    """A bar for each amount, of its parts one after the other; as text a table."""

    def __init__(self, amounts: Mapping[str, Mapping[str, int]], unit: str) -> None:
        if not amounts:
            raise ValueError("there is no amount to draw")
        self.amounts = {name: dict(parts) for name, parts in amounts.items()}
        self.unit = unit
        self.parts = list(dict.fromkeys(part for parts in self.amounts.values() for part in parts))

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 0.9 + 0.4 * len(self.amounts)), layout="constrained")
        axes = figure.add_subplot()
        for row, parts in enumerate(self.amounts.values()):
            left = 0
            for part, size in parts.items():
                slot = self.parts.index(part)
                axes.barh(
                    row,
                    size,
                    left=left,
                    height=0.6,
                    color=palette.GROUPS[slot % len(palette.GROUPS)],
                    edgecolor=palette.PAPER,
                    hatch=_HATCHES[slot % len(_HATCHES)],
                    label=part,
                )
                left += size
            axes.text(left, row, f" {left:,}", va="center", parse_math=False)
        axes.set_yticks(range(len(self.amounts)), list(self.amounts), parse_math=False)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.set_xlabel(self.unit, parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        known = dict(zip(labels, handles, strict=True))
        figure.legend(known.values(), known.keys(), loc="outside upper center", ncols=3, frameon=False)
        return figure

    def __repr__(self) -> str:
        width = max(map(len, self.amounts))
        lines = []
        for name, parts in self.amounts.items():
            told = " + ".join(f"{size:,} {part}" for part, size in parts.items())
            lines.append(f"{name:<{width}}  {sum(parts.values()):>6,}  = {told}")
        return "\n".join([f"{self.unit}:", *lines])


class HeldBars(_Plot):
    """For each way out, what is held from when to when: steps are "+lock" for taken, "-lock" for given back,
    ">lock" for handed over."""

    def __init__(self, ways: Mapping[str, Sequence[str]]) -> None:
        self.ways = {name: tuple(steps) for name, steps in ways.items() if steps}
        if not self.ways:
            raise ValueError("there is nothing to draw: nothing is taken on any way out")

    def spans(self, steps: Sequence[str]) -> list[tuple[str, int, int | None, str]]:
        """What is held, from which step to which, and how it ends: "-", ">", or "" and None for never."""
        spans = []
        for first, step in enumerate(steps):
            if step[0] == "+":
                ends = (
                    (end, other) for end, other in enumerate(steps) if end > first and other[1:] == step[1:]
                )
                end, how = next(((end, other[0]) for end, other in ends), (None, ""))
                spans.append((step[1:], first, end, how))
        return spans

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        heights = [0.6 + 0.35 * len(self.spans(steps)) for steps in self.ways.values()]
        figure = Figure(figsize=(8, sum(heights) + 0.4), layout="constrained")
        plots = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        most = max(map(len, self.ways.values()))
        for axes, (name, steps) in zip(plots, self.ways.items(), strict=True):
            spans = self.spans(steps)
            for row, (_, first, end, how) in enumerate(spans):
                colour = palette.VERMILLION if end is None else palette.GROUPS[row % len(palette.GROUPS)]
                last = most if end is None else end
                axes.barh(row, last - first, left=first, height=0.5, color=colour, edgecolor=palette.PAPER)
                axes.text(last, row, f" {_ENDS[how]}", va="center", parse_math=False)
            axes.set_yticks(range(len(spans)), [what for what, *_ in spans], parse_math=False)
            axes.set_ylim(len(spans) - 0.5, -0.5)
            axes.set_title(name, loc="left", parse_math=False)
            axes.spines[["top", "right", "left"]].set_visible(False)
        plots[-1].set_xlim(0, most + 1)
        plots[-1].set_xlabel("step")
        return figure

    def __repr__(self) -> str:
        lines = []
        for name, steps in self.ways.items():
            lines.append(f"{name}: {' '.join(steps)}")
            for what, first, end, how in self.spans(steps):
                lines.append(f"  {what}: {first}-{'' if end is None else end}, {_ENDS[how]}")
        return "\n".join(lines)


_ENDS = {"-": "given back", ">": "handed over", "": "never given back"}


def part_bars(amounts: Mapping[str, Mapping[str, int]], unit: str = "bytes") -> PartBars:
    """Amounts with the sizes of their parts, for a notebook to draw. Raises ValueError for none."""
    return PartBars(amounts, unit)


def held_bars(ways: Mapping[str, Sequence[str]]) -> HeldBars:
    """What is held when on each way out (``vfslab.blocks.scope.Exit.did``). Raises ValueError for nothing."""
    return HeldBars(ways)
