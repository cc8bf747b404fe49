"""Snapshots as JSON: the rows field by field, and a reader that says what is wrong where.

Knows the rows' fields and types from their definition. Whether the rows keep the
kernel's rules is vfslab.invariants' question: a recording may show a state that
breaks them.
"""

from __future__ import annotations

from collections.abc import Set
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from vfslab.mountinfo import printable
from vfslab.snapshot import LockState, MountState, NamespaceState, Place, Snapshot, TaskState

FORMAT = 1
"""The version that ``to_json`` writes and that ``from_json`` reads."""

_Row = TypeVar("_Row", MountState, NamespaceState, TaskState, LockState, Place)
_TYPES: dict[type, dict[str, Any]] = {
    kind: get_type_hints(kind) for kind in (MountState, NamespaceState, TaskState, LockState, Place)
}
_NAMES = {int: "a number", str: "a string", bool: "true or false", NoneType: "null"}


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """See ``Snapshot.to_json``."""
    return {
        "format": FORMAT,
        "mounts": [row._asdict() | {"other_tags": list(row.other_tags)} for row in snapshot.mounts.values()],
        "namespaces": [row._asdict() for row in snapshot.namespaces.values()],
        "tasks": [
            row._asdict() | {"root": row.root._asdict(), "cwd": row.cwd._asdict()}
            for row in snapshot.tasks.values()
        ],
        "locks": [row._asdict() for row in snapshot.locks],
    }


def from_json(obj: Any) -> Snapshot:
    """See ``Snapshot.from_json``."""
    fields = {"format", "mounts", "namespaces", "tasks", "locks"}
    _check_fields(obj, "", fields, fields)
    if obj["format"] != FORMAT:
        raise _expected(str(FORMAT), obj["format"], "format")
    return Snapshot(
        {row.id: row for row in _rows(obj, "mounts", MountState, "id")},
        {row.id: row for row in _rows(obj, "namespaces", NamespaceState, "id")},
        {row.pid: row for row in _rows(obj, "tasks", TaskState, "pid")},
        tuple(_rows(obj, "locks", LockState)),
    )


def _rows(obj: dict[str, Any], part: str, kind: type[_Row], key: str = "") -> list[_Row]:
    if not isinstance(obj[part], list):
        raise _expected("a list", obj[part], part)
    rows: list[_Row] = []
    seen: dict[object, int] = {}
    for index, item in enumerate(obj[part]):
        row = _row(item, kind, f"{part}[{index}]")
        rows.append(row)
        first = seen.setdefault(getattr(row, key), index) if key else index
        if first != index:
            raise ValueError(f"{part}[{index}].{key}: {getattr(row, key)} is {part}[{first}] already")
    return rows


def _row(obj: Any, kind: type[_Row], place: str) -> _Row:
    types = _TYPES[kind]
    _check_fields(obj, place, types.keys(), types.keys() - kind._field_defaults.keys())
    values = {name: _value(value, types[name], f"{place}.{name}") for name, value in obj.items()}
    return kind(**values)


def _value(value: Any, wanted: Any, place: str) -> Any:
    if wanted is Place:
        return _row(value, Place, place)
    if wanted == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise _expected("a list of strings", value, place)
    types = get_args(wanted) or (wanted,)
    if type(value) in types:
        return value
    raise _expected(" or ".join(_NAMES[each] for each in types), value, place)


def _check_fields(obj: Any, place: str, known: Set[str], needed: Set[str]) -> None:
    if not isinstance(obj, dict):
        raise _expected("an object", obj, place)
    for name in obj:
        if name not in known:
            raise ValueError(f"{_at(place)}there is no field {_quoted(name)}")
    for name in sorted(needed - obj.keys()):
        raise ValueError(f"{_at(place)}the field '{name}' is missing")


def _expected(wanted: str, found: Any, place: str) -> ValueError:
    return ValueError(f"{_at(place)}expected {wanted}, found {_quoted(found)}")


def _at(place: str) -> str:
    return f"{place}: " if place else ""


def _quoted(value: Any) -> str:
    match value:
        case str():
            return f"'{printable(value[:30])}'"
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case _:
            return printable(repr(value)[:30])
