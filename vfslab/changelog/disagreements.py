"""Sixteen places where what was said of a change, in short, and what it does are not the same.

Each names the entry of the feed that it is about. How the changes work is in their own modules.
"""

from __future__ import annotations

from typing import NamedTuple


class Disagreement(NamedTuple):
    """``entry`` is a commit of the feed, or the title of one without; ``said``, ``found`` are sentences."""

    entry: str
    said: str
    found: str


DISAGREEMENTS = (
    Disagreement(
        "294f54f849d8",
        "igrab() gave way to a plain increment of i_count",
        "the commit leaves fserror alone: failed writes are handed to a work item in fs/iomap/ioend.c",
    ),
    Disagreement(
        "fdcfce93073d",
        "the depth of a loop of epoll descriptors overflows",
        "so it does, but a u8 keeps it as 255, and the walk upwards refuses 256: no loop was ever accepted",
    ),
    Disagreement(
        "aaf76839616a",
        "a test for a file size above PATH_MAX",
        "the size of the name is above it; the file has 36 bytes",
    ),
    Disagreement(
        "6d864a1b1825",
        "10 to 16 % more operations",
        "465 thousand became 510 to 560 thousand: 9.7 to 20.4 %",
    ),
    Disagreement(
        "6cbfdf89470e",
        "about fifteen filesystems had the same three steps",
        "eleven places in eight filesystems",
    ),
    Disagreement(
        "1219e0feaefc",
        "alloc_file() sets f_mode earlier",
        "init_file() does, which everything that makes a file goes through",
    ),
    Disagreement(
        "1fa4e69a54a2",
        "a consuming load saves a fence of the hardware",
        "for one commit: the next one of the series needs an acquiring load again, of another field",
    ),
    Disagreement(
        "6784f2747225",
        "100 % of the branches are mispredicted",
        "the annotation is wrong each time; a CPU learns such a branch at once, and pays for the layout",
    ),
    Disagreement(
        "69050f8d6d07",
        "scalar types are left alone",
        "unsigned ones and characters are; int, long, bool, size_t are converted, and so is sizeof(*u)",
    ),
    Disagreement(
        "0f166bf1d6d8",
        "seconds were cut to 32 bits, as for 2038",
        "the field was unsigned, and counts since boot: it is too small after 136 years without a reboot",
    ),
    Disagreement(
        "0f5bb0cfb0b4",
        "min_t() is replaced by min() or umin()",
        "that reads like style: one of the lines let FITRIM on FAT ignore a minimum of 4 GiB and more",
    ),
    Disagreement(
        "0f5bb0cfb0b4",
        "the same once more: nothing is said of 32 bits",
        "there fuse did not compile for most of a cycle: one operand there is signed, of 64 bits",
    ),
    Disagreement(
        "88ec797c4680",
        "insert_inode_locked() waits until the old inode is gone",
        "its first version gave back a lock that it had not taken; the merged one met a deadlock in ext4",
    ),
    Disagreement(
        "cb184dd19154",
        "flags_valid gets a first value",
        "which value is a choice: with true a FUSE server is asked another question, and two fields read 0",
    ),
    Disagreement(
        "sysfs(2): fs_index() argument is _not_ a pathname",
        "an argument that is no path is not treated as one",
        "programs can tell: an empty or too long string now gives EINVAL, not ENOENT or ENAMETOOLONG",
    ),
    Disagreement(
        "1219e0feaefc",
        "f_mode is set before a file can be found",
        "true, and without effect: whoever finds it so looks once more and lets go of it",
    ),
)
