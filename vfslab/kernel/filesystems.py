"""The filesystem types that can be mounted, and making a superblock of one.

What a type accepts and refuses; not how its superblock gets mounted. proc and
sysfs are stand-ins: empty, and nothing can be created in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

from . import refusals
from .effects import Alloc, Code, Refused
from .flags import SB_DIRSYNC, SB_LAZYTIME, SB_MANDLOCK, SB_NOUSER, SB_RDONLY, SB_SYNCHRONOUS
from .globals import Globals
from .objects import FileSystemType, SuperBlock
from .tasks import Task, UserNamespace

_TMPFS_OPTIONS = frozenset(("size", "nr_blocks", "nr_inodes", "mode", "uid", "gid", "huge", "mpol"))
_PROC_OPTIONS = frozenset(("hidepid", "gid", "subset"))
SB_FLAGS = SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK | SB_DIRSYNC | SB_LAZYTIME
_FLAG_WORDS = MappingProxyType(
    {"sync": SB_SYNCHRONOUS, "dirsync": SB_DIRSYNC, "mand": SB_MANDLOCK, "lazytime": SB_LAZYTIME}
)
# Options that every filesystem knows: the flags that each sets, and clears.
_GENERIC_OPTIONS = MappingProxyType(
    {
        "ro": (SB_RDONLY, 0),
        "rw": (0, SB_RDONLY),
        "sync": (SB_SYNCHRONOUS, 0),
        "async": (0, SB_SYNCHRONOUS),
        "dirsync": (SB_DIRSYNC, 0),
        "lazytime": (SB_LAZYTIME, 0),
        "nolazytime": (0, SB_LAZYTIME),
        "mand": (SB_MANDLOCK, 0),
        "nomand": (0, SB_MANDLOCK),
    }
)
_SIZE = r"\d+[kKmMgGtTpPeE]?"
_VALUES = MappingProxyType(
    {
        "mode": "[0-7]+",
        "uid": r"\d+",
        "gid": r"\d+",
        "size": rf"{_SIZE}|\d+%",
        "nr_blocks": _SIZE,
        "nr_inodes": _SIZE,
    }
)


def memparse(value: str) -> int:
    """A number with a unit, as the kernel reads "1m"."""
    digits = value.rstrip("kKmMgGtTpPeE")
    return int(digits) << 10 * (" kmgtpe".index(value[len(digits) :].lower() or " "))


def _kilobytes(value: str) -> str:
    """A size in whole pages, in kilobytes; nothing for a share of the machine's memory."""
    return "" if value.endswith("%") else f"{4 * -(-memparse(value) // 4096)}k"


# How options are printed, in the order in which tmpfs prints them; ramfs has but the mode.
_SHOWN: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "size": _kilobytes,
        "nr_inodes": lambda value: str(memparse(value)),
        "mode": lambda value: f"{int(value, 8) & 0o7777:03o}",
        "uid": lambda value: str(int(value)),
        "gid": lambda value: str(int(value)),
    }
)
_DEFAULTS = MappingProxyType(
    {
        "tmpfs": {"mode": "1777", "uid": "0", "gid": "0"},
        "ramfs": {"mode": "755"},
    }
)
TMPFS_MAGIC = 0x01021994
PROC_MAGIC = 0x9FA0
FILE_SYSTEMS = MappingProxyType(
    {
        fs_type.name: fs_type
        for fs_type in (
            FileSystemType(
                "tmpfs", options=_TMPFS_OPTIONS, userns_mount=True, allow_idmap=True, magic=TMPFS_MAGIC
            ),
            FileSystemType(
                "ramfs",
                options=frozenset(("mode",)),
                ignores_unknown_options=True,
                userns_mount=True,
                magic=0x858458F6,
            ),
            FileSystemType("proc", create_errno="ENOENT", options=_PROC_OPTIONS, magic=PROC_MAGIC),
            FileSystemType("sysfs", single=True, create_errno="EPERM", magic=0x62656572),
            FileSystemType("rootfs", user_mountable=False, magic=TMPFS_MAGIC),
            FileSystemType(
                "nullfs", user_mountable=False, create_errno="ENOENT", nouser=True, magic=0x4E554C4C
            ),
            FileSystemType("nsfs", user_mountable=False, magic=0x6E736673),
            FileSystemType("pidfs", user_mountable=False, nouser=True, magic=0x50494446),
            FileSystemType("pipefs", nouser=True, magic=0x50495045),
            FileSystemType("sockfs", nouser=True, magic=0x534F434B),
            FileSystemType("procfs", user_mountable=False, nouser=True, magic=PROC_MAGIC),
            FileSystemType("memfd", user_mountable=False, nouser=True, magic=TMPFS_MAGIC),
        )
    }
)


def get_fs_type(k: Globals, name: str) -> FileSystemType:
    """The type of that name. Raises ENODEV where there is none, or none that a user may mount."""
    fs_type = k.file_systems.get(name)
    if fs_type is None or not fs_type.user_mountable:
        raise Refused(refusals.UNKNOWN_FS_TYPE, name)
    return fs_type


def mount_capable(k: Globals, task: Task, fs_type: FileSystemType) -> None:
    """Whether the task may make a superblock of the type. Raises EPERM.

    proc and sysfs ask for rights over a pid or network namespace, which all tasks have from init here.
    """
    if not task.capable(task.user_ns if fs_type.userns_mount else k.init_user_ns):
        raise Refused(refusals.FS_NEEDS_PRIVILEGE, fs_type.name)


class Parameters(NamedTuple):
    """What mount(2)'s flags and data ask of a superblock: its SB_* flags, and options with their values."""

    sb_flags: int
    options: dict[str, str]


def parse_monolithic(fs_type: FileSystemType, flags: int, data: str | None) -> Parameters:
    """Read mount(2)'s MS_* flags and the comma-separated options of its data.

    Raises EINVAL for an option that the type does not know, or a value that it cannot read.
    """
    sb_flags = flags & SB_FLAGS
    options = {}
    for option in filter(None, (data or "").split(",")):
        name, _, value = option.partition("=")
        if option in _GENERIC_OPTIONS:
            add, remove = _GENERIC_OPTIONS[option]
            sb_flags = sb_flags & ~remove | add
        elif name not in fs_type.options:
            if not fs_type.ignores_unknown_options:
                raise Refused(refusals.UNKNOWN_OPTION, name, fs_type.name)
        elif not re.fullmatch(_VALUES.get(name, ".*"), value):
            raise Refused(refusals.BAD_OPTION_VALUE, option, fs_type.name)
        elif name == "nr_blocks":
            options["size"] = f"{4 * memparse(value)}k"
        else:
            options[name] = value
    return Parameters(sb_flags, options)


def reconfigure_super(sb: SuperBlock, wanted: Parameters) -> None:
    """Give the superblock these flags, and these options besides those that it has.

    What has its default, or depends on the size of the machine's memory, is not printed.
    """
    merged = sb.s_options | {
        name: _SHOWN[name](text) for name, text in wanted.options.items() if name in _SHOWN
    }
    defaults = _DEFAULTS.get(sb.s_type.name, {})
    sb.s_flags = sb.s_flags & ~SB_FLAGS | wanted.sb_flags
    sb.s_options = {
        name: merged[name] for name in _SHOWN if merged.get(name) and merged[name] != defaults.get(name)
    }
    sb.s_shown = ("ro" if sb.s_flags & SB_RDONLY else "rw") + show_sb_opts(sb) + show_options(sb)


def show_sb_opts(sb: SuperBlock) -> str:
    """The superblock's flags as the mount tables print them, each with a comma before it; not ro and rw."""
    return "".join(f",{word}" for word, flag in _FLAG_WORDS.items() if sb.s_flags & flag)


def show_options(sb: SuperBlock) -> str:
    """The filesystem's own options, each with a comma before it (shmem_show_options)."""
    return "".join(f",{name}={value}" if value else f",{name}" for name, value in sb.s_options.items())


def own_options(shown: str) -> dict[str, str]:
    """The filesystem's own options among the words that mountinfo has for its superblock."""
    words = [word for word in shown.split(",") if word not in ("ro", "rw", *_FLAG_WORDS)]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def vfs_get_tree(k: Globals, fs_type: FileSystemType, user_ns: UserNamespace, wanted: Parameters) -> Code:
    """A new superblock of the type, or the one that all its mounts share (sget_fc)."""
    if fs_type.single and fs_type.name in k.single_supers:
        sb = k.single_supers[fs_type.name]
        if (sb.s_flags ^ wanted.sb_flags) & SB_RDONLY:
            raise Refused(refusals.SUPERBLOCK_READ_ONLY_DIFFERS, fs_type.name)
        return sb
    if (yield Alloc("vfs_get_tree", "struct super_block")):
        raise Refused(refusals.NO_MEMORY, "struct super_block")
    sb = new_super(k, fs_type, user_ns)
    reconfigure_super(sb, wanted)
    if fs_type.single:
        k.single_supers[fs_type.name] = sb
    return sb


def new_super(k: Globals, fs_type: FileSystemType, user_ns: UserNamespace) -> SuperBlock:
    """A superblock with an empty root directory and the lowest free anonymous device number."""
    sb = SuperBlock(fs_type, k.unnamed_dev_ida.alloc(), user_ns)
    if fs_type.nouser:
        sb.s_flags |= SB_NOUSER
    return sb


def deactivate_super(k: Globals, sb: SuperBlock) -> None:
    """The last mount of the superblock is gone: give its device number back."""
    k.unnamed_dev_ida.free(sb.s_dev)
    if k.single_supers.get(sb.s_type.name) is sb:
        del k.single_supers[sb.s_type.name]
