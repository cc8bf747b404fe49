"""The rules that mounts, peer groups and namespaces keep between two system calls.

Each rule is a row: its name, the rule in a sentence, where it comes from, and a
generator of what breaks it. Rules read a kernel's objects; nothing here repairs.
Inside a system call some of them are false for a moment, but never while no lock is held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .kernel import Kernel
from .kernel.flags import MNT_UMOUNT
from .kernel.fs_context import FsContext
from .kernel.internal import MNT_NS_INTERNAL
from .kernel.links import children, ring, slaves
from .kernel.objects import MntNamespace, Mount, Path, mnt_has_parent
from .kernel.peers import is_shared, is_unbindable
from .kernel.seq_file import SeqFile
from .kernel.tasks import File, FsStruct


class Rule(NamedTuple):
    """A rule: ``broken_by(kernel)`` yields a sentence for each place where it does not hold."""

    name: str
    text: str
    source: str
    broken_by: Callable[[Kernel], Iterator[str]]


class Violation(NamedTuple):
    """One place where a rule does not hold."""

    rule: Rule
    where: str

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.where}"


def check(kernel: Kernel) -> list[Violation]:
    """Every violation of every rule, in the order of the rules; an empty list when all is well."""
    return [Violation(rule, where) for rule in RULES for where in rule.broken_by(kernel)]


def check_inside(kernel: Kernel) -> list[Violation]:
    """The same inside a system call, at a moment when no lock is held.

    The call itself may hold references then, so that there are more than are accounted for.
    """
    return [
        Violation(rule, where) for rule in RULES for where in INSIDE.get(rule.name, rule.broken_by)(kernel)
    ]


def neighbours(mount: Mount) -> Iterator[tuple[str, Mount]]:
    """Every mount that this one points at, by field."""
    yield "mnt_parent", mount.mnt_parent
    yield "mnt_share", mount.mnt_share_next
    yield "mnt_share", mount.mnt_share_prev
    for field in ("mnt_master", "overmount"):
        if getattr(mount, field) is not None:
            yield field, getattr(mount, field)
    yield from (("mnt_mounts", child) for child in children(mount))
    yield from (("mnt_slave_list", slave) for slave in slaves(mount))


def dangling(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        for field, other in neighbours(mount):
            if kernel.mounts.get(other.id) is not other:
                yield f"{field} of {mount} is {other}, which has been freed"


def ring_is_one_group(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        if mount.mnt_share_next.mnt_share_prev is not mount:
            yield f"the peer after {mount} does not point back at it"
        elif mount.mnt_share_next is not mount and not mount.mnt_group_id:
            yield f"{mount} has peers but no group"
        elif mount.mnt_share_next.mnt_group_id != mount.mnt_group_id:
            after = mount.mnt_share_next
            yield f"{mount} is in group {mount.mnt_group_id}, {after} after it in {after.mnt_group_id}"


def group_is_one_ring(kernel: Kernel) -> Iterator[str]:
    first: dict[int, Mount] = {}
    for mount in kernel.mounts.values():
        if mount.mnt_group_id:
            first.setdefault(mount.mnt_group_id, mount)
    sizes: dict[int, int] = {}
    for mount in kernel.mounts.values():
        sizes[mount.mnt_group_id] = sizes.get(mount.mnt_group_id, 0) + 1
    for group, mount in first.items():
        if sum(1 for _ in ring(mount)) != sizes[group]:
            yield f"group {group} has members outside the ring of {mount}"


def peers_share_a_master(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        if mount.mnt_share_next.mnt_master is not mount.mnt_master:
            yield f"{mount} and the peer after it have different masters"


def peers_are_contiguous(kernel: Kernel) -> Iterator[str]:
    for master in kernel.mounts.values():
        finished: set[int] = set()
        last = 0
        for slave in slaves(master):
            group = slave.mnt_group_id
            if group and group != last and group in finished:
                yield f"the peers of group {group} are apart in the slave list of {master}"
            finished.add(group)
            last = group


def group_means_shared(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        if bool(mount.mnt_group_id) != is_shared(mount):
            yield f"{mount} has group {mount.mnt_group_id} and is {'' if is_shared(mount) else 'not '}shared"


def unbindable_is_not_shared(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        if is_unbindable(mount) and is_shared(mount):
            yield f"{mount} is both"


def master_and_slave_agree(kernel: Kernel) -> Iterator[str]:
    listed: dict[Mount, Mount] = {}
    for mount in kernel.mounts.values():
        for slave in slaves(mount):
            listed[slave] = mount
            if slave.mnt_master is not mount:
                yield f"{slave} is on the slave list of {mount}, which is not its master"
    for mount in kernel.mounts.values():
        if mount.mnt_master is not None and listed.get(mount) is not mount.mnt_master:
            yield f"{mount} is not on the slave list of its master {mount.mnt_master}"


def masters_are_shared(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        if mount.mnt_master is not None and not is_shared(mount.mnt_master):
            yield f"{mount.mnt_master}, the master of {mount}, is not shared"


def unmounted_propagates_nothing(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        linked = mount.mnt_group_id or mount.mnt_master or mount.mnt_slave_list
        if mount.mnt_flags & MNT_UMOUNT and linked:
            yield f"{mount} has been unmounted and still has peers, a master or slaves"


def parent_and_child_agree(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        listed = list(children(mount))
        for child in listed:
            if child.mnt_parent is not mount:
                yield f"{child} is a child of {mount}, which is not its parent"
        if mount.overmount is not None and (
            mount.overmount not in listed or mount.overmount.mnt_mountpoint is not mount.mnt_root
        ):
            yield f"the overmount of {mount} does not sit on its root"
        parent = mount.mnt_parent
        mp = mount.mnt_mountpoint.d_mountpoint
        if not mnt_has_parent(mount):
            if mount.mnt_mountpoint is not mount.mnt_root:
                yield f"{mount} has no parent but a mountpoint"
        elif mp is None or mp.m_list.get(parent) is not mount:
            yield f"a path walk does not find {mount} on its mountpoint"


def mountpoints_are_in_use(kernel: Kernel) -> Iterator[str]:
    for mount in kernel.mounts.values():
        mp = mount.mnt_root.d_mountpoint
        if mp is not None and (mp.m_count or not mp.m_list):
            yield f"the root of {mount} is pinned as a mountpoint by nobody"


def in_namespaces(kernel: Kernel) -> Iterator[tuple[MntNamespace, set[Mount]]]:
    """Each namespace with the mounts below its root."""
    for ns in kernel.namespaces.values():
        if ns.root is not None:
            reached, todo = set(), [ns.root]
            while todo:
                mount = todo.pop()
                reached.add(mount)
                todo.extend(children(mount))
            yield ns, reached


def membership(kernel: Kernel) -> Iterator[str]:
    for ns, reached in in_namespaces(kernel):
        for mount in reached.symmetric_difference(ns.mounts.values()):
            where = "below the root of" if mount in reached else "listed by"
            yield f"{mount} is {where} namespace {ns.id} alone"
        for mount in ns.mounts.values():
            if mount.mnt_ns is not ns:
                yield f"{mount} is listed by namespace {ns.id} and belongs to another"
        if ns.pending_mounts:
            yield f"namespace {ns.id} has {ns.pending_mounts} mounts reserved"


def held_places(kernel: Kernel) -> Iterator[tuple[str, Path]]:
    """Every place that a task holds: its root, its cwd, and what it has open; a shared one once."""
    seen: set[FsStruct | File] = set()
    for task in kernel.tasks.values():
        if task.fs not in seen:
            seen.add(task.fs)
            yield f"the root of {task.comm}", task.fs.root
            yield f"the cwd of {task.comm}", task.fs.pwd
        for fd, file in task.files.items():
            if file not in seen:
                seen.add(file)
                yield f"descriptor {fd} of {task.comm}", file.f_path
                if isinstance(file.private_data, SeqFile):
                    yield f"the table open as {fd} in {task.comm}", file.private_data.private.root


def open_tables(kernel: Kernel) -> Iterator[SeqFile]:
    """Every mountinfo, mounts and mountstats that is open; a shared one once."""
    files = {file for task in kernel.tasks.values() for file in task.files.values()}
    return (file.private_data for file in files if isinstance(file.private_data, SeqFile))


def tasks_stand_on_living_mounts(kernel: Kernel) -> Iterator[str]:
    for what, (mount, _) in held_places(kernel):
        if mount.mnt_ns is not MNT_NS_INTERNAL and kernel.mounts.get(mount.id) is not mount:
            yield f"{what} is on {mount}, which has been freed"


class Held(NamedTuple):
    """How many references something has, and how many of them have a known holder."""

    what: str
    references: int
    accounted: int

    def __str__(self) -> str:
        return f"{self.what} has {self.references} references, {self.accounted} are accounted for"


def namespace_references(kernel: Kernel) -> Iterator[Held]:
    held = Counter(task.mnt_ns for task in kernel.tasks.values())
    held.update(table.private.ns for table in open_tables(kernel))
    held.update(path.dentry.ns for _, path in held_places(kernel) if isinstance(path.dentry.ns, MntNamespace))
    held.update(
        mount.mnt_root.ns for mount in kernel.mounts.values() if isinstance(mount.mnt_root.ns, MntNamespace)
    )
    for ns in kernel.namespaces.values():
        if not ns.anon:
            yield Held(f"namespace {ns.id}", ns.count, held[ns])


def mount_references(kernel: Kernel) -> Iterator[Held]:
    expected = dict.fromkeys(kernel.mounts.values(), 1)
    for _, path in held_places(kernel):
        expected[path.mnt] = expected.get(path.mnt, 0) + 1
    for mount in kernel.mounts.values():
        held_by_itself = mount.mnt_ns is not None or mnt_has_parent(mount)
        yield Held(str(mount), mount.mnt_count, expected[mount] - (0 if held_by_itself else 1))


def superblock_references(kernel: Kernel) -> Iterator[Held]:
    files = {file for task in kernel.tasks.values() for file in task.files.values()}
    contexts = Counter(file.private_data.root for file in files if isinstance(file.private_data, FsContext))
    for sb in {mount.mnt_sb for mount in kernel.mounts.values()} | contexts.keys():
        if sb is not None:
            yield Held(f"the {sb.s_type.name} {sb.s_id}", sb.s_active, len(sb.s_mounts) + contexts[sb])


def superblocks_are_held(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in superblock_references(kernel) if held.references != held.accounted)


def superblocks_are_held_at_least(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in superblock_references(kernel) if held.references < held.accounted)


def namespaces_are_held(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in namespace_references(kernel) if held.references != held.accounted)


def references_add_up(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in mount_references(kernel) if held.references != held.accounted)


def namespaces_are_held_at_least(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in namespace_references(kernel) if held.references < held.accounted)


def references_suffice(kernel: Kernel) -> Iterator[str]:
    return (str(held) for held in mount_references(kernel) if held.references < held.accounted)


RULES = (
    Rule("dangling", "no mount points at one that has been freed", "fs/namespace.c, cleanup_mnt()", dangling),
    Rule("ring", "a peer ring is closed and of one group", "fs/mount.h, mnt_share", ring_is_one_group),
    Rule("group", "a peer group is one ring", "fs/mount.h, mnt_group_id", group_is_one_ring),
    Rule(
        "common master",
        "all peers have the same master",
        "fs/pnode.c, change_mnt_propagation()",
        peers_share_a_master,
    ),
    Rule(
        "contiguous",
        "peers stand together in the slave list of their master",
        "fs/pnode.c, next_group()",
        peers_are_contiguous,
    ),
    Rule(
        "shared",
        "a mount has a group exactly when it is shared",
        "fs/pnode.h, IS_MNT_SHARED",
        group_means_shared,
    ),
    Rule(
        "unbindable",
        "no mount is shared and unbindable",
        "fs/pnode.h, set_mnt_shared()",
        unbindable_is_not_shared,
    ),
    Rule(
        "slave list",
        "a mount is on the slave list of its master and on no other",
        "fs/mount.h, mnt_slave_list",
        master_and_slave_agree,
    ),
    Rule("master", "a master is shared", "fs/pnode.c, transfer_propagation()", masters_are_shared),
    Rule(
        "unmounted",
        "what has been unmounted has no peers, no master and no slaves",
        "fs/pnode.c, bulk_make_private()",
        unmounted_propagates_nothing,
    ),
    Rule(
        "tree",
        "parent, child, overmount and mountpoint agree",
        "fs/namespace.c, make_visible()",
        parent_and_child_agree,
    ),
    Rule(
        "pins",
        "no mountpoint is pinned between calls",
        "fs/namespace.c, unpin_mountpoint()",
        mountpoints_are_in_use,
    ),
    Rule(
        "membership",
        "a namespace lists what hangs below its root",
        "fs/namespace.c, mnt_add_to_ns()",
        membership,
    ),
    Rule(
        "tasks",
        "what a task has as root, as cwd or open is on a mount that has not been freed",
        "fs/namespace.c, mntput()",
        tasks_stand_on_living_mounts,
    ),
    Rule(
        "namespace references",
        "a namespace is kept by its tasks, and by files and mounts of its nsfs file",
        "fs/namespace.c, put_mnt_ns()",
        namespaces_are_held,
    ),
    Rule(
        "references", "every reference to a mount has a holder", "fs/namespace.c, mntput()", references_add_up
    ),
    Rule(
        "superblock references",
        "a superblock is kept by its mounts and by filesystem contexts",
        "fs/super.c, deactivate_super()",
        superblocks_are_held,
    ),
)
# What of a rule holds inside a system call, where that is less.
INSIDE: dict[str, Callable[[Kernel], Iterator[str]]] = {
    "namespace references": namespaces_are_held_at_least,
    "references": references_suffice,
    "superblock references": superblocks_are_held_at_least,
}
