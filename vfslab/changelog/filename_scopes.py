"""24df85ffb971 and 22 more: a pathname is given back where its scope ends.

chroot(2) stands for them all, by hand and with a scope. What else it does is not known here.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from vfslab.blocks.scope import END, Body, Trail, faults, leaks, scoped
from vfslab.kernel.effects import Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides

ADDED = "a check that somebody adds"
ADDED_LOWER = "a check that somebody adds lower down"


def sys_chroot_by_hand(trail: Trail) -> Generator[Step, Any, str]:
    """What was taken is given back behind labels; each exit has to know to which it goes."""
    answer = "success"
    yield trail.take("chroot", "name")
    if trail.leaves(ADDED):
        return "EPERM"
    if trail.leaves("no such directory"):
        answer = "ENOENT"
    else:
        yield trail.take("chroot", "path")
        if trail.leaves(ADDED_LOWER):
            return "EPERM"
        if trail.leaves("no CAP_SYS_CHROOT"):
            answer = "EPERM"
        else:
            yield Step("set_fs_root", "changes the root")
        yield trail.give("chroot", "path")
    yield trail.give("chroot", "name")
    return answer


@scoped
def sys_chroot(trail: Trail) -> Generator[Step, Any, str]:
    """The name is given back where its scope ends; the path still behind a label."""
    answer = "success"
    yield trail.declare("chroot", "name")
    yield trail.take("chroot", "name")
    if trail.leaves(ADDED):
        return "EPERM"
    if trail.leaves("no such directory"):
        return "ENOENT"
    yield trail.take("chroot", "path")
    if trail.leaves(ADDED_LOWER):
        return "EPERM"
    if trail.leaves("no CAP_SYS_CHROOT"):
        answer = "EPERM"
    else:
        yield Step("set_fs_root", "changes the root")
    yield trail.give("chroot", "path")
    return answer


SIDES: dict[str, Body] = {"before": sys_chroot_by_hand, "after": sys_chroot}


def _changing_root(side: str, leave_by: str) -> Mechanism:
    return Mechanism(
        title=f"chroot() leaves by {leave_by}",
        state=partial(Trail, leave_by),
        tasks=(("caller", (("chroot()", SIDES[side]),)),),
        rule=faults,
        at_end=leaks,
    )


CHROOT = Sides("24df85ffb971", _changing_root, (END, "no such directory", "no CAP_SYS_CHROOT", ADDED))


FIX = Fix(
    commit="24df85ffb971",
    title="allow to use CLASS() for struct filename *",
    author="Al Viro",
    date=DATE,
    since="before git",
    releases=RELEASES,
    what="each way out of a system call has to give its pathname back, and each new one can forget it",
    rule="a pathname is given back once on every exit, whichever exits are added",
    changed=(Changed(sys_chroot_by_hand, sys_chroot),),
    scenario=CHROOT,
    find=both(CHROOT),
    notebook="16-names-owners-scopes.ipynb",
    section="Scopes",
    no_evidence="no exit of then forgot it: the change is for those that will be added",
    area="vfs",
    others=(*commits("a9900a27dfe5"), *commits("70772cafff8b", "39537a335a61")),
    pull=PULL,
)
