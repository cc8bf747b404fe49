"""The three lists that thread mounts together, and the walk over a mount tree.

Order in these lists is not an accident: it decides the order in which
propagation makes copies, and with it the lines of mountinfo. Nothing here knows
why a mount is put in or taken out.

- children: ``mnt_mounts``/``mnt_child`` (list_head), in the order of attaching;
- peers: ``mnt_share`` (list_head), a ring that includes every member;
- slaves: ``mnt_slave_list``/``mnt_slave`` (hlist), newest first unless placed.
"""

from __future__ import annotations

from collections.abc import Iterator

from .effects import Oops
from .flags import T_FREED
from .objects import Mount


def add_child(parent: Mount, mount: Mount) -> None:
    """Append to ``parent``'s children: list_add_tail(mnt_child, mnt_mounts)."""
    last = parent.mnt_mounts_last
    mount.mnt_child_prev = last
    if last is None:
        parent.mnt_mounts_first = mount
    else:
        last.mnt_child_next = mount
    parent.mnt_mounts_last = mount


def on_child_list(mount: Mount) -> bool:
    """Whether the mount is on its parent's list of children: !list_empty(mnt_child)."""
    return mount.mnt_child_prev is not None or mount.mnt_parent.mnt_mounts_first is mount


def del_child(mount: Mount) -> None:
    """Leave the parent's list of children, if on it: list_del_init(mnt_child)."""
    if not on_child_list(mount):
        return
    parent, before, after = mount.mnt_parent, mount.mnt_child_prev, mount.mnt_child_next
    if before is None:
        parent.mnt_mounts_first = after
    else:
        before.mnt_child_next = after
    if after is None:
        parent.mnt_mounts_last = before
    else:
        after.mnt_child_prev = before
    mount.mnt_child_prev = mount.mnt_child_next = None


def children(mount: Mount) -> Iterator[Mount]:
    """The children in list order; the one last yielded may be taken off meanwhile."""
    child = mount.mnt_mounts_first
    while child is not None:
        after = child.mnt_child_next
        yield child
        child = after


def next_mnt(mount: Mount, root: Mount) -> Mount | None:
    """The mount after ``mount`` in a preorder walk of the tree at ``root`` (next_mnt)."""
    if mount.mnt_mounts_first is not None:
        return mount.mnt_mounts_first
    while mount is not root:
        if mount.mnt_child_next is not None:
            return mount.mnt_child_next
        mount = mount.mnt_parent
    return None


def skip_mnt_tree(mount: Mount) -> Mount:
    """The last mount of the subtree in preorder (skip_mnt_tree)."""
    while mount.mnt_mounts_last is not None:
        mount = mount.mnt_mounts_last
    return mount


def tree(root: Mount) -> Iterator[Mount]:
    """The mounts of the tree in preorder; it may not change shape during the walk."""
    mount: Mount | None = root
    while mount is not None:
        yield mount
        mount = next_mnt(mount, root)


def topmost_overmount(mount: Mount) -> Mount:
    """The top of the stack of mounts on the mount's own root (topmost_overmount)."""
    while mount.overmount is not None:
        mount = mount.overmount
    return mount


def touch(mount: Mount, function: str) -> None:
    """What KASAN does before each access to ``mount``: raise Oops where its memory has been freed."""
    if mount.mnt_t_flags & T_FREED:
        raise Oops(function, f"KASAN: slab-use-after-free: {mount} has been freed")


def join_ring(mount: Mount, peer: Mount) -> None:
    """Enter the peer ring directly behind ``peer``: list_add(mnt_share). Raises Oops."""
    after = peer.mnt_share_next
    touch(after, "__list_add_valid_or_report")
    mount.mnt_share_next, mount.mnt_share_prev = after, peer
    after.mnt_share_prev = peer.mnt_share_next = mount


def leave_ring(mount: Mount) -> None:
    """Leave the peer ring: list_del_init(mnt_share). Raises Oops."""
    touch(mount.mnt_share_prev, "__list_del_entry_valid_or_report")
    touch(mount.mnt_share_next, "__list_del_entry_valid_or_report")
    mount.mnt_share_prev.mnt_share_next = mount.mnt_share_next
    mount.mnt_share_next.mnt_share_prev = mount.mnt_share_prev
    mount.mnt_share_next = mount.mnt_share_prev = mount


def ring(mount: Mount) -> Iterator[Mount]:
    """The members of the peer ring, once around from ``mount``."""
    member = mount
    while True:
        yield member
        member = member.mnt_share_next
        if member is mount:
            return


def add_slave_first(master: Mount, mount: Mount) -> None:
    """Enter ``master``'s slave list at its head: hlist_add_head(mnt_slave). Raises Oops."""
    first = master.mnt_slave_list
    mount.mnt_slave_prev, mount.mnt_slave_next = None, first
    if first is not None:
        touch(first, "hlist_add_head")
        first.mnt_slave_prev = mount
    master.mnt_slave_list = mount


def add_slave_behind(sibling: Mount, mount: Mount) -> None:
    """Enter the slave list that ``sibling`` is on, directly behind it: hlist_add_behind(mnt_slave).

    Raises Oops.
    """
    after = sibling.mnt_slave_next
    mount.mnt_slave_prev, mount.mnt_slave_next = sibling, after
    if after is not None:
        touch(after, "hlist_add_behind")
        after.mnt_slave_prev = mount
    sibling.mnt_slave_next = mount


def del_slave(mount: Mount) -> None:
    """Leave the master's slave list, if on one: hlist_del_init(mnt_slave). ``mnt_master`` stays."""
    master, before, after = mount.mnt_master, mount.mnt_slave_prev, mount.mnt_slave_next
    if before is not None:
        before.mnt_slave_next = after
    elif master is not None and master.mnt_slave_list is mount:
        master.mnt_slave_list = after
    if after is not None:
        after.mnt_slave_prev = before
    mount.mnt_slave_prev = mount.mnt_slave_next = None


def slaves(master: Mount) -> Iterator[Mount]:
    """The slaves in list order; the one last yielded may be taken off meanwhile."""
    slave = master.mnt_slave_list
    while slave is not None:
        after = slave.mnt_slave_next
        yield slave
        slave = after


def give_slaves(master: Mount, heir: Mount | None) -> None:
    """Hand all slaves of ``master`` to ``heir``, in order, at the front of its list; None frees them."""
    first = master.mnt_slave_list
    if first is None:
        return
    last = first
    for slave in slaves(master):
        slave.mnt_master = heir
        last = slave
    master.mnt_slave_list = None
    if heir is None:
        while first is not None:
            after = first.mnt_slave_next
            first.mnt_slave_prev = first.mnt_slave_next = None
            first = after
        return
    last.mnt_slave_next = heir.mnt_slave_list
    if heir.mnt_slave_list is not None:
        heir.mnt_slave_list.mnt_slave_prev = last
    heir.mnt_slave_list = first
