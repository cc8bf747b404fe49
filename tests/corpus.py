"""The corpus as a table: every litmus file, in every model, on the running kernel, in every recording.

    python tests/corpus.py [SHELF | SHELF/NAME ...]

A cell says ``ok`` where what the file expects is what was answered, ``DIFFERS`` where it is
not, ``-`` where the file holds for other releases, and ``?`` where nothing was asked. The
differences follow the table. Exit status 1 where there is one.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from litmus_files import Litmus, all_litmus, differences
from vfslab.kernel import RELEASES
from vfslab.model import Model
from vfslab.oracle.compare import check, nearest_release, visible
from vfslab.oracle.live import RunningKernel, available

# What differs in a column; None where nothing was asked.
Ask = Callable[[Litmus], list[str] | None]


class Column(NamedTuple):
    """Who is asked: ``title`` heads the column, ``release`` is the modelled one it is held against."""

    title: str
    release: str
    ask: Ask

    def cell(self, litmus: Litmus, told: list[str]) -> str:
        """The word for ``litmus``; what differs is added to ``told``."""
        if self.release not in litmus.releases:
            return "-"
        found = self.ask(litmus)
        if found is None:
            return "?"
        told += [f"{self.title}: {difference}" for difference in found]
        return "DIFFERS" if found else "ok"


def models() -> list[Column]:
    """Every release that is modelled."""
    return [Column(f"model {name}", name, _ask_model(name)) for name in RELEASES]


def running_kernel() -> list[Column]:
    """The running kernel, if it can be asked."""
    if available() is not None:
        return []
    release = os.uname().release
    return [Column(f"Linux {release}", nearest_release(release), _ask_running_kernel)]


def _ask_model(release: str) -> Ask:
    def ask(litmus: Litmus) -> list[str]:
        with Model(release) as model:
            return differences(litmus, model)

    return ask


def _ask_running_kernel(litmus: Litmus) -> list[str]:
    """What the file expects, and whatever else the model of the nearest release answers otherwise."""
    with RunningKernel() as kernel:
        return differences(litmus, kernel) + check(litmus.transcript).differences


def table(corpus: Sequence[Litmus], asked: Sequence[Column]) -> tuple[list[str], list[str]]:
    """The lines of the table and of its summary, and what differs."""
    width = max(len(litmus.name) for litmus in corpus)
    told: list[str] = []
    counts: dict[tuple[str, str], Counter[str]] = {}

    def line(name: str, cells: Sequence[str]) -> str:
        padded = (cell.ljust(len(column.title)) for cell, column in zip(cells, asked, strict=True))
        return "  ".join([name.ljust(width), *padded]).rstrip()

    heading = line("case", [column.title for column in asked])
    lines = [heading]
    for litmus in corpus:
        cells = [column.cell(litmus, told) for column in asked]
        lines.append(line(litmus.name, cells))
        for column, cell in zip(asked, cells, strict=True):
            counts.setdefault((litmus.shelf, column.title), Counter())[cell] += 1
    lines += ["", line("agreeing cases", [column.title for column in asked])]
    for shelf in dict.fromkeys(litmus.shelf for litmus in corpus):
        shown = [counts[shelf, column.title] for column in asked]
        cells = [f"{count['ok']}/{count.total() - count['-'] - count['?']}" for count in shown]
        lines.append(line(shelf, cells))
    return lines, told


def main(wanted: Sequence[str]) -> int:
    corpus = [
        litmus for litmus in all_litmus() if not wanted or litmus.name in wanted or litmus.shelf in wanted
    ]
    if not corpus:
        print(f"corpus: no such shelf or case: {visible(' '.join(wanted))}", file=sys.stderr)
        return 2
    if reason := available():
        print(f"corpus: the running kernel is not asked: {reason}", file=sys.stderr)
    lines, told = table(corpus, models() + running_kernel())
    print("\n".join(lines))
    for difference in told:
        print("", *map(visible, difference.splitlines()), sep="\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
