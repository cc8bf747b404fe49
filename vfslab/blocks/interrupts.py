"""interrupts: CPUs on which an interrupt handler may come in between, and spinlocks that keep it out.

While a handler runs on a CPU, nothing else does. What handlers do, and which locks there are, is not
known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vfslab.kernel.effects import Acquire, Code, Release, Step, Wait

from .lockcheck import Context, LockCheck


@dataclass
class Cpu:
    """A CPU: whether interrupts may come, and the handler that runs on it.

    Where there are several they share one ``_lockcheck``, which is told all locks.
    """

    number: int
    interrupts: bool = True
    handler: str | None = None
    _lockcheck: LockCheck = field(default_factory=LockCheck)

    @property
    def context(self) -> Context:
        """Of whoever runs on it now: while there is a handler, that is it."""
        return "task" if self.handler is None else "hardirq"

    def acquire(self, function: str, lock: str) -> None:
        """Tell ``_lockcheck`` that ``function`` goes for the lock."""
        self._lockcheck.acquire(
            self.number, lock, where=function, context=self.context, hardirqs=self.interrupts
        )

    def release(self, lock: str) -> None:
        """Tell it that the lock is given back. Raises ValueError where it is not held."""
        self._lockcheck.release(self.number, lock, context=self.context)


def spin_lock(cpu: Cpu, function: str, lock: str) -> Code:
    """Take the lock; interrupts are left as they are."""
    cpu.acquire(function, lock)
    yield Acquire(function, lock)


def spin_unlock(cpu: Cpu, function: str, lock: str) -> Code:
    """Give the lock back. Raises ValueError where it is not held."""
    cpu.release(lock)
    yield Release(function, lock)


def spin_lock_irqsave(cpu: Cpu, function: str, lock: str) -> Code:
    """Keep interrupts out of this CPU, then take the lock. Returns whether they could come before."""
    flags = cpu.interrupts
    cpu.interrupts = False
    yield from spin_lock(cpu, function, lock)
    return flags


def spin_unlock_irqrestore(cpu: Cpu, function: str, lock: str, flags: bool) -> Code:
    """Give the lock back, then let interrupts come again if they could before."""
    yield from spin_unlock(cpu, function, lock)
    cpu.interrupts = flags


def interrupt(cpu: Cpu, name: str, handler: Callable[[], Code]) -> Code:
    """The interrupt ``name``: waits until it may come, then has the CPU to itself until its end."""
    yield Wait(
        name,
        f"CPU {cpu.number} to let interrupts in",
        lambda: cpu.interrupts and cpu.handler is None,
        lambda: cpu.handler or f"whoever runs on CPU {cpu.number}",
    )
    cpu.handler = name
    yield Step(name, f"comes on CPU {cpu.number}: what ran there stands still")
    yield from handler()
    cpu.handler = None
    yield Step(name, f"returns: CPU {cpu.number} goes on where it was")
