"""9b8a0ba68246: OPEN_TREE_NAMESPACE, a mount namespace made of one tree instead of a copy of everything.

The algorithm is kernel code; here are the two ways to a container's root, and what each of them costs.
"""

from __future__ import annotations

from typing import NamedTuple

from vfslab.kernel import Acquire, Release, Step
from vfslab.kernel.create_namespace import create_new_namespace
from vfslab.kernel.effects import NAMESPACE_SEM
from vfslab.model import Model
from vfslab.scenario import Scenario
from vfslab.shell.session import Session

from .facts import facts
from .fix import Changed, Fix
from .search import explored, refusals

COMMIT = "9b8a0ba68246"
SCENARIO = Scenario(
    "sh1# mkdir /srv\nsh1# mount -t tmpfs S /srv\nsh1# N = openat AT_FDCWD /proc/self/ns/mnt 0\n",
    (("sh1", ("N = open_tree AT_FDCWD /srv OPEN_TREE_NAMESPACE", "setns N CLONE_NEWNS")),),
)
BY_TREE = ("N = open_tree AT_FDCWD /srv OPEN_TREE_NAMESPACE", "setns N CLONE_NEWNS")
CLASSIC = (
    "syscall unshare CLONE_NEWNS",
    "mount --make-rprivate /",
    "mount --rbind /srv /srv",
    "cd /srv",
    "pivot_root . .",
    "umount -l .",
)


class Bill(NamedTuple):
    """What a way to a container's root costs in a namespace that shows ``visible`` mounts.

    ``created`` and ``freed`` are mounts, until the program of the container could start; ``sections`` how
    often namespace_sem is taken exclusively, ``steps`` the changes that are made while it is held.
    """

    visible: int
    created: int
    freed: int
    sections: int
    steps: int


def bill(commands: tuple[str, ...], visible: int, release: str = "7.0") -> Bill:
    """Count what the commands cost. ``visible`` is 2 at least: the root, and /srv."""
    if visible < 2:
        raise ValueError("a container's root is a second mount: visible is 2 at least")
    with Model(release, recording=True) as model:
        session = Session(model)
        session.run_transcript("sh1# mkdir /srv /other\nsh1# mount -t tmpfs S /srv\n")
        # somebody stays behind, or the old namespace would go too
        session.start("sh2")
        for number in range(visible - 2):
            session.run_transcript(f"sh1# mkdir /other/{number}\nsh1# mount -t tmpfs O /other/{number}\n")
        model.timelines.clear()
        last = model.kernel.last_mount_id
        before = len(model.kernel.mounts)
        for command in commands:
            result = session.run("sh1", command)
            if result.status:
                raise ValueError(f"{command}: {result.stderr.strip()}")
        created = model.kernel.last_mount_id - last
        sections = steps = 0
        for timeline in model.timelines:
            held = False
            for frame in timeline:
                effect = frame.effect
                if isinstance(effect, Acquire) and effect.lock == NAMESPACE_SEM and not effect.shared:
                    held, sections = True, sections + 1
                elif isinstance(effect, Release) and effect.lock == NAMESPACE_SEM:
                    held = False
                elif held and isinstance(effect, Step):
                    steps += 1
        return Bill(visible, created, before + created - len(model.kernel.mounts), sections, steps)


def measured(kernel: str, way: str) -> list[tuple[float, float]]:
    """What a kernel took, in milliseconds, by the number of mounts that it showed: the recorded times.

    ``way`` is "unshare", "classic" or "OPEN_TREE_NAMESPACE". Raises KeyError for a kernel without recording.
    """
    rows = facts("cost")[kernel]["by_size_of_the_table"]
    return [(row["mounts_visible"], sum(row[way]["microseconds"].values()) / 1000) for row in rows]


FIX = Fix(
    commit=COMMIT,
    title="mount: add OPEN_TREE_NAMESPACE",
    author="Christian Brauner",
    date="2025-12-29",
    since="namespaces themselves: a new one is a copy of everything",
    releases=("7.0-rc1",),
    what="a container start copies every mount of the machine to throw nearly all of them away",
    rule="a namespace can be made of the tree that it is to show, and of nothing else",
    changed=(Changed(None, create_new_namespace),),
    scenario=SCENARIO,
    find=explored(SCENARIO, COMMIT, refusals),
    notebook="06-one-lock.ipynb",
    section="What the call is for",
    evidence=("new-namespaces/open-tree-namespace",),
    reproducers=("open_tree_namespace", "cost"),
    covers=("selftests/open_tree: add OPEN_TREE_NAMESPACE tests",),
)
