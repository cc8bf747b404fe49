"""6d864a1b1825: a process gets its numbers in all pid namespaces under one hold of pidmap_lock.

What is modelled is which numbers are reserved, published and taken back, and how often the lock is taken.
How long anything takes is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from vfslab.kernel.effects import Check, Code, Refused
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .pidmap_wrong import WRONG
from .pids import (
    NO_MEMORY,
    NOT_ACCEPTED,
    Pid,
    PidNamespace,
    Pids,
    find_pid_ns,
    free_pid,
    idr_preload,
    initialise,
    lock,
    new_pid,
    publish,
    reserve,
    take_back,
    unlock,
    wanted_at,
    zap_pid_ns_processes,
)
from .search import both
from .sides import Sides

COMMIT = "6d864a1b1825"


# --- before and after


def alloc_pid_lock_per_level(state: Pids, level: int, set_tid: tuple[int, ...] = ()) -> Code:
    """The lock is taken for each number, and once more to publish them."""
    pid = yield from new_pid()
    wrong = None
    for depth in range(level + 1):
        number = wanted_at(set_tid, depth)
        laid_by = yield from idr_preload()
        yield from lock(state)
        number = yield from reserve(state, level - depth, number, laid_by)
        yield from unlock()
        if isinstance(number, Check):
            wrong = number
            break
        pid.numbers.append(number)
    if wrong is None:
        yield from initialise(pid)
        yield from lock(state)
        if state.namespaces[level].adding:
            yield from publish(state, pid, level)
            yield from unlock()
            return pid
        yield from unlock()
        wrong = NOT_ACCEPTED
    yield from lock(state)
    yield from take_back(state, pid, level)
    yield from unlock()
    raise Refused(wrong, level - len(pid.numbers))


def alloc_pid(state: Pids, level: int, set_tid: tuple[int, ...] = ()) -> Code:
    """All is prepared before the lock, and done under one hold of it, which only want of memory parts."""
    pid = yield from new_pid()
    yield from initialise(pid)
    wanted = [wanted_at(set_tid, depth) for depth in range(level + 1)]
    laid_by = yield from idr_preload()
    yield from lock(state)
    wrong = None
    for depth, number in enumerate(wanted):
        given = yield from reserve(state, level - depth, number, laid_by)
        if given is NO_MEMORY:
            yield from unlock()
            state.retries += 1
            laid_by = yield from idr_preload()
            yield from lock(state)
            given = yield from reserve(state, level - depth, number, laid_by)
        laid_by = 0
        if isinstance(given, Check):
            wrong = given
            break
        pid.numbers.append(given)
    if wrong is None and not all(ns.adding for ns in state.namespaces[: level + 1]):
        wrong = NOT_ACCEPTED
    if wrong is None:
        yield from publish(state, pid, level)
    else:
        yield from take_back(state, pid, level)
    yield from unlock()
    if wrong is not None:
        raise Refused(wrong, level - len(pid.numbers))
    return pid


ALLOCATORS: dict[str, Callable[..., Code]] = {
    "before": alloc_pid_lock_per_level,
    "after": alloc_pid,
    **WRONG,
}


# --- the rules


def used_when_ready(state: Pids) -> Iterator[str]:
    """A rule: what a lookup finds is initialised."""
    if state.half_made:
        yield "find_pid_ns() finds a struct pid that is not initialised"


def nothing_left(state: Pids) -> Iterator[str]:
    """A rule: no number stays reserved, and nobody is in a namespace that accepts no members."""
    for level, ns in enumerate(state.namespaces):
        for number, pid in ns.idr.items():
            if pid is None:
                yield f"number {number} of level {level} stays reserved, for nobody"
            elif not ns.adding:
                yield f"number {number} leads into level {level}, which accepts no members"


def locked_once(state: Pids) -> Iterator[str]:
    """A rule: the lock is taken once for a process, and once more for each want of memory."""
    if state.acquired > 1 + state.retries:
        yield f"alloc_pid() takes pidmap_lock {state.acquired} times for one process"


class Asked(NamedTuple):
    """Who is made: at which level, and with which numbers, the innermost first; 0 and none for any."""

    level: int
    set_tid: tuple[int, ...] = ()


def _world(level: int) -> Pids:
    """Nested namespaces; number 1 of the outermost is a process that has always been there."""
    namespaces = [PidNamespace() for _ in range(level + 1)]
    namespaces[0].idr[1] = Pid([1], initialised=True)
    return Pids(namespaces)


def _mechanism(side: str, asked: tuple[int, tuple[int, ...]], counted: bool) -> Mechanism:
    level, set_tid = Asked(*asked)
    create = partial(ALLOCATORS[side], level=level, set_tid=set_tid)

    def at_end(state: Pids) -> Iterator[str]:
        yield from nothing_left(state)
        if counted:
            yield from locked_once(state)

    others: tuple[tuple[str, tuple[tuple[str, Callable[[Pids], Code]], ...]], ...] = (
        ("looker", (("kill(2)", partial(find_pid_ns, level=level, number=1)),)),
        ("init", ((f"exit of init of level {level}", partial(zap_pid_ns_processes, level=level)),)),
    )
    return Mechanism(
        title=f"clone(2) at level {level}",
        state=partial(_world, level),
        tasks=(("parent", (("clone(2)", create),)), *(others if level else others[:1])),
        rule=used_when_ready,
        at_end=at_end,
        everywhere=True,
    )


INPUTS = ((1, ()), (1, (2, 1)), (0, ()), (2, ()))
SIDES = Sides(COMMIT, partial(_mechanism, counted=True), INPUTS)
SAFETY = Sides(
    COMMIT,
    partial(_mechanism, counted=False),
    INPUTS[:2],
    other=tuple(WRONG),
)
"""The same without the rule about the count, for both sides and for three wrong ones."""


# --- how often the lock is taken


def acquisitions(side: str, level: int, destroyed: bool = False) -> int:
    """How often the lock is taken to make a process at that level, and with ``destroyed`` to bury it."""

    def parent(state: Pids) -> Code:
        pid = yield from ALLOCATORS[side](state, level)
        if destroyed:
            yield from free_pid(state, pid)

    state = _world(level)
    for _ in parent(state):
        pass
    return state.acquired


FIX = Fix(
    commit=COMMIT,
    title="pid: only take pidmap_lock once on alloc",
    author="Mateusz Guzik",
    date="2025-12",
    since="not known",
    releases=("7.0-rc1",),
    what="making a process takes the lock of all numbers once for each level of namespaces, and once more",
    rule="pidmap_lock is taken once for a process, and once more for each want of memory",
    changed=(Changed(alloc_pid_lock_per_level, alloc_pid),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="15-counting-the-cost.ipynb",
    section="Once is enough",
    reproducers=("layouts",),
    no_evidence="how often a lock is taken shows in no answer, only in the time that many CPUs take",
    covers=("(pid allocation takes pidmap_lock once)",),
    area="vfs",
)
