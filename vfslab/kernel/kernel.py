"""Kernel: a machine that has just booted, its tasks, and how they enter the kernel.

Boot and fork happen at once; a system call is handed out as a generator for a
driver to run. Source: fs/namespace.c, init_mount_tree(); kernel/fork.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from . import refusals
from .effects import Code, Refused
from .files import do_getcwd, iterate_dir
from .filesystems import FILE_SYSTEMS, new_super
from .flags import MNT_READONLY, MNT_RELATIME
from .globals import Globals
from .namei import user_path_at
from .namespace import new_mnt_ns
from .nsproxy import copy_fs_struct, do_exit, inherit_files, new_task
from .objects import MntNamespace, Mount, Path
from .proc_namespace import whole_table
from .releases import DEFAULT_RELEASE, RELEASES, revert
from .syscalls import enter, syscall
from .tasks import FsStruct, Task
from .vfsmount import attach_mnt, mnt_add_to_ns, new_mount, path_get, path_put


class Kernel(Globals):
    """A booted miniature kernel of one release.

    ``init`` is its first task, "sh1": root, in a mount namespace whose only
    visible mount is an empty tmpfs on ``/``, private. Raises ValueError for a
    release that is not modelled, naming those that are. Without ``boot`` there is
    neither task nor mount: whoever asked for that puts in ``init_ns`` and ``init``. ``without`` are
    changes to take out of the release, by their commits, before it boots.
    """

    init_ns: MntNamespace
    init: Task

    def __init__(
        self, release: str = DEFAULT_RELEASE, *, boot: bool = True, without: Sequence[str] = ()
    ) -> None:
        if release not in RELEASES:
            raise ValueError(f"no release {release!r}; there are {', '.join(RELEASES)}")
        super().__init__(RELEASES[release])
        for commit in without:
            self.release = revert(self.release, commit)
        self.file_systems.update(FILE_SYSTEMS)
        if boot:
            self._boot()

    def _boot(self) -> None:
        self.init_ns = ns = new_mnt_ns(self, self.init_user_ns)
        self.namespaces[ns.id] = ns
        # The rootfs of a real machine is everybody's: read-only, as the sandbox of the oracle makes it.
        read_only = MNT_READONLY if self.release.absolute_root == "rootfs" else 0
        ns.root = bottom = self._mount(self.release.absolute_root, read_only)
        self.rootfs = bottom.mnt_sb if read_only else None
        visible = self._mount("tmpfs", MNT_RELATIME)
        attach_mnt(visible, bottom, bottom.mnt_root)
        for mount in (bottom, visible):
            mnt_add_to_ns(ns, mount)
        root = Path(visible, visible.mnt_root)
        fs = FsStruct(path_get(root), path_get(root))
        self.init = new_task(self, "sh1", fs, ns, self.init_user_ns)

    def revert(self, *commits: str) -> Self:
        """Take changes out of the kernel, by their commits of twelve digits; the kernel itself.

        Raises ValueError for a change that is not known, not in this release, or at work before any call is
        made: that one is named when the kernel is made, Kernel(release, without=(commit,)).
        """
        for commit in commits:
            reverted = revert(self.release, commit)
            if reverted.absolute_root != self.release.absolute_root:
                raise ValueError(
                    f"{commit} is done at boot: Kernel({self.release.name!r}, without=({commit!r},))"
                )
            self.release = reverted
        return self

    def _mount(self, fs_name: str, flags: int) -> Mount:
        sb = new_super(self, FILE_SYSTEMS[fs_name], self.init_user_ns)
        return new_mount(self, fs_name, sb.s_root, flags)

    def fork(self, parent: Task, comm: str) -> Task:
        """A child in the parent's namespaces, with its root, cwd, descriptors and rights."""
        parent.mnt_ns.count += 1
        child = new_task(self, comm, copy_fs_struct(parent.fs), parent.mnt_ns, parent.user_ns)
        child.dropped = parent.dropped
        inherit_files(parent, child)
        return child

    def exit(self, task: Task) -> Code:
        """The end of a task, as kernel code to be driven."""
        return enter(self, do_exit(self, task))

    def syscall(self, task: Task, name: str, *args: Any) -> Code:
        """One system call of ``SYSTEM_CALLS``, as kernel code to be driven; nothing has happened yet.

        Raises ValueError for a call that does not exist.
        """
        return syscall(self, task, name, *args)

    def readdir(self, task: Task, name: str) -> list[str]:
        """The sorted names in a directory. Raises Refused."""
        return iterate_dir(self, task, name)

    def stat(self, task: Task, name: str, *, follow: bool = True) -> tuple[int, int, bool]:
        """Device, inode number, and whether it is a directory: stat(2), lstat(2). Raises Refused."""
        path = user_path_at(self, task, name, follow=follow)
        path_put(self, path)
        return path.dentry.d_sb.s_dev, path.dentry.ino, path.dentry.is_dir

    def readfile(self, task: Task, name: str) -> str:
        """A file's text: open(2) and read(2). Only tables of mounts have any. Raises Refused, EISDIR too."""
        text = whole_table(self, task, name)
        if text is not None:
            return text
        path = user_path_at(self, task, name)
        path_put(self, path)
        if path.dentry.is_dir:
            raise Refused(refusals.READ_OF_DIRECTORY, name)
        return ""

    def getcwd(self, task: Task) -> str:
        """getcwd(2); "(unreachable)" leads where the cwd is not below the root. Raises Refused."""
        return do_getcwd(task)
