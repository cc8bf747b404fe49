"""a6b9f5b2f04b: crossing a mount without locks asks once, not twice, whether there is anything to cross.

A path walk meets one name; another CPU may take the mount on it away meanwhile. How a whole path is walked is
not modelled, nor what an automount would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vfslab.blocks.hints import Profile, Score
from vfslab.kernel.effects import Acquire, Code, Release, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

COMMIT = "a6b9f5b2f04b"
OUTER, INNER = "handle_mounts: not managed", "__follow_mount_rcu: not managed"
CROSSED = "handle_mounts: crossed without locks"


@dataclass
class Dentry:
    """A name with something mounted on it, or nothing; ``managed`` stands for DCACHE_MANAGED_DENTRY."""

    managed: bool = False
    mounted: bool = False


@dataclass
class Walk:
    """Names that are walked over, and what came of it.

    ``mount_seq`` is the sequence count of mount_lock, odd while somebody changes mounts.
    """

    names: list[Dentry]
    no_xdev: bool = False
    mount_seq: int = 0
    arrived: list[str] = field(default_factory=list)
    possible: list[set[str]] = field(default_factory=list)
    locked_walks: int = 0
    scores: dict[str, Score] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        """The scores of the hints, to be added to."""
        return Profile(self.scores)


def where(dentry: Dentry) -> str:
    """Where a walk that holds mount_lock gets to."""
    return "the root of the mount" if dentry.mounted else "the directory itself"


# --- before and after


def __follow_mount_rcu_tested(walk: Walk, dentry: Dentry, m_seq: int) -> Code:
    """Asks again whether the dentry is managed, and calls it likely that not. Gives where it is, or None."""
    managed = dentry.managed
    yield Step("__follow_mount_rcu", f"reads d_flags: {'managed' if managed else 'not managed'}")
    if walk.profile.likely(INNER, not managed):
        return "the directory itself"
    if walk.no_xdev:
        return None
    return (yield from _loop(walk, dentry, managed, m_seq))


def __follow_mount_rcu(walk: Walk, dentry: Dentry, m_seq: int) -> Code:
    """The caller has asked, and what changes in between is noticed later. Gives where it is, or None."""
    managed = dentry.managed
    yield Step("__follow_mount_rcu", f"reads d_flags: {'managed' if managed else 'not managed'}")
    if walk.no_xdev:
        return None
    return (yield from _loop(walk, dentry, managed, m_seq))


def _loop(walk: Walk, dentry: Dentry, managed: bool, m_seq: int) -> Code:
    if not managed:
        return "the directory itself"
    mounted = dentry.mounted
    yield Step("__lookup_mnt", f"{'a mount' if mounted else 'no mount'} is found")
    if mounted:
        return "the root of the mount"
    return None if walk.mount_seq != m_seq else "the directory itself"


Follow = Callable[[Walk, Dentry, int], Code]
FOLLOW: dict[str, Follow] = {"before": __follow_mount_rcu_tested, "after": __follow_mount_rcu}


# --- the walk around it, and who may be in its way


def handle_mounts(follow: Follow, number: int, walk: Walk) -> Code:
    """Cross what is mounted on a name: without locks, and with them where that cannot be relied upon."""
    dentry = walk.names[number]
    walk.possible.append({where(dentry)})
    m_seq = walk.mount_seq
    managed = dentry.managed
    yield Step("handle_mounts", f"reads d_flags: {'managed' if managed else 'not managed'}")
    arrived: str | None = "the directory itself"
    if not walk.profile.likely(OUTER, not managed):
        arrived = yield from follow(walk, dentry, m_seq)
        walk.profile.likely(CROSSED, arrived is not None)
    # an odd count is that of a change under way
    if arrived is None or walk.mount_seq != m_seq or m_seq % 2:
        yield Acquire("traverse_mounts", "mount_lock")
        arrived = where(dentry)
        walk.locked_walks += 1
        if walk.no_xdev and dentry.mounted:
            arrived = "EXDEV"
        yield Release("traverse_mounts", "mount_lock")
    walk.arrived.append(arrived)
    yield Step("handle_mounts", f"arrives: {arrived}")


def umount(walk: Walk) -> Code:
    """Take the mount off the first name: out of the table, then the flag, in one write section."""
    dentry = walk.names[0]
    yield Acquire("umount_tree", "mount_lock")
    walk.mount_seq += 1
    yield Step("umount_tree", "begins to change mounts: the sequence count is odd")
    dentry.mounted = False
    yield Step("unhash_mnt", "the mount is out of the table")
    dentry.managed = False
    yield Step("__put_mountpoint", "DCACHE_MOUNTED is cleared")
    walk.mount_seq += 1
    yield Step("umount_tree", "has changed mounts: the sequence count is even")
    for possible in walk.possible:
        possible.add(where(dentry))
    yield Release("umount_tree", "mount_lock")


def as_with_locks(walk: Walk) -> Iterator[str]:
    """A rule: a walk arrives where one with locks would have, at some time while it was under way."""
    for arrived, possible in zip(walk.arrived, walk.possible, strict=False):
        allowed = {"EXDEV" if walk.no_xdev and "root" in place else place for place in possible}
        if arrived not in allowed:
            yield f"the walk arrives at {arrived}, and with locks at {' or '.join(sorted(allowed))}"


def misleading_hint(walk: Walk) -> Iterator[str]:
    """A rule: a hint is right at least as often as it is wrong."""
    for branch, score in walk.profile.misleading().items():
        yield f"the hint at {branch!r} is right {score.right} times and wrong {score.wrong} times"


class Lookups(NamedTuple):
    """How many names are walked over with nothing on them, and how many with a mount."""

    plain: int
    mounts: int

    def walk(self) -> Walk:
        return Walk([Dentry(True, True) for _ in range(self.mounts)] + [Dentry() for _ in range(self.plain)])


def scores(side: str, lookups: Lookups) -> dict[str, Score]:
    """How often each hint was right and wrong."""
    walk = lookups.walk()
    for number in range(len(walk.names)):
        for _ in handle_mounts(FOLLOW[side], number, walk):
            pass
    return walk.scores


def walks(side: str, counts: tuple[int, int]) -> Mechanism:
    """One task walks over all the names."""
    lookups = Lookups(*counts)
    calls = tuple(
        (f"walk over name {number}", partial(handle_mounts, FOLLOW[side], number))
        for number in range(sum(counts))
    )
    return Mechanism(
        title=f"{lookups.plain} plain names and {lookups.mounts} mount points",
        state=lookups.walk,
        tasks=(("walker", calls),),
        rule=as_with_locks,
        at_end=misleading_hint,
    )


SIDES = Sides(COMMIT, walks, ((6, 2), (8, 0), (5, 1)))


def race(side: str, no_xdev: bool, ended: Callable[[Walk], None] = lambda walk: None) -> Mechanism:
    """A walker over a mount point, and somebody who takes the mount away; ``ended`` is told each end."""

    def at_end(walk: Walk) -> Iterator[str]:
        ended(walk)
        yield from as_with_locks(walk)

    return Mechanism(
        title="a walk over a mount point that goes away",
        state=lambda: Walk([Dentry(True, True)], no_xdev),
        tasks=(
            ("walker", (("openat2(2)", partial(handle_mounts, FOLLOW[side], 0)),)),
            ("umount", (("umount(2)", umount),)),
        ),
        at_end=at_end,
        everywhere=True,
    )


RACE = Sides(COMMIT, race, (False, True))


def outcomes(side: str, no_xdev: bool) -> dict[str, set[int]]:
    """Where the walk of the race may arrive, and with how many walks with locks: over all orders."""
    found: dict[str, set[int]] = {}

    def ended(walk: Walk) -> None:
        found.setdefault(walk.arrived[0], set()).add(walk.locked_walks)

    explored = race(side, no_xdev, ended).explore()
    assert explored.complete and explored.broken is None, explored
    return found


FIX = Fix(
    commit=COMMIT,
    title="fs/namei: Remove redundant DCACHE_MANAGED_DENTRY check in __follow_mount_rcu",
    author="Breno Leitao",
    date="2026-01-05",
    since="not known",
    releases=("7.0-rc1",),
    what="whoever comes to the second test has been found managed by the first; its hint says the opposite",
    rule="a hint is right at least as often as it is wrong",
    changed=(Changed(__follow_mount_rcu_tested, __follow_mount_rcu),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="15-counting-the-cost.ipynb",
    section="Always wrong",
    no_evidence="only kernels built with CONFIG_PROFILE_ANNOTATED_BRANCHES count hints, and none is at hand",
    area="vfs",
)
