"""How much faster explore is on processes: python tests/explore_on_processes.py [PROCESSES [STATES]]

The same search in one process and on a pool, by turns; the best of several repeats of each.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import NamedTuple

from vfslab.drive.explore import Bounds, Explored
from vfslab.scenario import Scenario

# Three tasks, of which two meet in a peer group: its states are more than anybody waits for.
LARGE = Scenario(
    "mkdir -p /a /b /c\nmount -t tmpfs A /a\nmount --make-shared /a\nmount --bind /a /b\n",
    (
        ("sh1", ("mount /a /c NULL MS_BIND NULL",)),
        ("sh2", ("mount T /b tmpfs 0 NULL",)),
        ("sh3", ("unshare CLONE_NEWNS",)),
    ),
)


class Measured(NamedTuple):
    """Seconds of one search of ``states`` states, in one process and on ``processes``."""

    states: int
    processes: int
    alone: float
    together: float

    @property
    def ratio(self) -> float:
        """How many times faster it is on the processes."""
        return self.alone / self.together

    def __str__(self) -> str:
        return (
            f"explore of {self.states} states: {self.states / self.alone:.0f} a second, on {self.processes} "
            f"processes {self.states / self.together:.0f}: {self.ratio:.2f} x"
        )


def measure(processes: int = 2, states: int = 3_000, repeats: int = 3) -> Measured:
    """Best of ``repeats``, each kind by turns. Raises AssertionError where the two find different things."""
    alone, together = [], []
    found: set[Explored] = set()
    with ProcessPoolExecutor(processes) as executor:
        # the processes are started, and have imported what they need
        _search(50, executor, set())
        for _ in range(repeats):
            for seconds, by in ((alone, None), (together, executor)):
                seconds.append(_search(states, by, found))
    assert len(found) == 1, found
    return Measured(found.pop().states, processes, min(alone), min(together))


def _search(states: int, executor: Executor | None, found: set[Explored]) -> float:
    start = time.perf_counter()
    found.add(LARGE.explore(bounds=Bounds(states=states), executor=executor))
    return time.perf_counter() - start


if __name__ == "__main__":
    print(measure(*map(int, sys.argv[1:])))
