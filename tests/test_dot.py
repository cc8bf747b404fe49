"""Diagrams: what is drawn of a snapshot, where it stands, and that DOT says it. SVG is never compared."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mountinfo_tables import kept, snapshots
from vfslab.snapshot import MountState, NamespaceState, Place, Snapshot, TaskState
from vfslab.views import dot, engine
from vfslab.views.diagram import Diagram, show
from vfslab.views.layout import CARDS, ROWS, Box, Layout, place
from vfslab.views.picture import Picture, covered_mounts, mark, picture, union

SVG = "{http://www.w3.org/2000/svg}"


def mount(id: int, parent: int, mountpoint: str = "/", ns: int | None = 1, **fields: Any) -> MountState:
    return MountState(id, id, parent, mountpoint, "/", ns, "0:1", "tmpfs", f"T{id}")._replace(**fields)


def snapshot(*rows: MountState, tasks: tuple[TaskState, ...] = ()) -> Snapshot:
    tops = {row.ns: row.id for row in reversed(rows) if row.ns is not None and row.parent == row.id}
    namespaces = {ns: NamespaceState(ns, root) for ns, root in sorted(tops.items())}
    return Snapshot({row.id: row for row in rows}, namespaces, {each.pid: each for each in tasks})


def peer(id: int, parent: int, mountpoint: str, group: int = 1, **fields: Any) -> MountState:
    return mount(id, parent, mountpoint, shared=True, group=group, **fields)


SH1 = TaskState(1, "sh1", 1, Place(2, "/"), Place(3, "/work"))
ROOT, SLASH = mount(1, 1, source="rootfs"), mount(2, 1)


def statement(source: str, start: str) -> str:
    """The one statement of DOT text that starts with ``start``."""
    (found,) = [line.strip() for line in source.splitlines() if line.strip().startswith(start)]
    return found


SAID = [
    (
        "a namespace is a cluster, with its tasks",
        [ROOT, SLASH],
        "graph [id",
        'label="mount namespace 1: sh1"',
    ),
    ("a mount: number, type, source", [ROOT, SLASH, mount(3, 2, "/mnt")], "m3 [", '"3 tmpfs T3\\rprivate'),
    (
        "the source is not said twice",
        [ROOT, SLASH, mount(3, 2, "/mnt", source="tmpfs")],
        "m3 [",
        '"3 tmpfs\\r',
    ),
    (
        "a bind mount's root, as in findmnt",
        [ROOT, SLASH, mount(3, 2, "/mnt", root="/sub")],
        "m3 [",
        "3 tmpfs T3[/sub]",
    ),
    ("the mountpoint is on the edge", [ROOT, SLASH, mount(3, 2, "/mnt")], "m2 -> m3 ", 'label="/mnt"'),
    ("where a task's root stands", [ROOT, SLASH], "m2 [", "sh1: root"),
    ("where its cwd stands", [ROOT, SLASH, mount(3, 2, "/mnt")], "m3 [", "sh1: cwd /work"),
    ("locked, in a word", [ROOT, SLASH, mount(3, 2, "/m", locked=True)], "m3 [", "private, locked"),
    ("unbindable, in a word", [ROOT, SLASH, mount(3, 2, "/m", unbindable=True)], "m3 [", "\\runbindable\\l"),
    ("read-only, in a word", [ROOT, SLASH, mount(3, 2, "/m", options="ro,relatime")], "m3 [", "private, ro"),
    ("in no namespace: a word", [ROOT, SLASH, mount(3, 3, ns=None)], "m3 [", "private, no namespace"),
    ("in no namespace: a dashed border", [ROOT, SLASH, mount(3, 3, ns=None)], "m3 [", "filled,dashed"),
    ("a peer has a second border", [ROOT, SLASH, peer(3, 2, "/m")], "m3 [", 'peripheries="2"'),
    ("and its group in text", [ROOT, SLASH, peer(3, 2, "/m", 7)], "m3 [", "shared:7"),
    (
        "overmounted: a word",
        [ROOT, SLASH, mount(3, 2, "/m"), mount(4, 3)],
        "m3 [",
        "overmounted",
    ),
    (
        "overmounted: dimmed",
        [ROOT, SLASH, mount(3, 2, "/m"), mount(4, 3)],
        "m3 [",
        'class="mount dim"',
    ),
    (
        "below an overmounted one: hidden",
        [ROOT, SLASH, mount(3, 2, "/m"), mount(4, 3, "/x"), mount(5, 3)],
        "m4 [",
        "private, hidden",
    ),
]


@pytest.mark.parametrize(("rows", "start", "said"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_said(rows: list[MountState], start: str, said: str) -> None:
    assert said in statement(dot.source(snapshot(*rows, tasks=(SH1,))), start)


COVERED = [
    ("nothing", [ROOT, SLASH, mount(3, 2, "/a")], {1}),
    ("another mount on its root", [SLASH._replace(parent=2), mount(3, 2, "/a"), mount(4, 3)], {3}),
    ("a stack: all but its top", [mount(2, 2), mount(3, 2, "/a"), mount(4, 3), mount(5, 4)], {3, 4}),
    ("below a mountpoint that is covered later", [mount(2, 2), mount(3, 2, "/a/b"), mount(4, 2, "/a")], {3}),
    ("a name that only begins the same", [mount(2, 2), mount(3, 2, "/ab"), mount(4, 2, "/a")], set()),
    ("below what is covered", [mount(2, 2), mount(3, 2, "/a"), mount(4, 3, "/x"), mount(5, 3)], {3, 4}),
    ("on top of what is hidden", [mount(2, 2), mount(3, 2, "/a/b"), mount(4, 3), mount(5, 2, "/a")], {3, 4}),
    ("a parent that is not listed", [mount(2, 99), mount(3, 2, "/a")], set()),
    ("a circle of parents", [mount(2, 3, "/a"), mount(3, 2, "/b")], set()),
]


@pytest.mark.parametrize(("rows", "covered"), [row[1:] for row in COVERED], ids=[row[0] for row in COVERED])
def test_covered(rows: list[MountState], covered: set[int]) -> None:
    assert covered_mounts(snapshot(*rows)) == covered


def test_covered_namespace_roots_are_left_out_unless_asked_for_or_touched() -> None:
    state = snapshot(ROOT, SLASH)
    assert "m1 " not in dot.source(state)
    for shown, sign in ((dot.source(state, roots=True), ""), (dot.source(state, touched=[1]), "~ ")):
        assert f'label="{sign}1 tmpfs rootfs' in statement(shown, "m1 [")
        assert "xlabel=<<B>namespace root</B>>" in statement(shown, "m1 [")
        assert statement(shown, "m1 -> m2 ")


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_the_peers_of_a_group_are_one_ring(count: int) -> None:
    rows = [peer(number, 2, f"/{number}", ns=1 + number % 2) for number in range(3, 3 + count)]
    edges = [edge for edge in picture(snapshot(ROOT, SLASH, *rows)).edges.values() if edge.kind == "peer"]
    following = {edge.tail: edge.head for edge in edges}
    assert len(edges) == (count if count > 1 else 0)
    at, met = 3, []
    while following and at not in met:
        met.append(at)
        at = following[at]
    assert sorted(met) == ([row.id for row in rows] if count > 1 else [])


SLAVES = [
    ("the master is known", {"master": 1, "master_mount": 4}, [(4, 5)]),
    ("a member of the master group stands for it", {"master": 1}, [(3, 5)]),
    ("the master is not in the picture", {"master": 9}, []),
    ("it is a slave of what is not listed", {"master": 1, "master_mount": 77}, [(3, 5)]),
]


@pytest.mark.parametrize(("fields", "arrows"), [row[1:] for row in SLAVES], ids=[row[0] for row in SLAVES])
def test_an_arrow_from_the_master_to_its_slave(fields: dict[str, int], arrows: list[tuple[int, int]]) -> None:
    state = snapshot(ROOT, SLASH, peer(3, 2, "/a"), peer(4, 2, "/b"), mount(5, 2, "/c", **fields))
    found = [(edge.tail, edge.head) for edge in picture(state).edges.values() if edge.kind == "slave"]
    assert found == arrows
    source = dot.source(state)
    assert f"master:{fields['master']}" in statement(source, "m5 [")
    for master, slave in arrows:
        arrow = statement(source, f"m{master} -> m{slave} ")
        assert 'arrowhead="empty"' in arrow
        assert 'style="dashed"' in arrow


CHANGES = [
    ("new", [mount(3, 2, "/a")], [mount(3, 2, "/a"), mount(4, 2, "/b")], "m4 [", "+ 4 tmpfs"),
    ("changed", [mount(3, 2, "/a")], [peer(3, 2, "/a")], "m3 [", "~ 3 tmpfs"),
    ("gone in the next step", [mount(3, 2, "/a")], [mount(3, 2, "/a")], "m3 [", "− 3 tmpfs"),
    ("as it was", [mount(3, 2, "/a")], [mount(3, 2, "/a"), mount(4, 2, "/b")], "m3 [", '"3 tmpfs'),
]


@pytest.mark.parametrize(
    ("before", "now", "start", "said"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_what_changed_has_a_sign(
    before: list[MountState], now: list[MountState], start: str, said: str
) -> None:
    after = snapshot(ROOT, SLASH) if "−" in said else None
    source = dot.source(snapshot(ROOT, SLASH, *now), before=snapshot(ROOT, SLASH, *before), after=after)
    assert said in statement(source, start)


def test_a_touched_mount_is_marked_although_it_reads_the_same() -> None:
    state = snapshot(ROOT, SLASH, mount(3, 2, "/a"))
    assert "~ 3 tmpfs" in statement(dot.source(state, before=state, touched=[3]), "m3 [")


def test_the_legend_has_every_sign() -> None:
    words = dot.legend()
    assert all(f"{sign} 2" in words for sign in dot.SIGNS.values())
    assert all(word in words for word in ("shared:1", "master:1", "private", "overmounted", "no namespace"))
    state = snapshot(ROOT, SLASH)
    assert "subgraph cluster_key" in dot.source(state, legend=True)
    assert "subgraph cluster_key" not in dot.source(state)


def test_many_mounts_take_a_line_each() -> None:
    few = snapshot(ROOT, SLASH, *(peer(n, 2, f"/{n}", n) for n in range(3, 6)))
    many = snapshot(ROOT, SLASH, *(peer(n, 2, f"/{n}", n) for n in range(3, 60)))
    assert "3 tmpfs T3\\rshared:3\\l" in statement(dot.source(few), "m3 [")
    assert "3 tmpfs T3   shared:3\\r" in statement(dot.source(many), "m3 [")
    assert "3 tmpfs T3\\rshared:3\\l" in statement(dot.source(many, compact=False), "m3 [")


# --- the union of a timeline


def test_in_a_union_a_copy_stands_where_it_will_belong() -> None:
    before = snapshot(ROOT, SLASH, mount(3, 3, ns=2))
    making = snapshot(ROOT, SLASH, mount(3, 3, ns=2), mount(4, 4, ns=None))
    made = snapshot(ROOT, SLASH, mount(3, 3, ns=2), mount(4, 3, "/a", ns=2))
    whole = union(picture(one) for one in (before, making, made))
    assert whole.nodes[4].home == 2
    assert whole.nodes[4].name == "not attached"


def test_in_a_union_the_first_parent_decides_the_place() -> None:
    first = snapshot(ROOT, SLASH, mount(3, 2, "/new"))
    moved = snapshot(ROOT, mount(2, 3, "/old"), mount(3, 1))
    whole = union(picture(one, {1}) for one in (first, moved))
    late = {edge.head: edge.tail for edge in whole.edges.values() if edge.late}
    assert late == {2: 3, 3: 1}
    assert 'xlabel="/old"' in statement(dot.write(whole), "m3 -> m2 ")


@pytest.mark.slow
@given(st.lists(snapshots(), min_size=1, max_size=4))
def test_a_union_has_every_part_and_room_for_its_words(states: list[Snapshot]) -> None:
    drawn = [picture(state) for state in states]
    whole = union(drawn)
    for one in drawn:
        assert one.nodes.keys() <= whole.nodes.keys()
        assert one.edges.keys() <= whole.edges.keys()
        for number, node in one.nodes.items():
            assert len(node.lines) <= len(whole.nodes[number].lines)


@given(snapshots(), snapshots())
def test_marks_change_nothing_but_classes(state: Snapshot, before: Snapshot) -> None:
    now = picture(state)
    marked = mark(now, picture(before), None)
    assert {n: node._replace(classes=now.nodes[n].classes) for n, node in marked.nodes.items()} == now.nodes


# --- places


def _layout(drawn: Picture, compact: bool) -> Layout:
    lines = {number: dot.words(node, compact) for number, node in drawn.nodes.items()}
    return place(drawn, lines, ROWS if compact else CARDS)


def _apart(one: Box, other: Box) -> bool:
    return one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y


@given(snapshots(most=8), st.booleans())
def test_cards_do_not_touch_and_all_lies_inside(state: Snapshot, compact: bool) -> None:
    drawn = picture(state)
    layout = _layout(drawn, compact)
    cards = {number: layout.outline(number) for number in drawn.nodes}
    assert layout.nodes.keys() == drawn.nodes.keys()
    for number, card in cards.items():
        assert all(_apart(card, other) for n, other in cards.items() if n != number)
        around = layout.clusters[drawn.nodes[number].home]
        assert around.x <= card.x and card.right <= around.right
        assert around.y <= card.y and card.bottom <= around.bottom
    boxes = list(layout.clusters.values())
    assert all(_apart(one, other) for one in boxes for other in boxes if one is not other)
    assert layout.edges.keys() == drawn.edges.keys()
    for route in layout.edges.values():
        assert len(route.points) % 3 == 1, "a start and three points for each piece"
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in route.points)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_a_tree_is_listed_in_preorder_and_set_in_by_depth(parents: list[int]) -> None:
    rows = [mount(n + 2, min(p, n) + 1, f"/{n}") for n, p in enumerate(parents)]
    layout = _layout(picture(snapshot(mount(1, 1), *rows)), compact=True)
    for row in rows:
        parent, child = layout.nodes[row.parent], layout.nodes[row.id]
        assert child.y > parent.y
        assert child.x == pytest.approx(parent.x + ROWS.indent)
    order = sorted(layout.nodes, key=lambda number: layout.nodes[number].y)
    depth = {1: 0} | {row.id: 0 for row in rows}
    for row in rows:
        depth[row.id] = depth[row.parent] + 1
    for above, number in itertools.pairwise(order):
        assert depth[number] <= depth[above] + 1, "a child follows its parent or the parent's other children"


def test_another_mount_moves_none_that_stands_above_it() -> None:
    few = [ROOT, SLASH, mount(3, 2, "/a"), mount(4, 2, "/b")]
    one, more = (_layout(picture(snapshot(*rows)), False) for rows in (few, [*few, mount(5, 2, "/c")]))
    assert {n: (box.x, box.y) for n, box in more.nodes.items() if n != 5} == {
        n: (box.x, box.y) for n, box in one.nodes.items()
    }


# --- DOT


@pytest.mark.slow
@given(snapshots())
def test_rules_of_graphviz_are_kept(state: Snapshot) -> None:
    source = dot.source(state)
    assert source == dot.source(state), "the same snapshot, the same text"
    assert 'newrank="true"' in source
    for line in source.splitlines():
        if 'constraint="false"' in line:
            assert " label=" not in line, "an edge that decides no rank has an xlabel"


HOSTILE = [
    ('a quote " and another', 'a\\040quote\\040"\\040and\\040another'),
    ("back\\slash \\N \\G \\l", "back\\134slash\\040\\134N\\040\\134G\\040\\134l"),
    ("new\nline", "new\\012line"),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("<b>bold</b>", "<b>bold</b>"),
    ("&amp;&lt;&#60;", "&amp;&lt;&#60;"),
    ("]; m9 [label=evil", "];\\040m9\\040[label=evil"),
    ("--> <!-- comment", "-->\\040<!--\\040comment"),
    ("]]> end", "]]>\\040end"),
    ("\x1b[31mred\x07", "\\033[31mred\\007"),
    ("right\u202eleft", "right\\342\\200\\256left"),
    ("\udc80\udcff bytes", "\\200\\377\\040bytes"),
    ("日本語", "日本語"),
    ("x" * 4000, "x" * 26 + "…" + "x" * 13),
]


@pytest.mark.parametrize(
    ("name", "shown"), HOSTILE, ids=[row[0][:16].encode("unicode_escape") for row in HOSTILE]
)
def test_hostile_names_are_shown_as_text(name: str, shown: str) -> None:
    state = snapshot(ROOT, SLASH._replace(source=name))
    assert dot.quote(f"2 tmpfs {shown}")[1:-1] in statement(dot.source(state), "m2 [")


QUOTED = [("a", '"a"'), ('"', '"\\""'), ("\\", '"\\\\"'), ("\\n", '"\\\\n"'), ("&lt;", '"&amp;lt;"')]


@pytest.mark.parametrize(("text", "quoted"), QUOTED)
def test_quote(text: str, quoted: str) -> None:
    assert dot.quote(text) == quoted


@pytest.mark.dot
@pytest.mark.parametrize(
    ("name", "shown"), HOSTILE, ids=[row[0][:16].encode("unicode_escape") for row in HOSTILE]
)
def test_graphviz_draws_hostile_names_as_text(name: str, shown: str) -> None:
    state = snapshot(
        ROOT,
        SLASH._replace(source=name),
        peer(3, 2, "/" + name, source="S", fstype=name[:40]),
        tasks=(TaskState(1, name, 1, Place(2, "/"), Place(3, "/" + name)),),
    )
    drawn = ET.fromstring(engine.svg(dot.source(state)))
    tags = {element.tag.removeprefix(SVG) for element in drawn.iter()}
    assert tags <= {"svg", "g", "title", "path", "polygon", "text"}
    texts = [(element.text or "").replace("\N{NO-BREAK SPACE}", " ") for element in drawn.iter(f"{SVG}text")]
    assert f"2 tmpfs {shown}" in texts


@pytest.mark.dot
@settings(max_examples=25)
@given(snapshots())
def test_graphviz_draws_every_part_under_its_id(state: Snapshot) -> None:
    drawn = picture(state)
    ids = {element.get("id") for element in ET.fromstring(engine.svg(dot.source(state))).iter(f"{SVG}g")}
    assert {f"m{number}" for number in drawn.nodes} <= ids
    assert {f"ns{ns}" for ns in drawn.clusters} <= ids
    assert drawn.edges.keys() <= ids


@pytest.mark.dot
@pytest.mark.parametrize("table", ["desktop", "docker-host", "container"])
def test_real_tables_are_drawn_where_they_were_placed(table: str) -> None:
    source = dot.source(Snapshot.from_mountinfo(kept(table)))
    width, height = re.search(r'bb="0,0,([\d.]+),([\d.]+)"', source).groups()  # type: ignore[union-attr]
    box = ET.fromstring(engine.svg(source)).get("viewBox", "").split()
    # Graphviz frames what is drawn: the page less its margins.
    assert float(width) - 30 < float(box[2]) <= float(width)
    assert float(height) - 30 < float(box[3]) <= float(height)


# --- the program


@pytest.mark.dot
def test_an_svg_is_one_element_and_is_drawn_once() -> None:
    source = dot.source(snapshot(ROOT, SLASH))
    drawn = engine.svg(source)
    assert drawn.startswith("<svg ")
    assert "<!--" not in drawn
    engine.svg(source)
    assert engine._render.cache_info().hits > 0


def test_dot_is_the_one_that_is_named_then_the_one_beside_python_then_the_one_on_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beside, on_path, named = tmp_path / "scripts", tmp_path / "bin", tmp_path / "mine"
    for program in (beside / "graphviz-pure", on_path / "dot", named):
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(beside))
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.setenv("VFSLAB_DOT", str(named))
    assert engine.find_dot() == named
    monkeypatch.delenv("VFSLAB_DOT")
    assert engine.find_dot() == beside / "graphviz-pure"
    (beside / "graphviz-pure").unlink()
    assert engine.find_dot() == on_path / "dot"
    (on_path / "dot").unlink()
    with pytest.raises(engine.EngineError, match="no Graphviz program was found; pip install graphviz-pure"):
        engine.find_dot()


BROKEN = [
    (None, "VFSLAB_DOT names '{}', which is not a program; correct or unset it"),
    ("#!/bin/sh\ncat >/dev/null; exit 1\n", "mine drew nothing: exit status 1"),
    ("#!/bin/sh\ncat >/dev/null; echo 'no ink' >&2; exit 1\n", "mine drew nothing: no ink"),
    ("#!/nowhere/sh\n", "{} cannot be "),
]


@pytest.mark.parametrize(("program", "said"), BROKEN)
def test_without_a_program_the_picture_is_its_text(
    program: str | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine"
    if program is not None:
        path.write_text(program)
        path.chmod(0o755)
    said = said.format(path)
    monkeypatch.setenv("VFSLAB_DOT", str(path))
    diagram = show(snapshot(ROOT, SLASH))
    with pytest.raises(engine.EngineError, match=re.escape(said)):
        _ = diagram.svg
    bundle = diagram._repr_mimebundle_()
    assert bundle.keys() == {"text/plain"}
    assert bundle["text/plain"].startswith(f"mount namespace 1\n2 /  T2:/  tmpfs\n\nNo picture: {said}")


def test_too_many_mounts_are_text_only_and_that_is_said() -> None:
    diagram = show(snapshot(ROOT, SLASH, *(mount(number, 2, f"/{number}") for number in range(3, 1200))))
    text = diagram._repr_mimebundle_()["text/plain"]
    assert text.endswith("\n\nNo picture: there are 1,199 mounts, and 1,000 can be drawn.")
    assert "1100 /1100" in text


@pytest.mark.dot
def test_a_diagram_is_an_image_with_its_text() -> None:
    state = snapshot(ROOT, SLASH, mount(3, 2, "/<b>"))
    bundle = Diagram(state)._repr_mimebundle_()
    assert (
        bundle["text/plain"]
        == repr(Diagram(state))
        == "mount namespace 1\n2 /       T2:/  tmpfs\n└─3 /<b>  T3:/  tmpfs"
    )
    assert '<img src="data:image/svg+xml,' in bundle["text/html"]
    assert "└─3 /&lt;b&gt;" in bundle["text/html"]
