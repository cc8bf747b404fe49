"""listmount(2): the unique ids of the mounts below one, in their order, page by page.

How a request is read and whose mounts are meant is ``mnt_id_req``'s. Source: fs/namespace.c, do_listmount().
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from . import refusals
from .effects import NAMESPACE_SEM, Alloc, Code, Refused
from .flags import LISTMOUNT_REVERSE, LSMT_ROOT, MNT_UNIQUE_ID_OFFSET
from .globals import Globals
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
from .namei import is_path_reachable
from .namespace import mounts_from
from .objects import MntNamespace, Mount, Path
from .tasks import Task
from .vfsmount import path_put

MAX_COUNT = 1_000_000


def sys_listmount(k: Globals, task: Task, request: Mapping[str, int], count: int, flags: int) -> Code:
    """listmount(2): at most ``count`` ids of what is mounted below the mount ``mnt_id`` of the request.

    For LSMT_ROOT, below the root and the root itself. They come behind the id ``param``, or from the
    beginning for 0; from the end with LISTMOUNT_REVERSE.
    Raises EINVAL, EOVERFLOW, E2BIG, ENOENT, EBADF, EPERM, ENOMEM.
    """
    if flags & ~LISTMOUNT_REVERSE:
        raise Refused(refusals.LISTMOUNT_UNKNOWN_FLAG, hex(flags))
    if count > MAX_COUNT:
        raise Refused(refusals.LISTMOUNT_TOO_MANY, count, MAX_COUNT)
    req = copy_mnt_id_req(request)
    if 0 < req.param <= MNT_UNIQUE_ID_OFFSET:
        raise Refused(refusals.LISTMOUNT_NO_LAST_ID, req.param)
    if count and (yield Alloc("prepare_klistmount", f"{count} ids")):
        raise Refused(refusals.NO_MEMORY, f"{count} ids")
    ns = grab_requested_mnt_ns(k, task, req)
    if is_foreign(task, req, ns):
        raise Refused(refusals.LISTMOUNT_FOREIGN, ns.id)
    reverse = bool(flags & LISTMOUNT_REVERSE)
    listing = do_listmount(k, task, req, ns, count, reverse=reverse)
    return (yield from holding("do_listmount", NAMESPACE_SEM, listing, shared=True))


def do_listmount(
    k: Globals, task: Task, req: MntIdReq, ns: MntNamespace, count: int, *, reverse: bool
) -> Code:
    """The ids, with nobody changing the namespace meanwhile."""
    yield from ()
    root = grab_requested_root(task, ns)
    try:
        top = root
        if req.mnt_id != LSMT_ROOT:
            mount = lookup_mnt_in_ns(ns, req.mnt_id)
            top = Path(mount, mount.mnt_root)
        check_reachable(task, ns, top, root)
        found = (
            mount.mnt_id_unique
            for mount in mounts_behind(ns, req.param, reverse=reverse)
            if mount.mnt_id_unique != req.mnt_id and is_path_reachable(mount, mount.mnt_root, top)
        )
        return [*islice(found, count)]
    finally:
        path_put(k, root)


def mounts_behind(ns: MntNamespace, last: int, *, reverse: bool) -> list[Mount]:
    """The mounts of the namespace behind the id ``last``, all for 0; the greatest number wraps to 0."""
    if reverse:
        return [mount for mount in reversed(mounts_from(ns, 0)) if not last or mount.mnt_id_unique < last]
    return mounts_from(ns, low_bytes(last + 1, 8))
