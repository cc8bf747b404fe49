"""What the changes that promise speed count: locks, cache lines, hints; and what numbers that gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.hints import Score, learned
from vfslab.blocks.layout import LINE, Layout, Member, beside, lay_out
from vfslab.changelog import (
    device_hint,
    lock_flag,
    lookup_assertions,
    managed_dentry,
    own_line,
    pidmap_lock,
)
from vfslab.changelog.facts import facts
from vfslab.changelog.figures import FILE_OPENS, PIDMAP_LOCK, Published
from vfslab.changelog.managed_dentry import Dentry, Walk
from vfslab.drive.explore import Bounds

pytestmark = pytest.mark.slow

# --- pidmap_lock


@pytest.mark.parametrize("level", range(4))
def test_how_often_the_lock_is_taken(level: int) -> None:
    assert pidmap_lock.acquisitions("before", level) == level + 2
    assert pidmap_lock.acquisitions("after", level) == 1
    assert pidmap_lock.acquisitions("before", level, destroyed=True) == level + 3
    assert pidmap_lock.acquisitions("after", level, destroyed=True) == 2


@pytest.mark.slow
@pytest.mark.parametrize("asked", pidmap_lock.SAFETY.inputs)
@pytest.mark.parametrize("side", ["before", "after"])
def test_both_keep_what_alloc_pid_promises_besides(side: str, asked: tuple[int, tuple[int, ...]]) -> None:
    # two failures of memory, so that a second try may fail too
    found = pidmap_lock.SAFETY.side(side, asked).explore(bounds=Bounds(faults=2))
    assert found.broken is None
    assert found.complete


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("published at once", "find_pid_ns() finds a struct pid that is not initialised"),
        ("keeping numbers", "number 1 of level 1 stays reserved, for nobody"),
        ("asking early", "number 1 leads into level 1, which accepts no members"),
    ],
)
def test_a_lock_taken_once_in_a_wrong_way(side: str, words: str) -> None:
    assert pidmap_lock.SAFETY.side(side).explore().broken == words


def test_a_number_that_is_taken_leaves_the_inner_one_free() -> None:
    timeline = pidmap_lock.SIDES.side("after", pidmap_lock.Asked(1, (2, 1))).timeline()
    said = [frame.sentence for frame in timeline]
    assert "level 1 has number 2 again" in said
    assert any("ended with EEXIST" in sentence for sentence in said)
    assert timeline.result.reason == "alloc_pid: the number asked for is taken at level 0"


def test_what_the_figures_say_of_a_hand_over() -> None:
    assert [round(figure.saved) for figure in PIDMAP_LOCK] == [190, 365]
    assert [round(figure.share, 1) for figure in PIDMAP_LOCK] == [8.8, 17.0]
    # the changelog says 10 to 16 %
    assert [round(figure.gain, 1) for figure in PIDMAP_LOCK] == [9.7, 20.4]


@given(st.integers(1_000, 10_000_000), st.floats(1.001, 1.9), st.integers(1, 64))
def test_a_prediction_with_the_price_read_off_gives_the_gain(before: int, more: float, workers: int) -> None:
    figure = Published(before, int(before * more) + 1, workers)
    assert figure.predicted(figure.saved) == pytest.approx(figure.gain)


def test_no_more_falls_away_than_there_is() -> None:
    with pytest.raises(ValueError, match="takes 2151 nanoseconds in all"):
        PIDMAP_LOCK[0].predicted(2151)


# --- the lock flag

UNLUCKY = {"6.18.5": [0, 8, 16, 40, 48, 56], "7.1.13": [0, 8, 16, 24, 48, 56]}
TABLE = {  # access, burst, round
    ("before", 0): (2.96, 3.00, 1.00),
    ("before", 24): (2.01, 2.01, 1.01),
    ("after", 0): (2.01, 2.01, 1.01),
    ("after", 24): (2.01, 2.01, 1.01),
}


@pytest.mark.parametrize(("side", "start"), TABLE)
def test_transfers_for_each_open_and_close(side: str, start: int) -> None:
    counted = [lock_flag.transfers(side, "6.18.5", start, grain) for grain in ("access", "burst", "round")]
    assert tuple(round(number, 2) for number in counted) == TABLE[side, start]


@pytest.mark.parametrize("release", UNLUCKY)
def test_six_of_eight_starts_are_unlucky(release: str) -> None:
    places = {start: lock_flag.place(release, start) for start in lock_flag.STARTS}
    shared = {start: beside(place, {"i_readcount"}) for start, place in places.items()}
    assert [start for start, names in shared.items() if names] == UNLUCKY[release]
    assert all(names <= {"i_flctx"} for names in shared.values())


@pytest.mark.parametrize("start", lock_flag.STARTS)
def test_explore_finds_the_unlucky_starts_by_itself(start: int) -> None:
    found = lock_flag.SIDES.side("before", start).explore()
    assert (found.broken is not None) == (start in UNLUCKY["6.18.5"])
    assert lock_flag.SIDES.side("after", start).explore().broken is None


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("before", None),
        ("after", None),
        ("flag first", "i_opflags has IOP_FLCTX and i_flctx is NULL in break_lease"),
        ("asked once", "2 contexts were installed: the locks in the first are lost"),
    ],
)
def test_the_first_lock_of_an_inode(side: str, words: str | None) -> None:
    found = lock_flag.FIRST_LOCKERS.side(side).explore()
    assert found.broken == words
    assert found.complete or words


def test_what_the_figures_say_of_a_transfer() -> None:
    assert [round(figure.saved) for figure in FILE_OPENS] == [307, 487, 982]
    assert [round(figure.gain, 1) for figure in FILE_OPENS] == [4.3, 7.1, 16.8]


# --- lines of their own


def test_how_often_a_namespace_is_fetched() -> None:
    assert (own_line.read_misses("before"), own_line.read_misses("after")) == (8000, 8)


@pytest.mark.parametrize(
    ("layout", "kernels"),
    [
        (own_line.ns_common_packed(), ["6.18.5", "6.18.44"]),
        (own_line.ns_common(own_line.TREE_7_0), ["7.0.10", "7.0.13", "7.1.13", "7.2.12"]),
    ],
)
def test_the_layout_is_that_of_real_kernels(layout: Layout, kernels: list[str]) -> None:
    for kernel in kernels:
        said = dict(facts("layouts")[kernel]["structures"]["ns_common"])
        assert said.pop("size") == layout.size
        assert said == {name: layout.offsets[name] for name in said}


@pytest.mark.parametrize(("tree", "more"), [(own_line.TREE_6_18, 112), (own_line.TREE_7_0, 64)])
def test_what_a_line_of_its_own_costs(tree: tuple[Member, ...], more: int) -> None:
    packed, padded = own_line.ns_common_packed(tree), own_line.ns_common(tree)
    assert padded.size - packed.size == more
    assert beside(padded.lines(), {"__ns_ref"}) == set()
    assert all(beside(packed.lines(start), {"__ns_ref"}) for start in packed.starts())


def test_aligning_the_member_alone_is_not_enough() -> None:
    layout = lay_out("ns_common", [Member("__ns_ref", 4, LINE), Member("ns_type", 4), Member("ops", 8)])
    assert beside(layout.lines(), {"__ns_ref"}) == {"ns_type", "ops"}


# --- hints


@pytest.mark.parametrize("devices", [1, 10, 1000])
@pytest.mark.parametrize("regular", [0, 1, 990])
def test_the_hint_on_the_number_is_always_wrong(regular: int, devices: int) -> None:
    workload = device_hint.Workload(regular, devices)
    assert device_hint.scores("before", workload)[device_hint.NO_NUMBER] == Score(0, devices)
    assert device_hint.NO_NUMBER not in device_hint.scores("after", workload)


def test_the_same_hint_was_right_where_it_stood_first() -> None:
    workload = device_hint.Workload(990, 10)
    assert device_hint.scores("number first", workload)[device_hint.NO_NUMBER] == Score(990, 10)


@given(st.lists(st.sampled_from([device_hint.REGULAR, device_hint.DEVICE, device_hint.WHITEOUT])))
def test_the_order_and_the_hints_decide_nothing(inodes: list[device_hint.Inode]) -> None:
    asked = {
        side: [test(device_hint.Accesses(), inode) == "asked" for inode in inodes]
        for side, test in device_hint.TESTS.items()
    }
    assert asked["before"] == asked["after"] == asked["number first"]


def test_the_second_test_of_a_managed_dentry_is_always_wrong() -> None:
    lookups = managed_dentry.Lookups(990, 10)
    before, after = (managed_dentry.scores(side, lookups) for side in ("before", "after"))
    assert before[managed_dentry.INNER] == Score(0, 10)
    assert managed_dentry.INNER not in after
    assert before[managed_dentry.OUTER] == after[managed_dentry.OUTER] == Score(990, 10)
    # and a predictor learns it at once
    assert learned([False] * 10).wrong <= 2


@pytest.mark.parametrize("no_xdev", [False, True])
def test_a_walk_arrives_at_the_same_places_in_every_order(no_xdev: bool) -> None:
    before, after = (managed_dentry.outcomes(side, no_xdev) for side in ("before", "after"))
    assert before == after
    assert set(before) == {"the directory itself", "EXDEV" if no_xdev else "the root of the mount"}


@pytest.mark.parametrize("no_xdev", [False, True])
def test_the_function_alone_says_another_thing_when_the_mark_went_away(no_xdev: bool) -> None:
    """Its caller finds that the sequence count is another, whatever it says."""
    said = {}
    for side, follow in managed_dentry.FOLLOW.items():
        walk = Walk([Dentry()], no_xdev)
        code = follow(walk, walk.names[0], 0)
        try:
            while True:
                next(code)
        except StopIteration as stop:
            said[side] = stop.value
    assert said == {"before": "the directory itself", "after": None if no_xdev else "the directory itself"}


# --- assertions


@pytest.mark.parametrize("build", lookup_assertions.BUILDS)
def test_where_the_assertion_holds_both_behave_alike(build: tuple[bool, bool, bool]) -> None:
    ends = []
    for side in ("before", "after"):
        boxes = lookup_assertions.SIDES.side(side, build).timeline().boxes(-1)  # type: ignore[attr-defined]
        ends.append({key: value for key, value in boxes.rows.items() if key[1] != "evaluated"})
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("side", "debug", "dies"),
    [("before", False, True), ("before", True, True), ("after", False, False), ("after", True, True)],
)
def test_who_catches_a_careless_caller(side: str, debug: bool, dies: bool) -> None:
    careless = lookup_assertions.Build(debug, lookup_rcu=False, asks=False)
    found = lookup_assertions.SIDES.side(side, careless).explore()
    assert (found.broken == "kernel BUG: not in RCU mode in try_to_unlazy") == dies


# --- what real kernels say of their layouts


@pytest.mark.parametrize("kernel", lock_flag.OFFSETS)
def test_the_offsets_are_those_of_the_recordings(kernel: str) -> None:
    said = facts("layouts")[kernel]["structures"]["inode"]
    assert {name: said[name] for name in lock_flag.OFFSETS[kernel]} == lock_flag.OFFSETS[kernel]


def test_the_flag_and_the_counter_never_share_a_line() -> None:
    for said in facts("layouts").values():
        inode = said["structures"]["inode"]
        assert inode["i_readcount"] - inode["i_opflags"] > LINE


@pytest.mark.parametrize(
    ("kernel", "alone"), [("6.18.5", False), ("7.0.13", True), ("7.1.13", True), ("7.2.12", True)]
)
def test_who_is_in_the_line_of_cdev_lock(kernel: str, alone: bool) -> None:
    said = facts("layouts")[kernel]["lines"]["cdev_lock"]
    assert (said["others"] == []) == alone
    assert (said["offset"] == 0) == alone
