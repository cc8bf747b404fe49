"""Snapshots as text: the twin of the diagrams, for terminals, for tests, for whoever sees no pictures.

Knows the Snapshot and which mounts a diagram leaves out or marks; prints nothing
itself. Names from outside appear in visible characters only, blanks and control
characters as octal escapes, as in mountinfo.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from vfslab.mountinfo import join, printable
from vfslab.snapshot import MountState, Place, Snapshot, TaskState
from vfslab.views.picture import covered_mounts, unseen_roots

# A column is as wide as its widest word up to this; a longer word pushes only what follows in its own line.
WIDEST = (44, 34, 11)
OPTION_WORDS = ("ro", "nosuid", "nodev", "noexec")


def tree(snapshot: Snapshot, pid: int | None = None) -> str:
    """The mounts of each namespace as a tree, then the peer groups, without a line's end at the end.

    A line holds the mount id, the path, source:root and the filesystem type, then the
    propagation type (nothing for private) and what else sets the mount apart. With
    ``pid``: what that task sees, on the paths where it sees it. Raises KeyError for a
    pid that is not here.
    """
    covered = covered_mounts(snapshot)
    if pid is None:
        paths = _paths(snapshot)
        blocks = [list(_namespace(snapshot, ns, paths, covered)) for ns in _namespaces(snapshot, paths)]
    else:
        paths = {mount.id: path for mount, path in snapshot.visible(pid)}
        seen = f"mount namespace {snapshot.tasks[pid].ns}, as {snapshot.task_name(pid)} sees it"
        blocks = [[seen, *_table(snapshot, [snapshot.mounts[id] for id in paths], paths, covered)]]
    blocks.append(list(_groups(snapshot, paths)))
    if snapshot.locks:
        held = (f"{lock.lock} ({snapshot.task_name(lock.pid)})" for lock in snapshot.locks)
        blocks.append([f"locks held: {', '.join(held)}"])
    return "\n\n".join("\n".join(block) for block in blocks if block)


def changes(before: Snapshot, after: Snapshot) -> str:
    """What is different in ``after``, a line a change: "-" is gone, "+" is new, "~" has changed."""
    return str(before.diff(after)) or "nothing changed"


def _paths(snapshot: Snapshot) -> dict[int, str]:
    """The mounts to show, each with its path from the top of its tree."""
    standing = {place.mount for task in snapshot.tasks.values() for place in (task.root, task.cwd)}
    left_out = unseen_roots(snapshot) - standing
    return {id: path or "?" for id, path in snapshot.paths().items() if id not in left_out}


def _namespaces(snapshot: Snapshot, paths: Collection[int]) -> list[int | None]:
    inhabited = {snapshot.mounts[id].ns for id in paths}
    numbers = sorted({ns for ns in inhabited if ns is not None} | snapshot.namespaces.keys())
    return [*numbers, None] if None in inhabited else [*numbers]


def _namespace(
    snapshot: Snapshot, ns: int | None, paths: Mapping[int, str], covered: Collection[int]
) -> Iterator[str]:
    mounts = [mount for mount in snapshot.in_namespace(ns) if mount.id in paths]
    if ns is None:
        yield "in no namespace"
    else:
        top = next((Place(mount.id, "/") for _, mount in _branches(snapshot, mounts)), Place(0, "/"))
        tasks = [task for task in snapshot.tasks.values() if task.ns == ns]
        names = ", ".join(_task(snapshot, task, top, paths) for task in tasks)
        title = snapshot.namespaces[ns].title if ns in snapshot.namespaces else f"mount namespace {ns}"
        yield f"{title}: {names}" if names else title
    yield from _table(snapshot, mounts, paths, covered)


def _table(
    snapshot: Snapshot, mounts: list[MountState], paths: Mapping[int, str], covered: Collection[int]
) -> Iterator[str]:
    if not mounts:
        yield "(no mounts)"
    rows = list(_branches(snapshot, mounts))
    several = sum(not branch for branch, _ in rows) > 1
    lines = []
    for branch, mount in rows:
        orphan = several and not branch and mount.parent not in snapshot.mounts
        marks = _marks(mount, covered, snapshot.is_overmounted(mount.id), orphan)
        path = f"{branch}{mount.mount_id} {printable(paths[mount.id])}"
        source = f"{printable(mount.source)}:{printable(mount.root)}"
        lines.append((path, source, printable(mount.fstype), " ".join(marks)))
    widths = [
        min(widest, max((len(line[column]) for line in lines), default=0))
        for column, widest in enumerate(WIDEST)
    ]
    for path, source, fstype, words in lines:
        yield f"{path:{widths[0]}}  {source:{widths[1]}}  {fstype:{widths[2]}}  {words}".rstrip()


def _marks(mount: MountState, covered: Collection[int], overmounted: bool, orphan: bool) -> Iterator[str]:
    if mount.propagation != "private":
        yield mount.propagation
    if mount.propagate_from:
        yield f"propagate_from:{mount.propagate_from}"
    yield from (word for word in mount.options.split(",") if word in OPTION_WORDS)
    if mount.locked:
        yield "locked"
    if overmounted:
        yield "overmounted"
    elif mount.id in covered:
        yield "hidden"
    if orphan:
        yield f"(parent {mount.parent} not listed)"


def _branches(snapshot: Snapshot, mounts: list[MountState]) -> Iterator[tuple[str, MountState]]:
    """``mounts`` in preorder, each with the line drawing in front of it; none for the top of a tree."""
    left = {mount.id: mount for mount in mounts}
    roots = {ns.root for ns in snapshot.namespaces.values()}
    tops = [mount for mount in mounts if mount.parent not in left or mount.parent == mount.id]
    tops.sort(key=lambda mount: mount.id not in roots)
    while left:
        # A cycle of parents has no top: it is shown from its first mount on.
        pending = [(mount, "", "") for mount in reversed(tops)] or [(next(iter(left.values())), "", "")]
        tops = []
        while pending:
            mount, branch, indent = pending.pop()
            del left[mount.id]
            yield branch, mount
            children = [child for child in snapshot.children(mount.id) if child.id in left]
            for child in reversed(children):
                last = child is children[-1]
                branches = ("└─", "  ") if last else ("├─", "│ ")
                pending.append((child, indent + branches[0], indent + branches[1]))


def _groups(snapshot: Snapshot, paths: Mapping[int, str]) -> Iterator[str]:
    """A line for each peer group with peers, slaves or a master here; one for all the others together."""
    shown = [snapshot.mounts[id] for id in paths]
    several = len({mount.ns for mount in shown}) > 1

    def names(mounts: tuple[MountState, ...]) -> str:
        words = (
            f"{mount.mount_id} {printable(paths[mount.id])}"
            + (f" ({snapshot.namespace_name(mount.ns)})" if several else "")
            for mount in mounts
            if mount.id in paths
        )
        return ", ".join(words)

    alone = []
    for group in sorted(({mount.group for mount in shown} | {mount.master for mount in shown}) - {0}):
        members, slaves = snapshot.members_of(group), snapshot.slaves_of(group)
        masters = sorted({mount.master for mount in members} - {0})
        if len(members) == 1 and not slaves and not masters:
            alone.append(str(group))
            continue
        below = f" (slave of group {', '.join(map(str, masters))})" if masters else ""
        line = f"group {group}{below}: {names(members) or 'no member shown'}"
        yield f"{line}; slaves: {names(slaves)}" if names(slaves) else line
    if alone:
        yield f"groups of one mount: {', '.join(alone)}"


def _task(snapshot: Snapshot, task: TaskState, top: Place, paths: Mapping[int, str]) -> str:
    """The task's name, and where its root and cwd are unless they are where one looks for them."""

    def place(at: Place) -> str:
        mount = snapshot.mounts.get(at.mount)
        away = "(unreachable)" if mount is not None and mount.ns != task.ns else ""
        path = join(paths.get(at.mount, "/"), at.path)
        return f"{away}{printable(path)} in {at.mount if mount is None else mount.mount_id}"

    words = []
    if task.root != top:
        words.append(f"root {place(task.root)}")
    if task.cwd != task.root:
        words.append(f"cwd {place(task.cwd)}")
    return printable(task.name) + (f" ({', '.join(words)})" if words else "")
