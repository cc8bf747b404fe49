"""hints: branches with a hint in the source, how often the hint was right, and what a CPU learns by itself.

The profile is of the annotations likely() and unlikely(); the predictor is a table of counters as CPUs have
them. Neither is told of the other, and what the branches decide is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Score(NamedTuple):
    """How often a guess was right, how often wrong."""

    right: int = 0
    wrong: int = 0

    def after(self, right: bool) -> Score:
        """The score with one guess more."""
        return Score(self.right + right, self.wrong + (not right))

    @property
    def percent_wrong(self) -> float | None:
        """None before the first guess."""
        return 100 * self.wrong / (self.right + self.wrong) if any(self) else None


@dataclass
class Profile:
    """Counts for each annotated branch, by its name, how often the hint was right."""

    scores: dict[str, Score] = field(default_factory=dict)

    def likely(self, branch: str, condition: bool) -> bool:
        """``condition``, which the source calls likely."""
        return self._annotated(branch, condition, condition)

    def unlikely(self, branch: str, condition: bool) -> bool:
        """``condition``, which the source calls unlikely."""
        return self._annotated(branch, condition, not condition)

    def misleading(self) -> dict[str, Score]:
        """The branches whose hint is wrong more often than right."""
        return {branch: score for branch, score in self.scores.items() if score.wrong > score.right}

    def _annotated(self, branch: str, condition: bool, right: bool) -> bool:
        self.scores[branch] = self.scores.get(branch, Score()).after(right)
        return condition


@dataclass
class Predictor:
    """Saturating counters of ``bits`` bits, one for each branch, which begin in the middle, at "not taken".

    With one bit a branch is expected to do what it did last.
    """

    bits: int = 2
    scores: dict[str, Score] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def predict(self, branch: str) -> bool:
        """Whether the branch is expected to be taken."""
        return self.counters.get(branch, self._half - 1) >= self._half

    def ran(self, branch: str, taken: bool) -> bool:
        """The branch has run: count and learn. Whether it had been predicted right."""
        right = self.predict(branch) == taken
        self.scores[branch] = self.scores.get(branch, Score()).after(right)
        counter = self.counters.get(branch, self._half - 1) + (1 if taken else -1)
        self.counters[branch] = min(max(counter, 0), 2 * self._half - 1)
        return right

    @property
    def _half(self) -> int:
        return 1 << (self.bits - 1)


def learned(outcomes: Iterable[bool], bits: int = 2) -> Score:
    """How a predictor fares with one branch that does ``outcomes`` in a row."""
    predictor = Predictor(bits)
    for taken in outcomes:
        predictor.ran("", taken)
    return predictor.scores.get("", Score())
