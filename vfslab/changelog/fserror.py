"""294f54f849d8: a failed write is finished in process context, for its report takes a lock.

The completion of a write comes as an interrupt. Here are the three designs that were on the table, and what
came before; how a list of failed writes is handed over safely is tried out further in ``failed_ioends``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from vfslab.blocks.interrupts import (
    Cpu,
    interrupt,
    spin_lock,
    spin_lock_irqsave,
    spin_unlock,
    spin_unlock_irqrestore,
)
from vfslab.blocks.lockcheck import LockCheck
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

I_FREEING = "I_FREEING"


@dataclass
class Inode:
    """The inode whose pages are written: ``i_count`` references, ``i_state``."""

    i_count: int = 1
    i_state: set[str] = field(default_factory=set)


@dataclass
class Ioend:
    """A write under way: how the device ended it, and how often it was finished."""

    io_error: str | None = None
    ended: bool = False
    finished: int = 0


@dataclass
class Work:
    """A work item: whether it is queued, runs, and was queued when it already was (WARN_ON_ONCE)."""

    pending: bool = False
    running: bool = False
    warned: bool = False


@dataclass
class IO:
    """Two CPUs, an inode, the writes under way, and where the failed ones wait for the worker."""

    cpus: tuple[Cpu, Cpu]
    inode: Inode = field(default_factory=Inode)
    ioends: dict[str, Ioend] = field(default_factory=dict)
    failed_ioend_list: list[str] = field(default_factory=list)
    failed_ioend_work: Work = field(default_factory=Work)


def new_io(*names: str) -> IO:
    """All at rest, with the writes so named under way."""
    check = LockCheck()
    return IO((Cpu(0, _lockcheck=check), Cpu(1, _lockcheck=check)), ioends={name: Ioend() for name in names})


Igrab: TypeAlias = Callable[[IO, Cpu], Code]
EndIO: TypeAlias = Callable[[IO, Cpu, str], Code]


# --- taking a reference on an inode


def igrab(state: IO, cpu: Cpu) -> Code:
    """Take a reference unless the inode is being freed. Returns whether it was had."""
    yield from spin_lock(cpu, "igrab", "i_lock")
    grabbed = I_FREEING not in state.inode.i_state
    state.inode.i_count += grabbed
    yield Step("igrab", "takes a reference" if grabbed else "takes none: the inode is being freed")
    yield from spin_unlock(cpu, "igrab", "i_lock")
    return grabbed


def igrab_irqsave(state: IO, cpu: Cpu) -> Code:
    """The same with interrupts kept out."""
    flags = yield from spin_lock_irqsave(cpu, "igrab", "i_lock")
    grabbed = I_FREEING not in state.inode.i_state
    state.inode.i_count += grabbed
    yield Step("igrab", "takes a reference" if grabbed else "takes none: the inode is being freed")
    yield from spin_unlock_irqrestore(cpu, "igrab", "i_lock", flags)
    return grabbed


def igrab_raw(state: IO, cpu: Cpu) -> Code:
    """Count one more, whatever the state of the inode, without the lock."""
    state.inode.i_count += 1
    yield Step("fserror_report", "takes a reference without looking")
    return True


# --- the end of a write


def iomap_finish_ioend_buffered(state: IO, cpu: Cpu, name: str, grab: Igrab = igrab) -> Code:
    """Report an error, if there is one, then let the folios leave writeback."""
    ioend = state.ioends[name]
    if ioend.io_error is not None and (yield from grab(state, cpu)):
        yield Step("fserror_report", "queues an event that names the inode")
    ioend.finished += 1
    yield Step("iomap_finish_ioend_buffered", f"the folios of {name} leave writeback")


def ioend_writeback_end_bio_in_place(state: IO, cpu: Cpu, name: str, io_error: str | None = "EIO") -> Code:
    """The device has ended the write: it is finished here and now, in the interrupt."""
    state.ioends[name].io_error = io_error
    yield Step("ioend_writeback_end_bio", f"the write of {name} has ended with {io_error or 'success'}")
    yield from iomap_finish_ioend_buffered(state, cpu, name)


def ioend_writeback_end_bio(state: IO, cpu: Cpu, name: str, io_error: str | None = "EIO") -> Code:
    """The device has ended the write: it is finished here and now if it succeeded, else by the worker."""
    state.ioends[name].io_error = io_error
    yield Step("ioend_writeback_end_bio", f"the write of {name} has ended with {io_error or 'success'}")
    if io_error is not None:
        yield from iomap_fail_ioend_buffered(state, cpu, name)
        return
    yield from iomap_finish_ioend_buffered(state, cpu, name)


def iomap_fail_ioend_buffered(state: IO, cpu: Cpu, name: str) -> Code:
    """Hand the failed write over to the worker; whoever finds the list empty wakes it."""
    flags = yield from spin_lock_irqsave(cpu, "iomap_fail_ioend_buffered", "failed_ioend_lock")
    if not state.failed_ioend_list:
        yield from schedule_work(state.failed_ioend_work, "iomap_fail_ioend_buffered")
    state.failed_ioend_list.append(name)
    yield Step("iomap_fail_ioend_buffered", f"adds {name} to the list")
    yield from spin_unlock_irqrestore(cpu, "iomap_fail_ioend_buffered", "failed_ioend_lock", flags)


def iomap_fail_ioends(state: IO, cpu: Cpu) -> Code:
    """The work: take the whole list, then finish its writes one by one, in process context."""
    flags = yield from spin_lock_irqsave(cpu, "iomap_fail_ioends", "failed_ioend_lock")
    mine = list(state.failed_ioend_list)
    state.failed_ioend_list.clear()
    yield Step("iomap_fail_ioends", f"takes the list: {' '.join(mine)}")
    yield from spin_unlock_irqrestore(cpu, "iomap_fail_ioends", "failed_ioend_lock", flags)
    while mine:
        yield from iomap_finish_ioend_buffered(state, cpu, mine.pop(0))


# --- work items


def schedule_work(work: Work, function: str) -> Code:
    """Queue the work; one that is queued already stays queued once."""
    work.warned |= work.pending
    work.pending = True
    yield Step(function, "queues the work")


def kworker(state: IO, cpu: Cpu, work: Callable[[IO, Cpu], Code]) -> Code:
    """The thread that does the work whenever it is queued; it ends when no write is left to come."""
    item = state.failed_ioend_work

    def all_ended() -> bool:
        return all(ioend.ended for ioend in state.ioends.values())

    while True:
        yield Wait("kworker", "work", lambda: item.pending or all_ended())
        if not item.pending:
            return
        item.pending, item.running = False, True
        yield Step("kworker", "begins the work")
        yield from work(state, cpu)
        item.running = False
        yield Step("kworker", "has done the work")


# --- whoever drops the last reference meanwhile


def iput(state: IO, cpu: Cpu) -> Code:
    """Drop the last reference and free the inode, as soon as nothing of it is written any more."""
    yield from spin_lock(cpu, "iput", "i_lock")
    freeing = yield from _drop(state)
    yield from spin_unlock(cpu, "iput", "i_lock")
    if freeing:
        yield from _evict(state)


def iput_irqsave(state: IO, cpu: Cpu) -> Code:
    """The same with interrupts kept out."""
    flags = yield from spin_lock_irqsave(cpu, "iput", "i_lock")
    freeing = yield from _drop(state)
    yield from spin_unlock_irqrestore(cpu, "iput", "i_lock", flags)
    if freeing:
        yield from _evict(state)


def _drop(state: IO) -> Code:
    inode = state.inode
    inode.i_count -= 1
    yield Step("iput", f"drops a reference: {inode.i_count} left")
    if inode.i_count:
        return False
    inode.i_state.add(I_FREEING)
    yield Step("iput_final", "the inode is being freed")
    return True


def _evict(state: IO) -> Code:
    ioends = state.ioends.values()
    yield Wait("truncate_inode_pages_final", "writeback", lambda: all(one.finished for one in ioends))
    state.inode.i_state.add("I_CLEAR")
    yield Step("evict", "the inode is gone")


# --- the rules


def no_reference_on_a_dying_inode(state: IO) -> Iterator[str]:
    """I2: what is being freed has no references."""
    if I_FREEING in state.inode.i_state and state.inode.i_count:
        yield "a reference is taken on an inode that is being freed"


def finished_once(state: IO) -> Iterator[str]:
    """I3: each write is finished once."""
    for name, ioend in state.ioends.items():
        if ioend.finished != 1:
            yield f"{name} was finished {ioend.finished} times"


def no_lockdep_report(state: IO) -> Iterator[str]:
    """I1: no class of locks is taken in an interrupt and held where one may come."""
    yield from state.cpus[0]._lockcheck.reports()


def queued_once(state: IO) -> Iterator[str]:
    """The work is never queued when it already is: the kernel would warn."""
    if state.failed_ioend_work.warned:
        yield "WARNING: the work is queued already"


def all_rules(lockdep: bool) -> Callable[[IO], Iterator[str]]:
    """Those that hold at any time."""

    def rule(state: IO) -> Iterator[str]:
        yield from no_reference_on_a_dying_inode(state)
        yield from queued_once(state)
        if lockdep:
            yield from no_lockdep_report(state)

    return rule


# --- the mechanism


def in_place(grab: Igrab) -> EndIO:
    """``ioend_writeback_end_bio_in_place`` with another way to take the reference."""

    def end_bio(state: IO, cpu: Cpu, name: str) -> Code:
        state.ioends[name].io_error = "EIO"
        yield Step("ioend_writeback_end_bio", f"the write of {name} has ended with EIO")
        yield from iomap_finish_ioend_buffered(state, cpu, name, grab)

    return end_bio


DESIGNS: dict[str, tuple[EndIO, Callable[[IO, Cpu], Code]]] = {
    "before": (ioend_writeback_end_bio_in_place, iput),
    "after": (ioend_writeback_end_bio, iput),
    "raw": (in_place(igrab_raw), iput),
    "irqsave": (in_place(igrab_irqsave), iput_irqsave),
}
# On which CPU the interrupt comes, and whether lockdep is asked. The task is on CPU 0, the worker on
# CPU 1: there is no scheduler here that would let two of them share one.
INPUTS: dict[str, tuple[int, bool]] = {"CPU 0": (0, False), "CPU 1, with lockdep": (1, True)}


def end_io(state: IO, number: int, disk: str, name: str, end_bio: EndIO) -> Code:
    """The interrupt of the device on that CPU: the write has ended."""
    cpu = state.cpus[number]
    yield from interrupt(cpu, disk, lambda: end_bio(state, cpu, name))
    state.ioends[name].ended = True


def on_cpu(**numbers: int) -> Callable[[IO, str], str | None]:
    """Which tasks stand still while a handler runs: those on its CPU."""
    return lambda state, name: state.cpus[numbers[name]].handler if name in numbers else None


def make(side: str, where: str) -> Mechanism:
    """A task drops the last reference while a write of the inode fails."""
    end_bio, put = DESIGNS[side]
    number, lockdep = INPUTS[where]
    tasks = (
        ("task", (("iput()", lambda state: put(state, state.cpus[0])),)),
        ("disk", (("interrupt", lambda state: end_io(state, number, "disk", "ioend 1", end_bio)),)),
        ("kworker", (("work", lambda state: kworker(state, state.cpus[1], iomap_fail_ioends)),)),
    )
    return Mechanism(
        title="a write fails while the inode's last reference is dropped",
        state=lambda: new_io("ioend 1"),
        tasks=tasks,
        rule=all_rules(lockdep),
        at_end=finished_once,
        everywhere=True,
        halted=on_cpu(task=0, kworker=1),
    )


SIDES = Sides("294f54f849d8", make, tuple(INPUTS), other=("raw", "irqsave"))

FIX = Fix(
    commit=SIDES.commit,
    title="fserror: fix lockdep complaint when igrabbing inode",
    author="Darrick J. Wong",
    date="2026-02-19",
    since="7.0-rc1",
    releases=("7.0-rc2",),
    what="an interrupt that reports a failed write spins for ever on a lock that what it interrupted holds",
    rule="no class of locks is taken in an interrupt and held where an interrupt may come",
    changed=(
        Changed(ioend_writeback_end_bio_in_place, ioend_writeback_end_bio),
        Changed(None, iomap_fail_ioend_buffered),
        Changed(None, iomap_fail_ioends),
    ),
    scenario=SIDES,
    find=both(SIDES),
    notebook="13-who-waits-for-whom.ipynb",
    section="A lock, and an interrupt",
    reproducers=("fserror_symbols",),
    no_evidence="only 7.0-rc1 has the bug; what a kernel shows is whether it has the worker",
    area="vfs",
)
