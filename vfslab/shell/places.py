"""Commands that change where a shell is: cd, chroot, pivot_root.

Each changes this very shell, which goes on in the new place, where the real
chroot(8) would start another one there. Words and exit statuses:
bash for cd, GNU coreutils 9.1 for chroot, util-linux 2.38.1 for pivot_root.
"""

from __future__ import annotations

from vfslab.shell.messages import quote, quoteaf, strerror
from vfslab.shell.namespaces import SHELLS
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import COREUTILS, UTIL_LINUX, Process, Tool


def cd(process: Process, arguments: Arguments) -> int:
    """cd as chdir(2) does it, so ".." is what the kernel makes of it; without a directory to "/"."""
    if len(arguments.operands) > 1:
        process.warn("too many arguments")
        return 1
    path = arguments.operands[0] if arguments.operands else "/"
    answer = process.call("chdir", path)
    if answer.errno:
        process.fail(answer, f"{path}: {strerror(answer.errno)}")
        return 1
    return 0


def chroot(process: Process, arguments: Arguments) -> int:
    """chroot(8): change this shell's root, and its cwd to the new root."""
    if not arguments.operands:
        process.misuse("missing operand")
    path, *program = arguments.operands
    if program and (program[0] not in SHELLS or program[1:]):
        process.warn(f"failed to run command {quote(program[0])}: only this shell goes on in the new root")
        return 127
    answer = process.call("chroot", path)
    if answer.errno:
        process.fail(answer, f"cannot change root directory to {quoteaf(path)}: {strerror(answer.errno)}")
        return 125
    if arguments.has("skip-chdir"):
        return 0
    answer = process.call("chdir", "/")
    if answer.errno:
        process.fail(answer, f"cannot chdir to root directory: {strerror(answer.errno)}")
        return 125
    return 0


def pivot_root(process: Process, arguments: Arguments) -> int:
    """pivot_root(8): the system call and nothing else."""
    if len(arguments.operands) != 2:
        process.misuse("bad usage")
    new_root, put_old = arguments.operands
    answer = process.call("pivot_root", new_root, put_old)
    if answer.errno:
        why = strerror(answer.errno)
        process.fail(answer, f"failed to change root from `{new_root}' to `{put_old}': {why}")
        return 1
    return 0


TOOLS = (
    Tool("cd", cd, "[-L|-P] [DIRECTORY]", flags("-L", "-P"), usage_status=2, permute=False, builtin=True),
    Tool(
        "chroot",
        chroot,
        "[--skip-chdir] NEWROOT",
        flags("--skip-chdir") + COREUTILS,
        flags("--groups=", "--userspec="),
        usage_status=125,
        permute=False,
    ),
    Tool("pivot_root", pivot_root, "NEW_ROOT PUT_OLD", UTIL_LINUX),
)
