"""Words to the arguments of a system call, by the table of ``vfslab.calls``.

Words stand in the order of the call's arguments, the fields of a struct in its place.
Those that have a default may be left off; behind the others each may also be given as
FIELD=VALUE. Flags are names joined by "," or "|", or a number; a kept name stands for its
number; NULL is no string. Nothing here makes a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from vfslab.calls import REQUIRED, Call, Parameter
from vfslab.shell.process import Process

_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_SHELL = re.compile(r"sh[1-9][0-9]*")


def usage(call: Call) -> str:
    """How the words of a call are written: DIRFD PATH FLAGS [FIELD=VALUE]..."""
    places = [*_places(call)]
    needed = [place.name.upper() for place in places if place.default == REQUIRED]
    return " ".join([*needed, *(f"[{place.name}=…]" for place in places if place.default != REQUIRED)])


def vocabulary(call: Call) -> Iterator[str]:
    """For each argument that has names for its values, a line that lists them."""
    for place in _places(call):
        if place.words:
            name = place.name.upper() if place.default == REQUIRED else place.name
            yield f"  {name}: {', '.join(place.words)}"


def _places(call: Call) -> Iterator[Parameter]:
    for parameter in call.parameters:
        yield from parameter.fields or (parameter,)


def arguments(process: Process, call: Call, words: Sequence[str]) -> list[Any]:
    """The arguments that ``words`` spell. Ends the command, with a message, where they spell none."""
    reader = _Reader(process)
    places = [*_places(call)]
    needed = [place for place in places if place.default == REQUIRED]
    left = {place.name: place for place in places if place.default != REQUIRED}
    values: dict[str, Any] = {}
    if len(words) < len(needed):
        process.misuse(f"missing {needed[len(words)].name.upper()}")
    for place, word in zip(needed, words, strict=False):
        values[place.name] = reader.read(place, word, _column(word))
    for word in words[len(needed) :]:
        name, equals, value = word.partition("=")
        column = _column(word)
        if equals and name in left:
            values[name] = reader.read(left.pop(name), value, column + len(name) + 1)
        elif left and not equals:
            place = left.pop(next(iter(left)))
            values[place.name] = reader.read(place, word, column)
        else:
            process.misuse(f"column {column}: extra operand '{word}'")
    return [_argument(parameter, values) for parameter in call.parameters]


def _argument(parameter: Parameter, values: dict[str, Any]) -> Any:
    """An argument from the values of its words; of a struct, what was given, and how large it is."""
    if not parameter.fields:
        return values.get(parameter.name, parameter.default)
    return {
        field.name: values.get(field.name, field.default)
        for field in parameter.fields
        if field.name in values or field.name == "size"
    }


def _column(word: str) -> int:
    return getattr(word, "column", 1)


class _Reader:
    """Reads the words of one command."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def read(self, place: Parameter, word: str, column: int) -> Any:
        """The value of ``word`` in that place."""
        match place.kind:
            case "path" | "string":
                return None if word == "NULL" else str(word)
            case "names":
                return word.split(",")
            case "shell":
                return self._shell(word, column)
            case "flags":
                return self._flags(place, word, column)
        return self._number(place, word, column)

    def _refuse(self, column: int, message: str) -> NoReturn:
        self.process.misuse(f"column {column}: {message}")

    def _shell(self, word: str, column: int) -> str:
        if word not in self.process.shells.living:
            self._refuse(column, f"there is no shell '{word}'")
        return str(word)

    def _flags(self, place: Parameter, word: str, column: int) -> int:
        value = 0
        for part in re.split(r"([,|])", word):
            if part in place.words:
                value |= place.words[part]
            elif _NUMBER.fullmatch(part):
                value |= self._in_range(place, part, column)
            elif part not in (",", "|"):
                known = ", ".join(place.words) or "none has a name"
                self._refuse(column, f"{place.name.upper()} has no flag '{part}': {known}")
            column += len(part)
        return value

    def _number(self, place: Parameter, word: str, column: int) -> int:
        if word in place.words:
            return place.words[word]
        kept = self.process.names.get(word)
        if kept:
            if kept.descriptor != (place.kind == "fd"):
                what = "a descriptor" if kept.descriptor else "an id"
                self._refuse(column, f"{word} is {what}, not {place.name.upper()}")
            return kept.number
        if not _NUMBER.fullmatch(word):
            known = f", no {' or '.join(place.words)}" if place.words else ""
            self._refuse(column, f"'{word}' is no number{known} and no name that keeps one")
        number = self._in_range(place, word, column)
        if place.kind == "fd" and number > 0:
            self._refuse(column, f"descriptors go by name: F = openat …, and F in the place of {word}")
        return number

    def _in_range(self, place: Parameter, word: str, column: int) -> int:
        number = int(word, 16) if "x" in word.lower() else int(word)
        low, high = (-(1 << 31), 1 << 31) if place.kind == "fd" else (0, 1 << place.bits)
        if not low <= number < high:
            self._refuse(column, f"{word} does not fit into the {place.bits} bits of {place.name.upper()}")
        return number


def shell_name(process: Process, word: str) -> str:
    """``word`` as the name of a shell that may be started. Ends the command where it is none."""
    if not _SHELL.fullmatch(word):
        process.misuse(f"'{word}' is no name of a shell: sh2, sh3, …")
    if word in process.shells.living:
        process.misuse(f"there is a shell {word} already")
    if process.shells.has_ended(word):
        process.misuse(f"the shell {word} has ended")
    return str(word)
