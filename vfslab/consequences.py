"""What a command did to the mounts, as one task sees them: a line a change, without numbers that are guesses.

In a state that was loaded from a mountinfo only the numbers of that table mean something:
new mounts and new peer groups would get others on the machine. Knows snapshots, prints nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .mountinfo import printable
from .snapshot import MountState, Snapshot

_MOST = 30
Seen = dict[int, tuple[MountState, str]]


def consequences(before: Snapshot, after: Snapshot, pid: int) -> Iterator[str]:
    """What changed for task ``pid``: "-" is gone, "+" is new, ">" has moved, "~" has changed."""
    task = after.tasks[pid]
    if task.ns not in before.namespaces:
        yield from _new_namespace(after, pid)
        return
    was: Seen = {mount.id: (mount, path) for mount, path in before.visible(pid)}
    now: Seen = {mount.id: (mount, path) for mount, path in after.visible(pid)}
    lines = [*_gone(was, now), *_moved(was, now), *_new(before, was, now), *_changed(before, was, now)]
    yield from lines[:_MOST]
    if lines[_MOST:]:
        yield f"… and {len(lines) - _MOST} more changes"
    if task.root != before.tasks[pid].root:
        yield f"~ the caller's root is {_name(after.mounts[task.root.mount])} now"
    yield from _elsewhere(before, after, task.ns)


def _elsewhere(before: Snapshot, after: Snapshot, own: int) -> Iterator[str]:
    """What is new where the task is not: detached trees, and other namespaces."""
    added = Counter(mount.ns for mount in before.diff(after).added if mount.ns not in (None, own))
    for ns, number in added.items():
        mounts = f"{number} mount" + ("s" if number > 1 else "")
        if ns in before.namespaces:
            yield f"+ {mounts} in a namespace that is not listed"
        else:
            yield f"+ a {'detached tree' if after.namespaces[ns].anon else 'mount namespace'} of {mounts}"


def _new_namespace(after: Snapshot, pid: int) -> Iterator[str]:
    mounts = [mount for mount, _ in after.visible(pid)]
    kinds = Counter(_kind(mount) for mount in mounts)
    yield f"+ a mount namespace of its own, with copies of all {len(mounts)} mounts"
    yield f"  of them {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"


def _kind(mount: MountState) -> str:
    words = ("shared" if mount.shared else "", "slave" if mount.master else "")
    return " and ".join(filter(None, words)) or ("unbindable" if mount.unbindable else "private")


def _gone(was: Seen, now: Seen) -> Iterator[str]:
    for id, (mount, path) in was.items():
        if id not in now:
            yield f"- {_name(mount)} on {printable(path)}"


def _moved(was: Seen, now: Seen) -> Iterator[str]:
    for id, (mount, path) in now.items():
        if id in was and was[id][1] != path:
            yield f"> {_name(mount)}: from {printable(was[id][1])} to {printable(path)}"


def _new(before: Snapshot, was: Seen, now: Seen) -> Iterator[str]:
    for id, (mount, path) in now.items():
        if id not in was:
            yield f"+ {_source(mount)} on {printable(path)}: {_propagation(before, mount)}"


def _changed(before: Snapshot, was: Seen, now: Seen) -> Iterator[str]:
    for id, (mount, path) in now.items():
        if id not in was:
            continue
        old, words = was[id][0], []
        if _propagation(before, old) != _propagation(before, mount):
            words.append(f"{_propagation(before, old)} -> {_propagation(before, mount)}")
        if old.options != mount.options:
            words.append(f"{old.options} -> {mount.options}")
        access = [state.super_options.split(",")[0] for state in (old, mount)]
        if access[0] != access[1]:
            words.append(f"its filesystem {printable(access[0])} -> {printable(access[1])}")
        if old.parent != mount.parent and was[id][1] == path:
            words.append(f"on top of {_source(now[mount.parent][0])}" if mount.parent in now else "uncovered")
        if words:
            yield f"~ {_name(mount)} on {printable(path)}: {'; '.join(words)}"


def _propagation(before: Snapshot, mount: MountState) -> str:
    """The propagation type in words, with the number of a group that there was before."""
    words = []
    if mount.shared:
        known = bool(before.members_of(mount.group))
        words.append(f"shared:{mount.group}" if known else "shared (a new peer group)")
    if mount.master:
        known = bool(before.members_of(mount.master))
        words.append(f"master:{mount.master}" if known else "slave (of a new peer group)")
    if mount.unbindable:
        words.append("unbindable")
    return " ".join(words) or "private"


def _name(mount: MountState) -> str:
    return f"{mount.mount_id} {_source(mount)}"


def _source(mount: MountState) -> str:
    return printable(mount.source or mount.fstype)
