"""Open files: the descriptors of a task, and the end of a file with its last one.

What can be opened is in ``open``; a file only knows the place that it holds.
Source: fs/file.c (fget, alloc_fd, close_fd), fs/file_table.c (__fput).
"""

from __future__ import annotations

from . import refusals
from .effects import Code, Refused
from .globals import Globals
from .objects import MntNamespace, Path
from .tasks import File, Task

# 0, 1 and 2 are the terminal's
FIRST_FD = 3


def fget_raw(task: Task, fd: int) -> File:
    """The file behind a descriptor, one opened with O_PATH too. Raises EBADF."""
    file = task.files.get(fd)
    if file is None:
        raise Refused(refusals.BAD_FD, fd)
    return file


def fget(task: Task, fd: int) -> File:
    """The file behind a descriptor that is more than a place. Raises EBADF."""
    file = fget_raw(task, fd)
    if file.o_path:
        raise Refused(refusals.O_PATH_FD, fd)
    return file


def fd_install(task: Task, file: File) -> int:
    """Give the file the task's lowest free descriptor."""
    fd = FIRST_FD
    while fd in task.files:
        fd += 1
    task.files[fd] = file
    return fd


def alloc_file(path: Path, *, o_path: bool = False, writable: bool = False) -> File:
    """A file at the place, which takes over the caller's reference to the mount.

    It holds the namespace that an nsfs file stands for, and counts as a writer of the mount.
    """
    if isinstance(path.dentry.ns, MntNamespace):
        path.dentry.ns.count += 1
    if writable:
        path.mnt.mnt_writers += 1
    return File(path, o_path=o_path, writable=writable)


def fput(k: Globals, file: File) -> None:
    """Drop one hold on the file; the last is cleaned up on the way back to user space."""
    file.f_count -= 1
    if not file.f_count:
        k.task_work.append(file)


def do_close(k: Globals, task: Task, fd: int) -> Code:
    """close(2). Raises EBADF."""
    file = fget_raw(task, fd)
    del task.files[fd]
    fput(k, file)
    yield from ()


def exit_files(k: Globals, task: Task) -> None:
    """A task that ends closes what it has open."""
    for file in task.files.values():
        fput(k, file)
    task.files = {}
