"""Comment blocks that describe what stands below them, held against it: what scripts/kernel-doc warns of.

A block begins with ``/**``, names a function or a struct, and describes each parameter or member by a line
``@name: …``. What anybody has documented is not known here.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from .tokens import KEYWORDS, Token, closing, tokens


class Described(NamedTuple):
    """A block: what it names, and the descriptions in their order, names with their texts."""

    name: str
    members: tuple[tuple[str, str], ...]
    text: str


class Declared(NamedTuple):
    """What stands below a block: a function's name and parameters, a struct's and its members."""

    name: str
    members: tuple[str, ...]


class Warned(NamedTuple):
    """What is wrong: the ``kind``, about which ``name``, in the block of ``block``."""

    kind: str
    name: str
    block: str


MISSING, EXTRA, TWICE = "missing", "extra", "twice"
WRONG_TARGET, UNMARKED, GLUED = "wrong-target", "unmarked", "glued"


def described(comment: str) -> Described:
    """Read a block. Raises ValueError for a comment that is none."""
    if not comment.startswith("/**") or not comment.endswith("*/"):
        raise ValueError("a block begins with /** and ends with */")
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in comment[3:-2].split("\n")]
    head = next((line for line in lines if line), "")
    named = re.match(r"(?:struct\s+)?(\w+)(?:\(\))?\s*(?:-|$)", head)
    if named is None:
        raise ValueError(f"{head!r} names nothing")
    members: list[tuple[str, str]] = []
    for line in lines[1:]:
        if starts := re.match(r"@(\w+):\s*(.*)", line):
            members.append((starts[1], starts[2]))
        elif members and line.startswith((" ", "\t")):
            members[-1] = (members[-1][0], f"{members[-1][1]} {line.strip()}".strip())
    return Described(named[1], tuple(members), "\n".join(lines))


def declared(source: str) -> Declared:
    """Read the first function or struct of ``source``. Raises ValueError where there is none."""
    stream = tuple(token for token in tokens(source) if token.counts)
    for at, token in enumerate(stream):
        if token == Token("mark", "{") and at and stream[at - 1].kind == "word":
            end = closing(stream, at)
            return Declared(stream[at - 1].text, _names(stream[at + 1 : end], ";"))
        named = token.kind == "word" and token.text not in KEYWORDS
        if named and stream[at + 1 : at + 2] == (Token("mark", "("),):
            end = closing(stream, at + 1)
            return Declared(token.text, _names(stream[at + 2 : end], ","))
    raise ValueError("there is neither a function nor a struct")


def _names(stream: tuple[Token, ...], mark: str) -> tuple[str, ...]:
    """The name in each of the declarations that ``mark`` parts; of ``int (*get)(…)`` it is get."""
    found: list[str] = []
    at = 0
    name = ""
    while at < len(stream):
        token = stream[at]
        if token.text in ("(", "[", "{") and token.kind == "mark":
            end = closing(stream, at) or at
            if token.text == "(" and stream[at + 1 : at + 2] == (Token("mark", "*"),):
                name = stream[at + 2].text
                end = closing(stream, end + 1) or end
            at = end
        elif token.text == mark:
            found.append(name)
            name = ""
        elif token.kind == "word":
            name = token.text
        at += 1
    return tuple(one for one in (*found, name) if one not in ("", "void"))


def blocks(source: str) -> tuple[tuple[Described, Declared], ...]:
    """Every block of a file with what stands directly below it."""
    stream = tokens(source)
    found = []
    for at, token in enumerate(stream):
        if token.kind == "comment" and token.text.startswith("/**"):
            below = "".join(later.text for later in stream[at + 1 :])
            found.append((described(token.text), declared(below)))
    return tuple(found)


def check(source: str) -> tuple[Warned, ...]:
    """All that is wrong with the blocks of a file, block by block."""
    return tuple(warned for doc, target in blocks(source) for warned in warnings(doc, target))


def warnings(doc: Described, target: Declared) -> list[Warned]:
    """What is wrong with one block. Of one above another's function nothing else is said."""
    if doc.name != target.name:
        return [Warned(WRONG_TARGET, f"{doc.name} above {target.name}", doc.name)]
    names = Counter(name for name, _ in doc.members)
    bare = [name for name in target.members if re.search(rf"^{name}:", doc.text, re.MULTILINE)]
    found = [(UNMARKED, name) for name in bare]
    found += [(MISSING, name) for name in target.members if name not in names and name not in bare]
    found += [(EXTRA, name) for name in names if name not in target.members]
    found += [(TWICE, name) for name, times in names.items() if times > 1]
    found += [(GLUED, word) for word in re.findall(r"%\w+[+*/]\w+", doc.text)]
    return [Warned(kind, name, doc.name) for kind, name in found]


def common_run(one: str, other: str) -> str:
    """The longest run of words that two texts share: what is written twice."""
    first, second = (re.findall(r"\w+", text.lower()) for text in (one, other))
    best: tuple[int, int] = (0, 0)
    lengths = [0] * (len(second) + 1)
    for at, word in enumerate(first, 1):
        for there in range(len(second), 0, -1):
            lengths[there] = lengths[there - 1] + 1 if second[there - 1] == word else 0
            best = max(best, (lengths[there], at))
    length, end = best
    return " ".join(first[end - length : end])
