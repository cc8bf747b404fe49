"""Propagation types, and who receives a mount made elsewhere: the first half of fs/pnode.c.

Peer groups, masters and slaves; which mounts receive a copy, in which order and
cloned from what. Taking mounts away again is in ``umount``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from . import refusals
from .clone import copy_tree
from .effects import Code, Refused, Step
from .flags import (
    CL_MAKE_SHARED,
    CL_SLAVE,
    MS_PRIVATE,
    MS_SHARED,
    MS_SLAVE,
    MS_UNBINDABLE,
    T_MARKED,
    T_SHARED,
    T_UNBINDABLE,
)
from .globals import Globals
from .links import add_slave_first, del_slave, give_slaves, leave_ring, ring, slaves, tree
from .objects import Dentry, Mount, is_subdir
from .peers import is_new, is_shared, peers, release_group_id, set_shared
from .vfsmount import mnt_set_mountpoint

TYPE_NAMES = {MS_SHARED: "shared", MS_PRIVATE: "private", MS_SLAVE: "slave", MS_UNBINDABLE: "unbindable"}


def change_mnt_propagation(k: Globals, mount: Mount, type: int) -> Code:
    """Make one mount MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE.

    A shared mount that stops being so hands its slaves to its next peer, else to
    its master, else nobody; and the same heir is the master of a new slave.
    """
    touched = [mount.id]
    if type == MS_SHARED:
        set_shared(mount)
    else:
        heir = mount.mnt_master
        if is_shared(mount):
            if mount.mnt_share_next is mount:
                release_group_id(k, mount)
            else:
                heir = mount.mnt_share_next
                leave_ring(mount)
                mount.mnt_group_id = 0
            mount.mnt_t_flags &= ~T_SHARED
            touched += [slave.id for slave in slaves(mount)]
            give_slaves(mount, heir)
        del_slave(mount)
        if type == MS_SLAVE:
            mount.mnt_master = heir
            if heir is not None:
                add_slave_first(heir, mount)
        else:
            mount.mnt_master = None
            mount.mnt_t_flags &= ~T_UNBINDABLE
            if type == MS_UNBINDABLE:
                mount.mnt_t_flags |= T_UNBINDABLE
    yield Step("change_mnt_propagation", f"{{0}} is made {TYPE_NAMES[type]}", tuple(touched))


def invent_group_ids(k: Globals, root: Mount, *, recurse: bool) -> Code:
    """Give every mount of the tree that is in no peer group one of its own."""
    invented = [mount for mount in (tree(root) if recurse else (root,)) if not mount.mnt_group_id]
    for mount in invented:
        mount.mnt_group_id = k.mnt_group_ida.alloc()
    if invented:
        yield Step(
            "invent_group_ids",
            "a peer group id of their own for {all}",
            tuple(mount.id for mount in invented),
        )


def cleanup_group_ids(k: Globals, root: Mount) -> Code:
    """Take back the ids that invent_group_ids() gave for nothing."""
    touched = []
    for mount in tree(root):
        if mount.mnt_group_id and not is_shared(mount):
            release_group_id(k, mount)
            touched.append(mount.id)
    if touched:
        yield Step("cleanup_group_ids", "given back, the new peer group ids of {all}", tuple(touched))


def next_group(mount: Mount, origin: Mount) -> Mount | None:
    """The first member of the next peer group that receives from ``origin``'s, depth first (next_group)."""
    while True:
        while True:
            if not is_new(mount) and mount.mnt_slave_list is not None:
                return mount.mnt_slave_list
            after = mount.mnt_share_next
            if mount.mnt_group_id == origin.mnt_group_id:
                if after is origin:
                    return None
            elif mount.mnt_slave_next is not after:
                break
            mount = after
        while True:
            master = mount.mnt_master
            assert master is not None, "a group other than the origin's has a master"
            if mount.mnt_slave_next is not None:
                return mount.mnt_slave_next
            mount = master.mnt_share_next
            if master.mnt_group_id == origin.mnt_group_id:
                break
            if master.mnt_slave_next is mount:
                break
            mount = master
        if mount is origin:
            return None


def find_master(receiver: Mount, last_copy: Mount, original: Mount) -> Mount:
    """The copy that the copy for ``receiver`` will be a slave of (find_master).

    Masters of mounts that got a copy are marked. Go up from ``receiver`` to the
    first marked master; the answer is the latest copy made in that master's group.
    """
    while (master := receiver.mnt_master) is not None and not master.mnt_t_flags & T_MARKED:
        receiver = master
    copy = last_copy
    while not peers(copy, original):
        parent = copy.mnt_parent
        copy_master = copy.mnt_master
        assert copy_master is not None, "a copy outside the original's group is a slave"
        if parent.mnt_master is master:
            return copy if peers(parent, receiver) else copy_master
        copy = copy_master
    return copy


def propagate_mnt(k: Globals, parent: Mount, dentry: Dentry, source: Mount, copies: list[Mount]) -> Code:
    """Copy ``source`` for every mount that receives what is mounted on (``parent``, ``dentry``).

    The copies are appended to ``copies`` as they are made, each told its place
    but not yet visible there. A receiver where the place lies outside its root,
    or that belongs to a detached tree, gets none, but its slaves are still visited.
    Copies enter rings during the walk; being in no namespace yet, they are passed over.
    Raises ENOSPC where a receiving namespace is full.
    """
    marked: list[Mount] = []

    def mark(master: Mount | None) -> None:
        if master is not None and not master.mnt_t_flags & T_MARKED:
            master.mnt_t_flags |= T_MARKED
            marked.append(master)

    try:
        mark(parent.mnt_master)
        last_copy = source
        group: Mount | None = parent
        while group is not None:
            if group is parent:
                flags, members = CL_MAKE_SHARED, other_peers(group)
            else:
                flags = CL_SLAVE | (CL_MAKE_SHARED if is_shared(group) else 0)
                members = ring(group)
            for receiver in members:
                ns = receiver.mnt_ns
                if ns is None or ns.anon or not is_subdir(dentry, receiver.mnt_root):
                    continue
                if flags & CL_SLAVE:
                    last_copy = find_master(receiver, last_copy, source)
                last_copy = yield from copy_tree(k, last_copy, last_copy.mnt_root, flags)
                mnt_set_mountpoint(receiver, dentry, last_copy)
                copies.append(last_copy)
                mark(receiver.mnt_master)
                yield Step(
                    "propagate_mnt", "{0} is the copy for {others[0]}", (last_copy.id,), (receiver.id,)
                )
                count_mounts(k, receiver, last_copy)
                flags = CL_MAKE_SHARED
            group = next_group(group, parent)
    finally:
        for master in marked:
            master.mnt_t_flags &= ~T_MARKED


def other_peers(mount: Mount) -> Iterator[Mount]:
    """The ring behind ``mount``, without it."""
    return islice(ring(mount), 1, None)


def count_mounts(k: Globals, receiver: Mount, root: Mount) -> None:
    """Reserve room for the tree in the receiver's namespace. Raises ENOSPC (count_mounts)."""
    ns = receiver.mnt_ns
    assert ns is not None, "a receiver is in a namespace"
    wanted = sum(1 for _ in tree(root))
    if ns.nr_mounts + ns.pending_mounts + wanted > k.mount_max:
        raise Refused(refusals.TOO_MANY_MOUNTS, ns.id, k.mount_max)
    ns.pending_mounts += wanted
