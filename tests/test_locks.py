"""Which lock is held by whom from step to step, and where a rule breaks."""

from __future__ import annotations

from typing import Any

import pytest

import timelines
from vfslab.changelog import fix
from vfslab.drive import Timeline
from vfslab.views.compare import compare
from vfslab.views.locks import alike, lock_rows, lock_spans
from vfslab.views.stepper import Stepper

COMMIT = "4a403d7aa907"
"""Its search ends with two tasks at work, one of them reading."""


def found() -> Timeline:
    timeline = fix(COMMIT).find("before").timeline
    assert timeline is not None
    return timeline


def test_a_row_for_each_lock_of_each_task_task_by_task() -> None:
    timeline = found()
    rows = lock_rows(timeline, list(timeline))
    held = [(row["task"], row["lock"]) for row in rows]
    assert len(held) == len(set(held)) > 2
    tasks = [task for task, _ in held]
    assert set(tasks) == set(timeline.comms.values())
    assert tasks == sorted(tasks, key=tasks.index), "the rows of a task stand together"
    assert {shared for row in rows for _, _, shared in row["spans"]} == {False, True}


def test_one_task_is_not_named() -> None:
    timeline = timelines.copy_of_namespace()
    assert {row["task"] for row in lock_rows(timeline, list(timeline))} == {""}


@pytest.mark.parametrize("kept", [slice(None), slice(0, 8), slice(5, 20), slice(0, None, 3), slice(0, 1)])
def test_spans_are_in_places_among_the_frames_that_are_kept(kept: slice) -> None:
    timeline = timelines.copy_of_namespace()
    frames = timeline[kept]
    rows = lock_rows(timeline, frames)
    for place, frame in enumerate(frames):
        assert sorted(timelines.held_at(rows, place)) == sorted(frame.locks)


def test_rows_of_two_timelines_stand_side_by_side() -> None:
    one = [{"task": "", "lock": "namespace_sem", "spans": [(1, 2, False)]}]
    other = [
        {"task": "", "lock": "mount_lock", "spans": [(0, 4, False)]},
        {"task": "", "lock": "namespace_sem", "spans": [(2, 3, True)]},
    ]
    first, second = alike([one, other])
    assert (
        [row["lock"] for row in first] == [row["lock"] for row in second] == ["namespace_sem", "mount_lock"]
    )
    assert [row["spans"] for row in first] == [[(1, 2, False)], []]
    assert [row["spans"] for row in second] == [[(2, 3, True)], [(0, 4, False)]]


def test_no_lock_no_row() -> None:
    assert alike([[], []]) == [[], []]
    timeline = timelines.copy_of_namespace()
    assert not [span for span in lock_spans(timeline) if span.first == span.end]


# --- where a rule breaks


def data(timeline: Timeline) -> dict[str, Any]:
    return Stepper(timeline).data


def test_the_step_at_which_a_rule_breaks_can_be_jumped_to() -> None:
    shown = data(found())
    assert shown["events"][0] == ["broken", "rule broken"]
    at = [place for place, frame in enumerate(shown["frames"]) if "broken" in frame["events"]]
    assert len(at) == 1
    assert [bool(frame["broken"]) for frame in shown["frames"]] == [
        place >= at[0] for place in range(len(shown["frames"]))
    ], "broken it stays"
    assert f"rule broken: {shown['frames'][at[0]]['broken']}" in shown["text"]


def test_where_all_is_well_no_rule_is_named() -> None:
    shown = data(timelines.copy_of_namespace())
    assert not any(frame["broken"] for frame in shown["frames"])
    assert "broken" not in dict(shown["events"])


def test_the_side_that_breaks_is_the_one_before() -> None:
    change = fix("bf4afc53b77a")
    shown = compare(change.world("before").timeline(), change.world("after").timeline())
    before, after = ([frame["broken"] for frame in side["frames"]] for side in shown.data["sides"])
    assert any(before)
    assert not any(after)
    assert repr(shown).count("! rule broken: ") == 1
