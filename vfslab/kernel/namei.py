"""Walking paths across mounts, and the way back from a place to its path.

Which (mount, dentry) a path names for a task, with stacked mounts, ``..`` and
chroot; files are made and removed in ``files``. There are no symbolic links.
Source: fs/namei.c (link_path_walk, follow_dotdot, filename_parentat); fs/d_path.c (prepend_path).
"""

from __future__ import annotations

from typing import NamedTuple

from . import refusals
from .effects import Refused
from .objects import Dentry, Mount, Path, Task, is_subdir, mnt_has_parent
from .vfsmount import lookup_mnt, path_get

PATH_MAX = 4096
NAME_MAX = 255


class Parent(NamedTuple):
    """What filename_parentat() finds: the directory, the last name, and whether a slash ends the path.

    ``last`` is "/", "." or ".." where the path ends in something that is no name.
    """

    path: Path
    last: str
    slash: bool


def user_path_at(task: Task, name: str, *, directory: bool = False, mountpoint: bool = False) -> Path:
    """The place that ``name`` names for the task, with a reference on its mount.

    ``directory`` insists on one (LOOKUP_DIRECTORY); ``mountpoint`` ends on the top
    of whatever covers the place (LOOKUP_MOUNTPOINT), as umount2(2) does.
    Raises ENOENT, ENOTDIR or ENAMETOOLONG.
    """
    place = walk(task, name, name.split("/"))
    if mountpoint:
        place = follow_mounts(place)
    if not place.dentry.is_dir and (directory or name.endswith("/")):
        raise Refused(refusals.NOT_A_DIRECTORY, name)
    return path_get(place)


def filename_parentat(task: Task, name: str) -> Parent:
    """The directory that holds the last component of ``name``, with a reference on its mount."""
    stripped = name.rstrip("/")
    head, _, last = stripped.rpartition("/")
    if not stripped:
        last = "/" if name else ""
    place = walk(task, name, [*head.split("/"), "."] if stripped else [""])
    if not place.dentry.is_dir:
        raise Refused(refusals.NOT_A_DIRECTORY, name)
    return Parent(path_get(place), last, name.endswith("/"))


def walk(task: Task, name: str, components: list[str]) -> Path:
    """Follow the components from the task's root or cwd, which itself is never followed into a cover."""
    if not name:
        raise Refused(refusals.EMPTY_PATH)
    if len(name.encode(errors="surrogateescape")) >= PATH_MAX:
        raise Refused(refusals.PATH_TOO_LONG, PATH_MAX)
    place = task.fs.root if name.startswith("/") else task.fs.pwd
    for component in components:
        if component == "":
            continue
        if not place.dentry.is_dir:
            raise Refused(refusals.NOT_A_DIRECTORY, name)
        if component == ".":
            continue
        if component == "..":
            place = follow_dotdot(task, place)
        else:
            place = Path(place.mnt, lookup(place.dentry, component))
        place = follow_mounts(place)
    return place


def lookup(directory: Dentry, name: str) -> Dentry:
    """The child of that name. Raises ENOENT or ENAMETOOLONG."""
    check_length(name)
    assert directory.d_children is not None, "only directories are looked into"
    child = directory.d_children.get(name)
    if child is None:
        raise Refused(refusals.NO_SUCH_FILE, name)
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
    """One step up: out of the mount where the place is its root, but never above the task's root."""
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
    return Path(mount, dentry.d_parent or dentry)


class NamedPlace(NamedTuple):
    """A path as a task sees it, and whether the place can be reached from the task's root at all."""

    path: str
    reachable: bool


def d_path(place: Path, root: Path) -> NamedPlace:
    """The path from ``root`` to the place; from the top of what it is in when it cannot be reached."""
    names: list[str] = []
    mount, dentry = place
    while (mount, dentry) != root:
        if dentry is mount.mnt_root:
            if not mnt_has_parent(mount):
                return NamedPlace("/" + "/".join(reversed(names)), False)
            mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
            continue
        assert dentry.d_parent is not None, "a filesystem root is the root of the mounts that show it"
        names.append(dentry.d_name)
        dentry = dentry.d_parent
    return NamedPlace("/" + "/".join(reversed(names)), True)


def is_path_reachable(mount: Mount, dentry: Dentry, root: Path) -> bool:
    """Whether the place lies below ``root`` in the tree of mounts (is_path_reachable)."""
    while mount is not root.mnt and mnt_has_parent(mount):
        mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
    return mount is root.mnt and is_subdir(dentry, root.dentry)
