"""Walking paths across mounts, and the way back from a place to its path.

Which (mount, dentry) a path names for a task, with stacked mounts, ``..``, chroot and
symbolic links; files are made and removed in ``files``, what /proc shows is in ``procfs``.
Source: fs/namei.c (path_init, link_path_walk, follow_dotdot, filename_parentat); fs/d_path.c (prepend_path).
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

from . import refusals
from .effects import Refused
from .file_table import fget_raw
from .flags import AT_FDCWD, MNT_NOSYMFOLLOW
from .globals import Globals
from .objects import Dentry, Mount, Path, is_subdir, mnt_has_parent
from .procfs import link_itself, proc_link
from .tasks import Task
from .vfsmount import lookup_mnt, path_get

PATH_MAX = 4096
NAME_MAX = 255
MAXSYMLINKS = 40


class Parent(NamedTuple):
    """What filename_parentat() finds: the directory, the last name, and whether a slash ends the path.

    ``last`` is "/", "." or ".." where the path ends in something that is no name.
    """

    path: Path
    last: str
    slash: bool


def getname(name: str | None) -> str:
    """A path from user space. Raises EFAULT for NULL."""
    if name is None:
        raise Refused(refusals.NULL_PATH)
    return name


def getname_flags(name: str, *, empty: bool = False) -> str:
    """A path that is not too long, and not ``empty`` where it may not be. Raises ENOENT, ENAMETOOLONG."""
    if not name and not empty:
        raise Refused(refusals.EMPTY_PATH)
    if len(name.encode(errors="surrogateescape")) >= PATH_MAX:
        raise Refused(refusals.PATH_TOO_LONG, PATH_MAX)
    return name


def getname_maybe_null(name: str | None, empty: bool) -> str | None:
    """The path for a call to which NULL is as good as "" where an ``empty`` one names the descriptor."""
    return "" if name is None and empty else name


def user_path_at(
    k: Globals,
    task: Task,
    name: str | None,
    *,
    dfd: int = AT_FDCWD,
    directory: bool = False,
    mountpoint: bool = False,
    follow: bool = True,
    empty: bool = False,
) -> Path:
    """The place that ``name`` names for the task, with a reference on its mount.

    A relative name starts at the descriptor ``dfd``, an ``empty`` one (AT_EMPTY_PATH) is that place.
    ``directory`` insists on one (LOOKUP_DIRECTORY); ``mountpoint`` ends on the top
    of whatever covers the place (LOOKUP_MOUNTPOINT), as umount2(2) does; without ``follow``
    a symbolic link at the end is the place itself. Raises ENOENT, ENOTDIR, ELOOP, EBADF, EFAULT or
    ENAMETOOLONG.
    """
    name = getname(name)
    if empty and not name:
        place = start(task, dfd, directory=False)
    else:
        place = walk(k, task, name, name.split("/"), dfd=dfd, follow=follow)
    if mountpoint:
        place = follow_mounts(place)
    if not place.dentry.can_lookup and (directory or name.endswith("/")):
        raise Refused(refusals.NOT_A_DIRECTORY, name)
    return path_get(place)


def filename_parentat(k: Globals, task: Task, name: str | None, dfd: int = AT_FDCWD) -> Parent:
    """The directory that holds the last component of ``name``, with a reference on its mount."""
    name = getname(name)
    stripped = name.rstrip("/")
    head, _, last = stripped.rpartition("/")
    if not stripped:
        last = "/" if name else ""
    place = walk(k, task, name, [*head.split("/"), "."] if stripped else [""], dfd=dfd)
    if not place.dentry.can_lookup:
        raise Refused(refusals.NOT_A_DIRECTORY, name)
    return Parent(path_get(place), last, name.endswith("/"))


def start(task: Task, dfd: int, *, directory: bool = True) -> Path:
    """Where a relative path starts. Raises EBADF, or ENOTDIR where a ``directory`` is needed (path_init)."""
    if dfd == AT_FDCWD:
        return task.fs.pwd
    file = fget_raw(task, dfd)
    if directory and not file.f_path.dentry.can_lookup:
        raise Refused(refusals.DIRFD_NO_DIRECTORY, dfd)
    return file.f_path


def walk(
    k: Globals, task: Task, name: str, components: list[str], *, dfd: int = AT_FDCWD, follow: bool = True
) -> Path:
    """Follow the components from where they start, which itself is never followed into a cover."""
    getname_flags(name)
    todo = deque(components)
    if name.startswith("/"):
        place = task.fs.root
        link = proc_link(k, task, components)
        if link is not None:
            place, rest = link
            todo = deque(rest)
            if not todo and not follow:
                place = link_itself(k)
    else:
        place = start(task, dfd)
    if not place.dentry.can_lookup and place in (task.fs.root, task.fs.pwd) and any(todo):
        raise Refused(refusals.ROOT_IS_NO_DIRECTORY)
    links = 0
    while todo:
        component = todo.popleft()
        if component == "":
            continue
        if not place.dentry.can_lookup:
            raise Refused(refusals.NOT_A_DIRECTORY, name)
        if component == ".":
            continue
        if component == "..":
            place = follow_mounts(follow_dotdot(task, place))
            continue
        found = follow_mounts(Path(place.mnt, lookup(place, component)))
        target = found.dentry.d_symlink
        if target is None or not (follow or todo):
            place = found
            continue
        if found.mnt.mnt_flags & MNT_NOSYMFOLLOW:
            raise Refused(refusals.LINK_NOT_FOLLOWED, component, found.mnt)
        links += 1
        if links > MAXSYMLINKS:
            raise Refused(refusals.TOO_MANY_LINKS, name)
        if target.startswith("/"):
            place = task.fs.root
        todo.extendleft(reversed(target.split("/")))
    return place


def lookup(place: Path, name: str) -> Dentry:
    """The child of that name. Raises ENOENT or ENAMETOOLONG.

    A name that is not there is asked of the filesystem, which is a use of the mount.
    """
    check_length(name)
    assert place.dentry.d_children is not None, "only directories are looked into"
    child = place.dentry.d_children.get(name)
    if child is None:
        place.mnt.mnt_expiry_mark = False
        raise Refused(refusals.NO_SUCH_FILE, name, place)
    return child


def check_length(name: str) -> None:
    """Raises ENAMETOOLONG for a component that no directory can hold."""
    if len(name.encode(errors="surrogateescape")) > NAME_MAX:
        raise Refused(refusals.NAME_TOO_LONG, NAME_MAX)


def follow_mounts(place: Path) -> Path:
    """Go to the top of what is mounted on the place (traverse_mounts)."""
    mount = lookup_mnt(place.mnt, place.dentry)
    while mount is not None:
        place = Path(mount, mount.mnt_root)
        mount = lookup_mnt(mount, mount.mnt_root)
    return place


def follow_dotdot(task: Task, place: Path) -> Path:
    """One step up: out of the mount where the place is its root, but never above the task's root.

    Raises ENOENT where a rename has led out of what the mount shows (path_connected).
    """
    root = task.fs.root
    if place == root:
        return place
    mount, dentry = place
    while dentry is mount.mnt_root:
        if not mnt_has_parent(mount):
            return place
        mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
        if (mount, dentry) == root:
            return place
    parent = dentry.d_parent or dentry
    if not is_subdir(parent, mount.mnt_root):
        raise Refused(refusals.DISCONNECTED, parent.path(), mount)
    return Path(mount, parent)


class NamedPlace(NamedTuple):
    """A path as a task sees it, and whether the place can be reached from the task's root at all."""

    path: str
    reachable: bool


def d_path(place: Path, root: Path) -> NamedPlace:
    """The path from ``root`` to the place; from the top of what it is in when it cannot be reached.

    Just "/" where a rename has led out of what the mount shows.
    """
    path, end = prepend_path(place, root)
    return NamedPlace("/" if end is End.ESCAPED else path or "/", end is End.ROOT)


class End(Enum):
    """Where the way up from a place ends: at the root asked for, at the top of its tree, off its mount."""

    ROOT = 0
    TOP = 1
    ESCAPED = 3


def prepend_path(place: Path, root: Path) -> tuple[str, End]:
    """The names on the way from the place up to ``root`` or as far as it goes, "" for none, and its end."""
    names: list[str] = []
    mount, dentry = place
    while (mount, dentry) != root:
        if dentry is mount.mnt_root and mnt_has_parent(mount):
            mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
        elif dentry is mount.mnt_root:
            return "".join(reversed(names)), End.TOP
        elif dentry.d_parent is None:
            return "".join(reversed(names)), End.ESCAPED
        else:
            names.append(f"/{dentry.d_name}")
            dentry = dentry.d_parent
    return "".join(reversed(names)), End.ROOT


def is_path_reachable(mount: Mount, dentry: Dentry, root: Path) -> bool:
    """Whether the place lies below ``root`` in the tree of mounts (is_path_reachable)."""
    while mount is not root.mnt and mnt_has_parent(mount):
        mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
    return mount is root.mnt and is_subdir(dentry, root.dentry)
