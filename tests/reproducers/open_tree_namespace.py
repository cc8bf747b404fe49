"""9b8a0ba68246, OPEN_TREE_NAMESPACE: what it builds, what it refuses, and what it shares with its source."""

import os
from collections.abc import Callable
from typing import Any

from mounts import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_RECURSIVE,
    CLONE_NEWNS,
    MS_SHARED,
    MS_UNBINDABLE,
    OPEN_TREE_CLONE,
    OPEN_TREE_NAMESPACE,
    SCRATCH,
    answer,
    apart,
    has_open_tree_namespace,
    listmount,
    mount,
    mounts_ever_made,
    new_user_namespace,
    open_tree,
    privately,
    report,
    setns,
    statmount,
    umount,
    unique_id,
    unshare,
)

SOURCE = f"{SCRATCH}/source"


def make_source() -> None:
    """A mount with /sub, /unbindable, /unbindable/inner, /deep mounted on it, and a file."""
    os.mkdir(SOURCE)
    for name in ("", "/sub", "/unbindable", "/unbindable/inner", "/deep"):
        mount("source", SOURCE + name, "tmpfs")
        for below in {"": ("sub", "unbindable", "deep"), "/unbindable": ("inner",)}.get(name, ()):
            os.mkdir(f"{SOURCE}{name}/{below}")
    os.close(os.open(f"{SOURCE}/file", os.O_CREAT))


def made(flags: int = 0) -> int:
    return open_tree(AT_FDCWD, SOURCE, OPEN_TREE_NAMESPACE | flags)


def seen(namespace: int) -> list[list[str]]:
    """The mounts that are listed of a namespace: where, on which mount, how it propagates."""
    rows = {mnt: statmount(mnt, fd=namespace) for mnt in listmount(fd=namespace)}
    return [
        [
            row["mnt_point"],
            rows[row["mnt_parent_id"]]["mnt_point"] if row["mnt_parent_id"] in rows else "not listed",
            row["propagation"],
        ]
        for row in rows.values()
    ]


def shape() -> dict[str, Any]:
    make_source()
    before = [unique_id("/"), unique_id("."), *listmount()]
    namespace = made(AT_RECURSIVE)
    unchanged = [unique_id("/"), unique_id("."), *listmount()] == before

    def inside() -> dict[str, Any]:
        setns(namespace)
        root = statmount(unique_id("/"))
        return {
            "root": root["fs_type"],
            "below_the_root": statmount(root["mnt_parent_id"])["fs_type"],
            "entries": sorted(os.listdir("/")),
        }

    start = mounts_ever_made()
    alone = made()
    return {
        "recursive": seen(namespace),
        "alone": seen(alone),
        "mounts_made_alone": mounts_ever_made() - start - 1,
        "inside": apart(inside),
        "caller_is_where_it_was": unchanged,
    }


def refusals() -> dict[str, str]:
    make_source()
    said = {
        "directory": answer(made),
        "with OPEN_TREE_CLONE": answer(made, OPEN_TREE_CLONE),
        "AT_RECURSIVE alone": answer(open_tree, AT_FDCWD, SOURCE, AT_RECURSIVE),
        "file": answer(open_tree, AT_FDCWD, f"{SOURCE}/file", OPEN_TREE_NAMESPACE),
    }
    detached = open_tree(AT_FDCWD, SOURCE, OPEN_TREE_CLONE)
    said["detached copy"] = answer(open_tree, detached, "", OPEN_TREE_NAMESPACE | AT_EMPTY_PATH)
    mount(None, f"{SOURCE}/unbindable", None, MS_UNBINDABLE)
    said["unbindable mount"] = answer(open_tree, AT_FDCWD, f"{SOURCE}/unbindable", OPEN_TREE_NAMESPACE)
    said["unbindable mount below"] = ", ".join(row[0] for row in seen(made(AT_RECURSIVE)))
    root = os.open("/", os.O_PATH)
    unshare(CLONE_NEWNS)
    said["mount of another namespace"] = answer(open_tree, root, "", OPEN_TREE_NAMESPACE | AT_EMPTY_PATH)
    return said


def ways_of_propagation() -> dict[str, Any]:
    """The source is shared; who sees what is mounted later?"""
    make_source()
    mount(None, SOURCE, None, MS_SHARED)

    def later() -> dict[str, Any]:
        namespace = made()
        (root,) = listmount(fd=namespace)
        copy = statmount(root, fd=namespace)["propagation"]
        os.mkdir(f"{SOURCE}/late")
        apart(mount_late)
        return {"copy": copy, "mounts_after_one_in_the_source": len(listmount(fd=namespace))}

    def mount_late() -> None:
        mount("late", f"{SOURCE}/late", "tmpfs")

    return {"same_owner": apart(later), **{"another_owner": apart(as_another_owner)}}


def as_another_owner() -> dict[str, Any]:
    """A new user namespace that stays in the mount namespace of its parent."""
    new_user_namespace()
    said = {
        "OPEN_TREE_CLONE": answer(open_tree, AT_FDCWD, SOURCE, OPEN_TREE_CLONE),
        "mount": answer(mount, "more", SOURCE, "tmpfs"),
    }
    namespace = made(AT_RECURSIVE)
    setns(namespace)
    tries: dict[str, Callable[[], Any]] = {
        "umount of a mount below": lambda: umount("/sub"),
        "umount of the root": lambda: umount("/"),
        "the root alone, once more": lambda: open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE),
    }
    return {
        **said,
        "copy": statmount(unique_id("/"))["propagation"],
        **{name: answer(attempt) for name, attempt in tries.items()},
    }


known = privately(has_open_tree_namespace)
facts = {"open_tree_namespace_known": known}
if known:
    for name, experiment in (("shape", shape), ("answers", refusals), ("shared_source", ways_of_propagation)):
        facts[name] = privately(experiment)
report(facts)
