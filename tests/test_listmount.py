"""listmount(2): which mounts below one are listed, in which order, page by page, and every errno.

Asked of the model of each release and of the running kernel.
"""

from __future__ import annotations

import pytest

from call_cases import (
    Case,
    for_the_running_kernel,
    in_every_release,
    nothing_changes,
    says,
    the_model_answers,
    the_running_kernel_answers,
)
from vfslab.kernel import flags as f
from vfslab.model import Model
from vfslab.shell.session import Session

NS = "N = openat AT_FDCWD /proc/self/ns/mnt O_RDONLY; D = ns_get_mntns_id N"
# from here on, ids are called by the order in which they were printed: the root is #1, /a #2, /a/x #3, /b #4
TREE = (
    "mkdir /a /b; mount -t tmpfs A /a; mkdir /a/x; mount -t tmpfs X /a/x; mount -t tmpfs B /b; "
    "R = statx AT_FDCWD / 0; A = statx AT_FDCWD /a 0; X = statx AT_FDCWD /a/x 0; B = statx AT_FDCWD /b 0; "
    "listmount LSMT_ROOT"
)
# sh2 has a tree like it, and C on its /b, in a namespace of its own, which sh1 has by id and by descriptor
OTHER = (
    f"{TREE}; sh2# unshare -m --propagation private; sh2# mount -t tmpfs C /b; "
    "N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY; D = ns_get_mntns_id N; sh2# listmount LSMT_ROOT"
)
BELOW = f"{TREE}; {NS}; sh2# unshare -U -r -m"
CONFINED = f"{TREE}; sh2# setpriv --bounding-set=-sys_admin; sh2# chroot /a"
LAST = "0xffffffffffffffff"

CASES = (
    # what is listed
    Case("the root and all below it", TREE, "listmount LSMT_ROOT", **says("#1", "#2", "#3", "#4")),
    Case("all below a mount, itself left out", TREE, "listmount R", **says("#2", "#3", "#4")),
    Case("below another", TREE, "listmount A", **says("#3")),
    Case("below one without any", TREE, "listmount X", **says()),
    Case(
        "the newest first",
        TREE,
        "listmount LSMT_ROOT flags=LISTMOUNT_REVERSE",
        **says("#4", "#3", "#2", "#1"),
    ),
    Case(
        "in the order of their ids, not of the tree",
        f"{TREE}; mount --move /b /a/x",
        "listmount A",
        **says("#3", "#4"),
    ),
    Case(
        "what covers, and what is covered",
        f"{TREE}; mount -t tmpfs C /b; statx AT_FDCWD /b 0",
        "listmount R",
        **says("#2", "#3", "#4", "#5"),
    ),
    Case(
        "a stack on the root",
        f"{TREE}; mount -t tmpfs T /; listmount R",
        "listmount LSMT_ROOT",
        **says("#1", "#2", "#3", "#4", "#5"),
    ),
    Case(
        "where the root is a directory, the mount that it is in is not below it",
        f"{TREE}; mkdir -p /d/e; mount -t tmpfs E /d/e; sh2# chroot /d; sh2# statx AT_FDCWD /e 0",
        "sh2# listmount LSMT_ROOT",
        **says("#5"),
    ),
    Case("in a chroot", f"{TREE}; sh2# chroot /a", "sh2# listmount LSMT_ROOT", **says("#2", "#3")),
    Case(
        "nothing in a lazily unmounted root",
        f"{TREE}; sh2# chroot /b; umount -l /b",
        "sh2# listmount LSMT_ROOT",
        **says(),
    ),
    Case(
        "a mount that a rename took out of sight",
        "mkdir -p /s /b; mount -t tmpfs S /s; mkdir -p /s/d/y/x; mount --bind /s/d /b; "
        "mount -t tmpfs X /b/y/x; listmount LSMT_ROOT; mv /s/d/y /s/y",
        "listmount LSMT_ROOT",
        **says("#1", "#2", "#3", "#4"),
    ),
    # page by page
    Case("no more than asked for", TREE, "listmount LSMT_ROOT count=2", **says("#1", "#2")),
    Case("none asked for", TREE, "listmount LSMT_ROOT count=0", **says()),
    Case("behind the last one listed", TREE, "listmount LSMT_ROOT param=A count=1", **says("#3")),
    Case("behind the last of all", TREE, "listmount LSMT_ROOT param=B", **says()),
    Case("behind one that is no more", f"{TREE}; umount /a/x", "listmount LSMT_ROOT param=X", **says("#4")),
    Case("behind one that is not below", TREE, "listmount A param=R", **says("#3")),
    Case(
        "before one, the newest first",
        TREE,
        "listmount LSMT_ROOT param=B count=2 flags=LISTMOUNT_REVERSE",
        **says("#3", "#2"),
    ),
    Case("before the first", TREE, "listmount LSMT_ROOT param=R flags=LISTMOUNT_REVERSE", **says()),
    Case(
        "before one that is no more",
        f"{TREE}; umount /a/x",
        "listmount LSMT_ROOT param=X flags=LISTMOUNT_REVERSE",
        **says("#2", "#1"),
    ),
    Case(
        "behind the greatest number it begins anew",
        TREE,
        f"listmount LSMT_ROOT param={LAST}",
        **says("#1", "#2", "#3", "#4"),
    ),
    Case("a million", TREE, "listmount X count=1000000", **says()),
    # the request
    Case("unknown flag", TREE, "listmount LSMT_ROOT flags=2", "EINVAL", "listmount"),
    Case("more than a million", TREE, "listmount LSMT_ROOT count=1000001", "EOVERFLOW", "listmount"),
    Case("unknown flag before too many", TREE, "listmount LSMT_ROOT count=1000001 flags=2", "EINVAL"),
    Case("too many before the request", TREE, "listmount LSMT_ROOT count=1000001 size=1", "EOVERFLOW"),
    Case("size of the first version", TREE, "listmount X size=24", **says()),
    Case("smaller", TREE, "listmount LSMT_ROOT size=23", "EINVAL", "copy_mnt_id_req"),
    Case("larger, and nothing in it", TREE, "listmount X size=40", **says()),
    Case(
        "larger, and something in it",
        TREE,
        "listmount LSMT_ROOT size=40 tail=1",
        "E2BIG",
        "copy_struct_from_user",
    ),
    Case("more than a page", TREE, "listmount LSMT_ROOT size=4097", "E2BIG", "copy_mnt_id_req"),
    Case("id of mountinfo", TREE, "listmount 1", "EINVAL", "copy_mnt_id_req"),
    Case("id 0", TREE, "listmount 0", "EINVAL", "copy_mnt_id_req"),
    Case("behind the id of a mountinfo", TREE, "listmount LSMT_ROOT param=1", "EINVAL", "prepare_klistmount"),
    Case(
        "behind the last id that is none",
        TREE,
        "listmount LSMT_ROOT param=0x80000000",
        "EINVAL",
        "prepare_klistmount",
    ),
    Case("behind the first id", TREE, "listmount X param=0x80000001", **says()),
    Case(
        "namespace by id and by descriptor",
        f"{TREE}; {NS}",
        "listmount LSMT_ROOT mnt_ns_id=D mnt_ns_fd=N",
        "EINVAL",
    ),
    # whose mounts
    Case("own namespace by id", f"{TREE}; {NS}", "listmount A mnt_ns_id=D", **says("#3")),
    Case(
        "another namespace by id",
        OTHER,
        "listmount LSMT_ROOT mnt_ns_id=D",
        **says("#5", "#6", "#7", "#8", "#9"),
    ),
    Case(
        "another namespace by descriptor",
        OTHER,
        "listmount LSMT_ROOT mnt_ns_fd=N",
        **says("#5", "#6", "#7", "#8", "#9"),
    ),
    Case(
        "a page of another namespace", OTHER, "listmount LSMT_ROOT mnt_ns_fd=N count=1 param=B", **says("#5")
    ),
    Case(
        "its root is the first mount on its first, wherever its processes are",
        f"{OTHER}; sh2# chroot /a",
        "listmount LSMT_ROOT mnt_ns_fd=N",
        **says("#5", "#6", "#7", "#8", "#9"),
    ),
    Case("no such namespace", TREE, "listmount LSMT_ROOT mnt_ns_id=9999999999", "ENOENT", "lookup_mnt_ns"),
    Case(
        "namespace that is no more",
        f"{OTHER}; close N; sh2# exit",
        "listmount LSMT_ROOT mnt_ns_id=D",
        "ENOENT",
        "lookup_mnt_ns",
    ),
    Case("no such descriptor", TREE, "listmount LSMT_ROOT mnt_ns_fd=-1", "EBADF", "fget"),
    Case(
        "descriptor with O_PATH",
        f"{TREE}; N = openat AT_FDCWD /proc/self/ns/mnt O_PATH",
        "listmount LSMT_ROOT mnt_ns_fd=N",
        "EBADF",
    ),
    Case(
        "descriptor of a directory",
        f"{TREE}; N = openat AT_FDCWD / O_RDONLY",
        "listmount LSMT_ROOT mnt_ns_fd=N",
        "EINVAL",
        "grab_requested_mnt_ns",
    ),
    Case(
        "descriptor of another kind",
        f"{TREE}; N = openat AT_FDCWD /proc/self/ns/net O_RDONLY",
        "listmount LSMT_ROOT mnt_ns_fd=N",
        "EINVAL",
    ),
    Case("no such mount", TREE, "listmount 0x7000000000000000", "ENOENT", "lookup_mnt_in_ns"),
    Case("mount that is no more", f"{TREE}; umount /b", "listmount B", "ENOENT", "lookup_mnt_in_ns"),
    Case("mount of another namespace", OTHER, "sh2# listmount A", "ENOENT", "lookup_mnt_in_ns"),
    Case(
        "detached mount",
        f"{TREE}; F = open_tree AT_FDCWD /a OPEN_TREE_CLONE; I = statx F '' AT_EMPTY_PATH",
        "listmount I",
        "ENOENT",
        "lookup_mnt_in_ns",
    ),
    # rights
    Case("foreign namespace by id", BELOW, "sh2# listmount LSMT_ROOT mnt_ns_id=D", "ENOENT", "listmount"),
    Case(
        "foreign namespace by descriptor",
        BELOW,
        "sh2# listmount LSMT_ROOT mnt_ns_fd=N",
        **says("#1", "#2", "#3", "#4"),
    ),
    Case("own root, confined", CONFINED, "sh2# listmount LSMT_ROOT", **says("#2", "#3")),
    Case("outside of it", CONFINED, "sh2# listmount R", "EPERM", "is_path_reachable"),
    Case("outside of it, by right", f"{TREE}; sh2# chroot /a", "sh2# listmount R", **says("#2", "#3", "#4")),
    Case("not there before not reachable", CONFINED, "sh2# listmount 0x7000000000000000", "ENOENT"),
)


@in_every_release(CASES)
def test_the_model(release: str, case: Case) -> None:
    the_model_answers(release, case)


@pytest.mark.kernel
@for_the_running_kernel(CASES)
def test_the_running_kernel(case: Case) -> None:
    the_running_kernel_answers(case)


def test_nothing_changes() -> None:
    nothing_changes(CASES)


@pytest.mark.parametrize("reverse", [0, f.LISTMOUNT_REVERSE])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_pages_of_any_size_are_the_whole(count: int, reverse: int) -> None:
    with Model() as model:
        session = Session(model)
        for command in TREE.split("; "):
            session.run("sh1", command)
        whole = model.call("sh1", "listmount", {"mnt_id": f.LSMT_ROOT}, 100, reverse).value
        pages, last = [], 0
        while page := model.call(
            "sh1", "listmount", {"mnt_id": f.LSMT_ROOT, "param": last}, count, reverse
        ).value:
            pages += page
            last = page[-1]
        assert pages == whole
        assert len(whole) == 4
