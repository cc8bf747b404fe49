"""Archives as an initramfs has them: a writer of the newc format, and the machine that unpacks them.

The machine is that of init/initramfs.c: it goes from state to state, and says at which byte. Which limits
anybody tests is not known here.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

HEADER = 110
PATH_MAX = 4096
MAGIC = (b"070701", b"070702")
FIELDS = (
    *("ino", "mode", "uid", "gid", "nlink", "mtime", "filesize"),
    *("devmajor", "devminor", "rdevmajor", "rdevminor", "namesize", "check"),
)
TRAILER = b"TRAILER!!!"


class Entry(NamedTuple):
    """A file for an archive. ``name`` goes in with a NUL; ``namesize`` is a lie where it is given."""

    name: bytes
    data: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    namesize: int | None = None


def padding(offset: int) -> int:
    """How many bytes bring an offset to the next multiple of four."""
    return -offset % 4


def newc(entries: Iterable[Entry]) -> bytes:
    """The archive of the entries, without a trailer. Raises ValueError for a number that is no u32."""
    out = bytearray()
    for entry in entries:
        name = entry.name + b"\0"
        size = len(name) if entry.namesize is None else entry.namesize
        numbers = dict.fromkeys(FIELDS, 0) | {
            "mode": entry.mode,
            "filesize": len(entry.data),
            "namesize": size,
        }
        if not all(0 <= number < 1 << 32 for number in numbers.values()):
            raise ValueError("a field has eight hexadecimal digits")
        out += MAGIC[0] + b"".join(b"%08x" % numbers[field] for field in FIELDS) + name
        out += bytes(padding(len(out)))
        out += entry.data
        out += bytes(padding(len(out)))
    return bytes(out)


class Header(NamedTuple):
    """What a header says of its entry: where it lies, and where the next one does."""

    offset: int
    mode: int
    filesize: int
    namesize: int

    @property
    def body(self) -> int:
        """Where the data begin: behind the name, at a multiple of four."""
        end = HEADER + self.namesize
        return self.offset + end + padding(end)

    @property
    def next(self) -> int:
        """Where the next header is."""
        return self.body + self.filesize + padding(self.filesize)


class Move(NamedTuple):
    """The machine is in ``state`` at byte ``offset``; ``why`` says what brought it there."""

    state: str
    offset: int
    why: str


@dataclass
class Unpacked:
    """What came out of an archive: files by name, and what was said.

    ``headers`` are the bytes at which headers were found, ``error`` says why it was given up, if it was.
    """

    created: dict[bytes, bytes] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)
    error: str = ""


class Limits(NamedTuple):
    """What an unpacker does: names and links that are longer are skipped.

    One with ``fails`` gives up there instead; one without ``data`` forgets that data are to be skipped too.
    """

    name: int = PATH_MAX
    link: int = PATH_MAX
    fails: bool = False
    data: bool = True


KERNEL = Limits()


def header(archive: bytes, offset: int) -> Header | None:
    """The header there; None where there is none."""
    raw = archive[offset : offset + HEADER]
    if raw[:6] not in MAGIC or not re.fullmatch(b"[0-9a-fA-F]{104}", raw[6:]):
        return None
    numbers = {name: int(raw[6 + 8 * at : 14 + 8 * at], 16) for at, name in enumerate(FIELDS)}
    return Header(offset, numbers["mode"], numbers["filesize"], numbers["namesize"])


def moves(archive: bytes, out: Unpacked, limits: Limits = KERNEL) -> Iterator[Move]:
    """Unpack into ``out``, one state after the other."""
    offset = 0
    while offset < len(archive):
        if not archive[offset]:
            offset += 1
            continue
        yield Move("Start", offset, "a header is to come")
        found = header(archive, offset)
        if found is None:
            out.error = f"no cpio magic at byte {offset}"
            yield Move("Error", offset, out.error)
            return
        out.headers.append(offset)
        yield Move("GotHeader", offset, f"namesize {found.namesize}, filesize {found.filesize}")
        reason = _skipped(found, limits)
        name = archive[offset + HEADER : offset + HEADER + found.namesize]
        if reason and limits.fails:
            out.error = reason
            yield Move("Error", offset, reason)
            return
        if reason and not limits.data:
            offset = found.body
            yield Move("SkipIt", offset, reason)
            continue
        if reason:
            yield Move("SkipIt", found.next, reason)
        elif not name.endswith(b"\0"):
            out.messages.append("malformed archive")
            yield Move("SkipIt", found.next, "the name does not end in NUL")
        elif name.rstrip(b"\0") == TRAILER:
            yield Move("Reset", found.next, "the trailer")
        else:
            yield Move("GotName", found.body, name.rstrip(b"\0").decode(errors="replace")[:24])
            state = "GotSymlink" if stat.S_ISLNK(found.mode) else "CopyFile"
            path = name.partition(b"\0")[0].rstrip(b"/")
            out.created[path] = archive[found.body : found.body + found.filesize]
            yield Move(state, found.next, f"{found.filesize} bytes")
        offset = found.next


def _skipped(found: Header, limits: Limits) -> str:
    """Why an entry is passed over, "" where it is not."""
    if not 0 < found.namesize <= limits.name:
        return f"namesize {found.namesize}"
    if stat.S_ISLNK(found.mode) and found.filesize > limits.link:
        return f"a link of {found.filesize} bytes"
    if not stat.S_ISREG(found.mode) and not stat.S_ISLNK(found.mode) and found.filesize:
        return "data in what has none"
    return ""


def unpack(archive: bytes, limits: Limits = KERNEL) -> Unpacked:
    """Unpack at once."""
    out = Unpacked()
    for _ in moves(archive, out, limits):
        pass
    return out
