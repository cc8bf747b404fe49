"""Tempting ways to take pidmap_lock once that break what alloc_pid() promises besides; nobody proposed them.

What it promises is in the module of the change.
"""

from __future__ import annotations

from vfslab.kernel.effects import Check, Code, Refused, Step

from .pids import NOT_ACCEPTED, Pids, initialise, lock, new_pid, publish, reserve, unlock, wanted_at


def alloc_pid_published_at_once(state: Pids, level: int, set_tid: tuple[int, ...] = ()) -> Code:
    """A wrong one: the numbers lead to the pid at once, and only then is it initialised."""
    pid = yield from new_pid()
    yield from lock(state)
    for depth in range(level + 1):
        number = yield from reserve(state, level - depth, wanted_at(set_tid, depth), 1)
        pid.numbers.append(number)
    yield from publish(state, pid, level)
    yield from unlock()
    yield from initialise(pid)
    return pid


def alloc_pid_keeping_numbers(state: Pids, level: int, set_tid: tuple[int, ...] = ()) -> Code:
    """A wrong one: whoever fails at an outer level forgets the numbers of the inner ones."""
    pid = yield from new_pid()
    yield from initialise(pid)
    yield from lock(state)
    for depth in range(level + 1):
        number = yield from reserve(state, level - depth, wanted_at(set_tid, depth), 0)
        if isinstance(number, Check):
            yield from unlock()
            raise Refused(number, level - depth)
        pid.numbers.append(number)
    yield from publish(state, pid, level)
    yield from unlock()
    return pid


def alloc_pid_asking_early(state: Pids, level: int, set_tid: tuple[int, ...] = ()) -> Code:
    """A wrong one: whether members are accepted is asked among the checks before the lock."""
    pid = yield from new_pid()
    yield from initialise(pid)
    adding = state.namespaces[level].adding
    yield Step("alloc_pid", f"level {level} {'accepts' if adding else 'does not accept'} members")
    if not adding:
        raise Refused(NOT_ACCEPTED)
    yield from lock(state)
    for depth in range(level + 1):
        number = yield from reserve(state, level - depth, wanted_at(set_tid, depth), 1)
        pid.numbers.append(number)
    yield from publish(state, pid, level)
    yield from unlock()
    return pid


WRONG = {
    "published at once": alloc_pid_published_at_once,
    "keeping numbers": alloc_pid_keeping_numbers,
    "asking early": alloc_pid_asking_early,
}
