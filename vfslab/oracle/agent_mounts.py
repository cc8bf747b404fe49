"""The system calls about mounts, for the processes of the sandbox: structs packed and read.

Part of the program that ``agent.py`` begins; it needs no module but the standard
library's. Offsets are those of <linux/mount.h> and <linux/stat.h>.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

from vfslab.oracle.agent_libc import AT_FDCWD, CLOSED, Magic, at, decode, libc, mine, reached, state, syscall

# typing alone would cost a third of the start; type checkers know this name
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AT_SYMLINK_NOFOLLOW = 0x100
MS_RDONLY = 1
MS_REMOUNT = 32
MS_BIND = 4096
MS_MOVE = 8192
FSCONFIG_SET_BINARY = 2
STATX_BASIC_STATS = 0x7FF
STATX_MNT_ID = 0x1000
STATX_MNT_ID_UNIQUE = 0x4000
STATX_ATTR_MOUNT_ROOT = 0x2000

# the kernel takes no struct that is longer than a page, which is 64 KiB at most
STRUCT_LIMIT = 1 << 17
# nor fills larger buffers, and 1 000 000 ids are the most that it lists
BUFFER_LIMIT = 1 << 20


def ask_statx(fd: int, path: bytes | None, flags: int, mask: int) -> bytes:
    """struct statx, as the kernel fills it."""
    buffer = ctypes.create_string_buffer(256)
    syscall("statx", *at(fd, path), flags, mask, buffer)
    return buffer.raw


def stat_file(path: bytes | None, flags: int = 0) -> tuple[int, int, bool]:
    found = ask_statx(AT_FDCWD, path, flags, STATX_BASIC_STATS)
    (mode,), (inode,), device = (
        struct.unpack_from(form, found, offset) for form, offset in (("=H", 28), ("=Q", 32), ("=II", 136))
    )
    return os.makedev(*device), inode, stat.S_ISDIR(mode)


def lstat(path: bytes | None) -> tuple[int, int, bool]:
    return stat_file(path, AT_SYMLINK_NOFOLLOW)


def statx(fd: int, path: bytes | None, flags: int) -> dict[str, Any]:
    """Both ids, which share a field, so that it takes two calls; None for one that is not told."""
    ids: list[int | None] = []
    for wanted in (STATX_MNT_ID, STATX_MNT_ID_UNIQUE):
        found = ask_statx(fd, path, flags, wanted)
        mask, _, attributes = struct.unpack_from("=IIQ", found)
        ids.append(struct.unpack_from("=Q", found, 144)[0] if mask & wanted else None)
    return {
        "mnt_id": ids[0],
        "mnt_id_unique": ids[1],
        "mount_root": bool(attributes & STATX_ATTR_MOUNT_ROOT),
    }


def mount(
    source: bytes | None, target: bytes | None, fstype: bytes | None, flags: int, data: bytes | None
) -> None:
    """The source is a path for a bind and a move alone."""
    place = source if flags & (MS_BIND | MS_MOVE) else None
    with reached(place, target) as (reached_source, reached_target):
        if flags & MS_REMOUNT and not flags & MS_BIND and is_the_machines(reached_target):
            # what asks for read-only is refused, for a file on it is open for writing
            flags, data = flags | MS_RDONLY, None
        libc.mount(reached_source or source, reached_target, fstype, flags, data)


def is_the_machines(path: bytes | None) -> bool:
    """Whether the path leads to the machine's own root filesystem, of which nothing may change."""
    try:
        return path is not None and os.stat(path).st_dev == state.bottom_dev
    except OSError:
        return False


def umount2(target: bytes | None, flags: int) -> None:
    with reached(target) as paths:
        libc.umount2(*paths, flags)


def pivot_root(new_root: bytes | None, put_old: bytes | None) -> None:
    """A cwd that is the old root goes along, which the kernel cannot know while it is in the procfs."""
    magic = isinstance(new_root, Magic) or isinstance(put_old, Magic)
    goes_along = magic and place(b".") == place(b"/")
    with reached(new_root, put_old) as paths:
        libc.pivot_root(*paths)
    if goes_along:
        os.chdir("/")


def place(path: bytes) -> tuple[dict[str, Any], tuple[int, int, bool]]:
    return statx(AT_FDCWD, path, 0), stat_file(path)


def move_mount(from_fd: int, from_path: bytes | None, to_fd: int, to_path: bytes | None, flags: int) -> None:
    syscall("move_mount", *at(from_fd, from_path), *at(to_fd, to_path), flags)


def fsconfig(fd: int, command: int, key: bytes | None, value: bytes | None, aux: int) -> None:
    """The only call to which a negative descriptor is another mistake than a closed one."""
    number = aux <= 0 or command == FSCONFIG_SET_BINARY
    syscall("fsconfig", fd if fd < 0 else mine(fd), command, key, value, aux if number else mine(aux))


def mount_setattr(fd: int, path: bytes | None, flags: int, attr: dict[str, int], size: int) -> None:
    """struct mount_attr. A descriptor that was not given is closed for the kernel too."""
    userns = attr.get("userns_fd", CLOSED)
    words = [attr.get(name, 0) for name in ("attr_set", "attr_clr", "propagation")]
    words.append(mine(userns) & 2**64 - 1)
    buffer = packed(struct.pack("=4Q", *words), attr, size)
    syscall("mount_setattr", *at(fd, path), flags, buffer, size)


def packed(known: bytes, fields: dict[str, int], size: int) -> Any:
    """A struct of ``size`` bytes that begins with ``known``; a tail stands behind it."""
    buffer = ctypes.create_string_buffer(known, max(min(size, STRUCT_LIMIT), len(known) + 1))
    buffer[len(known)] = bytes([fields.get("tail", 0)])
    return buffer


def mnt_id_req(request: dict[str, int]) -> Any:
    """struct mnt_id_req."""
    size, fd = request.get("size", 32), request.get("mnt_fd", 0) or request.get("mnt_ns_fd", 0)
    fd = (mine(fd) if fd else 0) & 2**32 - 1
    words = [request.get(name, 0) for name in ("mnt_id", "param", "mnt_ns_id")]
    return packed(struct.pack("=IIQQQ", size, fd, *words), request, size)


STATMOUNT_NUMBERS = (
    # the bit of the mask, the field, its offset, its form
    (0x1, "sb_dev_major", 16, "=I"),
    (0x1, "sb_dev_minor", 20, "=I"),
    (0x1, "sb_magic", 24, "=Q"),
    (0x1, "sb_flags", 32, "=I"),
    (0x2, "mnt_id", 40, "=Q"),
    (0x2, "mnt_parent_id", 48, "=Q"),
    (0x2, "mnt_id_old", 56, "=I"),
    (0x2, "mnt_parent_id_old", 60, "=I"),
    (0x2, "mnt_attr", 64, "=Q"),
    (0x2, "mnt_propagation", 72, "=Q"),
    (0x2, "mnt_peer_group", 80, "=Q"),
    (0x2, "mnt_master", 88, "=Q"),
    (0x4, "propagate_from", 96, "=Q"),
    (0x40, "mnt_ns_id", 112, "=Q"),
    (0x1000, "supported_mask", 144, "=Q"),
)
STATMOUNT_STRINGS = (
    # the bit, the field, the offset of its offset, and of the number of strings where it is an array
    (0x8, "mnt_root", 104, None),
    (0x10, "mnt_point", 108, None),
    (0x20, "fs_type", 36, None),
    (0x100, "fs_subtype", 120, None),
    (0x200, "sb_source", 124, None),
    (0x80, "mnt_opts", 4, None),
    (0x400, "opt_array", 132, 128),
    (0x800, "opt_sec_array", 140, 136),
    (0x2000, "mnt_uidmap", 156, 152),
    (0x4000, "mnt_gidmap", 164, 160),
)
STATMOUNT_STRINGS_BEGIN = 512


def statmount(request: dict[str, int], bufsize: int, flags: int) -> dict[str, Any]:
    """The fields that the mask says are there and that are in the buffer. Arrays are lists."""
    # the kernel ends even an empty string, one byte behind a struct without room for strings
    buffer = ctypes.create_string_buffer(max(min(bufsize, BUFFER_LIMIT), STATMOUNT_STRINGS_BEGIN + 1))
    syscall("statmount", mnt_id_req(request), buffer, bufsize, flags)
    raw = buffer.raw
    size, mask = struct.unpack_from("=I4xQ", raw)
    found: dict[str, Any] = {"size": size, "mask": mask}
    for bit, name, offset, form in STATMOUNT_NUMBERS:
        if mask & bit and offset + struct.calcsize(form) <= bufsize:
            (found[name],) = struct.unpack_from(form, raw, offset)
    for bit, name, offset, counter in STATMOUNT_STRINGS:
        if mask & bit:
            (start,) = struct.unpack_from("=I", raw, offset)
            (number,) = struct.unpack_from("=I", raw, counter) if counter else (1,)
            strings = raw[STATMOUNT_STRINGS_BEGIN + start :].split(b"\0", number)[:number]
            found[name] = [*map(decode, strings)] if counter else decode(strings[0])
    return without_owner(found)


def without_owner(found: dict[str, Any]) -> dict[str, Any]:
    """The answer of statmount(2) as root of the sandbox would have it, as seen_inside() for a mount table."""
    owner = state.outer_owner.split(",")[1:]
    for name, bit in (("mnt_opts", 0x80), ("opt_array", 0x400)):
        if owner and name in found:
            options = found[name] if name == "opt_array" else found[name].split(",")
            kept = [option for option in options if option not in owner]
            found[name] = kept if name == "opt_array" else ",".join(kept)
            if not kept:
                found["mask"] &= ~bit
                del found[name]
    return found


def listmount(request: dict[str, int], count: int, flags: int) -> list[int]:
    ids = (ctypes.c_uint64 * min(count, BUFFER_LIMIT))()
    return ids[: syscall("listmount", mnt_id_req(request), ids, count, flags)]
