"""A model for questions about a machine of which only the mount table is known.

What a command names is supposed to be there: a directory, unless told to be a file;
a filesystem type, with the device that it is asked to mount. What was supposed is
written down. What a kernel does with it all is the model's business.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .calls import CALLS
from .kernel import Kernel, Refused, refusals
from .kernel.flags import AT_FDCWD, MS_BIND, MS_MOVE
from .kernel.namei import user_path_at
from .kernel.objects import Dentry, FileSystemType, Mount, Path, SuperBlock
from .kernel.tasks import Task
from .kernel.vfsmount import path_put
from .machine import Answer
from .model import Model
from .mountinfo import printable

# The calls that work on mounts; a path that one of them names is supposed to exist.
MOUNT_CALLS = frozenset(
    (
        "mount",
        "umount2",
        "pivot_root",
        "open_tree",
        "move_mount",
        "fsopen",
        "fsconfig",
        "fsmount",
        "mount_setattr",
        "unshare",
        "clone",
        "setns",
    )
)
OTHERS = "(others)"
FIRST_SHELL = "sh1"
_NAMING = MOUNT_CALLS | {"chdir", "chroot"}
# The types, not modelled, of which there is one superblock for all who mount it.
_SINGLE = frozenset(
    ("binfmt_misc", "cgroup2", "debugfs", "devtmpfs", "fusectl", "mqueue", "pstore", "securityfs", "tracefs")
)


class Made(NamedTuple):
    """A mount call that was made, and what it gave."""

    name: str
    args: tuple[Any, ...]
    answer: Answer


class Supposing(Model):
    """A model around ``kernel`` in which nothing that a command names is missing.

    Its first task is sh1, whatever else it is called.
    Another task is in each namespace, which therefore stays when the first one leaves it.
    ``files`` are paths that are files, as its first task sees them. ``supposed`` is what has been
    supposed so far, in words; ``made`` are the mount calls so far. Raises ValueError for a
    path in ``files`` that has something mounted below it.
    """

    def __init__(self, kernel: Kernel, files: Iterable[str] = ()) -> None:
        super().__init__(kernel=kernel)
        self.shells.setdefault(FIRST_SHELL, kernel.init)
        self.made: list[Made] = []
        self._files = {posixpath.normpath(path) for path in files}
        self._kinds: dict[str, str] = {}
        self._types: list[str] = []
        for fs_type in list(kernel.file_systems.values()):
            if fs_type.requires_dev or not fs_type.modelled:
                # a type for which a device, or more, is supposed
                del kernel.file_systems[fs_type.name]
        for path in self._files:
            self._make_file(path)
        inhabited = {task.mnt_ns.id: task for task in kernel.tasks.values()}
        for task in inhabited.values():
            kernel.fork(task, OTHERS)

    @property
    def supposed(self) -> list[str]:
        """What has been supposed: sentences that begin small and have no full stop."""
        deepest = [path for path in self._kinds if not any(_above(path, other) for other in self._kinds)]
        kinds = [f"{printable(path)} is {self._kinds[path]}" for path in deepest]
        return kinds + [f"there is a filesystem type {printable(name)}" for name in self._types]

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        """See ``Model.call``. A call that is refused for want of something is made again with it."""
        if name in _NAMING:
            self._look_at(self._task(shell), name, args)
        answer = super().call(shell, name, *args)
        while name in _NAMING and self._suppose(name, args):
            answer = super().call(shell, name, *args)
        if name in MOUNT_CALLS:
            self.made.append(Made(name, args, answer))
        return answer

    def _suppose(self, name: str, args: tuple[Any, ...]) -> bool:
        """Whether something was missing and is there now."""
        match self.refusal:
            case Refused(check=refusals.NO_SUCH_FILE, args=(_, str(last), Path() as place)):
                self._make(place, last)
                return True
            case Refused(check=refusals.UNKNOWN_FS_TYPE, args=(_, str(fs_name))):
                return self._make_type(fs_name, args[0] if name == "mount" else None)
        return False

    def _make(self, place: Path, name: str) -> None:
        assert place.dentry.d_children is not None, "a name is looked up in a directory"
        path = posixpath.join(str(place), name)
        dentry = Dentry(place.dentry.d_sb, name, place.dentry, directory=path not in self._files)
        place.dentry.d_children[name] = dentry
        self._kinds[path] = "a directory that exists" if dentry.is_dir else "a file that exists"

    def _make_type(self, name: str, source: str | None) -> bool:
        """Let there be a type that takes whatever it is given; a mounted device is mounted once more."""
        k = self.kernel
        if name in k.file_systems:
            return False
        shared = next(_superblocks(k, name, source), None)
        device = shared is not None and name not in _SINGLE
        k.file_systems[name] = FileSystemType(
            name, single=shared is not None, ignores_unknown_options=True, requires_dev=device
        )
        if shared is not None:
            k.single_supers[name] = shared
        elif not any(mount.mnt_sb.s_type.name == name for mount in k.mounts.values()):
            self._types.append(name)
        return True

    def _look_at(self, task: Task, name: str, args: tuple[Any, ...]) -> None:
        """Write down which of the places that the call names are directories for all that is known."""
        for path in paths(name, args):
            try:
                place = user_path_at(self.kernel, task, path)
            except Refused:
                continue
            path_put(self.kernel, place)
            dentry = place.dentry
            told = str(place) in self._files or str(place) in self._kinds
            if dentry.d_parent is not None and not dentry.d_children and not told:
                self._kinds[str(place)] = "a directory"

    def _make_file(self, path: str) -> None:
        """Let the place be a file where it exists, and with it whatever is mounted there, and below that."""
        try:
            place = user_path_at(self.kernel, self.kernel.init, path)
        except Refused:
            return
        path_put(self.kernel, place)
        pending = [place.dentry]
        while pending:
            dentry = pending.pop()
            if dentry.d_children or dentry.d_parent is None:
                raise ValueError(
                    f"{printable(path)} is a directory: there are mounts below it, or it is a root"
                )
            if dentry.is_dir:
                dentry.d_children = None
                pending += _partners(dentry)


def _partners(dentry: Dentry) -> Iterator[Dentry]:
    """What is of one kind with the dentry: the places where mounts of it are, the roots of mounts on it."""
    for mount in dentry.d_sb.s_mounts:
        if mount.mnt_root is dentry:
            yield mount.mnt_mountpoint
    if dentry.d_mountpoint is not None:
        yield from (mount.mnt_root for mount in dentry.d_mountpoint.m_list.values())


def _superblocks(k: Kernel, fs_name: str, source: str | None) -> Iterator[SuperBlock]:
    """The superblocks that another mount of that type and source will show."""

    def same(mount: Mount) -> bool:
        sb = mount.mnt_sb
        of_device = not sb.s_id.startswith("0:") and mount.mnt_devname == source
        return sb.s_type.name == fs_name and (of_device or fs_name in _SINGLE)

    return (mount.mnt_sb for mount in k.mounts.values() if same(mount))


def paths(name: str, args: tuple[Any, ...]) -> Iterator[str]:
    """The paths among the arguments of a call, those aside that start at a descriptor."""
    dirfd = AT_FDCWD
    for parameter, arg in zip(CALLS[name].parameters, args, strict=True):
        if parameter.name.endswith("dirfd"):
            dirfd = arg
        is_device = parameter.name == "source" and not args[3] & (MS_BIND | MS_MOVE)
        if parameter.kind == "path" and isinstance(arg, str) and not is_device and dirfd == AT_FDCWD:
            yield arg


def _above(path: str, other: str) -> bool:
    """Whether ``path`` is a directory on the way to ``other``."""
    return other != path and other.startswith(path.rstrip("/") + "/")
