"""Numbers of processes in nested pid namespaces: how they are reserved, published, found and taken back.

What alloc_pid() makes of this, before a change and after it, is not known here.
Source: kernel/pid.c, kernel/pid_namespace.c.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vfslab.kernel.effects import Acquire, Alloc, Check, Code, Refused, Release, Step

LOCK = "pidmap_lock"
PID_MAX = 4


@dataclass
class Pid:
    """struct pid: its number in each namespace, the innermost first."""

    numbers: list[int] = field(default_factory=list)
    initialised: bool = False


@dataclass
class PidNamespace:
    """struct pid_namespace: ``idr`` gives each number its pid, None where one is only reserved.

    ``adding`` is PIDNS_ADDING of the kernel: new members are accepted.
    """

    idr: dict[int, Pid | None] = field(default_factory=dict)
    adding: bool = True


@dataclass
class Pids:
    """The nested namespaces, the outermost first, and what alloc_pid() has come to."""

    namespaces: list[PidNamespace]
    acquired: int = 0
    retries: int = 0
    made: int = 0
    half_made: int = 0
    given_out: list[Pid] = field(default_factory=list)


NO_MEMORY = Check("ENOMEM", "alloc_pid", "there is no memory", "free some memory")
NOT_ACCEPTED = Check("ENOMEM", "alloc_pid", "the namespace accepts no members", "make a new namespace")
USED = Check("EEXIST", "alloc_pid", "the number asked for is taken at level {0}", "ask for another number")
RANGE = Check("EINVAL", "alloc_pid", "there is no number {0}", "ask for one between 1 and the limit")
FULL = Check("EAGAIN", "alloc_pid", "all numbers are taken at level {0}", "wait until a process has ended")


# --- what both have: the lock, numbers, memory


def lock(state: Pids) -> Code:
    yield Acquire("alloc_pid", LOCK)
    state.acquired += 1


def unlock() -> Code:
    yield Release("alloc_pid", LOCK)


def new_pid() -> Code:
    if (yield Alloc("alloc_pid", "struct pid")):
        raise Refused(NO_MEMORY)
    return Pid()


def initialise(pid: Pid) -> Code:
    pid.initialised = True
    yield Step("alloc_pid", "struct pid is initialised")


def idr_preload() -> Code:
    """Lay by what one insertion may need; whether there is memory for it is not said. Gives what there is."""
    failed = yield Alloc("idr_preload", "a node of the tree; it may sleep")
    return 0 if failed else 1


def reserve(state: Pids, level: int, wanted: int, laid_by: int) -> Code:
    """A number with nothing behind it, under the lock. Gives it, or the Check of what is wrong."""
    idr = state.namespaces[level].idr
    if wanted and wanted in idr:
        return USED
    number = wanted or next((free for free in range(1, PID_MAX) if free not in idr), 0)
    if not number:
        return FULL
    if not laid_by and (yield Alloc("idr_alloc", "a node of the tree; it must not sleep")):
        return NO_MEMORY
    idr[number] = None
    yield Step("idr_alloc", f"level {level} reserves number {number}")
    return number


def publish(state: Pids, pid: Pid, level: int) -> Code:
    """Put the pid behind the numbers reserved for it, under the lock."""
    for depth, number in enumerate(pid.numbers):
        state.namespaces[level - depth].idr[number] = pid
        yield Step("idr_replace", f"level {level - depth}: number {number} leads to the pid")
    state.given_out.append(pid)
    state.made += 1


def take_back(state: Pids, pid: Pid, level: int) -> Code:
    """Give up the numbers reserved so far, under the lock."""
    for depth, number in enumerate(pid.numbers):
        del state.namespaces[level - depth].idr[number]
        yield Step("idr_remove", f"level {level - depth} has number {number} again")


def wanted_at(set_tid: tuple[int, ...], depth: int) -> int:
    """The number asked for, 0 for any; ``set_tid`` begins with the innermost level. Raises Refused."""
    number = set_tid[depth] if depth < len(set_tid) else 0
    if not 0 <= number < PID_MAX:
        raise Refused(RANGE, number)
    return number


# --- who else is there


def free_pid(state: Pids, pid: Pid) -> Code:
    """All numbers of a pid are free again; one hold of the lock, before as after."""
    yield Acquire("free_pid", LOCK)
    state.acquired += 1
    for depth, number in enumerate(pid.numbers):
        del state.namespaces[len(pid.numbers) - 1 - depth].idr[number]
    yield Step("free_pid", "the numbers are free again")
    yield Release("free_pid", LOCK)


def find_pid_ns(state: Pids, level: int, number: int) -> Code:
    """Look a number up, under RCU and without the lock."""
    pid = state.namespaces[level].idr.get(number)
    yield Step(
        "find_pid_ns", f"number {number} of level {level} {'is nobody' if pid is None else 'is found'}"
    )
    if pid is not None and not pid.initialised:
        state.half_made += 1
        yield Step("find_pid_ns", "and is used before it is initialised")


def zap_pid_ns_processes(state: Pids, level: int) -> Code:
    """The init process of the namespace ends: nobody comes in any more, and whoever is there has to go."""
    yield Acquire("disable_pid_allocation", LOCK)
    state.namespaces[level].adding = False
    yield Step("disable_pid_allocation", f"level {level} accepts no members any more")
    yield Release("disable_pid_allocation", LOCK)
    yield Acquire("free_pid", LOCK)
    for pid in [pid for pid in state.namespaces[level].idr.values() if pid is not None]:
        for depth, number in enumerate(pid.numbers):
            del state.namespaces[level - depth].idr[number]
    yield Step("zap_pid_ns_processes", f"level {level} has no members")
    yield Release("free_pid", LOCK)
