"""Who calls whom in a tree of C-like texts, and what nobody calls.

Which functions matter is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .tokens import Token, calls, closing, tokens


class Function(NamedTuple):
    """A function with a body: in which file, its name, and the names that its body uses."""

    file: str
    name: str
    inline: bool
    uses: frozenset[str]


def functions(tree: Mapping[str, str]) -> tuple[Function, ...]:
    """Every function of the tree, in its order. A name in a comment or a string is no use of it."""
    found = []
    for file, source in tree.items():
        stream = tokens(source)
        done = 0
        for call in calls(stream):
            if call.first < done:
                continue
            body = next((at for at in range(call.end, len(stream)) if stream[at].counts), None)
            if body is None or stream[body] != Token("mark", "{"):
                continue
            done = closing(stream, body) or len(stream)
            uses = {token.text for token in stream[body:done] if token.kind == "word"}
            found.append(Function(file, call.name, _inline(stream[: call.first]), frozenset(uses)))
    return tuple(found)


def _inline(before: Iterable[Token]) -> bool:
    """Whether the head that ends here says inline."""
    head: list[str] = []
    for token in before:
        head = [] if token.text in (";", "}") else [*head, token.text]
    return "inline" in head


def unused_helpers(tree: Mapping[str, str]) -> dict[str, str]:
    """The inline functions of headers (``*.h``) that nobody uses, with who keeps them there.

    "" where no function names it at all, else the names of the callers, which nobody uses themselves.
    """
    every = functions(tree)
    helpers = {one.name for one in every if one.file.endswith(".h") and one.inline}
    alive = {one.name for one in every} - helpers
    while True:
        reached = {name for one in every if one.name in alive for name in one.uses & helpers}
        if reached <= alive:
            break
        alive |= reached
    return {
        one.name: ", ".join(
            other.name for other in every if one.name in other.uses and other.name != one.name
        )
        for one in every
        if one.name in helpers - alive
    }
