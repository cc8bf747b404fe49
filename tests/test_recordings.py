"""Recordings of real kernels: the model of the nearest release answers each as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import record_corpus
from litmus_files import all_litmus
from record_corpus import FOLDER
from vfslab import cli
from vfslab.model import Model
from vfslab.oracle.compare import check_run
from vfslab.oracle.outcome import read_commands, run_commands
from vfslab.oracle.recording import Recording, load, write
from vfslab.oracle.vm import Transcript

RECORDINGS = sorted(FOLDER.glob("*/*/*.json"))

TRANSCRIPT = """\
mkdir /a
mount -t tmpfs A /a
sh2# unshare -m --propagation private
sh2# umount /a
sh2# umount /a
ls /
mkdir /a/\N{BOX DRAWINGS LIGHT HORIZONTAL}
sh3#
"""


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


# One kernel's are enough for a quick look; the others differ from it where a release does.
QUICK = "7.1.13"
PARAMETERS = [
    pytest.param(path, id=name(path), marks=() if path.parts[-3] == QUICK else pytest.mark.slow)
    for path in RECORDINGS
]


@pytest.mark.parametrize("path", PARAMETERS)
def test_the_model_answers_as_recorded(path: Path) -> None:
    assert check_run(load(path).run).differences == []


def test_several_kernels_are_recorded() -> None:
    assert {load(path).kernel.rpartition(".")[0] for path in RECORDINGS} >= {"6.18", "7.0", "7.1", "7.2"}


def test_a_recording_lies_where_its_name_says_and_is_written_as_it_was_read(tmp_path: Path) -> None:
    for path in RECORDINGS:
        written = write(load(path), tmp_path)
        assert written.relative_to(tmp_path) == path.relative_to(FOLDER)
        assert written.read_bytes() == path.read_bytes()


def test_recordings_are_of_the_litmus_files_as_they_are() -> None:
    """To bring them up to date: python tests/record_corpus.py --stale DIR, as fetch_kernels.py fills it."""
    texts = {litmus.name: litmus.transcript for litmus in all_litmus()}
    recordings = map(load, RECORDINGS)
    assert [
        f"{recording.kernel}/{recording.case}"
        for recording in recordings
        if read_commands(texts.get(recording.case, "")) != recording.run.commands
    ] == []


def recording() -> Recording:
    run = run_commands(Model("7.1"), read_commands(TRANSCRIPT))
    return Recording("shelf/case", "#1 SMP", "in a model", run._replace(release="7.1.0-rc2-cloud"))


def test_a_recording_leaves_out_what_says_nothing(tmp_path: Path) -> None:
    path = write(recording(), tmp_path)
    assert path.relative_to(tmp_path) == Path("7.1.0-rc2/shelf/case.json")
    root, with_a = "1 - 0:1 / / rw,relatime - tmpfs tmpfs rw", "2 1 0:2 / /a rw,relatime - tmpfs A rw"
    copy, copy_of_a = root.replace("1", "3", 1), "4 3 0:2 / /a rw,relatime - tmpfs A rw"
    assert json.loads(path.read_text()) == {
        "case": "shelf/case",
        "release": "7.1.0-rc2-cloud",
        "version": "#1 SMP",
        "taken": "in a model",
        "commands": [
            {"run": "sh1# mkdir /a", "mounts": {"sh1": [root]}},
            {"run": "sh1# mount -t tmpfs A /a", "mounts": {"sh1": [root, with_a]}},
            {
                "run": "sh2# unshare -m --propagation private",
                "mounts": {"sh2": [copy, copy_of_a]},
            },
            {"run": "sh2# umount /a", "mounts": {"sh2": [copy]}},
            {"run": "sh2# umount /a", "status": 32, "errno": "EINVAL"},
            {"run": "sh1# ls /", "printed": ["a"]},
            {"run": "sh1# mkdir /a/\u2500"},
            {"run": "sh3# ", "mounts": {"sh3": [root, with_a]}},
        ],
    }
    assert path.read_text().isascii()


def test_a_recording_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = recording()
    outcomes = tuple(outcome._replace(reason=None, stderr="") for outcome in kept.run.outcomes)
    assert load(write(kept, tmp_path)) == kept._replace(run=kept.run._replace(outcomes=outcomes))


def test_a_shell_that_has_ended_is_recorded(tmp_path: Path) -> None:
    kept = recording()
    *others, last = kept.run.outcomes
    ended = last._replace(mounts={"sh1": last.mounts["sh1"]})
    path = write(kept._replace(run=kept.run._replace(outcomes=(*others, ended))), tmp_path)
    assert json.loads(path.read_text())["commands"][-1]["mounts"] == {"sh2": None}
    read = load(path)
    assert read.run.outcomes[-1].mounts == ended.mounts
    assert check_run(read.run).differences == [
        "7: sh3# \n  sh2 has ended, but for the model\n  sh3 has ended, but for the model"
    ]


@pytest.mark.parametrize(
    ("place", "key", "value", "told"),
    [
        (3, "errno", "EBUSY", "4: sh2# umount /a\n  model:  success\n  kernel: success"),
        (4, "errno", "EBUSY", "5: sh2# umount /a\n  model:  EINVAL, status 32 ("),
        (4, "status", 1, "5: sh2# umount /a\n  model:  EINVAL, status 32 ("),
        (5, "printed", ["b"], "6: sh1# ls /\n  printed:\n    --- model\n    +++ kernel\n    -a\n    +b"),
        (6, "mounts", {"sh2": []}, "7: sh1# mkdir /a/\u2500\n  mountinfo of sh2:\n"),
    ],
)
def test_an_answer_that_differs_is_told(place: int, key: str, value: Any, told: str, tmp_path: Path) -> None:
    path = write(recording(), tmp_path)
    kept = json.loads(path.read_text())
    kept["commands"][place][key] = value
    path.write_text(json.dumps(kept))
    differences = check_run(load(path).run).differences
    assert [difference[: len(told)] for difference in differences] == [told]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"case": "a", "version": "", "taken": "", "release": "7", "commands": 3}',
        "\xff",
    ],
)
def test_a_file_that_is_no_recording(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.json is no recording: "):
        load(path)


def test_only_what_is_stale_is_recorded_and_what_is_gone_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_corpus, "FOLDER", tmp_path)
    first, second, *_ = corpus = all_litmus()
    asked: list[str] = []

    def record(wanted: list[Transcript]) -> Iterator[Recording]:
        for transcript in wanted:
            asked.append(transcript.name)
            run = run_commands(Model("7.1"), transcript.commands)._replace(release="7.1.13-cloud")
            yield Recording(transcript.name, "#1", "in a model", run)

    record_corpus.update("7.1.13-cloud", [first, second], record, only_stale=True)
    record_corpus.update("7.1.13-cloud", [first, second], record, only_stale=True)
    assert asked == [first.name, second.name]
    changed = first._replace(name=second.name)
    record_corpus.update("7.1.13-cloud", [changed, corpus[2]], record, only_stale=True)
    assert asked == [first.name, second.name, second.name, corpus[2].name]
    kept = sorted(load(path).case for path in tmp_path.glob("7.1.13/*/*.json"))
    assert kept == sorted([second.name, corpus[2].name])
    record_corpus.update("7.1.13-cloud", [changed], record, only_stale=False)
    assert asked[4:] == [second.name]


# --- vfslab record ----------------------------------------------------------------------


@pytest.mark.kernel
def test_record_writes_what_the_running_kernel_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "case.mnt").write_text(TRANSCRIPT)
    (shelf / "other.mnt").write_text("mount -t tmpfs A /none\n")
    files = [str(shelf / "case.mnt"), str(shelf / "other.mnt")]
    assert cli.main(["record", *files, "-o", str(tmp_path / "out")]) == 0
    case, other = map(Path, capsys.readouterr().out.splitlines())
    assert (case.parts[-2:], other.parts[-2:]) == (("shelf", "case.json"), ("shelf", "other.json"))
    assert load(other).run.outcomes[0].errno == "ENOENT"
    assert load(case).taken.startswith("on the running kernel, as root")
    assert check_run(load(case).run).differences == []


def test_two_transcripts_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mnt"
    path.write_text("pwd\n")
    assert cli.main(["record", str(path), str(path), "-o", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said == f"vfslab record: two transcripts would be called {tmp_path.name}/a\n"
