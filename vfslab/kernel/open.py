"""Opening: what openat(2) and its like make a file of, and the calls that take nothing but a file.

Descriptors are kept in ``file_table``; files of detached trees come from ``open_tree``, those of /proc's
mount tables from ``proc_namespace``. Source: fs/open.c, fs/pipe.c, mm/memfd.c, kernel/pid.c.
"""

from __future__ import annotations

from . import refusals
from .effects import Code, Refused
from .file_table import alloc_file, fd_install, fget, fget_raw
from .files import do_mknodat, mnt_want_write, set_fs_pwd
from .flags import (
    AT_EMPTY_PATH,
    AT_NO_AUTOMOUNT,
    AT_STATX_SYNC_TYPE,
    AT_SYMLINK_NOFOLLOW,
    MNT_NOSYMFOLLOW,
    MNT_UNIQUE_ID_OFFSET,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOFOLLOW,
    O_PATH,
    O_RDWR,
    O_WRONLY,
)
from .fs_context import FsContext
from .fsopen import fscontext_read
from .globals import Globals
from .internal import internal_file
from .namei import MAXSYMLINKS, getname_maybe_null, user_path_at
from .objects import MntNamespace
from .proc_namespace import mounts_open
from .seq_file import SeqFile, seq_read_iter
from .tasks import Task
from .vfsmount import path_get, path_put

STATX_FLAGS = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE


# Internal filesystems whose files cannot be opened by a path (no_open).
NOT_OPENED_AGAIN = ("anon_inodefs",)


def do_openat(k: Globals, task: Task, dfd: int, name: str, flags: int) -> Code:
    """openat(2): a descriptor.

    ``flags`` are O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_PATH. Raises
    ENOENT, ENOTDIR, EISDIR, EROFS, ELOOP, EEXIST, EBADF, EACCES, ENXIO.
    """
    yield from ()
    if (file := (yield from mounts_open(k, task, name, flags))) is not None:
        return fd_install(task, file)
    if flags & O_CREAT and not flags & O_PATH:
        if not flags & (O_EXCL | O_NOFOLLOW):
            name = link_target(k, task, name, dfd)
        try:
            yield from do_mknodat(k, task, name, dfd)
        except Refused as refusal:
            if refusal.errno != "EEXIST" or flags & O_EXCL:
                raise
    follow = not flags & O_NOFOLLOW
    path = user_path_at(k, task, name, dfd=dfd, directory=bool(flags & O_DIRECTORY), follow=follow)
    writable = bool(flags & (O_WRONLY | O_RDWR)) and not flags & O_PATH
    try:
        if path.dentry.d_symlink is not None and not flags & O_PATH:
            raise Refused(refusals.OPEN_OF_LINK, name)
        if path.dentry.d_sb.s_type.name in NOT_OPENED_AGAIN and not flags & O_PATH:
            raise Refused(refusals.NO_SECOND_OPEN, name)
        if writable and path.dentry.d_sb.s_type.name == "nsfs":
            raise Refused(refusals.WRITE_TO_IMMUTABLE, name)
        if writable and path.dentry.is_dir:
            raise Refused(refusals.IS_A_DIRECTORY, name)
        if writable:
            mnt_want_write(path.mnt)
        if path.dentry.d_sb.s_type.autodir and path.dentry.is_dir and not flags & O_PATH:
            raise Refused(refusals.OPEN_OF_AUTODIR, name)
    except Refused:
        path_put(k, path)
        raise
    file = alloc_file(path, o_path=bool(flags & O_PATH), writable=writable)
    file.readable = not flags & O_WRONLY
    return fd_install(task, file)


def link_target(k: Globals, task: Task, name: str, dfd: int) -> str:
    """The name behind the symbolic links that ``name`` ends on, where a file is made if there is none."""
    for _ in range(MAXSYMLINKS):
        try:
            path = user_path_at(k, task, name, dfd=dfd, follow=False)
        except Refused:
            return name
        path_put(k, path)
        link = path.dentry.d_symlink
        if link is None or path.mnt.mnt_flags & MNT_NOSYMFOLLOW:
            return name
        head, slash, _ = name.rpartition("/")
        name = link if link.startswith("/") else head + slash + link
    raise Refused(refusals.TOO_MANY_LINKS, name)


def do_fchdir(k: Globals, task: Task, fd: int) -> Code:
    """fchdir(2). Raises EBADF, ENOTDIR."""
    path = fget_raw(task, fd).f_path
    if not path.dentry.can_lookup:
        raise Refused(refusals.DIRFD_NO_DIRECTORY, fd)
    yield from set_fs_pwd(k, task, path_get(path))


def do_read(k: Globals, task: Task, fd: int, size: int) -> Code:
    """read(2): the next text of a mount table, at most ``size`` bytes; nothing of a file, which is empty.

    Bytes that make no characters, as where a piece ends amid one, are surrogate-escaped.

    Raises EBADF, EISDIR, EINVAL, ENOMEM.
    """
    file = fget(task, fd)
    if not file.readable:
        raise Refused(refusals.WRITE_ONLY_FD, fd)
    if file.f_path.dentry.is_dir:
        raise Refused(refusals.READ_OF_DIRECTORY, f"descriptor {fd}")
    if file.f_path.dentry.d_sb.s_type.name in ("nsfs", "pidfs"):
        raise Refused(refusals.NOTHING_TO_READ, fd)
    if isinstance(file.private_data, FsContext):
        return fscontext_read(file.private_data)
    if isinstance(file.private_data, SeqFile):
        text = yield from seq_read_iter(file.private_data, size)
        return text.decode("utf-8", "surrogateescape")
    return ""


def do_pipe(k: Globals, task: Task) -> Code:
    """pipe(2), of which the reading end is given back."""
    yield from ()
    return fd_install(task, alloc_file(path_get(internal_file(k, "pipefs"))))


def do_memfd_create(k: Globals, task: Task) -> Code:
    """memfd_create(2)."""
    yield from ()
    return fd_install(task, alloc_file(path_get(internal_file(k, "memfd"))))


def do_pidfd_open(k: Globals, task: Task, pid: int) -> Code:
    """pidfd_open(2). Raises ESRCH."""
    yield from ()
    other = k.tasks.get(pid)
    if other is None:
        raise Refused(refusals.NO_SUCH_PROCESS, pid)
    return fd_install(task, alloc_file(path_get(internal_file(k, "pidfs", other))))


def do_statx(k: Globals, task: Task, dfd: int, name: str | None, flags: int) -> Code:
    """statx(2), of which the mount is told: its two ids, and whether the place is its root.

    ``flags`` are AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT and the two of AT_STATX_SYNC_TYPE, which
    change nothing here. Raises EINVAL, and what the path walk raises.
    """
    yield from ()
    follow = not flags & AT_SYMLINK_NOFOLLOW
    empty = bool(flags & AT_EMPTY_PATH)
    name = getname_maybe_null(name, empty)
    if flags & ~STATX_FLAGS or flags & AT_STATX_SYNC_TYPE == AT_STATX_SYNC_TYPE:
        raise Refused(refusals.STATX_UNKNOWN_FLAG, hex(flags))
    path = user_path_at(k, task, name, dfd=dfd, follow=follow, empty=empty)
    path_put(k, path)
    return {
        "mnt_id": path.mnt.mnt_id,
        "mnt_id_unique": MNT_UNIQUE_ID_OFFSET + path.mnt.id,
        "mount_root": path.dentry is path.mnt.mnt_root,
    }


def do_ns_get_mntns_id(k: Globals, task: Task, fd: int) -> Code:
    """ioctl(2), NS_GET_MNTNS_ID: the id of a mount namespace by its file. Raises ENOTTY, EINVAL."""
    yield from ()
    dentry = fget(task, fd).f_path.dentry
    ns = dentry.ns
    if not isinstance(ns, MntNamespace):
        if dentry.d_sb.s_type.name == "nsfs":
            raise Refused(refusals.OTHER_NAMESPACE_FILE, fd)
        raise Refused(refusals.NO_MOUNT_NAMESPACE_FILE, fd)
    return ns.id
