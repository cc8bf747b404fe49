"""The system calls of the seam: what each of them takes, and what it gives back.

One table, read by whoever has to know a call's arguments: the shell makes them of
words, ``spell`` makes words of them, a machine checks them. What a call does is
not known here. Sources: the man pages of the calls, and <linux/mount.h>.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from vfslab.kernel import flags as numbers

# path: a string that may be a magic one (see machine); struct: a dict; names: a list of strings
Kind = Literal["path", "string", "fd", "flags", "choice", "number", "struct", "names", "shell"]
Gives = Literal["nothing", "fd", "id", "text", "record", "list"]
Default = Literal["REQUIRED"] | int | None
REQUIRED: Literal["REQUIRED"] = "REQUIRED"


class Parameter(NamedTuple):
    """One argument of a call, or one field of a struct.

    ``words`` are the names that its values, or bits of them, have; ``bits`` is how
    wide a number is. ``default`` stands for what a caller of the shell leaves off, and a
    caller of the machine in a dict; without one (REQUIRED) it is left off by nobody.
    """

    name: str
    kind: Kind
    words: Mapping[str, int] = {}
    bits: int = 32
    default: Default = REQUIRED
    fields: tuple[Parameter, ...] = ()


class Call(NamedTuple):
    """A call: its arguments in order, what kind of value it gives, and what it is for."""

    parameters: tuple[Parameter, ...]
    gives: Gives
    purpose: str


# Names of what is no single bit, and of what no caller gives.
_NO_FLAG = {
    "MS_PROPAGATION",
    "MS_MGC_VAL",
    "MS_MGC_MSK",
    "MOVE_MOUNT__MASK",
    "MOUNT_ATTR__ATIME",
    "MOUNT_ATTR_SIZE_VER0",
    "STATMOUNT_BY_FD",
}


def words(*names: str) -> dict[str, int]:
    """The numbers of those names, and of all that begin with one that ends in "_"."""
    everything = {name: value for name, value in vars(numbers).items() if isinstance(value, int)}
    found = {}
    for wanted in names:
        prefix = wanted if wanted.endswith("_") else None
        for name, value in everything.items():
            if name == wanted or (prefix and name.startswith(prefix) and name not in _NO_FLAG):
                found[name] = value
    return found


def _flags(name: str, *names: str, bits: int = 32, default: Default = REQUIRED) -> Parameter:
    named = {word: value for word, value in words(*names).items() if value < 1 << bits}
    return Parameter(name, "flags", named, bits, default)


def _path(name: str) -> Parameter:
    return Parameter(name, "path")


def _number(name: str, bits: int = 64, default: Default = REQUIRED) -> Parameter:
    return Parameter(name, "number", {}, bits, default)


FD = Parameter("fd", "fd")
DIRFD = Parameter("dirfd", "fd", words("AT_FDCWD"))
PATH = _path("path")
# the value of a byte behind the struct that the kernel knows
_TAIL = _number("tail", 8, 0)

# struct mount_attr
_MOUNT_ATTR = (
    _flags("attr_set", "MOUNT_ATTR_", bits=64, default=0),
    _flags("attr_clr", "MOUNT_ATTR_", "MOUNT_ATTR__ATIME", bits=64, default=0),
    _flags("propagation", "MS_PRIVATE", "MS_SHARED", "MS_SLAVE", "MS_UNBINDABLE", bits=64, default=0),
    Parameter("userns_fd", "fd", default=0),
    _TAIL,
)


def _mnt_id_req(param: Parameter) -> Parameter:
    """struct mnt_id_req, in which statmount(2) and listmount(2) mean different things by ``param``."""
    fields = (
        Parameter("mnt_id", "number", words("LSMT_ROOT"), 64),
        param,
        _number("size", 32, numbers.MNT_ID_REQ_SIZE_VER1),
        _number("mnt_ns_id", 64, 0),
        Parameter("mnt_ns_fd", "fd", default=0),
        Parameter("mnt_fd", "fd", default=0),
        _TAIL,
    )
    return Parameter("request", "struct", fields=fields)


# What a clone may ask for: shells that shared memory or descriptors would be one and the same program.
_CLONE_WORDS = (
    "CLONE_FS",
    "CLONE_NEWNS",
    "CLONE_NEWUSER",
    "CLONE_NEWCGROUP",
    "CLONE_NEWUTS",
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_EMPTY_MNTNS",
)
CLONE_FLAGS = sum(words(*_CLONE_WORDS).values())

CALLS: dict[str, Call] = {
    "mount": Call(
        (
            _path("source"),
            _path("target"),
            Parameter("filesystemtype", "string"),
            _flags("mountflags", "MS_"),
            Parameter("data", "string"),
        ),
        "nothing",
        "mount a filesystem, bind, move, remount or change a propagation type",
    ),
    "umount2": Call(
        (_path("target"), _flags("flags", "MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW")),
        "nothing",
        "take a mount away",
    ),
    "pivot_root": Call((_path("new_root"), _path("put_old")), "nothing", "change the root mount"),
    "open_tree": Call(
        (
            DIRFD,
            PATH,
            _flags(
                "flags",
                "OPEN_TREE_",
                "AT_EMPTY_PATH",
                "AT_NO_AUTOMOUNT",
                "AT_RECURSIVE",
                "AT_SYMLINK_NOFOLLOW",
            ),
        ),
        "fd",
        "a descriptor of a mount, or of a detached copy of it",
    ),
    "move_mount": Call(
        (
            DIRFD._replace(name="from_dirfd"),
            _path("from_path"),
            DIRFD._replace(name="to_dirfd"),
            _path("to_path"),
            _flags("flags", "MOVE_MOUNT_"),
        ),
        "nothing",
        "attach a detached tree, or move a mount",
    ),
    "fsopen": Call(
        (Parameter("fsname", "string"), _flags("flags", "FSOPEN_")),
        "fd",
        "a descriptor of a filesystem to be made",
    ),
    "fsconfig": Call(
        (
            FD,
            Parameter("cmd", "choice", words("FSCONFIG_")),
            Parameter("key", "string", default=None),
            Parameter("value", "string", default=None),
            Parameter("aux", "fd", words("AT_FDCWD"), default=0),
        ),
        "nothing",
        "set an option of a filesystem, or make it",
    ),
    "fsmount": Call(
        (FD, _flags("flags", "FSMOUNT_"), _flags("attr_flags", "MOUNT_ATTR_")),
        "fd",
        "a descriptor of a detached mount of a filesystem",
    ),
    "mount_setattr": Call(
        (
            DIRFD,
            PATH,
            _flags("flags", "AT_EMPTY_PATH", "AT_NO_AUTOMOUNT", "AT_RECURSIVE", "AT_SYMLINK_NOFOLLOW"),
            Parameter("attr", "struct", fields=_MOUNT_ATTR),
            _number("size", default=numbers.MOUNT_ATTR_SIZE_VER0),
        ),
        "nothing",
        "change the attributes and the propagation type of mounts",
    ),
    "statmount": Call(
        (
            _mnt_id_req(_flags("param", "STATMOUNT_", bits=64)),
            _number("bufsize", default=65536),
            _flags("flags", "STATMOUNT_BY_FD", default=0),
        ),
        "record",
        "what the kernel says of a mount",
    ),
    "listmount": Call(
        (
            _mnt_id_req(_number("param", default=0)),
            _number("count", default=1000),
            _flags("flags", "LISTMOUNT_", default=0),
        ),
        "list",
        "the ids of the mounts below a mount that come behind the id param",
    ),
    "statx": Call(
        (DIRFD, PATH, _flags("flags", "AT_EMPTY_PATH", "AT_NO_AUTOMOUNT", "AT_SYMLINK_NOFOLLOW")),
        "record",
        "the ids of the mount that a path leads to",
    ),
    "openat": Call((DIRFD, PATH, _flags("flags", "O_")), "fd", "a descriptor of a file"),
    "close": Call((FD,), "nothing", "give a descriptor back"),
    "fchdir": Call((FD,), "nothing", "change the working directory"),
    "read": Call((FD, _number("count")), "text", "the next text of a file"),
    "pipe": Call((), "fd", "a descriptor of the end of a pipe that can be read"),
    "memfd_create": Call((), "fd", "a descriptor of a file in no directory"),
    "pidfd_open": Call((Parameter("shell", "shell"),), "fd", "a descriptor of a shell's process"),
    "ns_get_mntns_id": Call((FD,), "id", "the id of a mount namespace: ioctl(fd, NS_GET_MNTNS_ID)"),
    "unshare": Call(
        (_flags("flags", "CLONE_", "UNSHARE_EMPTY_MNTNS"),), "nothing", "leave namespaces for new ones"
    ),
    "clone": Call(
        (_flags("flags", *_CLONE_WORDS, bits=64), Parameter("shell", "shell")),
        "nothing",
        "a new shell that is a child of this one",
    ),
    "setns": Call((FD, _flags("nstype", "CLONE_")), "nothing", "enter a namespace"),
    "capset": Call((Parameter("capabilities", "names"),), "nothing", "drop capabilities for good"),
    "sysctl": Call(
        (Parameter("name", "string"), _number("value", 32)),
        "nothing",
        "set a limit: fs.mount-max, or user.max_mnt_namespaces of the caller's user namespace",
    ),
    "chdir": Call((PATH,), "nothing", "change the working directory"),
    "chroot": Call((PATH,), "nothing", "change the root directory"),
    "mkdir": Call((PATH,), "nothing", "make a directory"),
    "rmdir": Call((PATH,), "nothing", "remove an empty directory"),
    "mknod": Call((PATH,), "nothing", "make an empty file"),
    "symlink": Call((Parameter("target", "string"), _path("linkpath")), "nothing", "make a symbolic link"),
    "rename": Call((_path("oldpath"), _path("newpath")), "nothing", "give a file another name"),
    "unlink": Call((PATH,), "nothing", "remove a file"),
    "utimensat": Call((PATH,), "nothing", "set the times of a file to now"),
    "stat": Call((PATH,), "record", "what tells a file apart, links followed"),
    "lstat": Call((PATH,), "record", "what tells a file apart, a link too"),
    "readdir": Call((PATH,), "list", "the sorted names in a directory"),
    "readfile": Call((PATH,), "text", "the whole text of a file"),
    "getcwd": Call((), "text", "the path of the working directory"),
    "mountinfo": Call((), "text", "the whole of /proc/self/mountinfo"),
}


def check(name: str, args: Sequence[Any]) -> None:
    """Raise ValueError for a call that does not exist, and for arguments that no system call can take."""
    call = CALLS.get(name)
    if call is None or len(call.parameters) != len(args):
        raise ValueError(f"there is no call {name}({', '.join(['…'] * len(args))})")
    for parameter, arg in zip(call.parameters, args, strict=True):
        _check(name, parameter, arg)


def _check(call: str, parameter: Parameter, arg: Any) -> None:
    match parameter.kind:
        case "path" | "string":
            if arg is not None:
                _check_string(call, arg)
        case "shell":
            _check_string(call, arg)
        case "names":
            for name in arg:
                _check_string(call, name)
        case "struct":
            fields = {field.name: field for field in parameter.fields}
            for name, value in arg.items():
                if name not in fields:
                    raise ValueError(f"{call}: its {parameter.name} has no field {name!r}")
                _check(call, fields[name], value)
        case "fd":
            _check_number(call, parameter, arg, -(1 << 31), 1 << 31)
        case _:
            _check_number(call, parameter, arg, 0, 1 << parameter.bits)


def _check_string(call: str, arg: Any) -> None:
    if not isinstance(arg, str):
        raise ValueError(f"{call}: {arg!r} is no string")
    if "\0" in arg:
        raise ValueError(f"{call}: {arg!r} holds a NUL, which ends a string in a system call")
    try:
        arg.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError(f"{call}: {arg!r} holds a character that stands for no bytes") from None


def _check_number(call: str, parameter: Parameter, arg: Any, low: int, high: int) -> None:
    if not isinstance(arg, int):
        raise ValueError(f"{call}: {arg!r} is no number")
    if not low <= arg < high:
        raise ValueError(f"{call}: {arg} is no {parameter.name} of {parameter.bits} bits")
