"""What tools look up in the mount table: libmount's searches over the lines of mountinfo.

Functions of entries alone: nothing here makes a call, runs commands or prints.
Source: libmount of util-linux 2.38, ``tab.c`` and ``context_mount.c``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from vfslab.mountinfo import Entry


def find_target(entries: Sequence[Entry], path: str) -> Entry | None:
    """The last entry whose mountpoint is ``path``, which is absolute: mnt_table_find_target()."""
    return next((entry for entry in reversed(entries) if entry.mountpoint == path), None)


def find_source(entries: Sequence[Entry], source: str) -> Entry | None:
    """The last entry with that source: mnt_table_find_source()."""
    return next((entry for entry in reversed(entries) if entry.source == source), None)


def find_mountpoint(entries: Sequence[Entry], path: str) -> Entry | None:
    """The entry at ``path`` or at the nearest directory above it: mnt_table_find_mountpoint()."""
    while path.strip("/"):
        entry = find_target(entries, path)
        if entry:
            return entry
        path = posixpath.dirname(path)
    return find_target(entries, "/")


def children(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """By mount id the entries mounted on it, ascending: the order of mnt_table_next_child_fs()."""
    below: dict[int, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.mount_id):
        if entry.parent_id != entry.mount_id:
            below.setdefault(entry.parent_id, []).append(entry)
    return below


def options(entry: Entry) -> str:
    """The options of the mount and of its superblock in one list: merge_optstr()."""
    words = [*entry.options.split(","), *entry.super_options.split(",")]
    access = "ro" if "ro" in words else "rw"
    return ",".join([access, *(word for word in words if word not in ("ro", "rw"))])


def is_shared(entry: Entry) -> bool:
    """Whether the entry's mount is in a peer group."""
    return any(tag.startswith("shared:") for tag in entry.tags)


def matches(value: str, pattern: str) -> bool:
    """Whether a filesystem type matches "tmpfs,proc" or "notmpfs,proc": mnt_match_fstype()."""
    negated = pattern.startswith("no")
    return (value in pattern.removeprefix("no").split(",")) != negated


def moves_from_shared(entries: Sequence[Entry], source: str) -> bool:
    """Whether ``source``, an absolute path, lies on a shared mount, as libmount guesses: is_shared_tree().

    It takes a path directly below "/" for its own parent.
    """
    above = posixpath.dirname(source)
    entry = find_mountpoint(entries, source if above == "/" else above)
    return entry is not None and is_shared(entry)
