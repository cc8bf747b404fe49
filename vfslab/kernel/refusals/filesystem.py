"""Why there is no superblock, or none with these parameters: fsopen(2), fsconfig(2), fsmount(2), mount(2)."""

from __future__ import annotations

from ..effects import Check

# fsopen(2)
FSOPEN_NOT_CAPABLE = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace",
)
FSOPEN_UNKNOWN_FLAG = Check(
    "EINVAL", "fsopen", "the flags {0} hold one that fsopen does not know", "leave that flag out"
)
NULL_STRING = Check("EFAULT", "strndup_user", "the string is NULL", "give a string")
STRING_TOO_LONG = Check(
    "EINVAL", "strndup_user", "the string is longer than {0} bytes", "give a shorter string"
)
SYSFS_NEEDS_NETWORK_NAMESPACE = Check(
    "EPERM",
    "sysfs_init_fs_context",
    "the task lacks CAP_SYS_ADMIN over its network namespace",
    "mount it as root of the user namespace that owns the network namespace",
)

# fsconfig(2)
FSCONFIG_NEGATIVE_FD = Check(
    "EINVAL", "fsconfig", "the descriptor {0} is negative", "give the descriptor of fsopen"
)
FSCONFIG_UNKNOWN_COMMAND = Check(
    "EOPNOTSUPP", "fsconfig", "there is no command {0}", "give one of FSCONFIG_SET_… and FSCONFIG_CMD_…"
)
FSCONFIG_WRONG_ARGUMENTS = Check(
    "EINVAL",
    "fsconfig",
    "key, value or aux is missing, or the command takes none",
    "give what the command takes, and NULL or 0 for the rest",
)
NO_FS_CONTEXT = Check(
    "EINVAL", "fsconfig", "the descriptor is of no filesystem context", "give the descriptor of fsopen"
)
NO_PARAMETERS_NOW = Check(
    "EBUSY",
    "vfs_fsconfig_locked",
    "the context takes no parameters between the superblock's creation and its mount, nor after a failure",
    "give parameters before FSCONFIG_CMD_CREATE, or after fsmount; after a failure begin with fsopen",
)
CREATED_BEFORE = Check(
    "EBUSY",
    "vfs_cmd_create",
    "the context has made its superblock, or failed to",
    "begin anew with fsopen",
)
NOTHING_TO_RECONFIGURE = Check(
    "EBUSY",
    "vfs_cmd_reconfigure",
    "the context has nothing mounted that could be reconfigured",
    "call fsmount first",
)
RECONFIGURE_NOT_CAPABLE = Check(
    "EPERM",
    "vfs_cmd_reconfigure",
    "the task lacks CAP_SYS_ADMIN over the {0}",
    "be root in the user namespace that made it",
)
NO_MESSAGE = Check(
    "ENODATA", "fscontext_read", "the context has nothing to say", "read after a parameter was refused"
)

# parameters
UNKNOWN_OPTION = Check("EINVAL", "vfs_parse_fs_param", "{1} knows no option {0}", "leave {0} out")
BAD_OPTION_VALUE = Check(
    "EINVAL",
    "fs_parse",
    "{1} cannot read the value of {0}",
    "give {0} a value that {1} can read",
)
ID_NOT_MAPPED = Check(
    "EINVAL",
    "shmem_parse_one",
    "{0}: in this user namespace there is no such id but 0",
    "give 0, or mount as root of the initial user namespace",
)
SOURCE_NO_STRING = Check(
    "EINVAL", "vfs_parse_fs_param_source", "the source of a {0} is a string", "give the source a string"
)
SECOND_SOURCE = Check(
    "EINVAL",
    "vfs_parse_fs_param_source",
    "the source is given already: {0}",
    "give one source",
)

# the superblock
FS_NEEDS_PRIVILEGE = Check(
    "EPERM",
    "mount_capable",
    "{0} may be mounted by the initial user namespace alone",
    "mount it there, or take a filesystem that user namespaces may mount, as tmpfs",
)
SUPERBLOCK_READ_ONLY_DIFFERS = Check(
    "EBUSY",
    "get_tree_bdev",
    "{0} is mounted, and not with the same ro or rw",
    "ask for ro or rw as it is mounted already, or remount that first",
)
SUPERBLOCK_NOT_EXCLUSIVE = Check(
    "EBUSY",
    "sget_fc",
    "there is one {0} for all who mount it, and it exists",
    "take it as it is, with FSCONFIG_CMD_CREATE",
)
NO_SOURCE_DEVICE = Check(
    "EINVAL", "get_tree_bdev", "{0} is on a block device, and none is named", "name a block device"
)
NO_BLOCK_DEVICE = Check("ENOTBLK", "lookup_bdev", "{0} is no block device", "name a block device")
NOT_RECONFIGURABLE = Check(
    "EINVAL",
    "reconfigure_super",
    "a flag is named that a {0} has or has not from the start",
    "leave dirsync out",
)
LIMIT_IN_RETROSPECT = Check(
    "EINVAL",
    "shmem_reconfigure",
    "this {1} has no limit of {0}, and cannot get one while it is mounted",
    "mount a new one with that limit",
)
TOO_REVEALING = Check(
    "EPERM",
    "mount_too_revealing",
    "no {0} is fully visible in this namespace, with the flags that are locked there, and a new one would "
    "show what its owner has hidden",
    "give it the ro and atime flags of one that is mounted and not covered, or ask the namespace's owner",
)

# fsmount(2)
FSMOUNT_NOT_CAPABLE = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "be root in the user namespace that owns the mount namespace",
)
FSMOUNT_NAMESPACE_NOT_CAPABLE = Check(
    "EPERM", "fsmount", "the task lacks CAP_SYS_ADMIN in its own user namespace", "call as its root"
)
FSMOUNT_UNKNOWN_FLAG = Check(
    "EINVAL", "fsmount", "the flags {0} hold one that fsmount does not know here", "leave that flag out"
)
FSMOUNT_UNKNOWN_ATTRIBUTE = Check(
    "EINVAL",
    "fsmount",
    "the attributes {0} hold one that a new mount cannot have",
    "leave that attribute out; ids are mapped by mount_setattr",
)
FSMOUNT_UNKNOWN_ATIME = Check(
    "EINVAL",
    "fsmount",
    "{0} is no kind of atime: the attributes of atime are values of one field, not bits",
    "give one of MOUNT_ATTR_RELATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR_STRICTATIME",
)
FSMOUNT_BEFORE_CREATE = Check(
    "EINVAL", "fsmount", "the context has no superblock yet", "call fsconfig with FSCONFIG_CMD_CREATE first"
)
FSMOUNT_TWICE = Check(
    "EBUSY",
    "fsmount",
    "the context's superblock is mounted already",
    "begin anew with fsopen, or copy the mount with open_tree",
)
FSMOUNT_FOR_THE_KERNEL = Check(
    "EINVAL", "fsmount", "a {0} is for the kernel alone", "take a filesystem that can be mounted"
)
