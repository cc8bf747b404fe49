"""The kernel's global variables: id allocators, lists, the tasks, the release's rules.

State that belongs to no single mount or namespace. What is done with it lives in
the modules of the operations; nothing here knows how a call is driven.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import NamedTuple

from .objects import FileSystemType, MntNamespace, Mount, Path, SuperBlock
from .releases import Release
from .tasks import File, Task, UserNamespace


class Ida:
    """struct ida: numbers from ``first`` on, always the lowest free one.

    What was freed waits in a heap; a heap that has grown becomes a sorted list, of which the
    last is the lowest: that takes 0.09 µs of a number where a heap of 3,000 takes 0.21, and an unshare
    of many mounts takes as many numbers.
    """

    __slots__ = ("_freed", "_next", "_sorted")

    def __init__(self, first: int) -> None:
        self._next = first
        self._freed: list[int] = []
        self._sorted: list[int] = []

    def alloc(self) -> int:
        if self._freed:
            if len(self._freed) > 64 + len(self._sorted):
                self._sorted = sorted(self._freed + self._sorted, reverse=True)
                self._freed = []
            elif not self._sorted or self._freed[0] < self._sorted[-1]:
                return heapq.heappop(self._freed)
        if self._sorted:
            return self._sorted.pop()
        self._next += 1
        return self._next - 1

    def free(self, number: int) -> None:
        heapq.heappush(self._freed, number)

    def all_freed(self) -> list[int]:
        """The numbers that have been freed, in order."""
        return sorted(self._freed + self._sorted)


class OtherNamespace(NamedTuple):
    """A namespace of a kind that mounts do not ask about: its place in ``others``, owner and nsfs file."""

    number: int
    kind: str
    user_ns: UserNamespace
    file: Path


class Globals:
    """Everything global in fs/namespace.c and around it.

    ``mounts`` holds every mount that has been allocated and not yet freed, by
    ``id``. ``unmounted`` and ``emptied_ns`` are filled under namespace_sem and
    drained by the function that drops it; ``task_work`` holds mounts and files whose
    last reference is gone, to be cleaned up when the system call returns.
    ``namespaces`` holds anonymous ones too; ``internal_mounts`` are by filesystem and not among ``mounts``;
    ``others`` are the namespaces of other kinds that anybody has asked for, init's first of its kind.
    ``rootfs`` is the superblock under everything where that is one, which the machine has in use.
    ``mount_max`` is sysctl fs.mount-max, ``file_systems`` are the types that there are, by name.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        self.mount_max = 100_000
        self.mnt_ida = Ida(1)
        self.mnt_group_ida = Ida(1)
        self.unnamed_dev_ida = Ida(1)
        self.last_mount_id = 0
        self.last_ns_id = 0
        self.last_user_ns_id = 0
        self.last_pid = 0
        # How often code has been entered for a task, and how often it has not left yet.
        self.entered = 0
        self.under_way = 0
        self.mounts: dict[int, Mount] = {}
        self.namespaces: dict[int, MntNamespace] = {}
        self.tasks: dict[int, Task] = {}
        self.init_user_ns = UserNamespace(0, None)
        self.file_systems: dict[str, FileSystemType] = {}
        self.rootfs: SuperBlock | None = None
        self.single_supers: dict[str, SuperBlock] = {}
        self.internal_mounts: dict[str, Mount] = {}
        self.others: list[OtherNamespace] = []
        self.unmounted: list[Mount] = []
        self.emptied_ns: list[MntNamespace] = []
        self.task_work: deque[Mount | File] = deque()
