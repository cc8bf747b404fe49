"""Namespaces made of a tree: OPEN_TREE_NAMESPACE and FSMOUNT_NAMESPACE, what they show, hide and refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from call_tables import Case, ask_in_vm, ask_models, ask_running_kernel, since, table, until

IMAGES = sorted(Path(os.environ.get("VFSLAB_VM_KERNELS", "/nonexistent")).glob("vmlinuz*"))
NEW, NEWER = since("7.0-rc1"), since("7.1")

A = "mkdir /a; mount -t tmpfs A /a"
TREE = f"{A}; mkdir /a/x; mount -t tmpfs X /a/x; mkdir /a/x/y; mount -t tmpfs Y /a/x/y"
SHARED = f"{TREE}; mount --make-rshared /a"
UNBINDABLE = f"{TREE}; mount --make-unbindable /a/x"
NO_CAP = "setpriv --bounding-set=-sys_admin"
ONLY_USERNS = "unshare -U -r"
USERNS = "unshare -U -r -m"
OPEN = "N = open_tree AT_FDCWD /a OPEN_TREE_NAMESPACE"
OPEN_ALL = "N = open_tree AT_FDCWD /a OPEN_TREE_NAMESPACE,AT_RECURSIVE"
ENTER = "setns N CLONE_NEWNS"
CONTEXT = "C = fsopen tmpfs 0; fsconfig C FSCONFIG_CMD_CREATE"
MOUNT = "N = fsmount C FSMOUNT_NAMESPACE 0"
# a namespace file of a newer namespace lies on /a/n
FILE = f"{A}; touch /a/n; clone sh2 CLONE_NEWNS; mount --bind /proc/sh2/ns/mnt /a/n"


def new(name: str, before: str, command: str, errno: str | None = None, function: str | None = None) -> Case:
    """A row for all releases that have OPEN_TREE_NAMESPACE."""
    return Case(name, before, command, errno, function, NEW)


def newer(
    name: str, before: str, command: str, errno: str | None = None, function: str | None = None
) -> Case:
    """A row for all releases that have FSMOUNT_NAMESPACE."""
    return Case(name, before, command, errno, function, NEWER)


def hole(name: str, before: str, command: str, function: str) -> tuple[Case, Case]:
    """Two rows: what succeeds, and uncovers something, until it is refused."""
    return (
        Case(name, before, command, None, None, [release for release in NEW if release != "7.2.12"]),
        Case(f"{name}, closed", before, command, "EINVAL", function, ["7.2.12"]),
    )


CASES = (
    # whether
    Case("before it is known", A, OPEN, "EINVAL", "vfs_open_tree", until("7.0-rc1")),
    new("a namespace of a mount", A, OPEN),
    new("a namespace of a directory", f"{A}; mkdir /a/d", "open_tree AT_FDCWD /a/d OPEN_TREE_NAMESPACE"),
    new("a namespace of the root", "", "open_tree AT_FDCWD / OPEN_TREE_NAMESPACE"),
    new("a copy and a namespace", A, "open_tree AT_FDCWD /a 3", "EINVAL", "vfs_open_tree"),
    new("without CAP_SYS_ADMIN", f"{A}; {NO_CAP}", OPEN, "EPERM", "vfs_open_tree"),
    new("without CAP_SYS_ADMIN, whatever the path", NO_CAP, OPEN, "EPERM", "vfs_open_tree"),
    new("after unshare -U alone", f"{A}; {ONLY_USERNS}", OPEN),
    new("path missing", "", OPEN, "ENOENT", "lookup"),
    new(
        "by descriptor",
        f"{A}; O = openat AT_FDCWD /a O_PATH",
        "open_tree O '' OPEN_TREE_NAMESPACE,AT_EMPTY_PATH",
    ),
    new("of a link", f"{A}; ln -s /a /l", "open_tree AT_FDCWD /l OPEN_TREE_NAMESPACE"),
    new(
        "too many namespaces",
        f"{USERNS}; {A}; sysctl -w user.max_mnt_namespaces=1",
        OPEN,
        "ENOSPC",
        "inc_mnt_namespaces",
    ),
    Case("of a file, until it is refused", "touch /a", OPEN, None, None, ["7.0-rc1", "7.0"]),
    Case("of a file", "touch /a", OPEN, "ENOTDIR", "create_new_namespace", since("7.0.13")),
    Case("a file for a root", f"touch /a; {OPEN}", ENTER, None, None, ["7.0-rc1", "7.0"]),
    Case(
        "in it there is no directory",
        f"touch /a; {OPEN}; {ENTER}",
        "ls /",
        "ENOTDIR",
        None,
        ["7.0-rc1", "7.0"],
    ),
    Case(
        "and no path",
        f"touch /a; {OPEN}; {ENTER}",
        "syscall stat /x",
        "EACCES",
        "may_lookup",
        ["7.0-rc1", "7.0"],
    ),
    # the source
    new("unbindable", f"{A}; mount --make-unbindable /a", OPEN, "EINVAL", "__do_loopback"),
    new("unbindable, recursive", f"{A}; mount --make-unbindable /a", OPEN_ALL, "EINVAL", "__do_loopback"),
    new(
        "lazily unmounted", f"{A}; cd /a; umount -l /a", "open_tree AT_FDCWD . OPEN_TREE_NAMESPACE", "EINVAL"
    ),
    new(
        "in another namespace",
        f"{A}; O = openat AT_FDCWD /a O_PATH; unshare -m",
        "open_tree O '' OPEN_TREE_NAMESPACE,AT_EMPTY_PATH",
        "EINVAL",
        "may_copy_tree",
    ),
    new(
        "a detached tree",
        f"{TREE}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE; "
        "N = open_tree D '' OPEN_TREE_NAMESPACE,AT_EMPTY_PATH,AT_RECURSIVE",
        ENTER,
    ),
    new(
        "a tree that another namespace detached",
        f"{A}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE; unshare -m",
        "open_tree D '' OPEN_TREE_NAMESPACE,AT_EMPTY_PATH",
        "EINVAL",
        "may_copy_tree",
    ),
    new("a locked child below", f"{TREE}; {USERNS}", OPEN, "EINVAL", "has_locked_children"),
    new("a locked child below, recursive", f"{TREE}; {USERNS}; {OPEN_ALL}", ENTER),
    new("a child below", f"{TREE}; {OPEN}", ENTER),
    new("all children", f"{TREE}; {OPEN_ALL}", ENTER),
    new(
        "children of a directory",
        f"{TREE}; mkdir -p /a/d/e; mount -t tmpfs E /a/d/e; "
        "N = open_tree AT_FDCWD /a/d OPEN_TREE_NAMESPACE,AT_RECURSIVE",
        ENTER,
    ),
    new("a stack", f"{A}; mount -t tmpfs B /a; mkdir /a/b; mount -t tmpfs C /a/b; {OPEN_ALL}", ENTER),
    new("unbindable children are left out", f"{UNBINDABLE}; {OPEN_ALL}", ENTER),
    new("namespace files are left out", f"{FILE}; {OPEN_ALL}", ENTER),
    new("namespace files are left out across users", f"{FILE}; {ONLY_USERNS}; {OPEN_ALL}", ENTER),
    Case(
        "a namespace file",
        FILE,
        "open_tree AT_FDCWD /a/n OPEN_TREE_NAMESPACE",
        "ENOTDIR",
        None,
        since("7.0.13"),
    ),
    # unbindable and locked: only where a copy stays unbindable
    Case(
        "unbindable and locked below",
        f"{UNBINDABLE}; {USERNS} --propagation unchanged; {OPEN_ALL}",
        ENTER,
        None,
        None,
        ["7.0-rc1", "7.0", "7.0.13", "7.1"],
    ),
    Case(
        "unbindable and locked below, refused",
        f"{UNBINDABLE}; {USERNS} --propagation unchanged",
        OPEN_ALL,
        "EPERM",
        "copy_tree",
        since("7.2"),
    ),
    # what is covered for who does not own the namespace
    *hole("uncovered by a new user", f"{TREE}; {ONLY_USERNS}", OPEN, "__do_loopback"),
    new("nothing covered", f"{A}; {ONLY_USERNS}", OPEN),
    new(
        "nothing covered there",
        f"{TREE}; mkdir /a/d; {ONLY_USERNS}",
        "open_tree AT_FDCWD /a/d OPEN_TREE_NAMESPACE",
    ),
    new("still covered", f"{TREE}; {ONLY_USERNS}; {OPEN_ALL}", ENTER),
    new("covered by what is unbindable", f"{UNBINDABLE}; {ONLY_USERNS}; {OPEN_ALL}", ENTER),
    # in it
    new("the caller stays where it is", f"{A}; cd /a; {OPEN}", "pwd"),
    new("a child enters too", f"{TREE}; {OPEN_ALL}; clone sh2 0; sh2# {ENTER}", "ls /"),
    new("mounted in it", f"{A}; {OPEN}; {ENTER}; mkdir /m", "mount -t tmpfs M /m"),
    new("the root is what it is on", f"{A}; {OPEN}; {ENTER}", "umount /"),
    new("the root lazily unmounted", f"{A}; {OPEN}; {ENTER}", "umount -l /"),
    new(
        "the root of another user is locked",
        f"{A}; {ONLY_USERNS}; {OPEN}; {ENTER}",
        "umount -l /",
        "EINVAL",
        "can_umount",
    ),
    new(
        "children of another user are locked",
        f"{TREE}; {ONLY_USERNS}; {OPEN_ALL}; {ENTER}",
        "umount /x",
        "EINVAL",
        "can_umount",
    ),
    new(
        "flags of another user are locked",
        f"{A}; mount -o remount,bind,nosuid /a; {ONLY_USERNS}; {OPEN}; {ENTER}",
        "syscall mount NULL / NULL MS_REMOUNT,MS_BIND NULL",
        "EPERM",
        "can_change_locked_flags",
    ),
    new(
        "where the root's cover is locked, so is the copy",
        f"{A}; {USERNS}; {OPEN}; {ENTER}",
        "umount -l /",
        "EINVAL",
        "can_umount",
    ),
    new(
        "not so without a lock",
        f"{USERNS}; mount -t tmpfs B /; cd /..; chroot .; mkdir /a; {OPEN}; {ENTER}",
        "umount -l /",
        "EINVAL",
        "can_umount",
    ),
    new("peers", f"{SHARED}; {OPEN_ALL}; {ENTER}; mkdir /z; mount -t tmpfs Z /z", "clone sh2 0"),
    new(
        "slaves of another user",
        f"{SHARED}; {ONLY_USERNS}; {OPEN_ALL}; {ENTER}; mkdir /z; mount -t tmpfs Z /z",
        "clone sh2 0",
    ),
    new("pivoted to", f"{TREE}; {OPEN_ALL}; {ENTER}; mkdir /x/old", "pivot_root /x /x/old"),
    new(
        "a namespace of a namespace",
        f"{TREE}; {OPEN_ALL}; {ENTER}; N = open_tree AT_FDCWD /x OPEN_TREE_NAMESPACE,AT_RECURSIVE",
        ENTER,
    ),
    # its file
    new("the file bound", f"{A}; {OPEN}; touch /f", "mount --bind /proc/self/fd/N /f"),
    new(
        "the file bound, entered when it is closed",
        f"{A}; {OPEN}; touch /f; mount --bind /proc/self/fd/N /f; close N; N = openat AT_FDCWD /f 0",
        ENTER,
    ),
    new(
        "the file bound in the namespace itself",
        f"{A}; touch /a/f; {OPEN}; {ENTER}",
        "mount --bind /proc/self/ns/mnt /f",
        "EINVAL",
        "mnt_ns_loop",
    ),
    new("the file as another kind", f"{A}; {OPEN}", "setns N CLONE_NEWUSER", "EINVAL", "setns"),
    new("entered without rights", f"{A}; {OPEN}; {NO_CAP}", ENTER, "EPERM", "mntns_install"),
    new("the source unmounted meanwhile", f"{A}; touch /a/f; {OPEN}; umount /a; {ENTER}", "ls /"),
    new("all gone with the file", f"{SHARED}; {OPEN_ALL}; close N", "umount -l /a"),
    # FSMOUNT_NAMESPACE
    newer("fsmount", CONTEXT, MOUNT),
    newer("fsmount, entered", f"{CONTEXT}; {MOUNT}", ENTER),
    newer(
        "fsmount with attributes",
        f"{CONTEXT}; N = fsmount C FSMOUNT_NAMESPACE MOUNT_ATTR_RDONLY,MOUNT_ATTR_NOSUID",
        ENTER,
    ),
    newer("fsmount a second time", f"{CONTEXT}; {MOUNT}", "fsmount C 0 0", "EBUSY", "fsmount"),
    newer("fsmount after it", f"{CONTEXT}; M = fsmount C 0 0", MOUNT, "EBUSY", "fsmount"),
    newer("fsmount before create", "C = fsopen tmpfs 0", MOUNT, "EINVAL", "fsmount"),
    newer("fsmount without CAP_SYS_ADMIN", f"{CONTEXT}; {NO_CAP}", MOUNT, "EPERM", "fsmount"),
    newer("fsmount after unshare -U alone", f"{CONTEXT}; {ONLY_USERNS}; {MOUNT}", ENTER),
    newer(
        "a detached mount after unshare -U alone",
        f"{CONTEXT}; {ONLY_USERNS}",
        "fsmount C 0 0",
        "EPERM",
        "may_mount",
    ),
    newer(
        "fsmount of pipefs", "C = fsopen pipefs 0; fsconfig C FSCONFIG_CMD_CREATE", MOUNT, "EINVAL", "fsmount"
    ),
    newer(
        "too many namespaces for fsmount",
        f"{USERNS}; {CONTEXT}; sysctl -w user.max_mnt_namespaces=1",
        MOUNT,
        "ENOSPC",
    ),
    newer(
        "the context is used up then",
        f"{USERNS}; {CONTEXT}; sysctl -w user.max_mnt_namespaces=1; !{MOUNT}",
        MOUNT,
        "EBUSY",
        "fsmount",
    ),
    newer(
        "fsmount in a user namespace",
        f"{USERNS}; {CONTEXT}; {MOUNT}; {ENTER}",
        "umount -l /",
        "EINVAL",
        "can_umount",
    ),
    newer(
        "the context reconfigures what the namespace shows",
        f"{CONTEXT}; {MOUNT}; {ENTER}; fsconfig C FSCONFIG_SET_STRING size 1m",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
    ),
    # on an empty namespace
    newer(
        "of an empty namespace",
        "syscall unshare UNSHARE_EMPTY_MNTNS; N = open_tree AT_FDCWD / OPEN_TREE_NAMESPACE",
        ENTER,
    ),
)


@table(CASES)
def test_the_models(case: Case) -> None:
    ask_models(case)


@pytest.mark.kernel
@table(CASES)
def test_the_running_kernel(case: Case) -> None:
    ask_running_kernel(case)


@pytest.mark.vm
@pytest.mark.parametrize("image", IMAGES, ids=[image.name for image in IMAGES])
def test_kernels_in_vms(image: Path) -> None:
    ask_in_vm(CASES, image)
