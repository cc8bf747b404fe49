"""Where everything in a Picture stands: a row for each mount, a column for each namespace.

A namespace is drawn as its tree is listed by findmnt: a row for each mount, in
preorder, set in by its depth. As no two mounts of a namespace share a row, a line
to a peer or a slave leaves a row to the right and enters one from the left without
touching another mount; lines between mounts of one column run in lanes at its
right. So a table of 60 mounts stays readable where a general graph layout
tangles, and a place depends on nothing but the picture. Nothing here knows DOT.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.views.metrics import text_width
from vfslab.views.picture import NOWHERE, Edge, Picture


class Point(NamedTuple):
    x: float
    y: float


class Box(NamedTuple):
    """A rectangle; ``y`` grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


NO_BOX = Box(0, 0, 0, 0)


class Size(NamedTuple):
    """Measures of one way to draw, in points."""

    font: float
    line: float
    pad: float
    gap: float
    indent: float
    lane: float
    one_line: bool


CARDS = Size(font=13, line=16.5, pad=10, gap=14, indent=30, lane=9, one_line=False)
ROWS = Size(font=11, line=14, pad=7, gap=11, indent=22, lane=7, one_line=True)

HEADING = 14.0
"""The size of the letters of a namespace's heading."""
HEADER = 26.0
MARGIN = 12.0
GUTTER = 46.0
LANES = 16.0
RING = 7.0
ASIDE = 6.0
BORDER = 4.0
"""How far outside of a card Graphviz draws its second border."""
SLACK = 1.03
BETWEEN = 24.0
"""Between a mountpoint and what stands right of it on a card: room for a sign."""
ARROW = 9.0
SHELF = 1000.0
"""Namespaces stand side by side until they are this wide together; then a new shelf begins below."""


class Route(NamedTuple):
    """A line of cubic Bézier pieces: a start, three points for each piece; ``tip`` is that of its arrow."""

    points: tuple[Point, ...]
    tip: Point | None = None


@dataclass
class Layout:
    """The places of all parts of a picture, under the picture's keys."""

    size: Size
    width: float = 0.0
    height: float = 0.0
    clusters: dict[int, Box] = field(default_factory=dict)
    nodes: dict[int, Box] = field(default_factory=dict)
    edges: dict[str, Route] = field(default_factory=dict)
    gaps: list[float] = field(default_factory=list)
    doubled: frozenset[int] = frozenset()

    def outline(self, number: int) -> Box:
        """The card of a mount with the second border that a peer has."""
        box = self.nodes[number]
        if number not in self.doubled:
            return box
        return Box(box.x - BORDER, box.y - BORDER, box.width + 2 * BORDER, box.height + 2 * BORDER)

    def name_place(self, number: int) -> Point:
        """Where the name of a mount begins on its card, at half the height of the letters."""
        box = self.nodes[number]
        return Point(box.x + self.size.pad, box.y + self.size.pad / 2 + self.size.line / 2)

    def gap_below(self, box: Box) -> float:
        """The height of the first gap between rows below ``box``: no mount stands there."""
        place = bisect.bisect_left(self.gaps, box.bottom)
        return self.gaps[place] if place < len(self.gaps) else box.bottom


@dataclass
class _Column:
    ns: int
    rows: list[int]
    depth: dict[int, int]
    brackets: list[tuple[int, int, bool, str]] = field(default_factory=list)
    lanes: dict[str, int] = field(default_factory=dict)
    card_width: float = 0.0
    box: Box = NO_BOX

    @property
    def right(self) -> float:
        """Where its cards end."""
        return self.box.x + MARGIN + self.card_width


def place(picture: Picture, lines: dict[int, tuple[str, ...]], size: Size) -> Layout:
    """Where the parts of ``picture`` stand. ``lines`` are those on each card, without the mountpoint."""
    layout = Layout(size, doubled=frozenset(number for number, node in picture.nodes.items() if node.group))
    names = {number: node.name for number, node in picture.nodes.items()}
    for edge in picture.edges.values():
        if edge.kind == "tree":
            names[edge.head] = max(names[edge.head], edge.label, key=text_width)
    columns = [_column(ns, picture) for ns in _homes(picture)]
    home = {number: column for column in columns for number in column.rows}
    rows = {number: row for column in columns for row, number in enumerate(column.rows)}
    for key, edge in picture.edges.items():
        if edge.kind != "tree" and home[edge.tail] is home[edge.head]:
            column = home[edge.tail]
            tail, head = rows[edge.tail], rows[edge.head]
            column.brackets.append((min(tail, head), max(tail, head), tail > head, key))
    top = MARGIN
    for shelf in _shelves(columns, picture, lines, names, size):
        top = _place_shelf(layout, shelf, lines, top) + MARGIN
    layout.height = top
    for key, edge in picture.edges.items():
        layout.edges[key] = _route(layout, home, key, edge)
    edges = [point.x for route in layout.edges.values() for point in route.points]
    layout.width = max([box.right for box in layout.clusters.values()] + edges, default=0) + MARGIN
    return layout


def _homes(picture: Picture) -> list[int]:
    homes = {node.home for node in picture.nodes.values()} | set(picture.clusters)
    return sorted(homes, key=lambda ns: (ns <= NOWHERE, abs(ns)))


def _column(ns: int, picture: Picture) -> _Column:
    """The mounts of one namespace in preorder, and their depths."""
    mine = [number for number, node in picture.nodes.items() if node.home == ns]
    parent = {
        edge.head: edge.tail
        for edge in picture.edges.values()
        if edge.kind == "tree" and not edge.late and picture.nodes[edge.tail].home == ns
    }
    children: dict[int, list[int]] = {}
    for number in mine:
        children.setdefault(parent.get(number, 0), []).append(number)
    depth: dict[int, int] = {}
    # What hangs in a circle (a damaged table) is reached from no root and follows at the end.
    waiting = [(number, 0) for number in (*reversed(mine), *reversed(children.get(0, [])))]
    while waiting:
        number, level = waiting.pop()
        if number not in depth:
            depth[number] = level
            waiting += [(child, level + 1) for child in reversed(children.get(number, []))]
    return _Column(ns, list(depth), depth)


def _shelves(
    columns: list[_Column],
    picture: Picture,
    lines: dict[int, tuple[str, ...]],
    names: dict[int, str],
    size: Size,
) -> Iterable[list[_Column]]:
    """Measure the columns and put as many side by side as fit."""
    headings = {ns: text_width(cluster.label, HEADING, bold=True) for ns, cluster in picture.clusters.items()}
    shelf: list[_Column] = []
    used = 0.0
    for column in columns:
        _give_lanes(column)
        for number in column.rows:
            first, *rest = lines[number]
            name = text_width(names[number], size.font, bold=True)
            widths = [name + BETWEEN + text_width(first, size.font)]
            widths += [text_width(line, size.font) for line in rest]
            wanted = max(widths) * SLACK + 2 * size.pad
            column.card_width = max(column.card_width, wanted + column.depth[number] * size.indent)
        width = 2 * MARGIN + column.card_width
        if column.lanes:
            width += LANES + max(column.lanes.values()) * size.lane
        column.box = Box(0, 0, max(width, headings.get(column.ns, 0) + 2 * MARGIN), 0)
        if shelf and used + column.box.width > SHELF:
            yield shelf
            shelf, used = [], 0.0
        shelf.append(column)
        used += column.box.width + GUTTER
    if shelf:
        yield shelf


def _give_lanes(column: _Column) -> None:
    """A lane for each line between two rows of ``column``: short ones inside, crossing ones apart."""
    lanes: list[list[tuple[int, int]]] = []
    for first, last, _, key in sorted(column.brackets, key=lambda one: (one[1] - one[0], one[2], one)):
        number, place = _free_lane(lanes, first, last)
        if number == len(lanes):
            lanes.append([])
        lanes[number].insert(place, (first, last))
        column.lanes[key] = number


def _free_lane(lanes: list[list[tuple[int, int]]], first: int, last: int) -> tuple[int, int]:
    """The first lane with room from row ``first`` to ``last``, and the place in its order; else a new one."""
    for number, lane in enumerate(lanes):
        place = bisect.bisect(lane, (first, last))
        behind = place == 0 or lane[place - 1][1] <= first
        if behind and (place == len(lane) or last <= lane[place][0]):
            return number, place
    return len(lanes), 0


def _place_shelf(
    layout: Layout, shelf: list[_Column], lines: dict[int, tuple[str, ...]], top: float
) -> float:
    """Place the columns of ``shelf`` on common rows; gives the height at which the next shelf may begin."""
    size = layout.size
    bottoms = []
    y = top + HEADER + 4
    for row in range(max(len(column.rows) for column in shelf)):
        here = [(column, column.rows[row]) for column in shelf if row < len(column.rows)]
        height = max(len(lines[number]) for _, number in here) * size.line + size.pad
        for column, number in here:
            own = len(lines[number]) * size.line + size.pad
            layout.nodes[number] = Box(column.depth[number] * size.indent, y, 0, own)
        y += height + size.gap
        bottoms.append(y - size.gap)
        layout.gaps.append(y - size.gap / 2)
    x = MARGIN
    for column in shelf:
        for number in column.rows:
            box = layout.nodes[number]
            layout.nodes[number] = box._replace(x=x + MARGIN + box.x, width=column.card_width - box.x)
        end = bottoms[len(column.rows) - 1] if column.rows else top + HEADER
        column.box = Box(x, top, column.box.width, end + MARGIN - top)
        layout.clusters[column.ns] = column.box
        x = column.box.right + GUTTER
    return max(column.box.bottom for column in shelf)


def _route(layout: Layout, home: dict[int, _Column], key: str, edge: Edge) -> Route:
    tail, head = layout.nodes[edge.tail], layout.nodes[edge.head]
    if edge.kind == "tree":
        return _branch(layout.size, home, edge, tail, head)
    tail, head = layout.outline(edge.tail), layout.outline(edge.head)
    # The two halves of a ring meet a card a little apart, so that even a ring of two is seen as one.
    half = 0.0 if edge.kind == "slave" else RING / 2
    if home[edge.tail] is home[edge.head]:
        column = home[edge.tail]
        x = column.right + LANES + column.lanes[key] * layout.size.lane
        start, end = Point(tail.right, tail.middle + half), Point(head.right, head.middle - half)
        return _ended(edge, _bent([start, Point(x, start.y), Point(x, end.y), end]))
    return _across(layout, home, edge)


def _branch(size: Size, home: dict[int, _Column], edge: Edge, parent: Box, child: Box) -> Route:
    """From a parent to a child: down from the parent's card and into the child's from the left."""
    column = home[edge.head]
    if home[edge.tail] is not column:
        return _ended(edge, _curve(Point(parent.right, parent.middle), Point(child.x, child.middle)))
    if not edge.late and parent.bottom < child.y:
        x = parent.x + size.indent / 2
        return Route(_bent([Point(x, parent.bottom), Point(x, child.middle), Point(child.x, child.middle)]))
    start, end = Point(parent.x, parent.middle), Point(child.x, child.middle)
    x = column.box.x + MARGIN / 3 * (
        1 if start.y < end.y else 2
    )  # those that go up beside those that go down
    return _ended(edge, _bent([start, Point(x, start.y), Point(x, end.y), end], radius=3))


def _across(layout: Layout, home: dict[int, _Column], edge: Edge) -> Route:
    """Between two columns: out to the right of the one further left, through the gutter, in from the left."""
    tail, head = layout.outline(edge.tail), layout.outline(edge.head)
    tail_column, head_column = home[edge.tail].box, home[edge.head].box
    forward = tail_column.right <= head_column.x
    # An arrow comes in below the branch that leads to its slave; the halves of a ring run side by side.
    shift = ASIDE if edge.kind == "slave" else -RING / 2 if tail.x < head.x else RING / 2
    if not forward and head_column.right > tail_column.x:  # one column stands below the other
        x = max(tail_column.right, head_column.right) + GUTTER / 2 + shift
        start, end = Point(tail.right, tail.middle + shift), Point(head.right, head.middle + shift)
        return _ended(edge, _bent([start, Point(x, start.y), Point(x, end.y), end]))
    left, right = (tail, head) if forward else (head, tail)
    from_column, to_column = (tail_column, head_column) if forward else (head_column, tail_column)
    start, leave = Point(left.right, left.middle + shift), Point(from_column.right, left.middle + shift)
    enter, end = Point(to_column.x, right.middle + shift), Point(right.x, right.middle + shift)
    if enter.x - leave.x <= GUTTER + 1:
        middle = _curve(leave, enter)
    else:  # other columns stand between: pass them in the gap between two rows
        between = layout.gap_below(left)
        high, low = Point(leave.x + GUTTER, between), Point(max(enter.x - GUTTER, leave.x), between)
        middle = (*_curve(leave, high), *_straight(high, low)[1:], *_curve(low, enter)[1:])
    points = (*_straight(start, leave), *middle[1:], *_straight(enter, end)[1:])
    return _ended(edge, points if forward else points[::-1])


def _ended(edge: Edge, points: tuple[Point, ...]) -> Route:
    """The line of ``points``, a little shorter where an arrowhead takes the rest."""
    if edge.kind != "slave" and not edge.late:
        return Route(points)
    tip, near = points[-1], points[-4]
    end = Point(tip.x + (ARROW if near.x > tip.x else -ARROW), tip.y)
    return Route((*points[:-4], *_straight(near, end)), tip=tip)


def _straight(start: Point, end: Point) -> tuple[Point, ...]:
    third = Point((end.x - start.x) / 3, (end.y - start.y) / 3)
    return start, Point(start.x + third.x, start.y + third.y), Point(end.x - third.x, end.y - third.y), end


def _curve(start: Point, end: Point) -> tuple[Point, ...]:
    """An S from ``start`` to ``end``, level at both."""
    middle = (start.x + end.x) / 2
    return start, Point(middle, start.y), Point(middle, end.y), end


def _bent(corners: list[Point], radius: float = 6.0) -> tuple[Point, ...]:
    """A line along level and upright pieces with round corners."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        ways = [abs(end.x - corner.x) + abs(end.y - corner.y) for end in (before, after)]
        size = min(radius, *(way / 2 for way in ways))
        into, out = _toward(corner, before, size), _toward(corner, after, size)
        points += [*_straight(points[-1], into)[1:], corner, corner, out]
    return (*points, *_straight(points[-1], corners[-1])[1:])


def _toward(start: Point, end: Point, way: float) -> Point:
    def step(distance: float) -> float:
        return max(-way, min(way, distance))

    return Point(start.x + step(end.x - start.x), start.y + step(end.y - start.y))
