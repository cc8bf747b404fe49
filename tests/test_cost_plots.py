"""Predictions beside published figures, scores and maps: as text, and drawn."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote

import pytest

from vfslab.views.cost_plots import Heat, Prediction, Scores

CURVE = {"model": [(0.0, 0.0), (200.0, 10.0)]}
POINT = {"patch": (190.0, 9.7)}

PREDICTION = Prediction(CURVE, POINT, "price, ns", "all $else$", {"elsewhere": (100, 300)})
SCORES = Scores({"hint": (0, 2_631_904), "CPU": (9, 1)}, "where the code lies")
HEAT = Heat({"before": {"0": 3, "8": 2.01}, "after": {"0": 2.01, "8": 2.01}}, "start", "transfers")


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        (
            PREDICTION,
            [
                "price, ns    model",
                "        0   +0.0 %",
                "      200  +10.0 %",
                "published, patch: +9.7 %, as for a price of 190",
                "elsewhere: 100 to 300",
                "Left out: all $else$",
            ],
        ),
        (
            SCORES,
            [
                "           right       wrong   wrong, of all",
                "hint           0   2,631,904   100.0 %",
                "CPU            9           1    10.0 %",
                "Left out: where the code lies",
            ],
        ),
        (
            HEAT,
            ["transfers by start", "            0      8", "before   3.00   2.01", "after    2.01   2.01"],
        ),
    ],
)
def test_as_text(plot: object, words: list[str]) -> None:
    assert repr(plot).splitlines() == words


@pytest.mark.parametrize("plot", [PREDICTION, SCORES, HEAT])
def test_drawn_twice_it_is_the_same(plot: Prediction | Scores | Heat) -> None:
    drawn = plot._repr_mimebundle_()
    assert drawn == plot._repr_mimebundle_()
    assert drawn["text/plain"] == repr(plot)
    assert "<svg" in unquote(unescape(drawn["text/html"]))


def test_names_are_not_read_as_formulas() -> None:
    assert "$else$" in unquote(unescape(PREDICTION._repr_mimebundle_()["text/html"]))


def test_curves_without_a_common_price_leave_gaps() -> None:
    two = Prediction({"one": [(1, 2)], "other": [(3, 4)]}, POINT, "price", "much")
    assert repr(two).splitlines()[1:3] == ["    1  +2.0 %       -", "    3       -  +4.0 %"]


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="one of each"):
        Prediction({}, POINT, "price", "")
    with pytest.raises(ValueError, match="one of each"):
        Prediction(CURVE, {}, "price", "")
    with pytest.raises(ValueError, match="nothing was guessed: b"):
        Scores({"a": (1, 0), "b": (0, 0)}, "")
    with pytest.raises(ValueError, match="no rows"):
        Scores({}, "")
    with pytest.raises(ValueError, match="the same columns"):
        Heat({"a": {"0": 1}, "b": {"1": 1}}, "", "")
