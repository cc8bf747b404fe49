"""0f5bb0cfb0b4, FITRIM on FAT: what is discarded, by the shortest run that was asked for?

It makes a FAT filesystem in a file of its own, on a loop device of its own. The kernel needs loop and vfat.
Where they are modules that are not loaded, loop.ko, fat.ko, vfat.ko and the code pages that it asks for are
loaded if they lie beside this file, unpacked; a VM gets them under names that end in .py.
"""

import ctypes
import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Any

import mounts
from mounts import SCRATCH, libc, mount, name_of, privately, report, umount

FITRIM = 0xC0185879
LOOP_CTL_GET_FREE, LOOP_SET_FD, LOOP_CLR_FD = 0x4C82, 0x4C00, 0x4C01
FINIT_MODULE = 313
MODULES = ("loop", "fat", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8")

SECTOR, SECTORS, SECTORS_OF_A_CLUSTER = 512, 32768, 4
RESERVED, FATS, SECTORS_OF_A_FAT, ROOT_ENTRIES = 4, 2, 64, 512

MINLENS = (0, 4096, (1 << 32) - 1, 1 << 32, (1 << 32) + 8192, 1 << 40)


def load_modules() -> None:
    for name in MODULES:
        path = Path(mounts.__file__).with_name(f"{name}.ko.py")
        if path.exists():
            with open(path, "rb") as file:
                if libc.syscall(ctypes.c_long(FINIT_MODULE), ctypes.c_long(file.fileno()), b"", 0):
                    number = ctypes.get_errno()
                    if number != errno.EEXIST:
                        raise OSError(number, f"{name}: {os.strerror(number)}")


def fat16() -> bytes:
    """An empty filesystem of 16 MiB; its free clusters are one run of 8151."""
    boot = struct.pack(
        "<3s8sHBHBHHBHHHII",
        b"\xeb\x3c\x90",
        b"vfslab  ",
        *(SECTOR, SECTORS_OF_A_CLUSTER, RESERVED, FATS, ROOT_ENTRIES, SECTORS, 0xF8, SECTORS_OF_A_FAT),
        *(32, 2, 0, 0),
    )
    boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 1, b"SCRATCH    ", b"FAT16   ")
    image = bytearray(SECTOR * SECTORS)
    image[: len(boot)] = boot
    image[510:512] = b"\x55\xaa"
    for number in range(FATS):
        start = SECTOR * (RESERVED + number * SECTORS_OF_A_FAT)
        image[start : start + 4] = b"\xf8\xff\xff\xff"
    return bytes(image)


def loop_device(image: str) -> tuple[int, str]:
    """A loop device that shows the file: open, and by its path."""
    with open("/dev/loop-control", "rb") as control:
        number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
    path = f"/dev/loop{number}"
    device = os.open(path, os.O_RDWR)
    with open(image, "r+b") as file:
        fcntl.ioctl(device, LOOP_SET_FD, file.fileno())
    return device, path


def trim(directory: int, minlen: int) -> dict[str, Any]:
    """What the ioctl gives back in struct fstrim_range."""
    asked = bytearray(struct.pack("<QQQ", 0, (1 << 64) - 1, minlen))
    try:
        fcntl.ioctl(directory, FITRIM, asked)
    except OSError as error:
        return {"errno": name_of(error)}
    _, length, used = struct.unpack("<QQQ", asked)
    return {"trimmed": length, "minlen": used}


def experiment() -> dict[str, Any]:
    image = f"{SCRATCH}/image"
    Path(image).write_bytes(fat16())
    os.mkdir(f"{SCRATCH}/fat")
    device, path = loop_device(image)
    try:
        mount(path, f"{SCRATCH}/fat", "vfat")
        directory = os.open(f"{SCRATCH}/fat", os.O_RDONLY)
        found = {str(minlen): trim(directory, minlen) for minlen in MINLENS}
        os.close(directory)
        umount(f"{SCRATCH}/fat")
    finally:
        fcntl.ioctl(device, LOOP_CLR_FD)
    return found


load_modules()
report({"minlen": privately(experiment)})
