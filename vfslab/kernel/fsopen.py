"""fsopen(2), fsconfig(2): a filesystem context behind a descriptor.

What is asked of a filesystem is kept in ``fs_context``; its mount is made by ``fsmount``.
Source: fs/fsopen.c.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from . import flags as f
from . import refusals
from .effects import Code, NotModelled, Refused, Step
from .file_table import alloc_file, fd_install, fget, fget_raw
from .filesystems import get_fs_type
from .fs_context import (
    OTHER,
    FsContext,
    Other,
    Phase,
    fs_context_for_mount,
    mount_capable,
    put_fs_context,
    vfs_clean_context,
    vfs_get_tree,
    vfs_parse_fs_param,
)
from .globals import Globals
from .internal import internal_file
from .locking import holding
from .namei import getname_flags
from .remount import reconfigure_super, s_umount_name
from .rights import may_mount
from .tasks import File, Task
from .vfsmount import path_get

PAGE_SIZE = 4096
# the longest key, and the longest value of FSCONFIG_SET_STRING
LONGEST = 255
LARGEST_BLOB = 1 << 20


def do_fsopen(k: Globals, task: Task, fs_name: str | None, flags: int) -> Code:
    """fsopen(2): the descriptor of a context for a new superblock. Raises EPERM, EINVAL, EFAULT, ENODEV."""
    if not may_mount(task):
        raise Refused(refusals.FSOPEN_NOT_CAPABLE)
    if flags & ~f.FSOPEN_CLOEXEC:
        raise Refused(refusals.FSOPEN_UNKNOWN_FLAG, hex(flags))
    fs_type = get_fs_type(k, strndup_user(fs_name, PAGE_SIZE - 1))
    fc = fs_context_for_mount(k, task, fs_type)
    file = alloc_file(path_get(internal_file(k, "anon_inodefs")))
    file.private_data = fc
    file.release = fscontext_release(fc)
    yield Step("fsopen", f"a context for a {fs_type.name}, of which nothing is there yet")
    return fd_install(task, file)


def fscontext_release(fc: FsContext) -> Callable[[Globals], Code]:
    """What the end of the context's file does."""

    def release(k: Globals) -> Code:
        put_fs_context(k, fc)
        yield from ()

    return release


def fscontext_read(fc: FsContext) -> str:
    """read(2) on a context: what it has to say. Raises ENODATA where that is nothing; NotModelled."""
    if fc.log:
        raise NotModelled("fscontext_read", f"what a context for a {fc.fs_type.name} has to say")
    raise Refused(refusals.NO_MESSAGE)


def strndup_user(text: str | None, longest: int) -> str:
    """A string from user space. Raises EFAULT for NULL, EINVAL for one that is too long."""
    if text is None:
        raise Refused(refusals.NULL_STRING)
    if len(text.encode(errors="surrogateescape")) > longest:
        raise Refused(refusals.STRING_TOO_LONG, longest)
    return text


def fscontext(file: File) -> FsContext:
    """The context behind a file. Raises EINVAL where there is none."""
    if not isinstance(file.private_data, FsContext):
        raise Refused(refusals.NO_FS_CONTEXT)
    return file.private_data


# Whether each command takes a key, whether a value, and what ``aux`` may be.
_ARGUMENTS: MappingProxyType[int, tuple[bool, bool, Callable[[int], bool]]] = MappingProxyType(
    {
        f.FSCONFIG_SET_FLAG: (True, False, lambda aux: aux == 0),
        f.FSCONFIG_SET_STRING: (True, True, lambda aux: aux == 0),
        f.FSCONFIG_SET_BINARY: (True, True, lambda aux: 0 < aux <= LARGEST_BLOB),
        f.FSCONFIG_SET_PATH: (True, True, lambda aux: aux == f.AT_FDCWD or aux >= 0),
        f.FSCONFIG_SET_PATH_EMPTY: (True, True, lambda aux: aux == f.AT_FDCWD or aux >= 0),
        f.FSCONFIG_SET_FD: (True, False, lambda aux: aux >= 0),
        f.FSCONFIG_CMD_CREATE: (False, False, lambda aux: aux == 0),
        f.FSCONFIG_CMD_CREATE_EXCL: (False, False, lambda aux: aux == 0),
        f.FSCONFIG_CMD_RECONFIGURE: (False, False, lambda aux: aux == 0),
    }
)


def do_fsconfig(
    k: Globals, task: Task, fd: int, cmd: int, key: str | None, value: str | None, aux: int
) -> Code:
    """fsconfig(2): one parameter, or a command.

    Raises EINVAL, EOPNOTSUPP, EBADF, EBUSY, EPERM, or what the filesystem answers.
    """
    if fd < 0:
        raise Refused(refusals.FSCONFIG_NEGATIVE_FD, fd)
    if cmd not in _ARGUMENTS:
        raise Refused(refusals.FSCONFIG_UNKNOWN_COMMAND, cmd)
    takes_key, takes_value, aux_fits = _ARGUMENTS[cmd]
    if takes_key != (key is not None) or takes_value != (value is not None) or not aux_fits(aux):
        raise Refused(refusals.FSCONFIG_WRONG_ARGUMENTS)
    fc = fscontext(fget(task, fd))
    if key is not None:
        key = strndup_user(key, LONGEST)
    parameter = fs_parameter(task, cmd, value, aux)
    finish_clean_context(fc)
    if cmd in (f.FSCONFIG_CMD_CREATE, f.FSCONFIG_CMD_CREATE_EXCL):
        yield from vfs_cmd_create(k, task, fc, exclusive=cmd == f.FSCONFIG_CMD_CREATE_EXCL)
    elif cmd == f.FSCONFIG_CMD_RECONFIGURE:
        yield from vfs_cmd_reconfigure(k, task, fc)
    else:
        assert key is not None, "a parameter has a name"
        if fc.phase not in (Phase.CREATE_PARAMS, Phase.RECONF_PARAMS):
            raise Refused(refusals.NO_PARAMETERS_NOW)
        vfs_parse_fs_param(k, task, fc, key, parameter)
        yield Step("vfs_parse_fs_param", f"the context for a {fc.fs_type.name} has one parameter more")


def fs_parameter(task: Task, cmd: int, value: str | None, aux: int) -> str | Other | None:
    """The value as the filesystem gets it. Raises EINVAL, ENOENT, ENAMETOOLONG, EBADF."""
    match cmd:
        case f.FSCONFIG_SET_STRING:
            return strndup_user(value, LONGEST)
        case f.FSCONFIG_SET_PATH | f.FSCONFIG_SET_PATH_EMPTY:
            getname_flags(value or "", empty=cmd == f.FSCONFIG_SET_PATH_EMPTY)
            return OTHER
        case f.FSCONFIG_SET_FD:
            fget_raw(task, aux)
            return OTHER
        case f.FSCONFIG_SET_BINARY:
            return OTHER
    return None


def finish_clean_context(fc: FsContext) -> None:
    """After fsmount(2) the context takes parameters for reconfiguring what it made."""
    if fc.phase is Phase.AWAITING_RECONF:
        fc.phase = Phase.RECONF_PARAMS


def vfs_cmd_create(k: Globals, task: Task, fc: FsContext, *, exclusive: bool) -> Code:
    """Make the superblock, or find it where all share it; not with ``exclusive``. Raises EBUSY, EPERM."""
    if fc.phase is not Phase.CREATE_PARAMS:
        raise Refused(refusals.CREATED_BEFORE)
    mount_capable(k, task, fc)
    fc.phase = Phase.CREATING
    fc.exclusive = exclusive
    try:
        yield from vfs_get_tree(k, task, fc)
    except Refused:
        fc.phase = Phase.FAILED
        raise
    fc.phase = Phase.AWAITING_MOUNT
    yield Step("vfs_cmd_create", f"the context has a superblock of {fc.fs_type.name}, to be mounted")


def vfs_cmd_reconfigure(k: Globals, task: Task, fc: FsContext) -> Code:
    """Change the superblock that the context has made. Raises EBUSY, EPERM, EINVAL."""
    if fc.phase is not Phase.RECONF_PARAMS:
        raise Refused(refusals.NOTHING_TO_RECONFIGURE)
    sb = fc.root
    assert sb is not None, "a context that was mounted has a superblock"
    fc.phase = Phase.RECONFIGURING
    try:
        if not task.capable(sb.s_user_ns):
            raise Refused(refusals.RECONFIGURE_NOT_CAPABLE, sb.s_type.name)
        change = reconfigure_super(k, "vfs_cmd_reconfigure", fc)
        yield from holding("vfs_cmd_reconfigure", s_umount_name(sb), change)
    except Refused:
        fc.phase = Phase.FAILED
        raise
    vfs_clean_context(fc)
