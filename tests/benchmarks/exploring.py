"""explore: how many states a second, and how much faster two processes are than one."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ProcessPoolExecutor

from vfslab.drive.explore import Bounds, Explored
from vfslab.scenario import Scenario

from .measure import Row, Rows, best_of, missing, seconds, short

# Three tasks, of which two meet in a peer group: its states are more than anybody waits for.
LARGE = Scenario(
    "mkdir -p /a /b /c\nmount -t tmpfs A /a\nmount --make-shared /a\nmount --bind /a /b\n",
    (
        ("sh1", ("mount /a /c NULL MS_BIND NULL",)),
        ("sh2", ("mount T /b tmpfs 0 NULL",)),
        ("sh3", ("unshare CLONE_NEWNS",)),
    ),
)
STATES = 3_000
WHAT, AGAINST = "explore on 2 processes", "on one"
MOST = 1 / 1.8


def search(executor: Executor | None = None, states: int = STATES) -> Explored:
    return LARGE.explore(bounds=Bounds(states=states), executor=executor)


def rows() -> Rows:
    if len(os.sched_getaffinity(0)) < 2:
        one = seconds(search)
        yield speed(search(), one)
        yield missing(WHAT, AGAINST, MOST, "there is only one core")
        return
    with ProcessPoolExecutor(2) as executor:
        # The processes are started, and have imported what they need.
        search(executor, 50)
        two, one = best_of(3, lambda: seconds(lambda: search(executor)), lambda: seconds(search))
        found = search(executor)
    assert found == search()
    yield speed(found, one)
    yield Row(WHAT, AGAINST, two / one, MOST, f"{short(two)} : {short(one)}, {one / two:.2f} x faster")


def speed(found: Explored, one: float) -> Row:
    """So many states a second: a figure, and no ratio."""
    told = f"{found.states / one:,.0f} states a second, {found.states:,} states in {short(one)}"
    return Row("explore on one core", "", None, None, told)
