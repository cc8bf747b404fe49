"""The words of mount(8)'s options, and what they become in mount(2).

Text to numbers only: nothing here makes a call. Sources: mount(8); libmount of
util-linux 2.38, ``optmap.c`` and init_propagation().
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vfslab.kernel.flags import (
    MS_BIND,
    MS_DIRSYNC,
    MS_LAZYTIME,
    MS_MANDLOCK,
    MS_MOVE,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    MS_SHARED,
    MS_SILENT,
    MS_SLAVE,
    MS_STRICTATIME,
    MS_SYNCHRONOUS,
    MS_UNBINDABLE,
)

PROPAGATION = {
    "shared": MS_SHARED,
    "slave": MS_SLAVE,
    "private": MS_PRIVATE,
    "unbindable": MS_UNBINDABLE,
    "rshared": MS_SHARED | MS_REC,
    "rslave": MS_SLAVE | MS_REC,
    "rprivate": MS_PRIVATE | MS_REC,
    "runbindable": MS_UNBINDABLE | MS_REC,
}
_SECURE = MS_NOSUID | MS_NODEV | MS_NOEXEC
_SET = {
    "ro": MS_RDONLY,
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "sync": MS_SYNCHRONOUS,
    "dirsync": MS_DIRSYNC,
    "mand": MS_MANDLOCK,
    "silent": MS_SILENT,
    "noatime": MS_NOATIME,
    "nodiratime": MS_NODIRATIME,
    "relatime": MS_RELATIME,
    "strictatime": MS_STRICTATIME,
    "lazytime": MS_LAZYTIME,
    "nosymfollow": MS_NOSYMFOLLOW,
    "remount": MS_REMOUNT,
    "bind": MS_BIND,
    "rbind": MS_BIND | MS_REC,
    "move": MS_MOVE,
    "user": _SECURE,
    "users": _SECURE,
    "owner": MS_NOSUID | MS_NODEV,
    "group": MS_NOSUID | MS_NODEV,
}
_CLEAR = {
    "rw": MS_RDONLY,
    "suid": MS_NOSUID,
    "dev": MS_NODEV,
    "exec": MS_NOEXEC,
    "async": MS_SYNCHRONOUS,
    "nomand": MS_MANDLOCK,
    "loud": MS_SILENT,
    "atime": MS_NOATIME,
    "diratime": MS_NODIRATIME,
    "norelatime": MS_RELATIME,
    "nostrictatime": MS_STRICTATIME,
    "nolazytime": MS_LAZYTIME,
    "symfollow": MS_NOSYMFOLLOW,
}
# for mount(8) and for other tools, never for the kernel
_USERSPACE = ("defaults", "auto", "noauto", "nofail", "nouser", "nousers", "noowner", "nogroup", "_netdev")
_USERSPACE_PREFIXES = ("x-", "X-", "comment=", "uhelper=", "helper=")
MKDIR = "X-mount.mkdir"

# what a bind ignores, so that mount(8) asks for it in a second call: MNT_BIND_SETTABLE
BIND_SETTABLE = _SECURE | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_RDONLY | MS_NOSYMFOLLOW


class Options(NamedTuple):
    """What options ask of mount(2): flags, data for the filesystem, type changes in their order.

    ``mkdir`` is for mount(8) itself: make the target first.
    """

    flags: int
    data: str | None
    propagation: tuple[int, ...]
    mkdir: bool


def parse(words: Iterable[str]) -> Options:
    """The meaning of options given one by one; words that are not known are data."""
    flags = 0
    data = []
    propagation = []
    mkdir = False
    for word in words:
        if word in PROPAGATION:
            propagation.append(PROPAGATION[word])
        elif word in _SET:
            flags |= _SET[word]
        elif word in _CLEAR:
            flags &= ~_CLEAR[word]
        elif word.partition("=")[0] == MKDIR:
            mkdir = True
        elif word and word not in _USERSPACE and not word.startswith(_USERSPACE_PREFIXES):
            data.append(word)
    return Options(flags, ",".join(data) or None, tuple(propagation), mkdir)
