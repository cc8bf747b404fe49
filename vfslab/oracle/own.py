"""The mounts of this machine as its /proc tells them: of the process that asks, and of all others.

Inside a browser (Pyodide) the machine is Emscripten's, which has mounts too, and no /proc.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from vfslab.mountinfo import printable
from vfslab.oracle.sandbox import NotAllowed
from vfslab.snapshot import Snapshot

PROC = Path("/proc")
MOUNTINFO = PROC / "self" / "mountinfo"


class Tables(NamedTuple):
    """The mountinfo of every namespace of this machine that can be read, the own first.

    ``texts`` are by the name of a process in it, with how many others there are; processes of one
    namespace with different roots have tables of their own. ``unread`` counts those that may not be asked.
    """

    texts: dict[str, str]
    unread: int


def own_mounts() -> Snapshot:
    """What this very process sees. Raises NotAllowed where there is no such file to read."""
    return Snapshot.from_mountinfo(_own_text(), "self")


def _own_text() -> str:
    if sys.platform == "emscripten":
        return emscripten_table(import_module("pyodide_js").FS.root.mount)
    try:
        return os.fsdecode(MOUNTINFO.read_bytes())
    except OSError as error:
        raise NotAllowed(f"{MOUNTINFO}: {error.strerror}; only Linux with /proc mounted has it") from None


def emscripten_table(root: Any) -> str:
    """The mounts of Emscripten's file system, from its mount at ``/`` on, as a mountinfo would tell them.

    Each has a ``mountpoint``, an array ``mounts`` of those below it, and a ``type``. Those of memory are
    plain objects; another is of a class of the page's scripts, whose name is minified and tells nothing.
    """
    lines: list[str] = []

    def tell(mount: Any, parent: int) -> None:
        number = len(lines) + 1
        kind = "memfs" if mount.type.constructor.name == "Object" else "javascript"
        lines.append(f"{number} {parent} 0:{number} / {mount.mountpoint} rw - {kind} {kind} rw\n")
        for below in mount.mounts:
            tell(below, number)

    tell(root, 0)
    return "".join(lines)


def all_mounts() -> Tables:
    """What the processes of this machine see. Raises NotAllowed where not even the own table can be read."""
    users: dict[str, list[str]] = {_own_text(): []}
    seen: dict[Hashable, str] = {}
    unread = 0
    for process in sorted(_processes(), key=lambda path: int(path.name)):
        try:
            view = _view(process)
            text = seen.get(view) or os.fsdecode((process / "mountinfo").read_bytes())
            name = f"{process.name} {printable(os.fsdecode((process / 'comm').read_bytes()).strip())}"
        except PermissionError:
            unread += 1
            continue
        except OSError:
            continue  # it has ended meanwhile
        if view is not None:
            seen[view] = text
        if text:  # else it has ended, and nobody has waited for it yet
            users.setdefault(text, []).append(name)
    return Tables({_name(names): text for text, names in users.items()}, unread)


def _processes() -> Iterator[Path]:
    return (path for path in PROC.iterdir() if path.name.isdecimal())


def _view(process: Path) -> Hashable:
    """What two processes have in common that read the same table: namespace and root. None where hidden."""
    try:
        root = (process / "root").stat()
        return (process / "ns" / "mnt").stat().st_ino, root.st_dev, root.st_ino, (process / "root").readlink()
    except PermissionError:
        return None


def _name(names: list[str]) -> str:
    others = len(names) - 1
    first = names[0] if names else "this process"
    return f"{first} and {others} more" if others > 0 else first
