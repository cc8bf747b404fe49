"""fingerprint: whether two worlds will behave alike, whatever happens next.

Everything that can be reached from the kernel, and from code under way its local variables and
where it stands, is written out in one order and hashed; the same in every process. What
for is not known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache, partial
from hashlib import blake2b
from types import CellType, FunctionType, GeneratorType, MethodType
from typing import Any

from ..kernel.globals import Globals, Ida
from ..kernel.objects import FileSystemType, MntNamespace, Mount, SuperBlock
from ..kernel.releases import Release

# Counters of the kernel: what they hand out is compared by where it is, not by its value.
_COUNTERS: dict[type, set[str]] = {
    Globals: {"entered", "last_mount_id", "last_ns_id", "last_pid", "last_user_ns_id", "under_way"},
    SuperBlock: {"next_ino", "s_dev", "s_id"},
    MntNamespace: {"event"},
    Mount: {"mnt_id"},
}
# The same through all of a search.
_CONSTANT: dict[type, set[str]] = {Globals: {"file_systems", "release"}}
_NUMBERS = frozenset({"id", "ino", "mnt_group_id", "pid"})
_PLAIN = (str, bytes, int, float, bool, type(None))
_EXACTLY_PLAIN = frozenset(_PLAIN)


def fingerprint(*things: object, numbers: bool = False) -> bytes:
    """A hash of the things and all that they hold, which differs where the things do.

    Ids, and the order in which they were given out, are left aside, unless ``numbers`` says that
    somebody knows some by their value. Two kernels with the same fingerprint, and code under way in them,
    go on in the same way: that does not see how far a ``for`` has come but by its variable.
    """
    return _Writer(numbers).digest(things)


class _Writer:
    """Writes objects out, each once; others name it by the number that it got when it was first met."""

    def __init__(self, numbers: bool) -> None:
        self.numbers = numbers
        self._met: dict[int, int] = {}
        self._todo: deque[Any] = deque()
        self._kept: list[Any] = []  # what is met lives on, so that no other gets its address
        self._given: dict[tuple[str, object], int] = {}

    def digest(self, things: Iterable[object]) -> bytes:
        words = [self._name(thing) for thing in things]
        while self._todo:
            words.append("\n")
            words += self._fields(self._todo.popleft())
        return blake2b(" ".join(words).encode(errors="surrogateescape"), digest_size=16).digest()

    def _name(self, thing: Any) -> str:
        """The thing itself where it is plain, else its number."""
        if type(thing) in _EXACTLY_PLAIN:
            return repr(thing)
        if isinstance(thing, Enum):
            return str(thing)
        if isinstance(thing, FileSystemType):
            return thing.name
        if isinstance(thing, Release):
            return "release"
        if isinstance(thing, _PLAIN):
            return repr(thing)
        if isinstance(thing, tuple):
            return f"({' '.join([type(thing).__name__, *map(self._name, thing)])})"
        if isinstance(thing, (set, frozenset)) and all(isinstance(one, _PLAIN) for one in thing):
            return repr(sorted(map(repr, thing)))
        if isinstance(thing, type):
            return thing.__qualname__
        number = self._met.get(id(thing))
        if number is None:
            number = self._met[id(thing)] = len(self._met)
            self._todo.append(thing)
            self._kept.append(thing)
        return f"#{number}"

    def _fields(self, thing: Any) -> Iterable[str]:
        """What the thing is, and what it holds."""
        yield type(thing).__name__
        match thing:
            case Mapping():
                for key, value in thing.items():
                    yield from self._entry(key, value)
            case list() | deque() | set() | frozenset():
                yield from map(self._name, thing)
            case GeneratorType():
                yield from self._code(thing)
            case FunctionType():
                yield thing.__qualname__
                yield from map(self._name, thing.__closure__ or ())
                yield self._name(thing.__defaults__)
                yield self._name(thing.__kwdefaults__)
            case partial():
                yield self._name(thing.func)
                yield self._name(thing.args)
                yield self._name(thing.keywords)
            case MethodType():
                yield thing.__func__.__qualname__
                yield self._name(thing.__self__)
            case CellType():
                yield self._cell(thing)
            case BaseException():
                yield self._name(thing.args)
            case Ida() if not self.numbers:
                pass
            case _:
                yield from self._object(thing)

    def _entry(self, key: Any, value: Any) -> Iterable[str]:
        """A pair of a dict; a key that is the id of its value says nothing."""
        known = isinstance(key, int) and key in (getattr(value, "id", None), getattr(value, "pid", None))
        yield "=" if known and not self.numbers else self._name(key)
        yield self._name(value)

    def _cell(self, cell: CellType) -> str:
        try:
            return self._name(cell.cell_contents)
        except ValueError:  # a variable that has no value yet
            return "empty"

    def _code(self, code: Any) -> Iterable[str]:
        """Where code under way stands, and its variables; code that it waits for is one of what it holds."""
        yield code.__qualname__
        frame = code.gi_frame
        if frame is None:
            yield "over"
            return
        yield str(frame.f_lasti)
        for name, value in sorted(frame.f_locals.items()):
            yield name
            yield self._name(value)
        yield self._name(code.gi_yieldfrom)

    def _object(self, thing: Any) -> Iterable[str]:
        kind: Any = type(thing)
        slots, left_out = _written(kind, self.numbers)
        for field in (*slots, *getattr(thing, "__dict__", ())):
            if field not in left_out:
                yield field
                yield self._number(kind.__name__, field, getattr(thing, field, None))

    def _number(self, kind: str, field: str, value: Any) -> str:
        """A field's value; of an id, 0 aside, only which of the ids met it is."""
        if field not in _NUMBERS or not value or self.numbers:
            return self._name(value)
        return f"{field}:{self._given.setdefault((kind + field, value), len(self._given))}"


@cache
def _written(kind: type, numbers: bool) -> tuple[tuple[str, ...], frozenset[str]]:
    """The slots of a type that are written out, and the fields that are not; asked of every object."""
    left_out: set[str] = set()
    for base in kind.__mro__:
        left_out |= _CONSTANT.get(base, set())
        if not numbers:
            left_out |= _COUNTERS.get(base, set())
    slots = (name for base in kind.__mro__ for name in getattr(base, "__slots__", ()))
    return tuple(name for name in slots if name not in left_out), frozenset(left_out)
