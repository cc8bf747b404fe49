"""The filesystem types that can be mounted, and making a superblock of one.

What a type accepts and refuses; not how its superblock gets mounted. proc and
sysfs are stand-ins: empty, and nothing can be created in them.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from . import refusals
from .effects import Alloc, Code, Refused
from .flags import SB_RDONLY
from .globals import Globals
from .objects import FileSystemType, SuperBlock, UserNamespace

_TMPFS_OPTIONS = frozenset(("size", "nr_blocks", "nr_inodes", "mode", "uid", "gid", "huge", "mpol"))
_GENERIC_OPTIONS = frozenset(("sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand"))
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
FILE_SYSTEMS = MappingProxyType(
    {
        fs_type.name: fs_type
        for fs_type in (
            FileSystemType("tmpfs", options=_TMPFS_OPTIONS),
            FileSystemType("ramfs", options=frozenset(("mode",)), ignores_unknown_options=True),
            FileSystemType("proc", create_errno="ENOENT", options=frozenset(("hidepid", "gid", "subset"))),
            FileSystemType("sysfs", single=True, create_errno="EPERM"),
            FileSystemType("rootfs", user_mountable=False),
            FileSystemType("nullfs", user_mountable=False, create_errno="ENOENT"),
        )
    }
)


def get_fs_type(name: str) -> FileSystemType:
    """The type of that name. Raises ENODEV where there is none, or none that a user may mount."""
    fs_type = FILE_SYSTEMS.get(name)
    if fs_type is None or not fs_type.user_mountable:
        raise Refused(refusals.UNKNOWN_FS_TYPE, name)
    return fs_type


def parse_monolithic(fs_type: FileSystemType, data: str | None) -> bool:
    """Check the comma-separated options of mount(2)'s data. Returns whether "ro" is among them.

    Raises EINVAL for an option that the type does not know, or a value that it cannot read.
    """
    read_only = False
    for option in filter(None, (data or "").split(",")):
        name, _, value = option.partition("=")
        if option in ("ro", "rw"):
            read_only = option == "ro"
        elif option in _GENERIC_OPTIONS or (name not in fs_type.options and fs_type.ignores_unknown_options):
            continue
        elif name not in fs_type.options:
            raise Refused(refusals.UNKNOWN_OPTION, name, fs_type.name)
        elif not re.fullmatch(_VALUES.get(name, ".*"), value):
            raise Refused(refusals.BAD_OPTION_VALUE, option, fs_type.name)
    return read_only


def vfs_get_tree(k: Globals, fs_type: FileSystemType, user_ns: UserNamespace, sb_flags: int) -> Code:
    """A new superblock of the type, or the one that all its mounts share (sget_fc)."""
    if fs_type.single and fs_type.name in k.single_supers:
        sb = k.single_supers[fs_type.name]
        if (sb.s_flags ^ sb_flags) & SB_RDONLY:
            raise Refused(refusals.SUPERBLOCK_READ_ONLY_DIFFERS, fs_type.name)
        return sb
    if (yield Alloc("vfs_get_tree", "struct super_block")):
        raise Refused(refusals.NO_MEMORY, "struct super_block")
    sb = new_super(k, fs_type, user_ns, sb_flags)
    if fs_type.single:
        k.single_supers[fs_type.name] = sb
    return sb


def new_super(k: Globals, fs_type: FileSystemType, user_ns: UserNamespace, sb_flags: int = 0) -> SuperBlock:
    """A superblock with an empty root directory and the lowest free anonymous device number."""
    return SuperBlock(fs_type, k.unnamed_dev_ida.alloc(), user_ns, sb_flags)


def deactivate_super(k: Globals, sb: SuperBlock) -> None:
    """The last mount of the superblock is gone: give its device number back."""
    k.unnamed_dev_ida.free(sb.s_dev)
    if k.single_supers.get(sb.s_type.name) is sb:
        del k.single_supers[sb.s_type.name]
