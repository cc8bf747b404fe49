"""struct fs_context: what is asked of a filesystem, parameter by parameter, until there is a superblock.

mount(2), fsopen(2) and a remount all go this way. What the values of parameters mean is ``fs_parser``'s;
nothing here knows where a mount goes.
Source: fs/fs_context.c; fs/super.c, vfs_get_tree(), mount_capable(); fs/namespace.c, vfs_create_mount().
"""

from __future__ import annotations

from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from . import refusals
from .effects import Alloc, Code, NotModelled, Refused
from .filesystems import deactivate_super, new_super, show_super
from .flags import SB_DIRSYNC, SB_LAZYTIME, SB_MANDLOCK, SB_RDONLY, SB_SYNCHRONOUS
from .fs_parser import PARAMETERS, RECONFIGURABLE, SAME_AS, UNMODELLED_FLAGS, BadValue, Unmodelled
from .globals import Globals
from .namei import user_path_at
from .objects import FileSystemType, SuperBlock
from .tasks import Task, UserNamespace
from .vfsmount import alloc_vfsmnt, path_put

SB_FLAGS = SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK | SB_DIRSYNC | SB_LAZYTIME
# Parameters that every filesystem has: the flag that each is about, and whether it sets it.
_SB_FLAG_WORDS = MappingProxyType(
    {
        "ro": (SB_RDONLY, True),
        "rw": (SB_RDONLY, False),
        "sync": (SB_SYNCHRONOUS, True),
        "async": (SB_SYNCHRONOUS, False),
        "dirsync": (SB_DIRSYNC, True),
        "lazytime": (SB_LAZYTIME, True),
        "nolazytime": (SB_LAZYTIME, False),
        "mand": (SB_MANDLOCK, True),
        "nomand": (SB_MANDLOCK, False),
    }
)


class Phase(Enum):
    """enum fs_context_phase: what may be done with the context next."""

    CREATE_PARAMS = auto()
    CREATING = auto()
    AWAITING_MOUNT = auto()
    AWAITING_RECONF = auto()
    RECONF_PARAMS = auto()
    RECONFIGURING = auto()
    FAILED = auto()


class Other(Enum):
    """A value that is neither text nor missing: bytes, a path, a descriptor."""

    VALUE = auto()


OTHER: Final = Other.VALUE


class FsContext:
    """struct fs_context.

    ``root`` is the superblock once there is one, which the context keeps alive; ``sb_flags_mask`` the SB_*
    flags that a parameter has named; ``options`` what the filesystem will print of its parameters; ``log``
    whether it has something to say that read(2) would tell.
    """

    __slots__ = (
        "exclusive",
        "fs_type",
        "log",
        "options",
        "phase",
        "root",
        "sb_flags",
        "sb_flags_mask",
        "source",
        "user_ns",
    )

    def __init__(self, fs_type: FileSystemType, user_ns: UserNamespace, sb_flags: int = 0) -> None:
        self.fs_type = fs_type
        self.user_ns = user_ns
        self.phase = Phase.CREATE_PARAMS
        self.root: SuperBlock | None = None
        self.sb_flags = sb_flags
        self.sb_flags_mask = 0
        self.options: dict[str, str] = {}
        self.source: str | None = None
        self.exclusive = False
        self.log = False


def fs_context_for_mount(k: Globals, task: Task, fs_type: FileSystemType, sb_flags: int = 0) -> FsContext:
    """A context for a new superblock, owned by the task's user namespace, or by init's (proc, sysfs).

    Raises EPERM for a sysfs without rights over the network namespace, which is init's here.
    """
    if fs_type.name == "sysfs" and not task.capable(k.init_user_ns):
        raise Refused(refusals.SYSFS_NEEDS_NETWORK_NAMESPACE)
    user_ns = task.user_ns if fs_type.userns_mount else k.init_user_ns
    return FsContext(fs_type, user_ns, sb_flags)


def fs_context_for_reconfigure(sb: SuperBlock, sb_flags: int, sb_flags_mask: int) -> FsContext:
    """A context for changing a superblock, which whoever makes it keeps alive.

    nullfs_init_fs_context() writes over the flags that are asked for.
    """
    fc = FsContext(sb.s_type, sb.s_user_ns, 0 if sb.s_type.name == "nullfs" else sb_flags)
    fc.sb_flags_mask = sb_flags_mask
    fc.root = sb
    fc.phase = Phase.RECONF_PARAMS
    return fc


def put_fs_context(k: Globals, fc: FsContext) -> None:
    """The context is done with, and holds its superblock no longer."""
    if fc.root is not None:
        deactivate_super(k, fc.root)
        fc.root = None


def vfs_clean_context(fc: FsContext) -> None:
    """Forget all parameters but which flags they named; from now on the superblock is reconfigured."""
    fc.sb_flags = 0
    fc.options = {}
    fc.source = None
    fc.exclusive = False
    fc.phase = Phase.AWAITING_RECONF


def parse_monolithic_mount_data(k: Globals, task: Task, fc: FsContext, data: str | None) -> None:
    """Read the data of mount(2): parameters separated by commas. Raises EINVAL."""
    for option in (data or "").split(","):
        key, equals, value = option.partition("=")
        if key:
            vfs_parse_fs_param(k, task, fc, key, value if equals else None)


def vfs_parse_sb_flag(fc: FsContext, key: str) -> bool:
    """Whether the parameter is one that every filesystem has, and is dealt with, whatever its value."""
    if key not in _SB_FLAG_WORDS:
        return False
    flag, sets = _SB_FLAG_WORDS[key]
    fc.sb_flags = fc.sb_flags | flag if sets else fc.sb_flags & ~flag
    fc.sb_flags_mask |= flag
    return True


def vfs_parse_fs_param(
    k: Globals, task: Task, fc: FsContext, key: str, value: str | Other | None = None
) -> None:
    """One parameter, without value where that is None. Raises EINVAL; NotModelled."""
    if vfs_parse_sb_flag(fc, key):
        return
    try:
        parse_param(k, task, fc, key, value)
    except Refused:
        fc.log = True
        raise


def parse_param(k: Globals, task: Task, fc: FsContext, key: str, value: str | Other | None) -> None:
    """A parameter of the filesystem's own, or the source."""
    name = fc.fs_type.name
    reader = PARAMETERS.get(name, {}).get(key)
    if reader is not None:
        try:
            if not isinstance(value, str):
                raise BadValue
            text = reader(value)
        except BadValue:
            raise Refused(refusals.BAD_OPTION_VALUE, key, name) from None
        except Unmodelled:
            raise NotModelled("fs_parse", f"{key}={value} of {name}") from None
        if key in ("uid", "gid") and name == "tmpfs" and int(text) and not ids_are_mapped(k, task, fc):
            raise Refused(refusals.ID_NOT_MAPPED, f"{key}={text}")
        fc.options[SAME_AS.get(key, key)] = text
    elif key == "source":
        vfs_parse_fs_param_source(fc, value)
    elif key in UNMODELLED_FLAGS.get(name, ()) or fc.fs_type.requires_dev or not fc.fs_type.modelled:
        raise NotModelled("fs_parse", f"option {key} of {name}")
    elif not fc.fs_type.ignores_unknown_options:
        raise Refused(refusals.UNKNOWN_OPTION, key, name)


def ids_are_mapped(k: Globals, task: Task, fc: FsContext) -> bool:
    """Whether other ids than 0 mean something: in every other user namespace root is all there is."""
    return task.user_ns is k.init_user_ns and fc.user_ns is k.init_user_ns


def vfs_parse_fs_param_source(fc: FsContext, value: str | Other | None) -> None:
    """What stands as source in mountinfo. Raises EINVAL for a second one, and for what is no text."""
    if not isinstance(value, str):
        raise Refused(refusals.SOURCE_NO_STRING, fc.fs_type.name)
    if fc.source is not None:
        raise Refused(refusals.SECOND_SOURCE, fc.source)
    fc.source = value


def mount_capable(k: Globals, task: Task, fc: FsContext) -> None:
    """Whether the task may make the superblock. Raises EPERM.

    proc and sysfs ask for rights over a pid or network namespace, which all tasks have from init here.
    """
    if not task.capable(fc.user_ns if fc.fs_type.userns_mount else k.init_user_ns):
        raise Refused(refusals.FS_NEEDS_PRIVILEGE, fc.fs_type.name)


def vfs_get_tree(k: Globals, task: Task, fc: FsContext) -> Code:
    """Give the context a new superblock of its type, or the one that all its mounts share (sget_fc).

    Raises EBUSY, ENOMEM; for a type that needs a block device EINVAL, ENOTBLK, or what the path walk raises.
    """
    fs_type = fc.fs_type
    shared = k.single_supers.get(fs_type.name) if fs_type.single else None
    if shared is not None:
        if fc.exclusive:
            fc.log = True
            raise Refused(refusals.SUPERBLOCK_NOT_EXCLUSIVE, fs_type.name)
        if fs_type.requires_dev and (shared.s_flags ^ fc.sb_flags) & SB_RDONLY:
            raise Refused(refusals.SUPERBLOCK_READ_ONLY_DIFFERS, fs_type.name)
        sb = shared
    else:
        if fs_type.requires_dev:
            lookup_bdev(k, task, fc)
        if not fs_type.modelled:
            raise NotModelled("vfs_get_tree", f"a superblock of {fs_type.name}")
        if (yield Alloc("vfs_get_tree", "struct super_block")):
            raise Refused(refusals.NO_MEMORY, "struct super_block")
        sb = new_super(k, fs_type, fc.user_ns)
        sb.s_flags |= fc.sb_flags
        show_super(sb, fc.options)
        if fs_type.single:
            k.single_supers[fs_type.name] = sb
    sb.s_active += 1
    fc.root = sb


def lookup_bdev(k: Globals, task: Task, fc: FsContext) -> None:
    """The block device that is the source: there is none, so this always raises."""
    fc.log = True
    if not fc.source:
        raise Refused(refusals.NO_SOURCE_DEVICE, fc.fs_type.name)
    path_put(k, user_path_at(k, task, fc.source))
    raise Refused(refusals.NO_BLOCK_DEVICE, fc.source)


def vfs_create_mount(k: Globals, fc: FsContext) -> Code:
    """A mount of the context's superblock, linked to nothing. Raises ENOMEM."""
    assert fc.root is not None, "vfs_get_tree() has been there"
    return (yield from alloc_vfsmnt(k, "none" if fc.source is None else fc.source, fc.root.s_root, 0))


def reconfigure(fc: FsContext) -> None:
    """Change the flags that were named, and what of its options the filesystem lets change.

    Raises EINVAL. Whether the superblock may become read-only is asked before.
    """
    sb = fc.root
    assert sb is not None, "a context for reconfiguring has a superblock"
    allowed = RECONFIGURABLE.get(sb.s_type.name, frozenset())
    changed = {name: text for name, text in fc.options.items() if name in allowed}
    for name, unlimited in (("size", "0k"), ("nr_inodes", "0")):
        if sb.s_options.get(name) == unlimited and changed.get(name, unlimited) != unlimited:
            fc.log = True
            raise Refused(refusals.LIMIT_IN_RETROSPECT, name, sb.s_type.name)
    if changed.get("mpol") == "":
        del changed["mpol"]
    sb.s_flags = sb.s_flags & ~fc.sb_flags_mask | fc.sb_flags & fc.sb_flags_mask
    show_super(sb, sb.s_options | changed)
