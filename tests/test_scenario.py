"""schedule, fault and explore, on scenarios in the words of the shell."""

from __future__ import annotations

import contextlib
import io
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from vfslab.changelog import fix
from vfslab.drive.explore import Bounds, explore, look_at
from vfslab.drive.fingerprint import fingerprint
from vfslab.drive.schedule import Call, Choice, Job, Progress, Schedule, World
from vfslab.kernel import Acquire, Alloc, Kernel, Release, Step
from vfslab.scenario import Scenario

# The namespace root, which nobody sees, is shared; R is a place on the old root, which is in no namespace.
SHARED_ROOT = """
sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0
sh1# R = open_tree AT_FDCWD / 0
sh1# umount -l /
sh1# setns N CLONE_NEWNS
sh1# mount --make-shared /
"""
REFUSED_COPY = Scenario(SHARED_ROOT, (("sh1", ("open_tree R '' AT_EMPTY_PATH,OPEN_TREE_NAMESPACE",)),))
MOUNTS = "sh1# mkdir /a /b\nsh1# mount -t tmpfs A /a\nsh1# mount --make-shared /a\n"
BOTH_BIND = Scenario(
    MOUNTS, (("sh1", ("mount /a /b NULL MS_BIND NULL",)), ("sh2", ("umount2 /a MNT_DETACH",)))
)


def world(*bodies: object) -> World:
    """Tasks that run generators of this test instead of system calls."""
    kernel = Kernel()
    tasks = [kernel.init, *(kernel.fork(kernel.init, f"sh{n}") for n in range(2, len(bodies) + 1))]
    jobs = [
        Job(task, [lambda body=body: Call("f()", body(), lambda result: None)])  # type: ignore[misc]
        for task, body in zip(tasks, bodies, strict=True)
    ]
    return World(kernel, jobs)


def taking(*locks: str, shared: bool = False):  # type: ignore[no-untyped-def]
    def body():  # type: ignore[no-untyped-def]
        for lock in locks:
            yield Acquire("f", lock, shared)
        yield Step("f", "works")
        for lock in reversed(locks):
            yield Release("f", lock)

    return body


class TestSchedule:
    def test_a_lock_blocks_until_it_is_given_back(self) -> None:
        schedule = Schedule(world(taking("A"), taking("A")))
        for choice in [Choice(0), Choice(1), Choice(1)]:
            schedule.take(choice)
        # sh2 has given the lock back, but its call has not ended
        assert schedule.options() == [Choice(0), Choice(1)]
        schedule.take(Choice(1))
        assert schedule.jobs[1].finished
        assert schedule.options() == [Choice(0)]

    def test_who_waits_cannot_go_on(self) -> None:
        schedule = Schedule(world(taking("A", "B"), taking("A")))
        for choice in [Choice(0), Choice(0), Choice(1)]:
            schedule.take(choice)
        assert schedule.options() == [Choice(0)]
        with pytest.raises(ValueError, match="cannot be taken now"):
            schedule.take(Choice(1))

    def test_readers_share_a_lock(self) -> None:
        schedule = Schedule(world(taking("A", "B", shared=True), taking("A", "C", shared=True)))
        for choice in [Choice(0), Choice(0), Choice(1)]:
            schedule.take(choice)
        assert Choice(1) in schedule.options()

    def test_memory_may_fail_only_where_it_is_wanted(self) -> None:
        def wants():  # type: ignore[no-untyped-def]
            yield Alloc("f", "struct mount")

        schedule = Schedule(world(wants))
        assert schedule.options(faults=True) == [Choice(0)]
        schedule.take(Choice(0))
        assert schedule.options(faults=True) == [Choice(0), Choice(0, fail=True)]

    def test_deadlock(self) -> None:
        schedule = Schedule(world(taking("A", "B"), taking("B", "A")))
        for choice in [Choice(0), Choice(0), Choice(1), Choice(1)]:
            schedule.take(choice)
        assert schedule.options() == []
        assert str(schedule.deadlock()) == (
            "deadlock: sh1 waits for B, which sh2 holds; sh2 waits for A, which sh1 holds"
        )

    def test_lock_order_is_told_without_a_deadlock(self) -> None:
        schedule = Schedule(world(taking("A(1)", "B"), taking("B", "A(2)")))
        while options := schedule.options():
            schedule.take(options[0])
        assert schedule.finished
        assert schedule.disorder() == "lock order: f takes B holding A, f takes A holding B"

    @pytest.mark.parametrize(
        ("bodies", "told"),
        [
            ([("A", "B"), ("A", "B")], None),
            (
                [("A", "B"), ("B", "C"), ("C", "A")],
                "lock order: f takes B holding A, f takes C holding B, f takes A holding C",
            ),
            ([("i_rwsem(0:1 /a)", "i_rwsem(0:1 /b)")], "lock order: f takes i_rwsem holding i_rwsem"),
        ],
    )
    def test_rings_of_lock_classes(self, bodies: list[tuple[str, ...]], told: str | None) -> None:
        schedule = Schedule(world(*(taking(*locks) for locks in bodies)))
        while options := schedule.options():
            schedule.take(options[0])
        assert schedule.disorder() == told

    def test_the_lock_of_a_parent_is_another_class(self) -> None:
        scenario = Scenario("sh1# mkdir /a", (("sh1", ("rmdir /a",)),))
        schedule = Schedule(scenario())
        while options := schedule.options():
            schedule.take(options[0])
        assert [*schedule.edges] == [("i_rwsem of the parent", "i_rwsem")]
        assert schedule.disorder() is None

    @pytest.mark.parametrize(
        ("effects", "told"),
        [
            ([Acquire("f", "A"), Acquire("f", "A")], "deadlock: sh1 waits for A, which sh1 holds"),
            ([Acquire("f", "A")], "f() returns holding A"),
            ([Release("f", "A")], "f gives A back, which it does not hold"),
        ],
    )
    def test_locks_misused(self, effects: list[Acquire | Release], told: str) -> None:
        assert explore(lambda: world(lambda: (effect for effect in effects))).broken == told

    def test_who_holds_no_lock_can_be_interrupted_at_every_step(self) -> None:
        def steps():  # type: ignore[no-untyped-def]
            yield Step("f", "works")
            yield Step("f", "works on")

        schedule = Schedule(world(steps, taking("A")))
        for choice in [Choice(0), Choice(1), Choice(0), Choice(0)]:
            assert choice in schedule.options()
            schedule.take(choice)
        assert schedule.jobs[0].finished


class TestFault:
    def test_each_allocation_fails_once_then_none(self) -> None:
        outcomes = BOTH_BIND.sweep()
        assert [outcome.function for outcome in outcomes] == [
            "get_mountpoint",
            "alloc_vfsmnt",
            "get_mountpoint",
            "",
        ]
        assert [outcome.ends[0][1] for outcome in outcomes] == ["ENOMEM", "ENOMEM", "ENOMEM", "success"]
        assert [outcome.ends[1][1] for outcome in outcomes] == ["success"] * 4
        assert not outcomes.broken

    def test_as_a_table(self) -> None:
        assert repr(REFUSED_COPY.reverted("a41dbf5e004e").sweep()).splitlines()[3].split("  ")[
            -1
        ].strip() == (
            "dangling: mnt_share of mount 1 (nullfs on /) is mount 3 (nullfs, attached nowhere), "
            "which has been freed"
        )


class TestExplore:
    def test_the_shortest_way_to_a_deadlock(self) -> None:
        found = explore(lambda: world(taking("A", "B"), taking("B", "A")))
        assert found.broken == "deadlock: sh1 waits for B, which sh2 holds; sh2 waits for A, which sh1 holds"
        assert [choice.job for choice in found.path] == [0, 0, 1, 1]

    @pytest.mark.parametrize("scenario", [REFUSED_COPY, BOTH_BIND])
    def test_all_is_well(self, scenario: Scenario) -> None:
        found = scenario.explore()
        assert found.broken is None
        assert found.complete
        assert found.states > 5

    def test_the_bounds(self) -> None:
        assert not BOTH_BIND.explore(bounds=Bounds(states=5)).complete
        assert not BOTH_BIND.explore(bounds=Bounds(choices=3)).complete
        without_faults = BOTH_BIND.explore(bounds=Bounds(faults=0))
        assert without_faults.states < BOTH_BIND.explore().states

    def test_a_rule_of_ones_own(self) -> None:
        found = BOTH_BIND.explore(
            rule=lambda schedule: ["4 mounts"] if len(schedule.kernel.mounts) > 3 else []
        )
        assert found.broken == "4 mounts"

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", [ProcessPoolExecutor, ThreadPoolExecutor])
    def test_with_an_executor(self, kind: type[Executor]) -> None:
        broken = REFUSED_COPY.reverted("a41dbf5e004e")
        with kind(max_workers=2) as executor:  # type: ignore[call-arg]
            assert broken.explore(executor=executor) == broken.explore()
            assert BOTH_BIND.explore(executor=executor) == BOTH_BIND.explore()

    def test_the_program_shows_it_again(self) -> None:
        broken = REFUSED_COPY.reverted("a41dbf5e004e")
        path = broken.explore().path
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(broken.program(path), {})
        assert "cleanup_mnt: mount 3 (nullfs) is freed with its last reference" in printed.getvalue()


def ends(scenario: Scenario) -> set[bytes]:
    """Every end to which some order of steps leads, with at most one failure of memory."""
    found = set()
    seen = set()
    paths: list[tuple[Choice, ...]] = [()]
    while paths:
        path = paths.pop()
        looked = look_at(scenario, path, None, 1)
        assert looked.broken is None
        if not looked.options:
            schedule = Schedule(scenario())
            for choice in path:
                schedule.take(choice)
            results = [
                (title, result.errno) for progress in schedule.jobs for title, result in progress.results
            ]
            found.add(fingerprint(schedule.kernel, tuple(results)))
        elif looked.state not in seen:
            seen.add(looked.state)
            paths += [(*path, option) for option in looked.options]
    return found


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize(
    "calls",
    [
        ("mount /a /b NULL MS_BIND NULL", "umount2 /a MNT_DETACH"),
        ("unshare CLONE_NEWNS", "mount B /b tmpfs 0 NULL"),
        ("rmdir /b", "mount B /b tmpfs 0 NULL"),
        ("mkdir /b/c", "rmdir /b"),
        ("mount NULL /a NULL MS_PRIVATE NULL", "open_tree AT_FDCWD /a OPEN_TREE_CLONE"),
        ("chdir /a", "umount2 /a 0"),
    ],
)
def test_more_interruptions_lead_to_no_other_end(
    calls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = Scenario(MOUNTS, (("sh1", (calls[0],)), ("sh2", (calls[1],))))
    fewer = ends(scenario)

    def anywhere(schedule: Schedule, progress: Progress) -> bool:
        # under mount_lock no walk would get through
        return all(held.lock != "mount_lock" for held in progress.held)

    monkeypatch.setattr(Schedule, "may_be_interrupted", anywhere)
    assert ends(scenario) == fewer


class TestTimeline:
    def test_each_frame_knows_whose_step_it_is(self) -> None:
        timeline = BOTH_BIND.timeline([Choice(0), Choice(1), Choice(0), Choice(0)])
        steps = [(frame.pid, frame.function) for frame in timeline][1:5]
        assert steps == [(1, "call"), (2, "call"), (1, "do_lock_mount"), (1, "do_lock_mount")]

    def test_a_lock_is_one_tasks(self) -> None:
        timeline = BOTH_BIND.timeline()
        assert {lock.pid for frame in timeline for lock in frame.snapshot.locks} == {1, 2}
        assert timeline[-1].snapshot.locks == ()


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (Scenario("sh1# umount /nope", ()), "umount: /nope: no mount point specified."),
        (Scenario("", (("sh1", ("ls /",)),)), "ls is no system call"),
        (Scenario("", (("sh1", ("clone sh2 0",)),)), "clone"),
        (Scenario("", (), release="2.6"), "no release '2.6'"),
        (Scenario("", (), without=("123",)), "no change '123' is known here"),
        (Scenario("", (), release="7.0-rc1", without=("a41dbf5e004e",)), "does not have a41dbf5e004e"),
    ],
)
def test_what_is_no_world(scenario: Scenario, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        schedule = Schedule(scenario())
        schedule.take(Choice(0))


FAILED_AND_CHANGED = [
    ("6c4b2243cb6c", "sh1: root / in 2 -> / in 4; cwd / in 3 -> / in 5"),
]


@pytest.mark.parametrize(("commit", "changed"), FAILED_AND_CHANGED)
def test_a_failed_call_that_changes_something_names_it(commit: str, changed: str) -> None:
    broken = fix(commit).world("before").explore().broken
    assert broken.startswith("a call that fails changes nothing: ")
    assert f", and changed: {changed};" in broken
