"""The smallest transcripts: each ends in its row, has no line too many, and ends so on the running kernel."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files

import pytest

from privilege import ask_as_root, skip_without_root
from vfslab.kernel import Refused, refusals
from vfslab.kernel.effects import Check
from vfslab.kernel.releases import RELEASES
from vfslab.machine import Answer
from vfslab.model import Model
from vfslab.oracle.compare import nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import CommandResult, Session
from vfslab.smallest import UNREACHABLE, Smallest, of_module, smallest

ROWS = dict(refusals.rows())
CASES = smallest()

# Lines that only the running kernel needs: it sets a limit in a user namespace alone.
FOR_THE_KERNEL = {
    "TOO_MANY_MNT_NAMESPACES": "unshare -U -r",
    "TOO_MANY_OTHER_NAMESPACES": "unshare -U -r",
}
# What belongs to the whole machine, and is not changed for a test: limits, the rootfs under everything.
OF_THE_MACHINE = {"TOO_MANY_MOUNTS", "SYSCTL_OUT_OF_RANGE", "ROOTFS_IN_USE"}


# What is so for the owner of the whole machine alone: who may try a sysfs or a block device, and is init.
OF_ITS_OWNER = {
    "CANNOT_CREATE",
    "FSMOUNT_FOR_THE_KERNEL",
    "IDMAP_BY_INIT",
    "NO_BLOCK_DEVICE",
    "NO_SECOND_OPEN",
    "NO_SOURCE_DEVICE",
    "SAME_SUPERBLOCK_ON_ITS_ROOT",
    "SET_TIMES_OF['pidfs']",
    "SUPERBLOCK_NOT_EXCLUSIVE",
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Smallest:
    return CASES[request.param]


class Watched(Model):
    """A model that remembers every refusal."""

    def __init__(self, release: str) -> None:
        super().__init__(release)
        self.refusals: list[Refused] = []

    def call(self, shell: str, name: str, *args: object) -> Answer:
        answer = super().call(shell, name, *args)
        if self.refusal is not None:
            self.refusals.append(self.refusal)
        return answer


def is_row(check: Check, row: Check) -> bool:
    """Whether it is this very row, and no other that reads the same; of a row for any errno, the row."""
    return check is row or (row.function, row.condition) == ("may_create", check.condition)


def ends_in(transcript: str, release: str, row: Check) -> bool:
    """Whether the last command, and no other, fails for that row."""
    with Watched(release) as model:
        try:
            *before, last = Session(model).run_transcript(transcript)
        except ValueError as error:
            assert "not modelled" in str(error)
            return False
        return not any(result.status for result in before) and any(
            is_row(refused.check, row) and refused.reason == last.reason for refused in model.refusals
        )


def test_every_row_has_a_transcript_or_a_reason_why_not() -> None:
    missing = [name for name in ROWS if name not in CASES and name not in UNREACHABLE]
    assert not missing, f"no smallest transcript for {', '.join(missing)}: add them to vfslab/smallest.mnt"


def test_no_reason_where_there_is_a_transcript() -> None:
    assert not UNREACHABLE.keys() & CASES.keys()
    assert UNREACHABLE.keys() <= ROWS.keys()


def test_the_file_holds_nothing_else() -> None:
    text = files("vfslab").joinpath("smallest.mnt").read_text(encoding="utf-8")
    heads = [line.split() for line in text.splitlines() if line.startswith("## ")]
    assert [words[1] for words in heads] == list(CASES), "the order of the rows, each once"
    assert all(words[2] in RELEASES for words in heads if words[2:])


def test_it_ends_in_its_row(case: Smallest) -> None:
    assert ends_in(case.transcript, case.release, case.row)
    assert case.run().errno == case.row.errno


def test_no_line_is_too_many(case: Smallest) -> None:
    lines = case.transcript.splitlines()
    for index, line in enumerate(lines[:-1]):
        if FOR_THE_KERNEL.get(case.name) != line:
            rest = "\n".join(lines[:index] + lines[index + 1 :])
            assert not ends_in(rest, case.release, case.row), line


@cache
def running() -> str:
    return nearest_release(os.uname().release)


def last(machine: Model | RunningKernel, transcript: str) -> CommandResult:
    with machine:
        return Session(machine).run_transcript(transcript)[-1]


@pytest.mark.kernel
def test_the_running_kernel_refuses_it_too(case: Smallest) -> None:
    if case.name in OF_THE_MACHINE:
        pytest.skip("it would change something of the whole machine")
    if case.name in OF_ITS_OWNER:
        skip_without_root("one is not the owner of the machine")
    ask_as_root(case.transcript)
    kernel = last(RunningKernel(), case.transcript)
    assert kernel.errno == last(Model(running()), case.transcript).errno
    if ends_in(case.transcript, running(), case.row):
        assert kernel.errno == case.row.errno


def test_the_rows_of_a_module() -> None:
    cases = list(of_module(refusals.unmounting, "EBUSY"))
    assert [case.name for case in cases] == [
        "UMOUNT_BUSY_CHILD",
        "UMOUNT_BUSY",
        "UMOUNT_COUNTERPART_BUSY",
        "EXPIRE_BUSY",
    ]
    assert str(cases[1]).splitlines() == [
        "EBUSY propagate_mount_busy: mount 3 (A on /a) is in use: a root, a cwd or an open file is on it",
        "  remedy: let its users go elsewhere (fuser -m tells who they are);"
        " or take it away lazily, umount -l",
        "    mkdir /a",
        "    mount -t tmpfs A /a",
        "    cd /a",
        "    umount /a",
    ]
