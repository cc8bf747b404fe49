"""Commands that make and remove files and directories: mkdir, rmdir, touch, rm.

Words and exit statuses are those of GNU coreutils 9.1. Mounts are not known here:
a mountpoint is something that the kernel refuses to remove.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from vfslab.machine import Answer
from vfslab.shell.messages import quote, quoteaf, quotef, strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import COREUTILS, Process, Tool


def _operands(process: Process, arguments: Arguments, kind: str = "") -> tuple[str, ...]:
    if not arguments.operands:
        process.misuse(f"missing {kind}operand")
    return arguments.operands


def mkdir(process: Process, arguments: Arguments) -> int:
    """mkdir(1): make directories, with -p their parents too."""
    status = 0
    for path in _operands(process, arguments):
        if not _mkdir(process, arguments, path):
            status = 1
    return status


def _mkdir(process: Process, arguments: Arguments, path: str) -> bool:
    parents = arguments.has("parents")
    for directory in ancestors(path) if parents else [path]:
        answer = process.call("mkdir", directory)
        if not answer.errno:
            if arguments.has("verbose"):
                process.print(f"mkdir: created directory {quoteaf(directory)}")
            continue
        if parents:
            there = process.stat(directory)
            if there and there.directory:
                continue
            if there and directory != path:
                answer = answer._replace(errno="ENOTDIR")
        process.fail(answer, f"cannot create directory {quote(directory)}: {strerror(answer.errno)}")
        return False
    return True


def ancestors(path: str) -> list[str]:
    """What mkdir -p makes of ``path``, outermost first, itself last: a, a/b, a/b/c."""
    slashes = [i for i, char in enumerate(path.rstrip("/")) if char == "/" and i and path[i - 1] != "/"]
    return [path[:i] for i in slashes] + [path]


def rmdir(process: Process, arguments: Arguments) -> int:
    """rmdir(1): remove empty directories, with -p their parents too."""
    status = 0
    for path in _operands(process, arguments):
        directories = [path]
        if arguments.has("parents"):
            directories += reversed(ancestors(path.rstrip("/"))[:-1])
            directories += ["/"] if path.startswith("/") else []
        for directory in directories:
            if arguments.has("verbose"):
                process.print(f"rmdir: removing directory, {quoteaf(directory)}")
            answer = process.call("rmdir", directory)
            if not answer.errno:
                continue
            if answer.errno == "ENOTEMPTY" and arguments.has("ignore-fail-on-non-empty"):
                break
            what = "directory " if directory != path else ""
            process.fail(answer, f"failed to remove {what}{quoteaf(directory)}: {strerror(answer.errno)}")
            status = 1
            break
    return status


def touch(process: Process, arguments: Arguments) -> int:
    """touch(1): make files that are not there, and ask for new times on those that are."""
    status = 0
    for path in _operands(process, arguments, "file "):
        what = "cannot touch"
        answer = process.call("utimensat" if arguments.has("no-create") else "mknod", path)
        if arguments.has("no-create"):
            what = "setting times of"
        elif answer.errno in ("EEXIST", "EISDIR"):
            # touch tells the error of opening a file for writing, which it does not try with a directory.
            found = process.stat(path)
            answer = process.call("utimensat", path)
            if answer.errno != "EROFS" or found is None or found.directory:
                what = "setting times of"
        if answer.errno and not (answer.errno == "ENOENT" and arguments.has("no-create")):
            process.fail(answer, f"{what} {quoteaf(path)}: {strerror(answer.errno)}")
            status = 1
    return status


def rm(process: Process, arguments: Arguments) -> int:
    """rm(1): remove files, with -r directories and what is in them."""
    if not arguments.operands and not arguments.has("force"):
        process.misuse("missing operand")
    remover = _Remover(process, arguments)
    status = 0
    for path in arguments.operands:
        if not remover.remove(path):
            status = 1
    return status


@dataclass
class _Directory:
    """A directory that is being removed: the names in it still to come, last first."""

    path: str
    inode: tuple[int, int]
    names: list[str]
    emptied: bool = True
    holds_cycle: bool = False


class _Remover:
    """How rm(1) removes, in the order of fts(3): what is in a directory before it.

    A directory from which something could not be removed is left in silence, as
    its own removal would only fail too.
    """

    def __init__(self, process: Process, arguments: Arguments) -> None:
        self.process = process
        self.recursive = arguments.has("recursive")
        self.directories = arguments.has("dir")
        self.force = arguments.has("force")
        self.verbose = arguments.has("verbose")
        self.met_cycle = False
        self.descents = 0
        self.marked: tuple[int, int] | None = None

    def remove(self, path: str) -> bool:
        """Remove what the command line names."""
        process = self.process
        answer = process.call("lstat", path)
        if answer.errno:
            return self._judge(answer, path)
        there = answer.value
        if not there.directory:
            return self._one("unlink", path)
        if not (self.recursive or self.directories):
            return self._judge(Answer(errno="EISDIR"), path)
        if not self.recursive:
            if process.call("readdir", path).value:
                return self._judge(Answer(errno="ENOTEMPTY"), path)
            return self._one("rmdir", path)
        if posixpath.basename(path.rstrip("/")) in (".", ".."):
            process.warn(f"refusing to remove '.' or '..' directory: skipping {quoteaf(path)}")
            return False
        if there == process.stat("/"):
            same = "" if path == "/" else " (same as '/')"
            process.warn(f"it is dangerous to operate recursively on {quoteaf(path)}{same}")
            process.warn("use --no-preserve-root to override this failsafe")
            return False
        return self._tree(path)

    def _tree(self, path: str) -> bool:
        """Remove a directory and all below it; without recursion, as trees can be deep."""
        inside: list[_Directory] = []
        gone = self._enter(path, inside)
        while inside:
            here = inside[-1]
            if here.names:
                gone = self._enter(posixpath.join(here.path, here.names.pop()), inside)
            else:
                inside.pop()
                if inside and self.marked == here.inode:
                    self.marked = inside[-1].inode
                # fts(3) does not come back to a directory that holds a cycle
                gone = here.holds_cycle or (here.emptied and self._one("rmdir", here.path))
            if gone is False and inside:
                inside[-1].emptied = False
        return bool(gone) and not self.met_cycle

    def _enter(self, path: str, inside: list[_Directory]) -> bool | None:
        """Remove a file; of a directory only see what is in it, and answer None."""
        there = self.process.call("lstat", path)
        if there.errno:
            return self._judge(there, path)
        if not there.value.directory:
            return self._one("unlink", path)
        inode = (there.value.dev, there.value.ino)
        if self._closes_cycle(inode):
            self._warn_of_cycle(path)
            inside[-1].holds_cycle = True
            return True
        listing = self.process.call("readdir", path)
        if listing.errno:
            return self._judge(listing, path)
        inside.append(_Directory(path, inode, listing.value[::-1]))
        return None

    def _one(self, call: str, path: str) -> bool:
        answer = self.process.call(call, path)
        if answer.errno:
            return self._judge(answer, path)
        if self.verbose:
            self.process.print(f"removed {'directory ' if call == 'rmdir' else ''}{quoteaf(path)}")
        return True

    def _judge(self, answer: Answer, path: str) -> bool:
        """Whether a refusal is none, because there is nothing to remove and -f was given."""
        if self.force and answer.errno in ("ENOENT", "ENOTDIR"):
            return True
        self.process.fail(answer, f"cannot remove {quoteaf(path)}: {strerror(answer.errno)}")
        return False

    def _closes_cycle(self, inode: tuple[int, int]) -> bool:
        """Whether this is the marked directory; each 2^n-th gets the mark: cycle_check() of gnulib."""
        if inode == self.marked:
            return True
        self.descents += 1
        if self.descents & (self.descents - 1) == 0:
            self.marked = inode
        return False

    def _warn_of_cycle(self, path: str) -> None:
        self.met_cycle = True
        self.process.warn("WARNING: Circular directory structure.")
        self.process.err.append(
            "This almost certainly means that you have a corrupted file system.\n"
            "NOTIFY YOUR SYSTEM MANAGER.\n"
            f"The following directory is part of the cycle:\n  {quotef(path)}\n\n"
        )


TOOLS = (
    Tool(
        "mkdir",
        mkdir,
        "[-pv] DIRECTORY...",
        flags("-p --parents", "-v --verbose") + COREUTILS,
        flags("-m --mode=", "-Z", "--context=?"),
    ),
    Tool(
        "rmdir",
        rmdir,
        "[-pv] [--ignore-fail-on-non-empty] DIRECTORY...",
        flags("-p --parents", "-v --verbose", "--ignore-fail-on-non-empty") + COREUTILS,
    ),
    Tool(
        "touch",
        touch,
        "[-c] FILE...",
        flags("-c --no-create", "-a", "-f", "-m", "-h --no-dereference") + COREUTILS,
        flags("-d --date=", "-r --reference=", "-t=", "--time="),
    ),
    Tool(
        "rm",
        rm,
        "[-rfv] [FILE]...",
        flags("-r -R --recursive", "-f --force", "-v --verbose", "-d --dir") + COREUTILS,
        flags("-i", "-I", "--interactive=?", "--one-file-system", "--no-preserve-root", "--preserve-root=?"),
    ),
)
