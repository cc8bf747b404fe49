"""Why mount(2) refuses: the place, a new mount, a bind, a change of type, a remount."""

from __future__ import annotations

from ..effects import Check

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
BIND_NAMESPACE_LOOP = Check(
    "EINVAL",
    "mnt_ns_loop",
    "the source, {0}, is the file of the caller's own mount namespace or of an older one, which it "
    "would keep alive",
    "bind the file of a newer namespace",
)
COPY_OF_NAMESPACE_FILE = Check(
    "EINVAL",
    "copy_tree",
    "{0} shows a mount-namespace file, which is not copied to those who receive a mount",
    "mount it where nothing propagates",
)
FS_FOR_THE_KERNEL = Check(
    "EINVAL",
    "graft_tree",
    "a {0} is for the kernel alone and can be mounted nowhere",
    "name a file of another filesystem",
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

# remount
REMOUNT_NOT_OURS = Check("EINVAL", "check_mnt", "{0} is not in the caller's mount namespace")
REMOUNT_OF_NO_MOUNT_ROOT = Check("EINVAL", "path_mounted", "{0} is not the root of a mount")
REMOUNT_LOCKED_FLAG = Check("EPERM", "can_change_locked_flags", "{0} is locked on {1}")
REMOVED_IN_USE = Check(
    "EBUSY", "sb_prepare_remount_readonly", "{1}, in the filesystem of {0}, is removed but in use"
)
REMOUNT_NOT_CAPABLE = Check("EPERM", "do_remount", "the task lacks CAP_SYS_ADMIN over the filesystem of {0}")
