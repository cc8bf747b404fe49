"""The links of /proc that lead to a descriptor's place or to a namespace.

They work for every task, whether or not a proc is mounted on /proc, for the model's proc is an empty
stand-in. Source: fs/proc/fd.c (proc_fd_link), fs/proc/namespaces.c (proc_ns_get_link),
kernel/ptrace.c (ptrace_may_access).
"""

from __future__ import annotations

from typing import NamedTuple

from . import refusals
from .effects import Refused
from .file_table import fget_raw
from .globals import Globals
from .internal import internal_file, ns_get_path
from .objects import Path
from .other_namespaces import CLONE_FLAGS, other_namespace
from .tasks import Task


class Link(NamedTuple):
    """Where a link leads, and the components of the path behind it."""

    place: Path
    rest: list[str]


def proc_task(k: Globals, task: Task, word: str) -> Task | None:
    """The task that /proc/``word`` stands for, None where it is none."""
    if word == "self":
        return task
    return k.tasks.get(int(word)) if word.isdecimal() else None


def proc_link(k: Globals, task: Task, components: list[str]) -> Link | None:
    """What an absolute path that starts with /proc/PID/fd/N or /proc/PID/ns/NAME leads to, None for another.

    Raises ENOENT for a descriptor or a namespace that is not there, EACCES for a task that may not be
    looked into.
    """
    words = [word for word in components if word not in ("", ".")]
    if len(words) < 4 or words[0] != "proc" or words[2] not in ("fd", "ns"):
        return None
    owner = proc_task(k, task, words[1])
    if owner is None:
        return None
    trailing_slash = [""] if components[-1] == "" else []
    name, rest = words[3], [*words[4:], *trailing_slash]
    if words[2] == "fd":
        if not ptrace_may_access(task, owner):
            raise Refused(refusals.MAY_NOT_LOOK_INTO, owner.comm)
        if not name.isdecimal() or int(name) not in owner.files:
            raise Refused(refusals.NO_SUCH_FILE, name, "/" + "/".join(words[:3]))
        return Link(fget_raw(owner, int(name)).f_path, rest)
    if name not in ("mnt", "user", *CLONE_FLAGS):
        raise Refused(refusals.NO_SUCH_FILE, name, "/" + "/".join(words[:3]))
    if not ptrace_may_access(task, owner):
        raise Refused(refusals.MAY_NOT_LOOK_INTO, owner.comm)
    if name in CLONE_FLAGS:
        return Link(other_namespace(k, name, owner).file, rest)
    return Link(ns_get_path(k, owner.mnt_ns if name == "mnt" else owner.user_ns), rest)


def link_itself(k: Globals) -> Path:
    """A link of /proc that is not followed: it lies in a procfs of which nothing more is known here."""
    return internal_file(k, "procfs")


def ptrace_may_access(task: Task, other: Task) -> bool:
    """Whether the task may look into the other one: itself, no less confined, or below its user namespace."""
    if task is other:
        return True
    if task.user_ns is other.user_ns and task.dropped <= other.dropped:
        return True
    return task.capable(other.user_ns, "CAP_SYS_PTRACE")
