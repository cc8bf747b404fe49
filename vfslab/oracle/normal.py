"""What a machine says, without what is that machine's own: ids, device numbers, sizes.

Two pure functions of text, one for the mountinfo of shells and one for what
commands print, so that answers of two machines, or of one machine on two days,
can be held against each other. Nothing here knows who answered.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Sequence

from vfslab import mountinfo

Table = tuple[str, ...]

# They print mount tables or device numbers; the tables are looked at after every command anyway.
TABLES = ("mount", "findmnt", "mountpoint")

# Ids that a kernel gives only once begin here (MNT_UNIQUE_ID_OFFSET in fs/namespace.c); ~0 is LSMT_ROOT.
FIRST_UNIQUE_ID = 1 << 31
LSMT_ROOT = (1 << 64) - 1

# Fields of struct statmount and struct statx whose numbers a kernel gives anew once they are free, and
# what they count. mnt_id is here for statx's; statmount's is a unique one.
REUSED = {
    "mnt_id": "mount",
    "mnt_id_old": "mount",
    "mnt_parent_id_old": "mount",
    "mnt_peer_group": "group",
    "mnt_master": "group",
    "propagate_from": "group",
    "sb_dev_major": "major",
    "sb_dev_minor": "minor",
}
_REUSED = re.compile(rf"^({'|'.join(REUSED)})(: )([1-9][0-9]*)$", re.MULTILINE)
_NAMESPACE = re.compile(r"^(mnt_ns_id: |)([1-9][0-9]*)$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])[0-9]{10,20}(?![\w.])")
_INODES = re.compile(r"^(?:mnt_opts|opt_array): inode(?:32|64)\n|[, ]inode(?:32|64)\b", re.MULTILINE)
# the root of a mount of a namespace file, as fs/nsfs.c, ns_dname() names it
_NAMESPACE_FILE = re.compile(r"^([a-z]+):\[([0-9]+)\]$")


_MOUNT_TABLE = re.compile(r"/proc/(?:self|sh[0-9]+)/(?:mountinfo|mounts|mountstats)")


class Numbers(dict[str, str]):
    """Counts what it is asked for from 1, by first appearance."""

    def number(self, old: str) -> str:
        return self.setdefault(old, str(len(self) + 1))


@functools.lru_cache(maxsize=16)
def normalise(*mountinfos: str) -> tuple[Table, ...]:
    """The mountinfo of several shells, one moment's, as lines without what is a machine's own.

    Over all of them, mount ids, device numbers, peer groups and namespaces (the roots of nsfs
    mounts) are counted from 1 by first appearance; a parent that its table does not show
    becomes "-", and super options are cut down to ro or rw. Raises MountinfoError.
    """
    mounts, devices, groups, namespaces = Numbers(), Numbers(), Numbers(), Numbers()

    def namespace_file(match: re.Match[str]) -> str:
        return f"{match[1]}:[{namespaces.number(match[2])}]"

    tables = []
    for text in mountinfos:
        entries = mountinfo.parse(text)
        shown = {entry.mount_id for entry in entries}
        for entry in entries:
            mounts.number(str(entry.mount_id))
        lines = []
        for entry in entries:
            line = (
                mounts.number(str(entry.mount_id)),
                mounts.number(str(entry.parent_id)) if entry.parent_id in shown else "-",
                f"0:{devices.number(entry.dev)}",
                mountinfo.escape_path(_NAMESPACE_FILE.sub(namespace_file, entry.root)),
                mountinfo.escape_path(entry.mountpoint),
                entry.options,
                *(_renumbered(tag, groups) for tag in entry.tags),
                "-",
                mountinfo.escape_word(entry.fstype),
                mountinfo.escape_word(entry.source),
                entry.super_options.partition(",")[0],
            )
            lines.append(" ".join(line))
        tables.append(tuple(lines))
    return tuple(tables)


def _renumbered(tag: str, groups: Numbers) -> str:
    name, colon, group = tag.partition(":")
    return f"{name}:{groups.number(group)}" if colon else tag


def count(number: int, unique: Numbers) -> None:
    """Give an id that a shell keeps unprinted its place in ``unique``, to know it when it is printed."""
    unique.number(str(number) if number >= FIRST_UNIQUE_ID else f"namespace {number}")


def printed(words: Sequence[str], stdout: str, unique: Numbers) -> Table:
    """The lines that the command ``words`` printed, without what is a machine's own.

    Of a command that prints tables (TABLES) nothing is left. A mountinfo is normalised as
    those of the shells are. Elsewhere

    1. inode64 and inode32, a kernel's configuration, are no options of a tmpfs;
    2. a number of 2^31 or more is an id that is never given twice, and so is that of a
       namespace: they become ``#1``, ``#2``, … by first appearance in ``unique``, which is
       one run's: an id has the same name in all that the run prints. LSMT_ROOT stays;
    3. the number of a field in REUSED is counted from 1 by first appearance in this output,
       mounts, groups and devices each for themselves; 0 stays.
    """
    if words and words[0] in TABLES:
        return ()
    if stdout[:1].isdecimal():
        try:
            return normalise(stdout)[0]
        except mountinfo.MountinfoError:
            pass  # another text that begins with a number
    reused: defaultdict[str, Numbers] = defaultdict(Numbers)

    def number(match: re.Match[str]) -> str:
        value = int(match[0])
        return match[0] if value < FIRST_UNIQUE_ID or value == LSMT_ROOT else f"#{unique.number(match[0])}"

    def namespace(match: re.Match[str]) -> str:
        return f"{match[1]}#{unique.number('namespace ' + match[2])}"

    def field(match: re.Match[str]) -> str:
        return match[1] + match[2] + reused[REUSED[match[1]]].number(match[3])

    text = _INODES.sub("", stdout)
    if "mnt_ns_id: " in text or "ns_get_mntns_id" in words:
        text = _NAMESPACE.sub(namespace, text)
    return tuple(_REUSED.sub(field, _NUMBER.sub(number, text)).splitlines())


class Pieces:
    """What one run reads of mount tables: pieces end elsewhere where ids have another length.

    So nothing is told of a piece, and at the end all that was read.
    """

    def __init__(self) -> None:
        # by shell and name what was read so far, None where that is no table
        self._read: dict[tuple[str, str], str | None] = {}

    def opened(self, shell: str, name: str, path: str) -> None:
        """``shell`` keeps under ``name`` a descriptor of ``path`` from now on."""
        self._read[shell, name] = "" if _MOUNT_TABLE.fullmatch(path) else None

    def read(self, shell: str, name: str, text: str) -> str:
        """What to tell of the ``text`` that a read gave."""
        opener = (
            shell
            if (shell, name) in self._read
            else next((other for other, kept in self._read if kept == name), shell)
        )
        before = self._read.get((opener, name))
        if before is None:
            return text
        self._read[opener, name] = before + text if text else ""
        return "" if text else before
