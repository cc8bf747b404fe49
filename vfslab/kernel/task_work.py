"""What a system call leaves to be done on the way back to user space: files and mounts nobody holds.

Source: kernel/task_work.c, task_work_run(); fs/file_table.c, __fput(); fs/namespace.c,
cleanup_mnt(), dissolve_on_fput().
"""

from __future__ import annotations

from .effects import Code
from .flags import UMOUNT_CONNECTED
from .globals import Globals
from .locking import empty_mnt_ns, under_mount_lock, under_namespace_sem
from .namespace import put_mnt_ns
from .objects import MntNamespace, Mount
from .rights import anon_ns_root
from .tasks import File
from .umount import umount_tree
from .vfsmount import cleanup_mnt, path_put


def task_work_run(k: Globals) -> Code:
    """Clean up what this system call dropped the last reference of, and what goes with that."""
    while k.task_work:
        last = k.task_work.popleft()
        if isinstance(last, File):
            yield from __fput(k, last)
            continue
        ns = last.mnt_root.ns
        yield from cleanup_mnt(k, last)
        if isinstance(ns, MntNamespace):
            yield from put_mnt_ns(k, ns)


def __fput(k: Globals, file: File) -> Code:
    """The end of a file: what it is besides a place, its namespace, the detached tree that it kept."""
    if file.release is not None:
        yield from file.release(k)
    mount, dentry = file.f_path
    if file.writable:
        mount.mnt_writers -= 1
    if isinstance(dentry.ns, MntNamespace):
        yield from put_mnt_ns(k, dentry.ns)
    if file.need_unmount:
        yield from dissolve_on_fput(k, mount)
    path_put(k, file.f_path)


def dissolve_on_fput(k: Globals, mount: Mount) -> Code:
    """Take the detached tree apart, unless it has been attached since; its anonymous namespace goes too."""
    if not anon_ns_root(mount):
        return

    def dissolve() -> Code:
        ns = mount.mnt_ns
        assert ns is not None, "the root of an anonymous namespace is in it"
        empty_mnt_ns(k, ns)
        yield from under_mount_lock("dissolve_on_fput", umount_tree(k, mount, UMOUNT_CONNECTED))

    yield from under_namespace_sem(k, "dissolve_on_fput", dissolve())
