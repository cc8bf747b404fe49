"""Snapshots and mountinfo text: what a task reads, and the state behind what tasks have read.

Knows how paths depend on the reader's root, and which namespaces a set of tables
shows. The form of a line is vfslab.mountinfo's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from vfslab.mountinfo import Entry, MountinfoError, below, format, parse
from vfslab.snapshot import MountState, NamespaceState, Place, Snapshot, TaskState


def from_mountinfo(text: str, name: str) -> Snapshot:
    """See ``Snapshot.from_mountinfo``."""
    return _snapshot({name: parse(text)})


def joined(texts: Mapping[str, str]) -> Snapshot:
    """See ``Snapshot.join``."""
    tables = {}
    for name, text in texts.items():
        try:
            tables[name] = parse(text)
        except MountinfoError as error:
            message = f"{error.message} (in the mountinfo of {name})"
            raise MountinfoError(error.line, error.column, message) from None
    return _snapshot(tables)


def mountinfo(snapshot: Snapshot, pid: int) -> str:
    """See ``Snapshot.mountinfo``."""
    seen = snapshot.visible(pid)
    groups = {mount.group for mount, _ in seen} | _groups_out_of_sight(snapshot, pid)
    dominating: dict[int, int | None] = {}
    entries = []
    for mount, path in seen:
        dom = _dominating_id(snapshot, mount.master, groups, dominating) if mount.master else None
        tags = _tags(mount, mount.propagate_from if dom is None else dom)
        parent = snapshot.mounts.get(mount.parent)
        ids = mount.mount_id, mount.parent if parent is None else parent.mount_id
        names = mount.fstype, mount.source, mount.super_options
        entries.append(Entry(*ids, mount.dev, mount.root, path, mount.options, tags, *names))
    return format(entries)


def _groups_out_of_sight(snapshot: Snapshot, pid: int) -> set[int]:
    """The groups with a member below the task's root to which no path leads, for a rename took it away.

    is_path_reachable(), which get_dominating_id() asks, climbs from mount to mount alone.
    """
    root = snapshot.tasks[pid].root.mount
    lost = {mount.id: mount for mount in snapshot.mounts.values() if mount.escaped and mount.parent != root}
    if not lost:
        return set()
    found = {id: mount._replace(mountpoint="/") for id, mount in lost.items()}
    whole = Snapshot({**snapshot.mounts, **found}, snapshot.namespaces, snapshot.tasks)
    return {mount.group for mount, _ in whole.visible(pid)}


def _tags(mount: MountState, dom: int) -> tuple[str, ...]:
    tags = []
    if mount.shared:
        tags.append(f"shared:{mount.group}")
    if mount.master:
        tags.append(f"master:{mount.master}")
    if dom and dom != mount.master:
        tags.append(f"propagate_from:{dom}")
    if mount.unbindable:
        tags.append("unbindable")
    return (*tags, *mount.other_tags)


def _dominating_id(
    snapshot: Snapshot, master: int, visible: set[int], known: dict[int, int | None]
) -> int | None:
    """The first group, from ``master`` up the masters, that is in ``visible``: get_dominating_id().

    0 where none is; None where the snapshot has no member of a group on the way, so
    that what is above it is not known. ``known`` keeps the answers for every group met.
    """
    climbed = []
    group = master
    while group not in known:
        known[group] = None  # what a cycle of masters comes back to
        climbed.append(group)
        members = snapshot.members_of(group)
        if group in visible or (members and not members[0].master):
            known[group] = group if group in visible else 0
        elif members:
            group = members[0].master
    for each in climbed:
        known[each] = known[group]
    return known[group]


def _snapshot(tables: Mapping[str, list[Entry]]) -> Snapshot:
    outer = _outer_tables(tables)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(outer[name] for name in tables), 1)}
    mounts: dict[int, MountState] = {}
    namespaces: dict[int, NamespaceState] = {}
    for name, ns in numbers.items():
        mounts.update((row.id, row) for row in _rows(tables[name], ns))
        namespaces[ns] = NamespaceState(ns, _root(tables[name]).mount)
    tasks = {}
    for pid, (name, entries) in enumerate(tables.items(), 1):
        root = _root(entries) if outer[name] == name else _root_inside(entries, mounts)
        tasks[pid] = TaskState(pid, name, numbers[outer[name]], root, root)
    snapshot = Snapshot(mounts, namespaces, tasks)
    for pid, (name, entries) in enumerate(tables.items(), 1):
        if outer[name] != name:
            _check_inside(snapshot, pid, entries, outer[name])
    return snapshot


def _rows(entries: list[Entry], ns: int) -> Iterable[MountState]:
    by_id = {entry.mount_id: entry for entry in entries}
    for entry in entries:
        parent = by_id.get(entry.parent_id)
        mountpoint = entry.mountpoint if parent is None else below(entry.mountpoint, parent.mountpoint)
        assert mountpoint is not None, "parse() refuses a mountpoint that is not below its parent's"
        ids = {"shared": 0, "master": 0, "propagate_from": 0}
        other_tags = []
        for tag in entry.tags:
            name, _, value = tag.partition(":")
            if ids.get(name) == 0 and value:
                ids[name] = int(value)
            elif tag != "unbindable":
                other_tags.append(tag)
        yield MountState(
            id=entry.mount_id,
            mount_id=entry.mount_id,
            parent=entry.parent_id,
            mountpoint=mountpoint,
            root=entry.root,
            ns=ns,
            dev=entry.dev,
            fstype=entry.fstype,
            source=entry.source,
            options=entry.options,
            super_options=entry.super_options,
            shared=ids["shared"] != 0,
            group=ids["shared"],
            master=ids["master"],
            unbindable="unbindable" in entry.tags,
            propagate_from=ids["propagate_from"],
            other_tags=tuple(other_tags),
        )


def _root(entries: list[Entry]) -> Place:
    """The root of the task that reads this table; in mount 0 where it reads nothing."""
    listed = {entry.mount_id for entry in entries}
    orphans = [entry for entry in entries if entry.parent_id not in listed]
    siblings = Counter(entry.parent_id for entry in orphans)
    for entry in entries:
        if entry.parent_id == entry.mount_id:
            return Place(entry.mount_id, "/")
    for entry in orphans:
        if entry.mountpoint == "/" and siblings[entry.parent_id] == 1:
            return Place(entry.mount_id, "/")
    return Place(orphans[0].parent_id if orphans else 0, "/")


def _outer_tables(tables: Mapping[str, list[Entry]]) -> dict[str, str]:
    """For each table the one of its namespace that lists the most, being seen from the outermost root."""

    def extent(name: str) -> tuple[int, int]:
        return len(tables[name]), sum(len(entry.mountpoint) for entry in tables[name])

    outer: dict[str, str] = {}
    lister: dict[int, str] = {}
    listed: dict[int, Entry] = {}
    for name in sorted(tables, key=extent, reverse=True):
        entries = tables[name]
        outer[name] = next((lister[entry.mount_id] for entry in entries if entry.mount_id in lister), name)
        if outer[name] == name:
            listed.update((entry.mount_id, entry) for entry in entries)
            lister.update(dict.fromkeys((entry.mount_id for entry in entries), name))
            continue
        for entry in entries:
            if lister.get(entry.mount_id) != outer[name] or _apart_from_root(entry) != _apart_from_root(
                listed[entry.mount_id]
            ):
                raise _contradiction(name, outer[name], entry)
    return outer


def _apart_from_root(entry: Entry) -> Entry:
    """``entry`` without what depends on the reader's root."""
    tags = tuple(tag for tag in entry.tags if not tag.startswith("propagate_from:"))
    return entry._replace(mountpoint="", tags=tags)


def _root_inside(entries: list[Entry], mounts: Mapping[int, MountState]) -> Place:
    """The root of a task that sees part of a namespace of which ``mounts`` has the whole."""
    root = _root(entries)
    listed = {entry.mount_id for entry in entries}
    if root.mount in listed:
        return root
    child = next(entry for entry in entries if entry.parent_id == root.mount)
    whole = mounts[child.mount_id].mountpoint
    return Place(
        root.mount, (whole if child.mountpoint == "/" else whole.removesuffix(child.mountpoint)) or "/"
    )


def _check_inside(snapshot: Snapshot, pid: int, entries: list[Entry], outer: str) -> None:
    """Raises ValueError unless task ``pid`` reaches every mount on the path that its table gives."""
    paths = {mount.id: path for mount, path in snapshot.visible(pid)}
    for entry in entries:
        if paths.get(entry.mount_id) != entry.mountpoint:
            raise _contradiction(snapshot.tasks[pid].name, outer, entry)


def _contradiction(name: str, outer: str, entry: Entry) -> ValueError:
    return ValueError(
        f"what {name} and {outer} list of mount {entry.mount_id} cannot both be true: "
        "tables must come from one machine at one moment, and whole"
    )
