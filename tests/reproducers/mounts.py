"""What the reproducers share: the system calls, answers as words, a process for each experiment.

It runs in the initramfs of a VM too, so it needs nothing but Python's own modules. What an answer means
for a fix is not known here.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED = (
    1 << 12,
    1 << 14,
    1 << 17,
    1 << 18,
    1 << 19,
    1 << 20,
)
MNT_DETACH = 2
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE, OPEN_TREE_NAMESPACE, OPEN_TREE_CLOEXEC = 1, 2, 0o2000000
FSCONFIG_CMD_CREATE, FSMOUNT_CLOEXEC = 6, 1
STATX_MNT_ID_UNIQUE, STX_MNT_ID = 0x4000, 0x90
STATMOUNT_BY_FD = 1
LSMT_ROOT = (1 << 64) - 1

FIELDS = ("SB_BASIC", "MNT_BASIC", "PROPAGATE_FROM", "MNT_ROOT", "MNT_POINT", "FS_TYPE", "MNT_NS_ID")
ALL_FIELDS = (1 << len(FIELDS)) - 1
PROPAGATION = {MS_PRIVATE: "private", MS_SHARED: "shared", MS_SLAVE: "slave", MS_UNBINDABLE: "unbindable"}

# x86_64, the one machine that the VM emulates; from 424 up the same on all
NUMBERS = {
    "getcwd": 79,
    "pivot_root": 155,
    "statx": 332,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "statmount": 457,
    "listmount": 458,
}

SCRATCH = "/mnt"
"""A directory that every machine has; what is mounted on it is seen by the experiment alone."""

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def call(name: str, *args: int | bytes | ctypes.Array[Any] | None) -> int:
    """A system call by number. Raises OSError."""
    words = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return checked(libc.syscall(ctypes.c_long(NUMBERS[name]), *words))


def mount(source: str | None, target: str, fstype: str | None, flags: int = 0) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, fstype)]
    checked(libc.mount(*texts, ctypes.c_ulong(flags), None))


def umount(target: str, flags: int = MNT_DETACH) -> None:
    checked(libc.umount2(target.encode(), flags))


def unshare(flags: int) -> None:
    checked(libc.unshare(flags))


def setns(fd: int) -> None:
    checked(libc.setns(fd, CLONE_NEWNS))


def open_tree(fd: int, path: str, flags: int) -> int:
    return call("open_tree", fd, path.encode(), flags | OPEN_TREE_CLOEXEC)


def new_tmpfs() -> int:
    """A tmpfs that is mounted nowhere."""
    context = fs_context("tmpfs")
    made = call("fsmount", context, FSMOUNT_CLOEXEC, 0)
    os.close(context)
    return made


def fs_context(fstype: str) -> int:
    """A context with its superblock, for fsmount(2)."""
    context = call("fsopen", fstype.encode(), 0)
    call("fsconfig", context, FSCONFIG_CMD_CREATE, None, None, 0)
    return context


def unique_id(path: str, fd: int = AT_FDCWD) -> int:
    """The mount id that is never used again, of the mount that shows ``path``."""
    answer = ctypes.create_string_buffer(256)
    call("statx", fd, path.encode(), 0 if path else AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, answer)
    return struct.unpack_from("<Q", answer, STX_MNT_ID)[0]


def mounts_ever_made() -> int:
    """A number that grows by one for every mount made anywhere on the machine; asking makes one."""
    fd = new_tmpfs()
    made = unique_id("", fd)
    os.close(fd)
    return made


def statmount(
    mnt: int = 0, *, fd: int = 0, ns: int = 0, flags: int = 0, mask: int = ALL_FIELDS
) -> dict[str, Any]:
    """What statmount(2) says. ``fd`` is a mount namespace, or with STATMOUNT_BY_FD what is asked about."""
    answer = ctypes.create_string_buffer(8192)
    call("statmount", struct.pack("<IIQQQ", 32, fd, mnt, mask, ns), answer, len(answer), flags)
    given = struct.unpack_from("<Q", answer, 8)[0]

    def number(offset: int) -> int:
        return struct.unpack_from("<Q", answer, offset)[0]

    def text(offset: int) -> str:
        start = 512 + struct.unpack_from("<I", answer, offset)[0]
        return answer.raw[start:].partition(b"\0")[0].decode()

    return {
        "given": [name for bit, name in enumerate(FIELDS) if given >> bit & 1],
        "fs_type": text(36),
        "mnt_id": number(40),
        "mnt_parent_id": number(48),
        "propagation": PROPAGATION.get(number(72), "several"),
        "peer_group": number(80),
        "master": number(88),
        "mnt_point": text(108),
        "mnt_ns_id": number(112),
    }


def listmount(*, fd: int = 0, ns: int = 0, mnt: int = LSMT_ROOT) -> list[int]:
    ids = (ctypes.c_uint64 * 8192)()
    request = struct.pack("<IIQQQ", 32, fd, mnt, 0, ns)
    return ids[: call("listmount", request, ids, len(ids), 0)]


def answer(function: Callable[..., Any], *args: Any) -> str:
    """ "ok", or the name of the errno."""
    try:
        function(*args)
    except OSError as error:
        return name_of(error)
    return "ok"


def name_of(error: OSError) -> str:
    return errno.errorcode[error.errno or 0]


def has_open_tree_namespace() -> bool:
    """A kernel that does not know the flag says EINVAL, and makes nothing."""
    try:
        os.close(open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


def map_root(uid: int, gid: int) -> None:
    """Let a user be root in the new user namespace of this process. user_namespaces(7)."""
    for name, line in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        write(f"/proc/self/{name}", line)


def new_user_namespace(flags: int = 0) -> None:
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER | flags)
    map_root(uid, gid)


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def private_namespace() -> None:
    """A mount namespace from which nothing reaches another, with an empty tmpfs on SCRATCH."""
    unshare(CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("scratch", SCRATCH, "tmpfs")


def go_to_the_bottom() -> None:
    """Take mounts off the root until the bottom one of the namespace is the root of this process."""
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    # only the bottom mount cannot be taken off: EINVAL
    while answer(umount, "/") == "ok":
        setns(namespace)
    os.close(namespace)


def apart(experiment: Callable[..., Any], *args: Any) -> Any:
    """What ``experiment`` returns, called in a process of its own. Exits where it does not return."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(out)
            os.write(into, json.dumps(experiment(*args)).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    os.close(into)
    with open(out, "rb") as said:
        value = said.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        sys.exit(f"{experiment.__name__} ended with {status}")
    return json.loads(value)


def privately(experiment: Callable[..., Any], *args: Any) -> Any:
    """``apart``, in a private mount namespace."""

    def inside() -> Any:
        private_namespace()
        return experiment(*args)

    inside.__name__ = experiment.__name__
    return apart(inside)


def boot_words(tables: dict[str, str]) -> dict[str, Any]:
    """What became of words such as mhash_entries=8k, by what the table of each is called in the log."""
    messages = []
    with open(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
        while (message := file.read(8192)) is not None:
            messages.append(message.partition(b";")[2].decode(errors="replace"))
    said = "".join(messages)
    unknown = re.search(r"Unknown kernel command line parameters .*", said)
    with open("/proc/cmdline", encoding="utf-8") as file:
        words = file.read().split()
    with open("/proc/1/environ", encoding="utf-8") as file:
        environment = file.read().split("\0")
    facts = {}
    for word in words:
        if word.partition("=")[0] in tables:
            entries = re.search(rf"{tables[word.partition('=')[0]]} hash table entries: (\d+)", said)
            facts[word] = {
                "entries": int(entries[1]) if entries else None,
                "kernel_calls_it_unknown": unknown is not None and word in unknown[0],
                "in_the_environment_of_init": word in environment,
            }
    return facts


def report(facts: dict[str, Any]) -> None:
    print(json.dumps(facts, indent=1))
