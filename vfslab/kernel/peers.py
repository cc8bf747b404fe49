"""What a mount is to propagation, and the walk over the mounts that receive from one.

The walk goes member by member, slaves of a member before its next peer: the
order in which an umount looks for counterparts. Copying and removing is elsewhere.
Source: fs/pnode.h; fs/pnode.c, propagation_next() and skip_propagation_subtree().
"""

from __future__ import annotations

from collections.abc import Iterator

from .flags import T_SHARED, T_UNBINDABLE
from .globals import Globals
from .links import ring
from .namei import is_path_reachable
from .objects import Mount, Path


def is_shared(mount: Mount) -> bool:
    return bool(mount.mnt_t_flags & T_SHARED)


def is_unbindable(mount: Mount) -> bool:
    return bool(mount.mnt_t_flags & T_UNBINDABLE)


def set_shared(mount: Mount) -> None:
    """Mark as shared, which ends being unbindable (set_mnt_shared)."""
    mount.mnt_t_flags = mount.mnt_t_flags & ~T_UNBINDABLE | T_SHARED


def release_group_id(k: Globals, mount: Mount) -> None:
    """Give the peer group id back (mnt_release_group_id)."""
    k.mnt_group_ida.free(mount.mnt_group_id)
    mount.mnt_group_id = 0


def peers(one: Mount, other: Mount) -> bool:
    """Whether the two are in the same peer group (peers)."""
    return one.mnt_group_id != 0 and one.mnt_group_id == other.mnt_group_id


def get_dominating_id(mount: Mount, root: Path) -> int:
    """The nearest group up the masters with a member in the mount's namespace below ``root``, 0 for none."""
    master = mount.mnt_master
    while master is not None:
        for peer in ring(master):
            if peer.mnt_ns is mount.mnt_ns and is_path_reachable(peer, peer.mnt_root, root):
                return peer.mnt_group_id
        master = master.mnt_master
    return 0


def is_new(mount: Mount) -> bool:
    """Whether the mount has not been added to a namespace yet (IS_MNT_NEW)."""
    return mount.mnt_ns is None


def propagation_next(mount: Mount, origin: Mount) -> Mount | None:
    """The receiver after ``mount`` in the walk that started at ``origin``."""
    if not is_new(mount) and mount.mnt_slave_list is not None:
        return mount.mnt_slave_list
    return after_subtree(mount, origin)


def after_subtree(mount: Mount, origin: Mount) -> Mount | None:
    """The next receiver that is not below ``mount`` (__propagation_next)."""
    while True:
        master = mount.mnt_master
        if master is origin.mnt_master:
            after = mount.mnt_share_next
            return None if after is origin else after
        if mount.mnt_slave_next is not None:
            return mount.mnt_slave_next
        assert master is not None, "a receiver outside the origin's group has a master"
        mount = master


def skip_propagation_subtree(mount: Mount, origin: Mount) -> Mount | None:
    """The next receiver that is neither below ``mount`` nor a peer of it."""
    after = after_subtree(mount, origin)
    while after is not None and peers(mount, after):
        after = after_subtree(after, origin)
    return after


def receivers(origin: Mount) -> Iterator[Mount]:
    """Every mount that receives from ``origin``; no mount may change group meanwhile."""
    mount = propagation_next(origin, origin)
    while mount is not None:
        yield mount
        mount = propagation_next(mount, origin)
