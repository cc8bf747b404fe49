"""mountpoint(1): whether a directory or file is a mountpoint, by the mount table.

Words and exit statuses: util-linux 2.38.1.
"""

from __future__ import annotations

from vfslab.shell import mount_table
from vfslab.shell.messages import strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Process, Tool

NOT_A_MOUNTPOINT = 32


def mountpoint(process: Process, arguments: Arguments) -> int:
    """mountpoint(1): 0 for a mountpoint, 32 for what is none, 1 for trouble."""
    if len(arguments.operands) != 1:
        process.misuse("bad usage")
    path = arguments.operands[0]
    quiet = arguments.has("quiet")
    answer = process.call("stat", path)
    if answer.errno:
        process.fail(answer, f"{path}: {strerror(answer.errno)}")
        if quiet:
            process.err.clear()
        return 1
    entry = mount_table.find_target(process.mounts(), process.absolute(path))
    if entry is None:
        if not quiet:
            process.print(f"{path} is not a mountpoint")
        return NOT_A_MOUNTPOINT
    if arguments.has("fs-devno"):
        process.print(entry.dev)
    elif not quiet:
        process.print(f"{path} is a mountpoint")
    return 0


TOOLS = (
    Tool(
        "mountpoint",
        mountpoint,
        "[-qd] PATH",
        flags("-q --quiet", "-d --fs-devno", "--nofollow") + UTIL_LINUX,
        flags("-x --devno"),
    ),
)
