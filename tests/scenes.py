"""Short scenes: a few commands in a row that chance alone puts together too seldom.

Each leads to a place of the kernel's code that takes several things at once: a group to be given
on, a tree in which a mount has its own counterparts, locks above and below. The paths, types and
flags of a scene are random, and what comes before and after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Choose = Callable[[Sequence[str]], str]

TOPS = ("/a", "/b", "/c")
TYPES = ("shared", "slave", "private", "unbindable")


def given_on(choose: Choose) -> str:
    """A copy gets the peers of what it is a copy of."""
    top, copy = choose(TOPS), choose(("/b", "/c", "/d"))
    return f"""mount -t tmpfs A {top}
mount --make-{choose(TYPES)} {top}
mount --{choose(("bind", "rbind"))} {top} {copy}
mount --make-{choose(("private", "private", "unbindable", "slave"))} {copy}
mount --make-{choose(("shared", "slave"))} {top}
move_mount AT_FDCWD {top} AT_FDCWD {copy} MOVE_MOUNT_SET_GROUP"""


def slave_of_another_place(choose: Choose) -> str:
    """A slave, and a slave that is shared again, of which the masters lie in or out of sight."""
    return f"""mount -t tmpfs A /a
mount --make-shared /a
mount --bind /a /b
mount --make-slave /b
mount --make-{choose(("shared", "slave"))} /b
mount --bind /b /c
mount --make-{choose(("slave", "shared"))} /c
I = statx AT_FDCWD {choose(TOPS)} 0
statmount I STATMOUNT_MNT_BASIC,STATMOUNT_PROPAGATE_FROM
{choose(("umount -l /a", "umount /b", "mount --make-private /a", "pwd"))}"""


def copy_within_itself(choose: Choose) -> str:
    """Mounts of which the counterparts lie in the same tree, which then goes."""
    top = choose(TOPS)
    return f"""mount -t tmpfs A {top}
mount --make-{choose(("shared", "shared", "slave"))} {top}
mkdir -p {top}/x {top}/y
mount -t tmpfs B {top}/{choose("xy")}
mount --{choose(("bind", "rbind"))} {top} {top}/{choose("xy")}
mount -t tmpfs B {top}/{choose(("x", "y", "x/y", "y/x"))}
mkdir -p {top}/x/y {top}/y/x
mount --{choose(("bind", "move"))} {top}/{choose("xy")} {top}/{choose(("x/y", "y/x", "x"))}
umount -l {top}{choose(("", "/x", "/y"))}"""


def locked_copy(child: str) -> Callable[[Choose], str]:
    """A user namespace with a locked copy, while mounts come and go at its master."""

    def spell(choose: Choose) -> str:
        top = choose(TOPS)
        under = choose((f"mkdir -p {top}/x {top}/x/z", f"mount -t tmpfs B {top}", "pwd"))
        return f"""mount --make-rshared /
mount -t tmpfs A {top}
mkdir -p {top}/x {top}/y
mount -t tmpfs B {top}/x
mkdir -p {top}/x/z
mount -t tmpfs C {top}/{choose(("x", "y", "x/z"))}
clone {child} {choose(("CLONE_NEWNS,CLONE_NEWUSER", "CLONE_NEWNS"))}
{under}
mount --{choose(("move", "bind"))} {top}/x {choose(("/b", "/c", "/a"))}
umount -l {top}{choose(("", "/x", "/x", "/x/z", "/y"))}
umount -l {top}{choose(("", "/x"))}"""

    return spell


def beneath(choose: Choose) -> str:
    """Something slid beneath a mount whose parent propagates to it, or is its peer or its slave."""
    top = choose(TOPS)
    source = choose(("mount -t tmpfs B /d", f"mount --bind {top} /d"))
    return f"""mount -t tmpfs A {top}
mount --make-{choose(("shared", "shared", "slave"))} {top}
mount --bind {top} {top}
mount --make-{choose(TYPES)} {top}
{source}
F = open_tree AT_FDCWD /d OPEN_TREE_CLONE
move_mount {choose(("AT_FDCWD /d", "F ''"))} AT_FDCWD {top} MOVE_MOUNT_BENEATH,MOVE_MOUNT_F_EMPTY_PATH"""


def mapped(child: str) -> Callable[[Choose], str]:
    """A mount, detached or not, whose ids a child's user namespace maps, and what is said of it."""

    def spell(choose: Choose) -> str:
        made = choose(("fsmount C 0 0", "open_tree AT_FDCWD /a OPEN_TREE_CLONE", "open_tree AT_FDCWD /a 0"))
        setattr = "mount_setattr G '' AT_EMPTY_PATH attr_set=MOUNT_ATTR_IDMAP userns_fd=N"
        return f"""clone {child} CLONE_NEWUSER
N = openat AT_FDCWD /proc/{child}/ns/user 0
C = fsopen {choose(("tmpfs", "tmpfs", "ramfs"))} 0
fsconfig C FSCONFIG_CMD_CREATE
G = {made}
{setattr}
{choose((setattr, "move_mount G '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH"))}
I = statx G '' AT_EMPTY_PATH
statmount I STATMOUNT_MNT_UIDMAP,STATMOUNT_MNT_GIDMAP,STATMOUNT_SUPPORTED_MASK"""

    return spell


def again(choose: Choose) -> str:
    """A context that makes a mount and then changes what it made."""
    return f"""C = fsopen {choose(("tmpfs", "tmpfs", "ramfs"))} 0
fsconfig C FSCONFIG_CMD_CREATE
G = fsmount C 0 0
fsconfig C FSCONFIG_SET_{choose(("FLAG ro", "STRING size 2m", "FLAG sync", "STRING nr_inodes 100"))}
fsconfig C FSCONFIG_CMD_RECONFIGURE
fsconfig C FSCONFIG_CMD_RECONFIGURE
move_mount G '' AT_FDCWD {choose(TOPS)} MOVE_MOUNT_F_EMPTY_PATH"""


def removed(choose: Choose) -> str:
    """Mounts on what another namespace removes or renames."""
    return f"""mkdir -p /a/y
mount --bind {choose(("/b", "/c"))} /a/y
{choose(("unshare -m --propagation private", "umount -l /a/y"))}
umount -l /a/y
{choose(("rmdir /a/y", "syscall rename /d /a/y", "syscall rename /a/y /c/y", "rm -r /a/y"))}"""
