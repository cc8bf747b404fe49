"""The filesystem types that there are, and the life of their superblocks.

What a type is, and what a superblock shows of its flags and options; how one is asked for is
``fs_context``'s, how it gets mounted ``mount``'s. proc and sysfs are stand-ins: empty, and nothing can be
created in them. Source: fs/filesystems.c, fs/super.c.
"""

from __future__ import annotations

from types import MappingProxyType

from . import refusals
from .effects import Refused
from .flags import SB_DIRSYNC, SB_LAZYTIME, SB_MANDLOCK, SB_NOUSER, SB_RDONLY, SB_SYNCHRONOUS
from .fs_parser import DEFAULTS, PRINTED
from .globals import Globals
from .objects import FileSystemType, SuperBlock
from .tasks import UserNamespace

_FLAG_WORDS = MappingProxyType(
    {"sync": SB_SYNCHRONOUS, "dirsync": SB_DIRSYNC, "mand": SB_MANDLOCK, "lazytime": SB_LAZYTIME}
)
TMPFS_MAGIC = 0x01021994
PROC_MAGIC = 0x9FA0
FILE_SYSTEMS = MappingProxyType(
    {
        fs_type.name: fs_type
        for fs_type in (
            FileSystemType("tmpfs", userns_mount=True, allow_idmap=True, magic=TMPFS_MAGIC),
            FileSystemType("ramfs", ignores_unknown_options=True, userns_mount=True, magic=0x858458F6),
            FileSystemType("proc", create_errno="ENOENT", userns_visible=True, magic=PROC_MAGIC),
            FileSystemType("sysfs", single=True, create_errno="EPERM", userns_visible=True, magic=0x62656572),
            FileSystemType("ext4", requires_dev=True),
            FileSystemType("devtmpfs", modelled=False),
            FileSystemType("fuse", userns_mount=True, has_subtype=True, modelled=False),
            FileSystemType("rootfs", user_mountable=False, magic=TMPFS_MAGIC),
            FileSystemType(
                "nullfs", user_mountable=False, create_errno="ENOENT", nouser=True, magic=0x4E554C4C
            ),
            FileSystemType("nsfs", user_mountable=False, magic=0x6E736673),
            FileSystemType("pidfs", user_mountable=False, nouser=True, magic=0x50494446),
            FileSystemType("pipefs", nouser=True, autodir=True, magic=0x50495045),
            FileSystemType("sockfs", nouser=True, autodir=True, magic=0x534F434B),
            FileSystemType("procfs", user_mountable=False, nouser=True, magic=PROC_MAGIC),
            FileSystemType("memfd", user_mountable=False, nouser=True, magic=TMPFS_MAGIC),
            FileSystemType("anon_inodefs", user_mountable=False, nouser=True, magic=0x09041934),
        )
    }
)


def get_fs_type(k: Globals, name: str) -> FileSystemType:
    """The type of that name, which may have a subtype ("fuse.x") where the type has them.

    Raises ENODEV where there is none, or none that a user may mount.
    """
    base, dot, _ = name.partition(".")
    fs_type = k.file_systems.get(base)
    if fs_type is None or not fs_type.user_mountable or (dot and not fs_type.has_subtype):
        raise Refused(refusals.UNKNOWN_FS_TYPE, name)
    return fs_type


def show_super(sb: SuperBlock, options: dict[str, str]) -> None:
    """Let the superblock print these options besides its flags; but not what is the default."""
    defaults = DEFAULTS.get(sb.s_type.name, {})
    sb.s_options = {
        name: options[name] for name in PRINTED if options.get(name) and options[name] != defaults.get(name)
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


def new_super(k: Globals, fs_type: FileSystemType, user_ns: UserNamespace) -> SuperBlock:
    """A superblock with an empty root directory and the lowest free anonymous device number."""
    sb = SuperBlock(fs_type, k.unnamed_dev_ida.alloc(), user_ns)
    if fs_type.nouser:
        sb.s_flags |= SB_NOUSER
    return sb


def deactivate_super(k: Globals, sb: SuperBlock) -> None:
    """A mount or a context less; with the last one the superblock gives its device number back."""
    sb.s_active -= 1
    if sb.s_active:
        return
    k.unnamed_dev_ida.free(sb.s_dev)
    if k.single_supers.get(sb.s_type.name) is sb:
        del k.single_supers[sb.s_type.name]
