"""/proc/PID/mountinfo, mounts and mountstats. Source: fs/proc_namespace.c."""

from __future__ import annotations

from .globals import Globals
from .tasks import File, Task


def mounts_open(k: Globals, task: Task, name: str) -> File | None:
    """The file behind one of these names, None for another name."""
    return None
