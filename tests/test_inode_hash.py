"""Inodes with one number: before, after, and what was tempting; then the four kernels of ext4 and the VFS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from vfslab.blocks.waitgraph import Cycle, WaitGraph
from vfslab.changelog.ext4_reallocation import EXT4, VFS, Ext4, kernel
from vfslab.changelog.inode_hash import INPUTS, INSERTS, SIDES, most_alike
from vfslab.changelog.inodes import Inode, Inodes
from vfslab.drive.run import run
from vfslab.drive.schedule import Schedule
from vfslab.mechanism import Mechanism

# What of it is quick, test_changelog has too.
pytestmark = pytest.mark.slow

TWO = "2 inodes with number 12 are in the hash"
RCU = "__wait_on_freeing_inode gives rcu_read_lock back, which it does not hold"


def at_most(mechanism: Mechanism) -> int:
    """How many inodes of one number there ever are in the hash, over all orders."""
    number = 0
    while True:

        def more(state: Inodes, number: int = number) -> Iterator[str]:
            if most_alike(state) > number:
                yield "more"

        found = replace(mechanism, rule=more).explore()
        if found.broken is None:
            assert found.complete
            return number
        assert found.broken == "more"
        number += 1


@pytest.mark.parametrize(("side", "most"), [("before", 2), ("after", 1)])
def test_how_many_of_one_number(side: str, most: int) -> None:
    assert at_most(SIDES.side(side)) == most


@pytest.mark.parametrize(
    ("side", "create", "with_open"),
    [("before", TWO, TWO), ("after", None, None), ("as posted", RCU, RCU), ("trusting", None, TWO)],
)
def test_sides(side: str, create: str | None, with_open: str | None) -> None:
    for who, broken in zip(INPUTS, (create, with_open), strict=True):
        found = SIDES.side(side, who).explore()
        assert found.broken == broken
        assert found.complete == (broken is None)


def ends(mechanism: Mechanism) -> set[tuple[tuple[str, str], ...]]:
    """How the calls end, over all orders."""
    seen: set[tuple[tuple[str, str], ...]] = set()

    def note(schedule: Schedule) -> Iterator[str]:
        if schedule.finished:
            seen.add(
                tuple(
                    (title, result.errno or "success")
                    for job in schedule.jobs
                    for title, result in job.results
                )
            )
        yield from ()

    assert mechanism.explore(note).complete
    return seen


def test_what_the_lookup_may_answer() -> None:
    """Nobody is refused the new file; the handle of the deleted one is stale, or finds the new file."""
    assert ends(SIDES.side("after", INPUTS[1])) == {
        (("iput()", "success"), ("creat()", "success"), ("open_by_handle_at()", end))
        for end in ("success", "ESTALE")
    }


@pytest.mark.parametrize("side", INSERTS)
@pytest.mark.parametrize("i_state", [set(), {"I_NEW", "I_CREATING"}], ids=["lives", "is being created"])
def test_a_number_that_is_taken(side: str, i_state: set[str]) -> None:
    state = Inodes(["old"], {12}, {"old": Inode(12, i_state), "new": Inode(12)})
    result = run(INSERTS[side](state, "new"))
    assert (result.errno, state.inode_hashtable) == ("EBUSY", ["old"])
    assert result.reason == "insert_inode_locked: there is an inode 12 already"


FOUR = [
    ("old VFS", "old ext4", TWO),
    ("old VFS", "new ext4", None),
    ("new VFS", "old ext4", "deadlock"),
    ("new VFS", "new ext4", None),
]


@pytest.mark.parametrize(("vfs", "ext4", "broken"), FOUR)
def test_four_kernels(vfs: str, ext4: str, broken: str | None) -> None:
    found = kernel(vfs, ext4).explore()
    assert found.complete == (broken is None)
    assert (found.broken or "").startswith(broken or "")
    assert (found.broken is None) == (broken is None)


@pytest.mark.parametrize("vfs", VFS)
@pytest.mark.parametrize("ext4", EXT4)
def test_who_may_deadlock(vfs: str, ext4: str) -> None:
    found = replace(kernel(vfs, ext4), rule=lambda state: ()).explore()
    assert (found.broken or "").startswith("deadlock") == ((vfs, ext4) == ("new VFS", "old ext4"))


def test_the_ring() -> None:
    mechanism = kernel("new VFS", "old ext4")
    world = mechanism()
    schedule = Schedule(world)
    for choice in mechanism.explore().path:
        schedule.take(choice)
    state: Ext4 = world.kernel
    cycle = state.graph.cycle()
    assert cycle is not None
    start = [edge.task for edge in cycle].index("create")
    assert str(Cycle((*cycle[start:], *cycle[:start]))) == (
        "create --old in the hash--> evict --commit--> jbd2 --open handles--> create"
    )
    deadlock = schedule.deadlock()
    assert deadlock is not None
    assert WaitGraph.of(deadlock.waits).cycle() is not None
