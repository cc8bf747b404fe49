"""Container starts that queue for one semaphore."""

from __future__ import annotations

import pytest

from vfslab.views.queueing import container_starts


def test_one_worker_waits_for_nobody() -> None:
    queue = container_starts(held=1, outside=3, workers=1, starts=100)
    assert queue.wait == 0
    assert queue.per_second == pytest.approx(250)


@pytest.mark.parametrize("workers", [5, 10, 50])
def test_no_more_than_the_semaphore_lets_through(workers: int) -> None:
    queue = container_starts(held=1, outside=3, workers=workers, starts=2000)
    assert queue.per_second == pytest.approx(1000, rel=0.01)


def test_beyond_that_only_the_wait_grows() -> None:
    waits = [container_starts(held=1, outside=3, workers=n, starts=2000).wait for n in (2, 4, 8, 16)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(16 - 3 - 1, rel=0.05)


@pytest.mark.parametrize(("workers", "starts"), [(0, 1), (1, 0)])
def test_what_is_no_queue(workers: int, starts: int) -> None:
    with pytest.raises(ValueError, match="no queue without"):
        container_starts(held=1, outside=1, workers=workers, starts=starts)
