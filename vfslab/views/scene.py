"""A rendered picture made ready to be stepped: parts that can be found, and looks that they can be given.

Takes the SVG that Graphviz drew of a union and names its parts; says, for one
moment, which class and which words each part has. Knows nothing of timelines,
widgets or pages.
"""

from __future__ import annotations

import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

from vfslab.views import dot, engine, palette
from vfslab.views.metrics import text_width
from vfslab.views.picture import Node, Picture

_SVG = "{http://www.w3.org/2000/svg}"
_KEPT = {f"{_SVG}{tag}" for tag in ("svg", "g", "path", "polygon", "polyline", "ellipse", "text")}


class Look(NamedTuple):
    """How one part of the drawing is at a moment: its class and its words, a string for each of its texts."""

    classes: str
    texts: tuple[str, ...]


def looks(now: Picture, union: Picture, compact: bool) -> dict[str, Look]:
    """The look of every part of ``union`` at the moment ``now``; a part that is not there is "absent"."""
    found = {}
    for ns, whole_cluster in union.clusters.items():
        there = ns in now.clusters
        label = (now.clusters[ns] if there else whole_cluster).label
        found[dot.ns_part(ns)] = Look("ns" if there else "ns absent", (label,))
    for number, whole in union.nodes.items():
        node = now.nodes.get(number)
        classes = "mount absent" if node is None else _classes("mount", node.classes, node.group)
        found[dot.mount_part(number)] = Look(classes, _texts(node or whole, whole, compact))
    for key, whole_edge in union.edges.items():
        edge = now.edges.get(key, whole_edge._replace(classes=frozenset({"absent"})))
        found[key] = Look(
            _classes(edge.kind, edge.classes, edge.group), (edge.label,) if whole_edge.label else ()
        )
    return found


def key(prefix: str, legend: Picture) -> str:
    """A legend as a drawing of its own. Raises EngineError."""
    return stage(engine.svg(dot.legend(legend)), prefix, looks(legend, legend, compact=True))


def _texts(node: Node, whole: Node, compact: bool) -> tuple[str, ...]:
    """The words on a card in the places that ``whole`` has for them, and its name last if it ever has one."""
    texts = dot.words(node, compact)
    if not compact:
        slots = [slot for slot, line in enumerate(whole.lines) if line and slot]
        texts = (texts[0], *(node.lines[slot] if slot < len(node.lines) else "" for slot in slots))
    return (*texts, node.name) if whole.name else texts


def stage(svg: str, prefix: str, first: Mapping[str, Look]) -> str:
    """``svg`` with its parts named by ``data-part``, their ids behind ``prefix``, and the looks of ``first``.

    It carries its own style sheet, so that it is the same as an image, in a page and
    in a widget. Anything but shapes and text is left out.
    """
    root = ET.fromstring(svg)
    _prune(root)
    for group in root.iter(f"{_SVG}g"):
        part = group.get("id", "")
        group.set("id", f"{prefix}-{part}")
        if group.get("class") == "graph":
            group[0].set("class", "paper")
        if part in first:
            group.set("data-part", part)
            _name_shapes(group)
            _start_at_left(group)
            _dress(group, first[part])
    root.set("class", "vfslab-diagram")
    root.set("role", "img")
    sheet = ET.Element(f"{_SVG}style")
    sheet.text = "\n" + palette.style(".vfslab-diagram") + asset("diagram.css")
    root.insert(0, sheet)
    ET.register_namespace("", _SVG[1:-1])
    return ET.tostring(root, encoding="unicode")


def data_uri(svg: str) -> str:
    """``svg`` as the address of an image that needs no network."""
    return "data:image/svg+xml," + urllib.parse.quote(svg, safe=" =:/;,()'<>{}@")


def asset(name: str) -> str:
    """The text of a file that stands beside this module."""
    return files("vfslab.views").joinpath(name).read_text(encoding="utf-8")


def script(*widget: str) -> str:
    """The stepper's module with all that stands behind it; ``widget`` is what makes another widget of it."""
    behind = ("follow.js", "bars.js", "pair.js", "stepper.js")
    return "".join(asset(name) for name in behind + (widget or ("widget.js",)))


def _classes(kind: str, classes: frozenset[str], group: int) -> str:
    colour = [f"g{palette.group_slot(group)}"] if group else []
    return " ".join([kind, *sorted(classes), *colour])


def _prune(parent: ET.Element) -> None:
    for child in list(parent):
        if child.tag in _KEPT:
            _prune(child)
        else:
            parent.remove(child)


def _name_shapes(group: ET.Element) -> None:
    """Say which shape is which: a card and its second border, a line and its tip."""
    shapes = [child for child in group if child.tag != f"{_SVG}text"]
    names = ("line", "tip") if "edge" in group.get("class", "").split() else ("card", "outer")
    for shape, name in zip(shapes, names, strict=False):
        shape.set("class", name)


def _start_at_left(group: ET.Element) -> None:
    """Let centred texts begin where they begin now, so that others in their place begin there too."""
    for text in group.findall(f"{_SVG}text"):
        if text.get("text-anchor") == "middle":
            width = text_width(text.text or "", float(text.get("font-size", "0")), bold=True)
            text.set("x", f"{float(text.get('x', '0')) - width / 2:.2f}")
            text.set("text-anchor", "start")


def _dress(group: ET.Element, look: Look) -> None:
    group.set("class", look.classes)
    for element, words in zip(group.findall(f"{_SVG}text"), look.texts, strict=True):
        element.text = words
