"""checkpoint: a search that was interrupted, in a file, to go on from its last finished level.

What is written down are the paths still to be walked and the fingerprints of the states seen, and
of which search they are. How a search goes is not known here.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from .. import whole
from .fingerprint import fingerprint
from .schedule import Choice

_STATE_BYTES = 16


class Reached(NamedTuple):
    """How far a search has come: after a finished level, or before the first.

    ``seen`` are the fingerprints of the states, ``level`` the paths to be walked next, all of one length.
    ``complete`` is False where a path was left because of its length. ``witness`` is a path that
    was walked, with the state to which it led.
    """

    seen: set[bytes]
    level: list[tuple[Choice, ...]]
    complete: bool
    witness: tuple[tuple[Choice, ...], bytes] | None


class Checkpoint:
    """The file at ``path``. ``search`` says in words, by name, which search it is of."""

    def __init__(self, path: str | os.PathLike[str], search: dict[str, str]) -> None:
        self._path = Path(path)
        self._search = search

    def read(self, state: Callable[[tuple[Choice, ...]], bytes]) -> Reached:
        """What was last written; the beginning of a search where there is no file.

        ``state`` walks a path and gives the fingerprint to which it leads: the witness is walked again.
        Raises ValueError for a file that is of another search, or no checkpoint.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Reached(set(), [()], True, None)
        try:
            written = json.loads(text)
            search: dict[str, str] = dict(written["search"])
            reached = _reached(written)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{self._path} is no checkpoint of a search") from error
        for name, ours in self._search.items():
            if search.get(name) != ours:
                raise self._foreign(f"its {name} is {search.get(name)}, not {ours}")
        if reached.witness is not None:
            path, before = reached.witness
            try:
                now = state(path)
            except (ValueError, IndexError) as error:
                raise self._foreign("one of its paths cannot be walked here") from error
            if now != before:
                raise self._foreign("one of its paths leads elsewhere here")
        return reached

    def write(self, reached: Reached) -> None:
        """Put ``reached`` in the place of what was written before, whole or not at all."""
        text = json.dumps(
            {
                "search": self._search,
                "complete": reached.complete,
                "witness": reached.witness and [_spelled(reached.witness[0]), reached.witness[1].hex()],
                "level": [_spelled(path) for path in reached.level],
                "seen": b"".join(sorted(reached.seen)).hex(),
            }
        )
        whole.put(self._path, text)

    def _foreign(self, why: str) -> ValueError:
        return ValueError(f"{self._path} is the checkpoint of another search: {why}")


def _spelled(path: Sequence[Choice]) -> str:
    """A path as words: the number of the job, with ! where memory fails."""
    return " ".join(f"{choice.job}{'!' * choice.fail}" for choice in path)


def _path(text: str) -> tuple[Choice, ...]:
    return tuple(Choice(int(word.removesuffix("!")), word.endswith("!")) for word in text.split())


def _reached(written: Any) -> Reached:
    seen = bytes.fromhex(written["seen"])
    witness = written["witness"]
    return Reached(
        {seen[start : start + _STATE_BYTES] for start in range(0, len(seen), _STATE_BYTES)},
        [_path(text) for text in written["level"]],
        bool(written["complete"]),
        witness and (_path(witness[0]), bytes.fromhex(witness[1])),
    )


def search_of(make: object, rule: object, faults: int, choices: int) -> dict[str, str]:
    """What makes a search another one: name -> what it is, or a digest of that.

    Functions are told apart by their own code and what they close over, not by that of what they call; for
    what a world does, there is the witness. How many states to look at is no part of it: a search
    that stopped there goes on with more.
    """
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "vfslab": sources(Path(__file__).parents[1]),
        "world": _digest(make),
        "rule": _digest(rule),
        "number of failures": str(faults),
        "number of choices": str(choices),
    }


@cache
def sources(*places: Path) -> str:
    """A digest of Python files, and of those in folders: their names and texts."""
    digest = blake2b(digest_size=8)
    for place in places:
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            text = file.read_bytes()
            digest.update(f"{file.relative_to(place.parent)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _digest(thing: object) -> str:
    return blake2b(fingerprint(*_parts(thing), numbers=True), digest_size=8).hexdigest()


def _parts(thing: Any) -> Iterator[object]:
    """What ``fingerprint`` is to read of a thing, the code of functions too, into which it does not look."""
    match thing:
        case partial():
            yield "partial"
            yield from _parts((thing.func, *thing.args, *sorted(thing.keywords.items())))
        case tuple():
            yield len(thing)
            for inner in thing:
                yield from _parts(inner)
        case FunctionType():
            yield thing
            yield from _code(thing.__code__)
        case _ if is_dataclass(thing) and not isinstance(thing, type):
            yield type(thing)
            for field in fields(thing):
                yield from _parts(getattr(thing, field.name))
        case _:
            yield thing


def _code(code: CodeType) -> Iterator[object]:
    yield code.co_code
    yield code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield constant
