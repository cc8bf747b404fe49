"""Container starts that queue for one semaphore: a simulation with simpy, which is imported when one is run.

What a start costs comes from the caller; nothing here knows how it was measured.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import simpy


class Queue(NamedTuple):
    """What came of a simulation: ``starts`` containers by ``workers`` at once.

    ``per_second`` is how many were started in a second, ``wait`` how long one of them waited for the
    semaphore on average, in milliseconds.
    """

    workers: int
    starts: int
    per_second: float
    wait: float


def container_starts(*, held: float, outside: float, workers: int, starts: int) -> Queue:
    """Let ``workers`` start containers side by side, one after the other each, until there are ``starts``.

    A start takes ``outside`` milliseconds that nobody else is in the way of, then the semaphore, which it
    holds for ``held``. Raises ValueError for no workers or starts, ImportError without simpy.
    """
    import simpy

    if workers < 1 or starts < 1:
        raise ValueError("there is no queue without workers and starts")
    environment = simpy.Environment()
    semaphore = simpy.Resource(environment, capacity=1)
    waits: list[float] = []
    begun = iter(range(starts))
    for number in range(workers):
        # one after the other, or all would ask in the same moment
        first = outside * number / workers
        environment.process(_worker(environment, semaphore, begun, waits, held, outside, first))
    environment.run()
    return Queue(workers, starts, starts / environment.now * 1000, sum(waits) / len(waits))


def _worker(
    environment: simpy.Environment,
    semaphore: simpy.Resource,
    begun: Iterator[int],
    waits: list[float],
    held: float,
    outside: float,
    first: float,
) -> Generator[simpy.Event, Any, None]:
    yield environment.timeout(first)
    for _ in begun:
        yield environment.timeout(outside)
        asked = environment.now
        with semaphore.request() as turn:
            yield turn
            waits.append(environment.now - asked)
            yield environment.timeout(held)
