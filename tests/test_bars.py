"""Bars of parts, and bars of what is held on each way out: as text and as pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vfslab.views.bars import HeldBars, PartBars, held_bars, part_bars

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
    ("plot", "texts"),
    [
        (part_bars(AMOUNTS), [" 4,129", " 192"]),
        (
            held_bars(WAYS),
            [
                *(" given back", " given back", " never given back"),
                *(" handed over", " given back"),
            ],
        ),
    ],
    ids=["parts", "held"],
)
def test_as_pictures(plot: PartBars | HeldBars, texts: list[str]) -> None:
    assert [text.get_text() for axes in plot.figure.axes for text in axes.texts] == texts
    assert plot._repr_mimebundle_() == plot._repr_mimebundle_()


@pytest.mark.parametrize("plot", [lambda: part_bars({}), lambda: held_bars({"no memory": ()})])
def test_nothing_to_draw(plot: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="there is no"):
        plot()
