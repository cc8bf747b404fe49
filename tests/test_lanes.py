"""Lanes and litmus columns: what the text and the picture say of a path."""

from __future__ import annotations

import pytest

from vfslab.blocks.ordering import ARM64, X86, Branch, Load, Place, Program, Store
from vfslab.changelog.fserror import SIDES
from vfslab.views.lanes import Lanes
from vfslab.views.litmus import Litmus

PROGRAM = Program(
    {
        "writer": [Store("x", "new"), Store("flag", 1, "release")],
        "reader": [Load("f", "flag"), Branch("f"), Load("<r>", "x")],
    },
    {"x": "old"},
)
WAY = [Place("reader", 2), Place("writer", 0), Place("writer", 1), Place("reader", 0), Place("reader", 1)]


def test_a_deadlock_as_lanes() -> None:
    world = SIDES.side("before")
    lanes = Lanes(world, world.explore().path)
    assert repr(lanes).splitlines() == [
        "a write fails while the inode's last reference is dropped: "
        "* at work, = standing still with a lock, # at work with one",
        "task     *##=====  waits for its CPU, which disk has",
        "disk     ...****.  waits for i_lock, which task has",
        "kworker  .......*  waits for work, which nobody has",
    ]


def test_a_run_without_trouble() -> None:
    lanes = Lanes(SIDES.side("after"))
    assert [lane.waits for lane in lanes.lanes] == ["", "", ""]
    assert {lock for lane in lanes.lanes for lock, _, _ in lane.held} == {"i_lock", "failed_ioend_lock"}
    assert sum(len(lane.steps) for lane in lanes.lanes) == lanes.length - 2


@pytest.mark.parametrize("side", ["before", "after"])
def test_the_picture_has_a_lane_for_each_task(side: str) -> None:
    world = SIDES.side(side)
    lanes = Lanes(world, world.explore().path or None)
    (axes,) = lanes.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["task", "disk", "kworker"]
    assert len(axes.patches) == sum(len(lane.held) for lane in lanes.lanes)


def test_litmus_columns() -> None:
    litmus = Litmus(PROGRAM, ARM64, WAY)
    assert repr(litmus).splitlines() == [
        "on arm64:",
        "writer              reader",
        "                    <r> = x  -> old  (ahead of its turn)",
        "x = new",
        "flag = 1 [release]",
        "                    f = flag  -> 1",
        "                    if (f)",
    ]
    assert litmus.registers == {"<r>": "old", "f": 1}
    page = litmus.html()
    assert page.count("<tr>") == 1 + len(WAY)
    assert page.count('class="vf-ahead"') == 1
    assert "&lt;r&gt; = x" in page


def test_a_way_that_the_machine_does_not_go() -> None:
    with pytest.raises(ValueError, match="reader cannot do number 2 now"):
        Litmus(PROGRAM, X86, WAY)
