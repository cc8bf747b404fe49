"""6784f2747225: a hint that was right where it stood first, and wrong ever since it stands second.

Only the tests that every access to an inode goes through are modelled, and how often their hints are right.
What the rules of a device cgroup allow is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vfslab.blocks.hints import Profile, Score
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

COMMIT = "6784f2747225"
NOT_SPECIAL, NO_NUMBER = "neither block nor character special", "no device number"


class Inode(NamedTuple):
    """What the test asks of an inode: is it a special file, and of which device?"""

    kind: str
    special: bool = False
    i_rdev: int = 0


REGULAR = Inode("a regular file")
DEVICE = Inode("a device", special=True, i_rdev=0x103)
WHITEOUT = Inode("a whiteout", special=True)  # overlayfs: a character special file of device 0


@dataclass
class Accesses:
    """What a workload has come to: the hints' scores, and how many accesses were really checked."""

    scores: dict[str, Score] = field(default_factory=dict)
    checked: int = 0

    @property
    def profile(self) -> Profile:
        """The same scores, to be added to."""
        return Profile(self.scores)


def devcgroup_inode_permission_hinted(state: Accesses, inode: Inode) -> str:
    """Both early returns are called likely."""
    if state.profile.likely(NOT_SPECIAL, not inode.special):
        return "not asked: no special file"
    if state.profile.likely(NO_NUMBER, not inode.i_rdev):
        return "not asked: no number"
    state.checked += 1
    return "asked"


def devcgroup_inode_permission(state: Accesses, inode: Inode) -> str:
    """Only the first is."""
    if state.profile.likely(NOT_SPECIAL, not inode.special):
        return "not asked: no special file"
    if not inode.i_rdev:
        return "not asked: no number"
    state.checked += 1
    return "asked"


def devcgroup_inode_permission_number_first(state: Accesses, inode: Inode) -> str:
    """As it was before 4ef4ac360101: the number first, and then the hint was right."""
    if state.profile.likely(NO_NUMBER, not inode.i_rdev):
        return "not asked: no number"
    if not inode.special:
        return "not asked: no special file"
    state.checked += 1
    return "asked"


Test = Callable[[Accesses, Inode], str]
TESTS: dict[str, Test] = {
    "before": devcgroup_inode_permission_hinted,
    "after": devcgroup_inode_permission,
    "number first": devcgroup_inode_permission_number_first,
}


class Workload(NamedTuple):
    """How many accesses to which kind of inode."""

    regular: int
    devices: int = 0
    whiteouts: int = 0

    @property
    def inodes(self) -> list[Inode]:
        return [REGULAR] * self.regular + [DEVICE] * self.devices + [WHITEOUT] * self.whiteouts


def scores(side: str, workload: Workload) -> dict[str, Score]:
    """How often each hint was right and wrong in a workload."""
    state = Accesses()
    for inode in workload.inodes:
        TESTS[side](state, inode)
    return state.scores


def misleading_hint(state: Accesses) -> Iterator[str]:
    """A rule: a hint is right at least as often as it is wrong."""
    for branch, score in state.profile.misleading().items():
        yield f"the hint at {branch!r} is right {score.right} times and wrong {score.wrong} times"


def accesses(side: str, counts: tuple[int, int, int]) -> Mechanism:
    """A task that makes all the accesses of a workload."""
    workload = Workload(*counts)

    def inode_permission(inode: Inode, state: Accesses) -> Code:
        yield Step("devcgroup_inode_permission", f"{inode.kind} is {TESTS[side](state, inode)}")

    calls = tuple((f"open {inode.kind}", partial(inode_permission, inode)) for inode in workload.inodes)
    return Mechanism(
        title=f"{workload.regular} regular files, {workload.devices} devices, {workload.whiteouts} whiteouts",
        state=Accesses,
        tasks=(("task", calls),),
        at_end=misleading_hint,
    )


WORKLOADS = ((9, 1, 0), (9, 0, 0), (8, 0, 1), (8, 1, 1), (7, 2, 1))
SIDES = Sides(COMMIT, accesses, WORKLOADS, other=("number first",))

FIX = Fix(
    commit=COMMIT,
    title="device_cgroup: remove branch hint after code refactor",
    author="Breno Leitao",
    date="2026-01-07",
    since="4ef4ac360101",
    releases=("7.0-rc1",),
    what="who has passed the first test is a special file, and special files without a number are rare",
    rule="a hint is right at least as often as it is wrong",
    changed=(Changed(devcgroup_inode_permission_hinted, devcgroup_inode_permission),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="15-counting-the-cost.ipynb",
    section="A hint that outlived its code",
    no_evidence="only kernels built with CONFIG_PROFILE_ANNOTATED_BRANCHES count hints, and none is at hand",
    area="vfs",
)
