"""Tables of calls: what was done before, the command, its errno, who refuses, and in which releases.

A row is asked of the model of every release for which it holds, of the running kernel, and
of the kernels in VMs, where what it leaves behind is compared too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from privilege import ask_as_root
from vfslab import invariants
from vfslab.kernel import RELEASES
from vfslab.model import Model
from vfslab.oracle.compare import check, check_run, nearest_release
from vfslab.oracle.outcome import read_commands
from vfslab.oracle.vm import VM, Transcript
from vfslab.shell.session import CommandResult, Session

ALL = tuple(RELEASES)


def since(release: str) -> tuple[str, ...]:
    """The releases from that one on."""
    return ALL[ALL.index(release) :]


def until(release: str) -> tuple[str, ...]:
    """The releases before that one."""
    return ALL[: ALL.index(release)]


class Case(NamedTuple):
    """``before`` are commands that succeed, a ";" between them; then ``command``, which ends in ``errno``.

    None is success; a "!" stands before a command that fails. ``function`` is what refuses in the model.
    """

    name: str
    before: str
    command: str
    errno: str | None
    function: str | None = None
    releases: Sequence[str] = ALL

    @property
    def earlier(self) -> list[str]:
        return [line for line in self.before.split("; ") if line]

    @property
    def transcript(self) -> str:
        return "".join(f"{line.removeprefix('!')}\n" for line in [*self.earlier, self.command])

    def judge(self, results: list[CommandResult]) -> None:
        *earlier, last = results
        for line, result in zip(self.earlier, earlier, strict=True):
            assert (result.status == 0) != line.startswith("!"), result
        assert last.errno == self.errno, last
        assert (last.status == 0) == (self.errno is None), last


def table(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Run a test for each row: its parameter is ``case``."""
    names = [case.name.replace(" ", "-") for case in cases]
    assert len(set(names)) == len(names), "rows have names of their own"
    return pytest.mark.parametrize("case", cases, ids=names)


def ask_models(case: Case) -> None:
    """Every release that the row holds for answers so, and keeps the rules."""
    for release in case.releases:
        with Model(release) as model:
            results = Session(model).run_transcript(case.transcript)
            case.judge(results)
            if case.function is not None:
                reason = results[-1].reason
                assert reason is not None and reason.split(": ")[0] == case.function, reason
            assert invariants.check(model.kernel) == []


def ask_running_kernel(case: Case) -> None:
    """The running kernel answers so, and leaves the mounts behind that its release's model leaves."""
    if nearest_release(os.uname().release) not in case.releases:
        pytest.skip("the row is about other releases")
    ask_as_root(case.transcript)
    comparison = check(case.transcript)
    assert not comparison.differences, "\n".join(comparison.differences)
    assert comparison.commands[-1].errno == case.errno


def ask_in_vm(cases: Sequence[Case], image: Path) -> None:
    """The same of a kernel in a VM, for all rows that hold for its release."""
    release = nearest_release(image.name.partition("-")[2])
    asked = [case for case in cases if release in case.releases]
    transcripts = [Transcript(case.name, read_commands(case.transcript)) for case in asked]
    wrong = []
    with VM(image, transcripts) as vm:
        for case, run in zip(asked, vm.runs(), strict=True):
            comparison = check_run(run)
            errno = run.outcomes[-1].errno
            if comparison.differences or errno != case.errno:
                wrong += [f"{case.name}: {errno}", *comparison.differences]
    assert not wrong, "\n".join(wrong)
