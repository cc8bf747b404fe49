"""System calls in words, as strace prints them: unshare(CLONE_NEWNS).

Numbers become names by the table of ``calls``; what the calls do is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vfslab.calls import CALLS, Parameter


def spell(name: str, args: Sequence[Any]) -> str:
    """A system call of the table with its arguments."""
    return f"{name}({', '.join(map(_spell, CALLS[name].parameters, args))})"


def _spell(parameter: Parameter, arg: Any) -> str:
    match arg:
        case None:
            return "NULL"
        case str():
            return json.dumps(arg)
        case dict():
            fields = {field.name: field for field in parameter.fields}
            return (
                "{" + ", ".join(f"{name}={_spell(fields[name], value)}" for name, value in arg.items()) + "}"
            )
        case list():
            return "[" + ", ".join(arg) + "]"
    if parameter.kind == "flags":
        return flag_words(arg, parameter.words)
    return next((word for word, value in parameter.words.items() if value == arg), str(arg))


def flag_words(value: int, words: Mapping[str, int]) -> str:
    """The names of the bits that are set, joined by |; what has no name in hexadecimal; "0" for none.

    Masks come before the bits in them. O_RDONLY, which is no bit, is where no other access mode is.
    """
    found = []
    if "O_RDONLY" in words and not value & (words["O_WRONLY"] | words["O_RDWR"]):
        found.append("O_RDONLY")
    for name, bits in sorted(words.items(), key=lambda word: -word[1].bit_count()):
        if bits and value & bits == bits:
            found.append(name)
            value &= ~bits
    if value or not found:
        found.append(hex(value) if value else "0")
    return "|".join(found)
