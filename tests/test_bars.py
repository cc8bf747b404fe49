"""Bars of parts, and bars of what is held on each way out: as text and as pictures."""

from __future__ import annotations

import pytest

from vfslab.views.bars import held_bars, part_bars

AMOUNTS = {"before": {"object": 4096, "header": 33}, "after": {"object": 192}}
WAYS = {
    "an overlap": ("+cd", "+lock", "-lock", "-cd"),
    "no memory": (),
    "forgotten": ("+cd",),
    "the end": ("+cd", "+lock", ">cd", "-lock"),
}


def test_parts_as_text() -> None:
    assert repr(part_bars(AMOUNTS)).splitlines() == [
        "bytes:",
        "before   4,129  = 4,096 object + 33 header",
        "after      192  = 192 object",
    ]


def test_what_is_held_as_text() -> None:
    assert repr(held_bars(WAYS)).splitlines() == [
        "an overlap: +cd +lock -lock -cd",
        "  cd: 0-3, given back",
        "  lock: 1-2, given back",
        "forgotten: +cd",
        "  cd: 0-, never given back",
        "the end: +cd +lock >cd -lock",
        "  cd: 0-2, handed over",
        "  lock: 1-3, given back",
    ]


@pytest.mark.parametrize(
    ("plot", "words"),
    [(part_bars(AMOUNTS), ["header", "4,129"]), (held_bars(WAYS), ["never given back", "an overlap"])],
    ids=["parts", "held"],
)
def test_as_pictures(plot: object, words: list[str]) -> None:
    svg = plot._repr_mimebundle_()["image/svg+xml"]  # type: ignore[attr-defined]
    assert svg == plot._repr_mimebundle_()["image/svg+xml"]  # type: ignore[attr-defined]
    assert all(word in svg for word in words)


@pytest.mark.parametrize("plot", [lambda: part_bars({}), lambda: held_bars({"no memory": ()})])
def test_nothing_to_draw(plot: object) -> None:
    with pytest.raises(ValueError, match="there is no"):
        plot()  # type: ignore[operator]
