"""explore: every order of tasks and every lack of memory within bounds, until a rule breaks.

A world is made anew for each path, for code under way cannot be copied. What a world is made of, and
which rules there are, comes from the caller.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from typing import NamedTuple, TypeAlias

from .checkpoint import Checkpoint, Reached, search_of
from .chunks import walk_all
from .fingerprint import fingerprint
from .record import innermost
from .schedule import BETWEEN, Choice, Schedule, World
from .subject import MOUNTS
from .timeline import Timeline

# Says in a sentence each what is broken; asked when no system call is under way.
Rule: TypeAlias = Callable[[Schedule], Iterable[str]]
# Makes the same world each time; to go to another process it has to be picklable.
Make: TypeAlias = Callable[[], World]
# Is told after each path how many states there are so far, and how many choices long the path is.
Progress: TypeAlias = Callable[[int, int], None]


class Explored(NamedTuple):
    """What a search came to.

    ``broken`` is what broke, None where nothing did; ``path`` the shortest choices that lead there,
    of several of one length some with few switches between tasks.
    ``states`` is how many different states were looked at, ``complete`` whether those are all
    that there are within the bounds.
    """

    broken: str | None
    path: tuple[Choice, ...]
    states: int
    complete: bool


class Bounds(NamedTuple):
    """How far to go: so many failures of memory on a path, so many choices, so many states."""

    faults: int = 1
    choices: int = 400
    states: int = 20_000


BOUNDS = Bounds()


class Looked(NamedTuple):
    """What the end of a path looks like."""

    broken: str | None
    state: bytes
    options: tuple[Choice, ...]


def explore(
    make: Make,
    *,
    rule: Rule | None = None,
    bounds: Bounds = BOUNDS,
    executor: Executor | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Explored:
    """Look for the shortest path on which a rule breaks: breadth first, each state once.

    The rules are those of the world's subject, ``rule`` besides, that nothing waits for ever, that locks
    are given back and their classes taken in one order, that the kernel does not die, and that a call that
    fails while it is alone changes nothing. With an ``executor`` the paths of one length are walked side
    by side, ``chunk`` of them at a time; what is found is the same.

    With a ``checkpoint``, a file, what was reached is kept there after each length of paths, and a search
    that finds its own checkpoint goes on from it.

    Two paths are taken for one where everything that can be reached from the kernel, the variables of code
    under way and the answers so far are the same (``fingerprint``).

    A task is interrupted where it wants a lock or memory, and at every step while it holds no lock. In
    between it holds one, and another order of those pieces makes no difference. What it changes under
    namespace_sem is read under namespace_sem, and what is under mount_lock besides by path walks, which a
    kernel repeats when they met a holder: a walk here is one piece, before or behind the section. Under
    any other lock (of an inode, a superblock, an open table) it changes one thing between two such
    places, which another task sees done or not. Rules are asked only where no lock is held.

    Raises ValueError for a chunk of no path and for the checkpoint of another search, BrokenExecutor where a
    pool of processes lost one.
    """
    walk = partial(look_at, make, rule=rule, faults=bounds.faults)
    file = checkpoint and Checkpoint(checkpoint, search_of(make, rule, bounds.faults, bounds.choices))
    begun = file.read(lambda path: walk(path).state) if file else Reached(set(), [()], True, None)
    seen, level, complete, _ = begun
    while level and (not seen or len(seen) < bounds.states):
        following: list[tuple[Choice, ...]] = []
        with closing(walk_all(walk, level, executor, chunk)) as ends:
            for path, looked in zip(level, ends, strict=False):
                if looked.broken is not None:
                    return Explored(looked.broken, path, len(seen) + 1, False)
                if looked.state not in seen:
                    seen.add(looked.state)
                    if len(path) < bounds.choices:
                        following += [(*path, option) for option in looked.options]
                    else:
                        complete = complete and not looked.options
                if progress is not None:
                    progress(len(seen), len(path))
        level = sorted(following, key=_switches)
        if file:
            file.write(Reached(seen, level, complete, (path, looked.state)))
    return Explored(None, (), len(seen), complete and not level)


def _switches(path: Sequence[Choice]) -> int:
    """How often another task goes on than before: a path with few is easier to follow."""
    return sum(one.job != next.job for one, next in itertools.pairwise(path))


def look_at(make: Make, path: Sequence[Choice], rule: Rule | None, faults: int) -> Looked:
    """Walk one path in a new world, and say what is at its end."""
    schedule = Schedule(make())
    alone = Alone(schedule)
    for choice in path:
        alone.take(choice)
    broken = alone.broken(rule)
    left = faults - sum(choice.fail for choice in path)
    return Looked(broken, _state(schedule, alone, left > 0), tuple(schedule.options(faults=left > 0)))


def what_is_broken(schedule: Schedule, rule: Rule | None) -> str | None:
    """The first thing that is wrong with the schedule as it stands, None where nothing is."""
    if found := what_ended(schedule):
        return found
    if schedule.misused:
        return schedule.misused[0]
    return schedule.disorder() or broken_rule(schedule, rule)


def what_ended(schedule: Schedule) -> str | None:
    """What the kernel died of, or what nothing moves for; None where it goes on, or all is over."""
    found = schedule.oops or schedule.deadlock()
    return None if found is None else str(found)


def broken_rule(schedule: Schedule, rule: Rule | None = None) -> str | None:
    """The first rule that is broken; None where none is, and where none can be asked."""
    if not may_ask(schedule):
        return None
    asked = () if rule is None or schedule.inside else rule(schedule)
    return next(itertools.chain(schedule.subject.broken(schedule), asked), None)


def may_ask(schedule: Schedule) -> bool:
    """Whether rules have to hold now: no lock is held, or that makes no difference to the subject."""
    return schedule.subject.everywhere or not schedule.locked


class Alone:
    """Watches calls that are made while no other is under way: one that fails changes nothing."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._before: object = None
        self._job: int | None = None

    def take(self, choice: Choice) -> None:
        """Let the schedule take it. Raises ValueError for what is no option."""
        if not self._schedule.inside:
            self._before, self._job = self._schedule.subject.kept(self._schedule.kernel), choice.job
        elif choice.job != self._job:
            self._job = None
        self._schedule.take(choice)

    def broken(self, rule: Rule | None) -> str | None:
        """The first thing that is wrong now, None where nothing is."""
        return what_is_broken(self._schedule, rule) or self._changed()

    @property
    def remembered(self) -> object:
        """What the judgement of the call under way will depend on."""
        return self._before if self._schedule.inside and self._job is not None else None

    def _changed(self) -> str | None:
        """What a failed call that has just ended has changed, in words."""
        if self._job is None or self._schedule.inside:
            return None
        title, result = self._schedule.jobs[self._job].results[-1]
        if result.errno is None:
            return None
        subject, now = self._schedule.subject, self._schedule.subject.kept(self._schedule.kernel)
        if now == self._before:
            return None
        changed = subject.difference(self._before, now)
        return f"a call that fails changes nothing: {title} gave {result.errno}, and changed: {changed}"


def _state(schedule: Schedule, alone: Alone, faults_left: bool) -> bytes:
    """Everything that decides what can happen from here on, and what will be thought of it."""
    results = [(result.errno, result.value) for progress in schedule.jobs for _, result in progress.results]
    positions = [
        (progress.number, len(progress.results), progress.pending, tuple(progress.held), progress.call)
        for progress in schedule.jobs
    ]
    return fingerprint(
        schedule.kernel,
        faults_left,
        tuple(results),
        *((number, done, pending, held) for number, done, pending, held, _ in positions),
        *(None if call is None else call.code for *_, call in positions),
        alone.remembered,
        numbers=schedule.subject is not MOUNTS or any(value is not None for _, value in results),
    )


def replay(make: Make, path: Sequence[Choice], title: str = "", rule: Rule | None = None) -> Timeline:
    """The steps of a path as a Timeline; each frame knows whose step it is, and what is broken there."""
    world = make()
    recorder = world.subject.writer(world.kernel, world.jobs[0].task.pid)
    written = 0

    def write(number: int, effect: object) -> None:
        nonlocal written
        written += 1
        recorder.pid = world.jobs[number].task.pid
        call = schedule.jobs[number].call
        if call is not None and getattr(effect, "function", "") not in BETWEEN:
            recorder.at(innermost(call.code))
        recorder.write(effect)  # type: ignore[arg-type]

    schedule = Schedule(world, write)
    alone = Alone(schedule)
    judged: list[tuple[int, str]] = []
    for choice in path:
        alone.take(choice)
        broken = alone.broken(rule)
        if broken or may_ask(schedule):
            judged.append((written, broken or ""))
    results = [result for progress in schedule.jobs for _, result in progress.results]
    recorder.write(None)
    comms = {job.task.pid: job.task.comm for job in world.jobs} if len(world.jobs) > 1 else {}
    failed = [result for result in results if result.oops or result.errno]
    last = failed[-1] if failed else results[-1] if results else None
    timeline = recorder.timeline(title, last)
    timeline.comms = comms
    timeline.judged = judged
    return timeline
