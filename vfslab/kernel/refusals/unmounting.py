"""Why umount2(2) refuses."""

from __future__ import annotations

from ..effects import Check

# umount2(2)
UMOUNT_UNKNOWN_FLAG = Check(
    "EINVAL",
    "ksys_umount",
    "the flags {0} hold one that umount2 does not know",
    "give none but MNT_FORCE, MNT_DETACH, MNT_EXPIRE and UMOUNT_NOFOLLOW",
)
MAY_NOT_UMOUNT = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace, or make one of each: unshare -U -r -m",
)
UMOUNT_OF_NO_MOUNT_ROOT = Check(
    "EINVAL",
    "can_umount",
    "{0} is not the root of a mount but a place in {1}",
    "name a mountpoint: nothing is mounted on {0}",
)
UMOUNT_NOT_OURS = Check(
    "EINVAL",
    "check_mnt",
    "{0} is not in the caller's mount namespace",
    "name a mount of this namespace, or do it in that one: nsenter -m",
)
UMOUNT_LOCKED = Check(
    "EINVAL",
    "can_umount",
    "{0} is locked to its parent",
    "take away the tree that it came in as a whole, umount -l of the topmost mount of it",
)
UMOUNT_FORCE_NOT_CAPABLE = Check(
    "EPERM", "can_umount", "the task lacks CAP_SYS_ADMIN over the filesystem of {0}", "leave MNT_FORCE out"
)
UMOUNT_ABSOLUTE_ROOT = Check(
    "EINVAL", "do_umount", "{0} is the root of the namespace", "leave it: it goes with the namespace"
)
UMOUNT_ROOT_NOT_CAPABLE = Check(
    "EPERM",
    "do_umount_root",
    "the task lacks CAP_SYS_ADMIN over the filesystem of {0}",
    "be root in the user namespace that made the filesystem; or take it away, umount -l",
)
UMOUNT_BUSY_CHILD = Check(
    "EBUSY",
    "propagate_mount_busy",
    "{1} is mounted on {0}",
    "unmount {1} first; or all of it, umount -R, or lazily, umount -l",
)
UMOUNT_BUSY = Check(
    "EBUSY",
    "propagate_mount_busy",
    "{0} is in use: a root, a cwd or an open file is on it",
    "let its users go elsewhere (fuser -m tells who they are); or take it away lazily, umount -l",
)
UMOUNT_COUNTERPART_BUSY = Check(
    "EBUSY",
    "propagate_mount_busy",
    "{1}, which would go with {0}, is in use",
    "free {1} too; or make the parent of {0} private first; or take both away lazily, umount -l",
)
EXPIRE_NOT_ALONE = Check(
    "EINVAL",
    "do_umount",
    "MNT_EXPIRE allows no MNT_FORCE or MNT_DETACH, and not the root mount",
    "give MNT_EXPIRE alone, and not for /",
)
EXPIRE_BUSY = Check(
    "EBUSY",
    "do_umount",
    "{0} is in use or carries a mount",
    "wait until nobody uses it and nothing is mounted on it",
)
EXPIRE_MARKED = Check(
    "EAGAIN",
    "do_umount",
    "{0} is marked now and goes with the next such call if nobody uses it",
    "make the same call once more",
)
