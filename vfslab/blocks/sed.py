"""Lines changed by basic regular expressions, as grep and sed do it.

What stands on the lines is not known here: neither engine knows a comment, a bracket or a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


def python_pattern(basic: str) -> str:
    r"""A basic regular expression, as grep and sed take it, in Python's words.

    What is ``\(`` there is ``(`` here, and the other way round. Raises ValueError for what is not known.
    """
    known = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)"}
    out = []
    for piece in re.findall(r"\\.|\[\^?\]?[^]]*\]|.", basic):
        if piece[0] == "\\" and len(piece) == 2:
            escaped = piece[1]
            if escaped.isalnum() and not escaped.isdigit():
                raise ValueError(f"{piece} is not known here")
            out.append(known.get(escaped) or (escaped if escaped in "(){}|+?" else piece))
        else:
            out.append(f"\\{piece}" if piece in "(){}|+?" else piece)
    return "".join(out)


class Substitution(NamedTuple):
    """``s/…/…/``: on each line the first match is replaced, with ``every`` all of them."""

    pattern: re.Pattern[str]
    replacement: str
    every: bool


def substitution(expression: str) -> Substitution:
    """Read ``s/…/…/`` or ``s/…/…/g``. Raises ValueError for another command."""
    read = re.fullmatch(r"s/((?:\\.|[^/\\])*)/((?:\\.|[^/\\])*)/(g?)", expression)
    if read is None:
        raise ValueError(f"{expression!r} is no s/…/…/ or s/…/…/g")
    return Substitution(re.compile(python_pattern(read[1])), read[2], read[3] == "g")


def sed(expression: str, text: str) -> str:
    """What ``sed EXPRESSION`` makes of the lines of ``text``."""
    pattern, replacement, every = substitution(expression)
    return "\n".join(pattern.sub(replacement, one, count=0 if every else 1) for one in text.split("\n"))


def grep_l(basic: str, tree: Mapping[str, str]) -> tuple[str, ...]:
    """The files of ``tree``, names with their texts, that have a line with a match."""
    pattern = re.compile(python_pattern(basic))
    return tuple(name for name, text in tree.items() if any(map(pattern.search, text.split("\n"))))
