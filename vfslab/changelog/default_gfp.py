"""bf4afc53b77a, GFP_KERNEL dropped by sed: two regular expressions, what they take and what they miss.

The line engine is ``vfslab.blocks.sed``; what is right is told by a parser that knows calls. The lines
are own ones.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from vfslab.blocks.sed import grep_l, sed
from vfslab.blocks.tokens import Token, calls, code, lines, tokens
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .semantic_patch import MANY, ONE, drop_default
from .sides import Sides

GREP = r"\<k[vmz]*alloc_objs*(.*, GFP_KERNEL)"
SED = r"s/\(alloc_objs*(.*\), GFP_KERNEL)/\1)/"
FAMILY = frozenset((*ONE.values(), *MANY.values()))

LINES = (
    "\troom = kmalloc_obj(*room, GFP_KERNEL);",
    "\trooms = kzalloc_objs(*rooms, count, GFP_KERNEL);",
    "\trooms = kvmalloc_objs(*rooms, max(count, least(1, 2)), GFP_KERNEL);",
    "\troom = kzalloc_obj(*room, GFP_ATOMIC);",
    "\troom = kmalloc_obj(*room, GFP_KERNEL | __GFP_NOWARN);",
    "\troom = kmalloc_obj(*room, GFP_KERNEL_ACCOUNT);",
    "\tshelf = kzalloc_flex(*shelf, rooms, count, GFP_KERNEL);",
    "\troom = kmalloc_obj(*room,GFP_KERNEL);",
    "\troom = kmalloc_obj (*room, GFP_KERNEL);",
    "\trooms = kmalloc_objs(*rooms, count,\n\t\t\t     GFP_KERNEL);",
    "\tone = kmalloc_obj(*one, GFP_KERNEL); two = kmalloc_obj(*two, GFP_KERNEL);",
    "\t/* as kmalloc_obj(*room, GFP_KERNEL) does */",
    "\tmy_alloc_obj(room, GFP_KERNEL);",
    "\troom = kzalloc_obj(*room, GFP_ATOMIC); name = kstrdup(from, GFP_KERNEL);",
    "\tname = kstrdup(from, GFP_KERNEL);",
    "\troom_enter(kmalloc_obj(*room, GFP_KERNEL), count);",
    "\troom = kvzalloc_obj(struct room, GFP_KERNEL);\t/* GFP_KERNEL: may sleep */",
)
"""Seventeen lines of all kinds, one of them of two."""


def selected(tree: Mapping[str, str]) -> tuple[str, ...]:
    """The files that ``git grep -l`` lists."""
    return grep_l(GREP, tree)


def convert(source: str, expression: str = SED) -> str:
    """What sed makes of a file that was selected."""
    return sed(expression, source)


# --- who is right: the parser


class Removal(NamedTuple):
    """A flag that is gone: which call lost it, None in a comment, and on which line."""

    call: str | None
    line: int


def removals(before: str, after: str) -> tuple[Removal, ...] | None:
    """The ``, GFP_KERNEL`` that are in the one text and not in the other; None where more has changed."""
    old, new = tokens(before), tokens(after)
    every, numbers = calls(old), lines(old)
    found: list[Removal] = []
    at = there = 0
    while at < len(old):
        if there < len(new) and old[at] == new[there]:
            at, there = at + 1, there + 1
        elif old[at].kind == "comment" and there < len(new) and new[there].kind == "comment":
            if old[at].text.replace(", GFP_KERNEL", "") != new[there].text.replace(", GFP_KERNEL", ""):
                return None
            found.append(Removal(None, numbers[at]))
            at, there = at + 1, there + 1
        elif (length := _flag(old, at)) is not None:
            around = [call for call in every if call.first < at < call.end]
            found.append(Removal(around[-1].name if around else "", numbers[at]))
            at += length
        else:
            return None
    return tuple(found) if there == len(new) else None


def _flag(stream: tuple[Token, ...], at: int) -> int | None:
    """How many tokens a comma and GFP_KERNEL before a closing bracket are; None where they are not here."""
    counted = list(islice((index for index in range(at, len(stream)) if stream[index].counts), 3))
    if code(stream[index] for index in counted) != (",", "GFP_KERNEL", ")"):
        return None
    return counted[1] + 1 - at


def check(before: str, after: str) -> list[str]:
    """A rule for the diff: whatever has gone is the flag at the end of a call of the family.

    Comments are nothing to the compiler and are not looked at.
    """
    gone = removals(before, after)
    if gone is None:
        return ["more than the flag has changed"]
    return [
        f"line {one.line}: {one.call}() has lost its flag" for one in gone if one.call not in (*FAMILY, None)
    ]


def does_not_compile(after: str) -> list[str]:
    """What a compiler says: kstrdup() and what it knows besides want two arguments."""
    stream = tokens(after)
    return [
        f"too few arguments to {call.name}()"
        for call in calls(stream)
        if call.name in ("kstrdup", "my_alloc_obj") and len(call.arguments) < 2
    ]


class Counted(NamedTuple):
    """A conversion counted by flags: rightly dropped, wrongly dropped, wrongly kept, rightly kept."""

    hits: int
    wrong: int
    missed: int
    left: int

    @property
    def precision(self) -> float:
        """Of the flags that went, how many had to."""
        return self.hits / (self.hits + self.wrong)

    @property
    def recall(self) -> float:
        """Of the flags that had to go, how many went."""
        return self.hits / (self.hits + self.missed)


def count(source: str, expression: str = SED) -> Counted:
    """Count what an expression does to a text, the parser being right.

    Raises ValueError where the expression does more than drop flags.
    """
    after = convert(source, expression)
    gone = removals(source, after)
    if gone is None:
        raise ValueError("the expression changes more than flags")
    hits = sum(one.call in FAMILY for one in gone)
    wrong = len(gone) - hits
    missed = len(due(source)) - hits
    flags = sum(len(re.findall(r"\bGFP_KERNEL\b", token.text)) for token in tokens(source))
    return Counted(hits, wrong, missed, flags - hits - wrong - missed)


def due(source: str) -> tuple[str, ...]:
    """The calls whose flag has to go, as the parser finds them."""
    called = (decision.before for decision in drop_default(source).decisions)
    return tuple(call for call in called if re.match(r"\w+", call)[0] in FAMILY)  # type: ignore[index]


def corpus(seed: int = 0, size: int = 1000, broken: float = 0.08, double: float = 0.01) -> str:
    """Lines as a tree has them, made by chance: of two lines with ``broken``, with two calls with ``double``.

    One in ten means another flag, one in five is about something else.
    """
    chance = random.Random(seed)
    made = []
    for _ in range(size):
        flag = "GFP_KERNEL" if chance.random() < 0.9 else "GFP_ATOMIC"
        name = chance.choice(("kmalloc_obj", "kzalloc_obj", "kvzalloc_obj"))
        kind, shape = chance.random(), chance.random()
        if kind < 0.2:
            made.append(f"\tname = kstrdup(from, {flag});")
        elif shape < broken:
            made.append(f"\troom = {name}(*room,\n\t\t\t{flag});")
        elif shape < broken + double:
            other = chance.choice(("kstrdup(from, GFP_KERNEL)", "kmalloc_obj(*next, GFP_KERNEL)"))
            made.append(f"\troom = {name}(*room, {flag}); next = {other};")
        else:
            made.append(f"\troom = {name}(*room, {flag});")
    return "\n".join(made)


# --- the tree, file by file


@dataclass
class Tree:
    """A file under conversion. ``named`` are the calls that name what is the default."""

    file: str
    selected: bool = False
    changed: int = 0
    named: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _text: str = ""


FILES = {
    "fs/room.c": "\n".join(LINES[:3]),
    "net/port.c": "\n".join((LINES[0], LINES[3], LINES[4], LINES[16])),
    "mm/page.c": "\n".join((LINES[3], LINES[5])),
    "drivers/odd.c": "\n".join(LINES),
}
ORDINARY = ("fs/room.c", "net/port.c", "mm/page.c")


def flags_as_they_were(tree: Tree) -> Code:
    """After the typed macros, before their default: each call names its flag, and nothing is to be done."""
    yield Step("git grep -l", f"{tree.file} is as it was")


def flags_where_they_differ(tree: Tree) -> Code:
    """The two expressions: whole files by the one, every line of them by the other."""
    tree.selected = tree.file in selected({tree.file: tree._text})
    yield Step("git grep -l", f"{tree.file} has {'a' if tree.selected else 'no'} line that fits")
    if tree.selected:
        before, tree._text = tree._text, convert(tree._text)
        tree.changed = sum(map(str.__ne__, before.split("\n"), tree._text.split("\n")))
        yield Step("sed -i", f"{tree.changed} lines of {tree.file} are changed")


def look(tree: Tree) -> Code:
    """What a reader finds: calls on one line that name the default, and calls that lost what they need."""
    tree.named = [*due(tree._text)]
    tree.wrong = check(FILES[tree.file], tree._text)
    yield Step("reader", f"{len(tree.named)} calls name the default, {len(tree.wrong)} lost what they need")


def says_something(tree: Tree) -> list[str]:
    """A rule: a flag that is written says something, and no other call has changed."""
    named = [f"{call} names the flag that everybody means" for call in tree.named]
    return tree.wrong + named


def _make(side: str, file: str) -> Mechanism:
    edit = flags_as_they_were if side == "before" else flags_where_they_differ
    return Mechanism(
        title=f"{file}: the flags",
        state=lambda: Tree(file, _text=FILES[file]),
        tasks=(("maintainer", (("convert", edit), ("look", look))),),
        at_end=says_something,
    )


SIDES = Sides("bf4afc53b77a", _make, ORDINARY)

FIX = Fix(
    commit="bf4afc53b77a",
    title="Convert 'alloc_obj' family to use the new default GFP_KERNEL argument",
    author="Linus Torvalds",
    date="2026-02-21",
    since="7.0-rc1 (69050f8d6d07)",
    releases=("7.0-rc1",),
    what="nine in ten of the new calls name the flag that everybody means, and hide the tenth",
    rule="a flag that is written says something, and no other call has changed",
    changed=(Changed(flags_as_they_were, flags_where_they_differ),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="17-twenty-thousand-edits.ipynb",
    section="Two expressions and 6673 files",
    no_evidence="an argument that is given and one that is the default make the same machine code",
    area="vfs",
)
