"""Why a path leads nowhere, why a file cannot be made or removed, and what there is too little of."""

from __future__ import annotations

from types import MappingProxyType

from ..effects import Check

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
