"""The running kernel behind the system-call seam: its answers, its shells, names from outside."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sandboxes import START, Call, bind, make, move, succeed, tmpfs
from vfslab import mountinfo
from vfslab.calls import CALLS
from vfslab.kernel.flags import (
    CLONE_NEWNS,
    MNT_DETACH,
    MNT_EXPIRE,
    MNT_FORCE,
    MS_NOUSER,
    MS_PRIVATE,
    MS_RDONLY,
    MS_SHARED,
    MS_SLAVE,
    MS_UNBINDABLE,
    UMOUNT_NOFOLLOW,
)
from vfslab.machine import Answer
from vfslab.oracle import agent_calls
from vfslab.oracle.live import RunningKernel

pytestmark = pytest.mark.kernel


@pytest.fixture
def kernel() -> Iterator[RunningKernel]:
    with RunningKernel() as machine:
        yield machine


def table(machine: RunningKernel, shell: str = "sh1") -> list[tuple[str, str, tuple[str, ...]]]:
    """A shell's mountinfo: (mountpoint, source, tags)."""
    entries = mountinfo.parse(machine.call(shell, "mountinfo").value)
    return [(entry.mountpoint, entry.source, entry.tags) for entry in entries]


# --- what a machine starts with -----------------------------------------------------


def test_the_start(kernel: RunningKernel) -> None:
    assert kernel.release == os.uname().release
    assert table(kernel) == [("/", "tmpfs", ())]
    assert kernel.call("sh1", "getcwd") == Answer("/")
    assert kernel.call("sh1", "readdir", "/") == Answer([])
    assert kernel.call("sh1", "stat", "/").value.directory is True


# --- the calls ------------------------------------------------------------------------

# preparation, the call, what it gives: errnos as in mount(2), umount(2), pivot_root(2), … and mounts.md 7
ERRNOS: list[tuple[tuple[Call, ...], Call, str | None]] = [
    ((), tmpfs("/d"), None),
    ((), tmpfs("/none"), "ENOENT"),
    ((), tmpfs("/f"), "ENOTDIR"),
    ((), ("mount", "none", "/d", None, 0, None), "EINVAL"),
    ((), ("mount", "none", "/d", "nullfs", 0, None), "ENODEV"),
    ((), ("mount", "none", "/d", "tmpfs", MS_NOUSER, None), "EINVAL"),
    ((), ("mount", "none", "/d", "tmpfs", 0, "no-such-option=1"), "EINVAL"),
    ((), tmpfs("/" + "a" * 256), "ENAMETOOLONG"),
    ((), bind("/d", "/e"), None),
    ((), bind(None, "/e"), "EINVAL"),
    ((), bind("/none", "/e"), "ENOENT"),
    ((), bind("/d", "/f"), "ENOTDIR"),
    ((make(MS_UNBINDABLE, "/m"),), bind("/m", "/e"), "EINVAL"),
    ((), make(MS_SHARED, "/d"), "EINVAL"),
    ((), make(MS_SHARED | MS_SLAVE, "/m"), "EINVAL"),
    ((), make(MS_SHARED | MS_RDONLY, "/m"), "EINVAL"),
    ((), move("/d", "/e"), "EINVAL"),
    ((), move("/m", "/f"), "EINVAL"),
    ((), move("/m", "/m/x"), "ELOOP"),
    ((), move("/", "/d"), "ELOOP"),
    ((make(MS_SHARED, "/"),), move("/m", "/d"), "EINVAL"),
    ((), ("umount2", "/m", 0), None),
    ((), ("umount2", "/d", 0), "EINVAL"),
    ((), ("umount2", "/none", 0), "ENOENT"),
    ((), ("umount2", "/m", 1 << 30), "EINVAL"),
    ((("chdir", "/m"),), ("umount2", "/m", 0), "EBUSY"),
    ((("chdir", "/m"),), ("umount2", "/m", MNT_DETACH), None),
    ((), ("umount2", "/m", MNT_EXPIRE), "EAGAIN"),
    ((), ("umount2", "/m", UMOUNT_NOFOLLOW | MNT_FORCE), None),
    ((), ("umount2", "/m", MNT_EXPIRE | MNT_DETACH), "EINVAL"),
    ((("mkdir", "/m/o"),), ("pivot_root", "/m", "/m/o"), None),
    ((), ("pivot_root", "/m", "/d"), "EBUSY"),
    ((), ("pivot_root", "/d", "/d"), "EBUSY"),
    ((), ("pivot_root", "/m", "/f"), "ENOTDIR"),
    ((make(MS_SHARED, "/m"),), ("pivot_root", "/m", "/m/x"), "EINVAL"),
    ((), ("unshare", CLONE_NEWNS), None),
    ((), ("unshare", 1), "EINVAL"),
    ((), ("chdir", "/f"), "ENOTDIR"),
    ((), ("chroot", "/none"), "ENOENT"),
    ((), ("mkdir", "/d"), "EEXIST"),
    ((), ("mkdir", ""), "ENOENT"),
    ((), ("mknod", "/f"), "EEXIST"),
    ((), ("mknod", "/none/f"), "ENOENT"),
    ((), ("utimensat", "/f"), None),
    ((), ("utimensat", "/none"), "ENOENT"),
    ((), ("rmdir", "/d"), None),
    ((), ("rmdir", "/m"), "EBUSY"),
    ((("mkdir", "/d/d"),), ("rmdir", "/d"), "ENOTEMPTY"),
    ((), ("rmdir", "/f"), "ENOTDIR"),
    ((), ("unlink", "/f"), None),
    ((), ("unlink", "/d"), "EISDIR"),
    ((bind("/f", "/f"),), ("unlink", "/f"), "EBUSY"),
    ((), ("readdir", "/f"), "ENOTDIR"),
    ((), ("stat", "/none"), "ENOENT"),
    ((), ("readfile", "/d"), "EISDIR"),
    ((("mkdir", "/d/d"), ("chdir", "/d/d"), ("rmdir", "/d/d")), ("getcwd",), "ENOENT"),
]


@pytest.mark.parametrize(("preparation", "call", "errno"), ERRNOS)
def test_errno(kernel: RunningKernel, preparation: tuple[Call, ...], call: Call, errno: str | None) -> None:
    succeed(kernel, "sh1", *START, *preparation)
    assert kernel.call("sh1", *call) == Answer(None, errno)


VALUES: list[tuple[tuple[Call, ...], Call, Any]] = [
    ((), ("readdir", "/"), ["d", "e", "f", "m"]),
    ((), ("readdir", "/m"), ["x"]),
    ((), ("readfile", "/f"), ""),
    ((), ("getcwd",), "/"),
    ((("chdir", "/m/x"),), ("getcwd",), "/m/x"),
    ((("chdir", "/m"), ("chdir", "..")), ("getcwd",), "/"),
    # getcwd(2): "(unreachable)" is put before a cwd that is not below the root
    ((("chroot", "/d"),), ("getcwd",), "(unreachable)/"),
    ((("chdir", "/m/x"), ("umount2", "/m", MNT_DETACH)), ("getcwd",), "(unreachable)/x"),
    # a root that was unmounted lazily is where the process stays; nothing is reachable in a namespace
    ((("umount2", "/", MNT_DETACH),), ("mountinfo",), ""),
    ((("umount2", "/", MNT_DETACH),), ("readdir", "/"), ["d", "e", "f", "m"]),
    ((("pivot_root", "/m", "/m/x"),), ("readdir", "/x"), ["d", "e", "f", "m"]),
    ((("pivot_root", "/m", "/m/x"),), ("getcwd",), "/"),
]


@pytest.mark.parametrize(("preparation", "call", "value"), VALUES)
def test_value(kernel: RunningKernel, preparation: tuple[Call, ...], call: Call, value: Any) -> None:
    succeed(kernel, "sh1", *START, *preparation)
    assert kernel.call("sh1", *call) == Answer(value)


def test_stat_tells_files_apart_and_follows_mounts(kernel: RunningKernel) -> None:
    succeed(kernel, "sh1", *START, bind("/d", "/e"))
    found = {path: kernel.call("sh1", "stat", path).value for path in ("/", "/d", "/e", "/f", "/m", "/m/..")}
    assert found["/d"] == found["/e"]
    assert found["/m/.."] == found["/"]
    assert len(set(found.values())) == 4
    assert found["/m"].dev != found["/"].dev
    assert [path for path, stat in found.items() if not stat.directory] == ["/f"]


def test_the_first_root_can_be_moved_away_from_and_unmounted(kernel: RunningKernel) -> None:
    """A locked root, as a new user namespace would make it, would say EINVAL to both."""
    succeed(kernel, "sh1", *START, ("pivot_root", "/m", "/m/x"), ("mkdir", "/y"), move("/x", "/y"))
    assert table(kernel) == [("/y", "tmpfs", ()), ("/", "M", ())]
    succeed(kernel, "sh1", ("umount2", "/y", 0))
    assert table(kernel) == [("/", "M", ())]


# --- shells ---------------------------------------------------------------------------


def test_a_new_shell_has_the_namespace_root_and_cwd_of_sh1(kernel: RunningKernel) -> None:
    succeed(kernel, "sh1", *START, ("chdir", "/m/x"))
    kernel.start("sh2")
    succeed(kernel, "sh1", ("chdir", "/d"), tmpfs("/e", "E"))
    assert kernel.call("sh2", "getcwd").value == "/m/x"
    assert kernel.call("sh2", "mountinfo") == kernel.call("sh1", "mountinfo")
    succeed(kernel, "sh1", ("chroot", "/m"), ("chdir", "/"))
    kernel.start("sh3")
    assert kernel.call("sh3", "readdir", "/").value == ["x"]
    assert kernel.call("sh2", "readdir", "/").value == ["d", "e", "f", "m"]


@pytest.mark.parametrize(
    ("root", "seen_by_other"),
    [(MS_SHARED, True), (MS_PRIVATE, False), (MS_UNBINDABLE, False)],
)
def test_unshare_copies_the_namespace(kernel: RunningKernel, root: int, seen_by_other: bool) -> None:
    """mount_namespaces(7): only a shared mount tells the copy."""
    succeed(kernel, "sh1", *START, make(root, "/"))
    kernel.start("sh2")
    succeed(kernel, "sh2", ("unshare", CLONE_NEWNS))
    succeed(kernel, "sh1", tmpfs("/d", "D"))
    assert (("/d", "D") in [row[:2] for row in table(kernel, "sh2")]) is seen_by_other


def test_a_namespace_ends_with_its_last_shell(kernel: RunningKernel) -> None:
    """Nobody but the shells is in the namespace: the last peer is alone once sh1 has gone elsewhere."""
    succeed(kernel, "sh1", *START, make(MS_SHARED, "/m"))
    kernel.start("sh2")
    succeed(kernel, "sh2", ("unshare", CLONE_NEWNS), make(MS_SLAVE, "/m"))
    ((tag,),) = (tags for _, source, tags in table(kernel, "sh2") if source == "M")
    assert tag.startswith("master:")
    succeed(kernel, "sh1", ("unshare", CLONE_NEWNS), make(MS_PRIVATE, "/m"))
    assert table(kernel, "sh2")[1] == ("/m", "M", ())


def test_threads_take_turns(kernel: RunningKernel) -> None:
    shells = ["sh1", "sh2", "sh3", "sh4"]
    for shell in shells[1:]:
        kernel.start(shell)
    succeed(kernel, "sh1", *(("mkdir", f"/{shell}") for shell in shells))
    for shell in shells:
        succeed(kernel, shell, ("chdir", f"/{shell}"))
    answers: dict[str, set[Any]] = {shell: set() for shell in shells}

    def ask(shell: str) -> None:
        for _ in range(200):
            answers[shell].add(kernel.call(shell, "getcwd").value)

    threads = [threading.Thread(target=ask, args=(shell,)) for shell in shells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {shell: {f"/{shell}"} for shell in shells}


# --- names and arguments from outside -------------------------------------------------

NAMES = [
    "a b",
    " ",
    "new\nline",
    "tab\tcarriage\r",
    "back\\slash",
    "\\040",
    "#",
    "-rf",
    "quote\"'`$(x)",
    "\x1b[31m",
    "é",
    "日本",
    "\udcff\udc80",
    "x" * 255,
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names(kernel: RunningKernel, name: str) -> None:
    path = f"/{name}"
    succeed(kernel, "sh1", ("mkdir", path), tmpfs(path, name), ("chdir", path))
    assert kernel.call("sh1", "getcwd").value == path
    assert kernel.call("sh1", "readdir", "/").value == [name]
    assert table(kernel)[1:] == [(path, name, ())]


@pytest.mark.parametrize(
    ("shell", "call", "message"),
    [
        ("sh1", ("mkdir", "/a\0b"), "holds a NUL"),
        ("sh1", ("mount", "a\0b", "/", "tmpfs", 0, None), "holds a NUL"),
        ("sh1", ("mkdir", "/\ud800"), "stands for no bytes"),
        ("sh1", ("mkdir", b"/a"), "is no string"),
        ("sh1", ("umount2", "/", -1), "is no flags of 32 bits"),
        ("sh1", ("umount2", "/", 1 << 32), "is no flags of 32 bits"),
        ("sh1", ("reboot",), r"there is no call reboot\(\)"),
        ("sh1", ("mkdir",), r"there is no call mkdir\(\)"),
        ("sh1", ("start",), r"there is no call start\(\)"),
        ("sh2", ("getcwd",), "there is no shell 'sh2'"),
    ],
)
def test_what_no_system_call_can_take(kernel: RunningKernel, shell: str, call: Call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kernel.call(shell, *call)
    assert kernel.call("sh1", "readdir", "/") == Answer([])


def test_a_shell_starts_once(kernel: RunningKernel) -> None:
    kernel.start("sh2")
    for shell in ("sh1", "sh2"):
        with pytest.raises(ValueError, match="already"):
            kernel.start(shell)


def test_long_messages_both_ways(kernel: RunningKernel) -> None:
    assert kernel.call("sh1", "mkdir", "/a" * 100_000) == Answer(None, "ENAMETOOLONG")
    names = [f"{number:0200}" for number in range(1500)]
    succeed(kernel, "sh1", *(("mkdir", f"/{name}") for name in names))
    assert kernel.call("sh1", "readdir", "/").value == names


def test_a_file_too_long_to_read(kernel: RunningKernel) -> None:
    """/proc/self/pagemap is longer than anybody would print. Needs a new procfs, so needs root."""
    if kernel.call("sh1", "mount", "proc", "/", "proc", 0, None).errno == "EPERM":
        pytest.skip("a procfs may be mounted by root alone")
    succeed(kernel, "sh1", ("chdir", "/.."))
    assert kernel.call("sh1", "readfile", "self/pagemap") == Answer(None, "EFBIG")
    assert kernel.call("sh1", "readfile", "self/comm").value


def test_every_call_is_known_on_both_sides() -> None:
    """The names here and in the program inside the sandbox are two lists; they must not part."""
    assert agent_calls.CALLS.keys() | {"clone"} == CALLS.keys()
    used = {name for preparation, call, _ in (*ERRNOS, *VALUES) for name, *_ in (*START, *preparation, call)}
    assert used <= CALLS.keys()
