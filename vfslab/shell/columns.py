"""Tables of text as libsmartcols prints them to a pipe: columns, and a tree in one of them.

Lines and cells go in, text comes out; what they are about is not known here.
Source: libsmartcols of util-linux 2.38.1, checked against its findmnt(8).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.shell.messages import printable


class Column(NamedTuple):
    """A column: its heading, and whether its cells are right-aligned or hold the tree."""

    heading: str
    right: bool = False
    tree: bool = False


@dataclass
class Row:
    """A line of a table, and the lines below it in the tree."""

    cells: tuple[str, ...]
    children: list[Row] = field(default_factory=list)


class Style(NamedTuple):
    """How branches are drawn: to a line that has others behind it, to a last one, and beside."""

    branch: str
    last: str
    beside: str


UNICODE = Style("├─", "└─", "│ ")
ASCII = Style("|-", "`-", "| ")


def table(
    columns: Sequence[Column], rows: Iterable[Row], style: Style = UNICODE, headings: bool = True
) -> Iterator[str]:
    """The lines of an aligned table."""
    lines = [tuple(column.heading for column in columns)] if headings else []
    lines += _tree(columns, rows, style)
    encoded = [[_encode(cell) for cell in line] for line in lines]
    widths = [max(map(_width, cells)) for cells in zip(*encoded, strict=True)] if encoded else []
    # a heading counts even where it is not shown
    widths = [max(width, len(column.heading)) for width, column in zip(widths, columns, strict=True)]
    for line in encoded:
        padded = list(map(_pad, line, widths, columns))
        if not (columns[-1].right and line[-1]):
            padded[-1] = line[-1]
        yield " ".join(padded)


def raw(columns: Sequence[Column], rows: Iterable[Row], headings: bool = True) -> Iterator[str]:
    """The lines with one blank between cells, blanks in cells encoded."""
    if headings:
        yield " ".join(column.heading for column in columns)
    for row in preorder(rows):
        yield " ".join(map(_encode_raw, row.cells))


def preorder(rows: Iterable[Row]) -> Iterator[Row]:
    """All rows, each before those below it."""
    to_visit = list(rows)[::-1]
    while to_visit:
        row = to_visit.pop()
        yield row
        to_visit += reversed(row.children)


def _tree(columns: Sequence[Column], rows: Iterable[Row], style: Style) -> Iterator[tuple[str, ...]]:
    """The cells of all rows, those of the tree behind their branches."""
    to_visit = [(row, "", "") for row in rows][::-1]
    while to_visit:
        row, own, below = to_visit.pop()
        yield tuple(
            own + cell if column.tree else cell for column, cell in zip(columns, row.cells, strict=True)
        )
        branches = [(below + style.branch, below + style.beside)] * (len(row.children) - 1)
        branches.append((below + style.last, below + "  "))
        to_visit += [(child, *branch) for child, branch in zip(row.children, branches, strict=False)][::-1]


def _pad(cell: str, width: int, column: Column) -> str:
    blanks = " " * (width - _width(cell))
    return blanks + cell if column.right else cell + blanks


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_char_width, text))


@functools.cache
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _hex(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def _encode(cell: str) -> str:
    cell = cell.replace("\\x", "\\x5cx")
    return cell if cell.isprintable() else "".join(c if printable(c) else _hex(c) for c in cell)


def _encode_raw(cell: str) -> str:
    return "".join(c if "!" <= c <= "~" and c != "\\" else _hex(c) for c in cell)
