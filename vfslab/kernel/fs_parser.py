"""Reading the parameters of filesystems: which there are, what their values may be, how they are printed.

Text in, text out: a value becomes what mountinfo prints of it. Who gave the parameters, and what
becomes of them, is not known here.
Source: fs/fs_parser.c; mm/shmem.c, shmem_parse_one(); fs/ramfs/inode.c; fs/proc/root.c; lib/cmdline.c,
memparse().
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

# What the filesystem prints of a value; nothing where it prints nothing.
Reader = Callable[[str], str]

_UNITS = "kmgtpe"
# A number in the base that its beginning tells, and perhaps a unit.
_MEMPARSE = re.compile(r"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)([kKmMgGtTpPeE]?)")
_KSTRTOUINT = re.compile(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_PAGE = 4096
_MAX_64 = (1 << 64) - 1
_MAX_32 = (1 << 32) - 1
_BOGO_INODE_SIZE = 1024
# Memory policies that name nodes of the machine.
_NODES = re.compile(r"(prefer|bind|interleave|weighted interleave)\b.*")


class BadValue(Exception):
    """A value that cannot be read."""


class Unmodelled(Exception):
    """A value that the kernel can read, depending on the machine."""


class Memparsed(NamedTuple):
    """A number with its unit applied, and what stands behind it."""

    number: int
    rest: str


def simple_strtoull(digits: str) -> int:
    """A number in hexadecimal after 0x, in octal after 0, else in decimal."""
    if digits[:2].lower() == "0x":
        return int(digits, 16)
    return int(digits, 8 if digits.startswith("0") else 10)


def memparse(value: str) -> Memparsed:
    """A number with a unit, as the kernel reads "1m"; it wraps around at 64 bits.

    Raises BadValue where there is no number, Unmodelled for a mere unit: older kernels take that for 0.
    """
    match = _MEMPARSE.match(value)
    if match is None:
        raise Unmodelled if value[:1].lower() in tuple(f"{_UNITS}%") else BadValue
    digits, unit = match.groups()
    shift = 10 * (_UNITS.index(unit.lower()) + 1) if unit else 0
    return Memparsed(simple_strtoull(digits) << shift & _MAX_64, value[match.end() :])


def _size(value: str) -> str:
    """In whole pages, printed in kilobytes; nothing for a share of the machine's memory."""
    number, rest = memparse(value)
    if rest not in ("", "%"):
        raise BadValue
    return "" if rest and number else f"{-(-number // _PAGE) * 4}k"


def _nr_blocks(value: str) -> str:
    number, rest = memparse(value)
    if rest or number > _MAX_64 >> 1:
        raise BadValue
    return f"{number * 4 & _MAX_64}k"


def _nr_inodes(value: str) -> str:
    number, rest = memparse(value)
    if rest or number > _MAX_64 // _BOGO_INODE_SIZE:
        raise BadValue
    return str(number)


def _mode(value: str) -> str:
    """fs_param_is_u32 in octal."""
    if not re.fullmatch(r"\+?[0-7]+", value) or int(value, 8) > _MAX_32:
        raise BadValue
    return f"{int(value, 8) & 0o7777:03o}"


def _id(value: str) -> str:
    """fs_param_is_uid, fs_param_is_gid: -1 is none."""
    match = _KSTRTOUINT.fullmatch(value)
    if match is None or simple_strtoull(match[1]) >= _MAX_32:
        raise BadValue
    return str(simple_strtoull(match[1]))


def _huge(value: str) -> str:
    words = {"never": "", "always": "always", "within_size": "within_size", "advise": "advise"}
    if value not in words:
        raise BadValue
    return words[value]


def _mpol(value: str) -> str:
    words = {"default": "", "local": "local", "prefer": "local"}
    if value not in words:
        raise Unmodelled if _NODES.fullmatch(value) else BadValue
    return words[value]


_HIDEPID = {0: "off", 1: "noaccess", 2: "invisible", 4: "ptraceable"}


def _hidepid(value: str) -> str:
    """A number or a word."""
    match = _KSTRTOUINT.fullmatch(value)
    word = value if match is None else _HIDEPID.get(simple_strtoull(match[1]), "")
    if word not in _HIDEPID.values():
        raise BadValue
    return word


def _subset(value: str) -> str:
    words = value.split(",")
    if not value or not {"", "pid"}.issuperset(words):
        raise BadValue
    return "pid" if "pid" in words else ""


def _unmodelled(value: str) -> str:
    raise Unmodelled


_TMPFS: dict[str, Reader] = {
    "size": _size,
    "nr_blocks": _nr_blocks,
    "nr_inodes": _nr_inodes,
    "mode": _mode,
    "uid": _id,
    "gid": _id,
    "huge": _huge,
    "mpol": _mpol,
}
_PROC: dict[str, Reader] = {
    "gid": _id,
    "hidepid": _hidepid,
    "subset": _subset,
    "pidns": _unmodelled,
}
PARAMETERS: Mapping[str, Mapping[str, Reader]] = MappingProxyType(
    {"tmpfs": _TMPFS, "ramfs": {"mode": _mode}, "proc": _PROC}
)
# Parameters without a value: whether tmpfs has them is a matter of the kernel's configuration.
UNMODELLED_FLAGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "tmpfs": frozenset(
            ("inode32", "inode64", "noswap", "quota", "usrquota", "grpquota", "casefold", "strict_encoding")
        )
    }
)
# The same option under another name.
SAME_AS = MappingProxyType({"nr_blocks": "size"})
# The order in which a filesystem prints its options, and what it does not print.
PRINTED = ("size", "nr_inodes", "mode", "uid", "gid", "huge", "mpol", "hidepid", "subset")
DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "tmpfs": {"mode": "1777", "uid": "0", "gid": "0"},
        "ramfs": {"mode": "755"},
        "proc": {"gid": "0", "hidepid": "off"},
    }
)
# What a remount can change; the rest is read, and forgotten.
RECONFIGURABLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "tmpfs": frozenset(("size", "nr_inodes", "huge", "mpol")),
        "proc": frozenset(("gid", "hidepid", "subset")),
    }
)
