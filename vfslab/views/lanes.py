"""Lanes: which task is at work at which step, what it holds meanwhile, and what it waits for in the end.

A task that stands still because an interrupt has its CPU is drawn as standing still. As text a line for each
task. matplotlib is imported when one is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from vfslab.drive.explore import replay
from vfslab.drive.schedule import Choice, Schedule
from vfslab.staged import Staged
from vfslab.views import palette
from vfslab.views.locks import lock_spans
from vfslab.views.plots import _Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HATCHES = ("", "///", "...", "xxx")


class Lane(NamedTuple):
    """A task: its own steps, what it holds from which step to which, what it waits for in the end."""

    task: str
    steps: tuple[int, ...]
    held: tuple[tuple[str, int, int], ...]
    waits: str


class Lanes(_Plot):
    """The tasks of a world on a path, one below the other, step by step from left to right.

    Raises ValueError for a path with a choice that there is not.
    """

    def __init__(self, world: Staged, path: Sequence[Choice] | None = None) -> None:
        chosen = world.straight() if path is None else path
        timeline = replay(world, chosen, world.headline())
        schedule = Schedule(world())
        for choice in chosen:
            schedule.take(choice)
        deadlock = schedule.deadlock()
        self.waits = () if deadlock is None else deadlock.waits
        waits = {task: (what, who) for task, what, who in self.waits}
        self.title = world.headline()
        self.length = len(timeline)
        self.lanes = []
        spans = lock_spans(timeline)
        for job in schedule.jobs:
            task = job.job.task
            names = {task.comm, str(task.pid)}
            self.lanes.append(
                Lane(
                    task.comm,
                    tuple(
                        frame.index
                        for frame in timeline
                        if frame.effect is not None and frame.pid == task.pid
                    ),
                    tuple((span.lock, span.first, span.end) for span in spans if span.task in names),
                    "waits for {}, which {} has".format(*waits[task.comm]) if task.comm in waits else "",
                )
            )

    def __repr__(self) -> str:
        width = max(len(lane.task) for lane in self.lanes)
        lines = [f"{self.title}: * at work, = standing still with a lock, # at work with one"]
        for lane in self.lanes:
            marks = "".join(self._mark(lane, step) for step in range(1, self.length - 1))
            lines.append(f"{lane.task:<{width}}  {marks}  {lane.waits}".rstrip())
        return "\n".join(lines)

    def _mark(self, lane: Lane, step: int) -> str:
        holds = any(first <= step < end for _, first, end in lane.held)
        if step in lane.steps:
            return "#" if holds else "*"
        return "=" if holds else "."

    @property
    def figure(self) -> Figure:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 1.1 + 0.5 * len(self.lanes)), layout="constrained")
        axes = figure.add_subplot()
        locks = list(dict.fromkeys(lock for lane in self.lanes for lock, _, _ in lane.held))
        for row, lane in enumerate(self.lanes):
            axes.axhline(row, color=palette.RULE, linewidth=1, zorder=0)
            for lock, first, end in lane.held:
                slot = locks.index(lock)
                axes.barh(
                    row,
                    end - first,
                    left=first,
                    height=0.5,
                    align="center",
                    color=palette.GROUPS[slot % len(palette.GROUPS)],
                    hatch=_HATCHES[slot % len(_HATCHES)],
                    edgecolor=palette.PAPER,
                    label=lock,
                )
            axes.plot(lane.steps, [row] * len(lane.steps), "o", color=palette.INK, markersize=5)
            if lane.waits:
                axes.text(
                    self.length,
                    row,
                    f" {lane.waits}",
                    va="center",
                    color=palette.VERMILLION,
                    backgroundcolor=palette.PAPER,
                    parse_math=False,
                )
        axes.set_yticks(range(len(self.lanes)), [lane.task for lane in self.lanes], parse_math=False)
        axes.invert_yaxis()
        axes.set_xlabel("step")
        axes.spines[["top", "right", "left"]].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        known = dict(zip(labels, handles, strict=True))
        if known:
            figure.legend(known.values(), known.keys(), loc="outside upper center", ncols=4, frameon=False)
        return figure
