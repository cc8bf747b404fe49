"""The system calls that the processes of the sandbox make, by the names of the seam.

Part of the program that ``agent.py`` begins; it needs no module but the standard
library's. ``answer`` makes one call. All errnos are the kernel's but two: EFBIG for a
file that is longer than READ_LIMIT, EROFS for a sysctl that is not the sandbox's alone.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys

from vfslab.oracle import agent_mounts as mounts
from vfslab.oracle.agent_libc import AT_FDCWD, MACHINE, Magic, at, decode, libc, mine, reached, state, syscall

# typing alone would cost a third of the start; type checkers know this name
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# _IOR(0xb7, 5, __u64): ioctl_nsfs(2)
NS_GET_MNTNS_ID = 0x4008B705 if MACHINE == "ppc64le" else 0x8008B705
AT_REMOVEDIR = 0x200
# as on x86-64; not all machines have these two at the same place
O_DIRECTORY = 0o200000
O_NOFOLLOW = 0o400000
CLONE_PARENT = 0x00008000
CLONE_NEWUSER = 0x10000000
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
LINUX_CAPABILITY_VERSION_3 = 0x20080522
CAPABILITIES = {"CAP_SYS_CHROOT": 18, "CAP_SYS_ADMIN": 21}

READ_LIMIT = 1 << 20


def openat(fd: int, path: bytes | None, flags: int) -> int:
    return int(libc.openat(*at(fd, path), machine_flags(flags), 0o666))


def machine_flags(flags: int) -> int:
    """O_* of x86-64, which are the seam's, as this machine has them."""
    own = flags & ~(O_DIRECTORY | O_NOFOLLOW)
    own |= os.O_DIRECTORY if flags & O_DIRECTORY else 0
    return own | (os.O_NOFOLLOW if flags & O_NOFOLLOW else 0)


def keep_open(fd: int, path: bytes | None, flags: int) -> int:
    """openat(2) for a caller; what is read of a mount table is to be seen_inside()."""
    new = openat(fd, path, flags)
    if isinstance(path, Magic) and path.endswith((b"/mountinfo", b"/mounts")):
        state.tables.add(new)
    return new


def close(fd: int) -> None:
    os.close(mine(fd))
    state.given.remove(fd)
    state.tables.discard(fd)


def read(fd: int, count: int) -> str:
    text = decode(os.read(mine(fd), min(count, READ_LIMIT)))
    return seen_inside(text) if fd in state.tables else text


def readfile(path: bytes | None) -> str:
    text = decode(read_whole(openat(AT_FDCWD, path, os.O_RDONLY), READ_LIMIT))
    return seen_inside(text) if isinstance(path, Magic) else text


def read_whole(fd: int, limit: int | None = None) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while part := os.read(fd, 65536):
            parts.append(part)
            size += len(part)
            if limit is not None and size > limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    finally:
        os.close(fd)
    return b"".join(parts)


def mountinfo() -> str:
    return seen_inside(decode(read_whole(openat(AT_FDCWD, Magic(b"self/mountinfo"), os.O_RDONLY))))


def seen_inside(table: str) -> str:
    """A mount table as root of the sandbox would have it.

    The kernel prints the owner of a tmpfs as the initial user namespace knows it (shmem_show_options()).
    In the sandbox's it is 0, which is not printed, and which a remount may be told again.
    """
    if not state.outer_owner:
        return table
    lines = [line.split(" ") for line in table.split("\n")]
    for words in lines:
        options = -3 if words[-2:] == ["0", "0"] else -1
        words[options] = words[options].replace(state.outer_owner, "")
    return "\n".join(map(" ".join, lines))


def readdir(path: bytes | None) -> list[str]:
    fd = openat(AT_FDCWD, path, os.O_RDONLY | O_DIRECTORY)
    try:
        return sorted(decode(os.fsencode(name)) for name in os.listdir(fd))
    finally:
        os.close(fd)


def getcwd() -> str:
    buffer = ctypes.create_string_buffer(4096)
    syscall("getcwd", buffer, len(buffer))
    return decode(buffer.value)


def chdir(path: bytes | None) -> None:
    if isinstance(path, Magic):
        directory = openat(AT_FDCWD, path, os.O_PATH | O_DIRECTORY)
        os.fchdir(directory)
        os.close(directory)
    else:
        libc.chdir(path)


def chroot(path: bytes | None) -> None:
    with reached(path) as paths:
        libc.chroot(*paths)


def mknod(path: bytes | None) -> None:
    os.close(openat(AT_FDCWD, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def pipe() -> int:
    """The end that reads; nobody writes, so that nothing waits."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading


# --- namespaces and privileges ----------------------------------------------------


def unshare(flags: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    libc.unshare(flags)
    if flags & CLONE_NEWUSER:
        become_root(uid, gid)


def become_root(uid: int, gid: int) -> None:
    """Be root of a new user namespace, where one was ``uid`` and ``gid`` outside: user_namespaces(7)."""
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        fd = os.open(f"self/{name}", os.O_WRONLY, dir_fd=state.procfs)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def clone(flags: int, parent_is_sh1: bool) -> int:
    """clone3(2): the child's pid, 0 in the child. All shells are children of sh1, which waits for them."""
    parent, exit_signal = (0, signal.SIGCHLD) if parent_is_sh1 else (CLONE_PARENT, 0)
    arguments = struct.pack("=8Q", flags | parent, 0, 0, 0, exit_signal, 0, 0, 0)
    return syscall("clone3", arguments, len(arguments))


def capset(names: list[bytes]) -> None:
    """Drop capabilities from every set, the bounding set first, which takes CAP_SETPCAP: capabilities(7)."""
    dropped = 0
    for name in names:
        capability = CAPABILITIES[name.decode()]
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        dropped |= 1 << capability
    header = ctypes.create_string_buffer(struct.pack("=Ii", LINUX_CAPABILITY_VERSION_3, 0))
    data = ctypes.create_string_buffer(24)
    libc.capget(header, data)
    words = [word & ~(dropped & 0xFFFFFFFF) for word in struct.unpack_from("=3I", data)]
    libc.capset(header, struct.pack("=3I", *words) + data.raw[12:24])


def sysctl(name: bytes, value: int) -> None:
    """sysctl(8), as in a container: read-only, but for what belongs to a user namespace of the sandbox."""
    own = name.startswith(b"user.") and "4294967295" not in readfile(Magic(b"self/uid_map"))
    if not (own or state.machine_is_ours):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    fd = openat(AT_FDCWD, Magic(b"sys/" + name.replace(b".", b"/")), os.O_WRONLY)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def ns_get_mntns_id(fd: int) -> int:
    answer = ctypes.create_string_buffer(8)
    libc.ioctl(mine(fd), NS_GET_MNTNS_ID, answer)
    return int.from_bytes(answer.raw, sys.byteorder)


CALLS: dict[str, Callable[..., Any]] = {
    "mount": mounts.mount,
    "umount2": mounts.umount2,
    "pivot_root": mounts.pivot_root,
    "open_tree": lambda fd, path, flags: syscall("open_tree", *at(fd, path), flags),
    "move_mount": mounts.move_mount,
    "fsopen": lambda name, flags: syscall("fsopen", name, flags),
    "fsconfig": mounts.fsconfig,
    "fsmount": lambda fd, flags, attributes: syscall("fsmount", mine(fd), flags, attributes),
    "mount_setattr": mounts.mount_setattr,
    "statmount": mounts.statmount,
    "listmount": mounts.listmount,
    "statx": mounts.statx,
    "openat": keep_open,
    "close": close,
    "fchdir": lambda fd: libc.fchdir(mine(fd)),
    "read": read,
    "pipe": pipe,
    "memfd_create": lambda: os.memfd_create("memfd"),
    "pidfd_open": os.pidfd_open,
    "ns_get_mntns_id": ns_get_mntns_id,
    "unshare": unshare,
    "setns": lambda fd, nstype: libc.setns(mine(fd), nstype),
    "capset": capset,
    "sysctl": sysctl,
    "chdir": chdir,
    "chroot": chroot,
    "mkdir": lambda path: libc.mkdirat(*at(AT_FDCWD, path), 0o777),
    "rmdir": lambda path: libc.unlinkat(*at(AT_FDCWD, path), AT_REMOVEDIR),
    "mknod": mknod,
    "symlink": lambda target, path: libc.symlinkat(target, *at(AT_FDCWD, path)),
    "rename": lambda old, new: libc.renameat(*at(AT_FDCWD, old), *at(AT_FDCWD, new)),
    "unlink": lambda path: libc.unlinkat(*at(AT_FDCWD, path), 0),
    "utimensat": lambda path: libc.utimensat(*at(AT_FDCWD, path), None, 0),
    "stat": mounts.stat_file,
    "lstat": mounts.lstat,
    "readdir": readdir,
    "readfile": readfile,
    "getcwd": getcwd,
    "mountinfo": mountinfo,
}

# those that give a descriptor
GIVERS = frozenset(("open_tree", "fsopen", "fsmount", "openat", "pipe", "memfd_create", "pidfd_open"))


def answer(name: str, args: list[Any]) -> tuple[str, Any]:
    """Make one system call."""
    try:
        value = CALLS[name](*map(argument, args))
    except OSError as error:
        return "errno", errno_name(error)
    if name in GIVERS:
        state.given.add(value)
    return "value", value


def argument(arg: Any) -> Any:
    """What came as JSON, as the calls take it; {"proc": "self", "fd": 5, "rest": "/a"} is Magic."""
    match arg:
        case str():
            return arg.encode("utf-8", "surrogateescape")
        case {"proc": whose, "fd": int(fd), "rest": rest}:
            return Magic(f"{whose}/fd/{mine(fd)}{rest}".encode("utf-8", "surrogateescape"))
        case {"proc": whose, "rest": rest}:
            return Magic(f"{whose}/{rest}".encode())
        case list():
            return [*map(argument, arg)]
    return arg


def errno_name(error: OSError) -> str:
    """As the kernel's source has it, where an errno has two names."""
    if error.errno == errno.EOPNOTSUPP:
        return "EOPNOTSUPP"
    return errno.errorcode.get(error.errno or 0, str(error.errno))
