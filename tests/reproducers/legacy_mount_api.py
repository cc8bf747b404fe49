"""51a146e0595c, the old mount API: what fsconfig(2) says of filesystems, of which the old shim had its own mind.

9p was the last that went through it, where the kernel has 9p at all.
"""

import os

from mounts import AT_FDCWD, SCRATCH, answer, call, mount, privately, report

FSCONFIG = {
    "SET_FLAG": (0, b"no_such", None, 0),
    "SET_STRING with a comma": (1, b"no_such", b"a,b", 0),
    "SET_BINARY": (2, b"no_such", b"abc", 3),
    "SET_PATH": (3, b"no_such", b"/", AT_FDCWD),
    "SET_FD": (5, b"no_such", None, 0),
    "CREATE_EXCL": (8, None, None, 0),
}
MS_REMOUNT_RDONLY = 32 | 1


def answers(fstype: str) -> dict[str, str] | str:
    said = {}
    for name, arguments in FSCONFIG.items():
        fds: list[int] = []
        opened = answer(lambda fds=fds: fds.append(call("fsopen", fstype.encode(), 0)))
        if opened != "ok":
            return opened
        said[name] = answer(call, "fsconfig", fds[0], *arguments)
        os.close(fds[0])
    return said


def mount2() -> list[str]:
    """mount(2) is as it was: of a new tmpfs, and once more to make it read-only."""
    return [answer(mount, "new", SCRATCH, "tmpfs", flags) for flags in (0, MS_REMOUNT_RDONLY)]


report({**{fstype: answers(fstype) for fstype in ("9p", "tmpfs", "proc")}, "mount(2)": privately(mount2)})
