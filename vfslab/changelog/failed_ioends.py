"""Ways to hand failed writes over to a worker: what 294f54f849d8 chose, and what one might have chosen.

A design says when the worker is woken, where, and how it takes the lock. What a write is, and its end, is
in ``fserror``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from vfslab.blocks.interrupts import (
    Cpu,
    spin_lock,
    spin_lock_irqsave,
    spin_unlock,
    spin_unlock_irqrestore,
)
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fserror import (
    IO,
    end_io,
    finished_once,
    iomap_finish_ioend_buffered,
    kworker,
    new_io,
    on_cpu,
    schedule_work,
)

When = Literal["list was empty", "worker is idle", "always"]
Where = Literal["inside the lock", "behind the lock"]
WorkerLock = Literal["spin_lock_irqsave", "spin_lock"]


class Design(NamedTuple):
    """``when`` a producer queues the work, ``where`` it does, and how the worker takes the list's lock."""

    when: When = "list was empty"
    where: Where = "inside the lock"
    worker_lock: WorkerLock = "spin_lock_irqsave"

    @classmethod
    def of(cls, when: object, where: object, worker_lock: object) -> Design:
        """The design with those words. Raises ValueError for words that mean none."""
        given = (when, where, worker_lock)
        for word, known in zip(given, (When, Where, WorkerLock), strict=True):
            if word not in get_args(known):
                raise ValueError(f"{word!r} is none of {', '.join(get_args(known))}")
        return cls(*given)  # type: ignore[arg-type]


MERGED = Design()


def produce(state: IO, cpu: Cpu, name: str, design: Design) -> Code:
    """An interrupt hands a failed write over."""
    state.ioends[name].io_error = "EIO"
    flags = yield from spin_lock_irqsave(cpu, "produce", "failed_ioend_lock")
    wake = _to_be_woken(state, design)
    if wake and design.where == "inside the lock":
        yield from schedule_work(state.failed_ioend_work, "produce")
    state.failed_ioend_list.append(name)
    yield Step("produce", f"adds {name} to the list")
    yield from spin_unlock_irqrestore(cpu, "produce", "failed_ioend_lock", flags)
    if wake and design.where == "behind the lock":
        yield from schedule_work(state.failed_ioend_work, "produce")


def _to_be_woken(state: IO, design: Design) -> bool:
    if design.when == "list was empty":
        return not state.failed_ioend_list
    work = state.failed_ioend_work
    return design.when == "always" or not (work.running or work.pending)


def consume(state: IO, cpu: Cpu, design: Design) -> Code:
    """The work: take the list, finish its writes."""
    if design.worker_lock == "spin_lock":
        yield from spin_lock(cpu, "consume", "failed_ioend_lock")
        mine = yield from _detach(state)
        yield from spin_unlock(cpu, "consume", "failed_ioend_lock")
    else:
        flags = yield from spin_lock_irqsave(cpu, "consume", "failed_ioend_lock")
        mine = yield from _detach(state)
        yield from spin_unlock_irqrestore(cpu, "consume", "failed_ioend_lock", flags)
    while mine:
        yield from iomap_finish_ioend_buffered(state, cpu, mine.pop(0))


def _detach(state: IO) -> Code:
    mine = list(state.failed_ioend_list)
    state.failed_ioend_list.clear()
    yield Step("consume", f"takes the list: {' '.join(mine) or 'nothing'}")
    return mine


def hand_over(design: Design) -> Mechanism:
    """Two writes fail, each with an interrupt on a CPU of its own; the worker is on CPU 1."""

    def disk(number: int) -> Callable[[IO], Code]:
        def end_bio(state: IO, cpu: Cpu, name: str) -> Code:
            return produce(state, cpu, name, design)

        return lambda state: end_io(state, number, f"disk {number + 1}", f"ioend {number + 1}", end_bio)

    def work(state: IO, cpu: Cpu) -> Code:
        return consume(state, cpu, design)

    tasks = (
        ("disk 1", (("interrupt", disk(0)),)),
        ("disk 2", (("interrupt", disk(1)),)),
        ("kworker", (("work", lambda state: kworker(state, state.cpus[1], work)),)),
    )
    return Mechanism(
        title=f"two writes are handed over: {', '.join(design)}",
        state=lambda: new_io("ioend 1", "ioend 2"),
        tasks=tasks,
        at_end=finished_once,
        everywhere=True,
        halted=on_cpu(kworker=1),
    )
