"""3685744afa4a: a range of character devices is reserved, with the lock and the memory in scopes.

What a range is, and which of them overlap, is not known here: only the ways out, and what is given back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from vfslab.blocks.scope import END, Body, Trail, faults, leaks, scoped
from vfslab.kernel.effects import Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

FUNCTION = "__register_chrdev_region"
ADDED = "a check that somebody adds"


def __register_chrdev_region_by_hand(trail: Trail) -> Generator[Step, Any, str]:
    """What was taken is given back at a label behind the end, and once more at the end itself."""
    if trail.leaves("a bad argument"):
        return "EINVAL"
    if trail.leaves("no memory"):
        return "ENOMEM"
    yield trail.take(FUNCTION, "cd")
    yield trail.take(FUNCTION, "chrdevs_lock")
    failed = trail.leaves("no dynamic number") or trail.leaves("an overlap")
    if failed:
        yield trail.give(FUNCTION, "chrdevs_lock")
        yield trail.give(FUNCTION, "cd")
        return "EBUSY"
    if trail.leaves(ADDED):
        return "EPERM"
    yield trail.hand_over(FUNCTION, "cd")
    yield trail.give(FUNCTION, "chrdevs_lock")
    return "cd"


@scoped
def __register_chrdev_region(trail: Trail) -> Generator[Step, Any, str]:
    """The lock is given back where its scope ends, then the memory, unless it was handed over."""
    yield trail.declare(FUNCTION, "cd")
    if trail.leaves("a bad argument"):
        return "EINVAL"
    if trail.leaves("no memory"):
        return "ENOMEM"
    yield trail.take(FUNCTION, "cd")
    yield trail.guard(FUNCTION, "chrdevs_lock")
    failed = trail.leaves("no dynamic number") or trail.leaves("an overlap")
    if failed:
        return "EBUSY"
    if trail.leaves(ADDED):
        return "EPERM"
    yield trail.hand_over(FUNCTION, "cd")
    return "cd"


def twin(order: tuple[str, ...]) -> Body:
    """The same with memory that may be freed under the lock alone, its variables declared in an order of
    "cd" and "chrdevs_lock". Raises ValueError for another order."""
    if sorted(order) != ["cd", "chrdevs_lock"]:
        raise ValueError("an order of 'cd' and 'chrdevs_lock' is asked for")

    @scoped
    def unlinking_twin(trail: Trail) -> Generator[Step, Any, str]:
        declare: dict[str, Callable[[], Step]] = {
            "cd": partial(trail.declare, FUNCTION, "cd", under="chrdevs_lock"),
            "chrdevs_lock": partial(trail.guard, FUNCTION, "chrdevs_lock"),
        }
        for what in order:
            yield declare[what]()
        yield trail.take(FUNCTION, "cd")
        if trail.leaves("an overlap"):
            return "EBUSY"
        yield trail.hand_over(FUNCTION, "cd")
        return "cd"

    return unlinking_twin


SIDES: dict[str, Body] = {
    "before": __register_chrdev_region_by_hand,
    "after": __register_chrdev_region,
    "the twin": twin(("cd", "chrdevs_lock")),
}

EXITS = ("a bad argument", "no memory", "no dynamic number", "an overlap", END)


def _registering(side: str, leave_by: str) -> Mechanism:
    return Mechanism(
        title=f"a range is reserved, and left by {leave_by}",
        state=partial(Trail, leave_by),
        tasks=(("caller", ((f"{FUNCTION}()", SIDES[side]),)),),
        rule=faults,
        at_end=leaks,
    )


REGION = Sides("3685744afa4a", _registering, (*EXITS, ADDED), other=("the twin",))


FIX = Fix(
    commit="3685744afa4a",
    title="chardev: Switch to guard(mutex) and __free(kfree)",
    author="chen zhang",
    date="2025-12-15",
    since="before git",
    releases=("7.0-rc1",),
    what="each way out has to free the record and give the lock back, and each new one can forget it",
    rule="on every exit the lock is given back once, and the record is freed unless it was linked",
    changed=(Changed(__register_chrdev_region_by_hand, __register_chrdev_region),),
    scenario=REGION,
    find=both(REGION),
    notebook="16-names-owners-scopes.ipynb",
    section="The order of destructors",
    no_evidence="both versions do the same on all their exits: the change is for those that will be added",
    area="vfs",
)
