"""Which lock is held by whom from step to step: the rows of a stepper's bars, and of plots.

Knows a Timeline's tables of locks; draws nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from vfslab.drive import Frame, Timeline


class Held(NamedTuple):
    """A lock held from step ``first`` up to, not including, step ``end``.

    ``task`` is the holder's name, ``shared`` whether it is held for reading only.
    """

    lock: str
    first: int
    end: int
    task: str = ""
    shared: bool = False


def lock_spans(timeline: Timeline) -> list[Held]:
    """Every stretch of steps during which a lock is held, in the order in which they begin."""
    spans: list[Held] = []
    since: dict[tuple[str, str, bool], int] = {}
    for index, tables in enumerate(timeline.kept.tables):
        held = {
            (
                lock.lock,
                tables.tasks[lock.pid].name
                if lock.pid in tables.tasks
                else timeline.comms.get(lock.pid, str(lock.pid)),
                lock.shared,
            )
            for lock in tables.locks
        }
        for key in held:
            since.setdefault(key, index)
        for key in since.keys() - held:
            lock, task, shared = key
            spans.append(Held(lock, since.pop(key), index, task, shared))
    spans += [Held(lock, first, len(timeline), task, shared) for (lock, task, shared), first in since.items()]
    return sorted(spans, key=lambda span: (span.first, -span.end, span))


def lock_rows(timeline: Timeline, kept: Sequence[Frame]) -> list[dict[str, Any]]:
    """A row for each lock and, where several tasks are at work, each of its holders, task by task.

    ``spans`` are [first, end, shared] in places among the ``kept`` frames; a stretch of which no frame
    is kept is left out.
    """
    numbers = [frame.index for frame in kept]
    rows: dict[tuple[str, str], list[tuple[int, int, bool]]] = {}
    for span in lock_spans(timeline):
        first, end = bisect_left(numbers, span.first), bisect_left(numbers, span.end)
        if first < end:
            key = (span.task if timeline.comms else "", span.lock)
            rows.setdefault(key, []).append((first, end, span.shared))
    return [{"task": task, "lock": lock, "spans": rows[task, lock]} for task, lock in _by_task(rows)]


def alike(sides: Sequence[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """The rows of several timelines, each with a row for every lock that is in any of them, in one order."""
    spans = [{(row["task"], row["lock"]): row["spans"] for row in rows} for rows in sides]
    keys = _by_task(dict.fromkeys(key for side in spans for key in side))
    return [
        [{"task": task, "lock": lock, "spans": side.get((task, lock), [])} for task, lock in keys]
        for side in spans
    ]


def _by_task(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    keys = list(keys)
    tasks = list(dict.fromkeys(task for task, _ in keys))
    return sorted(keys, key=lambda key: tasks.index(key[0]))
