"""cb184dd19154, flags_valid: what is a FUSE server asked when somebody calls file_getattr(2)?

The server here knows a file that is immutable and has an extent size, extents and a project. FS_IOC_GETFLAGS
asks for the first of them only, FS_IOC_FSGETXATTR for all.
"""

import ctypes
import os
import struct
import threading

import mounts
from mounts import AT_FDCWD, SCRATCH, checked, libc, name_of, privately, report, umount

mounts.NUMBERS["file_getattr"] = 468
GETATTR, OPEN, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, IOCTL = 3, 14, 18, 25, 26, 27, 29, 39
FORGET, BATCH_FORGET = 2, 42
FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR = 0x80086601, 0x801C581F
NAMES = {FS_IOC_GETFLAGS: "FS_IOC_GETFLAGS", FS_IOC_FSGETXATTR: "FS_IOC_FSGETXATTR"}
FLAGS, XATTR = 0x10, (8, 65536, 3, 777, 0)
ENOSYS = 38


def answer(opcode, body, asked):
    """The payload of the answer, None for a request that the server does not know."""
    if opcode == INIT:
        return struct.pack("<IIIIHHI", 7, 31, 65536, 0, 16, 12, 65536).ljust(64, b"\0")
    if opcode == GETATTR:
        times = struct.pack("<6Q3I", 1, 0, 0, 0, 0, 0, 0, 0, 0)
        return struct.pack("<QII", 1, 0, 0) + times + struct.pack("<7I", 0o40755, 2, 0, 0, 0, 4096, 0)
    if opcode in (OPEN, OPENDIR):
        return struct.pack("<QII", 1, 0, 0)
    if opcode in (FLUSH, RELEASE, RELEASEDIR):
        return b""
    if opcode == IOCTL:
        command = struct.unpack_from("<QII", body)[2]
        asked.append(NAMES.get(command, str(command)))
        data = struct.pack("<I", FLAGS) if command == FS_IOC_GETFLAGS else struct.pack("<5I8x", *XATTR)
        return struct.pack("<iIII", 0, 0, 0, 0) + data
    return None


def serve(device, asked):
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError:
            return  # unmounted
        _, opcode, unique = struct.unpack_from("<IIQ", request)
        if opcode in (FORGET, BATCH_FORGET):
            continue
        payload = answer(opcode, request[40:], asked)
        error, payload = (-ENOSYS, b"") if payload is None else (0, payload)
        os.write(device, struct.pack("<IiQ", 16 + len(payload), error, unique) + payload)


def experiment():
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        return {"fuse": name_of(error)}
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    try:
        checked(libc.mount(b"server", SCRATCH.encode(), b"fuse", ctypes.c_ulong(0), options))
    except OSError as error:
        return {"fuse": name_of(error)}
    asked = []
    threading.Thread(target=serve, args=(device, asked), daemon=True).start()
    attributes = ctypes.create_string_buffer(24)
    try:
        mounts.call("file_getattr", AT_FDCWD, SCRATCH.encode(), attributes, len(attributes), 0)
    except OSError as error:
        return {"fuse": "ok", "file_getattr": name_of(error), "requests": asked}
    finally:
        umount(SCRATCH)
    names = ("xflags", "extsize", "nextents", "projid", "cowextsize")
    seen = dict(zip(names, struct.unpack("<Q4I", attributes), strict=True))
    return {"fuse": "ok", "file_getattr": "ok", "requests": asked, "seen": seen}


report(privately(experiment))
