"""A picture that is kept up to date is the one that is taken anew."""

from __future__ import annotations

import itertools
import random

import pytest

from random_commands import MODEL_RULES, MOST_MOUNTS, random_walk
from vfslab.drive.run import run
from vfslab.drive.watch import Watch
from vfslab.kernel import RELEASES, Kernel
from vfslab.kernel.flags import CLONE_NEWNS, MS_PRIVATE, MS_SHARED
from vfslab.model import Model
from vfslab.shell.session import Session
from vfslab.take import take

SHARED = ("mount", None, "/", None, MS_SHARED, None)
PRIVATE = ("mount", None, "/", None, MS_PRIVATE, None)


@pytest.mark.slow
@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize(
    ("seed", "release"), list(enumerate(itertools.islice(itertools.cycle(RELEASES), 16)))
)
def test_after_every_command_of_a_walk(seed: int, release: str, recording: bool) -> None:
    model = Model(release, recording=recording)
    session = Session(model)
    before = model.snapshot()
    for shell, command in random_walk(random.Random(seed), 60, MODEL_RULES):
        kept, moment = before, take(model.kernel)
        assert kept == moment, "a picture stays as it was"
        session.run(shell, command)
        before = model.snapshot()
        assert before == take(model.kernel), (shell, command)
        assert list(before.mounts) == list(take(model.kernel).mounts)
        if len(model.kernel.mounts) > MOST_MOUNTS:
            break


def watched() -> tuple[Watch, Kernel]:
    kernel = Kernel()
    watch = Watch(kernel)
    watch.snapshot()
    return watch, kernel


def test_rows_that_nothing_touched_are_the_same_objects() -> None:
    watch, kernel = watched()
    run_here = watch.run(kernel.syscall(kernel.init, "mkdir", "/a"))
    assert run_here.errno is None
    watch.run(kernel.syscall(kernel.init, "mount", "A", "/a", "tmpfs", 0, None))
    before = watch.snapshot()
    watch.run(kernel.syscall(kernel.init, "mount", None, "/a", None, MS_SHARED, None))
    after = watch.snapshot()
    changed = [id for id in after.mounts if after.mounts[id] is not before.mounts[id]]
    assert len(changed) == 1 < len(after.mounts)
    assert not before.mounts[changed[0]].shared


def test_what_another_drives_is_seen() -> None:
    watch, kernel = watched()
    run(kernel.syscall(kernel.init, *SHARED))
    assert watch.snapshot() == take(kernel)
    watch.run(kernel.syscall(kernel.init, *PRIVATE))
    assert watch.snapshot() == take(kernel)


def test_what_another_drives_half_way_is_seen_at_each_step() -> None:
    watch, kernel = watched()
    seen = set()
    for _ in kernel.syscall(kernel.init, "unshare", CLONE_NEWNS):
        picture = watch.snapshot()
        assert picture == take(kernel)
        seen.add(len(picture.mounts))
        watch.run(kernel.syscall(kernel.init, "mkdir", f"/{len(seen)}"))
    assert len(seen) > 1
    assert watch.snapshot() == take(kernel)


def test_code_that_is_given_up_half_way() -> None:
    watch, kernel = watched()
    code = kernel.syscall(kernel.init, "unshare", CLONE_NEWNS)
    for _ in range(8):
        next(code)
    code.close()
    assert kernel.under_way == 0
    assert watch.snapshot() == take(kernel)


def test_a_fork_enters_no_code() -> None:
    watch, kernel = watched()
    child = kernel.fork(kernel.init, "child")
    assert watch.snapshot() == take(kernel)
    watch.run(kernel.exit(child))
    assert watch.snapshot() == take(kernel)
