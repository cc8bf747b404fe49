"""Symbolic links on the way of a path, as in path_resolution(7) and open(2): model and running kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vfslab.kernel.flags import AT_FDCWD, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_WRONLY
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel

# links made in /, what they hold
LINKS = {"/there": "/a", "/back": "..", "/up": "a/../a", "/gone": "nope", "/self": "self", "/far": "/there/x"}
# a call, its errno
CASES: list[tuple[tuple[Any, ...], str | None]] = [
    (("chdir", "/there"), None),
    (("chdir", "/there/x"), None),
    (("chdir", "/far"), None),
    (("chdir", "/up"), None),
    (("chdir", "/a/../back"), None),
    (("chdir", "/gone"), "ENOENT"),
    (("chdir", "/self"), "ELOOP"),
    (("chdir", "/self/x"), "ELOOP"),
    (("mkdir", "/gone"), "EEXIST"),
    (("mkdir", "/there/y"), None),
    (("rmdir", "/there"), "ENOTDIR"),
    (("unlink", "/there"), None),
    (("rename", "/there", "/here"), None),
    (("symlink", "", "/l"), "ENOENT"),
    (("symlink", "x", "/there"), "EEXIST"),
    (("openat", AT_FDCWD, "/there", O_RDONLY | O_DIRECTORY), None),
    (("openat", AT_FDCWD, "/there", O_RDONLY | O_NOFOLLOW), "ELOOP"),
    (("openat", AT_FDCWD, "/there", O_PATH | O_NOFOLLOW), None),
    (("openat", AT_FDCWD, "/there/", O_RDONLY | O_NOFOLLOW), None),
    # a file is made where a link leads, if it may be followed
    (("openat", AT_FDCWD, "/gone", O_WRONLY | O_CREAT), None),
    (("openat", AT_FDCWD, "/gone", O_WRONLY | O_CREAT | O_EXCL), "EEXIST"),
    (("openat", AT_FDCWD, "/gone", O_WRONLY | O_CREAT | O_NOFOLLOW), "ELOOP"),
    (("openat", AT_FDCWD, "/self", O_WRONLY | O_CREAT), "ELOOP"),
    (("mount", "X", "/there", "tmpfs", 0, None), None),
    (("mount", "X", "/gone", "tmpfs", 0, None), "ENOENT"),
    (("umount2", "/there", 8), "EINVAL"),
    (("umount2", "/there", 0), None),
]


@pytest.fixture(params=["model", pytest.param("kernel", marks=pytest.mark.kernel)])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Model() if request.param == "model" else RunningKernel() as machine:
        for call in (("mkdir", "/a"), ("mount", "A", "/a", "tmpfs", 0, None), ("mkdir", "/a/x")):
            assert machine.call("sh1", *call).errno is None
        for path, target in LINKS.items():
            assert machine.call("sh1", "symlink", target, path).errno is None
        yield machine


@pytest.mark.parametrize(("call", "errno"), CASES)
def test_errno(machine: Machine, call: tuple[Any, ...], errno: str | None) -> None:
    assert machine.call("sh1", *call).errno == errno


def test_a_file_is_made_where_the_link_leads(machine: Machine) -> None:
    assert machine.call("sh1", "openat", AT_FDCWD, "/gone", O_WRONLY | O_CREAT).errno is None
    assert machine.call("sh1", "stat", "/nope").errno is None
