"""Exercises: answers that are tried out on the model, and told what is wrong with them.

A module beside this file that defines ``EXERCISES`` is found by itself. Notebooks ask ``check``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from .answers import Answers
from .exercise import Exercise, Verdict, one_of, try_out

__all__ = ["Answers", "Exercise", "Verdict", "check", "exercises", "one_of", "try_out"]


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by its key, in the order of the keys."""
    found: list[Exercise] = []
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        found += getattr(importlib.import_module(info.name), "EXERCISES", ())
    return {exercise.key: exercise for exercise in sorted(found, key=lambda exercise: exercise.key)}


def check(key: str, answer: Any = ..., *, answers: Answers | None = None) -> Verdict:
    """Try ``answer`` out. ``...`` is no answer yet: then the hint is given.

    What came of it is kept in ``answers``. Raises ValueError for a key that no exercise has, and as
    ``Answers.add`` does.
    """
    exercise = exercises().get(key)
    if exercise is None:
        raise ValueError(f"no exercise {key!r}; there are {', '.join(exercises())}")
    verdict = try_out(exercise, answer)
    if answers is not None:
        answers.add(key, answer, verdict)
    return verdict
