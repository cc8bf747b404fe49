"""The same things in the model: kernels of the shapes that ``running_kernel.py`` makes of a real one."""

from __future__ import annotations

from typing import Any

from vfslab.drive import record, run
from vfslab.kernel import Kernel
from vfslab.kernel.flags import CLONE_NEWNS, MNT_DETACH, MS_BIND, MS_SHARED, MS_SLAVE

from .measure import seconds


def call(kernel: Kernel, name: str, *args: Any) -> None:
    result = run(kernel.syscall(kernel.init, name, *args))
    assert result.errno is None, result.reason


def bind(kernel: Kernel, source: str, target: str, type_: int = 0) -> None:
    call(kernel, "mkdir", target)
    call(kernel, "mount", source, target, None, MS_BIND, None)
    if type_:
        call(kernel, "mount", None, target, None, type_, None)


def tmpfs(kernel: Kernel, target: str) -> None:
    call(kernel, "mkdir", target)
    call(kernel, "mount", "none", target, "tmpfs", 0, None)


def prepared() -> Kernel:
    """A kernel that takes any number of mounts, with a tmpfs on /source."""
    kernel = Kernel()
    kernel.mount_max = 1_000_000
    tmpfs(kernel, "/source")
    return kernel


def many_mounts(mounts: int) -> Kernel:
    """That many bind mounts beside each other."""
    kernel = prepared()
    for number in range(mounts):
        bind(kernel, "/source", f"/d{number}")
    return kernel


def unshare(kernel: Kernel, *, recorded: bool = False) -> float:
    """Seconds of unshare(CLONE_NEWNS) in a child that ends."""
    child = kernel.fork(kernel.init, "child")
    code = kernel.syscall(child, "unshare", CLONE_NEWNS)
    taken = seconds(lambda: record(kernel, child, code) if recorded else run(code))
    run(kernel.exit(child))
    return taken


def shared_mount(receivers: int) -> Kernel:
    """A shared mount with that many peers and as many slaves."""
    kernel = prepared()
    tmpfs(kernel, "/shared")
    call(kernel, "mount", None, "/shared", None, MS_SHARED, None)
    call(kernel, "mkdir", "/shared/at")
    for number in range(receivers):
        bind(kernel, "/shared", f"/p{number}")
    for number in range(receivers):
        bind(kernel, "/shared", f"/s{number}", MS_SLAVE)
    return kernel


def mount_into(kernel: Kernel, *, recorded: bool = False) -> float:
    """Seconds of a bind mount into the shared mount, which is taken away again."""
    code = kernel.syscall(kernel.init, "mount", "/source", "/shared/at", None, MS_BIND, None)
    taken = seconds(lambda: record(kernel, kernel.init, code) if recorded else run(code))
    call(kernel, "umount2", "/shared/at", MNT_DETACH)
    return taken


def shared_tree() -> Kernel:
    """A shared mount with one peer, and in it the place of a tree."""
    kernel = prepared()
    tmpfs(kernel, "/shared")
    call(kernel, "mount", None, "/shared", None, MS_SHARED, None)
    bind(kernel, "/shared", "/peer")
    call(kernel, "mkdir", "/shared/tree")
    return kernel


def umount_tree(kernel: Kernel, mounts: int, *, recorded: bool = False) -> float:
    """Seconds of the recursive umount of half that many mounts, which takes as many along at the peer."""
    call(kernel, "mount", "none", "/shared/tree", "tmpfs", 0, None)
    for number in range(mounts // 2 - 1):
        bind(kernel, "/source", f"/shared/tree/d{number}")
    code = kernel.syscall(kernel.init, "umount2", "/shared/tree", MNT_DETACH)
    return seconds(lambda: record(kernel, kernel.init, code) if recorded else run(code))
