"""Why unshare(2) and pivot_root(2) refuse."""

from __future__ import annotations

from ..effects import Check

# unshare(2)
UNSHARE_UNKNOWN_FLAG = Check("EINVAL", "check_unshare_flags", "the flags {0} hold one that is not known here")
UNSHARE_NOT_CAPABLE = Check("EPERM", "unshare_nsproxy_namespaces", "the task lacks CAP_SYS_ADMIN")

# pivot_root(2)
MAY_NOT_PIVOT = Check("EPERM", "may_mount", "the task lacks CAP_SYS_ADMIN over its mount namespace")
PIVOT_SHARED = Check(
    "EINVAL", "path_pivot_root", "{0} is shared: put_old's mount, and the parents of both roots, must not be"
)
PIVOT_NOT_OURS = Check("EINVAL", "path_pivot_root", "{0} is not in the caller's mount namespace")
PIVOT_TO_LOCKED = Check("EINVAL", "path_pivot_root", "the new root, {0}, is locked to its parent")
PIVOT_TO_REMOVED = Check("ENOENT", "path_pivot_root", "the new root, {0}, has been removed")
PIVOT_ON_CURRENT_ROOT = Check(
    "EBUSY", "path_pivot_root", "new_root or put_old is on {0}, the current root mount"
)
PIVOT_ROOT_IS_NO_MOUNT = Check(
    "EINVAL", "path_pivot_root", "the current root, {0}, is not the root of a mount"
)
PIVOT_FROM_ABSOLUTE_ROOT = Check("EINVAL", "path_pivot_root", "{0}, the current root mount, has no parent")
PIVOT_TO_NO_MOUNT = Check("EINVAL", "path_pivot_root", "the new root, {0}, is not the root of a mount")
PIVOT_TO_DETACHED = Check("EINVAL", "path_pivot_root", "the new root, {0}, has no parent")
PIVOT_PUT_OLD_OUTSIDE = Check("EINVAL", "path_pivot_root", "put_old is not at or below the new root, {0}")
PIVOT_NEW_ROOT_OUTSIDE = Check(
    "EINVAL", "path_pivot_root", "the new root, {0}, is not below the current root"
)
