"""Answers that were given, and what came of them, kept in a file that can be taken home and loaded again.

Which questions there are, and what is right, is not known here.
"""

from __future__ import annotations

import base64
import html
import inspect
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vfslab import whole

from .exercise import Verdict

FORMAT = "vfslab answers"
VERSION = 1
LONGEST = 4000
"""Of an answer so many characters are kept."""


class Record(NamedTuple):
    """One answer: the key of what was asked, the answer as text, and the verdict."""

    key: str
    answer: str
    right: bool
    words: str


class Answers:
    """All answers given, in their order, each once. With ``path`` they are in that file, too.

    A relative path begins at the folder that the environment names in VFSLAB_ANSWERS, else at the working
    directory: so a lesson can be executed and find nobody's answers.
    A file that is there is read; one that holds something else is left as it is. Raises ValueError for it,
    and OSError where it cannot be read.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = None if path is None else Path(os.environ.get("VFSLAB_ANSWERS", ""), path)
        self._records: dict[Record, None] = {}
        self._merge(self._on_disk())

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def add(self, key: str, answer: object, verdict: Verdict) -> None:
        """Keep an answer; ``...`` is none. Raises ValueError and OSError where the file cannot be written:
        then the answer is kept here only.
        """
        if answer is ...:
            return
        record = Record(key, _as_text(answer), bool(verdict.right), str(verdict.words))
        self._records[record] = None
        self._save()

    def load(self, path: str | Path) -> int:
        """Add what is in a file; gives how many answers are new. Nothing that is here is lost.

        Raises ValueError for a file that holds no answers, and OSError.
        """
        return self._add(_read(Path(path)))

    def load_text(self, text: str) -> int:
        """The same with the text of a file. Raises ValueError."""
        return self._add(parse(text, "this file"))

    def _add(self, found: tuple[Record, ...]) -> int:
        before = len(self)
        self._merge(found)
        self._save()
        return len(self) - before

    @property
    def right(self) -> frozenset[str]:
        """The keys of what has been answered right."""
        return frozenset(record.key for record in self if record.right)

    @property
    def open(self) -> frozenset[str]:
        """The keys of what has been answered, and never right."""
        return frozenset(record.key for record in self) - self.right

    def to_json(self) -> str:
        """The text of a file that ``load`` takes."""
        rows = [record._asdict() for record in self]
        return json.dumps({"format": FORMAT, "version": VERSION, "answers": rows}, indent=1) + "\n"

    def link(self, name: str = "vfslab-answers.json") -> str:
        """HTML: a link by which a browser saves the file, without asking any server."""
        data = base64.b64encode(self.to_json().encode()).decode()
        return (
            f'<a download="{html.escape(name)}" href="data:application/json;base64,{data}">'
            f"Download {_count(len(self))}</a>"
        )

    def __repr__(self) -> str:
        rows = [f"{len(self.right)} answered right, {len(self.open)} still open, {_count(len(self))} in all"]
        tries: dict[str, int] = {}
        for record in self:
            tries[record.key] = tries.get(record.key, 0) + 1
        rows += [
            f"{'right' if key in self.right else 'open ':5}  {key}  ({_count(number)})"
            for key, number in tries.items()
        ]
        return "\n".join(rows)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        table = f"<pre>{html.escape(repr(self))}</pre>"
        return {"text/plain": repr(self), "text/html": f"<div>{table}{self.link()}</div>"}

    def _merge(self, records: Iterable[Record]) -> None:
        self._records.update(dict.fromkeys(records))

    def _on_disk(self) -> tuple[Record, ...]:
        return _read(self.path) if self.path is not None and self.path.exists() else ()

    def _save(self) -> None:
        """Write the file anew, with what another notebook has written into it meanwhile."""
        if self.path is None:
            return
        self._merge(self._on_disk())
        whole.put(self.path, self.to_json())


def parse(text: str, name: str) -> tuple[Record, ...]:
    """The answers in the text of a file. Raises ValueError, which calls it ``name``, for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no file of answers, or is damaged: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{name} is no file of answers: it does not say '{FORMAT}'")
    if found.get("version") != VERSION:
        raise ValueError(f"{name} has version {found.get('version')!r}; version {VERSION} is known here")
    rows = found.get("answers")
    if not isinstance(rows, list):
        raise ValueError(f"{name} is damaged: it has no list of answers")
    return tuple(_record(row, f"{name} is damaged: answer {number}") for number, row in enumerate(rows, 1))


def _record(row: object, where: str) -> Record:
    kinds = Record.__annotations__
    if not isinstance(row, dict) or row.keys() != kinds.keys():
        raise ValueError(f"{where} does not have just {', '.join(kinds)}")
    for name in kinds:
        wanted = bool if name == "right" else str
        if type(row[name]) is not wanted:
            raise ValueError(f"{where} has a {name} that is no {wanted.__name__}")
    return Record(**row)


def _read(path: Path) -> tuple[Record, ...]:
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is no file of answers, or is damaged: {error}") from None


def _count(number: int) -> str:
    return f"{number} answer{'s' * (number != 1)}"


def _as_text(answer: object) -> str:
    """The answer as one would write it: a function as its source."""
    try:
        if isinstance(answer, str):
            return answer[:LONGEST]
        if inspect.isfunction(answer):
            return inspect.getsource(answer)[:LONGEST]
        return repr(answer)[:LONGEST]
    except Exception:  # a foreign object's repr may do anything; a function may have no source
        return f"<{type(answer).__name__}>"
