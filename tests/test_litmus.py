"""Every litmus file, on the model in all its releases, and on the running kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

import shared_subtrees
from litmus_files import Litmus, all_litmus, differences, load, read_steps, run
from vfslab import invariants
from vfslab.kernel import RELEASES
from vfslab.kernel.releases import DEFAULT_RELEASE
from vfslab.model import Model

LITMUS = all_litmus()


@pytest.mark.parametrize(
    "release",
    [
        pytest.param(release, marks=() if release == DEFAULT_RELEASE else pytest.mark.slow)
        for release in RELEASES
    ],
)
@pytest.mark.parametrize("shelf", sorted({litmus.shelf for litmus in LITMUS}))
def test_the_model(shelf: str, release: str) -> None:
    found = []
    for litmus in LITMUS:
        if litmus.shelf == shelf and release in litmus.releases:
            model = Model(release)
            found += differences(litmus, run(litmus, model))
            assert invariants.check(model.kernel) == [], litmus.name
    assert found == []


@pytest.mark.kernel
@pytest.mark.parametrize(
    "litmus", [pytest.param(litmus, id=litmus.name) for litmus in LITMUS if litmus.for_this_kernel]
)
def test_the_running_kernel(litmus: Litmus) -> None:
    from vfslab.oracle.live import RunningKernel

    with RunningKernel() as kernel:
        assert differences(litmus, run(litmus, kernel)) == []


def test_the_shared_subtree_shelf_is_what_the_rules_say() -> None:
    shelf = {path.stem: path.read_text(encoding="utf-8") for path in shared_subtrees.FOLDER.glob("*.mnt")}
    assert shelf == shared_subtrees.files()


def test_a_wrong_expectation_is_found() -> None:
    """Each line that is not met is told with the number of its command."""
    lines = (
        *("sh1# mkdir /a", "sh1# umount /a", "#! EBUSY"),
        *("sh1# ls /", "#= b", "#~ c", "#> sh1", "#>   1<- /a tmpfs:/", "#> sh2"),
        *("sh1# umount /a", "sh1# nosuch", "sh1# ls /", "#= a", "#~ a", "#> sh1", "#>   1<- / tmpfs:/"),
    )
    wrong = Litmus("a/wrong", "wrong", "me", read_steps("a/wrong", lines))
    with Model() as model:
        found = differences(wrong, run(wrong, model))
    assert [line.split(": ")[0] for line in found] == [f"a/wrong:{line}" for line in (2, 4, 4, 4, 4, 10, 11)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# title\n\nsh1# pwd\n",
        "# source: first\n# title\n",
        "# title\n# source: s\n# not in 9.9\n",
        "# title\n# source: s\n# seen somewhere\n",
        "# title\n# source: s\n\npwd\n",
        "# title\n# source: s\n\n#! EINVAL\n",
        "# title\n# source: s\n\nsh1# pwd\n#? EINVAL\n",
    ],
)
def test_a_file_that_is_not_as_it_should_be(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.mnt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="/wrong:"):
        load(path)
