"""The panel: one question after the other, an answer field, the verdict, and how far one has come.

What a page shows is a dict here, and what it asks are messages; the widget is ``vfslab.views.asking``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vfslab.exercises import Answers, Verdict
from vfslab.shell.answer import escaped
from vfslab.views.asking import widget
from vfslab.views.diagram import Diagram
from vfslab.views.engine import EngineError
from vfslab.views.scene import data_uri
from vfslab.views.text import tree

from .make import KINDS, practice
from .worlds import LEVELS

SEED_DIGITS = 12


class Panel:
    """Questions of all kinds, kept in ``answers``; begins with the first open one of ``kind`` and ``level``.

    Raises ValueError as ``practice`` does.
    """

    def __init__(self, answers: Answers | None = None, *, kind: str = "next state", level: int = 1) -> None:
        self.answers = Answers() if answers is None else answers
        self._acts: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "kind": lambda message: self._ask(str(message["kind"]), None, self.question.level),
            "level": lambda message: self._ask(self.question.kind, None, int(message["level"])),
            "seed": lambda message: self._ask(
                self.question.kind, _seed(message["seed"]), self.question.level
            ),
            "next": lambda message: self._ask(
                self.question.kind, self.question.seed + 1, self.question.level
            ),
            "hint": lambda message: self._answer(...),
            "check": lambda message: self._answer(str(message["answer"])),
            "load": lambda message: self._load(str(message["text"])),
        }
        self._asked = 0
        self._ask(kind, None, level)

    def _ask(self, kind: str, seed: int | None, level: int) -> None:
        self.question = practice(kind, seed, level=level, answers=self.answers)
        self.verdict: Verdict | None = None
        self.wrong = ""
        self._asked += 1
        self._pictures = [drawn for one in self.question.pictures if (drawn := _picture(*one))]

    def _answer(self, answer: Any) -> None:
        self.verdict = self.question.check(answer)

    def _load(self, text: str) -> None:
        new = self.answers.load_text(text)
        self.wrong = f"{new} answer{'s are' if new != 1 else ' is'} new."

    def answer(self, message: dict[str, Any]) -> None:
        """Do what the page asks: ``do`` says what, the rest is what it takes. A mistake is shown there."""
        self.wrong = ""
        act = self._acts.get(str(message.get("do")))
        try:
            if act is None:
                raise ValueError(f"there is nothing called {str(message.get('do'))[:40]!r} to do")
            act(message)
        except KeyError as missing:
            self.wrong = f"{missing} is missing in what was asked"
        except (ValueError, OSError) as mistake:
            self.wrong = escaped(str(mistake))

    @property
    def state(self) -> dict[str, Any]:
        """All that the page shows."""
        question, verdict = self.question, self.verdict
        right, tried = len(self.answers.right), len(self.answers.right | self.answers.open)
        return {
            "asked": self._asked,
            "kinds": [*KINDS],
            "kind": question.kind,
            "levels": [*map(str, LEVELS)],
            "level": str(question.level),
            "seed": str(question.seed),
            "question": question.question,
            "form": question.form,
            "start": question.start,
            "pictures": self._pictures,
            "verdict": "" if verdict is None else verdict.words,
            "right": verdict is not None and verdict.right,
            "wrong": self.wrong,
            "progress": f"{right} answered right, of {tried} tried",
            "file": self.answers.to_json(),
        }

    def __repr__(self) -> str:
        said = "" if self.verdict is None else f"\n\n{self.verdict.words}"
        return f"{self.question!r}{said}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle, metadata = widget(self, "panel.js", "playground.css", "panel.css")._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}, metadata


def _seed(given: object) -> int:
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= SEED_DIGITS):
        raise ValueError(f"a seed is a whole number from 0 on, of at most {SEED_DIGITS} digits")
    return int(text)


def _picture(title: str, snapshot: Any) -> dict[str, str]:
    """The picture with its title and its text, empty where none can be drawn: the question has it as text."""
    try:
        return {"title": title, "image": data_uri(Diagram(snapshot).svg), "text": tree(snapshot)}
    except EngineError:
        return {}
