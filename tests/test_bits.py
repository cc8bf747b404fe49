"""The circle of a type's numbers and the ruler of bits, as text and as a picture."""

from __future__ import annotations

import pytest

from vfslab.blocks.ints import INT_MAX, s32, u8
from vfslab.views.bits import bit_ruler, number_circle


def test_a_circle_as_text() -> None:
    assert repr(number_circle(s32, (4, 1), (INT_MAX, 1))) == (
        "s32: -2,147,483,648 to 2,147,483,647\n"
        "  4 + 1 = 5\n"
        "  2,147,483,647 + 1 = -2,147,483,648, past the end"
    )
    assert repr(number_circle(u8, (255, 1))) == "u8: 0 to 255\n  255 + 1 = 0, past the end"


def test_a_ruler_as_text() -> None:
    assert repr(bit_ruler({"u64": ((1 << 32) + 8192, 64), "cast": (8192, 32)})) == (
        "u64   0000 0001 0000 2000  4,294,975,488\ncast  ---- ---- 0000 2000  8,192"
    )


@pytest.mark.parametrize(
    "plot", [number_circle(s32, (4, 1), (INT_MAX, 1)), number_circle(u8, (255, 1)), bit_ruler({"a": (5, 8)})]
)
def test_they_are_drawn(plot: object) -> None:
    bundle = plot._repr_mimebundle_()  # type: ignore[attr-defined]
    assert bundle["text/plain"] == repr(plot)
    assert bundle["text/html"].startswith("<img ")


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no sum"):
        number_circle(s32)
    with pytest.raises(ValueError, match="256 is no number of u8"):
        number_circle(u8, (256, 1))
    with pytest.raises(ValueError, match="no number"):
        bit_ruler({})
