"""A question made from a seed: its text, its pictures, how it is judged, and the wrong ideas that it knows.

How questions of a kind are made is in the modules beside this one.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vfslab.exercises import Answers, Exercise, Verdict, try_out
from vfslab.snapshot import Snapshot
from vfslab.views.diagram import Diagram

LONGEST = 4000
"""An answer of more characters, or items, is none."""


class Trap(NamedTuple):
    """What someone with a wrong idea would answer, and the words for it."""

    answer: Any
    words: str


def no_traps() -> Iterable[Trap]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Question(Exercise):
    """``pictures`` are states with their titles; ``traps`` computes the wrong answers that it recognises.

    ``form`` says in a line how the answer is written; ``start`` is what a field for it begins with.
    """

    key: str = field(init=False)
    kind: str
    seed: int
    level: int
    form: str
    start: str = ""
    pictures: tuple[tuple[str, Snapshot], ...] = ()
    traps: Callable[[], Iterable[Trap]] = no_traps
    answers: Answers | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.kind}:{self.level}:{self.seed}")

    def check(self, answer: Any = ...) -> Verdict:
        """Try ``answer`` out; ``...`` gives the hint. What came of it is kept in the question's answers.

        Raises OSError and ValueError only where their file cannot be written.
        """
        verdict = try_out(self, answer)
        if self.answers is not None:
            self.answers.add(self.key, answer, verdict)
        return verdict

    @property
    def headline(self) -> str:
        return f"{self.kind}, level {self.level}, seed {self.seed}"

    def __repr__(self) -> str:
        return f"{self.headline}\n\n{self.question}\n\nAnswer: {self.form}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        text = f"<p><b>{html.escape(self.headline)}</b></p><pre>{html.escape(self.question)}</pre>"
        drawn = []
        for title, snapshot in self.pictures:
            bundle = Diagram(snapshot)._repr_mimebundle_()
            shown = bundle.get("text/html", f"<pre>{html.escape(bundle['text/plain'])}</pre>")
            drawn.append(f"<p>{html.escape(title)}</p>{shown}")
        answer = f"<p>Answer: {html.escape(self.form)}</p>"
        return {"text/plain": repr(self), "text/html": f"<div>{text}{''.join(drawn)}{answer}</div>"}


def tokens(answer: object, what: str) -> list[str]:
    """The words of a text, or the items of a list, tuple or set of texts and numbers.

    Raises TypeError for anything else, ValueError for one that is far too long.
    """
    if isinstance(answer, str):
        short(answer)
        return answer.replace(",", " ").split()
    if isinstance(answer, (list, tuple, set, frozenset)):
        if len(answer) > LONGEST:
            raise ValueError("it is far too long")
        if any(type(item) not in (str, int) for item in answer):
            raise TypeError(f"{what} are wanted")
        return [short(str(item)).strip() for item in answer if str(item).strip()]
    raise TypeError(f"{what} are wanted")


def short(text: str) -> str:
    """The text. Raises ValueError for one that is far too long."""
    if len(text) > LONGEST:
        raise ValueError("it is far too long")
    return text


def quoted(text: str) -> str:
    """Text from outside for a sentence: its visible characters, cut."""
    return json.dumps(text[:60])


def told(wrong: Iterable[str], otherwise: str) -> str:
    """The words of all wrong ideas that fit, each once; ``otherwise`` where none does."""
    return " Or: ".join(dict.fromkeys(wrong)) or otherwise
