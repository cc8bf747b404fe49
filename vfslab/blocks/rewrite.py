"""Calls held against patterns, as Coccinelle does it: the first pattern that fits decides.

Which edits anybody wants to make is not known here, nor how types are found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from .tokens import Call, Token, calls, code, lines, text, tokens

# The type of an expression at a place, None where it is not known.
TypeOf: TypeAlias = Callable[[str], "str | None"]
# What a metavariable may stand for; where a mapping, one of its keys, whose value is written in its place.
Where: TypeAlias = Mapping[str, str] | Callable[[str, TypeOf], bool]


class Alternative(NamedTuple):
    """``pattern`` is a call, or ``V = call``; words in capitals are metavariables, each for one expression.

    One that is there twice stands for the same both times. ``becomes`` is what the call turns into, with
    metavariables in braces, None where whatever fits is left alone. ``where`` says what each may be.
    """

    name: str
    pattern: str
    becomes: str | None
    where: Mapping[str, Where]


class Decision(NamedTuple):
    """``alternative`` fitted the call ``before`` on that line; ``after`` is None where it is left alone."""

    line: int
    alternative: str
    before: str
    after: str | None


class Rewritten(NamedTuple):
    """The new text, and what was decided on the way."""

    text: str
    decisions: tuple[Decision, ...]


class _Word(NamedTuple):
    """A token that counts, and which of the stream it is; what was put in has no place."""

    text: str
    at: int | None


def semantic(
    source: str,
    alternatives: Sequence[Alternative],
    types: Callable[[Sequence[Token], int], TypeOf] = lambda stream, index: lambda expression: None,
) -> Rewritten:
    """Hold the alternatives against each call of ``source``; the first that fits decides.

    ``types`` gives what is known of types at a token. Calls inside a call that was changed are looked at
    once more. Raises ValueError for a text that is none, and for alternatives that undo each other.
    """
    decisions: list[Decision] = []
    for _ in range(100):
        stream = tokens(source)
        pieces: list[str] = []
        kept: list[Decision] = []
        done = 0
        numbers = lines(stream)
        for call in calls(stream):
            if call.first < done:
                continue
            decision = decide(stream, call, alternatives, types, numbers[call.first])
            if decision is not None and decision.after is not None:
                decisions.append(decision)
                pieces += [text(stream[done : call.first]), decision.after]
                done = call.end
            elif decision is not None:
                kept.append(decision)
        if not done:
            return Rewritten(source, tuple(sorted((*decisions, *kept), key=lambda one: one.line)))
        source = "".join((*pieces, text(stream[done:])))
    raise ValueError("the alternatives have no end")


def decide(
    stream: Sequence[Token],
    call: Call,
    alternatives: Sequence[Alternative],
    types: Callable[[Sequence[Token], int], TypeOf],
    line: int = 0,
) -> Decision | None:
    """What the first alternative that fits makes of the call; None where none fits."""
    words = _words(stream, call.first, call.end)
    before = text(stream[call.first : call.end])
    goal = destination(stream, call.first) if any(" = " in one.pattern for one in alternatives) else ()

    def type_of(expression: str) -> str | None:
        return types(stream, call.first)(expression)

    for alternative in alternatives:
        left, equals, right = alternative.pattern.rpartition(" = ")
        if equals and not goal:
            continue
        pattern = [*code(tokens(left)), "=", *code(tokens(right))] if equals else [*code(tokens(right))]
        subject = [*(_Word(word, None) for word in goal), _Word("=", None), *words] if equals else words
        for bound in _matches(pattern, subject, {}):
            written = _written(stream, bound, alternative.where, type_of)
            if written is not None:
                after = alternative.becomes
                new = None if after is None else after.format(**written)
                return Decision(line, alternative.name, before, new)
    return None


def destination(stream: Sequence[Token], index: int) -> tuple[str, ...]:
    """What is assigned to, where ``… =``, and perhaps a cast, stands before token ``index``; else nothing."""
    first = index
    while first and stream[first - 1].text not in (";", "{", "}"):
        first -= 1
    before = [token.text for token in stream[first:index] if token.counts]
    if before[-1:] == [")"] and (opened := _opening(before)) and before[opened - 1] == "=":
        del before[opened:]
    if before[-1:] != ["="]:
        return ()
    end = first = len(before) - 1
    while first:
        word = before[first - 1]
        if word == "]":
            first = _opening(before[:first]) or 0
        elif word in ("->", ".") or (
            re.fullmatch(r"\w+", word) and (first == end or before[first] in ("->", ".", "["))
        ):
            first -= 1
        else:
            break
    stars = first
    while stars and before[stars - 1] == "*":
        stars -= 1
    # behind a type the stars belong to the declaration
    if stars == 0 or not re.fullmatch(r"\w+", before[stars - 1]):
        first = stars
    return tuple(before[first:end])


def _opening(words: Sequence[str]) -> int | None:
    """The bracket that the last of the words closes."""
    depth = 0
    for at in range(len(words) - 1, -1, -1):
        depth += (words[at] in (")", "]")) - (words[at] in ("(", "["))
        if not depth:
            return at
    return None


def _words(stream: Sequence[Token], first: int, end: int) -> list[_Word]:
    """What counts between two tokens, with ``sizeof x`` as ``sizeof(x)``: to C they are the same."""
    words = [_Word(stream[at].text, at) for at in range(first, end) if stream[at].counts]
    out: list[_Word] = []
    at = 0
    while at < len(words):
        out.append(words[at])
        at += 1
        if out[-1].text == "sizeof" and words[at].text != "(":
            out.append(_Word("(", None))
            while at < len(words) and re.fullmatch(r"\w+|[*.]|->", words[at].text):
                out.append(words[at])
                at += 1
            out.append(_Word(")", None))
    return out


def is_metavariable(word: str) -> bool:
    """Capitals and nothing else."""
    return word.isalpha() and word.isupper()


def _matches(
    pattern: Sequence[str], words: Sequence[_Word], bound: Mapping[str, Sequence[_Word]]
) -> Iterator[Mapping[str, Sequence[_Word]]]:
    """Every way to read the words as the pattern."""
    if not pattern or not words:
        if not pattern and not words:
            yield bound
        return
    head = pattern[0]
    if not is_metavariable(head):
        if head == words[0].text:
            yield from _matches(pattern[1:], words[1:], bound)
        return
    for length in _expressions(words):
        piece = words[:length]
        if head in bound and [word.text for word in bound[head]] != [word.text for word in piece]:
            continue
        # the second time it has its place in the stream, which a destination has not
        yield from _matches(pattern[1:], words[length:], {**bound, head: piece})


def _expressions(words: Sequence[_Word]) -> Iterator[int]:
    """How many of the words can be an expression: brackets are closed, and no comma is outside of them."""
    depth = 0
    for length, word in enumerate(words, 1):
        depth += (word.text in ("(", "[", "{")) - (word.text in (")", "]", "}"))
        if depth < 0 or (not depth and word.text in (",", ";", "=")):
            return
        if not depth:
            yield length


def _written(
    stream: Sequence[Token],
    bound: Mapping[str, Sequence[_Word]],
    where: Mapping[str, Where],
    type_of: TypeOf,
) -> dict[str, str] | None:
    """Each metavariable as it is to be written, None where one may not stand for that."""
    out = {}
    for name, words in bound.items():
        places = [word.at for word in words if word.at is not None]
        written = text(stream[places[0] : places[-1] + 1]) if places else "".join(word.text for word in words)
        allowed = where.get(name)
        if isinstance(allowed, Mapping):
            if written not in allowed:
                return None
            written = allowed[written]
        elif allowed is not None and not allowed(" ".join(word.text for word in words), type_of):
            return None
        out[name] = written
    return out
