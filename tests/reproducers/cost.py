"""9b8a0ba68246, OPEN_TREE_NAMESPACE: mounts made and time taken to start a container, as the mount table grows.

Each recipe runs in a process of its own, several times; the times are those of its fastest run, call by call,
in microseconds. They are the one part of the answers that another run changes.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from mounts import (
    AT_FDCWD,
    AT_RECURSIVE,
    CLONE_NEWNS,
    MS_BIND,
    MS_PRIVATE,
    MS_REC,
    OPEN_TREE_NAMESPACE,
    SCRATCH,
    apart,
    call,
    fs_context,
    mount,
    mounts_ever_made,
    name_of,
    open_tree,
    privately,
    report,
    setns,
    umount,
    unshare,
)

MOUNTS_ADDED = (0, 30, 100, 300, 1000, 3000)
REPEATS = 3
NEW_ROOT = f"{SCRATCH}/root"
UNSHARE_EMPTY_MNTNS, FSMOUNT_NAMESPACE = 0x00100000, 2

Step = tuple[str, Callable[[], Any]]


def unshare_alone() -> list[Step]:
    return [("unshare", lambda: unshare(CLONE_NEWNS))]


def classic() -> list[Step]:
    """As container runtimes did it before 7.0."""
    return [
        ("unshare", lambda: unshare(CLONE_NEWNS)),
        ("make private", lambda: mount(None, "/", None, MS_REC | MS_PRIVATE)),
        ("bind", lambda: mount(NEW_ROOT, NEW_ROOT, None, MS_BIND | MS_REC)),
        ("chdir", lambda: os.chdir(NEW_ROOT)),
        ("pivot_root", lambda: call("pivot_root", b".", b".")),
        ("umount", lambda: umount(".")),
    ]


def tree_namespace() -> list[Step]:
    fds: list[int] = []
    flags = OPEN_TREE_NAMESPACE | AT_RECURSIVE
    return [
        ("open_tree", lambda: fds.append(open_tree(AT_FDCWD, NEW_ROOT, flags))),
        ("setns", lambda: setns(fds[0])),
    ]


def fsmount_namespace() -> list[Step]:
    fds: list[int] = []
    return [
        ("fsopen, fsconfig", lambda: fds.append(fs_context("tmpfs"))),
        ("fsmount", lambda: fds.append(call("fsmount", fds[0], FSMOUNT_NAMESPACE, 0))),
        ("setns", lambda: setns(fds[1])),
    ]


def empty_namespace() -> list[Step]:
    return [("unshare", lambda: unshare(UNSHARE_EMPTY_MNTNS))]


RECIPES = {
    "unshare": unshare_alone,
    "classic": classic,
    "OPEN_TREE_NAMESPACE": tree_namespace,
    "FSMOUNT_NAMESPACE": fsmount_namespace,
    "UNSHARE_EMPTY_MNTNS": empty_namespace,
}


def started(recipe: Callable[[], list[Step]]) -> dict[str, Any]:
    """Mounts made and microseconds a step, or the errno. Asking for the mounts made costs one."""
    before = mounts_ever_made()
    times = {}
    for name, step in recipe():
        start = time.perf_counter_ns()
        try:
            step()
        except OSError as error:
            return {"errno": f"{name}: {name_of(error)}"}
        times[name] = round((time.perf_counter_ns() - start) / 1000, 1)
    return {"mounts_made": mounts_ever_made() - before - 1, "microseconds": times}


def fastest(recipe: Callable[[], list[Step]]) -> dict[str, Any]:
    first, *others = [apart(started, recipe) for _ in range(REPEATS)]
    if "errno" in first:
        return first
    return min([first, *others], key=lambda run: sum(run["microseconds"].values()))


def growth() -> list[dict[str, Any]]:
    os.mkdir(NEW_ROOT)
    mount("root", NEW_ROOT, "tmpfs")
    os.mkdir(f"{SCRATCH}/many")
    rows, added = [], 0
    for wanted in MOUNTS_ADDED:
        for number in range(added, wanted):
            os.mkdir(f"{SCRATCH}/many/{number}")
            mount("many", f"{SCRATCH}/many/{number}", "tmpfs")
        added = wanted
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            visible = table.read().count("\n")
        recipes = {name: fastest(recipe) for name, recipe in RECIPES.items()}
        rows.append({"mounts_visible": visible, **recipes})
    return rows


report({"by_size_of_the_table": privately(growth)})
