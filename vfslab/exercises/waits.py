"""Exercises of notebook 13: interrupts, hand-overs, and rings of waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vfslab.blocks.lockcheck import LockCheck
from vfslab.blocks.waitgraph import WaitGraph
from vfslab.changelog.ext4_reallocation import kernel
from vfslab.changelog.failed_ioends import MERGED, Design, hand_over
from vfslab.drive.schedule import Schedule

from .exercise import Exercise

LOST = "was finished 0 times"


def _design(answer: Any) -> Design:
    if not isinstance(answer, (list, tuple)) or len(answer) != 3:
        raise ValueError("three words are wanted: when the work is queued, where, and the worker's lock")
    return Design.of(*answer)


def _other_right_design(answer: Any) -> str | None:
    design = _design(answer)
    if design == MERGED:
        return "that is what was merged. Change a word."
    broken = hand_over(design).explore().broken
    return None if broken is None else f"explore found: {broken}."


def _losing_design(answer: Any) -> str | None:
    broken = hand_over(_design(answer)).explore().broken
    if broken is None:
        return "every write is finished, in all orders."
    return None if LOST in broken else f"no write is lost, it ends otherwise: {broken}."


def _lines(answer: Any) -> LockCheck:
    """The lines, told to a LockCheck. Raises ValueError for what are no lines."""
    if not isinstance(answer, (list, tuple)) or not answer:
        raise ValueError("a list of lines is wanted, each (context, interrupts on, locks)")
    check = LockCheck()
    for number, line in enumerate(answer, 1):
        if not isinstance(line, (list, tuple)) or len(line) != 3:
            raise ValueError(f"line {number} is not (context, interrupts on, locks)")
        context, hardirqs, locks = line
        if context not in ("task", "hardirq") or not isinstance(locks, (list, tuple)):
            raise ValueError(f"line {number}: the context is 'task' or 'hardirq', the locks are a list")
        for lock in locks:
            check.acquire(0, str(lock), where=f"line {number}", context=context, hardirqs=bool(hardirqs))
        for lock in reversed(locks):
            check.release(0, str(lock), context=context)
    return check


def _unsafe_below(answer: Any) -> str | None:
    reports = _lines(answer).reports()
    if not reports:
        return "lockcheck has nothing to report."
    kinds = {report.partition(":")[0] for report in reports}
    if kinds != {"hardirq-unsafe lock order"}:
        return f"what is reported is another thing: {reports[0]}."
    return None


def ring() -> frozenset[tuple[str, str]]:
    """Who waits for whom where the old ext4 meets the new VFS, as the search finds it."""
    world = kernel("new VFS", "old ext4")
    schedule = Schedule(world())
    for choice in world.explore().path:
        schedule.take(choice)
    cycle = schedule.kernel.graph.cycle()
    return frozenset((edge.task, edge.holder) for edge in cycle or ())


def _the_ring(answer: Any) -> str | None:
    if not isinstance(answer, (list, tuple)) or not answer:
        raise ValueError("a list of (task, what it waits for, who holds that) is wanted")
    if not all(isinstance(edge, (list, tuple)) and len(edge) == 3 for edge in answer):
        raise ValueError("each is (task, what it waits for, who holds that)")
    cycle = WaitGraph.of([tuple(map(str, edge)) for edge in answer]).cycle()  # type: ignore[misc]
    if cycle is None:
        return "these waits make no ring: somebody goes on, and then all do."
    found = frozenset((edge.task, edge.holder) for edge in cycle)
    if found != ring():
        return f"that is a ring, {cycle}, and not the one that the search finds."
    return None


def _exercise(key: str, question: str, judge: Callable[[Any], str | None], *rest: Any) -> Exercise:
    hint, because, reference = rest
    return Exercise(key=key, question=question, judge=judge, hint=hint, because=because, reference=reference)


EXERCISES = (
    _exercise(
        "13.1",
        "What was merged is not the only way to hand over. Give another design, as three words, in which "
        "every failed write is finished once in every order.",
        _other_right_design,
        "Does it matter when the work is queued, as long as it is?",
        "A wake-up that comes late, or twice, costs a little time. One that does not come costs the write.",
        ("list was empty", "behind the lock", "spin_lock_irqsave"),
    ),
    _exercise(
        "13.2",
        "Now give a design that hangs nobody and loses a write.",
        _losing_design,
        "When has the worker taken the list, and not ended yet?",
        "The worker runs, so nobody wakes it; but it has its list already, and looks at no other.",
        ("worker is idle", "inside the lock", "spin_lock_irqsave"),
    ),
    _exercise(
        "13.3",
        "Tell lockcheck of lines of code, each `(context, interrupts on, [locks one inside the other])`, so "
        "that it reports although no class is both taken in an interrupt and held with interrupts on.",
        _unsafe_below,
        "Two classes are enough: one that handlers take, and under it, somewhere, one that they never take.",
        "The interrupt comes while the inner lock is held, and wants the outer; its holder wants the inner.",
        [("hardirq", False, ["a"]), ("task", False, ["a", "b"]), ("task", True, ["b"])],
    ),
    _exercise(
        "13.4",
        "Old ext4, new VFS: give the ring, as a list of `(task, what it waits for, who holds that)`. The "
        "tasks are `evict`, `create` and `jbd2`.",
        _the_ring,
        "Begin with `create`, which waits in insert_inode_locked(). Who is to end that wait?",
        "The new wait starts wherever insert_inode_locked() is called, with all that its caller holds.",
        [
            ("create", "the inode to leave the hash", "evict"),
            ("evict", "the commit", "jbd2"),
            ("jbd2", "the handle", "create"),
        ],
    ),
)
