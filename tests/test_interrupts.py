"""Interrupts: what stands still, what hangs, and what keeps them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from vfslab.blocks.interrupts import (
    Cpu,
    interrupt,
    spin_lock,
    spin_lock_irqsave,
    spin_unlock,
    spin_unlock_irqrestore,
)
from vfslab.drive.run import run
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism


@dataclass
class Machine:
    cpu: Cpu = field(default_factory=lambda: Cpu(0))
    other: Cpu = field(default_factory=lambda: Cpu(1))
    trail: list[str] = field(default_factory=list)


def plain(state: Machine, cpu: Cpu, who: str) -> Code:
    yield from spin_lock(cpu, who, "lock")
    state.trail.append(who)
    yield Step(who, "is inside")
    yield from spin_unlock(cpu, who, "lock")


def saving(state: Machine, cpu: Cpu, who: str) -> Code:
    flags = yield from spin_lock_irqsave(cpu, who, "lock")
    state.trail.append(who)
    yield Step(who, "is inside")
    yield from spin_unlock_irqrestore(cpu, who, "lock", flags)


Section = Callable[[Machine, Cpu, str], Code]


def two(task: Section, handler: Section, where: str) -> Mechanism:
    def disk(state: Machine) -> Code:
        cpu: Cpu = getattr(state, where)
        yield from interrupt(cpu, "disk", lambda: handler(state, cpu, "handler"))

    return Mechanism(
        title="a lock in a task and in an interrupt",
        state=Machine,
        tasks=(
            ("task", (("task()", lambda state: task(state, state.cpu, "task")),)),
            ("disk", (("disk()", disk),)),
        ),
        everywhere=True,
        halted=lambda state, name: state.cpu.handler if name == "task" else None,
    )


@pytest.mark.parametrize(
    ("task", "handler", "where", "hangs"),
    [
        (plain, plain, "cpu", True),
        (plain, saving, "cpu", True),
        (saving, plain, "cpu", False),
        (saving, saving, "cpu", False),
        (plain, plain, "other", False),
    ],
)
def test_who_hangs(task: Section, handler: Section, where: str, hangs: bool) -> None:
    found = two(task, handler, where).explore()
    words = "deadlock: task waits for its CPU, which disk holds; disk waits for lock, which task holds"
    assert found.broken == (words if hangs else None)
    assert found.complete != hangs


@pytest.mark.parametrize(("where", "broken"), [("cpu", None), ("other", "the task ran during the handler")])
def test_an_interrupt_has_its_cpu_to_itself(where: str, broken: str | None) -> None:
    def handler(state: Machine, cpu: Cpu, who: str) -> Code:
        state.trail.append("handler")
        yield Step(who, "is at work")
        state.trail.remove("handler")

    def task(state: Machine, cpu: Cpu, who: str) -> Code:
        yield Step(who, "begins")
        state.trail.append("task")
        yield Step(who, "goes on")
        state.trail.remove("task")

    def together(state: Machine) -> list[str]:
        return ["the task ran during the handler"] if state.trail == ["handler", "task"] else []

    assert replace(two(task, handler, where), rule=together).explore().broken == broken


def test_lockcheck_is_told() -> None:
    state = Machine()
    state.other._lockcheck = state.cpu._lockcheck
    for code in (
        plain(state, state.cpu, "task"),
        interrupt(state.other, "disk", lambda: plain(state, state.other, "handler")),
    ):
        assert run(code).errno is None
    assert state.cpu._lockcheck.reports() == (
        "inconsistent lock state: lock is taken in hardirq by handler, and held with hardirqs on by task",
    )
    assert state.cpu.interrupts


def test_flags_are_restored_as_they_were() -> None:
    cpu = Cpu(0, interrupts=False)
    state = Machine(cpu)
    run(saving(state, cpu, "task"))
    assert not cpu.interrupts
    cpu.interrupts = True
    run(saving(state, cpu, "task"))
    assert cpu.interrupts
