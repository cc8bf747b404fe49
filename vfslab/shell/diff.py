"""diff -r: whether two trees hold the same names.

All files are empty, so only names and kinds can differ. A file or directory is
equal to itself, unread, which is how GNU diff stops in a loop of binds.
Behaviour and words: GNU diffutils 3.8, compare_files() and diff_dirs().
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from vfslab.machine import Stat
from vfslab.shell.messages import strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import COREUTILS, Exit, Process, Tool

SAME, DIFFERENT, TROUBLE = 0, 1, 2


class _Pair(NamedTuple):
    """What is compared: two names and what they are, and in which directories they were found."""

    names: tuple[str, str]
    stats: tuple[Stat, Stat]
    above: _Pair | None = None


class _Opened(NamedTuple):
    """Two directories being compared: what is in each, and the names still to come, last first."""

    pair: _Pair
    listings: tuple[set[str], set[str]]
    left: list[str]


def diff(process: Process, arguments: Arguments) -> int:
    """diff(1) for directories and empty files."""
    operands = arguments.operands
    if len(operands) < 2:
        process.misuse(f"missing operand after '{_last_word(arguments)}'")
    if len(operands) > 2:
        process.misuse(f"extra operand '{operands[2]}'")
    names = (operands[0], operands[1])
    differ = _Differ(process, arguments)
    stats = differ.stats(names)
    if stats is None:
        return TROUBLE
    if stats[0].directory != stats[1].directory:
        # the directory stands for the file in it that is called like the other
        directory = 0 if stats[0].directory else 1
        base = posixpath.basename(names[1 - directory].rstrip("/"))
        inside = _join(names[directory], base)
        names = (inside, names[1]) if directory == 0 else (names[0], inside)
        stats = differ.stats(names)
        if stats is None:
            return TROUBLE
    return differ.compare(_Pair(names, stats))


def _last_word(arguments: Arguments) -> str:
    if arguments.operands:
        return arguments.operands[-1]
    return f"-{arguments.options[-1].name[0]}" if arguments.options else "diff"


class _Differ:
    """One run of diff: what was asked for."""

    def __init__(self, process: Process, arguments: Arguments) -> None:
        self.process = process
        self.recursive = arguments.has("recursive")
        self.report_identical = arguments.has("report-identical-files")

    def stats(self, names: tuple[str, str]) -> tuple[Stat, Stat] | None:
        """What both are, None (and said) when one cannot be asked."""
        answers = [self.process.call("stat", name) for name in names]
        for name, answer in zip(names, answers, strict=True):
            if answer.errno:
                self.process.fail(answer, f"{name}: {strerror(answer.errno)}")
        if any(answer.errno for answer in answers):
            return None
        return answers[0].value, answers[1].value

    def compare(self, pair: _Pair) -> int:
        """Compare two files or trees; without recursion, as trees can be deep."""
        open_directories: list[_Opened] = []
        status = self._compare(pair, open_directories)
        while open_directories:
            opened = open_directories[-1]
            if not opened.left:
                open_directories.pop()
                continue
            name = opened.left.pop()
            missing = [name not in listing for listing in opened.listings]
            if any(missing):
                self.process.print(f"Only in {opened.pair.names[missing[0]]}: {name}")
                status = max(status, DIFFERENT)
                continue
            below = (_join(opened.pair.names[0], name), _join(opened.pair.names[1], name))
            stats = self.stats(below)
            found = (
                TROUBLE
                if stats is None
                else self._compare(_Pair(below, stats, opened.pair), open_directories)
            )
            status = max(status, found)
        return status

    def _compare(self, pair: _Pair, open_directories: list[_Opened]) -> int:
        """compare_files() and the start of diff_dirs(): what is in two directories is only read."""
        first, second = pair.stats
        if first.directory and (first.dev, first.ino) == (second.dev, second.ino):
            return SAME
        if first.directory != second.directory:
            kinds = ["directory" if stat.directory else "regular empty file" for stat in pair.stats]
            self.process.print(
                f"File {pair.names[0]} is a {kinds[0]} while file {pair.names[1]} is a {kinds[1]}"
            )
            return DIFFERENT
        if not first.directory:
            if self.report_identical:
                self.process.print("Files {} and {} are identical".format(*pair.names))
            return SAME
        if pair.above and not self.recursive:
            self.process.print("Common subdirectories: {} and {}".format(*pair.names))
            return SAME
        # one loop ends with the tree that is none, two never would
        if self._is_loop(pair, 0) and self._is_loop(pair, 1):
            self.process.warn(f"{pair.names[0]}: recursive directory loop")
            return TROUBLE
        listings = (self._list(pair.names[0]), self._list(pair.names[1]))
        open_directories.append(_Opened(pair, listings, sorted(listings[0] | listings[1], reverse=True)))
        return SAME

    def _is_loop(self, pair: _Pair, side: int) -> bool:
        here = pair.stats[side]
        above = pair.above
        while above:
            if (above.stats[side].dev, above.stats[side].ino) == (here.dev, here.ino):
                return True
            above = above.above
        return False

    def _list(self, directory: str) -> set[str]:
        answer = self.process.call("readdir", directory)
        if answer.errno:
            self.process.fail(answer, f"{directory}: {strerror(answer.errno)}")
            raise Exit(TROUBLE)
        return set(answer.value)


def _join(directory: str, name: str) -> str:
    return directory + name if directory.endswith("/") else f"{directory}/{name}"


TOOLS = (
    Tool(
        "diff",
        diff,
        "[-rqs] FILE1 FILE2",
        flags("-r --recursive", "-q --brief", "-s --report-identical-files") + COREUTILS,
        flags("--normal", "-c", "-C=", "--context=?", "-u", "-U=", "--unified=?", "-e --ed", "-n --rcs")
        + flags("-y --side-by-side", "-N --new-file", "-x --exclude=", "-i --ignore-case", "-b", "-w")
        + flags("-B", "-a --text", "-Z", "-E", "-t", "-T", "-l", "-p", "-W=", "-F=", "-I=", "-D=", "-S=")
        + flags("--no-dereference", "--unidirectional-new-file", "--color=?", "--from-file=", "--to-file="),
        usage_status=2,
    ),
)
