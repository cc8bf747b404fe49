"""Each change of the changelog: its bug is found before it, and not after it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from vfslab import changelog
from vfslab.changelog import Fix, entries, evidence, fix, fixes
from vfslab.changelog.facts import facts
from vfslab.cli import main

TESTS = Path(__file__).parent
NOTEBOOKS = TESTS.parent / "notebooks"
each = pytest.mark.parametrize("change", fixes(), ids=lambda change: change.commit)


@each
def test_before_breaks_the_rule_and_after_keeps_it(change: Fix) -> None:
    before, after = change.find("before"), change.find("after")
    assert before.broken
    assert after.broken is None
    assert before.states and after.states
    if before.timeline is not None:
        assert [frame.breaks for frame in before.timeline if frame.breaks][-1] == before.broken


@pytest.mark.slow
@each
def test_the_program_shows_the_break_again(change: Fix, capsys: pytest.CaptureFixture[str]) -> None:
    found = change.find("before")
    exec(found.replay, {})
    printed = capsys.readouterr().out
    assert printed.strip()
    if found.timeline is not None:
        assert found.timeline[-2].sentence in printed


@each
def test_what_it_is(change: Fix) -> None:
    assert re.fullmatch("[0-9a-f]{12}", change.commit)
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", change.date)
    assert change.source("after")
    assert change.source("before") != change.source("after")
    assert change.evidence or change.reproducers or change.no_evidence
    assert change.releases


@each
def test_its_place_in_a_notebook(change: Fix) -> None:
    cells = json.loads((NOTEBOOKS / change.notebook).read_text())["cells"]
    headings = [
        line.lstrip("# ")
        for cell in cells
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("#")
    ]
    assert change.section in headings


@each
def test_real_kernels_were_asked(change: Fix) -> None:
    for name in change.evidence:
        assert (TESTS / "litmus" / f"{name}.mnt").is_file()
        answers = {path.parent.parent.name for path in TESTS.glob(f"recordings/*/{name}.json")}
        assert answers, name
    for name in change.reproducers:
        assert (TESTS / "reproducers" / f"{name}.py").is_file()
        assert len(facts(name)) > 1
    # some kernels have the change, some have not, and their answers differ
    assert not change.evidence or len(evidence(change)) > 1 or change.no_evidence


def test_every_entry_of_the_feed_is_listed() -> None:
    listed = entries()
    feed = json.loads((Path(changelog.__file__).parent / "feed.json").read_text())
    assert [entry.title for entry in listed][: len(feed)] == [row["title"] for row in feed]
    without = {entry.title for entry in listed if entry.fix is None}
    assert without == set()


def test_what_is_no_commit() -> None:
    with pytest.raises(ValueError, match="no change '123' has a module; there are "):
        fix("123")


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fixes"]) == 0
    text = capsys.readouterr().out
    assert "a41dbf5e004e  mount  mount: hold namespace_sem across copy in create_new_namespace()\n" in text
    assert "vfslab.changelog.create_new_namespace; 06-one-lock.ipynb, One failing call" in text


def test_the_command_gives_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fixes", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    row = next(row for row in rows if row["commit"] == "6c4b2243cb6c")
    assert row["module"] == "vfslab.changelog.unshare_fs"
    assert row["releases"][0] == "7.0-rc2"
    assert len(rows) == len(entries())
