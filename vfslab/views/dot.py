"""DOT for a Snapshot: the drawing language and its look, and nothing of how it is rendered.

The text has a place for everything (``neato -n2`` keeps them, and so does
``engine.svg``) and reads as a plain graph too: ``dot`` makes its own layout of it,
and for that one an edge that must not decide a rank (``constraint=false``) has no
``label`` and ``newrank`` is set. Text from outside is quoted, its backslashes and
``&`` doubled up, so that none of it is an escape or an entity.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterator, Mapping

from vfslab.snapshot import Snapshot
from vfslab.views import palette
from vfslab.views import picture as pictures
from vfslab.views.layout import CARDS, HEADING, MARGIN, ROWS, Layout, Point, Route, place
from vfslab.views.legend import LEGEND
from vfslab.views.metrics import text_width
from vfslab.views.picture import NOWHERE, Cluster, Edge, Node, Picture

COMPACT_FROM = 16
"""With this many mounts in one namespace a mount is one line and not a card."""

SIGNS = {"leaving": "−", "new": "+", "changed": "~"}
"""What stands before a mount's number, as in a diff: about to go, new, changed."""

FONT = "Helvetica"
_FILLS = {"leaving": palette.LEAVING, "new": palette.NEW, "changed": palette.CHANGED, "dim": palette.COVERED}


def source(
    snapshot: Snapshot,
    *,
    before: Snapshot | None = None,
    after: Snapshot | None = None,
    touched: Collection[int] = (),
    roots: bool = False,
    compact: bool | None = None,
    legend: bool = False,
) -> str:
    """DOT text for ``snapshot``; the same snapshot gives the same text.

    ``before`` is the snapshot one step ago: what is new or changed is marked.
    ``after`` is the next one: what is about to go is marked. ``touched`` are mounts
    to mark as changed in any case. ``roots`` also shows the namespace root mounts
    that lie covered below ``/``. ``compact`` draws a line for each mount instead of a
    card (default: where a namespace has 16 or more). ``legend`` adds a key to the signs.
    """
    shown = pictures.unseen_roots(snapshot) if roots else set(touched)
    now = pictures.picture(snapshot, shown)
    earlier = None if before is None else pictures.picture(before, shown)
    later = None if after is None else pictures.picture(after, shown)
    marked = pictures.mark(now, earlier, later, touched)
    return write(marked, compact=is_large(now) if compact is None else compact, legend=legend)


def is_large(picture: Picture) -> bool:
    """Whether some namespace has so many mounts that each should take one line."""
    homes = [node.home for node in picture.nodes.values()]
    return any(homes.count(home) >= COMPACT_FROM for home in set(homes))


def write(picture: Picture, *, compact: bool = False, legend: bool = False) -> str:
    """DOT text for ``picture``: nodes ``m<id>`` in clusters ``ns<id>``, edges under the picture's keys."""
    if legend:
        clusters, nodes, edges = picture
        picture = Picture(clusters | LEGEND.clusters, nodes | LEGEND.nodes, edges | LEGEND.edges)
    size = ROWS if compact else CARDS
    lines = {number: words(node, compact) for number, node in picture.nodes.items()}
    layout = place(picture, lines, size)
    text = ["digraph vfslab {", *_defaults(layout)]
    for ns, cluster in picture.clusters.items():
        text.append(f"  subgraph cluster_{ns_part(ns)} {{")
        text.append(f"    {_cluster(ns, cluster, layout)}")
        text += [
            f"    {_node(number, node, lines[number], layout)}"
            for number, node in picture.nodes.items()
            if node.home == ns
        ]
        text.append("  }")
    text += [
        f"  {_node(number, node, lines[number], layout)}"
        for number, node in picture.nodes.items()
        if node.home not in picture.clusters
    ]
    text += [f"  {_edge(key, edge, layout)}" for key, edge in picture.edges.items()]
    return "\n".join([*text, "}"]) + "\n"


def legend(key: Picture = LEGEND) -> str:
    """DOT text that shows every sign once, with the words for it."""
    return write(key, compact=True)


def words(node: Node, compact: bool) -> tuple[str, ...]:
    """The lines of text on the card of ``node``; where it is a row, all in one.

    First its number and what it is, behind the sign of what happened to it, then
    those of the others that have words.
    """
    first = next((SIGNS[name] + " " for name in SIGNS if name in node.classes), "") + node.lines[0]
    rest = [line for line in node.lines[1:] if line]
    return ("   ".join([first, *rest]),) if compact else (first, *rest)


def quote(text: str) -> str:
    """``text`` as a quoted DOT string that shows just these characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def _defaults(layout: Layout) -> Iterator[str]:
    text = {"fontname": FONT, "fontcolor": palette.INK}
    size = {"fontsize": f"{layout.size.font:g}"}
    graph = {"bb": f"0,0,{layout.width:.1f},{layout.height:.1f}", "bgcolor": palette.PAPER, **text}
    graph |= {"outputorder": "nodesfirst", "rankdir": "LR", "newrank": "true"}
    graph |= {"nodesep": "0.2", "ranksep": "0.4"}
    node = {"shape": "box", "fixedsize": "true", "margin": f"{layout.size.pad / 72:.3f},0", **text, **size}
    edge = {"arrowsize": "0.8", **text, **size, "fontname": f"{FONT}-Bold"}
    for name, attributes in (("graph", graph), ("node", node), ("edge", edge)):
        yield f"  {name} {_attributes(attributes)};"


def _cluster(ns: int, cluster: Cluster, layout: Layout) -> str:
    box = layout.clusters[ns]
    middle = Point(box.x + MARGIN + text_width(cluster.label, HEADING, bold=True) / 2, box.y + 17)
    corners = (Point(box.x, box.bottom), Point(box.right, box.y))
    attributes = {
        "id": ns_part(ns),
        "class": " ".join(["ns", *sorted(cluster.classes)]),
        "label": cluster.label,
        "labeljust": "l",
        "fontname": f"{FONT}-Bold",
        "fontsize": f"{HEADING:g}",
        "style": "rounded,filled,dashed" if ns == NOWHERE else "rounded,filled",
        "color": palette.RULE,
        "fillcolor": palette.PANEL,
        "bb": ",".join(_at(corner, layout) for corner in corners),
        "lp": _at(middle, layout),
    }
    return f"graph {_attributes(attributes)};"


def _node(number: int, node: Node, lines: tuple[str, ...], layout: Layout) -> str:
    """A card. Its first line leaves the left to the mountpoint, which the edge has, or to its own name."""
    box = layout.nodes[number]
    first, *rest = lines
    label = quote(first)[1:-1] + "\\r"
    label += "".join(quote(line)[1:-1] + "\\l" for line in rest)
    state = next((name for name in _FILLS if name in node.classes), "")
    dashed = "loose" in node.classes or "leaving" in node.classes
    attributes = {
        "id": mount_part(number),
        "class": " ".join(["mount", *sorted(node.classes)]),
        "pos": _at(Point(box.x + box.width / 2, box.middle), layout),
        "width": f"{box.width / 72:.3f}",
        "height": f"{box.height / 72:.3f}",
        "style": "rounded,filled,dashed" if dashed else "rounded,filled",
        "fillcolor": _FILLS.get(state, palette.PAPER),
        "color": palette.GROUPS[palette.group_slot(node.group)] if node.group else palette.MUTED,
        "penwidth": "2.4" if state in SIGNS else "1.3",
    }
    if node.group:
        attributes["peripheries"] = "2"
    if "dim" in node.classes:
        attributes["fontcolor"] = palette.MUTED
    texts = f'label="{label}"'
    if node.name:
        start = layout.name_place(number)
        middle = start.x + text_width(node.name, layout.size.font, bold=True) / 2
        texts += f", xlabel=<<B>{html.escape(node.name)}</B>>"
        attributes["xlp"] = _at(Point(middle, start.y), layout)
    return f"{mount_part(number)} [{texts}, {_attributes(attributes)[1:]};"


def _edge(key: str, edge: Edge, layout: Layout) -> str:
    route = layout.edges[key]
    classes = " ".join([edge.kind, *sorted(edge.classes)])
    attributes = {"id": key, "class": classes, "pos": _path(route, layout)}
    if edge.kind == "tree":
        head = "normal" if edge.late else "none"
        attributes |= {"arrowhead": head, "color": palette.MUTED, "penwidth": "1.1"}
        if edge.label:
            start = layout.name_place(edge.head)
            middle = start.x + text_width(edge.label, layout.size.font, bold=True) / 2
            attributes |= {"label": edge.label, "lp": _at(Point(middle, start.y), layout)}
    else:
        attributes["color"] = palette.GROUPS[palette.group_slot(edge.group)]
        if edge.kind == "peer":
            attributes |= {"arrowhead": "none", "penwidth": "2"}
        else:
            attributes |= {"arrowhead": "empty", "style": "dashed", "penwidth": "1.5"}
    if edge.late or edge.kind != "tree":
        attributes["constraint"] = "false"
        if "label" in attributes:
            attributes["xlabel"], attributes["xlp"] = attributes.pop("label"), attributes.pop("lp")
    if "new" in edge.classes:
        attributes["penwidth"] = "3.2"
    return f"{mount_part(edge.tail)} -> {mount_part(edge.head)} {_attributes(attributes)};"


def _path(route: Route, layout: Layout) -> str:
    tip = [] if route.tip is None else [f"e,{_at(route.tip, layout)}"]
    return " ".join([*tip, *(_at(point, layout) for point in route.points)])


def _at(point: Point, layout: Layout) -> str:
    """A place in DOT, whose heights grow upwards."""
    return f"{point.x:.1f},{layout.height - point.y:.1f}"


def mount_part(number: int) -> str:
    """The name of a mount's node, which is its id in the SVG."""
    return f"m{number}" if number >= 0 else f"key{-number}"


def ns_part(ns: int) -> str:
    """The name of a namespace's cluster, which is its id in the SVG."""
    return f"ns{ns}" if ns >= 0 else "key"


def _attributes(values: Mapping[str, str]) -> str:
    return "[" + ", ".join(f"{name}={quote(value)}" for name, value in values.items()) + "]"
