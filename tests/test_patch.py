"""The two columns of a change, and what real kernels said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfslab import Patch
from vfslab.changelog import Fix, evidence, fix, fixes


def test_as_a_difference() -> None:
    lines = repr(Patch(fix("81f16c9778d7"))).splitlines()
    assert lines[:2] == ["--- before", "+++ after 81f16c9778d7"]
    assert "+    if ns is MNT_NS_INTERNAL:" in lines


def test_a_new_function_stands_alone() -> None:
    patch = Patch(fix("9b8a0ba68246"))
    assert repr(patch).startswith("def create_new_namespace(")
    assert "before" not in patch.html().split("<p>")[1].split("</p>")[0]


@pytest.mark.parametrize("change", fixes(), ids=lambda change: change.commit)
def test_as_columns(change: Fix) -> None:
    html = Patch(change).html()
    assert html.count("<pre>") == (2 if change.source("before") else 1)
    # marked by a sign, not by colour alone
    assert ">+ " in html
    assert "<def" not in html


def test_kernels_with_one_answer_stand_together() -> None:
    said = evidence(fix("6c4b2243cb6c"))
    assert [one.kernels for one in said] == [("6.18.5",), ("6.18.44", "7.0.13", "7.1.13", "7.2.12")]
    assert "sh2# pwd\n      (unreachable)/" in repr(said)


def test_no_recordings(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="come with the repository"):
        evidence(fix("6c4b2243cb6c"), tmp_path / "nowhere")
