"""Times what the running kernel does: python -I running_kernel.py WHAT COUNT

WHAT is one of THINGS, COUNT how many mounts or receivers there are. In a private mount
namespace of its own it prints a line when it is ready, then for each line that it reads does the thing
once and prints the seconds. Ends with a message and status 1 where namespaces are forbidden.
"""

import ctypes
import os
import sys
import time

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE, MS_SLAVE, MS_SHARED = 4096, 1 << 14, 1 << 18, 1 << 19, 1 << 20
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]


def call(function, *args):
    if function(*args) == -1:
        errno = ctypes.get_errno()
        sys.exit(f"{function.__name__}: {os.strerror(errno)}")


def tmpfs(name):
    os.mkdir(name)
    call(libc.mount, b"none", name.encode(), b"tmpfs", 0, None)


def bind(source, target, type_=0):
    os.mkdir(target)
    call(libc.mount, source.encode(), target.encode(), None, MS_BIND, None)
    if type_:
        call(libc.mount, None, target.encode(), None, type_, None)


def enter():
    call(libc.unshare, CLONE_NEWNS | (0 if os.geteuid() == 0 else CLONE_NEWUSER))
    call(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None)
    os.chdir("/tmp")
    tmpfs("source")


def timed(function, *args):
    start = time.perf_counter()
    call(function, *args)
    return time.perf_counter() - start


def unshare(mounts):
    """unshare(CLONE_NEWNS) of that many mounts, in a child that ends."""
    for number in range(mounts):
        bind("source", f"d{number}")

    def once():
        out, pipe = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(pipe, str(timed(libc.unshare, CLONE_NEWNS)).encode())
            os._exit(0)
        os.close(pipe)
        taken = float(os.read(out, 100))
        os.close(out)
        os.waitpid(child, 0)
        return taken

    return once


def receivers(count):
    """A bind mount into a shared mount that has that many peers and as many slaves."""
    tmpfs("shared")
    call(libc.mount, None, b"shared", None, MS_SHARED, None)
    os.mkdir("shared/at")
    for number in range(count):
        bind("shared", f"p{number}")
    for number in range(count):
        bind("shared", f"s{number}", MS_SLAVE)

    def once():
        taken = timed(libc.mount, b"source", b"shared/at", None, MS_BIND, None)
        call(libc.umount2, b"shared/at", MNT_DETACH)
        return taken

    return once


def umount(mounts):
    """A recursive umount of half that many mounts, which takes as many along at a peer."""
    tmpfs("shared")
    call(libc.mount, None, b"shared", None, MS_SHARED, None)
    bind("shared", "peer")
    os.mkdir("shared/tree")

    def once():
        call(libc.mount, b"none", b"shared/tree", b"tmpfs", 0, None)
        for number in range(mounts // 2 - 1):
            bind("source", f"shared/tree/d{number}")
        return timed(libc.umount2, b"shared/tree", MNT_DETACH)

    return once


def mountinfo(mounts):
    """Reading a mountinfo of that many lines from /proc."""
    with open("/proc/self/mountinfo", "rb") as table:
        known = table.read().count(b"\n")
    for number in range(mounts - known):
        bind("source", f"d{number}")

    def once():
        start = time.perf_counter()
        with open("/proc/self/mountinfo", "rb", buffering=0) as table:
            table.readall()
        return time.perf_counter() - start

    return once


def text(mounts):
    """The table itself, as a string of JSON."""
    mountinfo(mounts)

    def once():
        import json

        with open("/proc/self/mountinfo", "rb") as table:
            return json.dumps(os.fsdecode(table.read()))

    return once


THINGS = {function.__name__: function for function in (unshare, receivers, umount, mountinfo, text)}


def main():
    what, count = sys.argv[1:]
    enter()
    once = THINGS[what](int(count))
    print("ready", flush=True)
    for _ in sys.stdin:
        print(once(), flush=True)


main()
