"""Why statmount(2) and listmount(2) refuse."""

from __future__ import annotations

from ..effects import Check

# struct mnt_id_req
REQUEST_TOO_LONG = Check(
    "E2BIG", "copy_mnt_id_req", "the request is {0} bytes long, more than a page", "give the struct's size"
)
REQUEST_TOO_SHORT = Check(
    "EINVAL", "copy_mnt_id_req", "the request is {0} bytes long, shorter than it ever was", "give 24 or 32"
)
REQUEST_HAS_TAIL = Check(
    "E2BIG",
    "copy_struct_from_user",
    "behind the part of the request that this kernel knows something is set",
    "set those bytes to zero",
)
REQUEST_BY_FD_AND_ID = Check(
    "EINVAL",
    "copy_mnt_id_req",
    "with STATMOUNT_BY_FD the descriptor says it all, and a mount id or a namespace id is given too",
    "set mnt_id and mnt_ns_id to 0",
)
REQUEST_NAMESPACE_TWICE = Check(
    "EINVAL",
    "copy_mnt_id_req",
    "the namespace is given both by id and by descriptor",
    "give one of the two",
)
REQUEST_NO_UNIQUE_ID = Check(
    "EINVAL",
    "copy_mnt_id_req",
    "{0} is no unique mount id: the first is 2147483649, and mountinfo prints others",
    "take the id from listmount(2), or from statx(2) with STATX_MNT_ID_UNIQUE",
)

# whose mounts
NO_SUCH_NAMESPACE = Check(
    "ENOENT",
    "lookup_mnt_ns",
    "there is no mount namespace {0}, or nobody is in it",
    "ask a descriptor of its file for the id (NS_GET_MNTNS_ID)",
)
NO_MNT_NAMESPACE_FD = Check(
    "EINVAL",
    "grab_requested_mnt_ns",
    "descriptor {0} is of no mount namespace file",
    "open /proc/PID/ns/mnt for it",
)
NAMESPACE_EMPTY = Check(
    "ENOENT", "mnt_ns_empty", "namespace {0} has just lost all its mounts", "name a namespace that is in use"
)
NAMESPACE_WITHOUT_ROOT = Check(
    "ENOENT",
    "grab_requested_root",
    "the mount is alone in its namespace, {0}, in which paths begin at what is mounted on the first mount",
    "attach the mount, or mount something on it",
)
NO_SUCH_MOUNT = Check(
    "ENOENT",
    "lookup_mnt_in_ns",
    "no mount {0} is in namespace {1}",
    "name the namespace that it is in, or a mount of this one",
)
MOUNT_NOT_REACHABLE = Check(
    "EPERM",
    "is_path_reachable",
    "{0} is not below {1}, from where paths begin, and the task lacks CAP_SYS_ADMIN over the namespace",
    "call as root of the namespace's owner, or leave the chroot",
)

# statmount(2)
STATMOUNT_UNKNOWN_FLAG = Check(
    "EINVAL",
    "statmount",
    "the flags {0} hold one that statmount does not know here",
    "leave that flag out",
)
STATMOUNT_FOREIGN = Check(
    "EPERM",
    "statmount",
    "the task lacks CAP_SYS_ADMIN over namespace {0}, which is not its own",
    "call as root of its owner, or give a descriptor of the namespace instead of the id",
)
STATMOUNT_FOREIGN_HIDDEN = STATMOUNT_FOREIGN._replace(errno="ENOENT")
STATMOUNT_INTERNAL = Check(
    "EINVAL",
    "do_statmount",
    "descriptor {0} is on a mount that the kernel keeps for itself",
    "give a descriptor of a file that has a path",
)
STATMOUNT_NO_ROOM_AT_ALL = Check(
    "EOVERFLOW",
    "prepare_kstatmount",
    "strings are asked for, and the buffer ends where they would begin, at 512 bytes",
    "give a larger buffer",
)
STATMOUNT_NO_ROOM = Check(
    "EOVERFLOW",
    "statmount_string",
    "with {0} the answer comes to {1} bytes, and the buffer has to be longer than that",
    "give a larger buffer",
)

# listmount(2)
LISTMOUNT_UNKNOWN_FLAG = Check(
    "EINVAL",
    "listmount",
    "the flags {0} hold one that listmount does not know",
    "leave that flag out",
)
LISTMOUNT_TOO_MANY = Check(
    "EOVERFLOW", "listmount", "{0} ids are asked for, more than {1}", "ask for fewer, and go on behind them"
)
LISTMOUNT_NO_LAST_ID = Check(
    "EINVAL",
    "prepare_klistmount",
    "{0}, behind which the list is to go on, is no unique mount id",
    "give 0, or the last id that was listed",
)
LISTMOUNT_FOREIGN = Check(
    "ENOENT",
    "listmount",
    "the task lacks CAP_SYS_ADMIN over namespace {0}, which is not its own",
    "call as root of its owner, or give a descriptor of the namespace instead of the id",
)
