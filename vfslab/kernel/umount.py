"""Taking mounts away: umount_tree(), which counterparts go with it, and leaving peer groups in bulk.

Whether a mount may be taken away is asked before, in ``mount``; this module
carries it out. Source: fs/namespace.c, umount_tree(); fs/pnode.c,
propagate_umount(), propagate_mount_busy(), bulk_make_private() (rewritten in 6.17).
"""

from __future__ import annotations

from .effects import Code, Step
from .flags import (
    MNT_LOCKED,
    MNT_UMOUNT,
    T_MARKED,
    T_SHARED,
    T_UMOUNT_CANDIDATE,
    UMOUNT_CONNECTED,
    UMOUNT_PROPAGATE,
    UMOUNT_SYNC,
)
from .globals import Globals
from .links import add_child, children, del_child, del_slave, give_slaves, leave_ring, slaves, tree
from .objects import Mount, mnt_has_parent
from .peers import (
    is_shared,
    propagation_next,
    receivers,
    release_group_id,
    skip_propagation_subtree,
)
from .vfsmount import lookup_mnt, mnt_change_mountpoint, umount_mnt


def umount_tree(k: Globals, root: Mount, how: int) -> Code:
    """Take the tree out of its namespace and out of every peer group.

    UMOUNT_PROPAGATE takes the counterparts elsewhere along. The mounts come apart
    into single ones, except below locked mounts and with UMOUNT_CONNECTED (never
    with UMOUNT_SYNC); each loses the reference that being attached was.
    """
    if how & UMOUNT_PROPAGATE:
        yield from propagate_mount_unlock(root)
    going = list(tree(root))
    for mount in going:
        mark_umounted(mount)
    for mount in going:
        del_child(mount)
    yield Step("umount_tree", "out of their namespace: {all}", tuple(m.id for m in going))
    if how & UMOUNT_PROPAGATE:
        yield from propagate_umount(going)
    yield from bulk_make_private(k, going)
    touched = []
    for mount in going:
        if mount.mnt_ns is not None:
            mount.mnt_ns.event += 1
            mount.mnt_ns = None
        if mnt_has_parent(mount):
            touched.append(mount.id)
            if not disconnect_mount(mount, how):
                add_child(mount.mnt_parent, mount)
                continue
            umount_mnt(mount)
        k.unmounted.append(mount)
    if touched:
        yield Step("umount_tree", "off their places: {all}", tuple(touched))


def umount_failed_tree(k: Globals, root: Mount) -> Code:
    """Undo copies that never became part of a namespace."""
    return umount_tree(k, root, UMOUNT_SYNC)


def mark_umounted(mount: Mount) -> None:
    """Mark as going and take out of the namespace's set; ``mnt_ns`` itself is cleared later."""
    mount.mnt_flags |= MNT_UMOUNT
    if mount.mnt_ns is not None:
        mount.mnt_ns.mounts.pop(mount.id, None)


def disconnect_mount(mount: Mount, how: int) -> bool:
    """Whether a mount that goes is separated from its parent (disconnect_mount)."""
    if how & UMOUNT_SYNC or not mount.mnt_parent.mnt_flags & MNT_UMOUNT:
        return True
    return not (how & UMOUNT_CONNECTED or mount.mnt_flags & MNT_LOCKED)


def propagate_mount_busy(root: Mount, references: int) -> Mount | None:
    """The mount that keeps a plain umount from going ahead, None if there is none.

    That is ``root`` with a child or more than ``references`` in use, or a
    counterpart of it that is in use; one with a child other than its overmount is ignored.
    """
    if root.mnt_mounts_first is not None or root.mnt_count > references:
        return root
    for receiver in receivers(root.mnt_parent):
        child = lookup_mnt(receiver, root.mnt_mountpoint)
        if child is None:
            continue
        only = child.mnt_mounts_first
        if only is not None and (only is not child.mnt_mounts_last or child.overmount is None):
            continue
        if child.mnt_count > 1:
            return child
    return None


def propagate_mount_unlock(root: Mount) -> Code:
    """Clear MNT_LOCKED on the exact counterparts of the root of a tree that goes."""
    counterparts = (lookup_mnt(receiver, root.mnt_mountpoint) for receiver in receivers(root.mnt_parent))
    unlocked = [mount for mount in counterparts if mount is not None and mount.mnt_flags & MNT_LOCKED]
    for mount in unlocked:
        mount.mnt_flags &= ~MNT_LOCKED
    if unlocked:
        yield Step("propagate_mount_unlock", "no longer locked: {all}", tuple(m.id for m in unlocked))


class Candidates:
    """The mounts that propagate_umount() considers: an ordered set, its members marked T_UMOUNT_CANDIDATE."""

    def __init__(self) -> None:
        self._mounts: dict[Mount, None] = {}

    def gather(self, going: list[Mount]) -> None:
        """Add whatever sits at the same place of every receiver (gather_candidates), latest first."""
        found: list[Mount] = []
        for mount in going:
            if mount.mnt_t_flags & T_UMOUNT_CANDIDATE:
                continue
            mount.mnt_t_flags |= T_UMOUNT_CANDIDATE
            parent = mount.mnt_parent
            receiver = propagation_next(parent, parent)
            while receiver is not None:
                child = lookup_mnt(receiver, mount.mnt_mountpoint)
                if child is not None:
                    if child.mnt_t_flags & T_UMOUNT_CANDIDATE:
                        receiver = skip_propagation_subtree(receiver, parent)
                        continue
                    child.mnt_t_flags |= T_UMOUNT_CANDIDATE
                    if not child.mnt_flags & MNT_UMOUNT:
                        found.append(child)
                receiver = propagation_next(receiver, parent)
        for mount in going:
            mount.mnt_t_flags &= ~T_UMOUNT_CANDIDATE
        self._mounts = dict.fromkeys(reversed(found))

    def remove(self, mount: Mount) -> None:
        """Out of the running (remove_from_candidate_list)."""
        mount.mnt_t_flags &= ~(T_MARKED | T_UMOUNT_CANDIDATE)
        self._mounts.pop(mount, None)

    def trim_ancestors(self, mount: Mount) -> None:
        """What carries a mount that stays must stay, unless it is merely overmounted by it."""
        parent = mount.mnt_parent
        while parent.mnt_t_flags & T_UMOUNT_CANDIDATE:
            if mount.mnt_t_flags & T_MARKED:
                return
            mount.mnt_t_flags |= T_MARKED
            if mount is not parent.overmount:
                parent.mnt_t_flags &= ~T_UMOUNT_CANDIDATE
            mount, parent = parent, parent.mnt_parent

    def trim(self, committed: list[Mount]) -> None:
        """Drop what would shift, and commit what nothing holds back (trim_one)."""
        for mount in list(self._mounts):
            if not mount.mnt_t_flags & T_UMOUNT_CANDIDATE:
                self.remove(mount)
                continue
            staying = [c for c in children(mount) if not c.mnt_t_flags & T_UMOUNT_CANDIDATE]
            if staying:
                self.trim_ancestors(mount)
                if any(child is not mount.overmount for child in staying):
                    self.remove(mount)
            elif not mount.mnt_flags & MNT_LOCKED and mount.mnt_mounts_first is None:
                self.remove(mount)
                commit(mount, committed)

    def handle_locked(self, committed: list[Mount]) -> None:
        """A locked mount goes only if its parent does: settle the chains that are left (handle_locked)."""
        while self._mounts:
            mount = next(iter(self._mounts))
            if not mount.mnt_t_flags & T_UMOUNT_CANDIDATE:
                self.remove(mount)
                continue
            cutoff = above = mount
            while above.mnt_t_flags & T_UMOUNT_CANDIDATE:
                self.remove(above)
                if not above.mnt_flags & MNT_LOCKED:
                    cutoff = above.mnt_parent
                above = above.mnt_parent
            if above.mnt_flags & MNT_UMOUNT:
                cutoff = above
            while mount is not cutoff:
                commit(mount, committed)
                mount = mount.mnt_parent


def commit(mount: Mount, committed: list[Mount]) -> None:
    """The counterpart goes too (umount_one)."""
    mark_umounted(mount)
    del_child(mount)
    committed.append(mount)


def propagate_umount(going: list[Mount]) -> Code:
    """Extend ``going`` by the counterparts that go with it.

    They are the largest set of candidates in which no mount goes while something
    inside it stays, and no locked mount goes before its parent; what was stacked
    on one of them slides down to where the stack stood.
    """
    candidates = Candidates()
    candidates.gather(going)
    committed: list[Mount] = []
    candidates.trim(committed)
    candidates.handle_locked(committed)
    if committed:
        yield Step("propagate_umount", "counterparts that go along: {all}", tuple(m.id for m in committed))
    moved = []
    for mount in committed:
        overmount = mount.overmount
        if overmount is not None and not overmount.mnt_flags & MNT_UMOUNT:
            reparent(overmount)
            moved.append(overmount.id)
    if moved:
        yield Step("reparent", "down to where the removed stack stood: {all}", tuple(moved))
    going.extend(committed)


def reparent(mount: Mount) -> None:
    """Hang the mount on the first parent that stays, where the stack that goes was attached."""
    dentry, parent = mount.mnt_mountpoint, mount.mnt_parent
    while parent.mnt_flags & MNT_UMOUNT:
        dentry, parent = parent.mnt_mountpoint, parent.mnt_parent
    mnt_change_mountpoint(parent, dentry, mount)


def bulk_make_private(k: Globals, going: list[Mount]) -> Code:
    """Take all of them out of peer groups and slave lists in one go.

    Slaves that stay get the first master that stays: along the peers of the one
    they lose, then up among its masters; none, and they become private.
    """
    touched = [mount.id for mount in going if mount.mnt_group_id or mount.mnt_master is not None]
    for mount in going:
        if not mount.mnt_t_flags & T_MARKED:
            set_destinations(mount, trace_transfers(k, mount))
    for mount in going:
        touched += [slave.id for slave in slaves(mount)]
        give_slaves(mount, mount.mnt_master)
        mount.mnt_master = None
        mount.mnt_t_flags &= ~T_MARKED
    if touched:
        yield Step(
            "bulk_make_private",
            "out of peer groups and away from masters: {all}",
            tuple(dict.fromkeys(touched)),
        )


def trace_transfers(k: Globals, mount: Mount) -> Mount | None:
    """Unlink the mount and those its slaves would pass to, up to the first heir that stays."""
    while True:
        peer = mount.mnt_share_next
        heir: Mount | None
        if peer is not mount:
            leave_ring(mount)
            mount.mnt_group_id = 0
            del_slave(mount)
            mount.mnt_master = heir = peer
        else:
            if is_shared(mount):
                release_group_id(k, mount)
            del_slave(mount)
            heir = mount.mnt_master
        mount.mnt_t_flags = mount.mnt_t_flags & ~T_SHARED | T_MARKED
        if heir is None or not heir.mnt_flags & MNT_UMOUNT:
            return heir
        if heir.mnt_t_flags & T_MARKED:
            return heir.mnt_master
        mount = heir


def set_destinations(mount: Mount, heir: Mount | None) -> None:
    """Give every mount that the trace went through the heir it found."""
    while mount.mnt_master is not heir:
        after = mount.mnt_master
        assert after is not None, "a trace ends at its heir"
        mount.mnt_master = heir
        mount = after
