"""Who acts: tasks with their root, cwd, descriptors and rights; user namespaces, which say over what.

Data, and the question whether a task is capable. Mounts and mount namespaces are in ``objects``.
Field names are those of ``include/linux/sched.h``, ``fs_struct.h``, ``fs.h``, ``user_namespace.h``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .objects import MntNamespace, NsDentry, Path

if TYPE_CHECKING:
    from .effects import Code
    from .globals import Globals


class UserNamespace:
    """struct user_namespace, as far as mounts ask.

    ``parent`` is where it was made, None for the first; its maker, its owner, is root there, as every
    task is. ``mnt_namespaces`` counts the mount namespaces that it and those below it own, of which
    there may be ``max_mnt_namespaces`` (sysctl user.max_mnt_namespaces). ``no_more`` are the other kinds
    of which they may make none, for the limit has been set to 0.
    """

    __slots__ = ("id", "level", "max_mnt_namespaces", "mnt_namespaces", "no_more", "parent", "stashed")

    def __init__(self, id: int, parent: UserNamespace | None) -> None:
        self.id = id
        self.parent = parent
        self.level: int = 0 if parent is None else parent.level + 1
        self.mnt_namespaces = 0
        self.max_mnt_namespaces = 1 << 30
        self.no_more: set[str] = set()
        self.stashed: NsDentry | None = None


class FsStruct:
    """struct fs_struct: where ``/`` and ``.`` are for the ``users`` tasks that share it."""

    __slots__ = ("pwd", "root", "users")

    def __init__(self, root: Path, pwd: Path) -> None:
        self.root = root
        self.pwd = pwd
        self.users = 1


class File:
    """struct file: a place held open by ``f_count`` descriptors.

    ``o_path``, ``readable`` and ``writable`` are what of its mode matters, ``need_unmount`` is
    FMODE_NEED_UNMOUNT: the detached tree at the place goes with the file. ``private_data`` is what the
    file is besides a place (a filesystem context, a seq_file), ``release`` the code that lets go of it.
    """

    __slots__ = (
        "f_count",
        "f_path",
        "need_unmount",
        "o_path",
        "private_data",
        "readable",
        "release",
        "writable",
    )

    def __init__(self, f_path: Path, *, o_path: bool = False, writable: bool = False) -> None:
        self.f_path = f_path
        self.f_count = 1
        self.o_path = o_path
        self.readable = True
        self.writable = writable
        self.need_unmount = False
        self.private_data: Any = None
        self.release: Callable[[Globals], Code] | None = None


class Task:
    """struct task_struct, as far as mounts ask. Every task is root of its ``user_ns``.

    ``dropped`` are the capabilities that it gave up there, ``files`` its open descriptors, ``others`` the
    numbers of its namespaces of other kinds where they are not init's.
    """

    __slots__ = ("comm", "dropped", "files", "fs", "mnt_ns", "others", "pid", "user_ns")

    def __init__(
        self, pid: int, comm: str, fs: FsStruct, mnt_ns: MntNamespace, user_ns: UserNamespace
    ) -> None:
        self.pid = pid
        self.comm = comm
        self.fs = fs
        self.mnt_ns = mnt_ns
        self.user_ns = user_ns
        self.dropped: frozenset[str] = frozenset()
        self.files: dict[int, File] = {}
        self.others: dict[str, int] = {}

    def capable(self, owner: UserNamespace, capability: str = "CAP_SYS_ADMIN") -> bool:
        """ns_capable(): what it has in its own user namespace, and everything in those made there."""
        user_ns: UserNamespace | None = owner
        while user_ns is not None:
            if user_ns is self.user_ns:
                return capability not in self.dropped
            if user_ns.parent is self.user_ns:
                return True
            user_ns = user_ns.parent
        return False
