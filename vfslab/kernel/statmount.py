"""statmount(2): what the kernel says of one mount, field by field as asked for.

How a request is read and whose mounts are meant is ``mnt_id_req``'s. Source: fs/namespace.c,
do_statmount() and the functions of each field; <linux/mount.h>, struct statmount.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from . import flags as f
from . import refusals
from .effects import NAMESPACE_SEM, Alloc, Code, Refused
from .file_table import fget_raw
from .filesystems import show_options
from .globals import Globals
from .internal import MNT_NS_INTERNAL
from .locking import holding
from .mnt_id_req import (
    MntIdReq,
    check_reachable,
    copy_mnt_id_req,
    grab_requested_mnt_ns,
    grab_requested_root,
    is_foreign,
    lookup_mnt_in_ns,
    low_bytes,
)
from .namei import End, prepend_path
from .objects import MntNamespace, Mount, Path, SuperBlock
from .peers import get_dominating_id, is_shared, is_unbindable
from .tasks import File, Task
from .vfsmount import path_put

SIZE = 512
"""sizeof(struct statmount), behind which the strings begin."""
SUPPORTED_MASK = 0x7FFF
STRING_REQ = (
    f.STATMOUNT_MNT_ROOT
    | f.STATMOUNT_MNT_POINT
    | f.STATMOUNT_FS_TYPE
    | f.STATMOUNT_MNT_OPTS
    | f.STATMOUNT_FS_SUBTYPE
    | f.STATMOUNT_SB_SOURCE
    | f.STATMOUNT_OPT_ARRAY
    | f.STATMOUNT_OPT_SEC_ARRAY
    | f.STATMOUNT_MNT_UIDMAP
    | f.STATMOUNT_MNT_GIDMAP
)
# where the fields end that are numbers: a shorter buffer gets those that end in it
ENDS: MappingProxyType[str, int] = MappingProxyType(
    {
        "sb_dev_major": 20,
        "sb_dev_minor": 24,
        "sb_magic": 32,
        "sb_flags": 36,
        "mnt_id": 48,
        "mnt_parent_id": 56,
        "mnt_id_old": 60,
        "mnt_parent_id_old": 64,
        "mnt_attr": 72,
        "mnt_propagation": 80,
        "mnt_peer_group": 88,
        "mnt_master": 96,
        "propagate_from": 104,
        "mnt_ns_id": 120,
        "supported_mask": 152,
    }
)
_ATTRIBUTES = (
    (f.MNT_READONLY, f.MOUNT_ATTR_RDONLY),
    (f.MNT_NOSUID, f.MOUNT_ATTR_NOSUID),
    (f.MNT_NODEV, f.MOUNT_ATTR_NODEV),
    (f.MNT_NOEXEC, f.MOUNT_ATTR_NOEXEC),
    (f.MNT_NODIRATIME, f.MOUNT_ATTR_NODIRATIME),
    (f.MNT_NOSYMFOLLOW, f.MOUNT_ATTR_NOSYMFOLLOW),
)


def sys_statmount(k: Globals, task: Task, request: Mapping[str, int], bufsize: int, flags: int) -> Code:
    """statmount(2): the fields that ``param`` asks for, as far as a buffer of ``bufsize`` has room for them.

    They are given by their names in struct statmount, arrays as lists; ``mask`` says what there is, ``size``
    how much of the buffer is filled. ``flags`` may be STATMOUNT_BY_FD since 7.0.
    Raises EINVAL, E2BIG, EOVERFLOW, ENOENT, EBADF, EPERM, ENOMEM.
    """
    if flags & ~(f.STATMOUNT_BY_FD if k.release.statmount_by_fd else 0):
        raise Refused(refusals.STATMOUNT_UNKNOWN_FLAG, hex(flags))
    req = copy_mnt_id_req(request, by_fd=bool(flags))
    file, ns = None, None
    if flags & f.STATMOUNT_BY_FD:
        file = fget_raw(task, req.fd)
    else:
        ns = grab_requested_mnt_ns(k, task, req)
        if is_foreign(task, req, ns):
            hidden = k.release.statmount_hides_foreign
            raise Refused(refusals.STATMOUNT_FOREIGN_HIDDEN if hidden else refusals.STATMOUNT_FOREIGN, ns.id)
    if (yield Alloc("statmount", "struct kstatmount")):
        raise Refused(refusals.NO_MEMORY, "struct kstatmount")
    if req.param & STRING_REQ:
        if bufsize == SIZE:
            raise Refused(refusals.STATMOUNT_NO_ROOM_AT_ALL)
        if (yield Alloc("prepare_kstatmount", "the strings")):
            raise Refused(refusals.NO_MEMORY, "the strings")
    answer = do_statmount(k, task, req, bufsize, file, ns)
    return (yield from holding("do_statmount", NAMESPACE_SEM, answer, shared=True))


def mnt_ns_of_fd(mount: Mount, fd: int) -> MntNamespace | None:
    """The namespace of a descriptor's mount, None for one that has left it.

    Raises EINVAL for a mount of the kernel's own.
    """
    ns = mount.mnt_ns
    if ns is MNT_NS_INTERNAL:
        raise Refused(refusals.STATMOUNT_INTERNAL, fd)
    return ns


def mnt_ns_of_fd_unchecked(mount: Mount, fd: int) -> MntNamespace | None:
    """The same as it was in 7.0-rc1: an error pointer goes for a namespace."""
    return mount.mnt_ns


def do_statmount(
    k: Globals, task: Task, req: MntIdReq, bufsize: int, file: File | None, ns: MntNamespace | None
) -> Code:
    """The answer for the mount of ``file``, or for the one that the request names in ``ns``.

    A file's mount may have left its namespace: then there is neither mount point nor namespace id.
    """
    yield from ()
    mask = req.param
    if file is not None:
        mount = file.f_path.mnt
        ns = (mnt_ns_of_fd if k.release.statmount_refuses_internal else mnt_ns_of_fd_unchecked)(mount, req.fd)
        if ns is None:
            mask &= ~(f.STATMOUNT_MNT_POINT | f.STATMOUNT_MNT_NS_ID)
            return fill(task, mount, None, None, mask, bufsize)
    else:
        assert ns is not None, "who names no file names a namespace"
        if req.mnt_ns_id and not ns.mounts:
            raise Refused(refusals.NAMESPACE_EMPTY, ns.id)
        mount = lookup_mnt_in_ns(ns, req.mnt_id)
    root = grab_requested_root(task, ns)
    try:
        if file is None:
            check_reachable(task, ns, Path(mount, mount.mnt_root), root)
        return fill(task, mount, ns, root, mask, bufsize)
    finally:
        path_put(k, root)


def fill(
    task: Task, mount: Mount, ns: MntNamespace | None, root: Path | None, mask: int, bufsize: int
) -> dict[str, Any]:
    """struct statmount as far as the buffer goes. Raises EOVERFLOW where a string does not fit."""
    told = 0
    numbers: dict[str, int] = {}
    if mask & f.STATMOUNT_SB_BASIC:
        told |= f.STATMOUNT_SB_BASIC
        numbers |= statmount_sb_basic(mount.mnt_sb)
    if mask & f.STATMOUNT_MNT_BASIC:
        told |= f.STATMOUNT_MNT_BASIC
        numbers |= statmount_mnt_basic(mount)
    if mask & f.STATMOUNT_PROPAGATE_FROM:
        told |= f.STATMOUNT_PROPAGATE_FROM
        # as the task sees it from its own root, whatever namespace is asked about
        numbers["propagate_from"] = get_dominating_id(mount, task.fs.root)
    if mask & f.STATMOUNT_MNT_NS_ID and ns is not None:
        told |= f.STATMOUNT_MNT_NS_ID
        numbers["mnt_ns_id"] = ns.id
    if mask & f.STATMOUNT_SUPPORTED_MASK:
        told |= f.STATMOUNT_SUPPORTED_MASK
        numbers["supported_mask"] = SUPPORTED_MASK
    # an empty string comes first, for the offsets that are not set
    count = 1 if mask & STRING_REQ else 0
    strings: dict[str, str | list[str]] = {}
    for bit, name, value, length in statmount_strings(mount, root):
        if not mask & bit or not length:
            continue
        count += length
        if SIZE + count >= bufsize:
            raise Refused(refusals.STATMOUNT_NO_ROOM, name, SIZE + count)
        count += 1
        told |= bit
        strings[name] = value
    size = min(bufsize, SIZE) + count
    return {
        "size": low_bytes(size, bufsize),
        "mask": low_bytes(told, bufsize - 8),
        **{name: number for name, number in numbers.items() if ENDS[name] <= bufsize},
        **strings,
    }


def statmount_sb_basic(sb: SuperBlock) -> dict[str, int]:
    """The filesystem's device, magic number, and those of its flags that are told."""
    told = f.SB_RDONLY | f.SB_SYNCHRONOUS | f.SB_DIRSYNC | f.SB_LAZYTIME
    major, minor = map(int, sb.s_id.split(":"))
    return {
        "sb_dev_major": major,
        "sb_dev_minor": minor,
        "sb_magic": sb.s_type.magic,
        "sb_flags": sb.s_flags & told,
    }


def statmount_mnt_basic(mount: Mount) -> dict[str, int]:
    """The mount's ids and its parent's, its attributes, what it is to propagation."""
    master = mount.mnt_master
    return {
        "mnt_id": mount.mnt_id_unique,
        "mnt_parent_id": mount.mnt_parent.mnt_id_unique,
        "mnt_id_old": mount.mnt_id,
        "mnt_parent_id_old": mount.mnt_parent.mnt_id,
        "mnt_attr": mnt_to_attr_flags(mount),
        "mnt_propagation": mnt_to_propagation_flags(mount),
        "mnt_peer_group": mount.mnt_group_id,
        "mnt_master": 0 if master is None else master.mnt_group_id,
    }


def mnt_to_attr_flags(mount: Mount) -> int:
    """The mount's flags as MOUNT_ATTR_*."""
    attr = f.MOUNT_ATTR_IDMAP if mount.mnt_idmap else 0
    for flag, attribute in _ATTRIBUTES:
        if mount.mnt_flags & flag:
            attr |= attribute
    if mount.mnt_flags & f.MNT_NOATIME:
        return attr | f.MOUNT_ATTR_NOATIME
    return attr | (f.MOUNT_ATTR_RELATIME if mount.mnt_flags & f.MNT_RELATIME else f.MOUNT_ATTR_STRICTATIME)


def mnt_to_propagation_flags(mount: Mount) -> int:
    """The propagation type as MS_*: shared and slave may come together."""
    type = f.MS_SHARED if is_shared(mount) else 0
    if mount.mnt_master is not None:
        type |= f.MS_SLAVE
    if is_unbindable(mount):
        type |= f.MS_UNBINDABLE
    return type or f.MS_PRIVATE


def statmount_strings(mount: Mount, root: Path | None) -> Iterator[tuple[int, str, str | list[str], int]]:
    """Each string with its bit, its name and its length; an empty one is not told. Nothing is escaped.

    No filesystem here has a subtype or options of a security module.
    """
    sb = mount.mnt_sb
    options = show_options(sb)[1:]
    yield f.STATMOUNT_MNT_OPTS, "mnt_opts", options, len(options)
    yield f.STATMOUNT_OPT_ARRAY, "opt_array", options.split(","), len(options)
    for bit, name, text in (
        (f.STATMOUNT_FS_TYPE, "fs_type", sb.s_type.name),
        (f.STATMOUNT_MNT_ROOT, "mnt_root", mount.mnt_root.path()),
        (f.STATMOUNT_MNT_POINT, "mnt_point", statmount_mnt_point(mount, root)),
        (f.STATMOUNT_SB_SOURCE, "sb_source", mount.mnt_devname),
    ):
        yield bit, name, text, len(text.encode("utf-8", "surrogateescape"))
    if mount.mnt_idmap:
        # every user namespace here maps root, and nobody else, to root; each line ends in a NUL of its own
        for bit, name in ((f.STATMOUNT_MNT_UIDMAP, "mnt_uidmap"), (f.STATMOUNT_MNT_GIDMAP, "mnt_gidmap")):
            yield bit, name, ["0 0 1"], len("0 0 1\0")


def statmount_mnt_point(mount: Mount, root: Path | None) -> str:
    """Where the mount is, seen from ``root``; "" where it cannot be reached from there."""
    if root is None:
        return ""
    path, end = prepend_path(Path(mount, mount.mnt_root), root)
    return path or "/" if end is End.ROOT else ""
