"""The README's transcript runs, its picture shows what comes of it, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import readme_picture
from vfslab.oracle.compare import check

README = Path(__file__).parent.parent / "README.md"


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


PROGRAMS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
SAYS = ("mnt_share of mount 1", "two have counted, and it is 1")


@pytest.mark.parametrize(("program", "says"), list(zip(PROGRAMS, SAYS, strict=True)))
def test_its_programs_run(program: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(program, {"__name__": "__main__"})
    assert says in capsys.readouterr().out
