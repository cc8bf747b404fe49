"""Every litmus file, on the model in all its releases, and on the running kernel."""

from __future__ import annotations

import pytest

from litmus_files import Litmus, all_litmus, differences
from vfslab import invariants
from vfslab.kernel import RELEASES
from vfslab.model import Model

LITMUS = all_litmus()


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("litmus", LITMUS, ids=[litmus.name for litmus in LITMUS])
def test_the_model(litmus: Litmus, release: str) -> None:
    if release in litmus.not_in:
        pytest.skip(f"another answer is right in {release}")
    model = Model(release)
    assert differences(litmus, model) == []
    assert invariants.check(model.kernel) == []


@pytest.mark.kernel
@pytest.mark.parametrize("litmus", LITMUS, ids=[litmus.name for litmus in LITMUS])
def test_the_running_kernel(litmus: Litmus) -> None:
    from vfslab.oracle.live import RunningKernel

    with RunningKernel() as kernel:
        assert differences(litmus, kernel) == []


def test_a_wrong_expectation_is_found() -> None:
    lines = ("# wrong", "sh1# mkdir /a", "sh1# umount /a", "#! EBUSY", "#> sh1", "#>   1<- /a tmpfs:/")
    found = differences(Litmus("wrong", "wrong", tuple(enumerate(lines, 1)), ()), Model())
    assert [line.split(": ")[0] for line in found] == ["wrong:4", "wrong:6"]
