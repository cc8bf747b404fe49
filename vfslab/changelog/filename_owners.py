"""e6d50234ccb9 and twelve more: workers borrow pathnames, they do not consume them.

A caller imports two names and has a worker rename with them. What is renamed is not known here, only
who gives which name back, on which exit.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from vfslab.blocks.scope import Body, Trail, exits, faults, leaks, scoped
from vfslab.kernel.effects import Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides

OWN_CHECK = "a check of the caller's own"


def do_renameat2(trail: Trail) -> Generator[Step, Any, str]:
    """Consumes its names: they are given back on all of its exits."""
    answer = "success"
    if trail.leaves("an unknown flag"):
        answer = "EINVAL"
    elif trail.leaves("no such directory"):
        answer = "ENOENT"
    else:
        yield Step("do_renameat2", "renames")
    yield trail.give("do_renameat2", "the new name")
    yield trail.give("do_renameat2", "the old name")
    return answer


def filename_renameat2(trail: Trail) -> Generator[Step, Any, str]:
    """Borrows its names: they are the caller's before and after."""
    if trail.leaves("an unknown flag"):
        return "EINVAL"
    if trail.leaves("no such directory"):
        return "ENOENT"
    yield Step("filename_renameat2", "renames")
    return "success"


def renameat2_leaving_it(worker: Body) -> Body:
    """A caller that leaves its names to the worker."""

    def renameat2(trail: Trail) -> Generator[Step, Any, str]:
        yield trail.take("renameat2", "the old name")
        yield trail.take("renameat2", "the new name")
        if trail.leaves(OWN_CHECK):
            return "EPERM"
        return (yield from worker(trail))

    return renameat2


def renameat2_in_scope(worker: Body) -> Body:
    """A caller that gives back what it took, on all of its exits."""

    @scoped
    def renameat2(trail: Trail) -> Generator[Step, Any, str]:
        yield trail.declare("renameat2", "the old name")
        yield trail.take("renameat2", "the old name")
        yield trail.declare("renameat2", "the new name")
        yield trail.take("renameat2", "the new name")
        if trail.leaves(OWN_CHECK):
            return "EPERM"
        return (yield from worker(trail))

    return renameat2


PAIRS = {
    "before": renameat2_in_scope(do_renameat2),
    "after": renameat2_in_scope(filename_renameat2),
    "left to the worker": renameat2_leaving_it(do_renameat2),
}


def _renaming(side: str, leave_by: str) -> Mechanism:
    return Mechanism(
        title=f"renameat2() leaves by {leave_by}",
        state=partial(Trail, leave_by),
        tasks=(("caller", (("renameat2()", PAIRS[side]),)),),
        rule=faults,
        at_end=leaks,
    )


EXITS = tuple(one.where for one in exits(PAIRS["after"]))
RENAME = Sides("e6d50234ccb9", _renaming, EXITS, other=("left to the worker",))


FIX = Fix(
    commit="e6d50234ccb9",
    title="non-consuming variant of do_renameat2()",
    author="Al Viro",
    date=DATE,
    since="5.11 (io_uring renames)",
    releases=RELEASES,
    what="what a caller owes for its names depends on whether it had handed them over when it failed",
    rule="who imported a name gives it back, once, on every exit",
    changed=(Changed(do_renameat2, filename_renameat2),),
    scenario=RENAME,
    find=both(RENAME),
    notebook="16-names-owners-scopes.ipynb",
    section="Borrow, do not consume",
    no_evidence="every caller kept to the rules of then; only who changes one feels the difference",
    area="vfs",
    others=(
        *commits("4bfe0692d698", "12b5bc2a0d33"),
        *commits("194c760b6acd", "0697b4f40069"),
        *commits("037193b0ae83", "5b9d406ff7cf"),
    ),
    pull=PULL,
)
