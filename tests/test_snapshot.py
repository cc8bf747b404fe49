"""Snapshots: the tree, what a task reads, peer groups, differences, normal form, JSON, tables joined."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mountinfo_tables import OWN, kept, read, snapshots, tables
from vfslab import mountinfo
from vfslab.mountinfo import Entry, MountinfoError
from vfslab.snapshot import LockState, MountState, NamespaceState, Place, Snapshot, TaskState


def table(*lines: str) -> str:
    """A mountinfo in the notation of mounts.md: "2<1 /a A:/ shared:1" is mount 2 with parent 1."""
    entries = []
    for line in lines:
        ids, path, what, *tags = line.split(" ")
        mount_id, parent_id = ids.split("<")
        source, root = what.split(":", 1)
        ids_ = int(mount_id), int(parent_id)
        entries.append(Entry(*ids_, "0:1", root, path, "rw,relatime", tuple(tags), "tmpfs", source, "rw"))
    return mountinfo.format(entries)


def mount(id: int, parent: int, mountpoint: str = "/", ns: int | None = 1, **fields: Any) -> MountState:
    row = MountState(id, id, parent, mountpoint, "/", ns, "0:1", "tmpfs", f"T{id}")
    return row._replace(**fields)


def snapshot(*rows: MountState, root: Place | None = None, **parts: Any) -> Snapshot:
    """One namespace, 1, with one task, 1, called sh1."""
    place = root or Place(rows[0].id, "/")
    task = TaskState(1, "sh1", 1, place, place)
    namespaces = {1: NamespaceState(1, rows[0].id)}
    return Snapshot({row.id: row for row in rows}, namespaces, parts.pop("tasks", {1: task}), **parts)


# --- mountinfo and back

L30_WHOLE = table(
    "1<0 / R:/",
    "2<1 /m M:/ shared:1",
    "3<1 /s1 M:/ shared:2 master:1",
    "4<1 /s2 M:/ master:2",
    "5<1 /j J:/",
    "6<5 /j/top M:/ shared:1",
    "7<5 /j/leaf M:/ master:2",
)
L30_CHROOT = table("5<1 / J:/", "6<5 /top M:/ shared:1", "7<5 /leaf M:/ master:2 propagate_from:1")

TABLES = {
    "desktop": kept("desktop"),
    "docker host": kept("docker-host"),
    "container": kept("container"),
    "L30": L30_WHOLE,
    "L30, seen from a chroot": L30_CHROOT,
    "L51, pivot_root(., .)": table("1<2 / R:/", "2<0 / N:/"),
    "root without a parent": table("1<1 / R:/", "2<1 /a A:/"),
    "root mounted over": table("1<0 / R:/", "2<1 / T:/", "3<2 /x X:/"),
    "stack, upper line first": table("1<0 / R:/", "4<2 /a C:/", "2<1 /a A:/"),
    "chroot to a directory": table("3<1 /x X:/", "2<1 /a A:/", "4<2 /a/b B:/"),
    "something mounted on that directory": table("2<1 / A:/", "3<1 /x X:/"),
    "lines left out": table("1<0 / R:/", "9<8 /a/b B:/", "10<9 /a/b/c C:/"),
    "unlinked root": table("1<0 / R:/", "2<1 /b R:/x//deleted"),
    "nothing": "",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_task_reads_what_it_was_made_of(name: str) -> None:
    assert Snapshot.from_mountinfo(TABLES[name]).mountinfo(1) == TABLES[name]


@pytest.mark.skipif(not OWN.exists(), reason="no /proc/self/mountinfo here")
def test_this_process_reads_what_it_read() -> None:
    assert Snapshot.from_mountinfo(read(OWN)).mountinfo(1) == read(OWN)


@given(tables())
def test_any_reader_reads_what_it_was_made_of(entries: list[Entry]) -> None:
    text = mountinfo.format(entries)
    made = Snapshot.from_mountinfo(text)
    assert mountinfo.parse(made.mountinfo(1)) == entries
    assert list(made.mounts) == [entry.mount_id for entry in entries]


@pytest.mark.parametrize(
    ("name", "root", "mountpoints"),
    [
        ("L30", Place(1, "/"), ["/", "/m", "/s1", "/s2", "/j", "/top", "/leaf"]),
        ("L30, seen from a chroot", Place(5, "/"), ["/", "/top", "/leaf"]),
        ("L51, pivot_root(., .)", Place(2, "/"), ["/", "/"]),
        ("root without a parent", Place(1, "/"), ["/", "/a"]),
        ("root mounted over", Place(1, "/"), ["/", "/", "/x"]),
        ("stack, upper line first", Place(1, "/"), ["/", "/", "/a"]),
        ("chroot to a directory", Place(1, "/"), ["/x", "/a", "/b"]),
        ("something mounted on that directory", Place(1, "/"), ["/", "/x"]),
        ("lines left out", Place(1, "/"), ["/", "/a/b", "/c"]),
        ("nothing", Place(0, "/"), []),
    ],
)
def test_root_and_mountpoints_read_from_a_table(name: str, root: Place, mountpoints: list[str]) -> None:
    made = Snapshot.from_mountinfo(TABLES[name], "shell")
    assert [row.mountpoint for row in made.mounts.values()] == mountpoints
    assert made.tasks == {1: TaskState(1, "shell", 1, root, root)}
    assert made.namespaces == {1: NamespaceState(1, root.mount)}


def test_every_field_of_a_line() -> None:
    tags = "shared:3 master:2 propagate_from:1 unbindable new:1"
    text = rf"7 1 8:2 /sub /a\040b ro,nosuid {tags} - ext4 s\043 rw,x" + "\n"
    made = Snapshot.from_mountinfo(text)
    assert made.mounts[7] == MountState(
        id=7,
        mount_id=7,
        parent=1,
        mountpoint="/a b",
        root="/sub",
        ns=1,
        dev="8:2",
        fstype="ext4",
        source="s#",
        options="ro,nosuid",
        super_options="rw,x",
        shared=True,
        group=3,
        master=2,
        unbindable=True,
        propagate_from=1,
        other_tags=("new:1",),
    )
    assert made.mountinfo(1) == text


@pytest.mark.parametrize(
    "tags", [("shared", "master"), ("shared:1", "shared:2"), ("unbindable:2",), ("a", "b:c:d")]
)
def test_optional_fields_of_unknown_form_are_kept(tags: tuple[str, ...]) -> None:
    text = table(" ".join(("2<1 /a A:/", *tags)))
    assert Snapshot.from_mountinfo(text).mountinfo(1) == text


def test_a_bad_table_is_refused_with_its_place() -> None:
    with pytest.raises(MountinfoError, match="line 2, column 1: expected a mount id"):
        Snapshot.from_mountinfo(table("1<0 / R:/") + "proc /proc proc rw 0 0\n")


CHAIN = (
    mount(1, 1),
    mount(2, 1, "/m", shared=True, group=1),
    mount(3, 1, "/s1", shared=True, group=2, master=1, master_mount=2),
    mount(4, 1, "/j"),
    mount(5, 4, "/top", shared=True, group=1),
    mount(6, 4, "/leaf", master=2, master_mount=3),
)


@pytest.mark.parametrize(
    ("what", "rows", "root", "tags"),
    [
        ("the master group is visible", CHAIN, Place(1, "/"), "master:2"),
        ("only the group above it is", CHAIN, Place(4, "/"), "master:2 propagate_from:1"),
        ("none is", (*CHAIN[:4], CHAIN[5]), Place(4, "/"), "master:2"),
        (
            "the one visible is in another namespace",
            (*CHAIN[:4], CHAIN[4]._replace(ns=2), CHAIN[5]),
            Place(4, "/"),
            "master:2",
        ),
        ("nothing is known above the master", (*CHAIN[:2], *CHAIN[3:]), Place(4, "/"), "master:2"),
        (
            "nothing is known above, but a kernel has told",
            (*CHAIN[:2], *CHAIN[3:5], CHAIN[5]._replace(propagate_from=1)),
            Place(4, "/"),
            "master:2 propagate_from:1",
        ),
        (
            "all is known above, and what another reader was told does not count",
            (*CHAIN[:4], CHAIN[5]._replace(propagate_from=1)),
            Place(4, "/"),
            "master:2",
        ),
        (
            "a cycle of masters",
            (
                *CHAIN[:2],
                CHAIN[2]._replace(master=3),
                CHAIN[3],
                mount(7, 1, "/c", group=3, master=2),
                CHAIN[5],
            ),
            Place(4, "/"),
            "master:2",
        ),
    ],
)
def test_propagate_from(what: str, rows: tuple[MountState, ...], root: Place, tags: str) -> None:
    [line] = [
        line
        for line in snapshot(*rows, root=root).mountinfo(1).splitlines()
        if " /leaf " in line or "/j/leaf" in line
    ]
    assert line.split(" - ")[0].partition("rw,relatime ")[2] == tags, what


def test_numbers_in_a_mountinfo_are_mount_ids_and_the_order_is_that_of_ids() -> None:
    rows = (mount(11, 11, mount_id=3), mount(12, 11, "/", mount_id=9), mount(13, 12, "/a", mount_id=4))
    text = snapshot(*rows, root=Place(12, "/")).mountinfo(1)
    assert [line.split()[:2] for line in text.splitlines()] == [["9", "3"], ["4", "9"]]


@pytest.mark.parametrize(
    ("what", "root", "seen"),
    [
        ("the whole", Place(1, "/"), {1: "/", 2: "/a", 3: "/a/b", 4: "/a/b/c", 5: "/a", 6: "/a/b"}),
        ("a mount", Place(3, "/"), {3: "/", 4: "/c"}),
        ("a directory", Place(2, "/b"), {3: "/", 4: "/c"}),
        ("a directory with nothing mounted below", Place(1, "/ab"), {}),
        ("a directory above a mountpoint", Place(1, "/a"), {2: "/", 3: "/b", 4: "/b/c", 5: "/", 6: "/b"}),
        ("a mount that is in no namespace", Place(9, "/"), {}),
    ],
)
def test_what_a_task_sees_depends_on_its_root(what: str, root: Place, seen: dict[int, str]) -> None:
    made = snapshot(
        mount(1, 1),
        mount(2, 1, "/a"),
        mount(3, 2, "/b"),
        mount(4, 3, "/c"),
        mount(5, 2, "/"),
        mount(6, 5, "/b"),
        mount(7, 1, "/elsewhere", ns=2),
        mount(9, 9, ns=None),
        mount(10, 9, "/a", ns=None),
        root=root,
    )
    assert {row.id: path for row, path in made.visible(1)} == seen, what
    assert {id: made.path(id, root) for id in seen} == seen


# --- the tree and the groups

FOREST = snapshot(
    mount(1, 1),
    mount(2, 1, "/", source="R"),
    mount(3, 2, "/mnt", shared=True, group=5),
    mount(4, 3, "/x y", source="", master=5, master_mount=3),
    mount(5, 2, "/mnt/in", shared=True, group=5, source="a\nb"),
    mount(6, 6, ns=None),
    mount(7, 6, "/a", ns=None, shared=True, group=2),
    mount(8, 9, "/p"),
    mount(9, 8, "/q"),
    mount(10, 77, "/hidden/by/parent"),
)


@pytest.mark.parametrize(
    ("id", "path", "children", "overmounted", "label"),
    [
        (1, "/", [2], True, "1 T1 on /"),
        (2, "/", [3, 5], False, "2 R on /"),
        (3, "/mnt", [4], False, "3 T3 on /mnt"),
        (4, "/mnt/x y", [], False, r"4 tmpfs on /mnt/x\040y"),
        (5, "/mnt/in", [], False, r"5 a\012b on /mnt/in"),
        (6, "/", [7], False, "6 T6, attached nowhere"),
        (7, "/a", [], False, "7 T7 on /a"),
        (8, None, [9], False, "8 T8 on no path"),
        (10, "/hidden/by/parent", [], False, "10 T10 on /hidden/by/parent"),
    ],
)
def test_the_tree(id: int, path: str | None, children: list[int], overmounted: bool, label: str) -> None:
    assert FOREST.path(id) == FOREST.paths()[id] == path
    assert [child.id for child in FOREST.children(id)] == children
    assert FOREST.is_overmounted(id) is overmounted
    assert FOREST.label(id) == label


def test_children_of_a_mount_that_is_not_here() -> None:
    assert [row.id for row in FOREST.children(77)] == [10]
    assert FOREST.children(78) == ()
    with pytest.raises(KeyError):
        FOREST.path(77)


def test_groups_and_slaves() -> None:
    groups = {group: [row.id for row in rows] for group, rows in FOREST.groups().items()}
    assert list(groups.items()) == [(2, [7]), (5, [3, 5])]
    assert [row.id for row in FOREST.members_of(5)] == [3, 5]
    assert [row.id for row in FOREST.slaves_of(5)] == [4]
    assert FOREST.members_of(3) == FOREST.slaves_of(2) == ()


def test_namespaces() -> None:
    assert [row.id for row in FOREST.in_namespace(None)] == [6, 7]
    assert [FOREST.namespace_name(ns) for ns in (1, 2, None)] == ["sh1", "namespace 2", "no namespace"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "private"),
        ({"shared": True, "group": 1}, "shared:1"),
        ({"master": 1}, "master:1"),
        ({"shared": True, "group": 2, "master": 1}, "shared:2 master:1"),
        ({"unbindable": True}, "unbindable"),
        ({"group": 3}, "private"),
    ],
)
def test_propagation_in_words(fields: dict[str, Any], words: str) -> None:
    assert mount(1, 1, **fields).propagation == words


@given(snapshots())
def test_any_rows_can_be_asked_everything(made: Snapshot) -> None:
    paths = made.paths()
    for id, row in made.mounts.items():
        assert made.path(id) == paths[id]
        assert made.label(id).isprintable()
        assert (row in made.children(row.parent)) is (row.parent != id)
    for pid, task in made.tasks.items():
        seen = dict(made.visible(pid))
        assert list(seen) == [row for row in made.in_namespace(task.ns) if row in seen]
        assert all(path == made.path(row.id, task.root) for row, path in seen.items())
        assert made.mountinfo(pid).count("\n") == len(seen)


@pytest.mark.slow
def test_ten_thousand_nested_mounts() -> None:
    made = snapshot(mount(1, 1), *(mount(id, id - 1, "/d") for id in range(2, 10_001)))
    assert made.path(10_000) == "/d" * 9_999
    assert len(made.visible(1)) == 10_000
    assert Snapshot.from_mountinfo(made.mountinfo(1)).mounts.keys() == made.mounts.keys()
    assert made.normalise().mounts == made.mounts


# --- equality


@given(snapshots())
def test_equal_rows_are_equal_and_hash_equal(made: Snapshot) -> None:
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)


def test_the_order_of_mounts_counts_that_of_tasks_does_not() -> None:
    rows = {id: mount(id, 1) for id in (1, 2)}
    tasks = {pid: TaskState(pid, "sh", 1, Place(1, "/"), Place(1, "/")) for pid in (1, 2)}
    made = Snapshot(rows, {}, tasks)
    assert made == Snapshot(rows, {}, dict(reversed(tasks.items())))
    other = Snapshot(dict(reversed(rows.items())), {}, tasks)
    assert made != other
    assert made.diff(other)
    assert str(made.diff(other)) == "~ the mounts stand in another order"
    assert made != "something else"


def test_a_pickle_leaves_the_indexes_behind() -> None:
    made = snapshot(mount(1, 1))
    before = pickle.dumps(made)
    made.children(1), made.groups(), hash(made)
    assert pickle.dumps(made) == before


# --- diff


@pytest.mark.slow
@given(snapshots(), snapshots())
def test_diff_is_false_exactly_for_equal_snapshots(before: Snapshot, after: Snapshot) -> None:
    assert bool(before.diff(after)) is (before != after)
    assert not before.diff(before)
    assert str(before.diff(before)) == ""
    assert all(
        line[:2] in ("- ", "+ ", "~ ") and line.isprintable() for line in str(before.diff(after)).splitlines()
    )


@given(snapshots(), st.data())
def test_diff_lists_exactly_the_altered_rows(before: Snapshot, data: st.DataObject) -> None:
    assume(before.mounts)
    kinds = {id: data.draw(st.sampled_from(["same", "gone", "altered"])) for id in before.mounts}
    rows = {id: row for id, row in before.mounts.items() if kinds[id] != "gone"}
    wanted = {}
    for id, row in rows.items():
        if kinds[id] == "altered":
            fields = data.draw(st.lists(st.sampled_from(row._fields[2:]), min_size=1, unique=True))
            rows[id] = row._replace(**{field: ("altered", field) for field in fields})
            wanted[id] = {field: (getattr(row, field), ("altered", field)) for field in fields}
    rows[99] = mount(99, 1)
    diff = before.diff(Snapshot(rows, before.namespaces, before.tasks, before.locks))
    assert diff.added == (rows[99],)
    assert diff.removed == tuple(before.mounts[id] for id, kind in kinds.items() if kind == "gone")
    assert diff.changed == wanted
    assert (diff.reordered, diff.namespaces, diff.tasks, diff.locks) == (False, {}, {}, ((), ()))


SH1 = TaskState(1, "sh1", 1, Place(1, "/"), Place(1, "/"))
BASE = snapshot(mount(1, 1), mount(2, 1, "/a", mount_id=7))


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (BASE, []),
        (snapshot(mount(1, 1)), ["- 7 T2 on /a"]),
        (snapshot(*BASE.mounts.values(), mount(3, 2, "/b c")), [r"+ 3 T3 on /a/b\040c: private"]),
        (
            snapshot(
                mount(1, 1), mount(2, 1, "/a", mount_id=7, shared=True, group=1, master=2, master_mount=1)
            ),
            ["~ 7 T2 on /a: private -> shared:1 master:2; master mount 0 -> 1"],
        ),
        (snapshot(mount(1, 1), mount(2, 1, "/a", mount_id=7, group=1)), ["~ 7 T2 on /a: group 0 -> 1"]),
        (
            snapshot(mount(1, 1), mount(2, 2, "/b", mount_id=7, ns=None, locked=True)),
            ["~ 7 T2, attached nowhere: parent 1 -> 7; mountpoint /a -> /b; ns 1 -> none; locked no -> yes"],
        ),
        (
            snapshot(mount(1, 1), mount(2, 1, "/a", mount_id=7, source="", other_tags=("x", "y"))),
            ["~ 7 tmpfs on /a: source T2 -> ''; other tags none -> x y"],
        ),
        (
            snapshot(*BASE.mounts.values(), tasks={1: SH1._replace(cwd=Place(2, "/x"))}),
            ["~ sh1: cwd / in 1 -> /x in 7"],
        ),
        (
            snapshot(*BASE.mounts.values(), tasks={1: SH1, 2: SH1._replace(pid=2, name="sh2")}),
            ["+ sh2: namespace 1, root / in 1, cwd / in 1"],
        ),
        (snapshot(*BASE.mounts.values(), tasks={}), ["- sh1"]),
        (
            Snapshot(BASE.mounts, {1: NamespaceState(1, 2), 2: NamespaceState(2, 5)}, BASE.tasks),
            ["~ namespace 1: root 1 -> 7", "+ namespace 2: root 5"],
        ),
        (Snapshot(BASE.mounts, {}, BASE.tasks), ["- namespace 1"]),
        (
            snapshot(
                *BASE.mounts.values(), locks=(LockState("namespace_sem", 1, True), LockState("mount_lock", 8))
            ),
            ["+ namespace_sem held by sh1 for reading", "+ mount_lock held by process 8"],
        ),
    ],
)
def test_diff_in_lines(after: Snapshot, lines: list[str]) -> None:
    assert str(BASE.diff(after)).splitlines() == lines


def test_a_lock_given_back() -> None:
    held = snapshot(*BASE.mounts.values(), locks=(LockState("namespace_sem", 1),))
    assert str(held.diff(BASE)) == "- namespace_sem held by sh1"


def test_locks_taken_in_another_order() -> None:
    locks = LockState("namespace_sem", 1), LockState("mount_lock", 1)
    one, other = (snapshot(*BASE.mounts.values(), locks=order) for order in (locks, locks[::-1]))
    assert one != other
    assert one.diff(other).locks == (locks, locks[::-1])


# --- normalise


@given(snapshots())
def test_normalise_is_idempotent(made: Snapshot) -> None:
    once = made.normalise()
    assert once.normalise() == once
    assert hash(once.normalise()) == hash(once)
    assert list(once.mounts) == list(range(1, len(made.mounts) + 1))


@given(snapshots(), st.randoms(use_true_random=False))
def test_normalise_does_not_see_a_renumbering(made: Snapshot, random: Any) -> None:
    def numbering() -> dict[int, int]:
        return {0: 0} | dict(zip(range(1, 10), random.sample(range(1, 1000), 9), strict=True))

    ids, groups, spaces, owners, pids = (numbering() for _ in range(5))
    devices = {f"0:{old}": f"8:{new}" for old, new in numbering().items()}

    def place(old: Place) -> Place:
        return Place(ids[old.mount], old.path)

    rows = [
        row._replace(
            id=ids[row.id],
            mount_id=random.randrange(1000),
            parent=ids[row.parent],
            ns=row.ns and spaces[row.ns],
            dev=devices[row.dev],
            group=groups[row.group],
            master=groups[row.master],
            master_mount=ids[row.master_mount],
            propagate_from=groups[row.propagate_from],
        )
        for row in made.mounts.values()
    ]
    tasks = [
        task._replace(pid=pids[task.pid], ns=spaces[task.ns], root=place(task.root), cwd=place(task.cwd))
        for task in made.tasks.values()
    ]
    renumbered = Snapshot(
        {row.id: row for row in rows},
        {
            spaces[ns.id]: NamespaceState(spaces[ns.id], ids[ns.root], owners[ns.owner])
            for ns in made.namespaces.values()
        },
        {task.pid: task for task in tasks},
        tuple(lock._replace(pid=pids[lock.pid]) for lock in made.locks),
    )
    assert renumbered.normalise() == made.normalise()


@pytest.mark.parametrize(
    ("what", "one", "other"),
    [
        (
            "parent",
            table("1<0 / R:/", "2<1 /a A:/", "3<1 /a A:/"),
            table("1<0 / R:/", "2<1 /a A:/", "3<2 /a A:/"),
        ),
        ("path", table("1<0 / R:/", "2<1 /a A:/"), table("1<0 / R:/", "2<1 /b A:/")),
        ("order", table("1<0 / R:/", "2<1 /a A:/"), table("2<1 /a A:/", "1<0 / R:/")),
        (
            "peers",
            table("1<0 / R:/ shared:1", "2<1 /a A:/ shared:1"),
            table("1<0 / R:/ shared:1", "2<1 /a A:/ shared:2"),
        ),
        (
            "master",
            table("1<0 / R:/ shared:1", "2<1 /a A:/ master:1"),
            table("1<0 / R:/ shared:1", "2<1 /a A:/ master:2"),
        ),
        ("source", table("1<0 / R:/"), table("1<0 / S:/")),
    ],
)
def test_normalise_sees_the_topology(what: str, one: str, other: str) -> None:
    assert Snapshot.from_mountinfo(one).normalise() != Snapshot.from_mountinfo(other).normalise(), what


def test_the_same_topology_in_two_machines() -> None:
    one = table("21<9 / R:/", "40<21 /a A:/ shared:3", "35<21 /b A:/ shared:9 master:3")
    other = table("1<0 / R:/", "2<1 /a A:/ shared:1", "3<1 /b A:/ shared:2 master:1")
    assert Snapshot.from_mountinfo(one).normalise() == Snapshot.from_mountinfo(other).normalise()


# --- JSON


@given(snapshots())
def test_json_and_back(made: Snapshot) -> None:
    obj = made.to_json()
    assert obj["format"] == 1
    assert Snapshot.from_json(json.loads(json.dumps(obj))) == made


def test_json_of_a_kept_table_and_back() -> None:
    made = Snapshot.from_mountinfo(kept("desktop"))
    assert Snapshot.from_json(json.loads(json.dumps(made.to_json()))).mountinfo(1) == kept("desktop")


def without(key: str) -> Any:
    return lambda obj: obj.pop(key)


def put(part: str, index: int, key: str, value: object) -> Any:
    return lambda obj: obj[part][index].update({key: value})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda obj: obj.update(format=2), "format: expected 1, found 2"),
        (without("format"), "the field 'format' is missing"),
        (without("tasks"), "the field 'tasks' is missing"),
        (lambda obj: obj.update(mount=[]), "there is no field 'mount'"),
        (lambda obj: obj.update(mounts={}), "mounts: expected a list, found an object"),
        (lambda obj: obj["mounts"].append(3), "mounts[2]: expected an object, found 3"),
        (put("mounts", 1, "parent", "1"), "mounts[1].parent: expected a number, found '1'"),
        (put("mounts", 1, "parent", True), "mounts[1].parent: expected a number, found true"),
        (put("mounts", 1, "ns", "x\n"), r"mounts[1].ns: expected a number or null, found 'x\012'"),
        (put("mounts", 1, "shared", 1), "mounts[1].shared: expected true or false, found 1"),
        (put("mounts", 1, "source", None), "mounts[1].source: expected a string, found null"),
        (
            put("mounts", 1, "other_tags", [1]),
            "mounts[1].other_tags: expected a list of strings, found a list",
        ),
        (put("mounts", 1, "colour", "red"), "mounts[1]: there is no field 'colour'"),
        (lambda obj: obj["mounts"][0].pop("dev"), "mounts[0]: the field 'dev' is missing"),
        (put("mounts", 1, "id", 1), "mounts[1].id: 1 is mounts[0] already"),
        (put("tasks", 0, "cwd", "/"), "tasks[0].cwd: expected an object, found '/'"),
        (lambda obj: obj["tasks"][0]["cwd"].pop("path"), "tasks[0].cwd: the field 'path' is missing"),
    ],
)
def test_json_that_is_no_snapshot(spoil: Any, message: str) -> None:
    obj = json.loads(json.dumps(BASE.to_json()))
    spoil(obj)
    with pytest.raises(ValueError) as caught:
        Snapshot.from_json(obj)
    assert str(caught.value) == message


@pytest.mark.parametrize("obj", [None, [], "text", 3])
def test_json_that_is_no_object(obj: object) -> None:
    with pytest.raises(ValueError, match="expected an object"):
        Snapshot.from_json(obj)


def test_json_may_leave_out_what_has_a_default() -> None:
    obj = BASE.to_json()
    del obj["mounts"][0]["other_tags"], obj["mounts"][0]["locked"], obj["namespaces"][0]["owner"]
    assert Snapshot.from_json(obj) == BASE


# --- several tasks


def test_join_of_two_namespaces() -> None:
    texts = {
        "sh1": table("1<0 / R:/", "2<1 /mnt M:/ shared:1"),
        "sh2": table("5<4 / R:/", "6<5 /mnt M:/ shared:2 master:1"),
    }
    made = Snapshot.join(texts)
    assert {row.id: row.ns for row in made.mounts.values()} == {1: 1, 2: 1, 5: 2, 6: 2}
    assert made.tasks[2] == TaskState(2, "sh2", 2, Place(5, "/"), Place(5, "/"))
    assert [row.id for row in made.slaves_of(1)] == [6]
    assert {task.name: made.mountinfo(pid) for pid, task in made.tasks.items()} == texts


@pytest.mark.parametrize(
    ("texts", "roots"),
    [
        ({"sh1": L30_WHOLE, "sh2": L30_WHOLE}, [Place(1, "/"), Place(1, "/")]),
        ({"sh1": L30_WHOLE, "sh2": L30_CHROOT}, [Place(1, "/"), Place(5, "/")]),
        ({"sh2": L30_CHROOT, "sh1": L30_WHOLE}, [Place(5, "/"), Place(1, "/")]),
        (
            {
                "sh1": table("1<0 / R:/", "2<1 /a/b A:/", "3<2 /a/b/c C:/"),
                "sh2": table("2<1 /b A:/", "3<2 /b/c C:/"),
            },
            [Place(1, "/"), Place(1, "/a")],
        ),
        (
            {"sh1": table("2<1 /a/b A:/", "3<1 /x X:/"), "sh2": table("2<1 / A:/")},
            [Place(1, "/"), Place(2, "/")],
        ),
        (
            {
                "sh1": table("2<1 /a/b A:/", "3<1 /a/x X:/"),
                "sh2": table("2<1 / A:/"),
                "sh3": table("2<1 /b A:/", "3<1 /x X:/"),
            },
            [Place(1, "/"), Place(2, "/"), Place(1, "/a")],
        ),
    ],
)
def test_join_of_tasks_in_one_namespace(texts: dict[str, str], roots: list[Place]) -> None:
    made = Snapshot.join(texts)
    assert list(made.namespaces) == [1]
    assert [task.root for task in made.tasks.values()] == roots
    assert {task.name: made.mountinfo(pid) for pid, task in made.tasks.items()} == texts


@pytest.mark.slow
@given(tables(), st.data())
def test_join_gives_each_task_of_a_namespace_its_table_back(
    entries: list[Entry], data: st.DataObject
) -> None:
    whole = Snapshot.from_mountinfo(mountinfo.format(entries))
    texts = {"sh1": whole.mountinfo(1)}
    for name in ("sh2", "sh3"):
        id = data.draw(st.sampled_from(list(whole.mounts)))
        task = TaskState(1, name, 1, Place(id, "/"), Place(id, "/"))
        texts[name] = Snapshot(whole.mounts, whole.namespaces, {1: task}).mountinfo(1)
    names = data.draw(st.permutations(list(texts)))
    made = Snapshot.join({name: texts[name] for name in names})
    assert list(made.namespaces) == [1]
    assert {task.name: made.mountinfo(pid) for pid, task in made.tasks.items()} == texts


@pytest.mark.parametrize(
    ("sh1", "sh2", "message"),
    [
        (
            table("1<0 / R:/", "2<1 /a A:/"),
            table("1<0 / S:/"),
            "what sh2 and sh1 list of mount 1 cannot both be true",
        ),
        (table("1<0 / R:/", "2<1 /a A:/"), table("1<0 / R:/", "3<1 /b B:/"), "sh2 and sh1 list of mount 3"),
        (table("1<0 / R:/", "2<1 /a A:/", "4<1 /c C:/"), table("1<0 / R:/", "2<1 /b A:/"), "list of mount 2"),
        (
            table("1<0 / R:/", "2<1 /a A:/ shared:1"),
            table("2<1 / A:/ shared:2"),
            "sh2 and sh1 list of mount 2",
        ),
    ],
)
def test_tables_that_contradict_each_other(sh1: str, sh2: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Snapshot.join({"sh1": sh1, "sh2": sh2})


def test_join_names_the_table_that_cannot_be_read() -> None:
    with pytest.raises(MountinfoError) as caught:
        Snapshot.join({"sh1": table("1<0 / R:/"), "sh2": "\nrubbish"})
    assert (
        str(caught.value)
        == "line 2, column 1: expected a mount id, found 'rubbish' (in the mountinfo of sh2)"
    )
