"""The table of the corpus: what its cells say, and that a difference ends it with status 1."""

from __future__ import annotations

import pytest

import corpus
from litmus_files import Litmus, load
from shared_subtrees import FOLDER
from vfslab.kernel import RELEASES

RIGHT = load(FOLDER / "bind-shared-onto-shared.mnt")
WRONG = ("sh1# mkdir /a", "sh1# umount /a", "#! EBUSY")
MODELS = corpus.models()


def made(name: str, *lines: str, releases: tuple[str, ...] = ("6.18", "7.2")) -> Litmus:
    return Litmus(name, "title", "source", tuple(enumerate(lines, 1)), releases)


def test_cells_and_counts() -> None:
    case = made("shelf/wrong", *WRONG)
    lines, told = corpus.table([RIGHT, case], MODELS)
    rows = {words[0]: words[1:] for words in map(str.split, lines) if words}
    assert rows[RIGHT.name] == ["ok"] * len(MODELS)
    asked = [name in ("6.18", "7.2") for name in RELEASES]
    assert rows[case.name] == ["DIFFERS" if there else "-" for there in asked]
    assert rows["shelf"] == ["0/1" if there else "0/0" for there in asked]
    assert rows["shared-subtree"] == ["1/1"] * len(MODELS)
    assert [line.split(":")[:3] for line in told] == [
        ["model 6.18", " shelf/wrong", "3"],
        ["model 7.2", " shelf/wrong", "3"],
    ]


@pytest.mark.parametrize(("lines", "status"), [((*WRONG[:2], "#! EINVAL"), 0), (WRONG, 1)])
def test_the_status(
    lines: tuple[str, ...], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corpus, "all_litmus", lambda: [made("a/a", *lines)])
    monkeypatch.setattr(corpus, "running_kernel", list)
    assert corpus.main(["a"]) == status
    assert ("expected 'EBUSY'" in capsys.readouterr().out) == bool(status)


def test_an_unknown_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus.main(["no\x1bsuch"]) == 2
    assert r"no such shelf or case: no\x1bsuch" in capsys.readouterr().err


@pytest.mark.kernel
def test_the_running_kernel_is_held_against_the_file_and_the_nearest_model() -> None:
    (kernel,) = corpus.running_kernel()
    assert kernel.ask(RIGHT) == []
    assert len(kernel.ask(made("shelf/wrong", *WRONG))) == 1
