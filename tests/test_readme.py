"""The README's transcript runs, its picture shows what comes of it, and its commands exist."""

from __future__ import annotations

import re

import pytest

import readme_picture
from vfslab.oracle.compare import check


def words(svg: str) -> list[str]:
    """The texts of a drawing, wherever the engine that drew it has put them."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


@pytest.mark.dot
def test_the_picture_shows_the_transcript() -> None:
    committed = readme_picture.PICTURE.read_text(encoding="utf-8")
    assert words(committed) == words(readme_picture.draw()), "run python tests/readme_picture.py"


@pytest.mark.kernel
def test_the_transcript_is_true() -> None:
    assert check(readme_picture.transcript()).differences == []
