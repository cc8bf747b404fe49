"""What happens when, drawn and as text."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote

import pytest

from vfslab.views.moments import CELLS, Moments


def test_a_strip_has_a_sign_for_each_stretch_of_time() -> None:
    lines = repr(Moments({"never": [], "twice": [0, 60], "often": [30.1, 30.2]}, 60, "seconds")).splitlines()
    assert lines[0].startswith("seconds 0 to 60")
    strips = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert strips["never"] == ["." * CELLS, "0"]
    assert strips["twice"] == ["|" + "." * (CELLS - 2) + "|", "2"]
    assert strips["often"] == ["." * 30 + "#" + "." * 29, "2"]


def test_the_picture_is_the_same_each_time() -> None:
    one, other = (Moments({"$a$": [1, 2]}, 3, "s")._repr_mimebundle_() for _ in range(2))
    assert one == other
    assert "$a$" in unquote(unescape(one["text/html"]))


@pytest.mark.parametrize("lanes", [{}, {"late": [4]}, {"early": [-1]}], ids=str)
def test_what_cannot_be_drawn(lanes: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match=r"nothing to plot|is not between"):
        Moments(lanes, 3, "s")
