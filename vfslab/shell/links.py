"""Commands that name files anew: mv, and ln -s.

Words and exit statuses are those of GNU coreutils 9.1. mv renames and never copies,
so that what would have to go to another filesystem, or another mount, is refused.
"""

from __future__ import annotations

import posixpath
from typing import NoReturn

from vfslab.shell.messages import quoteaf, strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import COREUTILS, Exit, Process, Tool


def _operands(process: Process, given: Arguments, fewest: int) -> tuple[list[str], str]:
    """The names, and the last of them, which is where they go."""
    operands = given.operands
    if not operands:
        process.misuse("missing file operand")
    if len(operands) < fewest:
        process.misuse(f"missing destination file operand after {quoteaf(operands[0])}")
    if len(operands) > 2 and given.has("no-target-directory"):
        process.misuse(f"extra operand {quoteaf(operands[2])}")
    return [*operands[:-1]], operands[-1]


def _directory(process: Process, given: Arguments, names: list[str], last: str) -> bool:
    """Whether the names go into the directory ``last``; several can go nowhere else."""
    there = process.call("stat", last)
    if given.has("no-target-directory"):
        return False
    if there.errno is None and there.value.directory:
        return True
    if len(names) > 1:
        _no_directory(process, last, "ENOTDIR" if there.errno is None else there.errno)
    return False


def _no_directory(process: Process, last: str, errno: str) -> NoReturn:
    process.warn(f"target {quoteaf(last)}: {strerror(errno)}")
    raise Exit(1)


def mv(process: Process, given: Arguments) -> int:
    """mv(1) by rename(2) alone."""
    sources, last = _operands(process, given, 2)
    into = _directory(process, given, sources, last)
    status = 0
    for source in sources:
        target = posixpath.join(last, posixpath.basename(source.rstrip("/"))) if into else last
        if not _move(process, source, target):
            status = 1
        elif given.has("verbose"):
            process.print(f"renamed {quoteaf(source)} -> {quoteaf(target)}")
    return status


def _move(process: Process, source: str, target: str) -> bool:
    old, new = process.call("lstat", source), process.call("lstat", target)
    if old.errno:
        process.fail(old, f"cannot stat {quoteaf(source)}: {strerror(old.errno)}")
        return False
    if new.errno is None:
        if old.value == new.value and not (old.value.directory and source == target):
            process.warn(f"{quoteaf(source)} and {quoteaf(target)} are the same file")
            return False
        if old.value.directory and not new.value.directory:
            process.warn(f"cannot overwrite non-directory {quoteaf(target)} with directory {quoteaf(source)}")
            return False
        if new.value.directory and not old.value.directory:
            process.warn(f"cannot overwrite directory {quoteaf(target)} with non-directory")
            return False
    answer = process.call("rename", source, target)
    if answer.errno is None:
        return True
    if answer.errno == "EINVAL":
        process.fail(answer, f"cannot move {quoteaf(source)} to a subdirectory of itself, {quoteaf(target)}")
        return False
    why = f"{strerror(answer.errno)}{': nothing is copied here' if answer.errno == 'EXDEV' else ''}"
    process.fail(answer, f"cannot move {quoteaf(source)} to {quoteaf(target)}: {why}")
    return False


def ln(process: Process, given: Arguments) -> int:
    """ln(1) with -s: symbolic links."""
    targets, last = _operands(process, given, 1)
    if not given.has("symbolic"):
        process.misuse("hard links are not modelled here: ln takes -s")
    if not targets:
        targets, last = [last], "."
    into = _directory(process, given, targets, last)
    status = 0
    for target in targets:
        link = posixpath.join(last, posixpath.basename(target.rstrip("/"))) if into else last
        answer = process.call("symlink", target, link)
        if answer.errno:
            shown = f"{quoteaf(link)} -> {quoteaf(target)}" if not target else quoteaf(link)
            process.fail(answer, f"failed to create symbolic link {shown}: {strerror(answer.errno)}")
            status = 1
        elif given.has("verbose"):
            process.print(f"{quoteaf(link)} -> {quoteaf(target)}")
    return status


TOOLS = (
    Tool(
        "mv",
        mv,
        "[-Tv] SOURCE DESTINATION | SOURCE... DIRECTORY",
        flags("-f --force", "-T --no-target-directory", "-v --verbose") + COREUTILS,
        flags(
            "-i --interactive", "-n --no-clobber", "-u --update=?", "-t --target-directory=", "-S --suffix="
        )
        + flags("-b", "--backup=?", "--strip-trailing-slashes", "-Z --context"),
    ),
    Tool(
        "ln",
        ln,
        "-s [-Tv] TARGET LINK | TARGET... DIRECTORY",
        flags("-s --symbolic", "-T --no-target-directory", "-v --verbose") + COREUTILS,
        flags("-f --force", "-i --interactive", "-n --no-dereference", "-r --relative", "-L --logical")
        + flags(
            "-P --physical", "-d -F --directory", "-t --target-directory=", "-S --suffix=", "-b", "--backup=?"
        ),
    ),
)
