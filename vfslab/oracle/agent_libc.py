"""How the program inside the sandbox reaches the kernel: the C library, numbers of calls, places.

Part of the program that ``agent.py`` begins; it needs no module but the standard
library's. What the calls are for is not known here.

The scratch root has no /proc. A path that leads through one comes as Magic, with the
part behind "/proc/", and is looked up from a descriptor of a procfs outside. The
descriptors of the program itself are not those of its callers, for whom they are closed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

# typing alone would cost a third of the start; type checkers know this name
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

AT_FDCWD = -100
# no descriptor has this number
CLOSED = 0x7FFFFFFF

# numbers from 424 up are the same on all machines; getcwd(2) is here, for libc's own hides a cwd that is
# not below the root; 64-bit processes only
NUMBERS = {
    "aarch64": {"getcwd": 17, "statx": 291},
    "loongarch64": {"getcwd": 17, "statx": 291},
    "ppc64le": {"getcwd": 182, "statx": 383},
    "riscv64": {"getcwd": 17, "statx": 291},
    "s390x": {"getcwd": 183, "statx": 379},
    "x86_64": {"getcwd": 79, "statx": 332},
}
EVERYWHERE = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "clone3": 435,
    "mount_setattr": 442,
    "statmount": 457,
    "listmount": 458,
}
MACHINE = os.uname().machine
SYS = {**NUMBERS.get(MACHINE, {}), **EVERYWHERE}


class Magic(bytes):
    """What stands behind "/proc/" in a path, as the procfs outside knows it: self/fd/5/a, 812/ns/mnt."""


class State:
    """What this process knows of itself.

    ``bottom_dev`` is the device of the namespace's root where that is the machine's own.
    ``procfs`` is a descriptor on a procfs, opened when the sandbox is made, ``given`` are the
    descriptors that calls gave, ``tables`` those of them that mount tables are read from.
    ``outer_owner`` is how the options of a tmpfs name root of a sandbox that is in a user
    namespace. ``machine_is_ours`` says that nobody else is on this machine, so that its
    limits may be changed: a VM sets it.
    """

    def __init__(self) -> None:
        self.procfs = -1
        self.outer_owner = ""
        self.bottom_dev = -1
        self.given: set[int] = set()
        self.tables: set[int] = set()
        self.machine_is_ours = False


def result_or_errno(result: Any, function: Any, arguments: tuple[Any, ...]) -> Any:
    """ctypes errcheck: the result, OSError for -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def success_or_errno(result: Any, function: Any, arguments: tuple[Any, ...]) -> None:
    """ctypes errcheck: None for success, OSError for -1."""
    result_or_errno(result, function, arguments)


def prototypes() -> ctypes.CDLL:
    """The C library with the arguments of its functions."""
    library = ctypes.CDLL(None, use_errno=True)
    text, number, long, pointer = ctypes.c_char_p, ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p
    for name, *types in (
        ("mount", text, text, text, long, text),
        ("umount2", text, number),
        ("pivot_root", text, text),
        ("chdir", text),
        ("chroot", text),
        ("fchdir", number),
        ("ioctl", number, long, pointer),
        ("unshare", number),
        ("setns", number, number),
        ("openat", number, text, number, number),
        ("mkdirat", number, text, number),
        ("unlinkat", number, text, number),
        ("renameat", number, text, number, text),
        ("symlinkat", text, number, text),
        ("utimensat", number, text, pointer, number),
        ("prctl", number, long, long, long, long),
        ("capget", pointer, pointer),
        ("capset", pointer, pointer),
    ):
        getattr(library, name).argtypes = types
        getattr(library, name).errcheck = result_or_errno if name == "openat" else success_or_errno
    library.syscall.errcheck = result_or_errno
    return library


libc = prototypes()
state = State()


def syscall(name: str, *args: Any) -> int:
    """A system call by number. What is no pointer goes as a whole register."""
    words = [ctypes.c_ulong(arg & (1 << 64) - 1) if isinstance(arg, int) else arg for arg in args]
    return int(libc.syscall(ctypes.c_long(SYS[name]), *words))


def decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def mine(fd: int) -> int:
    """The descriptor, or one that is closed where ``fd`` is the program's own."""
    return fd if fd in state.given or fd < 0 else CLOSED


def at(fd: int, path: bytes | None) -> tuple[int, bytes | None]:
    """Where a call with a directory descriptor begins, and the path from there."""
    return (state.procfs, path) if isinstance(path, Magic) else (mine(fd), path)


@contextlib.contextmanager
def reached(*paths: bytes | None) -> Iterator[list[bytes | None]]:
    """The paths as a call without a directory descriptor may take them.

    For Magic among them the cwd is in the procfs meanwhile. A descriptor keeps the
    reference to the real cwd that the process had, so that nothing gets less busy,
    or busier.
    """
    if not any(isinstance(path, Magic) for path in paths):
        yield [*paths]
        return
    cwd = os.open(".", os.O_PATH)
    try:
        os.fchdir(state.procfs)
        try:
            yield [
                b"self/fd/%d/%b" % (cwd, path)
                if path and not isinstance(path, Magic) and not path.startswith(b"/")
                else path
                for path in paths
            ]
        finally:
            os.fchdir(cwd)
    finally:
        os.close(cwd)
