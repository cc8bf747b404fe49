"""6c4b2243cb6c, unshare_fs: is the caller of a failed unshare(2) still where it was?

unshare(CLONE_NEWNS | another namespace) makes the mount namespace first; a limit of 0 in /proc/sys/user lets
the other one fail. No privilege is needed: the limits are those of a new user namespace.
"""

import ctypes
import os
import threading

from mounts import (
    CLONE_NEWNS,
    SCRATCH,
    answer,
    apart,
    call,
    mount,
    new_user_namespace,
    report,
    setns,
    unique_id,
    unshare,
    write,
)

KINDS = {"uts": 0x4000000, "ipc": 0x8000000, "cgroup": 0x2000000, "net": 0x40000000}


def kernel_getcwd() -> str:
    """As the kernel says it: the C library hides what is not below the root."""
    path = ctypes.create_string_buffer(4096)
    call("getcwd", path, len(path))
    return path.value.decode()


def seen(proc: int) -> dict[str, object]:
    """What the process can see of its own place; ``proc`` is a descriptor, for its path may be lost."""
    with open(os.open("self/mountinfo", os.O_RDONLY, dir_fd=proc), encoding="utf-8") as table:
        lines = table.read().count("\n")
    return {
        "mount of the root": unique_id("/"),
        "mount of the cwd": unique_id("."),
        "getcwd": kernel_getcwd(),
        "file by its path": os.path.exists(f"{SCRATCH}/file"),
        "file from the cwd": os.path.exists("file"),
        "mount namespace": os.readlink("self/ns/mnt", dir_fd=proc),
        "lines of mountinfo": lines,
    }


def fail(kind: str, threads: int) -> dict[str, object]:
    new_user_namespace(CLONE_NEWNS)
    proc = os.open("/proc", os.O_RDONLY)
    mount("mine", SCRATCH, "tmpfs")
    os.chdir(SCRATCH)
    write("file", "")
    write(f"/proc/sys/user/max_{kind}_namespaces", "0")
    for _ in range(threads):
        # a thread shares the fs_struct, whose users are then two
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    before = seen(proc)
    said = answer(unshare, CLONE_NEWNS | KINDS[kind])
    after = seen(proc)
    facts: dict[str, object] = {
        "answer": said,
        "changed": [what for what, value in before.items() if after[what] != value],
        "getcwd": after["getcwd"],
        "lines_of_mountinfo_left": after["lines of mountinfo"] if before != after else "all",
        "mount_there": answer(mount, "more", SCRATCH, "tmpfs"),
    }
    if not threads:
        # with another thread there, setns(2) is refused
        home = os.open("self/ns/mnt", os.O_RDONLY, dir_fd=proc)
        facts["way_home_by_setns"] = answer(setns, home)
    return facts


report(
    {
        "failing": {kind: apart(fail, kind, 0) for kind in KINDS},
        "with_a_second_thread": apart(fail, "uts", 1),
    }
)
