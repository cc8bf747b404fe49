"""Which locks are held when, and how counts grow: counted and drawn."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest

from vfslab.drive import Timeline
from vfslab.kernel.flags import CLONE_NEWNS
from vfslab.model import Model
from vfslab.snapshot import LockState
from vfslab.views.plots import Held, growth, lock_bars, lock_plot, lock_spans


def drawing(plot: Any) -> str:
    """The SVG in the image that a notebook shows."""
    return unquote(unescape(plot._repr_mimebundle_()["text/html"]))


def unshared() -> Model:
    model = Model(recording=True)
    assert model.call("sh1", "unshare", CLONE_NEWNS).errno is None
    return model


def test_spans_cover_exactly_the_frames_that_hold_a_lock() -> None:
    timeline = unshared().timelines[-1]
    spans = lock_spans(timeline)
    for frame in timeline:
        held = {span.lock for span in spans if span.first <= frame.index < span.end}
        assert held == set(frame.locks), frame
    assert spans[0].lock == "namespace_sem"
    assert Held("mount_lock", spans[1].first, spans[1].end, "sh1") == spans[1]


def test_a_call_without_locks_has_no_spans() -> None:
    model = Model(recording=True)
    model.call("sh1", "chdir", "/")
    plot = lock_plot(model.timelines[-1])
    assert plot.spans == [[]]
    assert repr(plot) == 'locks held during chdir("/"), 2 steps'
    assert "<svg" in drawing(plot)


def test_equal_timelines_give_the_same_bytes() -> None:
    one, other = (lock_plot(unshared().timelines[-1])._repr_mimebundle_() for _ in range(2))
    assert one == other
    assert "namespace_sem" in unquote(one["text/html"])
    assert one["text/plain"].startswith("locks held during unshare(CLONE_NEWNS)")


def test_names_are_not_read_as_formulas() -> None:
    model = Model(recording=True)
    model.call("sh1", "mkdir", "/$a$")
    assert "$a$" in drawing(lock_plot(model.timelines[-1]))


# --- several timelines, several tasks


def of_two_tasks() -> Timeline:
    """The recording of a call in which another task holds a lock for reading in the steps 1 to 3."""
    model = unshared()
    model.start("sh2")
    assert model.call("sh1", "unshare", CLONE_NEWNS).errno is None
    timeline = model.timelines[-1]
    tables = timeline.kept.tables
    for index in range(1, 4):
        held = type(tables[index])(
            tables[index].namespaces,
            tables[index].tasks,
            (*tables[index].locks, LockState("i_rwsem", model.shells["sh2"].pid, True)),
        )
        tables[index] = held
    return timeline


def test_where_several_tasks_hold_locks_a_lane_is_a_tasks() -> None:
    lines = repr(lock_bars(of_two_tasks())).splitlines()
    assert "  sh2: i_rwsem: 1-4 for reading" in lines
    assert any(line.startswith("  sh1: namespace_sem: ") for line in lines)
    drawn = drawing(lock_bars(of_two_tasks()))
    assert "sh2: i_rwsem" in drawn and "for reading" in drawn


def test_timelines_above_each_other_share_the_axis_of_steps() -> None:
    model = unshared()
    model.call("sh1", "chdir", "/")
    long, short = model.timelines
    plot = lock_bars(long, short, titles=("before", "after"))
    assert [line for line in repr(plot).splitlines() if not line.startswith(" ")] == [
        f"locks held during before: {long.title}, {len(long) - 1} steps",
        f"locks held during after: {short.title}, {len(short) - 1} steps",
    ]
    assert [axes.get_xlim() for axes in plot.figure.axes] == [(0, len(long) - 1)] * 2


NO_PLOT = [
    (lock_bars, "no timeline"),
    (lambda: lock_bars(unshared().timelines[-1], titles=("a", "b")), "2 titles for 1 timelines"),
    (lambda: growth({}), "nothing to plot"),
    (lambda: growth({"one": []}), "nothing to plot"),
]


@pytest.mark.parametrize(("make", "why"), NO_PLOT)
def test_what_cannot_be_plotted(make, why: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=why):
        make()


# --- growth

COUNTS = {"before": [(100, 303), (10, 33)], "after": [(10, 22), (100, 202), (1000, 2002)]}
TIMES = {"7.1": [(10, 0.5), (1000, 12.25)]}


def test_growth_as_a_table() -> None:
    assert repr(growth(COUNTS, points=TIMES, measure="ms")).splitlines() == [
        "steps by mounts",
        "mounts  before  after  7.1 (measured, ms)",
        "    10      33     22                 0.5",
        "   100     303    202                   -",
        " 1,000       -  2,002               12.25",
    ]


AXES = [
    ({}, ["steps"]),
    ({"points": TIMES}, ["steps"]),
    ({"points": TIMES, "measure": "ms"}, ["steps", "ms"]),
]


@pytest.mark.parametrize(("how", "labels"), AXES)
def test_growth_has_a_labelled_axis_for_each_unit_and_all_begin_at_0(how, labels: list[str]) -> None:  # type: ignore[no-untyped-def]
    figure = growth(COUNTS, **how).figure
    assert [axes.get_ylabel() for axes in figure.axes] == labels
    assert {axes.get_ylim()[0] for axes in figure.axes} == {0}
    assert figure.axes[0].get_xlabel() == "mounts"


def test_no_series_is_told_by_its_colour_alone() -> None:
    lines = [line for axes in growth(COUNTS, points=TIMES).figure.axes for line in axes.lines]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines) == 3
