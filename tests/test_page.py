"""Pages: a change or a transcript in one file that asks nobody for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vfslab.changelog import Fix, fix, fixes
from vfslab.cli import main
from vfslab.page import STEPPERS, page_of_fix, page_of_transcript

MEGABYTE = 1_000_000
HOSTILE = [
    '"><script>alert(1)</script>',
    "\\\\N{back}slashes\\n",
    "\u202eright to left",
    "x" * 4096,
    "&lt;",
    "é",
]


def addresses(page: str) -> set[str]:
    """What the page could fetch: all addresses in it but the names of SVG's vocabularies."""
    return {found for found in re.findall(r"""https?://[^\s"'<>%\\]+""", page) if "www.w3.org" not in found}


@pytest.mark.slow
@pytest.mark.parametrize("change", fixes(), ids=lambda change: change.commit)
def test_a_page_for_each_change(change: Fix) -> None:
    page = page_of_fix(change)
    assert len(page) < 2 * MEGABYTE
    assert addresses(page) == set()
    for heading in ("Where it breaks", "The change", "What real kernels said"):
        assert f"<h2>{heading}</h2>" in page


def test_a_page_has_both_sides_and_their_texts() -> None:
    page = page_of_fix(fix("6c4b2243cb6c"))
    assert "unshare: fix unshare_fs() handling" in page
    assert "They part at step 2 of after" in page
    assert "def unshare_fs_if_shared" in page
    assert "sh1# syscall unshare CLONE_NEWNS,CLONE_NEWUTS" in page
    assert "Linux 6.18.5 (new-namespaces/fails-after-the-copy-6.18)" in page


def test_a_page_of_a_transcript() -> None:
    page = page_of_transcript("sh1# mkdir /a\n# a comment\nsh2# umount /b\n", "mine")
    assert page.count("<h3>") == 2
    assert "remedy: make b there first" in page
    assert "<h2>At the end</h2>" in page


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_text_stays_text(word: str) -> None:
    quoted = "'" + word.replace("'", "") + "'"
    page = page_of_transcript(f"sh1# mkdir {quoted}\nsh1# mount -t tmpfs {quoted} {quoted}\n", f"<b>{word}")
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_a_long_transcript_keeps_the_last_steps() -> None:
    page = page_of_transcript("".join(f"sh1# mkdir /{number}\n" for number in range(STEPPERS + 5)), "long")
    assert "The steps of the first 5 calls are left out" in page
    assert page.count("<details><summary>step by step</summary>") == STEPPERS


WRONG = [
    (["page", "-o", "OUT"], "name a commit or a transcript, or ask for --all"),
    (["page", "a41dbf5e004e", "--all", "-o", "OUT"], "name a commit or a transcript, or ask for --all"),
    (["page", "1234567", "-o", "OUT"], "no change '1234567' has a module; `vfslab fixes` lists them"),
    (["page", "a41dbf5e004e", "--release", "7.0", "-o", "OUT"], "--release goes with a transcript"),
    (["page", "nothing.mnt", "-o", "OUT"], "nothing.mnt: No such file or directory"),
    (["page", "nothing.mnt", "--release", "2.6", "-o", "OUT"], "there is no release '2.6' here"),
    (["page", "6c4b2243cb6c", "-o", "/dev/null/no"], "/dev/null/no: Not a directory"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_is_asked_wrongly(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    assert main([str(out) if word == "OUT" else word for word in arguments]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("commit", ["6c4b2243cb6c", "6c4b224"])
def test_the_command_writes_a_page(commit: str, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.html"
    assert main(["page", commit, "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.slow
def test_all_of_them_with_an_index(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "05-thrown-out.html").touch()
    exported = '<style></style><h1 id="x">Why <code>EINVAL</code> &amp; so?<a class="anchor-link">¶</a></h1>'
    (tmp_path / "notebooks" / "04-why-einval.html").write_text(exported, encoding="utf-8")
    assert main(["page", "--all", "-o", str(tmp_path)]) == 0
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<a href="notebooks/05-thrown-out.html">05 Thrown out</a>' in index
    assert '<a href="notebooks/04-why-einval.html">04 Why EINVAL &amp; so?</a>' in index
    assert "<h2>06 One lock</h2>" in index  # a lesson that was not exported
    linked = re.findall(r'href="([0-9a-f]{12}\.html)"', index)
    assert sorted(linked) == sorted(path.name for path in tmp_path.glob("*.html") if path.stem != "index")
