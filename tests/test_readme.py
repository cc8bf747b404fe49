"""The README's badges open its notebooks, its transcript runs, its picture shows it, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import readme_badges
import readme_picture
from vfslab.oracle.compare import check

README = Path(__file__).parent.parent / "README.md"


def words(svg: str) -> list[str]:
    """The texts of a drawing, wherever the engine that drew it has put them."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def test_badges_open_the_notebooks_of_the_one_repository() -> None:
    text = README.read_text(encoding="utf-8")
    assert readme_badges.written(text) == text, "run python tests/readme_badges.py"
    addresses = dict(re.findall(r"^\[(binder-\d\d)\]: \S*/tree/(\S+)$", text, re.MULTILINE))
    rows = dict(re.findall(r"^\| \[[^]]*\]\((notebooks/\S+)\) \|.*\[(binder-\d\d)\] \|$", text, re.MULTILINE))
    assert {path: addresses[badge] for path, badge in rows.items()} == {path: path for path in rows}
    assert sorted(rows) == sorted(addresses.values())


def test_a_badge_names_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readme_badges, "repository", lambda: "somebody/something")
    written = readme_badges.written("text [badge]\n\n[badge]: old\n[binder-99]: old\n")
    assert written.startswith("text [badge]\n\n[badge]: https://")
    assert "binder-99" not in written
    assert set(re.findall(r"/gh/(.*?)/HEAD", written)) == {"somebody/something"}


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
