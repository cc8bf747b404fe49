"""Hints in the source, counted; and a predictor that learns without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.hints import Predictor, Profile, Score, learned


@pytest.mark.parametrize(
    ("hint", "conditions", "score"),
    [
        ("likely", [True, True, False], Score(2, 1)),
        ("unlikely", [True, True, False], Score(1, 2)),
        ("likely", [], None),
    ],
)
def test_a_profile(hint: str, conditions: list[bool], score: Score | None) -> None:
    profile = Profile()
    assert [getattr(profile, hint)("b", condition) for condition in conditions] == conditions
    assert profile.scores.get("b") == score


def test_hints_that_mislead() -> None:
    profile = Profile({"good": Score(9, 1), "even": Score(5, 5), "bad": Score(0, 3)})
    assert profile.misleading() == {"bad": Score(0, 3)}
    assert [score.percent_wrong for score in profile.scores.values()] == [10, 50, 100]
    assert Score().percent_wrong is None


@pytest.mark.parametrize(
    ("bits", "outcomes", "score"),
    [
        (2, [True] * 1000, Score(999, 1)),
        (2, [False] * 1000, Score(1000, 0)),
        (1, [True] * 1000, Score(999, 1)),
        # the last run of a loop: one bit is wrong twice for each, two bits once
        (2, [True, True, True, False] * 100, Score(299, 101)),
        (1, [True, True, True, False] * 100, Score(200, 200)),
        (1, [True, False] * 50, Score(0, 100)),
        (2, [], Score()),
    ],
)
def test_what_a_predictor_learns(bits: int, outcomes: list[bool], score: Score) -> None:
    assert learned(outcomes, bits) == score


@given(st.lists(st.booleans()))
def test_one_bit_expects_what_was_last(outcomes: list[bool]) -> None:
    expected = [False, *outcomes][: len(outcomes)]
    assert learned(outcomes, 1).right == sum(
        one == other for one, other in zip(expected, outcomes, strict=True)
    )


@given(st.booleans(), st.integers(1, 4), st.lists(st.booleans()))
def test_whatever_it_learned_before_a_steady_branch_is_learned_soon(
    taken: bool, bits: int, before: list[bool]
) -> None:
    predictor = Predictor(bits)
    for outcome in before:
        predictor.ran("b", outcome)
    wrong = predictor.scores.get("b", Score()).wrong
    for _ in range(100):
        predictor.ran("b", taken)
    assert predictor.scores["b"].wrong - wrong <= 1 << (bits - 1)


def test_branches_are_learned_apart() -> None:
    predictor = Predictor()
    for _ in range(4):
        predictor.ran("a", True)
    assert predictor.predict("a") and not predictor.predict("b")
