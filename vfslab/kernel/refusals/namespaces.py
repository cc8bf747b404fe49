"""Why unshare(2), clone(2), setns(2) and pivot_root(2) refuse."""

from __future__ import annotations

from ..effects import Check

# unshare(2)
UNSHARE_UNKNOWN_FLAG = Check(
    "EINVAL",
    "check_unshare_flags",
    "the flags {0} hold one that is not known here",
    "give none but the flags that unshare(2) knows",
)
UNSHARE_NOT_CAPABLE = Check(
    "EPERM",
    "unshare_nsproxy_namespaces",
    "the task lacks CAP_SYS_ADMIN",
    "make a user namespace along with it: unshare -U -r -m",
)

TOO_MANY_MNT_NAMESPACES = Check(
    "ENOSPC",
    "inc_mnt_namespaces",
    "user namespace {0} and those below it own {1} mount namespaces, detached trees included, and "
    "may own no more",
    "let one go, or raise user.max_mnt_namespaces",
)
TOO_MANY_OTHER_NAMESPACES = Check(
    "ENOSPC",
    "inc_ucount",
    "user.max_{0}_namespaces of user namespace {1} is 0",
    "raise user.max_{0}_namespaces, or ask for no {0} namespace",
)
USER_NAMESPACE_TOO_DEEP = Check(
    "ENOSPC",
    "create_user_ns",
    "user namespaces are nested more than {0} deep",
    "make it from a task further up",
)
NEWUSER_IN_CHROOT = Check(
    "EPERM",
    "current_chrooted",
    "the task's root, on {0}, is not the top of what is mounted on its namespace's root",
    "leave the chroot, or uncover the root, before",
)
CLONE_UNKNOWN_FLAG = Check(
    "EINVAL", "copy_process", "the flags {0} hold one that is not known here", "leave that flag out"
)
CLONE_FS_AND_NAMESPACE = Check(
    "EINVAL",
    "copy_process",
    "CLONE_FS shares root and cwd, which a new mount or user namespace cannot have in common with "
    "the old one",
    "leave CLONE_FS out",
)
CLONE_NOT_CAPABLE = Check(
    "EPERM", "copy_namespaces", "the task lacks CAP_SYS_ADMIN", "add CLONE_NEWUSER, or call as root"
)

# setns(2)
SETNS_NO_NAMESPACE = Check(
    "EINVAL", "setns", "descriptor {0} is of no namespace file and no pidfd", "open /proc/PID/ns/mnt for it"
)
SETNS_OTHER_KIND = Check(
    "EINVAL",
    "setns",
    "descriptor {0} is of another kind of namespace than asked for",
    "ask for its kind, or for 0",
)
SETNS_PIDFD_FLAGS = Check(
    "EINVAL",
    "check_setns_flags",
    "with a pidfd the flags name the namespaces to enter, and {0} does not",
    "give one or more of CLONE_NEW…",
)
SETNS_PROCESS_GONE = Check(
    "ESRCH", "validate_nsset", "the process that the pidfd stands for, {0}, has ended", "use one that lives"
)
SETNS_MAY_NOT_LOOK_INTO = Check(
    "EPERM",
    "ptrace_may_access",
    "{0} has rights that the task lacks, so its namespaces are closed to it",
    "call as a task with CAP_SYS_PTRACE over it",
)
SETNS_NOT_CAPABLE = Check(
    "EPERM",
    "mntns_install",
    "the task lacks {0}, over the namespace to be entered or over its own user namespace",
    "enter the user namespace that owns it first, or call as root",
)
SETNS_OTHER_NOT_CAPABLE = Check(
    "EPERM",
    "netns_install",
    "the task lacks CAP_SYS_ADMIN over the namespace to be entered, which is init's",
    "call as root of the initial user namespace",
)
SETNS_ANONYMOUS = Check(
    "EINVAL", "mntns_install", "the namespace is that of a detached tree", "attach the tree and go there"
)
SETNS_SHARED_FS = Check(
    "EINVAL",
    "mntns_install",
    "root and cwd are shared with another task (CLONE_FS)",
    "call unshare(CLONE_FS) first",
)
SETNS_OWN_USER_NAMESPACE = Check(
    "EINVAL", "userns_install", "the task is in that user namespace already", "leave the call out"
)

# pivot_root(2)
MAY_NOT_PIVOT = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace, or make one of each: unshare -U -r -m",
)
PIVOT_SHARED = Check(
    "EINVAL",
    "path_pivot_root",
    "{0} is shared: put_old's mount, and the parents of both roots, must not be",
    "make {0} private first: mount --make-private",
)
PIVOT_NOT_OURS = Check(
    "EINVAL",
    "path_pivot_root",
    "{0} is not in the caller's mount namespace",
    "name a new root in this namespace, and have / in it too",
)
PIVOT_TO_LOCKED = Check(
    "EINVAL",
    "path_pivot_root",
    "the new root, {0}, is locked to its parent",
    "make a mount of it that is not locked, mount --rbind on itself, and turn to that",
)
PIVOT_TO_REMOVED = Check(
    "ENOENT", "path_pivot_root", "the new root, {0}, has been removed", "choose a directory that has a name"
)
PIVOT_ON_CURRENT_ROOT = Check(
    "EBUSY",
    "path_pivot_root",
    "new_root or put_old is on {0}, the current root mount",
    "make a mount of the new root, mount --bind on itself, and choose put_old at or below it",
)
PIVOT_ROOT_IS_NO_MOUNT = Check(
    "EINVAL",
    "path_pivot_root",
    "the current root, {0}, is not the root of a mount but a place in {1}",
    "leave the chroot, or chroot to the root of a mount",
)
PIVOT_FROM_ABSOLUTE_ROOT = Check(
    "EINVAL",
    "path_pivot_root",
    "{0}, the current root mount, has no parent",
    "move the new root over / instead, and chroot there: switch_root",
)
PIVOT_TO_NO_MOUNT = Check(
    "EINVAL",
    "path_pivot_root",
    "the new root, {0}, is not the root of a mount but a place in {1}",
    "make it one first: mount --bind {0} {0}",
)
PIVOT_TO_DETACHED = Check(
    "EINVAL",
    "path_pivot_root",
    "the new root, {0}, has no parent",
    "choose a new root that is mounted on something",
)
PIVOT_PUT_OLD_OUTSIDE = Check(
    "EINVAL",
    "path_pivot_root",
    "put_old is not at or below the new root, {0}",
    "choose put_old at or below the new root",
)
PIVOT_NEW_ROOT_OUTSIDE = Check(
    "EINVAL",
    "path_pivot_root",
    "the new root, {0}, is not below the current root",
    "choose a new root below the current one",
)
