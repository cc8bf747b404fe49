"""sysctl -w: the limits on mounts and on mount namespaces.

Words and exit statuses are those of sysctl(8) of procps-ng 4.0.2.
"""

from __future__ import annotations

import re

from vfslab.shell.messages import strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Process, Tool

KINDS = ("mnt", "uts", "ipc", "cgroup", "net")
LIMITS = ("fs.mount-max", *(f"user.max_{kind}_namespaces" for kind in KINDS))
# a number that the limits have no room for, as they have none for one below 0
TOO_LARGE = (1 << 32) - 1


def sysctl(process: Process, given: Arguments) -> int:
    """sysctl(8), which only sets."""
    if not given.operands:
        process.misuse("no variables specified")
    status = 0
    for operand in given.operands:
        name, equals, value = operand.partition("=")
        if not equals:
            process.misuse(f'"{operand}" must be of the form name=value')
        if name not in LIMITS:
            process.misuse(f"'{name}': the limits that are known here are {' and '.join(LIMITS)}")
        number = int(value) if re.fullmatch("[0-9]{1,9}", value) else TOO_LARGE
        answer = process.call("sysctl", name, number)
        if answer.errno:
            process.fail(answer, f'setting key "{name}": {strerror(answer.errno)}')
            status = 1
        elif not given.has("quiet"):
            process.print(f"{name} = {value}")
    return status


TOOLS = (
    Tool(
        "sysctl",
        sysctl,
        "[-wq] NAME=VALUE...\n  NAME: " + ", ".join(LIMITS),
        flags("-w --write", "-q --quiet") + UTIL_LINUX,
        flags("-a -A -X --all", "-p -f --load=?", "--system", "-r --pattern=", "-n --values", "-N --names")
        + flags("-e --ignore", "-b --binary", "--dry-run", "--deprecated"),
    ),
)
