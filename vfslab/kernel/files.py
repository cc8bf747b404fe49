"""Directories and empty files: making, removing, listing them, and standing in them.

Removing what is mounted on elsewhere takes those mounts away. Path walking is in ``namei``.
Source: fs/namei.c (do_mkdirat, do_rmdir, do_unlinkat), fs/open.c (chdir, chroot), fs/d_path.c (getcwd).
"""

from __future__ import annotations

from collections.abc import Callable

from . import refusals
from .effects import MOUNT_LOCK, Acquire, Alloc, Code, Refused, Release, Step
from .flags import AT_FDCWD, MNT_READONLY, MNT_UMOUNT, SB_RDONLY, UMOUNT_CONNECTED
from .globals import Globals
from .locking import holding, inode_lock_name, under_namespace_sem
from .namei import Parent, check_length, d_path, filename_parentat, lookup, user_path_at
from .objects import Dentry, Mount, Path
from .tasks import Task
from .umount import umount_tree
from .vfsmount import get_mountpoint, holding_path, path_put, umount_mnt, unpin_mountpoint

NO_NAME = ("/", ".", "..")


def mnt_want_write(mount: Mount) -> None:
    """Raises EROFS where the mount or its superblock is read-only."""
    if mount.mnt_flags & MNT_READONLY or mount.mnt_sb.s_flags & SB_RDONLY:
        raise Refused(refusals.READ_ONLY, mount)


def in_parent(
    k: Globals, task: Task, function: str, name: str, body: Callable[[Parent], Code], dfd: int = AT_FDCWD
) -> Code:
    """Run ``body`` on the directory that holds the last component of ``name``.

    ``function`` holds its inode lock meanwhile.
    """
    parent = filename_parentat(k, task, name, dfd)
    lock = inode_lock_name(parent.path.dentry)
    return (yield from holding_path(k, parent.path, lambda: holding(function, lock, body(parent))))


def do_mkdirat(k: Globals, task: Task, name: str) -> Code:
    """mkdir(2). Raises EEXIST, ENOENT, ENOTDIR, EROFS, or what the filesystem answers."""
    return in_parent(k, task, "do_mkdirat", name, lambda parent: create(parent, name, directory=True))


def do_mknodat(k: Globals, task: Task, name: str, dfd: int = AT_FDCWD) -> Code:
    """open(2) with O_CREAT and O_EXCL: an empty regular file. Raises as mkdir(2) does, and EISDIR."""
    return in_parent(k, task, "do_mknodat", name, lambda parent: create(parent, name, opened=True), dfd)


def do_symlinkat(k: Globals, task: Task, target: str, name: str) -> Code:
    """symlink(2). Raises as mkdir(2) does, and ENOENT for an empty ``target``."""
    if not target:
        raise Refused(refusals.EMPTY_PATH)

    def body(parent: Parent) -> Code:
        yield from create(parent, name)
        assert parent.path.dentry.d_children is not None, "filename_parentat() gives directories"
        parent.path.dentry.d_children[parent.last].d_symlink = target

    return in_parent(k, task, "do_symlinkat", name, body)


def create(parent: Parent, name: str, *, directory: bool = False, opened: bool = False) -> Code:
    """filename_create() and the filesystem's own part: an existing name is told before a read-only mount.

    ``opened``: it is for open(2), to which a filesystem without files is another mistake.
    """
    (mount, dentry), last, slash = parent
    assert dentry.d_children is not None, "filename_parentat() gives directories"
    if slash and not directory and last not in NO_NAME:
        raise Refused(refusals.OPEN_WITH_SLASH, name)
    if last in NO_NAME or last in dentry.d_children:
        raise Refused(refusals.EXISTS, name)
    check_length(last)
    if dentry.unlinked:
        raise Refused(refusals.DEAD_DIRECTORY, name)
    fs_type = dentry.d_sb.s_type
    if fs_type.create_errno == "ENOENT":
        raise Refused(refusals.NO_NAMES_BUT_ITS_OWN, fs_type.name)
    mnt_want_write(mount)
    if fs_type.create_errno == "EPERM":
        raise Refused(refusals.CANNOT_OPEN_NEW if opened else refusals.CANNOT_CREATE, fs_type.name)
    if (yield Alloc("d_alloc", "struct dentry")):
        raise Refused(refusals.NO_MEMORY, "struct dentry")
    dentry.d_children[last] = Dentry(dentry.d_sb, last, dentry, directory=directory)
    yield Step(
        "vfs_mkdir" if directory else "vfs_create",
        "a name is made in a directory of {others[0]}",
        (),
        (mount.id,),
    )


def do_rmdir(k: Globals, task: Task, name: str) -> Code:
    """rmdir(2). Raises EBUSY, ENOTEMPTY, EINVAL, ENOTDIR, ENOENT, EROFS."""

    def body(parent: Parent) -> Code:
        if parent.last in NO_NAME:
            raise Refused(refusals.RMDIR_LAST[parent.last], name)
        victim = to_remove(parent)
        if not victim.is_dir:
            raise Refused(refusals.NOT_A_DIRECTORY, name)
        refuse_local_mountpoint(task, victim)
        if victim.d_children:
            raise Refused(refusals.NOT_EMPTY, name)
        yield from remove(k, parent.path, victim, "vfs_rmdir")

    return in_parent(k, task, "do_rmdir", name, body)


def do_unlinkat(k: Globals, task: Task, name: str) -> Code:
    """unlink(2). Raises EISDIR, EBUSY, ENOENT, ENOTDIR, EROFS."""

    def body(parent: Parent) -> Code:
        if parent.last in NO_NAME:
            raise Refused(refusals.IS_A_DIRECTORY, name)
        victim = to_remove(parent)
        if victim.is_dir:
            raise Refused(refusals.IS_A_DIRECTORY, name)
        if parent.slash:
            raise Refused(refusals.NOT_A_DIRECTORY, name)
        refuse_local_mountpoint(task, victim)
        yield from remove(k, parent.path, victim, "vfs_unlink")

    return in_parent(k, task, "do_unlinkat", name, body)


def to_remove(parent: Parent) -> Dentry:
    """The dentry that a removal names, on a mount that may be written to."""
    mnt_want_write(parent.path.mnt)
    return lookup(parent.path, parent.last)


def refuse_local_mountpoint(task: Task, dentry: Dentry) -> None:
    """Raises EBUSY where a mount of the task's own namespace is on the dentry (is_local_mountpoint)."""
    for mount in dentry.d_mountpoint.m_list.values() if dentry.d_mountpoint else ():
        if mount.id in task.mnt_ns.mounts:
            raise Refused(refusals.IS_A_MOUNTPOINT, dentry.path(), mount)


def remove(k: Globals, parent: Path, victim: Dentry, function: str) -> Code:
    """Unlink the dentry, then take away what other namespaces have mounted on it (detach_mounts)."""
    assert parent.dentry.d_children is not None, "filename_parentat() gives directories"
    inode = inode_lock_name(victim)
    yield Acquire(function, inode)
    del parent.dentry.d_children[victim.d_name]
    victim.cant_mount = True
    victim.unlinked = True
    shown = [
        mount.id
        for mount in victim.d_sb.s_mounts
        if mount.mnt_root is victim or mount.mnt_mountpoint is victim
    ]
    yield Step(function, "a name is removed from a directory of {others[0]}", tuple(shown), (parent.mnt.id,))
    if victim.d_mountpoint is not None:
        yield from under_namespace_sem(k, "__detach_mounts", detach_mounts(k, victim))
    yield Release(function, inode)


def detach_mounts(k: Globals, dentry: Dentry) -> Code:
    """Take away every mount on the dentry, in all namespaces, without propagation (__detach_mounts)."""
    if dentry.d_mountpoint is None:
        return
    yield Acquire("__detach_mounts", MOUNT_LOCK)
    mp = yield from get_mountpoint(k, dentry)
    while mp.m_list:
        mount = next(reversed(mp.m_list.values()))
        if mount.mnt_flags & MNT_UMOUNT:
            umount_mnt(mount)
            k.unmounted.append(mount)
            yield Step("__detach_mounts", "{0} is taken off its place", (mount.id,))
        else:
            yield from umount_tree(k, mount, UMOUNT_CONNECTED)
    unpin_mountpoint(mp)
    yield Release("__detach_mounts", MOUNT_LOCK)


def do_utimes(k: Globals, task: Task, name: str) -> Code:
    """utimensat(2) with the time of now. There are no times here, only what has none to change.

    Raises EROFS, EPERM, EOPNOTSUPP.
    """
    path = user_path_at(k, task, name)
    path_put(k, path)
    mnt_want_write(path.mnt)
    timeless = refusals.SET_TIMES_OF.get(path.dentry.d_sb.s_type.name)
    if timeless is not None:
        raise Refused(timeless, name)
    yield Step("do_utimes", "the times of a name in {others[0]} change", (), (path.mnt.id,))


def iterate_dir(k: Globals, task: Task, name: str) -> list[str]:
    """The names in a directory, sorted: open(2) with O_DIRECTORY and getdents(2)."""
    path = user_path_at(k, task, name, directory=True)
    names = sorted(path.dentry.d_children or ())
    path_put(k, path)
    return names


def set_fs_pwd(k: Globals, task: Task, path: Path) -> Code:
    """Move the cwd to the path, whose reference passes to the task."""
    old, task.fs.pwd = task.fs.pwd, path
    path_put(k, old)
    yield Step("set_fs_pwd", "the working directory is now on {others[0]}", (), (path.mnt.id,))


def set_fs_root(k: Globals, task: Task, path: Path) -> Code:
    """Move the root to the path, whose reference passes to the task."""
    old, task.fs.root = task.fs.root, path
    path_put(k, old)
    yield Step("set_fs_root", "the root directory is now on {others[0]}", (), (path.mnt.id,))


def do_chdir(k: Globals, task: Task, name: str) -> Code:
    """chdir(2). Raises ENOENT or ENOTDIR."""
    yield from set_fs_pwd(k, task, user_path_at(k, task, name, directory=True))


def do_chroot(k: Globals, task: Task, name: str) -> Code:
    """chroot(2), which leaves the cwd where it is. Raises ENOENT, ENOTDIR, EPERM."""
    path = user_path_at(k, task, name, directory=True)
    if not task.capable(task.user_ns, "CAP_SYS_CHROOT"):
        path_put(k, path)
        raise Refused(refusals.CHROOT_NOT_CAPABLE)
    yield from set_fs_root(k, task, path)


def do_getcwd(task: Task) -> str:
    """getcwd(2) as the kernel gives it: "(unreachable)" leads where the cwd is not below the root."""
    if task.fs.pwd.dentry.unlinked:
        raise Refused(refusals.CWD_REMOVED)
    path, reachable = d_path(task.fs.pwd, task.fs.root)
    return path if reachable else f"(unreachable){path}"
