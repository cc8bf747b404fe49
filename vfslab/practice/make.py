"""Which kinds of question there are, and one of them from its seed.

A module of ``KINDS`` makes those of its kind; the lessons' own exercises are
in ``vfslab.exercises``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType

from vfslab.exercises import Answers

from . import command, next_state, repair, schedule, types
from .question import Question
from .worlds import LEVELS

KINDS: Mapping[str, Callable[[int, int], Question]] = MappingProxyType(
    {module.KIND: module.question for module in (next_state, command, types, schedule, repair)}
)


def practice(
    kind: str, seed: int | None = None, *, level: int = 1, answers: Answers | None = None
) -> Question:
    """The question of that kind, seed and level, the same each time.

    Without ``seed`` it is the first that ``answers``, where the answers to it are kept, has nothing right of.
    ``level`` is from 1 to 4. Raises ValueError for a kind, seed or level that is none.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are {', '.join(KINDS)}")
    if type(level) is not int or level not in LEVELS:
        raise ValueError(f"level is a whole number from {LEVELS[0]} to {LEVELS[-1]}, not {level!r}")
    if seed is None:
        right = frozenset() if answers is None else answers.right
        seed = next(number for number in count() if f"{kind}:{level}:{number}" not in right)
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed is a whole number from 0 on, not {seed!r}")
    return replace(KINDS[kind](seed, level), answers=answers)
