"""The benchmark's own parts: what it makes of figures, and that both sides do the same. Nothing is timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmark
from benchmarks import models
from benchmarks.measure import Row, best_of, missing, short

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("ratio", "most", "verdict"),
    [(2.5, 2.5, "ok"), (2.51, 2.5, "OVER"), (9.0, None, ""), (None, None, "")],
)
def test_verdicts(ratio: float | None, most: float | None, verdict: str) -> None:
    assert Row("what", "against", ratio, most).verdict == verdict
    assert missing("what", "against", most, "forbidden").verdict == "not measured"


@pytest.mark.parametrize(
    ("seconds", "words"), [(2, "2 s"), (0.0123, "12.3 ms"), (4.5e-6, "4.5 µs"), (7e-9, "7 ns")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert short(seconds) == words


def test_sides_take_turns() -> None:
    turns: list[str] = []

    def side(name: str, *times: float) -> float:
        turns.append(name)
        return times[turns.count(name) - 1]

    assert best_of(3, lambda: side("a", 3, 1, 2), lambda: side("b", 5, 6, 4)) == [1, 4]
    assert "".join(turns) == "ababab"


def test_a_run_is_kept_and_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        Row("one", "other", 1.5, 2),
        missing("two", "other", 2, "forbidden"),
        Row("three", "other", 3, 2),
    ]
    monkeypatch.setattr(benchmark, "GROUPS", {"import": lambda: iter(found)})
    benchmark.main(["--into", str(tmp_path)])
    assert "forbidden" in capsys.readouterr().out
    (kept,) = tmp_path.glob("*.json")
    assert kept.with_suffix(".svg").read_text().startswith("<?xml")
    assert set(json.loads(kept.read_text())["machine"]) == {"cpu", "cores", "kernel", "python"}
    assert benchmark.ratios(kept.read_text()) == {"one": 1.5, "three": 3}
    benchmark.main(["--into", str(tmp_path / "again"), "--against", str(kept)])
    assert "was 1.5" in capsys.readouterr().out


def test_the_model_has_as_many_mounts_as_it_says() -> None:
    assert len(models.many_mounts(10).mounts) == 3 + 10
    kernel = models.shared_mount(3)
    mount = next(iter(kernel.mounts.values()))
    models.mount_into(kernel)
    assert len(kernel.mounts) == 4 + 2 * 3 and mount.mnt_id in {
        each.mnt_id for each in kernel.mounts.values()
    }
    models.umount_tree(tree := models.shared_tree(), 10)
    assert len(tree.mounts) == 5
