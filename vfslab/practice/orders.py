"""Orders of tasks: walked, and searched for the one that breaks a rule with the fewest interruptions.

Unlike ``explore`` it does not take an order of locks that may deadlock for a deadlock: somebody has to wait
for ever. What the tasks do is not known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vfslab.drive.explore import broken_rule, what_ended
from vfslab.drive.schedule import Choice, Schedule
from vfslab.kernel.effects import Acquire, Wait
from vfslab.staged import Staged

RUNS = 1500
"""A search tries so many orders."""


class Walked(NamedTuple):
    """``broken`` is what broke, None where nothing did; ``order`` the tasks by number, from 0, up to there.

    ``wrong`` says why an order could not be walked. ``interruptions`` is how often a task that could have
    gone on did not.
    """

    broken: str | None
    order: tuple[int, ...]
    interruptions: int
    wrong: str = ""


def broken(schedule: Schedule) -> str | None:
    """What is wrong with the schedule as it stands, None where nothing is."""
    return what_ended(schedule) or broken_rule(schedule)


def walk(world: Staged, order: Sequence[int]) -> Walked:
    """Let the tasks go on in that order, then to the end without interruption, or until a rule breaks."""
    *_, last = _walk(world, order)
    return last[0]


def _walk(world: Staged, order: Sequence[int]) -> Iterator[tuple[Walked, list[int]]]:
    """How far it has come before each choice, and who may go on there."""
    schedule = Schedule(world())
    taken: list[int] = []
    interruptions = 0
    while True:
        ready = [choice.job for choice in schedule.options()]
        found = broken(schedule)
        yield Walked(found, tuple(taken), interruptions), ready
        if found or not ready:
            return
        task = order[len(taken)] if len(taken) < len(order) else _next(taken, ready)
        if task not in ready:
            wrong = f"item {len(taken) + 1}: {_why_not(schedule, task)}"
            yield Walked(None, tuple(taken), interruptions, wrong), ready
            return
        interruptions += bool(taken) and task != taken[-1] and taken[-1] in ready
        schedule.take(Choice(task))
        taken.append(task)


def _next(taken: Sequence[int], ready: Sequence[int]) -> int:
    return taken[-1] if taken and taken[-1] in ready else ready[0]


def _why_not(schedule: Schedule, task: int) -> str:
    progress = schedule.jobs[task]
    if progress.finished:
        return f"task {task + 1} has come to its end"
    if isinstance(progress.pending, Acquire):
        holders = [
            number
            for number, other in enumerate(schedule.jobs, 1)
            if any(held.lock == progress.pending.lock for held in other.held)
        ]
        holder = f"task {holders[0]} holds" if holders else "somebody holds"
        return f"task {task + 1} waits for {progress.pending.lock}, which {holder}"
    what = progress.pending.what if isinstance(progress.pending, Wait) else "its CPU"
    return f"task {task + 1} waits for {what}"


def search(world: Staged) -> Walked | None:
    """The first order found with the fewest interruptions that breaks a rule; None where none is found."""
    todo: deque[tuple[int, tuple[int, ...]]] = deque([(0, ())])
    for _ in range(RUNS):
        if not todo:
            return None
        cost, prefix = todo.popleft()
        for walked, ready in _walk(world, prefix):
            if walked.broken:
                return walked
            at = walked.order
            if len(at) < len(prefix):
                continue
            forced = not at or at[-1] not in ready
            usual = _next(at, ready) if ready else None
            for other in ready:
                if other != usual and forced:
                    todo.appendleft((cost, (*at, other)))
                elif other != usual:
                    todo.append((cost + 1, (*at, other)))
    return None


def stages(world: Staged) -> list[list[str]]:
    """For each task what each of its turns does, where they go one after the other."""
    effects: list[int] = []
    schedule = Schedule(world(), lambda number, _: effects.append(number))
    order = walk(world, ()).order
    ends = []
    for task in order:
        schedule.take(Choice(task))
        ends.append(len(effects))
    timeline = world.timeline([Choice(task) for task in order])
    sentences = [frame.sentence for frame in timeline if frame.effect is not None]
    told: list[list[str]] = [[] for _ in schedule.jobs]
    for task, begin, end in zip(order, [0, *ends], ends, strict=False):
        told[task].append("; ".join(sentences[begin:end]))
    return told
