"""Every reason a system call can refuse for: the table behind each errno.

A row is a ``Check``: errno, the kernel function that tests, and the condition
in plain words. Code raises ``Refused(row, …)``; documents and tests read the rows.
In conditions ``{0}``, ``{1}`` are the mounts or paths that the refusal names.
"""

from __future__ import annotations

from types import MappingProxyType

from .effects import Check

# path walking and files
EMPTY_PATH = Check("ENOENT", "getname", "the path is empty")
PATH_TOO_LONG = Check("ENAMETOOLONG", "getname", "the path is {0} bytes long or more")
NAME_TOO_LONG = Check("ENAMETOOLONG", "lookup", "a component is longer than {0} bytes")
NO_SUCH_FILE = Check("ENOENT", "lookup", "there is no {0}")
NOT_A_DIRECTORY = Check(
    "ENOTDIR", "link_path_walk", "{0} leads through or ends in something that is no directory"
)
READ_ONLY = Check("EROFS", "mnt_want_write", "{0} or its filesystem is read-only")
EXISTS = Check("EEXIST", "filename_create", "{0} exists")
OPEN_WITH_SLASH = Check("EISDIR", "open_last_lookups", "{0} ends in a slash, and a file is to be made")
DEAD_DIRECTORY = Check("ENOENT", "may_create", "the directory of {0} has been removed")
CANNOT_CREATE = Check("EPERM", "may_create", "nothing can be made in a {0} filesystem")
NOT_EMPTY = Check("ENOTEMPTY", "vfs_rmdir", "{0} is not empty")
IS_A_DIRECTORY = Check("EISDIR", "do_unlinkat", "{0} is a directory")
READ_OF_DIRECTORY = Check("EISDIR", "read", "{0} is a directory")
IS_A_MOUNTPOINT = Check("EBUSY", "is_local_mountpoint", "in this namespace {1} is mounted on {0}")
CHROOT_NOT_CAPABLE = Check("EPERM", "chroot", "the task lacks CAP_SYS_CHROOT")
CWD_REMOVED = Check("ENOENT", "getcwd", "the working directory has been removed")
RMDIR_LAST = MappingProxyType(
    {
        ".": Check("EINVAL", "do_rmdir", "{0} ends in ."),
        "..": Check("ENOTEMPTY", "do_rmdir", "{0} ends in .."),
        "/": Check("EBUSY", "do_rmdir", "{0} is the root"),
    }
)

# memory and limits
NO_MEMORY = Check("ENOMEM", "kmalloc", "there is no memory for {0}")
TOO_MANY_MOUNTS = Check(
    "ENOSPC", "count_mounts", "namespace {0} would hold more than {1} mounts (fs.mount-max)"
)

# the place to mount on
CANT_MOUNT_ON = Check("ENOENT", "do_lock_mount", "{0} has been removed, nothing can be mounted on it")
MOUNTPOINT_UNLINKED = Check("ENOENT", "get_mountpoint", "{0} has been removed")
TARGET_NOT_IN_NAMESPACE = Check("ENOENT", "do_lock_mount", "the target is in {0}, which has been unmounted")
TARGET_NOT_OURS = Check(
    "EINVAL", "check_mnt", "the target is in {0}, which is not in the caller's mount namespace"
)

# mount(2)
MOUNT_NOUSER = Check("EINVAL", "path_mount", "MS_NOUSER is for the kernel alone")
MAY_NOT_MOUNT = Check("EPERM", "may_mount", "the task lacks CAP_SYS_ADMIN over its mount namespace")
NO_FS_TYPE = Check("EINVAL", "do_new_mount", "no filesystem type is given")
UNKNOWN_FS_TYPE = Check("ENODEV", "get_fs_type", "there is no filesystem type {0} that can be mounted")
UNKNOWN_OPTION = Check("EINVAL", "parse_monolithic_mount_data", "{1} knows no option {0}")
BAD_OPTION_VALUE = Check("EINVAL", "parse_monolithic_mount_data", "{1} cannot read the value of {0}")
SUPERBLOCK_READ_ONLY_DIFFERS = Check(
    "EBUSY", "vfs_get_tree", "{0} is mounted, and not with the same ro or rw"
)
SAME_SUPERBLOCK_ON_ITS_ROOT = Check("EBUSY", "do_add_mount", "this {0} is already mounted on that very place")
DIRECTORY_ON_FILE = Check("ENOTDIR", "graft_tree", "one of the two is a directory and the other is not")

# bind
NO_SOURCE = Check("EINVAL", "do_loopback", "no source is given")
SOURCE_UNBINDABLE = Check("EINVAL", "__do_loopback", "the source, {0}, is unbindable")
SOURCE_NOT_OURS = Check("EINVAL", "may_copy_tree", "the source, {0}, is not in the caller's mount namespace")
LOCKED_CHILD_BELOW_SOURCE = Check(
    "EINVAL",
    "has_locked_children",
    "a copy without {0}, which is locked below the source, would uncover what it hides",
)
COPY_OF_UNBINDABLE = Check("EINVAL", "copy_tree", "{0} is unbindable")
COPY_OF_LOCKED_UNBINDABLE = Check(
    "EPERM", "copy_tree", "{0} is unbindable and locked: it may not be left out"
)

# changing the propagation type
NOT_A_MOUNT_ROOT = Check("EINVAL", "do_change_type", "{0} is not the root of a mount")
NOT_ONE_PROPAGATION_TYPE = Check(
    "EINVAL", "flags_to_propagation_type", "the flags are not exactly one propagation type"
)
NOT_MOUNTED = Check("EINVAL", "may_change_propagation", "{0} has been unmounted")
MAY_NOT_CHANGE_TYPE = Check(
    "EPERM", "may_change_propagation", "the task lacks CAP_SYS_ADMIN over the namespace of {0}"
)

# move
MOVE_NO_SOURCE = Check("EINVAL", "do_move_mount_old", "no source is given")
MOVE_OF_NO_MOUNT_ROOT = Check("EINVAL", "do_move_mount", "the source, {0}, is not the root of a mount")
MOVE_DIRECTORY_ON_FILE = Check(
    "EINVAL", "do_move_mount", "one of the two is a directory and the other is not"
)
MOVE_SOURCE_NOT_OURS = Check(
    "EINVAL", "do_move_mount", "the source, {0}, is not in the caller's mount namespace"
)
MOVE_OF_ROOT = Check("EINVAL", "do_move_mount", "{0} has no parent to be moved from")
MOVE_OF_LOCKED = Check("EINVAL", "do_move_mount", "{0} is locked to its parent")
MOVE_FROM_SHARED_PARENT = Check("EINVAL", "do_move_mount", "{1}, the parent of {0}, is shared")
MOVE_UNBINDABLE_TO_SHARED = Check(
    "EINVAL", "tree_contains_unbindable", "{0} is unbindable, and {1}, the new parent, is shared"
)
MOVE_INTO_ITSELF = Check("ELOOP", "mount_is_ancestor", "the target lies on {0} itself or below it")

# remount
REMOUNT_NOT_OURS = Check("EINVAL", "check_mnt", "{0} is not in the caller's mount namespace")
REMOUNT_OF_NO_MOUNT_ROOT = Check("EINVAL", "path_mounted", "{0} is not the root of a mount")
REMOUNT_LOCKED_FLAG = Check("EPERM", "can_change_locked_flags", "{0} is locked on {1}")
REMOVED_IN_USE = Check(
    "EBUSY", "sb_prepare_remount_readonly", "{1}, in the filesystem of {0}, is removed but in use"
)
REMOUNT_NOT_CAPABLE = Check("EPERM", "do_remount", "the task lacks CAP_SYS_ADMIN over the filesystem of {0}")

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
