"""findmnt(8): the mount table as a tree or a list, with the columns asked for.

Behaviour and words: util-linux 2.38.1, ``misc-utils/findmnt.c``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from vfslab.mountinfo import Entry
from vfslab.shell import columns, mount_table
from vfslab.shell.columns import Column, Row
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Exit, Process, Tool

_EXCLUSIVE = (("pairs", "list", "raw", "verify"), ("mountpoint", "target"))
_DEFAULT = "TARGET,SOURCE,FSTYPE,OPTIONS"


class _Shape(NamedTuple):
    """How cells are made: raw, and with the root of a bind behind its source."""

    raw: bool
    fsroot: bool


def _source(entry: Entry, shape: _Shape) -> str:
    return f"{entry.source}[{entry.root}]" if shape.fsroot and entry.root != "/" else entry.source


def _major_minor(entry: Entry, shape: _Shape) -> str:
    major, _, minor = entry.dev.partition(":")
    return entry.dev if shape.raw else f"{major:>3}:{minor:<3}"


def _propagation(entry: Entry, shape: _Shape) -> str:
    words = ["shared" if mount_table.is_shared(entry) else "private"]
    words += ["slave"] if any(tag.startswith("master:") for tag in entry.tags) else []
    words += ["unbindable"] if "unbindable" in entry.tags else []
    return ",".join(words)


_CELLS: dict[str, Callable[[Entry, _Shape], str]] = {
    "TARGET": lambda entry, shape: entry.mountpoint,
    "SOURCE": _source,
    "FSTYPE": lambda entry, shape: entry.fstype,
    "OPTIONS": lambda entry, shape: mount_table.options(entry),
    "VFS-OPTIONS": lambda entry, shape: entry.options,
    "FS-OPTIONS": lambda entry, shape: entry.super_options,
    "OPT-FIELDS": lambda entry, shape: " ".join(entry.tags),
    "PROPAGATION": _propagation,
    "FSROOT": lambda entry, shape: entry.root,
    "MAJ:MIN": _major_minor,
    "ID": lambda entry, shape: str(entry.mount_id),
    "PARENT": lambda entry, shape: str(entry.parent_id or ""),
}
_RIGHT = ("ID", "PARENT")
# columns of the real one that tell of disks, of labels, of fstab or of --poll
_BEYOND: tuple[str, ...] = (
    "ACTION",
    "AVAIL",
    "FREQ",
    "LABEL",
    "OLD-OPTIONS",
    "OLD-TARGET",
    "PARTLABEL",
    "PARTUUID",
    "PASSNO",
)
_BEYOND += ("SIZE", "SOURCES", "TID", "USED", "USE%", "UUID")


def findmnt(process: Process, arguments: Arguments) -> int:
    """findmnt(8). Without a word when nothing was found, then with status 1 unless a tree was asked for."""
    for group in _EXCLUSIVE:
        if len({option.name for option in arguments.options} & set(group)) > 1:
            process.warn(f"mutually exclusive arguments: {' '.join(f'--{name}' for name in group)}")
            return 1
    names = _columns(process, arguments)
    entries = process.mounts()
    search = _search(process, arguments, entries)
    plain = arguments.has("list") or arguments.has("raw")
    shape = _Shape(arguments.has("raw"), not arguments.has("nofsroot"))

    def row(entry: Entry) -> Row:
        return Row(tuple(_CELLS[name](entry, shape) for name in names))

    submounts = arguments.has("submounts") and not search.lists_all
    tree = not plain and (submounts or (search.by_type_alone and not arguments.has("first-only")))
    forest = _Forest(entries, row)
    if submounts or tree:
        tops = search.find(entries)[: 1 if arguments.has("first-only") else None]
        rows = forest.below(tops) if submounts else forest.matching(search.matches)
        rows = [Row(row.cells) for row in columns.preorder(rows)] if plain else rows
    else:
        found = search.find(entries)
        rows = [row(entry) for entry in (found[:1] if arguments.has("first-only") else found)]
    if not rows:
        return 0 if tree and not submounts else 1
    head = [Column(name, name in _RIGHT, name == "TARGET") for name in names]
    headings = not arguments.has("noheadings")
    style = columns.ASCII if arguments.has("ascii") else columns.UNICODE
    raw = arguments.has("raw")
    for line in columns.raw(head, rows, headings) if raw else columns.table(head, rows, style, headings):
        process.print(line)
    return 0


def _columns(process: Process, arguments: Arguments) -> list[str]:
    wanted = arguments.last("output")
    if wanted is None:
        wanted = _DEFAULT
    elif wanted.startswith("+"):
        wanted = f"{_DEFAULT},{wanted[1:]}"
    names = wanted.upper().split(",")
    for i, name in enumerate(names):
        if name in _BEYOND:
            process.warn(f"column {name} is not modelled here")
            raise Exit(1)
        if name not in _CELLS:
            process.warn(f"unknown column: {','.join(wanted.split(',')[i:])}")
            raise Exit(1)
    return names


@dataclass
class _Search:
    """What is asked of an entry; None asks for nothing."""

    source: str | None = None
    target: str | None = None
    types: str | None = None
    # where the source may as well be meant as a mountpoint, that
    swapped: str | None = None

    @property
    def lists_all(self) -> bool:
        return self == _Search()

    @property
    def by_type_alone(self) -> bool:
        return self.source is None and self.target is None

    def matches(self, entry: Entry) -> bool:
        return (
            (self.source is None or entry.source == self.source)
            and (self.target is None or entry.mountpoint == self.target)
            and (self.types is None or mount_table.matches(entry.fstype, self.types))
        )

    def find(self, entries: list[Entry]) -> list[Entry]:
        found = [entry for entry in entries if self.matches(entry)]
        if not found and self.swapped is not None:
            return _Search(target=self.swapped, types=self.types).find(entries)
        return found


def _search(process: Process, arguments: Arguments, entries: list[Entry]) -> _Search:
    types, path, operands = arguments.last("types"), arguments.last("target"), arguments.operands
    source, mountpoint = arguments.last("source"), arguments.last("mountpoint")
    if operands:
        if source is not None or path is not None or mountpoint is not None:
            process.warn(
                "options --target and --source can't be used together with command line element"
                " that is not an option"
            )
            raise Exit(1)
        if len(operands) == 1:
            return _Search(operands[0], None, types, process.absolute(operands[0]))
        source, mountpoint = operands[:2]
    if path is not None:
        absolute = process.absolute(path)
        entry = mount_table.find_target(entries, absolute)
        if entry is None:
            process.refused = process.call("stat", path)
            entry = None if process.refused.errno else mount_table.find_mountpoint(entries, absolute)
        if entry is None:
            raise Exit(1)
        return _Search(source, entry.mountpoint, types)
    return _Search(source, None if mountpoint is None else process.absolute(mountpoint), types)


class _Forest:
    """The entries as trees by parent id: create_treenode()."""

    def __init__(self, entries: list[Entry], row: Callable[[Entry], Row]) -> None:
        self.entries = entries
        self.row = row
        self.shown: set[int] = set()
        self.children = mount_table.children(entries)

    def below(self, tops: list[Entry]) -> list[Row]:
        """Each of ``tops`` with all that is mounted below it, none twice."""
        rows: list[Row] = []
        for entry in tops:
            self._add(entry, rows, lambda entry: True, once=True)
        return rows

    def matching(self, matches: Callable[[Entry], bool]) -> list[Row]:
        """All entries that match, each below the nearest one above it that does: first the root's tree.

        What the root does not reach follows in the order of the table, so a mount whose
        parent comes later is drawn twice, as the real one does.
        """
        rows: list[Row] = []
        for entry in self._root():
            self._add(entry, rows, matches)
        for entry in self.entries:
            if matches(entry) and entry.mount_id not in self.shown:
                self._add(entry, rows, matches)
        return rows

    def _root(self) -> list[Entry]:
        """What libmount takes for the root: the top above the entry whose parent has the lowest id."""
        by_id = {entry.mount_id: entry for entry in self.entries}
        entry = min(self.entries, key=lambda entry: entry.parent_id, default=None)
        while entry:
            above = by_id.get(entry.parent_id, entry)
            if above is entry:
                return [entry]
            entry = above
        return []

    def _add(
        self, entry: Entry, rows: list[Row], matches: Callable[[Entry], bool], once: bool = False
    ) -> None:
        to_visit = [(entry, rows)]
        while to_visit:
            entry, rows = to_visit.pop()
            if once and entry.mount_id in self.shown:
                continue
            if matches(entry):
                self.shown.add(entry.mount_id)
                row = self.row(entry)
                rows.append(row)
                rows = row.children
            to_visit += ((child, rows) for child in reversed(self.children.get(entry.mount_id, [])))


TOOLS = (
    Tool(
        "findmnt",
        findmnt,
        "[-afklnrRuv] [-o COLUMNS] [-t TYPES] [-S SOURCE] [-T PATH|-M MOUNTPOINT] [SOURCE|MOUNTPOINT]",
        flags("-A --all", "-a --ascii", "-C --nocanonicalize", "-c --canonicalize", "-e --evaluate")
        + flags("-f --first-only", "-k --kernel", "-l --list", "-n --noheadings", "-o --output=")
        + flags("-R --submounts", "-r --raw", "-S --source=", "-T --target=", "-M --mountpoint=")
        + flags("-t --types=", "-u --notruncate", "-v --nofsroot")
        + UTIL_LINUX,
        flags("-b --bytes", "-D --df", "-d --direction=", "-F --tab-file=", "-i --invert", "-J --json")
        + flags("-m --mtab", "-N --task=", "-O --options=", "--output-all", "-P --pairs", "-p --poll=?")
        + flags("--pseudo", "--real", "--shadowed", "-s --fstab", "--tree", "-U --uniq", "-w --timeout=")
        + flags("-x --verify", "-y --shell", "--verbose", "--vfs-all"),
    ),
)
