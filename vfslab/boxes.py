"""Boxes: a picture of any small state, as boxes with lines in them. How it is drawn is not known here.

A state is an object of a class of its own; nothing has to be told about it besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, NamedTuple

LENGTH = 60
"""Values are cut to so many characters."""


class Box(NamedTuple):
    """A thing: what it is called, and its fields with their values, in their order."""

    name: str
    rows: tuple[tuple[str, str], ...]


class Boxes(tuple[Box, ...]):
    """All that a state has, at one moment; as text a box a paragraph."""

    def __repr__(self) -> str:
        return "\n".join(line for box in self for line in _lines(box))

    @property
    def rows(self) -> dict[tuple[str, str], str]:
        """Every value, by box and field."""
        return {(box.name, field): value for box in self for field, value in box.rows}


def boxes(state: Any) -> Boxes:
    """The boxes of a dataclass.

    A field that holds a dataclass is a box of its own, so is each dataclass in a list or a dict; the
    other fields stand together in a box with the name of the state's class. Fields whose names
    begin with "_" are not shown. Raises TypeError for what is no dataclass.
    """
    if not is_dataclass(state):
        raise TypeError(f"{type(state).__name__} is no dataclass")
    own: list[tuple[str, str]] = []
    found: list[Box] = []
    for name, value in _fields(state):
        inner = list(_boxes(name, value))
        if inner:
            found += inner
        elif not _is_empty(value):
            own.append((name, text(value)))
    return Boxes(([Box(type(state).__name__, tuple(own))] if own else []) + found)


def text(value: Any) -> str:
    """A value as a person writes it, cut to ``LENGTH``."""
    written = _written(value)
    return written if len(written) <= LENGTH else written[: LENGTH - 1] + "…"


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value if value.strip() else repr(value)
    if isinstance(value, Enum):
        return value.name
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (set, frozenset)):
        return " ".join(sorted(map(_written, value))) or "-"
    if isinstance(value, Mapping):
        return " ".join(f"{_written(key)}={_written(one)}" for key, one in value.items()) or "-"
    if isinstance(value, Iterable):
        return " ".join(map(_written, value)) or "-"
    return str(value)


def _boxes(name: str, value: Any) -> Iterator[Box]:
    if is_dataclass(value) and not isinstance(value, type):
        yield Box(name, tuple((field, text(one)) for field, one in _fields(value)))
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _boxes(f"{name}[{_written(key)}]", one)
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from _boxes(f"{name}[{number}]", one)


def _is_empty(value: Any) -> bool:
    """Whether it is a place for boxes that has none now."""
    return isinstance(value, (dict, list, tuple)) and not value


def _fields(thing: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(thing):
        if not field.name.startswith("_"):
            yield field.name, getattr(thing, field.name)


def _lines(box: Box) -> Iterator[str]:
    yield box.name
    width = max((len(field) for field, _ in box.rows), default=0)
    for field, value in box.rows:
        yield f"  {field:<{width}}  {value}"
