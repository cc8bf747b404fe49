"""The table of the corpus: what its cells say, and that a difference ends it with status 1."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpus
from corpus import Column
from litmus_files import Litmus, load, read_steps
from record_corpus import FOLDER as RECORDINGS
from shared_subtrees import FOLDER
from vfslab.oracle.recording import load as load_recording
from vfslab.oracle.recording import write

RIGHT = load(FOLDER / "bind-shared-onto-shared.mnt")
WRONG = ("sh1# mkdir /a", "sh1# umount /a", "#! EBUSY")


def made(name: str, *lines: str, releases: tuple[str, ...] = ("6.18", "7.2")) -> Litmus:
    return Litmus(name, "title", "source", read_steps(name, lines), releases)


def recorded(kernel: str) -> Column:
    return Column(kernel, corpus.ask_recordings(RECORDINGS / kernel))


def test_cells_and_counts() -> None:
    wrong = made("shelf/wrong", *WRONG)
    only = RIGHT._replace(releases=("6.18",))
    lines, told = corpus.table([RIGHT, wrong, only], [Column("model", corpus.ask_models), recorded("7.1.13")])
    assert [line.split() for line in lines if line] == [
        ["case", "model", "7.1.13"],
        [RIGHT.name, "ok", "ok"],
        ["shelf/wrong", "DIFFERS", "-"],
        [RIGHT.name, "ok", "-"],
        ["agreeing", "cases", "model", "7.1.13"],
        ["shared-subtree", "2/2", "1/1"],
        ["shelf", "0/1", "0/0"],
    ]
    assert [line.split(":")[:4] for line in told] == [
        ["model", " 6.18", " shelf/wrong", "2"],
        ["model", " 7.2", " shelf/wrong", "2"],
    ]


def test_a_recording_is_held_against_the_file_and_the_nearest_model(tmp_path: Path) -> None:
    path = RECORDINGS / "7.1.13" / f"{RIGHT.name}.json"
    recording = load_recording(path)
    *others, last = recording.run.outcomes
    changed = recording.run._replace(outcomes=(*others, last._replace(errno="EBUSY", status=1)))
    ask = corpus.ask_recordings(tmp_path / "7.1.13")
    assert ask(RIGHT) == "?"
    write(recording._replace(run=changed), tmp_path)
    of_the_file, of_the_model = ask(RIGHT)
    assert of_the_file.endswith("EBUSY (), expected None")
    assert "kernel: EBUSY" in of_the_model
    assert ask(RIGHT._replace(steps=RIGHT.steps[:-1])) == [
        f"{RIGHT.name}: the commands are not those that were recorded"
    ]


@pytest.mark.parametrize(("lines", "status"), [((*WRONG[:2], "#! EINVAL"), 0), (WRONG, 1)])
def test_the_status(
    lines: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corpus, "all_litmus", lambda: [made("a/a", *lines)])
    monkeypatch.setattr(corpus, "columns", lambda: [Column("model", corpus.ask_models)])
    assert corpus.main(["a"]) == status
    assert ("expected EBUSY" in capsys.readouterr().out) == bool(status)


def test_an_unknown_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus.main(["no\x1bsuch"]) == 2
    assert r"no such shelf or case: no\x1bsuch" in capsys.readouterr().err


def test_all_kernels_that_were_recorded_have_a_column() -> None:
    titles = [column.title for column in corpus.columns() if not column.title.startswith("running ")]
    assert titles[:2] == ["model", "6.18.5"]
    assert set(titles[1:]) == {path.name for path in RECORDINGS.iterdir()}


@pytest.mark.kernel
def test_the_running_kernel() -> None:
    assert corpus.ask_running_kernel(RIGHT) == []
    assert corpus.ask_running_kernel(made("a/a", *WRONG, releases=("7.2",))) == "-"
