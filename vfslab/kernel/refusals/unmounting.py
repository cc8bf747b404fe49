"""Why umount2(2) refuses."""

from __future__ import annotations

from ..effects import Check

# umount2(2)
UMOUNT_UNKNOWN_FLAG = Check("EINVAL", "ksys_umount", "the flags {0} hold one that umount2 does not know")
MAY_NOT_UMOUNT = Check("EPERM", "may_mount", "the task lacks CAP_SYS_ADMIN over its mount namespace")
UMOUNT_OF_NO_MOUNT_ROOT = Check("EINVAL", "can_umount", "{0} is not the root of a mount")
UMOUNT_NOT_OURS = Check("EINVAL", "check_mnt", "{0} is not in the caller's mount namespace")
UMOUNT_LOCKED = Check("EINVAL", "can_umount", "{0} is locked to its parent")
UMOUNT_FORCE_NOT_CAPABLE = Check(
    "EPERM", "can_umount", "the task lacks CAP_SYS_ADMIN over the filesystem of {0}"
)
UMOUNT_ABSOLUTE_ROOT = Check("EINVAL", "do_umount", "{0} is the root of the namespace")
UMOUNT_ROOT_NOT_CAPABLE = Check(
    "EPERM", "do_umount_root", "the task lacks CAP_SYS_ADMIN over the filesystem of {0}"
)
UMOUNT_BUSY_CHILD = Check("EBUSY", "propagate_mount_busy", "{1} is mounted on {0}")
UMOUNT_BUSY = Check("EBUSY", "propagate_mount_busy", "{0} is in use: a root, a cwd or an open file is on it")
UMOUNT_COUNTERPART_BUSY = Check("EBUSY", "propagate_mount_busy", "{1}, which would go with {0}, is in use")
EXPIRE_NOT_ALONE = Check(
    "EINVAL", "do_umount", "MNT_EXPIRE allows no MNT_FORCE or MNT_DETACH, and not the root mount"
)
EXPIRE_BUSY = Check("EBUSY", "do_umount", "{0} is in use or carries a mount")
EXPIRE_MARKED = Check(
    "EAGAIN", "do_umount", "{0} is marked now and goes with the next such call if nobody uses it"
)
