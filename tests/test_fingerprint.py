"""fingerprint: the same for worlds that behave alike, another for each thing that may make a difference."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from vfslab.drive.fingerprint import fingerprint
from vfslab.kernel import Kernel
from vfslab.kernel.flags import MNT_DETACH
from vfslab.model import Model
from vfslab.shell.session import Session
from vfslab.take import take

SETUP = "sh1# mkdir /a /b\nsh1# mount -t tmpfs A /a\nsh1# mount --make-shared /a\nsh2# mount --bind /a /b\n"


def session() -> Session:
    made = Session(Model())
    assert all(result.status == 0 for result in made.run_transcript(SETUP))
    return made


def kernel(made: Session) -> Kernel:
    assert isinstance(made.machine, Model)
    return made.machine.kernel


def after(*commands: str, numbers: bool = False) -> bytes:
    made = session()
    for command in commands:
        made.run("sh1", command)
    return fingerprint(kernel(made), numbers=numbers)


@pytest.mark.parametrize(
    "command",
    [
        "mkdir /d",
        "rmdir /c",
        "F = openat AT_FDCWD /a 0",
        "mount --make-unbindable /a",
        "mount -o remount,bind,ro /a",
        "umount2 /b MNT_EXPIRE",
        "umount /b",
        "cd /a",
        "sysctl fs.mount-max=5",
    ],
)
def test_what_makes_a_difference(command: str) -> None:
    assert after("mkdir /c", command) != after("mkdir /c")


def test_a_snapshot_does_not_see_all_of_it() -> None:
    one, other = session(), session()
    one.run("sh1", "mkdir /a/x")
    assert take(kernel(one)) == take(kernel(other))
    assert fingerprint(kernel(one)) != fingerprint(kernel(other))


def test_ids_that_were_used_up_make_none_unless_somebody_knows_one() -> None:
    there_and_back = ("mount -t tmpfs C /b", "umount /b")
    assert after(*there_and_back) == after()
    assert after(*there_and_back, numbers=True) != after(numbers=True)


def test_code_under_way() -> None:
    def at(steps: int, target: str = "/b") -> bytes:
        made = kernel(session())
        code = made.syscall(made.init, "umount2", target, MNT_DETACH)
        for _ in range(steps):
            next(code)
        return fingerprint(made, code)

    assert at(2) == at(2)
    # before the first step only the argument tells the two apart
    assert len({at(0), at(1), at(2), at(3), at(0, "/a"), at(1, "/a")}) == 6


def counted(to: int) -> Callable[[], int]:
    def count() -> int:
        return to

    return count


def by_keyword(to: int) -> Callable[[], int]:
    def count(*, to: int = to) -> int:
        return to

    return count


@pytest.mark.parametrize(
    "make", [counted, by_keyword, lambda to: partial(pow, 2, to), lambda to: partial(pow, exp=to)]
)
def test_what_a_function_has_kept(make: Callable[[int], object]) -> None:
    assert fingerprint(make(1)) == fingerprint(make(1))
    assert fingerprint(make(1)) != fingerprint(make(2))


def test_it_is_the_same_in_every_process() -> None:
    program = "import test_fingerprint as t; print(t.after('umount /b').hex())"
    root = Path(__file__).parents[1]
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}:{root / 'tests'}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert printed == {after("umount /b").hex()}
