"""Commands that show what is there: ls, cat, pwd.

Words and exit statuses are those of GNU coreutils 9.1 writing to a pipe: one name
on a line, unquoted. What mounts are is not known here, except that the mount
tables of /proc can be read although the scratch root has no /proc.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from vfslab.machine import Answer
from vfslab.shell.messages import quoteaf, quotef, strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import COREUTILS, Process, Tool

# where other names of the mount tables lead to
_LINKS = {
    "/proc/mounts": "/proc/self/mounts",
    "/etc/mtab": "/proc/self/mounts",
    "/proc/thread-self/mountinfo": "/proc/self/mountinfo",
}


def ls(process: Process, arguments: Arguments) -> int:
    """ls(1): list files, then directories."""
    return _Lister(process, arguments).run(arguments.operands or (".",))


class _Lister:
    """One run of ls: what was asked for, and how bad it has gone (0, 1 or 2)."""

    def __init__(self, process: Process, arguments: Arguments) -> None:
        self.process = process
        self.recursive = arguments.has("recursive")
        self.itself = arguments.has("directory")
        self.reverse = arguments.has("reverse")
        self.headed = self.recursive
        self.status = 0
        self.hidden = ""
        for option in arguments.options:
            if option.name in ("all", "almost-all"):
                self.hidden = option.name

    def run(self, paths: Sequence[str]) -> int:
        files, directories = [], []
        for path in paths:
            answer = self.process.call("stat", path)
            if answer.errno and self.process.call("lstat", path).errno:
                self._fail(answer, "access", path)
            elif answer.errno:
                files.append(path)
            elif answer.value.directory and not self.itself:
                directories.append(path)
            else:
                files.append(path)
        for path in self._sorted(files):
            self.process.print(path)
        self.headed = self.recursive or len(paths) > 1
        for path in self._sorted(directories):
            self._tree(path)
        return self.status

    def _tree(self, path: str) -> None:
        """List a directory, with -R all below it; without recursion, as trees can be deep."""
        to_visit: list[tuple[str, tuple[tuple[int, int], ...]]] = [(path, ())]
        while to_visit:
            path, above = to_visit.pop()
            here = self.process.call("stat", path)
            listing = self.process.call("readdir", path)
            if here.errno or listing.errno:
                self._fail(here if here.errno else listing, "open directory", path)
                continue
            inode = (here.value.dev, here.value.ino)
            if inode in above:
                self.process.warn(f"{quotef(path)}: not listing already-listed directory")
                self.status = 2
                continue
            names = self._names(listing.value)
            self._print(path, names)
            if self.recursive:
                below = (posixpath.join(path, name) for name in names if name not in (".", ".."))
                directories = [name for name in below if self._is_directory(name)]
                to_visit += ((name, (*above, inode)) for name in reversed(directories))

    def _names(self, listing: list[str]) -> list[str]:
        names = [name for name in listing if self.hidden or not name.startswith(".")]
        return self._sorted([".", "..", *names] if self.hidden == "all" else names)

    def _print(self, path: str, names: list[str]) -> None:
        if self.headed:
            if self.process.out:
                self.process.print("")
            self.process.print(f"{path}:")
        for name in names:
            self.process.print(name)

    def _is_directory(self, path: str) -> bool:
        there = self.process.call("lstat", path)
        return not there.errno and there.value.directory

    def _sorted(self, names: Iterable[str]) -> list[str]:
        return sorted(names, reverse=self.reverse)

    def _fail(self, answer: Answer, what: str, path: str) -> None:
        self.process.fail(answer, f"cannot {what} {quoteaf(path)}: {strerror(answer.errno)}")
        self.status = 2


def cat(process: Process, arguments: Arguments) -> int:
    """cat(1): files are empty, the mount tables of /proc are not."""
    status = 0
    for path in arguments.operands:
        answer = process.call("readfile", _LINKS.get(path, path))
        if answer.errno:
            process.fail(answer, f"{quotef(path)}: {strerror(answer.errno)}")
            status = 1
        else:
            process.out.append(answer.value)
    return status


def pwd(process: Process, arguments: Arguments) -> int:
    """pwd as the raw answer of getcwd(2), which begins with "(unreachable)" outside of the root."""
    answer = process.call("getcwd")
    if answer.errno:
        process.fail(answer, f"error retrieving current directory: getcwd: {strerror(answer.errno)}")
        return 1
    process.print(answer.value)
    return 0


TOOLS = (
    Tool(
        "ls",
        ls,
        "[-1aAdrR] [FILE]...",
        flags("-1", "-a --all", "-A --almost-all", "-d --directory", "-r --reverse", "-R --recursive")
        + COREUTILS,
        flags(*(f"-{letter}" for letter in "bBcCDfFgGhHiklLmnNopqQsStuUvxXZ"))
        + flags("--color=?", "--inode", "--classify=?", "--format=", "--sort=", "--time=", "--size"),
        usage_status=2,
    ),
    Tool(
        "cat",
        cat,
        "[FILE]...",
        flags("-u") + COREUTILS,
        flags("-A --show-all", "-b --number-nonblank", "-e", "-E --show-ends", "-n --number")
        + flags("-s --squeeze-blank", "-t", "-T --show-tabs", "-v --show-nonprinting"),
    ),
    Tool("pwd", pwd, "[-LP]", flags("-L", "-P"), usage_status=2, builtin=True),
)
