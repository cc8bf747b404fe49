"""0f166bf1d6d8, poll's deadline: how do poll(2) and select(2) go on when they were stopped?

And what select(2) makes of negative times. No time is measured: /proc/PID/syscall says in which call a
process sleeps. Needs no privilege.
"""

import ctypes
import errno
import os
import signal
import struct
import time
from collections.abc import Callable

from mounts import libc, report

# x86_64, the one machine that the VM emulates
POLL, SELECT, RESTART_SYSCALL = 7, 23, 219
NAMES = {POLL: "poll", SELECT: "select", RESTART_SYSCALL: "restart_syscall"}
AN_HOUR = 3600
LEAST = -(1 << 63)


def poll(milliseconds: int) -> int:
    return libc.syscall(ctypes.c_long(POLL), None, ctypes.c_long(0), ctypes.c_long(milliseconds))


def select(seconds: int, microseconds: int) -> int:
    time_ = struct.pack("<qq", seconds, microseconds)
    return libc.syscall(ctypes.c_long(SELECT), ctypes.c_long(0), None, None, None, time_)


def start(function: Callable[..., int], *args: int) -> int:
    """A child that makes the call, and ends with its errno."""
    child = os.fork()
    if child == 0:
        os._exit(0 if function(*args) >= 0 else ctypes.get_errno())
    return child


def state(child: int) -> str:
    """What a process does: the letter that ps(1) shows."""
    with open(f"/proc/{child}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]


def wait_for(child: int, letter: str, calls: set[int]) -> str | None:
    """The call in which it is, in that state, once it is; its errno where it ends. Raises TimeoutError."""
    for _ in range(5000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return errno.errorcode.get(os.waitstatus_to_exitcode(status), "ok")
        with open(f"/proc/{child}/syscall", encoding="ascii") as file:
            number = file.read().split()[0]
        if state(child) == letter and number.isdigit() and int(number) in calls:
            return NAMES[int(number)]
        time.sleep(0.002)
    raise TimeoutError(f"{child} does not come to {letter}")


def end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def stopped(function: Callable[..., int], *args: int) -> list[str | None]:
    """In which call it sleeps: before it is stopped, and after it was told to go on."""
    child = start(function, *args)
    seen = [wait_for(child, "S", set(NAMES))]
    os.kill(child, signal.SIGSTOP)
    wait_for(child, "T", set(NAMES))
    os.kill(child, signal.SIGCONT)
    seen.append(wait_for(child, "S", set(NAMES)))
    end(child)
    return seen


def negative(seconds: int, microseconds: int) -> str:
    """ "sleeps", or the errno."""
    child = start(select, seconds, microseconds)
    seen = wait_for(child, "S", {SELECT})
    if seen != NAMES[SELECT]:
        return str(seen)
    end(child)
    return "sleeps"


report(
    {
        "stopped": {"poll": stopped(poll, AN_HOUR * 1000), "select": stopped(select, AN_HOUR, 0)},
        "select": {
            "-1 s": negative(-1, 0),
            "-1 us": negative(0, -1),
            "-2^63 s, -1000000 us": negative(LEAST, -1_000_000),
        },
    }
)
