"""Mountinfo tables and snapshots to test with: texts kept beside the tests, and Hypothesis strategies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from vfslab.mountinfo import Entry, join
from vfslab.snapshot import LockState, MountState, NamespaceState, Place, Snapshot, TaskState

FOLDER = Path(__file__).parent / "data" / "mountinfo"
OWN = Path("/proc/self/mountinfo")


def read(path: Path) -> str:
    """The text of a mountinfo, undamaged: text mode would turn carriage returns into new lines."""
    return os.fsdecode(path.read_bytes())


def kept(name: str) -> str:
    """A mountinfo kept beside the tests: "desktop", "docker-host" or "container"."""
    return read(FOLDER / f"{name}.txt")


# What a kernel lets into a name: any byte but NUL and slash, which reach Python as text with surrogates.
names = st.one_of(
    st.sampled_from(
        ["a", "b", "mnt", "x y", "t\tb", "n\nl", "back\\slash", "ha#sh", "c\rr", "\\040", "-", "//deleted"]
    ),
    st.binary(min_size=1, max_size=6).map(
        lambda raw: os.fsdecode(raw.replace(b"\0", b"?").replace(b"/", b"_"))
    ),
)
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
sources = st.one_of(st.just(""), names)
numbers = st.integers(1, 2**31 - 1)
unknown_tags = st.sampled_from(["", "tag_of_tomorrow", "tomorrow:x=1"])


@st.composite
def tables(draw: st.DrawFn, most: int = 8) -> list[Entry]:
    """A table that a kernel could print for one reader: one mount or directory as root, ids in any order."""
    ids = draw(st.lists(numbers, min_size=2, max_size=most, unique=True))
    above, *ids = ids
    in_directory = draw(st.booleans())
    # The members of a group have one master, in a lower group; 0 is none. A group is mostly not listed.
    masters = {group: draw(st.integers(0, group - 1)) for group in range(1, 6)}
    groups = {mount_id: draw(st.sampled_from([0, 0, *masters])) for mount_id in ids}
    entries: list[Entry] = []
    for mount_id in ids:
        parent = draw(st.sampled_from(entries)) if entries and not in_directory else None
        if entries and in_directory:
            parent = draw(st.sampled_from([None, *entries]))
        relative = "/" + draw(names) if draw(st.integers(0, 4)) else "/"
        top = relative if in_directory and relative != "/" else "/x" if in_directory else "/"
        entries.append(
            Entry(
                mount_id,
                above if parent is None else parent.mount_id,
                f"0:{draw(st.integers(1, 9))}",
                draw(st.sampled_from(["/", "/sub", "/a b//deleted", "mnt:[4026531841]"])),
                top if parent is None else join(parent.mountpoint, relative),
                draw(st.sampled_from(["rw,relatime", "ro", "rw,nosuid,nodev"])),
                tuple(
                    filter(
                        None,
                        (
                            *_tags(groups[mount_id], draw(st.integers(0, 5)), masters, groups),
                            draw(unknown_tags),
                        ),
                    )
                ),
                draw(st.sampled_from(["tmpfs", "fuse.portal", "odd#type"])),
                draw(sources),
                draw(st.sampled_from(["rw", "ro,size=1k", "rw,lowerdir=/a\\040b:/c", "rw,said=yes no"])),
            )
        )
    return draw(st.permutations(entries))


def _tags(group: int, master: int, masters: dict[int, int], groups: dict[int, int]) -> Iterator[str]:
    """The tags of a mount in ``group``, or else with ``master``: show_mountinfo()."""
    if group:
        yield f"shared:{group}"
        master = masters[group]
    if master:
        yield f"master:{master}"
    dominating = master
    while dominating and dominating not in groups.values():
        dominating = masters[dominating]
    if dominating != master and dominating:
        yield f"propagate_from:{dominating}"
    if not group and not master:
        yield "unbindable"


@st.composite
def snapshots(draw: st.DrawFn, most: int = 6) -> Snapshot:
    """Any rows, whether or not a kernel could have made them: absent parents, cycles, absent namespaces."""
    some_id = st.integers(1, 8)
    maybe = st.integers(0, 4)
    ids = draw(st.lists(some_id, max_size=most, unique=True))
    paths = st.sampled_from(["/", "/a", "/a/b", "/c d"])
    rows = {
        id: MountState(
            id=id,
            mount_id=id + 100,
            parent=draw(some_id),
            mountpoint=draw(paths),
            root=draw(paths),
            ns=draw(st.sampled_from([None, 1, 2])),
            dev=f"0:{draw(maybe)}",
            fstype=draw(st.sampled_from(["tmpfs", "proc"])),
            source=draw(sources),
            shared=draw(st.booleans()),
            group=draw(maybe),
            master=draw(maybe),
            master_mount=draw(st.one_of(st.just(0), some_id)),
            unbindable=draw(st.booleans()),
            locked=draw(st.booleans()),
            propagate_from=draw(maybe),
            other_tags=draw(st.sampled_from([(), ("tomorrow:1",)])),
        )
        for id in ids
    }
    places = st.builds(Place, some_id, paths)
    spaces = draw(st.lists(st.sampled_from([1, 2, 3]), unique=True))
    pids = draw(st.lists(st.sampled_from([1, 2, 3]), unique=True))
    return Snapshot(
        rows,
        {ns: NamespaceState(ns, draw(some_id), draw(maybe)) for ns in spaces},
        {
            pid: TaskState(pid, f"sh{pid}", draw(st.sampled_from([1, 2])), draw(places), draw(places))
            for pid in pids
        },
        tuple(
            LockState(lock, draw(st.sampled_from([1, 2, 9])), draw(st.booleans()))
            for lock in draw(st.lists(st.sampled_from(["namespace_sem", "mount_lock"]), unique=True))
        ),
    )
