"""Publishing: a pointer, a flag, a reference count; what a reader may see of it and when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vfslab.blocks.publication import Slot, slots
from vfslab.changelog import file_ref, locks_context
from vfslab.changelog.file_ref import LOOKS_AGAIN, ORDERS, bad, moments
from vfslab.changelog.locks_context import (
    BY_NAME,
    READERS,
    Registers,
    barriers,
    choices,
    needless,
    surprises,
    way_to_half_seen,
)
from vfslab.drive.explore import replay
from vfslab.drive.schedule import Schedule

# --- 1fa4e69a54a2

# For each reader: the machines on which it sees half, its barriers on arm64, and whether one is idle.
READS = [
    ("before", (), 1, True),
    ("after", (), 0, False),
    ("relaxed flag", ("arm64", "alpha"), 0, False),
    ("acquired flag", (), 1, False),
]


@pytest.mark.parametrize(("side", "machines", "on_arm64", "idle"), READS)
def test_readers(side: str, machines: tuple[str, ...], on_arm64: int, idle: bool) -> None:
    reader = READERS[side]()
    assert surprises(reader) == machines
    assert barriers(reader, "arm64") == on_arm64
    assert barriers(reader, "x86") == 0
    assert (needless(side, 0) is not None) == idle


def test_only_the_relaxed_flag_shows_the_bad_outcome() -> None:
    assert [side for side in READERS if surprises(READERS[side]())] == ["relaxed flag"]


def test_on_alpha_the_dependency_costs_a_barrier() -> None:
    counts = {side: barriers(READERS[side](), "alpha") for side in ("before", "after")}
    assert counts == {"before": 1, "after": 1}


@pytest.mark.parametrize("machine", ["arm64", "alpha"])
def test_the_tasks_go_the_way_of_the_instructions(machine: str) -> None:
    way = way_to_half_seen("relaxed flag", machine)
    assert way is not None
    schedule = Schedule(locks_context.SIDES.side("relaxed flag", machine)())
    for choice in choices("relaxed flag", way):
        schedule.take(choice)
    assert schedule.finished
    state: Registers = schedule.kernel
    assert locks_context.half_seen(state.registers)
    assert [*locks_context.nothing_half_seen(state)] == ["the reader has seen flag, and finds: None"]


@pytest.mark.parametrize("side", READERS)
@pytest.mark.parametrize("machine", BY_NAME)
def test_one_after_the_other_nothing_is_half_seen(side: str, machine: str) -> None:
    mechanism = locks_context.SIDES.side(side, machine)
    timeline = replay(mechanism, mechanism.straight())
    assert timeline.result.errno is None
    rows = timeline.boxes(len(timeline) - 1).rows  # type: ignore[attr-defined]
    assert "list=an empty list" in rows["Registers", "registers"]


# --- 1219e0feaefc


@pytest.mark.parametrize(("side", "count"), [("before", 1), ("after", 0)])
def test_moments_of_init_file(side: str, count: int) -> None:
    found = moments(ORDERS[side])
    assert len(found) == 4
    assert len(bad(found)) == count


@pytest.mark.parametrize(
    ("order", "count"),
    [
        (("f_ref", "f_mode", "fsnotify bits"), 2),
        (("fsnotify bits", "f_mode", "f_ref"), 1),  # f_mode is written over
        (("f_mode", "fsnotify bits", "f_ref"), 0),
    ],
)
def test_other_orders(order: tuple[str, ...], count: int) -> None:
    assert len(bad(moments(order))) == count


@pytest.mark.parametrize(("order", "count"), [(("f_ref", "poison"), 0), (("poison", "f_ref"), 1)])
def test_freeing(order: tuple[str, ...], count: int) -> None:
    assert len(bad(moments(order, free=True))) == count


@pytest.mark.parametrize("free", [False, True])
def test_steps_are_done_once_each(free: bool) -> None:
    with pytest.raises(ValueError, match="each once"):
        moments(("f_ref",), free=free)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("reader", LOOKS_AGAIN)
def test_who_looks_again_never_sees_half(side: str, reader: str) -> None:
    found = file_ref.SIDES.side(side, reader).explore()
    assert (found.broken is not None) == (side == "before" and reader == "acts at once")


# --- slots


def add(letter: str) -> tuple[str, Callable[[list[str]], None]]:
    return letter, lambda state: state.append(letter)


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        ("", [""]),
        ("a", ["", "a"]),
        ("abc", ["", "a", "ab", "abc"]),
    ],
)
def test_slots(steps: str, seen: list[str]) -> None:
    found = slots(list, [add(letter) for letter in steps], "".join)
    assert found == tuple(Slot(tuple(text), text) for text in seen)
