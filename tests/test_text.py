"""The text tree: the twin of the diagrams."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mountinfo_tables import FOLDER, kept, read, snapshots
from vfslab.snapshot import LockState, MountState, NamespaceState, Place, Snapshot, TaskState
from vfslab.views.text import changes, tree


def mount(id: int, parent: int, mountpoint: str = "/", ns: int | None = 1, **fields: Any) -> MountState:
    return MountState(id, id, parent, mountpoint, "/", ns, "0:1", "tmpfs", f"T{id}")._replace(**fields)


def task(pid: int, ns: int, root: Place, cwd: Place | None = None) -> TaskState:
    return TaskState(pid, f"sh{pid}", ns, root, cwd or root)


def snapshot(*rows: MountState, tasks: tuple[TaskState, ...] = (), **parts: Any) -> Snapshot:
    tops = {row.ns: row.id for row in reversed(rows) if row.ns is not None and row.parent == row.id}
    namespaces = {ns: NamespaceState(ns, root) for ns, root in sorted(tops.items())}
    return Snapshot({row.id: row for row in rows}, namespaces, {each.pid: each for each in tasks}, **parts)


SHARED = {"shared": True, "group": 1}
COPIED = snapshot(
    mount(1, 1, source="rootfs"),
    mount(2, 1, source="R"),
    mount(3, 2, "/mnt", source="M", **SHARED),
    mount(4, 2, "/s", source="M", root="/sub dir", shared=True, group=2, master=1),
    mount(5, 5, ns=2, source="rootfs"),
    mount(6, 5, ns=2, source="R", locked=True),
    mount(7, 6, "/mnt", ns=2, source="M", **SHARED),
    mount(8, 6, "/u", ns=2, source="", unbindable=True, options="ro,nosuid,relatime"),
    mount(9, 9, ns=None, source="X", master=2),
    mount(10, 9, "/x", ns=None, shared=True, group=7),
    tasks=(
        task(1, 1, Place(2, "/")),
        task(2, 2, Place(7, "/jail"), Place(9, "/d")),
        task(3, 1, Place(2, "/")),
    ),
    locks=(LockState("namespace_sem", 2), LockState("mount_lock", 9)),
)


@pytest.mark.parametrize(
    ("what", "shown", "lines"),
    [
        (
            "namespaces, groups, locks; covered roots are left out",
            COPIED,
            [
                "mount namespace 1: sh1, sh3",
                "2 /       R:/            tmpfs",
                "├─3 /mnt  M:/            tmpfs  shared:1",
                r"└─4 /s    M:/sub\040dir  tmpfs  shared:2 master:1",
                "",
                "mount namespace 2: sh2 (root /mnt/jail in 7, cwd (unreachable)/d in 9)",
                "6 /       R:/  tmpfs  locked",
                "├─7 /mnt  M:/  tmpfs  shared:1",
                "└─8 /u    :/   tmpfs  unbindable ro nosuid",
                "",
                "in no namespace",
                "9 /      X:/    tmpfs  master:2",
                "└─10 /x  T10:/  tmpfs  shared:7",
                "",
                "group 1: 3 /mnt (sh1), 7 /mnt (sh2); slaves: 4 /s (sh1)",
                "group 2 (slave of group 1): 4 /s (sh1); slaves: 9 / (no namespace)",
                "groups of one mount: 7",
                "",
                "locks held: namespace_sem (sh2), mount_lock (process 9)",
            ],
        ),
        (
            "a stack, and what lies hidden in it",
            snapshot(mount(1, 1), mount(2, 1, "/a"), mount(3, 2, "/x"), mount(4, 2), mount(5, 4, "/x")),
            [
                "mount namespace 1",
                "1 /           T1:/  tmpfs",
                "└─2 /a        T2:/  tmpfs  overmounted",
                "  ├─3 /a/x    T3:/  tmpfs  hidden",
                "  └─4 /a      T4:/  tmpfs",
                "    └─5 /a/x  T5:/  tmpfs",
            ],
        ),
        (
            "a root mounted over while a task stands in it",
            snapshot(mount(1, 1), mount(2, 1), tasks=(task(1, 1, Place(1, "/")),)),
            ["mount namespace 1: sh1", "1 /    T1:/  tmpfs  overmounted", "└─2 /  T2:/  tmpfs"],
        ),
        (
            "parents that are not listed",
            snapshot(mount(1, 1), mount(2, 8, "/b"), mount(3, 2, "/c"), mount(4, 9, "/d")),
            [
                "mount namespace 1",
                "1 /       T1:/  tmpfs",
                "2 /b      T2:/  tmpfs  (parent 8 not listed)",
                "└─3 /b/c  T3:/  tmpfs",
                "4 /d      T4:/  tmpfs  (parent 9 not listed)",
            ],
        ),
        (
            "a mount below a covered root",
            snapshot(mount(1, 1), mount(2, 1, "/lost"), mount(3, 1)),
            ["mount namespace 1", "2 /lost  T2:/  tmpfs  hidden", "3 /      T3:/  tmpfs"],
        ),
        (
            "the namespace's root comes first",
            snapshot(mount(1, 9, "/d"), mount(2, 2)),
            ["mount namespace 1", "2 /   T2:/  tmpfs", "1 /d  T1:/  tmpfs  (parent 9 not listed)"],
        ),
        (
            "a cycle of parents",
            snapshot(mount(1, 1), mount(2, 3, "/a"), mount(3, 2, "/b")),
            ["mount namespace 1", "1 /    T1:/  tmpfs", "2 ?    T2:/  tmpfs", "└─3 ?  T3:/  tmpfs"],
        ),
        (
            "a master that is elsewhere",
            snapshot(
                mount(1, 1, master=5, propagate_from=3), mount(2, 1, "/a", shared=True, group=6, master=5)
            ),
            [
                "mount namespace 1",
                "1 /     T1:/  tmpfs  master:5 propagate_from:3",
                "└─2 /a  T2:/  tmpfs  shared:6 master:5",
                "",
                "group 5: no member shown; slaves: 1 /, 2 /a",
                "group 6 (slave of group 5): 2 /a",
            ],
        ),
        (
            "nothing",
            Snapshot.from_mountinfo(""),
            ["mount namespace 1: sh1", "(no mounts)"],
        ),
    ],
)
def test_tree(what: str, shown: Snapshot, lines: list[str]) -> None:
    assert tree(shown).splitlines() == lines, what


def test_as_a_task_sees_it() -> None:
    assert tree(COPIED, 2).splitlines() == [
        "mount namespace 2, as sh2 sees it",
        "(no mounts)",
        "",
        "locks held: namespace_sem (sh2), mount_lock (process 9)",
    ]
    assert tree(COPIED, 3).splitlines()[:7] == [
        "mount namespace 1, as sh3 sees it",
        "2 /       R:/            tmpfs",
        "├─3 /mnt  M:/            tmpfs  shared:1",
        r"└─4 /s    M:/sub\040dir  tmpfs  shared:2 master:1",
        "",
        "group 1: 3 /mnt; slaves: 4 /s",
        "group 2 (slave of group 1): 4 /s",
    ]
    with pytest.raises(KeyError):
        tree(COPIED, 4)


@pytest.mark.parametrize("name", ["desktop", "docker-host", "container"])
def test_tree_of_a_pasted_table(name: str) -> None:
    assert tree(Snapshot.from_mountinfo(kept(name))) + "\n" == read(FOLDER / f"{name}.tree")


def test_a_volume_on_the_host_and_in_the_container() -> None:
    shown = tree(Snapshot.join({"host": kept("docker-host"), "db": kept("container")}))
    assert (
        "\ngroup 1: 28 / (host), 96 /var/lib/docker/volumes (host); slaves: 506 /var/lib/postgresql (db)\n"
        in shown
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\033[2J", r"\033[2J"),
        ("a\nmount namespace 7", r"a\012mount\040namespace\0407"),
        ("\u202egnp.exe", r"\342\200\256gnp.exe"),
        ("<script>", "<script>"),
        ("\udcff", r"\377"),
    ],
)
def test_hostile_names_are_shown_escaped(name: str, shown: str) -> None:
    made = snapshot(
        mount(1, 1, **SHARED),
        mount(2, 1, f"/{name}", source=name, root=f"/{name}", fstype=name, **SHARED),
        tasks=(task(1, 1, Place(1, "/"), Place(1, f"/{name}"))._replace(name=name),),
    )
    assert [line.split() for line in tree(made).split("\n")] == [
        ["mount", "namespace", "1:", shown, "(cwd", f"/{shown}", "in", "1)"],
        ["1", "/", "T1:/", "tmpfs", "shared:1"],
        ["└─2", f"/{shown}", f"{shown}:/{shown}", shown, "shared:1"],
        [],
        ["group", "1:", "1", "/,", "2", f"/{shown}"],
    ]


@given(snapshots())
def test_any_rows_are_shown_each_once_in_one_line(made: Snapshot) -> None:
    shown = tree(made)
    assert all(line.isprintable() for line in shown.split("\n"))
    numbers = [
        line.lstrip("│├└─ ").split(" ")[0]
        for line in shown.split("\n")
        if " tmpfs" in line or " proc" in line
    ]
    standing = {place.mount for task in made.tasks.values() for place in (task.root, task.cwd)}
    for id, row in made.mounts.items():
        left_out = id in {ns.root for ns in made.namespaces.values()} - standing and row.parent == id
        assert numbers.count(str(row.mount_id)) == 1 or (left_out and made.is_overmounted(id))
    for pid in made.tasks:
        assert all(line.isprintable() for line in tree(made, pid).split("\n"))


def test_changes() -> None:
    before = snapshot(mount(1, 1), mount(2, 1, "/a"))
    after = snapshot(mount(1, 1, **SHARED), mount(3, 1, "/b", **SHARED))
    assert changes(before, after).splitlines() == [
        "- 2 T2 on /a",
        "+ 3 T3 on /b: shared:1",
        "~ 1 T1 on /: private -> shared:1",
    ]
    assert changes(before, before) == "nothing changed"
