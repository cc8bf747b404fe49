"""Exercises: answers that are tried out on the model, and told what is wrong with them.

A module beside this file that defines ``EXERCISES`` is found by itself. Notebooks ask ``check``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from .exercise import Exercise, Verdict, one_of

__all__ = ["Exercise", "Verdict", "check", "exercises", "one_of"]


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by its key, in the order of the keys."""
    found: list[Exercise] = []
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        found += getattr(importlib.import_module(info.name), "EXERCISES", ())
    return {exercise.key: exercise for exercise in sorted(found, key=lambda exercise: exercise.key)}


def check(key: str, answer: Any = ...) -> Verdict:
    """Try ``answer`` out. ``...`` is no answer yet: then the hint is given.

    Raises ValueError for a key that no exercise has.
    """
    exercise = exercises().get(key)
    if exercise is None:
        raise ValueError(f"no exercise {key!r}; there are {', '.join(exercises())}")
    if answer is ...:
        return Verdict(False, f"{key}: no answer yet. {exercise.hint}")
    try:
        wrong = exercise.judge(answer)
    except (TypeError, ValueError) as error:
        wrong = f"that is no answer of the right shape: {error}."
    if wrong is None:
        return Verdict(True, f"{key}: right. {exercise.because}")
    return Verdict(False, f"{key}: not yet: {wrong}")
