"""Why mount_setattr(2) refuses."""

from __future__ import annotations

from ..effects import Check

SETATTR_UNKNOWN_FLAG = Check(
    "EINVAL",
    "mount_setattr",
    "the flags {0} hold one that mount_setattr does not know",
    "leave that flag out",
)
SETATTR_STRUCT_TOO_LONG = Check(
    "E2BIG",
    "wants_mount_setattr",
    "a struct of {0} bytes is longer than a page, {1}",
    "give the size of struct mount_attr",
)
SETATTR_STRUCT_TOO_SHORT = Check(
    "EINVAL",
    "wants_mount_setattr",
    "a struct of {0} bytes is shorter than the first that there was, {1}",
    "give the size of struct mount_attr",
)
SETATTR_NOT_CAPABLE = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace",
)
SETATTR_UNKNOWN_FIELD = Check(
    "E2BIG",
    "copy_struct_from_user",
    "behind the {0} bytes of the struct that are known here a byte is not zero",
    "fill with zeros what this kernel does not know",
)
SETATTR_NO_PROPAGATION_TYPE = Check(
    "EINVAL",
    "build_mount_kattr",
    "{0} holds what is no propagation type",
    "give one of MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE; recursion is AT_RECURSIVE",
)
SETATTR_TWO_PROPAGATION_TYPES = Check(
    "EINVAL",
    "build_mount_kattr",
    "two propagation types at once",
    "give one of MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE",
)
SETATTR_UNKNOWN_ATTRIBUTE = Check(
    "EINVAL",
    "build_mount_kattr",
    "the attributes {0} hold one that mount_setattr does not know",
    "leave that attribute out",
)
SETATTR_ATIME_PARTLY_CLEARED = Check(
    "EINVAL",
    "build_mount_kattr",
    "of the field of atime {0} alone would be cleared, but it holds a value and not bits",
    "clear all of it: MOUNT_ATTR__ATIME",
)
SETATTR_ATIME_NOT_CLEARED = Check(
    "EINVAL",
    "build_mount_kattr",
    "a kind of atime is set, and the old one is not cleared",
    "clear MOUNT_ATTR__ATIME in the same call",
)
SETATTR_UNKNOWN_ATIME = Check(
    "EINVAL",
    "build_mount_kattr",
    "{0} is no kind of atime",
    "set one of MOUNT_ATTR_RELATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR_STRICTATIME",
)
SETATTR_NO_MOUNT_ROOT = Check(
    "EINVAL",
    "do_mount_setattr",
    "{0} is not the root of a mount but a place in {1}",
    "name the root of a mount; mount --bind {0} {0} makes it one",
)
SETATTR_NOT_OURS = Check(
    "EINVAL",
    "do_mount_setattr",
    "{0} is neither in the caller's mount namespace nor the root of a detached tree",
    "name a mount of this namespace; in a detached tree start at its root, with AT_RECURSIVE",
)

# MOUNT_ATTR_IDMAP
IDMAP_CANNOT_BE_CLEARED = Check(
    "EINVAL",
    "build_mount_idmapped",
    "what maps the ids of a mount stays with it",
    "make a new copy of the mount with open_tree, from one without",
)
IDMAP_FD_OUT_OF_RANGE = Check(
    "EINVAL", "build_mount_idmapped", "{0} can be no descriptor", "give the descriptor of a user namespace"
)
IDMAP_NO_USER_NAMESPACE = Check(
    "EINVAL",
    "build_mount_idmapped",
    "descriptor {0} is of no user namespace",
    "open /proc/PID/ns/user for it",
)
IDMAP_BY_INIT = Check(
    "EPERM",
    "build_mount_idmapped",
    "the initial user namespace maps every id to itself, which is no mapping",
    "give another user namespace",
)
IDMAP_NOT_CAPABLE = Check(
    "EPERM",
    "build_mount_idmapped",
    "the task lacks CAP_SYS_ADMIN in the user namespace that is to map the ids",
    "give a user namespace below the task's own",
)
IDMAP_BY_OWNER = Check(
    "EINVAL",
    "can_idmap_mount",
    "the user namespace owns the filesystem of {0}, so that its mapping is in force there anyway",
    "give another user namespace",
)
IDMAP_TWICE = Check(
    "EPERM",
    "can_idmap_mount",
    "ids are mapped already on {0}",
    "make a new copy of the mount with open_tree, from one without",
)
IDMAP_UNSUPPORTED = Check(
    "EINVAL",
    "can_idmap_mount",
    "{0} does not know mounts that map ids",
    "take another filesystem, as tmpfs",
)
IDMAP_NOT_OWNER = Check(
    "EPERM",
    "can_idmap_mount",
    "the task lacks CAP_SYS_ADMIN over the filesystem of {0}",
    "be root in the user namespace that made it",
)
IDMAP_ATTACHED = Check(
    "EINVAL",
    "can_idmap_mount",
    "{0} has been seen: it is in no detached tree",
    "copy it with open_tree and OPEN_TREE_CLONE, and map the ids of the copy before it is attached",
)
MOUNT_HAS_WRITERS = Check(
    "EBUSY",
    "mnt_hold_writers",
    "a file is open for writing through {0}",
    "close what is open for writing there",
)
