"""An exercise: a question, and a judge that tries the answer out.

Which exercises there are is in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """``key`` is the notebook's number and its own: "05.1".

    ``judge`` tries an answer out and says what is wrong with it, None where nothing is; for an answer
    of a wrong shape it may raise TypeError or ValueError, whose text is then said. ``hint`` helps whoever is
    stuck, ``because`` is said of a right answer, ``reference`` is one.
    """

    key: str
    question: str
    judge: Callable[[Any], str | None]
    hint: str
    because: str
    reference: Any


class Verdict(NamedTuple):
    """What an answer came to: whether it is right, and the words for it."""

    right: bool
    words: str

    def __repr__(self) -> str:
        return self.words


def try_out(exercise: Exercise, answer: Any) -> Verdict:
    """What the exercise's judge says of ``answer``; its hint where that is ``...``."""
    key = exercise.key
    if answer is ...:
        return Verdict(False, f"{key}: no answer yet. {exercise.hint}")
    try:
        wrong = exercise.judge(answer)
    except (TypeError, ValueError) as error:
        wrong = f"that is no answer of the right shape: {error}."
    if wrong is None:
        return Verdict(True, f"{key}: right. {exercise.because}")
    return Verdict(False, f"{key}: not yet: {wrong}")


def one_of(right: Any, *wrong: tuple[Any, str], otherwise: str) -> Callable[[Any], str | None]:
    """A judge for a question that has one answer; likely wrong ones get words of their own."""

    def judge(answer: Any) -> str | None:
        if type(answer) is type(right) and answer == right:
            return None
        return next((words for value, words in wrong if value == answer), otherwise)

    return judge
