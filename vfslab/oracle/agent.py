"""The program inside the sandbox: it makes the sandbox, then answers system calls for its shells.

Run by ``vfslab.oracle.sandbox`` as ``python -I -S agent.py CONTROL SHELL PARENT LIFETIME``:
two inherited sockets, a pidfd, seconds. It knows nothing of vfslab and of what the
calls are for, and it needs no module but the standard library's, all imported
before the old root is gone.

The first process, the keeper, stays outside the sandbox's mount namespace, so
that it pins nothing there. It waits for one of four things (the control socket
closed, the parent dead, sh1 dead, the lifetime over), kills sh1 and reaps.
sh1 is the first process of a pid namespace, so that everything dies with it; where
such a namespace is refused, each shell asks to be killed when its parent dies.

Messages are JSON, one a line. On CONTROL: ``["ready"]`` or ``["refused", step,
errno]``, at last ``["ended", why]``. On a shell's socket: ``[name, *args]``, answered
by ``["value", value]`` or ``["errno", name]``. Strings are UTF-8, other bytes
surrogate-escaped. All errnos are the kernel's but one: EFBIG for a file that is
longer than READ_LIMIT.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import stat
import sys

# typing alone would cost a third of the start; type checkers know this name
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CAP_SYS_ADMIN = 21

READ_LIMIT = 1 << 20

# getcwd(2) by number, for libc's own hides a cwd that is not below the root; 64-bit processes only
SYS_GETCWD = {"aarch64": 17, "loongarch64": 17, "ppc64le": 182, "riscv64": 17, "s390x": 183, "x86_64": 79}


class Refused(Exception):
    """A step of making the sandbox was refused: what it was, and the name of the errno."""


def raise_errno(result: Any, function: Any, arguments: tuple[Any, ...]) -> Any:
    """ctypes errcheck: None for success, OSError for -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
libc.pivot_root.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
libc.unshare.argtypes = [ctypes.c_int]
libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]
for _function in (libc.mount, libc.umount2, libc.pivot_root, libc.unshare, libc.prctl, libc.syscall):
    _function.errcheck = raise_errno


def errno_name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error.errno))


def step(what: str, function: Callable[..., Any], *args: Any) -> Any:
    """Call ``function``, naming the step in what is raised when the kernel refuses it."""
    try:
        return function(*args)
    except OSError as error:
        raise Refused(what, errno_name(error)) from error


def send(channel: socket.socket, *message: Any) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


# --- the system calls -------------------------------------------------------------


def mknod(path: bytes) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


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


def read(path: bytes) -> str:
    return decode(read_whole(os.open(path, os.O_RDONLY), READ_LIMIT))


def readdir(path: bytes) -> list[str]:
    return sorted(decode(name) for name in os.listdir(path))


def stat_file(path: bytes) -> tuple[int, int, bool]:
    found = os.stat(path)
    return found.st_dev, found.st_ino, stat.S_ISDIR(found.st_mode)


def getcwd() -> str:
    buffer = ctypes.create_string_buffer(4096)
    libc.syscall(SYS_GETCWD[os.uname().machine], buffer, len(buffer))
    return decode(buffer.value)


def mountinfo() -> str:
    text = decode(read_whole(os.open("self/mountinfo", os.O_RDONLY, dir_fd=procfs)))
    return "\n".join(map(seen_inside, text.split("\n"))) if outer_owner else text


def seen_inside(line: str) -> str:
    """A line of mountinfo as root of the sandbox would have it.

    The kernel prints the owner of a tmpfs as the initial user namespace knows it (shmem_show_options()).
    In the sandbox's it is 0, which is not printed, and which a remount may be told again.
    """
    place, separator, filesystem = line.rpartition(" - ")
    return place + separator + filesystem.replace(outer_owner, "")


CALLS: dict[str, Callable[..., Any]] = {
    "mount": libc.mount,
    "umount2": libc.umount2,
    "unshare": libc.unshare,
    "pivot_root": libc.pivot_root,
    "chdir": os.chdir,
    "chroot": os.chroot,
    "mkdir": os.mkdir,
    "rmdir": os.rmdir,
    "unlink": os.unlink,
    "mknod": mknod,
    "utimensat": os.utime,
    "readdir": readdir,
    "stat": stat_file,
    "readfile": read,
    "getcwd": getcwd,
    "mountinfo": mountinfo,
}

# how the options of a tmpfs name root of a sandbox that is in a user namespace; set when it is made
outer_owner = ""

# a descriptor on a procfs, for the scratch root has no /proc; opened in enter()
procfs = -1


# --- the shells -------------------------------------------------------------------


def answer(name: str, args: list[Any]) -> tuple[str, Any]:
    """Make one system call."""
    encoded = [arg.encode("utf-8", "surrogateescape") if isinstance(arg, str) else arg for arg in args]
    try:
        return "value", CALLS[name](*encoded)
    except OSError as error:
        return "errno", errno_name(error)


def serve(channel: socket.socket) -> None:
    """Answer requests until the other end is closed.

    "start" carries a socket: the child that it forks goes on in this same loop,
    as a shell of its own, with that socket.
    """
    while request := receive(channel):
        (name, *args), descriptors = request
        if name != "start":
            send(channel, *answer(name, args))
            continue
        parent = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            send(channel, "errno", errno_name(error))
        else:
            if child == 0:
                channel.close()
                channel = socket.socket(fileno=descriptors[0])
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() != parent:
                    return
                continue
            send(channel, "value", None)
        os.close(descriptors[0])


def receive(channel: socket.socket) -> tuple[list[Any], list[int]] | None:
    """The next request and the descriptors that came with it; None at the end."""
    line = b""
    descriptors: list[int] = []
    while not line.endswith(b"\n"):
        part, received, _, _ = socket.recv_fds(channel, 65536, 1)
        if not part:
            return None
        line += part
        descriptors += received
    return json.loads(line), descriptors


# --- making the sandbox -----------------------------------------------------------


def check_machine() -> None:
    machine = os.uname().machine
    if machine not in SYS_GETCWD or sys.maxsize < 1 << 32:
        raise Refused(f"getcwd(2) on {machine}", "ENOSYS")


def has_sys_admin() -> bool:
    with open("/proc/self/status") as file:
        effective = next(line.split()[1] for line in file if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)


def leave_user_and_pid_namespace() -> None:
    """user_namespaces(7), pid_namespaces(7): root of a new user namespace where not privileged."""
    global outer_owner  # noqa: PLW0603 - one per process, as the namespace is
    user = 0 if step("open(/proc/self/status)", has_sys_admin) else CLONE_NEWUSER
    uid, gid = os.geteuid(), os.getegid()
    try:
        libc.unshare(user | CLONE_NEWPID)
    except OSError:
        if user:
            step("unshare(CLONE_NEWUSER)", libc.unshare, user)
    if user:
        outer_owner = (f",uid={uid}" if uid else "") + (f",gid={gid}" if gid else "")
        step("write(/proc/self/setgroups)", write, "/proc/self/setgroups", "deny")
        step("write(/proc/self/uid_map)", write, "/proc/self/uid_map", f"0 {uid} 1")
        step("write(/proc/self/gid_map)", write, "/proc/self/gid_map", f"0 {gid} 1")


def enter() -> None:
    """Make this process the only one in a mount namespace that shows one empty tmpfs.

    pivot_root(".", ".") as in pivot_root(2). In a user namespace it hands the lock
    of the old root (MNT_LOCKED) to the new one, so a second tmpfs covers the first:
    the root that the shells see can be moved and unmounted, whoever runs this.
    """
    global procfs  # noqa: PLW0603 - one per process, as the namespace is
    step("unshare(CLONE_NEWNS)", libc.unshare, CLONE_NEWNS)
    step("mount(/, MS_REC|MS_PRIVATE)", libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
    procfs = step("open(/proc)", os.open, "/proc", os.O_RDONLY | os.O_DIRECTORY)
    step("mount(tmpfs)", libc.mount, b"tmpfs", b"/proc", b"tmpfs", 0, None)
    step("chdir(tmpfs)", os.chdir, "/proc")
    step("pivot_root", libc.pivot_root, b".", b".")
    step("umount2(old root, MNT_DETACH)", libc.umount2, b".", MNT_DETACH)
    step("mount(tmpfs)", libc.mount, b"tmpfs", b"/", b"tmpfs", 0, None)
    step("chdir(/..)", os.chdir, "/..")
    step("chroot(.)", os.chroot, ".")
    os.umask(0)


def readable(descriptors: list[int], seconds: float) -> list[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(seconds * 1000)]


def first_shell(control: socket.socket, channel: socket.socket, keeper: int) -> None:
    """sh1. ``keeper`` is a pidfd, readable once the keeper is dead."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if readable([keeper], 0):
        return
    os.close(keeper)
    try:
        enter()
    except Refused as refused:
        send(control, "refused", *refused.args)
        return
    send(control, "ready")
    control.close()
    serve(channel)


def keep(control: socket.socket, parent: int, child: int, lifetime: float) -> None:
    """Wait until the sandbox has to end, end it, reap it. ``parent`` is a pidfd, ``child`` a pid."""
    child_fd = os.pidfd_open(child)
    ready = readable([control.fileno(), parent, child_fd], lifetime)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    if not ready:
        send(control, "ended", f"the lifetime of {lifetime:g} s is over")
    elif child_fd in ready:
        code = os.waitstatus_to_exitcode(status)
        send(control, "ended", f"sh1 was killed by signal {-code}" if code < 0 else f"sh1 exited with {code}")


def main(control: socket.socket, channel: socket.socket, parent: int, lifetime: float) -> None:
    try:
        check_machine()
        step("prctl(PR_SET_CHILD_SUBREAPER)", libc.prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        leave_user_and_pid_namespace()
        keeper = step("pidfd_open", os.pidfd_open, os.getpid())
        child = step("fork", os.fork)
    except Refused as refused:
        send(control, "refused", *refused.args)
        return
    if child == 0:
        os.close(parent)
        first_shell(control, channel, keeper)
        return
    os.close(keeper)
    channel.close()
    keep(control, parent, child, lifetime)


if __name__ == "__main__":
    main(
        socket.socket(fileno=int(sys.argv[1])),
        socket.socket(fileno=int(sys.argv[2])),
        int(sys.argv[3]),
        float(sys.argv[4]),
    )
    # an interpreter that shuts down would look for files of the old root
    os._exit(0)
