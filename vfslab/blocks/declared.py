"""The types of names in a C-like text: variables with their blocks, members of structs, parameters.

It reads what simple C has; what it cannot read has no type. What anybody does with types is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .tokens import KEYWORDS, Token, closing, tokens

_QUALIFIERS = frozenset({"const", "extern", "inline", "register", "static", "volatile"})
_BASIC = frozenset({"bool", "char", "double", "float", "int", "long", "short", "signed", "unsigned", "void"})


class Declared(NamedTuple):
    """``name`` has that type from token ``first`` up to ``end``."""

    name: str
    type: str
    first: int
    end: int


class Types:
    """What a text declares."""

    def __init__(self, stream: Sequence[Token]) -> None:
        self.variables: list[Declared] = []
        self.members: dict[tuple[str, str], str] = {}
        self._stream = stream
        self._counted = [at for at, hidden in enumerate(_directives(stream)) if not hidden]
        self._counted = [at for at in self._counted if stream[at].counts]
        self._words = [stream[at].text for at in self._counted]
        self._read(0, len(self._words), None)

    def of(self, expression: str, at: int) -> str | None:
        """The type of an expression at token ``at``: names, members, ``*`` and ``[]``; None where unknown."""
        return self._of([token.text for token in tokens(expression) if token.counts], at)

    def _of(self, words: list[str], at: int) -> str | None:
        if not words:
            return None
        if words[0] == "*":
            return pointee(self._of(words[1:], at))
        if words[-1] == "]":
            opened = len(words) - 1 - words[::-1].index("[")
            return pointee(self._of(words[:opened], at))
        if len(words) > 2 and words[-2] in ("->", "."):
            holder = self._of(words[:-2], at)
            if words[-2] == "->":
                holder = pointee(holder)
            return self.members.get((holder or "", words[-1]))
        if len(words) > 1:
            return None
        known = [one for one in self.variables if one.name == words[0] and one.first <= at < one.end]
        return max(known, key=lambda one: one.first).type if known else None

    def _read(self, at: int, end: int, struct: str | None) -> None:
        """Statements between two words: of a block, or the members of ``struct``."""
        while at < end:
            at = self._statement(at, end, struct)

    def _statement(self, at: int, end: int, struct: str | None) -> int:
        if self._words[at] == "{":
            closed = self._closed(at, end)
            self._read(at + 1, closed, struct)
            return closed + 1
        start = at
        while at < end and self._words[at] in _QUALIFIERS:
            at += 1
        base, at = self._base(at, end)
        while base and at < end and self._words[at] != ";":
            name, kind, at = self._declarator(base, at, end)
            if name is None:
                break
            if at < end and self._words[at] == "(":
                return self._function(at, end)
            self._declare(name, kind, start, end, struct)
            while at < end and self._words[at] not in (",", ";"):
                at = self._closed(at, end) + 1 if self._words[at] in ("(", "[", "{") else at + 1
            at += at < end and self._words[at] == ","
        while at < end and self._words[at] not in (";", "{", "}"):
            at = self._closed(at, end) + 1 if self._words[at] == "(" else at + 1
        return at if at < end and self._words[at] == "{" else max(at, start) + 1

    def _declare(self, name: str, kind: str, start: int, end: int, struct: str | None) -> None:
        if struct is not None:
            self.members[struct, name] = kind
            return
        last = self._counted[end] if end < len(self._counted) else len(self._stream)
        self.variables.append(Declared(name, kind, self._counted[start], last))

    def _base(self, at: int, end: int) -> tuple[str, int]:
        """The type before the declarators, "" where there is none."""
        if at < end and self._words[at] in ("struct", "union", "enum"):
            named = at + 1 < end and self._words[at + 1] != "{"
            tag = " ".join(self._words[at : at + 2]) if named else f"struct at {at}"
            at += 2 if named else 1
            if at < end and self._words[at] == "{":
                closed = self._closed(at, end)
                self._read(at + 1, closed, tag)
                at = closed + 1
            return tag, at
        words = []
        while at < end and self._words[at] in _BASIC | _QUALIFIERS:
            words += [self._words[at]] if self._words[at] in _BASIC else []
            at += 1
        if words:
            return " ".join(words), at
        typedef = at + 1 < end and self._words[at].isidentifier() and self._words[at] not in KEYWORDS
        if typedef and re.fullmatch(r"\w+|\*", self._words[at + 1]):
            return self._words[at], at + 1
        return "", at

    def _declarator(self, base: str, at: int, end: int) -> tuple[str | None, str, int]:
        """``**name[2]`` or ``(*name)[2]``: the name, its type, and what comes next."""
        stars = ""
        while at < end and self._words[at] in ("*", "const"):
            stars += "*" if self._words[at] == "*" else ""
            at += 1
        if self._words[at : at + 2] == ["(", "*"] and self._words[at + 3 : at + 4] == [")"]:
            row, after = self._dimensions(at + 4, end)
            return self._words[at + 2], f"{base} (*){row}", after
        if at >= end or not self._words[at].isidentifier():
            return None, "", at
        name = self._words[at]
        row, at = self._dimensions(at + 1, end)
        return name, " ".join(filter(None, (base, stars, row))), at

    def _dimensions(self, at: int, end: int) -> tuple[str, int]:
        first = at
        while at < end and self._words[at] == "[":
            at = self._closed(at, end) + 1
        return "".join(self._words[first:at]), at

    def _function(self, at: int, end: int) -> int:
        """The parameters belong to the body that follows, if one does."""
        closed = self._closed(at, end)
        if closed + 1 >= end or self._words[closed + 1] != "{":
            return closed + 1
        last = self._closed(closed + 1, end)
        first = at + 1
        for stop in [*(k for k in range(at, closed) if self._words[k] == ","), closed]:
            while first < stop and self._words[first] in _QUALIFIERS:
                first += 1
            base, after = self._base(first, stop)
            if base:
                name, kind, _ = self._declarator(base, after, stop)
                if name is not None:
                    self._declare(name, kind, first, last, None)
            first = stop + 1
        return closed + 1

    def _closed(self, at: int, end: int) -> int:
        closed = closing(self._stream, self._counted[at])
        return self._counted.index(closed) if closed in self._counted else end - 1


def pointee(kind: str | None) -> str | None:
    """What a pointer of that type points at, or what an array has; None for neither."""
    if kind is None:
        return None
    if kind.endswith("*"):
        return kind[:-1].rstrip()
    if "(*)" in kind:
        return kind.replace("(*)", "").replace("  ", " ")
    name, bracket, rest = kind.partition("[")
    return (name + rest.partition("]")[2]).rstrip() if bracket else None


@lru_cache(maxsize=8)
def _types(stream: tuple[Token, ...]) -> Types:
    return Types(stream)


def types(stream: Sequence[Token], index: int) -> Callable[[str], str | None]:
    """The types of expressions at token ``index``."""
    known = _types(tuple(stream))
    return lambda expression: known.of(expression, index)


def _directives(stream: Sequence[Token]) -> Iterator[bool]:
    """For each token whether it belongs to a line of the preprocessor."""
    inside, begins, continued = False, True, False
    for token in stream:
        if token == Token("mark", "#") and begins:
            inside = True
        if token.kind == "space" and "\n" in token.text and not continued:
            inside, begins = False, True
        elif token.counts:
            begins = False
        continued = token.text == "\\"
        yield inside
