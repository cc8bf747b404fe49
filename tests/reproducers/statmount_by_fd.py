"""0e5032237ee5, statmount by descriptor, and 81f16c9778d7, internal mounts: what is said of which descriptor?

mnt_ns of a mount is a namespace, an anonymous one, NULL, or an error for a mount of the kernel's own. 7.0-rc1
takes that error for a pointer and dies: run it on no such kernel but in a VM.
"""

import os
import select
import socket

from mounts import (
    AT_FDCWD,
    AT_RECURSIVE,
    CLONE_NEWNS,
    FIELDS,
    OPEN_TREE_CLONE,
    SCRATCH,
    STATMOUNT_BY_FD,
    answer,
    mount,
    name_of,
    open_tree,
    privately,
    report,
    statmount,
    umount,
    unshare,
)


def asked(fd: int) -> str:
    """The errno, or "ok" and what was asked for and not given."""
    try:
        said = statmount(fd=fd, flags=STATMOUNT_BY_FD)
    except OSError as error:
        return name_of(error)
    return " ".join(["ok", *(f"-{field}" for field in FIELDS if field not in said["given"])])


def descriptors() -> dict[str, str]:
    inner = f"{SCRATCH}/inner"
    os.mkdir(inner)
    mount("inner", inner, "tmpfs")
    file, place = os.open(inner, os.O_RDONLY), os.open(inner, os.O_PATH)
    said = {"mount of the caller's namespace": asked(file), "the same, O_PATH": asked(place)}
    said["detached copy"] = asked(open_tree(AT_FDCWD, inner, OPEN_TREE_CLONE))
    said["detached copy with a mount below"] = asked(
        open_tree(AT_FDCWD, SCRATCH, OPEN_TREE_CLONE | AT_RECURSIVE)
    )
    umount(inner)
    said["mount that was taken off"] = asked(file)
    pipe, _ = os.pipe()
    internal = {
        "pipe": pipe,
        "memfd": os.memfd_create("memory"),
        "epoll": (epoll := select.epoll()).fileno(),
        "socket": socket.socket(socket.AF_UNIX).detach(),
        "mount namespace": os.open("/proc/self/ns/mnt", os.O_RDONLY),
        "pidfd": os.pidfd_open(os.getpid()),
    }
    said |= {what: asked(fd) for what, fd in internal.items()}
    said["closed descriptor"] = asked(4000)
    said["with a mount id, too"] = answer(lambda: statmount(1 << 33, fd=place, flags=STATMOUNT_BY_FD))
    root = os.open("/", os.O_PATH)
    unshare(CLONE_NEWNS)
    said["mount of another namespace"] = asked(root)
    return said


def known() -> bool:
    """Not before 7.0: EINVAL for any flag."""
    return asked(os.open("/", os.O_PATH)) != "EINVAL"


facts = {"statmount_by_fd_known": privately(known)}
report({**facts, **({"answers": privately(descriptors)} if facts["statmount_by_fd_known"] else {})})
