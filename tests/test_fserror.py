"""Failed writes: each design against each rule, and the ways to hand over."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from vfslab.changelog.failed_ioends import MERGED, Design, When, Where, WorkerLock, hand_over
from vfslab.changelog.fserror import (
    INPUTS,
    SIDES,
    ioend_writeback_end_bio,
    ioend_writeback_end_bio_in_place,
    new_io,
)
from vfslab.drive.run import run
from vfslab.kernel.effects import Code

# What of it is quick, test_changelog has too.
pytestmark = pytest.mark.slow

LOCKDEP = "inconsistent lock state: i_lock is taken in hardirq by igrab, and held with hardirqs on by iput"
DYING = "a reference is taken on an inode that is being freed"

# What breaks: with the interrupt on the CPU of the task, and on the other with lockdep listening.
BROKEN = [
    (
        "before",
        "deadlock: task waits for its CPU, which disk holds; disk waits for i_lock, which task holds",
        LOCKDEP,
    ),
    ("raw", DYING, DYING),
    ("irqsave", None, None),
    ("after", None, None),
]


@pytest.mark.parametrize(("side", "alone", "watched"), BROKEN)
def test_designs(side: str, alone: str | None, watched: str | None) -> None:
    for where, broken in zip(INPUTS, (alone, watched), strict=True):
        found = SIDES.side(side, where).explore()
        assert (found.broken or "").startswith(broken or "")
        assert (found.broken is None) == (broken is None) == found.complete


@pytest.mark.parametrize(("side", "classes"), [("before", ["i_lock"]), ("after", []), ("irqsave", [])])
def test_lockdep_needs_no_deadlock(side: str, classes: list[str]) -> None:
    """The tasks go one after the other: nothing hangs, and lockdep has seen enough."""
    world = SIDES.side(side, "CPU 0")()
    for job in world.jobs:
        for call in job.calls:
            assert run(call().code).errno is None
    reports = world.kernel.cpus[0]._lockcheck.reports()
    assert [report.split()[3] for report in reports] == classes


def all_words() -> list[Design]:
    return [
        Design(*words) for words in itertools.product(get_args(When), get_args(Where), get_args(WorkerLock))
    ]


@pytest.mark.parametrize("design", all_words(), ids=" / ".join)
def test_hand_over(design: Design) -> None:
    found = hand_over(design).explore()
    if design.worker_lock == "spin_lock":
        assert found.broken == (
            "deadlock: disk 2 waits for failed_ioend_lock, which kworker holds; "
            "kworker waits for its CPU, which disk 2 holds"
        )
    elif design.when == "worker is idle":
        assert found.broken == "ioend 2 was finished 0 times"
    else:
        assert found.broken is None
        assert found.complete


def test_what_was_merged_is_among_them() -> None:
    assert MERGED in all_words()
    assert Design.of(*MERGED) == MERGED
    with pytest.raises(ValueError, match="'later' is none of list was empty, worker is idle, always"):
        Design.of("later", MERGED.where, MERGED.worker_lock)


@pytest.mark.parametrize("io_error", [None, "EIO"])
def test_a_write_that_succeeds_pays_nothing(io_error: str | None) -> None:
    def effects(code: Code) -> list[object]:
        return list(code)

    states = new_io("ioend 1"), new_io("ioend 1")
    before = effects(ioend_writeback_end_bio_in_place(states[0], states[0].cpus[0], "ioend 1", io_error))
    after = effects(ioend_writeback_end_bio(states[1], states[1].cpus[0], "ioend 1", io_error))
    assert (before == after) == (io_error is None)
    assert states[0].ioends["ioend 1"].finished == 1
    assert states[1].ioends["ioend 1"].finished == (io_error is None)
