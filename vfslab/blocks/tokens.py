"""A C-like text as tokens, and the calls in it.

What the text means, and what anybody wants to change in it, is not known here. No token is lost: joined
they are the text again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """A piece of text. ``kind`` is word, number, string, comment, space or mark."""

    kind: str
    text: str

    @property
    def counts(self) -> bool:
        """Whether the compiler sees it."""
        return self.kind not in ("space", "comment")


class Call(NamedTuple):
    """``name(arguments)``: the tokens from ``first`` up to, not including, ``end``.

    Each of the ``arguments`` is such a pair of numbers too; a call without any has none.
    """

    name: str
    first: int
    end: int
    arguments: tuple[tuple[int, int], ...]


KEYWORDS = frozenset(
    {
        *("break", "case", "continue", "default", "do", "else", "for", "goto", "if", "return"),
        *("sizeof", "switch", "typeof", "while"),
    }
)

_TOKEN = re.compile(
    r"""
      (?P<comment> /\*.*?\*/ | //[^\n]* )
    | (?P<string>  "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
    | (?P<word>    [A-Za-z_]\w* )
    | (?P<number>  [0-9][\w.]* )
    | (?P<space>   \s+ )
    | (?P<endless> /\* | ["'] )
    | (?P<mark>    -> | \+\+ | -- | <<=? | >>=? | && | \|\| | [-+*/%&|^<>=!]= | \.\.\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def tokens(text: str) -> tuple[Token, ...]:
    """All tokens of ``text``. Raises ValueError for a comment or a string that does not end."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        assert kind is not None
        if kind == "endless":
            raise ValueError(f"line {text.count(chr(10), 0, match.start()) + 1}: {match[0]} without an end")
        found.append(Token(kind, match[0]))
    return tuple(found)


def text(stream: Iterable[Token]) -> str:
    """The text of the tokens."""
    return "".join(token.text for token in stream)


def code(stream: Iterable[Token]) -> tuple[str, ...]:
    """What the compiler sees of the tokens: neither spaces nor comments."""
    return tuple(token.text for token in stream if token.counts)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same to the compiler."""
    return code(tokens(one)) == code(tokens(other))


def lines(stream: Iterable[Token]) -> tuple[int, ...]:
    """For each token the line on which it begins, from 1."""
    return tuple(itertools.accumulate((token.text.count("\n") for token in stream), initial=1))[:-1]


def closing(stream: Sequence[Token], index: int) -> int | None:
    """The bracket that closes the one at ``index``; None where none does."""
    open_brackets: list[str] = []
    for at in range(index, len(stream)):
        if stream[at].kind != "mark":
            continue
        mark = stream[at].text
        if mark in _PAIRS:
            open_brackets.append(_PAIRS[mark])
        elif mark in _PAIRS.values():
            if mark != open_brackets.pop():
                return None
            if not open_brackets:
                return at
    return None


def calls(stream: Sequence[Token]) -> tuple[Call, ...]:
    """Every call, also those inside others, in the order in which they begin.

    A function's head looks like a call and is one here; so does a macro's. What stands in comments and
    strings is none.
    """
    found = []
    for first, token in enumerate(stream):
        if token.kind != "word" or token.text in KEYWORDS:
            continue
        bracket = _next(stream, first)
        if bracket is None or stream[bracket].text != "(":
            continue
        end = closing(stream, bracket)
        if end is not None:
            found.append(Call(token.text, first, end + 1, _parts(stream, bracket + 1, end)))
    return tuple(found)


def _next(stream: Sequence[Token], index: int) -> int | None:
    """The next token behind ``index`` that counts."""
    return next((at for at in range(index + 1, len(stream)) if stream[at].counts), None)


def _parts(stream: Sequence[Token], first: int, end: int) -> tuple[tuple[int, int], ...]:
    """What commas part between ``first`` and ``end``, commas in brackets aside."""
    if not code(stream[first:end]):
        return ()
    found = []
    at = first
    while at < end:
        if stream[at].kind == "mark" and stream[at].text in _PAIRS:
            at = closing(stream, at) or at
        elif stream[at] == Token("mark", ","):
            found.append((first, at))
            first = at + 1
        at += 1
    return (*found, (first, end))
