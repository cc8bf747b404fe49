"""Plots of what timelines count: which locks are held when, and how counts grow with a size.

Each plot is a text too. matplotlib is imported when one is drawn; inside a browser a plot of the lessons
is the one that they were published with.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vfslab.views import palette, wasm
from vfslab.views.locks import Held, lock_spans
from vfslab.views.scene import data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vfslab.drive import Timeline

Points = Sequence[tuple[float, float]]

# So that no series is told by its colour alone.
_STYLES = ("-", "--", "-.", ":")
TITLE = 76
"""A title's line holds so many characters."""
_MARKERS = ("o", "s", "^", "D", "v")


def image(svg: str, words: str) -> str:
    """The drawing as an image in its own size, or as wide as the page where that is narrower.

    ``words`` are read out to those who do not see it. JupyterLab shows a bare SVG as wide as the page.
    """
    size = re.search(r'width="([0-9.]+)pt" height="[0-9.]+pt" ', svg)
    assert size is not None, "matplotlib says how large its pictures are"
    style = f"width:{size[1]}pt;max-width:100%;height:auto"
    return f'<img src="{html.escape(data_uri(svg))}" alt="{html.escape(words)}" style="{style}">'


class _Plot:
    """What a notebook draws, and the same as text."""

    @property
    def figure(self) -> Figure:
        """The plot as a matplotlib figure. Raises ImportError where matplotlib is not installed."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        words = repr(self)
        if wasm.HERE and (published := wasm.drawn(words)):
            return {"text/html": published, "text/plain": words}
        try:
            if wasm.HERE:
                wasm.load("matplotlib")
            import matplotlib as mpl
        except (ImportError, wasm.NotLoaded) as missing:
            return {"text/plain": f"{words}\n\nNo picture: {_why(missing)}."}
        svg = io.StringIO()
        with mpl.rc_context({"svg.hashsalt": "vfslab", "svg.fonttype": "none"}):
            self.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        text = svg.getvalue()
        return {"text/html": image(text[text.index("<svg") :], words), "text/plain": words}


def _why(missing: ImportError | wasm.NotLoaded) -> str:
    if isinstance(missing, wasm.NotLoaded):
        return str(missing)
    return f"the package {missing.name} is missing; pip install 'vfslab[lab]'"


class LockPlot(_Plot):
    """The locks of ``timelines`` over their steps: a lane for each lock, a bar for each time that it is held.

    Where several tasks hold locks a lane is a task's. Timelines stand above each other
    on one axis of steps, under ``titles`` besides what was called.
    """

    def __init__(self, *timelines: Timeline, titles: Sequence[str] = ()) -> None:
        if not timelines:
            raise ValueError("there is no timeline to draw the locks of")
        if titles and len(titles) != len(timelines):
            raise ValueError(f"{len(titles)} titles for {len(timelines)} timelines")
        calls = [timeline.title for timeline in timelines]
        names = [f"{name}: " for name in titles] or [""] * len(calls)
        self.titles = [name + call for name, call in zip(names, calls, strict=True)]
        self.steps = [len(timeline) - 1 for timeline in timelines]
        self.spans = [lock_spans(timeline) for timeline in timelines]
        self.locks = list(dict.fromkeys(span.lock for spans in self.spans for span in spans))

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        lanes = [_lanes(spans, self.locks) for spans in self.spans]
        colours = {lock: _colour(slot) for slot, lock in enumerate(self.locks)}
        headings = [textwrap.wrap(f"locks held during {title}", TITLE) for title in self.titles]
        heights = [
            0.85 + 0.25 * len(heading) + 0.5 * max(1, len(lane))
            for heading, lane in zip(headings, lanes, strict=True)
        ]
        figure = Figure(figsize=(9, sum(heights)), layout="constrained")
        plots = figure.subplots(len(lanes), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, lane, heading in zip(plots, lanes, headings, strict=True):
            _draw_lanes(axes, lane, colours)
            axes.set_title("\n".join(heading), loc="left", parse_math=False)
        plots[-1].set_xlim(0, max(self.steps))
        plots[-1].set_xlabel("step")
        return figure

    def __repr__(self) -> str:
        lines = []
        for title, steps, spans in zip(self.titles, self.steps, self.spans, strict=True):
            lines.append(f"locks held during {title}, {steps} steps")
            for lane, held in _lanes(spans, self.locks).items():
                stretches = (
                    f"{span.first}-{span.end}{' for reading' if span.shared else ''}" for span in held
                )
                lines.append(f"  {lane}: {', '.join(stretches)}")
        return "\n".join(lines)


def _lanes(spans: Sequence[Held], locks: Sequence[str]) -> dict[str, list[Held]]:
    """The spans of each lane under its name: by task, and for each in the order of ``locks``."""
    tasks = list(dict.fromkeys(span.task for span in spans))
    lanes: dict[str, list[Held]] = {}
    for span in sorted(spans, key=lambda span: (tasks.index(span.task), locks.index(span.lock))):
        name = f"{span.task}: {span.lock}" if len(tasks) > 1 else span.lock
        lanes.setdefault(name, []).append(span)
    return lanes


def _draw_lanes(axes: Axes, lanes: Mapping[str, Sequence[Held]], colours: Mapping[str, str]) -> None:
    for lane, spans in enumerate(lanes.values()):
        for shared in (False, True):
            bars = [(span.first, span.end - span.first) for span in spans if span.shared == shared]
            if not bars:
                continue
            look: dict[str, Any] = {"facecolor": colours[spans[0].lock], "edgecolor": palette.PAPER}
            if shared:  # hatched, and said in a word below
                look["hatch"] = "///"
            axes.broken_barh(bars, (lane - 0.3, 0.6), **look)
    names = [
        f"{name}\n(///: for reading)" if any(span.shared for span in spans) else name
        for name, spans in lanes.items()
    ]
    axes.set_yticks(range(len(lanes)), names, parse_math=False)
    axes.set_ylim(max(1, len(lanes)) - 0.5, -0.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if not lanes:
        axes.text(0.5, 0.5, "no lock is held", transform=axes.transAxes, ha="center", va="center")


class Growth(_Plot):
    """Counts against a size, a line a series, and measured points on top; as text, a table."""

    def __init__(
        self, series: Mapping[str, Points], points: Mapping[str, Points], size: str, count: str, measure: str
    ) -> None:
        if not any(series.values()) and not any(points.values()):
            raise ValueError("there is nothing to plot: no series has a point")
        self.series = _ordered(series)
        self.points = _ordered(points)
        self.size = size
        self.count = count
        self.measure = measure

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.set_xlabel(self.size, parse_math=False)
        axes.set_ylabel(self.count, parse_math=False)
        drawn = []
        for slot, (name, values) in enumerate(self.series.items()):
            style: dict[str, Any] = {
                "linestyle": _STYLES[slot % len(_STYLES)],
                "color": _colour(slot),
                "linewidth": 2,
            }
            drawn += axes.plot(*_columns(values), label=name, **style)
        other = axes
        if self.points and self.measure:
            other = axes.twinx()
            other.set_ylabel(self.measure, parse_math=False)
        for slot, (name, values) in enumerate(self.points.items(), len(self.series)):
            style = {"linestyle": "none", "marker": _MARKERS[slot % len(_MARKERS)], "color": _colour(slot)}
            drawn += other.plot(*_columns(values), label=f"{name} (measured)", **style)
        drawn_counts = [
            pair[1] for counted in (self.series, self.points) for one in counted.values() for pair in one
        ]
        for one in {axes, other}:
            if min(drawn_counts) >= 0:
                one.set_ylim(bottom=0)
            one.spines["top"].set_visible(False)
            one.spines["right"].set_visible(one is other is not axes)
        legend = axes.legend(handles=drawn, frameon=False, loc="upper left")
        for text in legend.get_texts():
            text.set_parse_math(False)
        return figure

    def __repr__(self) -> str:
        unit = f", {self.measure}" if self.measure else ""
        columns = {name: dict(values) for name, values in self.series.items()}
        columns |= {f"{name} (measured{unit})": dict(values) for name, values in self.points.items()}
        sizes = sorted({size for values in columns.values() for size in values})
        table = [[self.size, *columns]]
        for size in sizes:
            cells = (_number(values[size]) if size in values else "-" for values in columns.values())
            table.append([_number(size), *cells])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        rows = (
            "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in table
        )
        return "\n".join([f"{self.count} by {self.size}", *rows])


def _ordered(series: Mapping[str, Points]) -> dict[str, list[tuple[float, float]]]:
    return {name: sorted((size, count) for size, count in points) for name, points in series.items()}


def _columns(values: Points) -> tuple[list[float], list[float]]:
    return [size for size, _ in values], [count for _, count in values]


def _colour(slot: int) -> str:
    return palette.GROUPS[slot % len(palette.GROUPS)]


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def lock_plot(timeline: Timeline) -> LockPlot:
    """Which locks ``timeline`` holds when, as something that a notebook draws."""
    return LockPlot(timeline)


def lock_bars(*timelines: Timeline, titles: Sequence[str] = ()) -> LockPlot:
    """Which task holds which lock when, in one timeline or in several above each other on one axis of steps.

    ``titles`` are names for them, for instance "before" and "after". Raises ValueError without a timeline,
    and where there are not as many titles.
    """
    return LockPlot(*timelines, titles=titles)


def growth(
    series: Mapping[str, Points],
    *,
    points: Mapping[str, Points] | None = None,
    size: str = "mounts",
    count: str = "steps",
    measure: str = "",
) -> Growth:
    """Counts against a size: ``series`` gives (size, count) pairs under the name of each line.

    ``points`` were measured and lie on top. ``size`` and ``count`` name the axes; ``measure`` names an axis
    of their own for the points where they are no counts, such as "milliseconds". Raises ValueError
    where there is nothing to plot.
    """
    return Growth(series, points or {}, size, count, measure)
