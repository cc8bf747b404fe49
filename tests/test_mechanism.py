"""A mechanism of its own under the drivers and in the views: a counter that two tasks raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from vfslab import Stepper, compare
from vfslab.boxes import LENGTH, Boxes, boxes
from vfslab.drive.run import run
from vfslab.kernel.effects import Acquire, Alloc, Check, Code, Refused, Release, Step, Wait
from vfslab.mechanism import BoxTimeline, Mechanism
from vfslab.views.frames import frames
from vfslab.views.legend import BOXES

NO_MEMORY = Check("ENOMEM", "raise_it", "there is no memory", "free some")


@dataclass
class Counter:
    value: int = 0
    _unseen: int = 7


@dataclass
class Counters:
    total: Counter = field(default_factory=Counter)
    done: list[str] = field(default_factory=list)


def raise_it(state: Counters) -> Code:
    value = state.total.value
    yield Step("raise_it", f"reads {value}")
    state.total.value = value + 1
    yield Step("raise_it", f"writes {value + 1}")
    state.done.append("one")


def raise_locked(state: Counters) -> Code:
    yield Acquire("raise_it", "lock")
    yield from raise_it(state)
    yield Release("raise_it", "lock")


def raise_later(state: Counters) -> Code:
    yield Wait("raise_it", "the first", lambda: bool(state.done), lambda: "a")
    yield from raise_it(state)


def raise_if_memory(state: Counters) -> Code:
    if (yield Alloc("raise_it", "a note")):
        raise Refused(NO_MEMORY)
    yield from raise_it(state)


def lost(state: Counters) -> Iterator[str]:
    if state.total.value != len(state.done):
        yield f"{len(state.done)} raised it, and it is {state.total.value}"


def two(first: Callable[[Counters], Code], second: Callable[[Counters], Code]) -> Mechanism:
    tasks = (("a", (("raise_it()", first),)), ("b", (("raise_it()", second),)))
    return Mechanism(title="two raise it", state=Counters, tasks=tasks, at_end=lost)


RACES = [
    (raise_it, raise_it, "2 raised it, and it is 1"),
    (raise_locked, raise_locked, None),
    (raise_it, raise_later, None),
    (
        raise_later,
        raise_later,
        "deadlock: a waits for the first, which a holds; b waits for the first, which a holds",
    ),
    (raise_locked, raise_it, "2 raised it, and it is 1"),
    (raise_if_memory, raise_later, "deadlock: b waits for the first, which a holds"),
]


@pytest.mark.parametrize(("first", "second", "broken"), RACES)
def test_explore(
    first: Callable[[Counters], Code], second: Callable[[Counters], Code], broken: str | None
) -> None:
    found = two(first, second).explore()
    assert found.broken == broken
    assert found.complete == (broken is None)


def half_done(state: Counters) -> Iterator[str]:
    if state.total.value % 2:
        yield f"it is {state.total.value}"


def raise_twice(state: Counters) -> Code:
    yield Acquire("raise_twice", "lock")
    for _ in range(2):
        state.total.value += 1
        yield Step("raise_twice", f"writes {state.total.value}")
    yield Release("raise_twice", "lock")


@pytest.mark.parametrize(("everywhere", "broken"), [(False, None), (True, "it is 1")])
def test_where_rules_are_asked(everywhere: bool, broken: str | None) -> None:
    tasks = (("a", (("raise_twice()", raise_twice),)),)
    mechanism = Mechanism(title="twice", state=Counters, tasks=tasks, rule=half_done, everywhere=everywhere)
    assert mechanism.explore().broken == broken


@pytest.mark.parametrize("everywhere", [False, True])
def test_only_an_interrupt_comes_while_a_lock_is_held(everywhere: bool) -> None:
    mechanism = replace(two(raise_locked, raise_it), everywhere=everywhere)
    timeline = mechanism.timeline(mechanism.explore().path)
    assert any(frame.task == "b" and frame.locks for frame in timeline) == everywhere


def test_sweep() -> None:
    assert [end for outcome in two(raise_if_memory, raise_it).sweep() for _, end in outcome.ends] == [
        "ENOMEM",
        "success",
        "success",
        "success",
    ]


def test_the_timeline_keeps_the_boxes_of_each_step() -> None:
    timeline = two(raise_it, raise_it).timeline()
    assert isinstance(timeline, BoxTimeline)
    told = [
        (frame.task, frame.sentence, timeline.boxes(frame.index).rows["total", "value"]) for frame in timeline
    ]
    assert told[2:5] == [
        ("a", "reads 0", "0"),
        ("a", "writes 1", "1"),
        ("a", "ended with success: raise_it()", "1"),
    ]
    assert timeline.states[0] is timeline.states[1]


@dataclass
class Things:
    words: dict[str, int]
    nothing: None = None
    yes: bool = True
    many: list[Counter] = field(default_factory=list)
    named: dict[str, Counter] = field(default_factory=dict)
    long: str = "x" * 100


def test_boxes() -> None:
    found = boxes(Things({"a": 1}, many=[Counter(5)], named={"b": Counter(6)}))
    assert found == (
        (
            "Things",
            (("words", "a=1"), ("nothing", "-"), ("yes", "yes"), ("long", "x" * (LENGTH - 1) + "…")),
        ),
        ("many[0]", (("value", "5"),)),
        ("named[b]", (("value", "6"),)),
    )
    assert repr(Boxes(found[1:])) == "many[0]\n  value  5\nnamed[b]\n  value  6"


@pytest.mark.dot
@pytest.mark.parametrize("value", ["", "  ", "\n", "&lt;", '"><script>', "\\N", "\u202eabc", "x" * 4096])
def test_whatever_a_value_is_it_is_drawn(value: str) -> None:
    mechanism = Mechanism(
        title="look", state=lambda: Things({}, long=value), tasks=(("a", (("look()", look),)),)
    )
    assert "<script>" not in Stepper(mechanism.timeline()).svg


def test_what_has_no_boxes() -> None:
    with pytest.raises(TypeError, match="int is no dataclass"):
        boxes(3)


def test_frames_are_boxes_with_rows() -> None:
    union, compact, data, _, legend = frames(two(raise_it, raise_it).timeline())
    assert union is not None
    assert compact
    assert legend == BOXES
    assert [cluster.label for cluster in union.clusters.values()] == ["total", "Counters"]
    assert {node.name for node in union.nodes.values()} == {"done", "value"}
    assert [kind for kind, _ in data["events"]] == ["picture"]
    assert data["frames"][3]["task"] == "a"


def look(state: Things) -> Code:
    yield Step("look", f"sees {len(state.many)}")


def test_values_are_visible_and_keep_their_blanks() -> None:
    state = Things({}, long="two words\nand a line")
    mechanism = Mechanism(title="look", state=lambda: state, tasks=(("a", (("look()", look),)),))
    union = frames(mechanism.timeline())[0]
    assert union is not None
    assert "two words\\012and a line" in {node.lines[0] for node in union.nodes.values()}


def test_too_many_fields_are_not_drawn() -> None:
    many = Things({}, many=[Counter() for _ in range(300)])
    mechanism = Mechanism(title="many", state=lambda: many, tasks=(("a", (("look()", look),)),))
    union, _, data, *_ = frames(mechanism.timeline())
    assert union is None
    assert data["notes"] == ["No picture: there are 303 fields, 200 can be drawn."]


def test_the_text_twin_names_the_task_and_the_locks() -> None:
    text = repr(Stepper(two(raise_locked, raise_it).timeline()))
    assert "    2  a  raise_it  Takes lock\n" in text
    assert "    9  b  raise_it  Writes 2\n" in text


def test_two_of_them_in_lockstep() -> None:
    text = repr(compare(two(raise_it, raise_it).timeline(), two(raise_locked, raise_locked).timeline()))
    assert "They part at step 2 of after" in text
    assert "> raise_it  a: takes lock  [lock]" in text


def test_a_mechanism_runs_to_its_end_without_a_driver() -> None:
    state = Counters()
    assert run(raise_locked(state)).errno is None
    assert state.total.value == 1
