"""Why mount(2) refuses: the place, a new mount, a bind, a change of type, a remount."""

from __future__ import annotations

from ..effects import Check

# the place to mount on
CANT_MOUNT_ON = Check(
    "ENOENT",
    "do_lock_mount",
    "{0} has been removed, nothing can be mounted on it",
    "make the directory anew and mount on that",
)
MOUNTPOINT_UNLINKED = Check(
    "ENOENT",
    "get_mountpoint",
    "{0} has been removed",
    "use a directory that still has a name, as source and as target",
)
TARGET_NOT_IN_NAMESPACE = Check(
    "ENOENT",
    "do_lock_mount",
    "the target is in {0}, which has been unmounted",
    "name the target by a path that starts at /",
)
TARGET_NOT_OURS = Check(
    "EINVAL",
    "check_mnt",
    "the target is in {0}, which is not in the caller's mount namespace",
    "name a target in this namespace, or do it in that one: nsenter -m",
)

# mount(2)
MOUNT_NOUSER = Check("EINVAL", "path_mount", "MS_NOUSER is for the kernel alone", "leave MS_NOUSER out")
MAY_NOT_MOUNT = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace, or make one of each: unshare -U -r -m",
)
NO_FS_TYPE = Check(
    "EINVAL", "do_new_mount", "no filesystem type is given", "name a filesystem type: mount -t"
)
EMPTY_SUBTYPE = Check(
    "EINVAL", "do_new_mount", "nothing stands behind the dot of {0}", "name the subtype, or leave out the dot"
)
UNKNOWN_FS_TYPE = Check(
    "ENODEV",
    "get_fs_type",
    "there is no filesystem type {0} that can be mounted",
    "name a type that /proc/filesystems lists, or load its module first",
)
SAME_SUPERBLOCK_ON_ITS_ROOT = Check(
    "EBUSY",
    "do_add_mount",
    "this {0} is already mounted on that very place",
    "leave it: it is there already; or mount it elsewhere",
)
DIRECTORY_ON_FILE = Check(
    "ENOTDIR",
    "graft_tree",
    "one of the two is a directory and the other is not",
    "mount a directory on a directory, a file on a file",
)

# bind
NO_SOURCE = Check("EINVAL", "do_loopback", "no source is given", "name a source")
SOURCE_UNBINDABLE = Check(
    "EINVAL",
    "__do_loopback",
    "the source, {0}, is unbindable",
    "make {0} private first: mount --make-private",
)
SOURCE_NOT_OURS = Check(
    "EINVAL",
    "may_copy_tree",
    "the source, {0}, is not in the caller's mount namespace",
    "name a source that is mounted in this namespace",
)
LOCKED_CHILD_BELOW_SOURCE = Check(
    "EINVAL",
    "has_locked_children",
    "a copy without {0}, which is locked below the source, would uncover what it hides",
    "take {0} along: mount --rbind",
)
COVER_NOT_COPIED = Check(
    "EINVAL",
    "__do_loopback",
    "a copy without {0} would uncover what it hides, and the task does not own the mount namespace",
    "take {0} along: AT_RECURSIVE",
)
COPY_OF_UNBINDABLE = Check(
    "EINVAL", "copy_tree", "{0} is unbindable", "make {0} private first: mount --make-private"
)
COPY_OF_UNMOUNTED = Check("EINVAL", "copy_tree", "{0} was unmounted", "mount it again")
BIND_NAMESPACE_LOOP = Check(
    "EINVAL",
    "mnt_ns_loop",
    "the source, {0}, is the file of the caller's own mount namespace or of an older one, which it "
    "would keep alive",
    "bind the file of a newer namespace",
)
RBIND_NAMESPACE_LOOP = Check(
    "EINVAL",
    "check_for_nsfs_mounts",
    "the source holds {0}, the file of the caller's own mount namespace or of an older one",
    "unmount it first, or make it unbindable",
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
COPY_OF_LOCKED_UNBINDABLE = Check(
    "EPERM",
    "copy_tree",
    "{0} is unbindable and locked: it may not be left out",
    "make {0} private first, so that it is copied with the rest: mount --make-private",
)

# changing the propagation type
NOT_A_MOUNT_ROOT = Check(
    "EINVAL",
    "do_change_type",
    "{0} is not the root of a mount but a place in {1}",
    "name the root of a mount; mount --bind {0} {0} makes it one",
)
NOT_ONE_PROPAGATION_TYPE = Check(
    "EINVAL",
    "flags_to_propagation_type",
    "the flags are not exactly one propagation type",
    "give one of MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, and no other flag but MS_REC",
)
NOT_MOUNTED = Check(
    "EINVAL",
    "may_change_propagation",
    "{0} has been unmounted",
    "mount it again, and change the type of that mount",
)
MAY_NOT_CHANGE_TYPE = Check(
    "EPERM",
    "may_change_propagation",
    "the task lacks CAP_SYS_ADMIN over the namespace of {0}",
    "be root in the user namespace that owns the namespace of {0}",
)

# remount
REMOUNT_NOT_OURS = Check(
    "EINVAL", "check_mnt", "{0} is not in the caller's mount namespace", "name a mount of this namespace"
)
REMOUNT_OF_NO_MOUNT_ROOT = Check(
    "EINVAL",
    "path_mounted",
    "{0} is not the root of a mount but a place in {1}",
    "name the root of a mount; mount --bind {0} {0} makes it one",
)
REMOUNT_LOCKED_FLAG = Check(
    "EPERM",
    "can_change_locked_flags",
    "{0} is locked on {1}",
    "leave {0} as it is: only the user namespace that locked it can change it",
)
NULLFS_STAYS = Check(
    "EINVAL",
    "reconfigure_super",
    "a nullfs cannot be changed",
    "change the mount alone, -o remount,bind",
)
REMOVED_IN_USE = Check(
    "EBUSY",
    "sb_prepare_remount_readonly",
    "{0}, in the {1}, is removed but in use",
    "let go of {0} first; or make the mount alone read-only, -o remount,bind,ro",
)
ROOTFS_IN_USE = Check(
    "EBUSY",
    "sb_prepare_remount_readonly",
    "the rootfs under all mounts is the machine's own, and something on it is open for writing",
    "remount another filesystem",
)
REMOUNT_NOT_CAPABLE = Check(
    "EPERM",
    "do_remount",
    "the task lacks CAP_SYS_ADMIN over the filesystem of {0}",
    "be root in the user namespace that made it; or change this mount alone, -o remount,bind",
)
