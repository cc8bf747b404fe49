"""Namespaces of the other kinds: which there are, that they can be made and entered, nothing of what they do.

They matter to mounts for this alone: a call that makes a mount namespace along with one of them can still
fail after the mounts have been copied. Source: kernel/nsproxy.c, create_new_namespaces();
kernel/ucount.c, inc_ucount().
"""

from __future__ import annotations

from . import refusals
from .effects import Alloc, Code, Refused, Step
from .globals import Globals, OtherNamespace
from .internal import internal_file
from .tasks import Task, UserNamespace

CLONE_FLAGS = {
    "time": 0x80,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
# Those that a call can make here, in the order in which it does, after the mount namespace.
MADE_HERE = ("uts", "ipc", "cgroup", "net")
LAST_INUM = 4026531830


def other_namespace(k: Globals, kind: str, task: Task | None = None) -> OtherNamespace:
    """The task's namespace of that kind; init's where it has made none, and for None."""
    if task is not None and kind in task.others:
        return k.others[task.others[kind]]
    for ns in k.others:
        if ns.kind == kind:
            return ns
    return _add(k, kind, k.init_user_ns)


def _add(k: Globals, kind: str, user_ns: UserNamespace) -> OtherNamespace:
    place = internal_file(k, "nsfs")
    place.dentry.d_path = f"{kind}:[{LAST_INUM - len(k.others)}]"
    ns = OtherNamespace(len(k.others), kind, user_ns, place)
    k.others.append(ns)
    return ns


def create_other_namespaces(k: Globals, flags: int, user_ns: UserNamespace) -> Code:
    """New namespaces of the kinds that ``flags`` ask for; gives their numbers in ``k.others`` by kind.

    Raises ENOSPC where ``user_ns`` or one above it may own none of a kind, ENOMEM.
    """
    made: dict[str, int] = {}
    for kind in MADE_HERE:
        if not flags & CLONE_FLAGS[kind]:
            continue
        # init's is there before any other
        other_namespace(k, kind)
        owner: UserNamespace | None = user_ns
        while owner is not None:
            if kind in owner.no_more:
                raise Refused(refusals.TOO_MANY_OTHER_NAMESPACES, kind, owner.id)
            owner = owner.parent
        if (yield Alloc(f"create_{kind}_ns", f"struct {kind}_namespace")):
            raise Refused(refusals.NO_MEMORY, f"struct {kind}_namespace")
        made[kind] = _add(k, kind, user_ns).number
        yield Step("create_new_namespaces", f"a {kind} namespace is made")
    return made
