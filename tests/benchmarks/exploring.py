"""explore: how many states a second, and how much faster two processes are than one."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

from vfslab.scenario import Scenario

from .measure import Row, Rows, best_of, missing, seconds, short

BEFORE = """
sh1# mount -t tmpfs A /
sh1# mkdir /a /b /c
sh1# mount --make-shared /
sh1# mount --bind /a /b
"""
CALLS = (("sh1", ("mount /a /c - MS_BIND -",)), ("sh2", ("unshare CLONE_NEWNS",)))
WHAT, AGAINST = "explore on 2 processes", "on one"
MOST = 1 / 1.8


def rows() -> Rows:
    scenario = Scenario(BEFORE, CALLS)
    found = scenario.explore()
    (one,) = best_of(3, lambda: seconds(scenario.explore))
    yield Row(
        "explore on one core",
        "",
        None,
        None,
        f"{found.states / one:,.0f} states a second, {found.states:,} states in {short(one)}",
    )
    if len(os.sched_getaffinity(0)) < 2:
        yield missing(WHAT, AGAINST, MOST, "there is only one core")
        return
    with ProcessPoolExecutor(2) as executor:
        assert scenario.explore(executor=executor) == found
        two, one = best_of(
            3, lambda: seconds(lambda: scenario.explore(executor=executor)), lambda: seconds(scenario.explore)
        )
    yield Row(WHAT, AGAINST, two / one, MOST, f"{short(two)} : {short(one)}, {one / two:.2f} x faster")
