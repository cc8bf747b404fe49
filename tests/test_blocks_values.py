"""Building blocks: what nobody wrote, bitmaps, memory with holes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.bitmap import Bitmap
from vfslab.blocks.leftover import LeftOver, declared, is_written
from vfslab.blocks.memory import NULL, Fault, nofault, read

# --- what nobody wrote


@given(st.binary(min_size=1, max_size=8), st.data())
def test_a_declared_field_has_the_bits_that_lay_there(stack: bytes, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, 8 * len(stack) - 1))
    bits = data.draw(st.integers(1, 8 * len(stack) - first))
    text = "".join(format(byte, "08b")[::-1] for byte in stack)
    value = declared({"field": (first, bits)}, stack)["field"]
    assert value == int(text[first : first + bits][::-1], 2)
    assert not is_written(value)


def test_what_is_computed_is_written() -> None:
    value = LeftOver(3)
    assert (str(value), repr(value)) == ("3 (left over)", "LeftOver(3)")
    assert is_written(value + 1)


@pytest.mark.parametrize("place", [(0, 9), (-1, 2), (8, 1), (0, 0)], ids=str)
def test_a_field_outside_the_stack(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="field has bits"):
        declared({"field": place}, b"\0")


# --- bitmaps


@given(st.text("01", min_size=1, max_size=40))
def test_the_first_zero_is_found_set_and_cleared(text: str) -> None:
    bitmap = Bitmap(text)
    assert str(bitmap) == text
    assert list(bitmap.zeros()) == [number for number, bit in enumerate(text) if bit == "0"]
    first = bitmap.find_first_zero_bit()
    assert first == (text.index("0") if "0" in text else len(text))
    if first < len(text):
        assert not bitmap.test_and_set_bit(first)
        assert bitmap.test_and_set_bit(first)
        bitmap.clear_bit(first)
        assert str(bitmap) == text


@pytest.mark.parametrize("text", ["", "012", "a"])
def test_what_is_no_bitmap(text: str) -> None:
    with pytest.raises(ValueError, match="no row of 0 and 1"):
        Bitmap(text)


@pytest.mark.parametrize("bit", [-1, 3])
def test_a_bit_that_is_not_there(bit: int) -> None:
    for call in (Bitmap("000").test_and_set_bit, Bitmap("000").clear_bit):
        with pytest.raises(IndexError, match="of 3"):
            call(bit)


# --- memory


@pytest.mark.parametrize(
    ("address", "words"), [(NULL, "null-ptr-deref"), (666, "paging request at 666")], ids=["NULL", "hole"]
)
def test_a_hole_in_memory(address: int, words: str) -> None:
    memory = {NULL: "nobody sees it", 1000: "a thing"}
    with pytest.raises(Fault, match=words):
        read(memory, address)
    assert nofault(lambda: read(memory, address), "otherwise") == "otherwise"
    assert nofault(lambda: read(memory, 1000), "otherwise") == "a thing"


def test_only_faults_are_caught() -> None:
    with pytest.raises(AttributeError):
        nofault(lambda: read({1: "a thing"}, 1).no_such_field, None)
