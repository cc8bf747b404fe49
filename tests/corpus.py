"""The corpus as a table: every litmus file, in the model, on the running kernel, in every recording.

    python tests/corpus.py [SHELF | SHELF/NAME ...]

A cell says ``ok`` where all that the file expects was answered, ``DIFFERS`` where it was
not, ``-`` where the file is for other releases, for a VM or for root, and ``?`` where
nothing is recorded. The model is asked in every release for which the file holds; a kernel's
answers are held against the model of the nearest release, too. The differences follow the
table. Exit status 1 where there is one.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from litmus_files import Litmus, all_litmus, differences, run
from record_corpus import FOLDER as RECORDINGS
from vfslab.model import Model
from vfslab.oracle.compare import check_run, nearest_release, visible
from vfslab.oracle.live import RunningKernel, available
from vfslab.oracle.outcome import Run
from vfslab.oracle.recording import load


class Column(NamedTuple):
    """Who is asked, and what differs: a list, or the word for why nothing was asked."""

    title: str
    ask: Callable[[Litmus], list[str] | str]

    def cell(self, litmus: Litmus, told: list[str]) -> str:
        """The word for ``litmus``; what differs is added to ``told``."""
        found = self.ask(litmus)
        if isinstance(found, str):
            return found
        told += [f"{self.title}: {difference}" for difference in found]
        return "DIFFERS" if found else "ok"


def columns() -> list[Column]:
    """The model, the running kernel if it can be asked, every kernel that was recorded."""
    found = [Column("model", ask_models)]
    if available() is None:
        found.append(Column(f"running {os.uname().release}", ask_running_kernel))
    kernels = [path.name for path in RECORDINGS.iterdir() if path.is_dir()]
    by_version = sorted(kernels, key=lambda name: [int(part) for part in name.partition("-")[0].split(".")])
    return found + [Column(kernel, ask_recordings(RECORDINGS / kernel)) for kernel in by_version]


def ask_models(litmus: Litmus) -> list[str]:
    found = []
    for release in litmus.releases:
        with Model(release) as model:
            answers = run(litmus, model)
        found += [f"{release}: {difference}" for difference in differences(litmus, answers)]
    return found


def ask_running_kernel(litmus: Litmus) -> list[str] | str:
    if not litmus.for_this_kernel:
        return "-"
    with RunningKernel() as kernel:
        return _judge(litmus, run(litmus, kernel))


def ask_recordings(folder: Path) -> Callable[[Litmus], list[str] | str]:
    release = nearest_release(folder.name)

    def ask(litmus: Litmus) -> list[str] | str:
        path = folder / f"{litmus.name}.json"
        if release not in litmus.releases:
            return "-"
        if not path.exists():
            return "-" if litmus.vm_only else "?"
        return _judge(litmus, load(path).run)

    return ask


def _judge(litmus: Litmus, kernel: Run) -> list[str]:
    """What the file expects, and whatever else the model of the nearest release answers otherwise."""
    if kernel.commands != litmus.commands:
        return [f"{litmus.name}: the commands are not those that were recorded"]
    return differences(litmus, kernel) + check_run(kernel).differences


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
    lines, told = table(corpus, columns())
    print("\n".join(lines))
    for difference in told:
        print("", *map(visible, difference.splitlines()), sep="\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
