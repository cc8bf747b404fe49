"""The program inside the sandbox: it makes the sandbox, then answers requests for its shells.

Run by ``vfslab.oracle.sandbox`` as ``python -I -S agent.py CONTROL SHELL PARENT LIFETIME``:
two inherited sockets, a pidfd, seconds. The system calls are in ``agent_calls.py``.
It knows nothing of vfslab but the modules agent_*, nor of what the calls are for, and
needs none but the standard library's besides, all imported before the old root is gone.

The first process, the keeper, stays outside the sandbox's mount namespace, so
that it pins nothing there. It waits for one of four things (the control socket
closed, the parent dead, sh1 dead, the lifetime over), kills sh1 and reaps.
sh1 is the first process of a pid namespace, so that everything dies with it; where
such a namespace is refused, each shell asks to be killed when sh1 dies. All other
shells are children of sh1.

Messages are JSON, one a line. On CONTROL: ``["ready"]`` or ``["refused", step,
errno]``, at last ``["ended", why]``. On a shell's socket: ``[name, *args]``, answered
by ``["value", value]`` or ``["errno", name]``. Strings are UTF-8, other bytes
surrogate-escaped.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import sys

# typing alone would cost a third of the start; type checkers know this name
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

if __name__ == "__main__":
    # python -I does not look for vfslab where the program lies
    sys.path.append(os.path.abspath(f"{__file__}/../../.."))

from vfslab.oracle import agent_calls as calls  # noqa: E402
from vfslab.oracle.agent_libc import AT_FDCWD, MACHINE, NUMBERS, libc, state, syscall  # noqa: E402

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
OPEN_TREE_CLONE = 1
MS_RDONLY = 1
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CAP_SYS_ADMIN = 21


class Refused(Exception):
    """A step of making the sandbox was refused: what it was, and the name of the errno."""


def step(what: str, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Call ``function``, naming the step in what is raised when the kernel refuses it."""
    try:
        return function(*args, **more)
    except OSError as error:
        raise Refused(what, calls.errno_name(error)) from error


def send(channel: socket.socket, *message: Any) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


# --- the shells -------------------------------------------------------------------


def serve(channel: socket.socket, first: int) -> None:
    """Answer requests until the other end is closed. ``first`` is the pid of sh1.

    Besides system calls there are requests of the machine. "fork" and "clone" carry a socket:
    the child goes on in this same loop, as a shell of its own, with that socket.
    """
    while request := receive(channel):
        (name, *args), descriptors = request
        if name in ("fork", "clone"):
            kind, value = become_two(first, *args)
            if (kind, value) == ("value", 0):
                channel.close()
                channel = socket.socket(fileno=descriptors[0])
                continue
            os.close(descriptors[0])
            send(channel, kind, value)
        elif name == "pids":
            # the procfs is of another pid namespace
            send(channel, "value", [os.getpid(), int(os.readlink("self", dir_fd=state.procfs))])
        elif name == "exit":
            send(channel, "value", None)
            return
        elif name == "wait":
            os.waitpid(args[0], 0)
            send(channel, "value", None)
        else:
            send(channel, *calls.answer(name, args))


def become_two(first: int, flags: int | None = None) -> tuple[str, Any]:
    """Fork, or clone with ``flags``: the child's pid, 0 in the child. Its parent is sh1."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        child = os.fork() if flags is None else calls.clone(flags, os.getpid() == first)
    except OSError as error:
        return "errno", calls.errno_name(error)
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != first:
            os._exit(0)
        if (flags or 0) & CLONE_NEWUSER:
            calls.become_root(uid, gid)
    return "value", child


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
    if MACHINE not in NUMBERS or sys.maxsize < 1 << 32:
        raise Refused(f"getcwd(2) on {MACHINE}", "ENOSYS")


def has_sys_admin() -> bool:
    with open("/proc/self/status") as file:
        effective = next(line.split()[1] for line in file if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)


def leave_user_and_pid_namespace() -> None:
    """user_namespaces(7), pid_namespaces(7): root of a new user namespace where not privileged."""
    user = 0 if step("open(/proc/self/status)", has_sys_admin) else CLONE_NEWUSER
    uid, gid = os.geteuid(), os.getegid()
    try:
        libc.unshare(user | CLONE_NEWPID)
    except OSError:
        if user:
            step("unshare(CLONE_NEWUSER)", libc.unshare, user)
    if user:
        state.outer_owner = (f",uid={uid}" if uid else "") + (f",gid={gid}" if gid else "")
        state.procfs = open_procfs()
        step("write(/proc/self/uid_map)", calls.become_root, uid, gid)
        os.close(state.procfs)


def open_procfs() -> int:
    return int(step("open(/proc)", os.open, "/proc", os.O_RDONLY | os.O_DIRECTORY))


def enter() -> None:
    """Make this process the only one in a mount namespace that shows one empty tmpfs."""
    step("unshare(CLONE_NEWNS)", libc.unshare, CLONE_NEWNS)
    step("mount(/, MS_REC|MS_PRIVATE)", libc.mount, None, b"/", None, MS_REC | MS_PRIVATE, None)
    # of this namespace, so that nothing outside is pinned
    state.procfs = open_procfs()
    if not strip_to_the_bottom():
        hide_under_a_tmpfs()
    step("mount(tmpfs)", libc.mount, b"tmpfs", b"/", b"tmpfs", 0, None)
    step("chdir(/..)", os.chdir, "/..")
    step("chroot(.)", os.chroot, ".")
    os.umask(0)


def strip_to_the_bottom() -> bool:
    """Unmount everything but the root of the namespace, which is left read-only: it is the machine's, too.

    So is its superblock, which a file open for writing keeps from being remounted. False
    where the root is locked, because the namespace belongs to another user namespace than the
    one that it was copied from.
    """
    if not unmount_root():
        return False
    enter_own_namespace()
    while unmount_root():
        enter_own_namespace()
    if not root_is_nullfs():
        clone = step("open_tree(/, OPEN_TREE_CLONE)", syscall, "open_tree", AT_FDCWD, b"/", OPEN_TREE_CLONE)
        step("open(/, O_TMPFILE)", os.open, ".", os.O_TMPFILE | os.O_RDWR, dir_fd=clone)
        os.close(clone)
        state.bottom_dev = os.stat("/").st_dev
        step("mount(/, MS_RDONLY)", libc.mount, None, b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None)
    return True


def root_is_nullfs() -> bool:
    """Whether the only mount is a nullfs.

    One read tells: before 6.18.16 the table of a root alone has no end.
    """
    table = os.open("self/mountinfo", os.O_RDONLY, dir_fd=state.procfs)
    line = os.read(table, 4096)
    os.close(table)
    return b" - nullfs " in line


def unmount_root() -> bool:
    """Whether what is the root could be unmounted: neither locked nor the root of the namespace itself."""
    try:
        libc.umount2(b"/", MNT_DETACH)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise Refused("umount2(/, MNT_DETACH)", calls.errno_name(error)) from error
        return False
    return True


def enter_own_namespace() -> None:
    """setns(2) to the namespace that this process is in: to the top of what is mounted on its root."""
    ns = os.open("self/ns/mnt", os.O_RDONLY, dir_fd=state.procfs)
    step("setns", libc.setns, ns, CLONE_NEWNS)
    os.close(ns)


def hide_under_a_tmpfs() -> None:
    """pivot_root(".", ".") as in pivot_root(2): a tmpfs gets the place of the old root, and its lock."""
    step("mount(tmpfs)", libc.mount, b"tmpfs", b"/proc", b"tmpfs", 0, None)
    step("chdir(tmpfs)", os.chdir, "/proc")
    step("pivot_root", libc.pivot_root, b".", b".")
    step("umount2(old root, MNT_DETACH)", libc.umount2, b".", MNT_DETACH)


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
    serve(channel, os.getpid())


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


def stay_on_one_cpu() -> None:
    """Namespace ids come in batches of a CPU's own (gen_cookie): only on one CPU is a later one greater.

    Which namespace is older decides whether its file may be mounted (mnt_ns_loop()).
    """
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})


def main(control: socket.socket, channel: socket.socket, parent: int, lifetime: float) -> None:
    try:
        check_machine()
        stay_on_one_cpu()
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
