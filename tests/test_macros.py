"""A macro is text: what it stands for is put in as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.macros import expand, value

CASES = [
    ("ROOM", {"ROOM": "192 - 24"}, "192 - 24", 168),
    ("4096 - ROOM", {"ROOM": "192 - 24"}, "4096 - 192 - 24", 3880),
    ("4096 - ROOM", {"ROOM": "(192 - 24)"}, "4096 - (192 - 24)", 3928),
    ("2 * SUM", {"SUM": "A + B", "A": "3", "B": "4"}, "2 * 3 + 4", 10),
    ("ROOMS + 1", {"ROOM": "7", "ROOMS": "2"}, "2 + 1", 3),
    ("-(8 / 3)", {}, "-(8 / 3)", -2),
]


@pytest.mark.parametrize(("text", "macros", "expanded", "result"), CASES)
def test_expand_and_value(text: str, macros: dict[str, str], expanded: str, result: int) -> None:
    assert expand(text, macros) == expanded
    assert value(text, macros) == result


def test_a_macro_within_itself_stays() -> None:
    assert expand("A", {"A": "A + B", "B": "A"}) == "A + A"


@pytest.mark.parametrize("text", ["A", "1.5", "1 +", "1 / 0", "f(1)", "'a'", "2 << 3"])
def test_what_is_no_arithmetic(text: str) -> None:
    with pytest.raises(ValueError, match=r"no arithmetic|invalid syntax|modulo by zero|division"):
        value(text)


NUMBERS = st.integers(0, 10_000)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_parentheses_make_it_a_value(outer: int, first: int, second: int) -> None:
    assert value("A - B", {"A": str(outer), "B": f"({first} - {second})"}) == outer - (first - second)
    bare = value("A - B", {"A": str(outer), "B": f"{first} - {second}"})
    assert bare == outer - (first - second) - 2 * second
