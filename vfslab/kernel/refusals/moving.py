"""Why a mount or a detached tree cannot be moved: MS_MOVE, move_mount(2) and MOVE_MOUNT_SET_GROUP."""

from __future__ import annotations

from ..effects import Check

MOVE_NO_SOURCE = Check("EINVAL", "do_move_mount_old", "no source is given", "name a source")
MOVE_OF_NO_MOUNT_ROOT = Check(
    "EINVAL",
    "do_move_mount",
    "the source, {0}, is not the root of a mount but a place in {1}",
    "move {1} as a whole; or make a mount of the place first, mount --bind {0} {0}",
)
MOVE_DIRECTORY_ON_FILE = Check(
    "EINVAL",
    "do_move_mount",
    "one of the two is a directory and the other is not",
    "move a directory to a directory, a file to a file",
)
MOVE_SOURCE_NOT_OURS = Check(
    "EINVAL",
    "do_move_mount",
    "the source, {0}, is not in the caller's mount namespace",
    "name a mount of this namespace: no mount moves from one to another",
)
MOVE_OF_ROOT = Check(
    "EINVAL", "do_move_mount", "{0} has no parent to be moved from", "exchange roots instead: pivot_root"
)
MOVE_OF_LOCKED = Check(
    "EINVAL",
    "do_move_mount",
    "{0} is locked to its parent",
    "move the tree that it came in as a whole; or copy it, mount --rbind",
)
MOVE_FROM_SHARED_PARENT = Check(
    "EINVAL",
    "do_move_mount",
    "{1}, the parent of {0}, is shared",
    "make {1} private first: mount --make-private",
)
MOVE_UNBINDABLE_TO_SHARED = Check(
    "EINVAL",
    "tree_contains_unbindable",
    "{0} is unbindable, and {1}, the new parent, is shared",
    "make {0} or {1} private first: mount --make-private",
)
MOVE_INTO_ITSELF = Check(
    "ELOOP",
    "mount_is_ancestor",
    "the target lies on {0} itself or below it",
    "choose a target that is not on {0} or below",
)
MAY_NOT_MOVE = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "call as root of the namespace's owner",
)
MOVE_UNKNOWN_FLAG = Check(
    "EINVAL", "move_mount", "the flags {0} hold one that move_mount does not know", "leave that flag out"
)
MOVE_BENEATH_AND_SET_GROUP = Check(
    "EINVAL",
    "move_mount",
    "MOVE_MOUNT_BENEATH and MOVE_MOUNT_SET_GROUP exclude each other",
    "give one of them",
)
MOVE_INTO_OWN_TREE = Check(
    "EINVAL",
    "do_move_mount",
    "the target lies in the detached tree at {0} itself",
    "choose a target outside it",
)
MOVE_NAMESPACE_LOOP = Check(
    "ELOOP",
    "check_for_nsfs_mounts",
    "{0}, in the tree, is the file of the caller's own mount namespace or of an older one",
    "unmount the file first",
)

# MOVE_MOUNT_BENEATH
BENEATH_NO_MOUNT_ROOT = Check(
    "EINVAL", "do_lock_mount", "{0} is not the root of a mount to be slid beneath", "name a mount"
)
BENEATH_UNATTACHED = Check(
    "EINVAL",
    "do_lock_mount",
    "{0} sits on nothing, so nothing can be slid beneath it",
    "name a mount that is attached",
)
BENEATH_LOCKED = Check(
    "EINVAL",
    "can_move_mount_beneath",
    "{0} is locked to what it sits on",
    "use Linux 7.1, where the lock moves to the new mount",
)
BENEATH_COVERED_SOURCE = Check(
    "EINVAL",
    "can_move_mount_beneath",
    "{1} covers the source, {0}",
    "unmount what covers the source",
)
BENEATH_ROOT = Check(
    "EINVAL",
    "can_move_mount_beneath",
    "{0} is the caller's root mount, or the first of its namespace",
    "use pivot_root, or Linux 7.1",
)
BENEATH_ANCESTOR = Check(
    "EINVAL",
    "can_move_mount_beneath",
    "the source, {1}, is {0} itself or lies below it",
    "take the source from elsewhere",
)
BENEATH_OVERMOUNTED = Check(
    "EINVAL",
    "propagation_would_overmount",
    "{0} would propagate the mount onto the root of {1}, on which it would come to lie",
    "make one of the two private",
)

# MOVE_MOUNT_SET_GROUP
SET_GROUP_NOT_MOUNTED = Check(
    "EINVAL", "may_change_propagation", "{0} has been unmounted", "name mounts that are mounted"
)
SET_GROUP_NOT_CAPABLE = Check(
    "EPERM",
    "may_change_propagation",
    "the task lacks CAP_SYS_ADMIN over the namespace of {0}",
    "call as root of that namespace's owner",
)
SET_GROUP_NO_MOUNT_ROOT = Check(
    "EINVAL", "do_set_group", "{0} is not the root of a mount", "name the roots of two mounts"
)
SET_GROUP_OTHER_SUPERBLOCK = Check(
    "EINVAL",
    "do_set_group",
    "{0} and {1} show different filesystems",
    "name two mounts of one filesystem",
)
SET_GROUP_NARROWER = Check(
    "EINVAL",
    "do_set_group",
    "{0} shows less of the filesystem than {1}, or another part",
    "name as source a mount that shows all that the target shows",
)
SET_GROUP_LOCKED_CHILD = Check(
    "EINVAL",
    "do_set_group",
    "{0}, locked below the source, hides something that the target would show",
    "choose another source",
)
SET_GROUP_TARGET_NOT_PRIVATE = Check(
    "EINVAL", "do_set_group", "the target, {0}, is shared or a slave", "make it private first"
)
SET_GROUP_TARGET_UNBINDABLE = Check(
    "EINVAL", "do_set_group", "the target, {0}, is unbindable", "make it private first"
)
SET_GROUP_SOURCE_PRIVATE = Check(
    "EINVAL",
    "do_set_group",
    "the source, {0}, is neither shared nor a slave: there is no group to join",
    "make it shared first",
)
