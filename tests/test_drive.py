"""run and record: the same end, and a timeline that goes forward, back and to any step."""

from __future__ import annotations

import itertools
import linecache
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfslab.drive import Timeline, record, run
from vfslab.kernel import Kernel
from vfslab.kernel.flags import CLONE_NEWNS, MNT_DETACH
from vfslab.kernel.globals import Ida
from vfslab.model import Model
from vfslab.shell.session import Session
from vfslab.take import take

# A shared root, proc, a shared /run with an unbindable mount on it, and /srv, where the shell stands.
EXAMPLE = """
mkdir -p /proc /run /srv
mount -t proc proc /proc
mount -t tmpfs run /run
mkdir /run/x
mount -t tmpfs x /run/x
mount -t tmpfs srv /srv
mount --make-unbindable /run/x
mount --make-shared /
mount --make-shared /run
cd /srv
"""

UNSHARE = """
unshare_fs          allocates struct fs_struct
unshare_fs          the task's root and cwd are copied, to be moved over to the new namespace
alloc_mnt_ns        allocates struct mnt_namespace
copy_mnt_ns         takes namespace_sem
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 7 (nullfs) is cloned from mount 1 (nullfs)
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 8 (tmpfs) is cloned from mount 2 (tmpfs)
copy_tree           takes mount_lock
copy_tree           mount 8 (tmpfs) is attached on mount 7 (nullfs)
copy_tree           gives mount_lock back
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 9 (proc) is cloned from mount 3 (proc)
copy_tree           takes mount_lock
copy_tree           mount 9 (proc) is attached on mount 8 (tmpfs)
copy_tree           gives mount_lock back
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 10 (run) is cloned from mount 4 (run)
copy_tree           takes mount_lock
copy_tree           mount 10 (run) is attached on mount 8 (tmpfs)
copy_tree           gives mount_lock back
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 11 (x) is cloned from mount 5 (x)
copy_tree           takes mount_lock
copy_tree           mount 11 (x) is attached on mount 10 (run)
copy_tree           gives mount_lock back
alloc_vfsmnt        allocates struct mount
clone_mnt           mount 12 (srv) is cloned from mount 6 (srv)
copy_tree           takes mount_lock
copy_tree           mount 12 (srv) is attached on mount 8 (tmpfs)
copy_tree           gives mount_lock back
copy_mnt_ns         the new namespace gets its root and can be found
mnt_add_to_ns       now in the new namespace: mount 7 (nullfs), mount 8 (tmpfs), mount 9 (proc) and 3 more
copy_mnt_ns         the task's root moves over from mount 2 (tmpfs) to mount 8 (tmpfs)
copy_mnt_ns         the task's cwd moves over from mount 6 (srv) to mount 12 (srv)
copy_mnt_ns         gives namespace_sem back
switch_task_namespaces the task is now in the new namespace
"""


def example() -> Model:
    model = Model("7.0", recording=True)
    for result in Session(model).run_transcript(EXAMPLE):
        assert result.status == 0, result
    return model


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    model = example()
    model.start("sh2")
    assert model.call("sh2", "chdir", "/srv").errno is None
    assert model.call("sh2", "unshare", CLONE_NEWNS).errno is None
    return model.timelines[-1]


def test_the_copy_of_a_namespace_step_by_step(timeline: Timeline) -> None:
    steps = [f"{frame.function:19} {frame.sentence}" for frame in timeline[1:-1]]
    assert steps == UNSHARE.strip().splitlines()


def test_the_first_and_the_last_frame(timeline: Timeline) -> None:
    assert timeline[0].effect is timeline[-1].effect is None
    assert timeline[0].sentence == "before unshare(CLONE_NEWNS)"
    assert timeline[-1].sentence == "unshare(CLONE_NEWNS) returns success"
    assert timeline.result.errno is None
    assert timeline[-1].locks == ()


def test_locks_are_held_from_the_step_that_takes_them(timeline: Timeline) -> None:
    held = [frame.locks for frame in timeline if frame.function == "copy_tree"]
    assert set(held) == {("namespace_sem",), ("namespace_sem", "mount_lock")}
    assert all(not frame.locks for frame in timeline if frame.function == "switch_task_namespaces")


def test_peers_are_linked_before_the_copy_is_attached(timeline: Timeline) -> None:
    clone = next(frame for frame in timeline if frame.sentence.startswith("mount 8 (tmpfs) is cloned"))
    row = clone.snapshot.mounts[8]
    assert (row.group, row.parent, row.ns) == (clone.snapshot.mounts[2].group, 8, None)


def test_forward_back_and_jump(timeline: Timeline) -> None:
    assert timeline.jump(0).index == timeline.back().index == 0
    assert [timeline.forward().index for _ in range(3)] == [1, 2, 3]
    assert timeline.back().index == timeline.position == 2
    assert timeline.jump(len(timeline) - 1).index == timeline.forward().index
    with pytest.raises(IndexError, match=f"frame {len(timeline)} of a timeline of {len(timeline)}"):
        timeline.jump(len(timeline))


def test_rows_that_do_not_change_are_shared(timeline: Timeline) -> None:
    for frame, following in itertools.pairwise(timeline):
        changed = following.changed
        for id, row in frame.snapshot.mounts.items():
            if id not in changed:
                assert following.snapshot.mounts[id] is row


def test_a_refused_call_is_a_timeline_too() -> None:
    kernel = Kernel()
    timeline = record(kernel, kernel.init, kernel.syscall(kernel.init, "umount2", "/nope", 0), "umount2")
    assert timeline.result.errno == "ENOENT"
    assert timeline[-1].sentence == "umount2 returns ENOENT"
    assert timeline[0].snapshot == timeline[-1].snapshot


def test_nothing_happens_before_code_is_driven() -> None:
    kernel = Kernel()
    code = kernel.syscall(kernel.init, "mkdir", "/a")
    assert kernel.readdir(kernel.init, "/") == []
    assert run(code).errno is None
    assert kernel.readdir(kernel.init, "/") == ["a"]


def test_an_unknown_call() -> None:
    kernel = Kernel()
    with pytest.raises(ValueError, match="there is no system call 'reboot' here"):
        run(kernel.syscall(kernel.init, "reboot"))


def test_timelines_of_equal_kernels_are_equal() -> None:
    def told() -> list[str]:
        return [repr(frame) for timeline in example().timelines for frame in timeline]

    assert told() == told()


def test_where_in_the_source_each_step_is_made() -> None:
    kernel = Kernel()
    timeline = record(kernel, kernel.init, kernel.syscall(kernel.init, "unshare", CLONE_NEWNS), places=True)
    cloned = next(frame for frame in timeline if frame.function == "clone_mnt" and frame.mounts)
    assert cloned.place is not None
    code, line = cloned.place
    assert code.co_name == "clone_mnt"
    assert "is cloned from" in "".join(linecache.getlines(code.co_filename)[line - 2 : line + 2])
    assert timeline[0].place is None
    assert timeline[-1].place is None


NAMES = [
    ("rename /a/y /c/y", "/a/y", "/c/y"),
    ("rename /a /z", "/a/y", "/z/y"),
]


@pytest.mark.parametrize(("call", "before", "after"), NAMES)
def test_a_frame_shows_the_names_of_its_time(call: str, before: str, after: str) -> None:
    with Model(recording=True) as model:
        session = Session(model)
        session.run_transcript(
            "mkdir -p /a/y /b /c\nmount --bind /b /a/y\n"
            "sh2# unshare -m --propagation private\nsh2# umount -l /a/y\n"
            f"sh2# syscall {call}\n"
        )
        timeline = model.timelines[-1]
    seen = [
        [mount.mountpoint for mount in frame.snapshot.mounts.values()]
        for frame in (timeline[0], timeline[-1])
    ]
    assert before in seen[0]
    assert after in seen[-1]


def recorded(what: str) -> tuple[Kernel, Timeline]:
    """A kernel and what it has just done: mounts are made, change, go and are freed."""
    kernel = example().kernel
    child = kernel.fork(kernel.init, "sh2")
    if what == "exit":
        run(kernel.syscall(child, "unshare", CLONE_NEWNS))
    code = {
        "unshare": lambda: kernel.syscall(child, "unshare", CLONE_NEWNS),
        "exit": lambda: kernel.exit(child),
        "umount": lambda: kernel.syscall(child, "umount2", "/run", MNT_DETACH),
    }[what]()
    return kernel, record(kernel, child, code, what)


@pytest.mark.parametrize("what", ["unshare", "exit", "umount"])
def test_the_last_picture_of_a_timeline_is_the_state_itself(what: str) -> None:
    kernel, timeline = recorded(what)
    assert timeline[-1].snapshot == take(kernel) != timeline[0].snapshot


def test_a_timeline_shows_that_a_cwd_is_removed() -> None:
    model = Model(recording=True)
    for call in (("mkdir", "/a"), ("chdir", "/a"), ("rmdir", "/a")):
        assert model.call("sh1", *call).errno is None
    assert model.timelines[-1][-1].snapshot == model.snapshot()
    assert model.snapshot().tasks[1].cwd.path == "/a//deleted"


@pytest.mark.parametrize("what", ["unshare", "exit", "umount"])
def test_a_timeline_shows_the_same_wherever_one_comes_from(what: str) -> None:
    """A snapshot is the one before brought up to date; a timeline that only goes forward is the judge."""
    timeline = recorded(what)[1]
    straight = [frame.snapshot for frame in recorded(what)[1]]
    for jump in random.Random(7).choices(range(len(timeline)), k=200):
        timeline._snapshots.clear()
        found = timeline[jump].snapshot
        assert found == straight[jump]
        assert [*found.mounts] == sorted(found.mounts)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), max_size=600))
def test_an_ida_gives_the_lowest_free_number(what: list[int | None]) -> None:
    """None is an alloc, a number frees one of those that are out."""
    ida, out = Ida(1), set[int]()
    for free in what:
        if free is None or not out:
            number = ida.alloc()
            assert number == next(n for n in itertools.count(1) if n not in out)
            out.add(number)
        else:
            number = sorted(out)[free % len(out)]
            out.remove(number)
            ida.free(number)


def test_an_ida_of_many_freed_numbers() -> None:
    ida = Ida(1)
    numbers = [ida.alloc() for _ in range(1000)]
    for number in numbers[::-2]:
        ida.free(number)
    assert ida.all_freed() == sorted(numbers[::-2])
    assert [ida.alloc() for _ in range(300)] == sorted(numbers[::-2])[:300]
    ida.free(2)
    assert [ida.alloc() for _ in range(202)] == [2, *sorted(numbers[::-2])[300:], 1001]
