"""The text of /proc/PID/mountinfo, both ways: one ``Entry`` a line.

Knows the format and the rules that every such table keeps; knows nothing of
snapshots, and does not know who reads a table or where it came from.
Sources: proc_pid_mountinfo(5); show_mountinfo() and mangle() in
``fs/proc_namespace.c``, which escape four characters in paths and five in the
filesystem type and source, print an empty source as nothing at all, and let
every other byte through, carriage returns and bytes that are not UTF-8 included.
So whoever reads a file for ``parse`` reads bytes and decodes with os.fsdecode:
text mode would turn a carriage return in a path into a new line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vfslab.kernel import proc_namespace

escape_path = proc_namespace.escape_path
escape_word = proc_namespace.escape_word


class Entry(NamedTuple):
    """One line. ``root``, ``mountpoint``, ``fstype`` and ``source`` are unescaped.

    ``options`` and ``super_options`` stay as printed: filesystems escape commas
    in them by their own rules, so that unescaping would lose where one ends.
    """

    mount_id: int
    parent_id: int
    dev: str
    root: str
    mountpoint: str
    options: str
    tags: tuple[str, ...]
    fstype: str
    source: str
    super_options: str


class MountinfoError(ValueError):
    """A text that is no mountinfo: ``line`` and ``column`` (from 1) of the place, and ``message``."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(line, column, message)
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


_NUMBER = "[0-9]{1,10}"
_FIELDS = (
    ("a mount id", _NUMBER),
    ("the mount id of the parent", _NUMBER),
    ("a device as major:minor", f"{_NUMBER}:{_NUMBER}"),
    ("the root of the mount in its filesystem", "[^ ]+"),
    ("a mountpoint, a path with a slash at its start and none at its end", "/(?:[^ ]*[^ /])?"),
    ("mount options", "[^ ]+"),
)
_GROUP_TAG = "(?:shared|master|propagate_from):"
_TAG = f"{_GROUP_TAG}[1-9][0-9]{{0,9}}|(?!{_GROUP_TAG})[^ ]+"
_HEAD = " ".join(f"({pattern})" for _, pattern in _FIELDS)
_LINE = re.compile(rf"[ \t]*{_HEAD}((?: (?:{_TAG}))*?) - ([^ ]+) ([^ ]*) ([^ ].*)")
_MISTAKEN = (
    (re.compile(r"[^ ]* /[^ ]* [^ ]+ [^ ]+ [0-9]+ [0-9]+"), "like a line of /proc/mounts or fstab"),
    (re.compile(r".* on /.* type [^ ]+ \(.*\)"), "like what mount prints"),
    (re.compile(r"TARGET\s.*"), "like what findmnt prints"),
)

_OCTAL = re.compile(r"(?:\\[0-3][0-7]{2})+")
_UNPRINTABLE = re.compile(r"[^!-\[\]-~]")


def unescape(text: str) -> str:
    r"""``text`` with every ``\ooo`` up to ``\377`` turned into the byte it stands for, read as UTF-8."""
    return _OCTAL.sub(_bytes, text)


def _bytes(run: re.Match[str]) -> str:
    return bytes(int(octal, 8) for octal in run[0][1:].split("\\")).decode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    r"""``text`` in one word of visible characters, the others as ``\ooo``: for people's eyes.

    For every name from outside that goes to a terminal or into a sentence.
    Injective: blanks and backslashes are escaped too.
    """
    return _UNPRINTABLE.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable() and char not in " \\":
        return char
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", errors))


def join(base: str, path: str) -> str:
    """The absolute path ``path``, taken as starting at ``base``: "/a" and "/b" give "/a/b"."""
    if base == "/":
        return path
    return base if path == "/" else base + path


def below(path: str, base: str) -> str | None:
    """``path`` as seen from ``base``, "/" where they are equal, None where it is not at or below it."""
    if base == "/":
        return path
    if path == base:
        return "/"
    return path[len(base) :] if path.startswith(base + "/") else None


def parse(text: str) -> list[Entry]:
    """The lines of a mountinfo, in their order.

    Blank lines, blanks before a line and carriage returns after it (a paste) are
    let pass; optional fields that are not known are kept. Raises MountinfoError
    for a line that does not have the form, a mount id listed twice, parents that
    form a cycle, a mount that is its own parent though it is not the one root,
    and a mountpoint that is not below its parent's.
    """
    entries: list[Entry] = []
    lines: dict[int, tuple[int, str]] = {}
    nul = "\0" in text
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r")
        if not line or line.isspace():
            continue
        match = _LINE.fullmatch(line)
        if match is None or (nul and "\0" in line):
            raise _complaint(number, line)
        entry = _entry(match)
        if entry.mount_id in lines:
            first = lines[entry.mount_id][0]
            raise MountinfoError(
                number, match.start(1) + 1, f"mount {entry.mount_id} is listed twice, first on line {first}"
            )
        lines[entry.mount_id] = number, line
        entries.append(entry)
    _check_parents(entries, lines)
    return entries


def format_entry(entry: Entry) -> str:
    """The line the kernel prints for ``entry``, without the line's end."""
    mount_id, parent_id, dev, root, mountpoint, options, tags, fstype, source, super_options = entry
    head = f"{mount_id} {parent_id} {dev} {escape_path(root)} {escape_path(mountpoint)}"
    tail = f"{escape_word(fstype)} {escape_word(source)} {super_options}"
    return " ".join((head, options, *tags, "-", tail))


def format(entries: Iterable[Entry]) -> str:
    """The mountinfo with these lines. ``format(parse(t)) == t`` for whatever a kernel printed."""
    return "".join(format_entry(entry) + "\n" for entry in entries)


def _entry(match: re.Match[str]) -> Entry:
    mount_id, parent_id, dev, root, mountpoint, options, tags, fstype, source, super_options = match.groups()
    if "\\" in match[0]:
        root, mountpoint, fstype, source = map(unescape, (root, mountpoint, fstype, source))
    words = tuple(tags.split(" ")[1:]) if tags else ()
    return Entry(
        int(mount_id), int(parent_id), dev, root, mountpoint, options, words, fstype, source, super_options
    )


def _complaint(number: int, line: str) -> MountinfoError:
    """What is wrong first in a line that is not of the form."""
    if "\0" in line:
        return MountinfoError(number, line.index("\0") + 1, "a NUL byte: this is not text")
    start = len(line) - len(line.lstrip(" \t"))
    for what, pattern in _FIELDS:
        field = line[start:].partition(" ")[0]
        if not re.fullmatch(pattern, field):
            return _expected(number, line, start, what)
        start += len(field) + 1
    tags, separator, rest = line[start - 1 :].partition(" - ")
    for tag in tags.split(" ")[1:]:
        if not re.fullmatch(_TAG, tag):
            return _expected(number, line, start, "an optional field or '-'")
        start += len(tag) + 1
    if not separator:
        return _expected(number, line, len(line), "' - ' before the filesystem type")
    fstype, _, rest = rest.partition(" ")
    start += len("- ")
    if not fstype:
        return _expected(number, line, start, "a filesystem type")
    source, blank, _ = rest.partition(" ")
    start += len(fstype) + 1
    if not blank:
        return _expected(number, line, len(line), "a source and super options, each after one blank")
    return _expected(number, line, start + len(source) + 1, "super options")


def _expected(number: int, line: str, start: int, what: str) -> MountinfoError:
    field = line[start:].partition(" ")[0]
    found = (
        f"'{printable(field[:30])}'" if field else "a second blank" if line[start:] else "the end of the line"
    )
    kind = next((kind for pattern, kind in _MISTAKEN if pattern.fullmatch(line.strip()[:1000])), None)
    hint = f"; this looks {kind}, not like one of /proc/self/mountinfo" if kind else ""
    return MountinfoError(number, min(start, len(line)) + 1, f"expected {what}, found {found}{hint}")


def _check_parents(entries: list[Entry], lines: Mapping[int, tuple[int, str]]) -> None:
    by_id = {entry.mount_id: entry for entry in entries}
    own_parent = next((entry for entry in entries if entry.parent_id == entry.mount_id), None)
    settled: set[int] = set()
    for entry in entries:
        if entry.parent_id in settled:  # nearly always: a kernel lists parents first
            settled.add(entry.mount_id)
            continue
        climbed: dict[int, None] = {}
        climber: Entry | None = entry
        while climber is not None and climber.mount_id not in settled:
            if climber.mount_id in climbed:
                trail = list(climbed)
                raise _wrong_cycle(trail[trail.index(climber.mount_id) :], lines)
            climbed[climber.mount_id] = None
            climber = None if climber.parent_id == climber.mount_id else by_id.get(climber.parent_id)
        settled.update(climbed)
    for entry in entries:
        parent = by_id.get(entry.parent_id)
        if parent is not None and parent.mountpoint == "/" and parent is not entry:
            continue
        if parent is entry:
            if entry is not own_parent or entry.mountpoint != "/":
                message = f"mount {entry.mount_id} is its own parent, and not the root"
                raise _wrong(lines[entry.mount_id], 2, message)
        elif parent is not None and below(entry.mountpoint, parent.mountpoint) is None:
            child_at, parent_at = printable(entry.mountpoint), printable(parent.mountpoint)
            message = f"'{child_at}' is not below '{parent_at}', where its parent {parent.mount_id} is"
            raise _wrong(lines[entry.mount_id], 5, message)


def _wrong_cycle(cycle: list[int], lines: Mapping[int, tuple[int, str]]) -> MountinfoError:
    first = min(cycle, key=lambda mount_id: lines[mount_id][0])
    at = cycle.index(first)
    shown = [str(mount_id) for mount_id in (*cycle[at:], *cycle[:at], first)]
    if len(shown) > 8:
        shown[4:-2] = ["..."]
    return _wrong(lines[first], 2, f"a cycle of parents: {' -> '.join(shown)}")


def _wrong(place: tuple[int, str], field: int, message: str) -> MountinfoError:
    number, line = place
    match = _LINE.fullmatch(line)
    assert match is not None, "only a line that was read can break a rule of the table"
    return MountinfoError(number, match.start(field) + 1, message)
