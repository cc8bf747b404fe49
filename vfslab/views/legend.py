"""The keys to the signs, of mounts and of boxes, each a Picture drawn by the same hand as all others."""

from __future__ import annotations

from vfslab.views.picture import Cluster, Edge, Node, Picture

HOME = -1

_ROOT = "number and type of the mount; mounts in it stand below, named by mountpoint"
_SIGNS = (
    ("/shared", "shared:1, double border: shared, in peer group 1", 1, "shared"),
    ("/peer", "shared:1, its peer: the peers of a group form a ring", 1, "shared"),
    ("/slave", "master:1, slave: the arrow comes from its master", 0, ""),
    ("/private", "private: neither sends nor receives mounts", 0, ""),
    ("/covered", "overmounted or hidden: no path leads here", 0, "dim"),
    ("/loose", "no namespace: it belongs to none; dashed border", 0, "loose"),
    ("/new", "new in this step", 0, "new"),
    ("/changed", "changed in this step", 0, "changed"),
    ("/leaving", "gone in the next step", 0, "leaving"),
)
_ROWS = (
    ("field", "its value", ""),
    ("field", "new in this step", "new"),
    ("field", "changed in this step", "changed"),
    ("field", "gone in the next step", "leaving"),
)


def _legend() -> Picture:
    nodes = {-100: Node(HOME, ("20 tmpfs", _ROOT), 0, "/")}
    edges = {}
    for place, (mountpoint, words, group, kind) in enumerate(_SIGNS, 1):
        classes = frozenset({kind} if kind else ())
        nodes[-100 - place] = Node(HOME, (f"{20 + place} tmpfs", words), group, classes=classes)
        edges[f"key-t{place}"] = Edge("tree", -100, -100 - place, mountpoint)
    edges["key-p1"] = Edge("peer", -101, -102, group=1)
    edges["key-p2"] = Edge("peer", -102, -101, group=1)
    edges["key-s"] = Edge("slave", -102, -103, group=1)
    return Picture({HOME: Cluster("legend")}, nodes, edges)


LEGEND = _legend()


def _boxes() -> Picture:
    nodes = {
        -200 - place: Node(HOME, (words,), 0, field, classes=frozenset({kind} if kind else ()))
        for place, (field, words, kind) in enumerate(_ROWS)
    }
    return Picture({HOME: Cluster("a struct, or another thing with fields")}, nodes, {})


BOXES = _boxes()
