"""struct mnt_id_req, with which statmount(2) and listmount(2) are asked: which mount, in which namespace.

What is told of the mounts is in ``statmount`` and ``listmount``. Source: fs/namespace.c,
copy_mnt_id_req(), grab_requested_mnt_ns(), grab_requested_root().
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from . import refusals
from .effects import Oops, Refused
from .file_table import fget
from .flags import MNT_ID_REQ_SIZE_VER0, MNT_ID_REQ_SIZE_VER1, MNT_UNIQUE_ID_OFFSET
from .globals import Globals
from .internal import MNT_NS_INTERNAL
from .namei import is_path_reachable
from .namespace import mounts_from
from .objects import MntNamespace, Mount, Path
from .seq_file import PAGE_SIZE
from .tasks import Task
from .vfsmount import path_get

# what MNT_NS_INTERNAL is as a number, and where in a mnt_namespace the number of mounts stands
ERR_PTR_EINVAL = -22
OFFSET_OF_NR_MOUNTS = 0x108


class MntIdReq(NamedTuple):
    """The request. ``fd`` is mnt_ns_fd, or mnt_fd with STATMOUNT_BY_FD."""

    fd: int
    mnt_id: int
    param: int
    mnt_ns_id: int


def copy_mnt_id_req(request: Mapping[str, int], *, by_fd: bool = False) -> MntIdReq:
    """Read the struct from user space, its fields given by name; "tail" is a byte behind the last.

    Raises E2BIG, EINVAL.
    """
    size = request.get("size", MNT_ID_REQ_SIZE_VER1)
    if size > PAGE_SIZE:
        raise Refused(refusals.REQUEST_TOO_LONG, size)
    if size < MNT_ID_REQ_SIZE_VER0:
        raise Refused(refusals.REQUEST_TOO_SHORT, size)
    if size > MNT_ID_REQ_SIZE_VER1 and request.get("tail"):
        raise Refused(refusals.REQUEST_HAS_TAIL)
    mnt_ns_id = low_bytes(request.get("mnt_ns_id", 0), size - MNT_ID_REQ_SIZE_VER0)
    fd = request.get("mnt_fd", 0) or request.get("mnt_ns_fd", 0)
    req = MntIdReq(fd, request.get("mnt_id", 0), request.get("param", 0), mnt_ns_id)
    if by_fd:
        if req.mnt_id or req.mnt_ns_id:
            raise Refused(refusals.REQUEST_BY_FD_AND_ID)
    elif req.fd and req.mnt_ns_id:
        raise Refused(refusals.REQUEST_NAMESPACE_TWICE)
    elif req.mnt_id <= MNT_UNIQUE_ID_OFFSET:
        raise Refused(refusals.REQUEST_NO_UNIQUE_ID, req.mnt_id)
    return req


def low_bytes(value: int, size: int) -> int:
    """What is left of a number of 64 bits where only its first ``size`` bytes are copied (little endian)."""
    return value & (1 << 8 * min(max(size, 0), 8)) - 1


def grab_requested_mnt_ns(k: Globals, task: Task, req: MntIdReq) -> MntNamespace:
    """The namespace that the request names, the task's own by default. Raises ENOENT, EBADF, EINVAL."""
    if req.mnt_ns_id:
        ns = k.namespaces.get(req.mnt_ns_id)
        if ns is None or ns.anon:
            raise Refused(refusals.NO_SUCH_NAMESPACE, req.mnt_ns_id)
        return ns
    if req.fd:
        behind = fget(task, req.fd).f_path.dentry.ns
        if not isinstance(behind, MntNamespace):
            raise Refused(refusals.NO_MNT_NAMESPACE_FD, req.fd)
        return behind
    return task.mnt_ns


def is_foreign(task: Task, req: MntIdReq, ns: MntNamespace) -> bool:
    """Whether an id names a namespace that the task has no rights over; who has a descriptor needs none."""
    return bool(req.mnt_ns_id) and ns is not task.mnt_ns and not task.capable(ns.user_ns)


def grab_requested_root(task: Task, ns: MntNamespace) -> Path:
    """Where paths begin, with a reference: the task's root; in another namespace the first mount on its root.

    The first is the one with the lowest id above the root's. Raises ENOENT where there is none, Oops for
    an error pointer.
    """
    if ns is task.mnt_ns:
        return path_get(task.fs.root)
    if ns is MNT_NS_INTERNAL:
        address = ERR_PTR_EINVAL + OFFSET_OF_NR_MOUNTS
        raise Oops("grab_requested_root", f"KASAN: null-ptr-deref at {address:#x}")
    if not ns.mounts or ns.root is None:
        raise Refused(refusals.NAMESPACE_EMPTY, ns.id)
    for mount in mounts_from(ns, ns.root.mnt_id_unique + 1):
        if mount.mnt_parent is ns.root:
            return path_get(Path(mount, mount.mnt_root))
    raise Refused(refusals.NAMESPACE_WITHOUT_ROOT, ns.id)


def lookup_mnt_in_ns(ns: MntNamespace, id: int) -> Mount:
    """The mount with that unique id in the namespace. Raises ENOENT."""
    mount = ns.mounts.get(id - MNT_UNIQUE_ID_OFFSET)
    if mount is None:
        raise Refused(refusals.NO_SUCH_MOUNT, id, ns.id)
    return mount


def check_reachable(task: Task, ns: MntNamespace, place: Path, root: Path) -> None:
    """Who may not administer the namespace sees what is below ``root`` alone. Raises EPERM."""
    if not is_path_reachable(place.mnt, place.dentry, root) and not task.capable(ns.user_ns):
        raise Refused(refusals.MOUNT_NOT_REACHABLE, place.mnt, root)
