"""Why a path leads nowhere, why a file cannot be made or removed, and what there is too little of."""

from __future__ import annotations

from types import MappingProxyType

from ..effects import Check

# path walking and files
NULL_PATH = Check("EFAULT", "getname", "the path is NULL", "give a path")
EMPTY_PATH = Check("ENOENT", "getname", "the path is empty", "name a path")
PATH_TOO_LONG = Check(
    "ENAMETOOLONG",
    "getname",
    "the path is {0} bytes long or more",
    "go nearer first (cd) and name it by a shorter path",
)
NAME_TOO_LONG = Check("ENAMETOOLONG", "lookup", "a component is longer than {0} bytes", "use a shorter name")
NO_SUCH_FILE = Check("ENOENT", "lookup", "there is no {0} in {1}", "make {0} there first")
DISCONNECTED = Check(
    "ENOENT",
    "follow_dotdot",
    "{0} is above what {1} shows: the directory below it was renamed",
    "name the directory by a path that leads to it",
)
NOT_A_DIRECTORY = Check(
    "ENOTDIR",
    "link_path_walk",
    "{0} leads through or ends in something that is no directory",
    "name a directory, with nothing but directories on the way to it",
)
READ_ONLY = Check(
    "EROFS",
    "mnt_want_write",
    "{0} or its filesystem is read-only",
    "make it writable first: mount -o remount,rw, or -o remount,bind,rw for the mount alone",
)
SET_TIMES_OF = MappingProxyType(
    {
        "nsfs": Check(
            "EPERM", "may_setattr", "{0} is the file of a namespace, which is immutable", "name another file"
        ),
        "pidfs": Check(
            "EOPNOTSUPP",
            "anon_inode_setattr",
            "{0} stands for a process and has no times",
            "name another file",
        ),
    }
)
EXISTS = Check("EEXIST", "filename_create", "{0} exists", "choose another name, or remove {0} first")
OPEN_WITH_SLASH = Check(
    "EISDIR",
    "open_last_lookups",
    "{0} ends in a slash, and a file is to be made",
    "leave out the slash at the end",
)
DEAD_DIRECTORY = Check(
    "ENOENT",
    "may_create",
    "the directory of {0} has been removed",
    "make that directory anew and go there again",
)
CANNOT_CREATE = Check(
    "EPERM",
    "may_create",
    "nothing can be made in a {0} filesystem",
    "make it in another filesystem, a tmpfs for instance",
)
NO_NAMES_BUT_ITS_OWN = Check(
    "ENOENT",
    "lookup",
    "a {0} filesystem has no names but those that it makes itself",
    "make it in another filesystem, a tmpfs for instance",
)
CANNOT_OPEN_NEW = Check(
    "EACCES",
    "lookup_open",
    "no file can be made in a {0} filesystem",
    "make it in another filesystem, a tmpfs for instance",
)
NOT_EMPTY = Check("ENOTEMPTY", "vfs_rmdir", "{0} is not empty", "remove what is in {0} first")
IS_A_DIRECTORY = Check("EISDIR", "do_unlinkat", "{0} is a directory", "remove a directory with rmdir")
STATX_UNKNOWN_FLAG = Check(
    "EINVAL", "vfs_statx", "the flags {0} hold one that statx does not know here", "leave that flag out"
)
READ_OF_DIRECTORY = Check("EISDIR", "read", "{0} is a directory", "read a file; a directory is listed")
IS_A_MOUNTPOINT = Check(
    "EBUSY", "is_local_mountpoint", "in this namespace {1} is mounted on {0}", "unmount {1} first"
)
CHROOT_NOT_CAPABLE = Check(
    "EPERM", "chroot", "the task lacks CAP_SYS_CHROOT", "be root, if only of a user namespace: unshare -U -r"
)
CWD_REMOVED = Check(
    "ENOENT", "getcwd", "the working directory has been removed", "go to a directory that is there: cd /"
)
RMDIR_LAST = MappingProxyType(
    {
        ".": Check("EINVAL", "do_rmdir", "{0} ends in .", "name the directory by its name"),
        "..": Check("ENOTEMPTY", "do_rmdir", "{0} ends in ..", "name the directory by its name"),
        "/": Check("EBUSY", "do_rmdir", "{0} is the root", "leave it: a root has no name to be removed"),
    }
)

# memory and limits
NO_MEMORY = Check(
    "ENOMEM",
    "kmalloc",
    "there is no memory for {0}",
    "free memory and make the same call again: nothing has changed",
)
TOO_MANY_MOUNTS = Check(
    "ENOSPC",
    "count_mounts",
    "namespace {0} would hold more than {1} mounts (fs.mount-max)",
    "unmount something there, or raise the limit: sysctl fs.mount-max",
)

ROOT_IS_NO_DIRECTORY = Check(
    "EACCES",
    "may_lookup",
    "the path starts at a file, which is the task's root or working directory",
    "enter a namespace whose root is a directory",
)

# rename(2)
RENAME_ACROSS_MOUNTS = Check(
    "EXDEV",
    "do_renameat2",
    "the two names are on different mounts, {0} and {1}",
    "copy, or name both on one mount",
)
RENAME_OF_NO_NAME = Check(
    "EBUSY", "do_renameat2", "{0} ends in /, . or ..", "give the name of a file or directory"
)
RENAME_INTO_ITSELF = Check(
    "EINVAL", "do_renameat2", "{0} would move into itself", "choose a directory outside it"
)

# /proc/sys
SYSCTL_OUT_OF_RANGE = Check(
    "EINVAL", "proc_dointvec_minmax", "{0} is out of the range of {1}", "write a number that is in it"
)

# descriptors and links
BAD_FD = Check("EBADF", "fget", "{0} is no open descriptor", "use a descriptor that is open")
O_PATH_FD = Check(
    "EBADF",
    "fget",
    "descriptor {0} was opened with O_PATH, it is a place and nothing more",
    "open it without O_PATH",
)
WRITE_ONLY_FD = Check(
    "EBADF", "vfs_read", "descriptor {0} was opened for writing alone", "open it with O_RDONLY or O_RDWR"
)
DIRFD_NO_DIRECTORY = Check(
    "ENOTDIR", "path_init", "descriptor {0} is no directory to start from", "start from a directory"
)
TOO_MANY_LINKS = Check(
    "ELOOP", "pick_link", "{0} leads through more than 40 symbolic links", "make the links end somewhere"
)
LINK_NOT_FOLLOWED = Check(
    "ELOOP",
    "pick_link",
    "{0} is a symbolic link on {1}, where none is followed",
    "make that mount follow them: mount_setattr with MOUNT_ATTR_NOSYMFOLLOW in attr_clr",
)
MAY_NOT_LOOK_INTO = Check(
    "EACCES",
    "ptrace_may_access",
    "{0} has rights that the task lacks, so its descriptors and namespaces are hidden",
    "ask as a task with CAP_SYS_PTRACE over it",
)
NOTHING_TO_READ = Check(
    "EINVAL",
    "vfs_read",
    "descriptor {0} is of a namespace or a process, which has no text",
    "read a file",
)
NO_SECOND_OPEN = Check(
    "ENXIO",
    "no_open",
    "{0} stands for a filesystem context, which is not opened again",
    "use the descriptor that there is, or O_PATH",
)
OPEN_OF_AUTODIR = Check(
    "ENXIO", "no_open", "{0} is a directory that nothing can be done with", "add O_PATH, to have the place"
)
WRITE_TO_IMMUTABLE = Check(
    "EPERM",
    "inode_permission",
    "{0} is the file of a namespace, which nobody writes to",
    "open it with O_RDONLY",
)
OPEN_OF_LINK = Check(
    "ELOOP", "do_open", "{0} is a symbolic link, and O_NOFOLLOW forbids to follow it", "leave O_NOFOLLOW out"
)
NO_SUCH_PROCESS = Check("ESRCH", "pidfd_open", "there is no process {0}", "name a process that lives")
OTHER_NAMESPACE_FILE = Check(
    "EINVAL", "ns_ioctl", "descriptor {0} is of a namespace of another kind", "open /proc/PID/ns/mnt for it"
)
NO_MOUNT_NAMESPACE_FILE = Check(
    "ENOTTY",
    "ns_ioctl",
    "descriptor {0} is of no mount namespace file",
    "open /proc/PID/ns/mnt for it",
)
