"""What is drawn of a Snapshot: clusters, nodes and edges with their words, before any drawing language.

A ``Picture`` is plain data that DOT is written from and that a stepper turns into
classes and words. It knows the Snapshot and nothing of DOT, SVG or colours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import starmap, zip_longest
from typing import NamedTuple

from vfslab.mountinfo import printable
from vfslab.snapshot import MountState, Snapshot, TaskState
from vfslab.views.metrics import text_width

NOWHERE = 0
"""The home of mounts that are in no namespace."""

TASKS_SHOWN = 3

# To how many characters a text from outside is cut: sources and types, mountpoints, names and paths of tasks.
LENGTH = 40
MOUNTPOINT = 26
SHORT = 20

_OPTIONS_SHOWN = ("ro", "nosuid", "nodev", "noexec")


class Cluster(NamedTuple):
    """A mount namespace: the line above it."""

    label: str
    classes: frozenset[str] = frozenset()


class Node(NamedTuple):
    """A mount: the namespace it is drawn in, and what is to be read of it.

    ``lines`` are what it is, its tags and marks, and the tasks that stand there;
    ``name`` is what it is called where no edge from a parent has its mountpoint.
    """

    home: int
    lines: tuple[str, ...]
    group: int
    name: str = ""
    classes: frozenset[str] = frozenset()


class Edge(NamedTuple):
    """A line between two mounts. ``kind`` is "tree" (parent to child), "peer" or "slave" (master to slave).

    ``late`` is set in a union where the child has had another parent before: the
    first parent decides where it is drawn.
    """

    kind: str
    tail: int
    head: int
    label: str = ""
    group: int = 0
    classes: frozenset[str] = frozenset()
    late: bool = False


class Picture(NamedTuple):
    """All that is drawn, each part under a key that stays its own from step to step."""

    clusters: dict[int, Cluster]
    nodes: dict[int, Node]
    edges: dict[str, Edge]


def picture(
    snapshot: Snapshot, roots: Collection[int] = (), homes: Mapping[int, int] | None = None
) -> Picture:
    """What is drawn of ``snapshot``.

    A namespace root mount that lies covered below what its tasks call ``/`` is left
    out, as mountinfo leaves it out, unless ``roots`` names it. ``homes`` says in which
    namespace to draw mounts that are in none yet.
    """
    unseen = unseen_roots(snapshot) - set(roots)
    mounts = {number: mount for number, mount in snapshot.mounts.items() if number not in unseen}
    home = {number: mount.ns or (homes or {}).get(number, NOWHERE) for number, mount in mounts.items()}
    tasks_at: dict[int, list[str]] = {}
    for task in snapshot.tasks.values():
        for number, words in _standing(task):
            tasks_at.setdefault(number, []).append(words)
    hidden = covered_mounts(snapshot)
    edges = _edges(mounts, home)
    children = {edge.head for edge in edges.values() if edge.kind == "tree"}
    nodes = {}
    for number, mount in mounts.items():
        name = "" if number in children else _name(mount, snapshot)
        lines = (_title(mount), _tags_and_marks(mount, snapshot, number in hidden))
        classes = _classes(mount, snapshot, number in hidden)
        tasks = _few(tasks_at.get(number, []), "more tasks")
        nodes[number] = Node(home[number], (*lines, *tasks), mount.group, name, classes)
    return Picture(_clusters(snapshot, nodes), nodes, edges)


def unseen_roots(snapshot: Snapshot) -> set[int]:
    """Namespace root mounts with another mount on their root: no path of a task leads to them."""
    spaces = (ns for ns in snapshot.namespaces.values() if not ns.anon)
    roots = (ns.root for ns in spaces if ns.root in snapshot.mounts)
    return {root for root in roots if snapshot.mounts[root].parent == root and snapshot.is_overmounted(root)}


def covered_mounts(snapshot: Snapshot) -> set[int]:
    """Mounts that no path from their namespace's root ends on.

    Overmounted ones; ones whose mountpoint lies below the mountpoint of a sibling,
    which was mounted later; and what is attached below either.
    """
    covered = {number for number in snapshot.mounts if snapshot.is_overmounted(number)}
    mountpoints: dict[int, set[str]] = {}
    for mount in snapshot.mounts.values():
        if mount.parent != mount.id:
            mountpoints.setdefault(mount.parent, set()).add(mount.mountpoint)
    blocked: dict[int, bool] = {}
    for mount in snapshot.mounts.values():
        chain: list[MountState] = []
        at = mount
        while at.id not in blocked:
            blocked[at.id] = False  # for a cycle, which only a damaged table has
            chain.append(at)
            if at.parent == at.id or at.parent not in snapshot.mounts:
                break
            at = snapshot.mounts[at.parent]
        for link in reversed(chain):
            if link.parent == link.id or link.parent not in snapshot.mounts:
                continue
            blocked[link.id] = (
                blocked[link.parent]
                or (link.parent in covered and link.mountpoint != "/")
                or not mountpoints[link.parent].isdisjoint(_above(link.mountpoint))
            )
    return {number for number, is_blocked in blocked.items() if is_blocked} | covered


def _above(path: str) -> set[str]:
    """The directories above ``path``, without the root: "/a/b/c" gives "/a" and "/a/b"."""
    parts = path.split("/")[1:]
    return {"/" + "/".join(parts[:end]) for end in range(1, len(parts))}


def union(pictures: Iterable[Picture]) -> Picture:
    """One picture with everything that any of ``pictures`` shows, and room for its widest words.

    A mount's home is the last namespace it is in: a copy is drawn where it will
    belong while it is still being made.
    """
    clusters: dict[int, Cluster] = {}
    nodes: dict[int, Node] = {}
    edges: dict[str, Edge] = {}
    first_parent: dict[int, int] = {}
    for one in pictures:
        for ns, cluster in one.clusters.items():
            seen = clusters.get(ns, cluster)
            clusters[ns] = Cluster(widest(seen.label, cluster.label))
        for number, node in one.nodes.items():
            seen_node = nodes.get(number, node)
            lines = tuple(starmap(widest, zip_longest(seen_node.lines, node.lines, fillvalue="")))
            name = widest(seen_node.name, node.name)
            nodes[number] = Node(node.home or seen_node.home, lines, node.group or seen_node.group, name)
        for key, edge in one.edges.items():
            seen_edge = edges.get(key, edge)
            late = edge.kind == "tree" and first_parent.setdefault(edge.head, edge.tail) != edge.tail
            label = widest(seen_edge.label, edge.label)
            edges[key] = edge._replace(label=label, classes=frozenset(), late=late)
    homes = {node.home for node in nodes.values()}
    kept = {ns: cluster for ns, cluster in sorted(clusters.items()) if ns != NOWHERE or NOWHERE in homes}
    return Picture(kept, dict(sorted(nodes.items())), dict(sorted(edges.items(), key=_edge_order)))


def mark(
    now: Picture, before: Picture | None, after: Picture | None, touched: Collection[int] = ()
) -> Picture:
    """``now`` with what is "new" or "changed" since ``before``, what ``after`` no longer has "leaving".

    ``touched`` are mounts to mark as changed although they read the same.
    """
    nodes = {}
    for number, node in now.nodes.items():
        classes = set(node.classes)
        if before is not None and number not in before.nodes:
            classes.add("new")
        elif (before is not None and before.nodes[number] != node) or number in touched:
            classes.add("changed")
        if after is not None and number not in after.nodes:
            classes.add("leaving")
        nodes[number] = node._replace(classes=frozenset(classes))
    edges = {}
    for key, edge in now.edges.items():
        classes = set(edge.classes)
        if before is not None and key not in before.edges:
            classes.add("new")
        if after is not None and key not in after.edges:
            classes.add("leaving")
        edges[key] = edge._replace(classes=frozenset(classes))
    return Picture(now.clusters, nodes, edges)


def legible(text: str, length: int = LENGTH) -> str:
    """``text`` from outside in printable characters, as in mountinfo; too long, it loses its middle."""
    text = printable(text)
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 1]}…{text[-tail:]}"


def widest(one: str, other: str) -> str:
    """The one of the two that takes more room."""
    return one if one == other or text_width(one) > text_width(other) else other


def _classes(mount: MountState, snapshot: Snapshot, hidden: bool) -> frozenset[str]:
    flags = {
        "shared": mount.shared,
        "locked": mount.locked,
        "unbindable": mount.unbindable,
        "dim": hidden,
        "loose": mount.ns is None and bool(snapshot.namespaces),
    }
    return frozenset(name for name, is_so in flags.items() if is_so)


def _name(mount: MountState, snapshot: Snapshot) -> str:
    """What a mount is called that is drawn below no other."""
    if mount.parent != mount.id:
        return legible(mount.mountpoint)
    if mount.id not in {ns.root for ns in snapshot.namespaces.values()}:
        return "not attached"
    return "namespace root" if snapshot.is_overmounted(mount.id) else "/"


def _title(mount: MountState) -> str:
    """Number, type, source where it says more than the type, and the root in brackets as in findmnt."""
    source = "" if mount.source in ("none", mount.fstype) else mount.source
    root = f"[{mount.root}]" if mount.root != "/" else ""
    return " ".join(filter(None, (str(mount.mount_id), legible(mount.fstype), legible(source + root))))


def _tags_and_marks(mount: MountState, snapshot: Snapshot, hidden: bool) -> str:
    """The propagation type, then what else sets the mount apart, each in a word."""
    words = [_tags(mount)]
    words += [word for word in mount.options.split(",") if word in _OPTIONS_SHOWN]
    if mount.locked:
        words.append("locked")
    if snapshot.is_overmounted(mount.id):
        words.append("overmounted")
    elif hidden:
        words.append("hidden")
    if mount.ns is None and snapshot.namespaces:
        words.append("no namespace")
    return ", ".join(words)


def _tags(mount: MountState) -> str:
    """The propagation type; a group that it has not joined yet, while it is being made."""
    tags = [mount.propagation]
    if mount.propagate_from:
        tags.append(f"propagate_from:{mount.propagate_from}")
    if mount.group and not mount.shared:
        tags.append(f"group:{mount.group}")
    return " ".join(tags)


def _standing(task: TaskState) -> Iterable[tuple[int, str]]:
    """Where ``task`` stands: for each mount, "sh1: root, cwd /a/b"."""

    def below(path: str) -> str:
        return "" if path == "/" else " " + legible(path, SHORT)

    name = legible(task.name, SHORT)
    if task.root == task.cwd:
        yield task.root.mount, f"{name}: root, cwd{below(task.root.path)}"
    elif task.root.mount == task.cwd.mount:
        yield task.root.mount, f"{name}: root{below(task.root.path)}, cwd{below(task.cwd.path)}"
    else:
        yield task.root.mount, f"{name}: root{below(task.root.path)}"
        yield task.cwd.mount, f"{name}: cwd{below(task.cwd.path)}"


def _few(words: list[str], more: str) -> list[str]:
    """``words``, the last of them counted where they are many."""
    if len(words) <= TASKS_SHOWN:
        return words
    return [*words[: TASKS_SHOWN - 1], f"{len(words) - TASKS_SHOWN + 1} {more}"]


def _clusters(snapshot: Snapshot, nodes: dict[int, Node]) -> dict[int, Cluster]:
    clusters = {}
    for ns in sorted(snapshot.namespaces):
        names = [legible(task.name, SHORT) for task in snapshot.tasks.values() if task.ns == ns]
        tasks = ": " + ", ".join(_few(names, "more")) if names else ""
        clusters[ns] = Cluster(snapshot.namespaces[ns].title + tasks)
    if snapshot.namespaces and any(node.home == NOWHERE for node in nodes.values()):
        clusters[NOWHERE] = Cluster("in no namespace")
    return clusters


def _edges(mounts: dict[int, MountState], home: dict[int, int]) -> dict[str, Edge]:
    edges = {}
    groups: dict[int, list[int]] = {}
    for number, mount in mounts.items():
        if mount.group:
            groups.setdefault(mount.group, []).append(number)
        if mount.parent != number and mount.parent in mounts:
            label = legible(mount.mountpoint, MOUNTPOINT)
            edges[f"t{mount.parent}-{number}"] = Edge("tree", mount.parent, number, label)
    for group, members in sorted(groups.items()):
        if len(members) > 1:
            ring = _ring(members, home)
            for member, following in zip(ring, [*ring[1:], ring[0]], strict=True):
                edges[f"p{member}-{following}"] = Edge("peer", member, following, group=group)
    for number, mount in mounts.items():
        if mount.master:
            master = mount.master_mount if mount.master_mount in mounts else groups.get(mount.master, [0])[0]
            if master and master != number:
                edges[f"s{master}-{number}"] = Edge("slave", master, number, group=mount.master)
    return edges


def _ring(members: list[int], home: dict[int, int]) -> list[int]:
    """The order in which peers are joined: down one namespace and up the next, so that few lines cross."""
    columns: dict[int, list[int]] = {}
    for number in members:
        columns.setdefault(home[number], []).append(number)
    order = sorted(columns, key=lambda ns: (ns == NOWHERE, ns))
    return [n for place, ns in enumerate(order) for n in sorted(columns[ns], reverse=place % 2 == 1)]


def _edge_order(item: tuple[str, Edge]) -> tuple[int, int, int]:
    edge = item[1]
    return ("tree", "peer", "slave").index(edge.kind), edge.tail, edge.head
