"""The litmus machine: which outcomes each machine allows; and against all orders in a row."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfslab.blocks.ordering import (
    ALPHA,
    ARM64,
    MACHINES,
    X86,
    Branch,
    Instruction,
    Load,
    Machine,
    Place,
    Position,
    Program,
    Store,
    outcomes,
)

KINDS = ("Load", "Store")
IN_ORDER = Machine("in order", frozenset((first, second) for first in KINDS for second in KINDS))


def message(store: str, load: str, *, dependent: bool, branch: bool = False) -> Program:
    """A payload is written, then published; it is looked for, then looked at."""
    published = "box" if dependent else 1
    writer = (Store("box.payload", "new"), Store("sign", published, store))
    payload = Load("payload", "payload", base="sign") if dependent else Load("payload", "box.payload")
    reader: list[Instruction] = [Load("sign", "sign", load), Branch("sign"), payload]
    if not branch:
        reader.remove(Branch("sign"))
    return Program({"writer": writer, "reader": reader}, {"box.payload": "old"})


def stale(registers: dict[str, Any]) -> bool:
    return bool(registers.get("sign")) and registers.get("payload") == "old"


# The orders of the store and of the load, whether the payload is found through the sign, whether the sign is
# tested; then the machines on which the sign is seen and the payload is not.
MESSAGES = [
    ("release", "acquire", False, False, ""),
    ("release", "consume", False, False, "arm64 alpha"),
    ("release", "relaxed", False, False, "arm64 alpha"),
    ("release", "relaxed", False, True, "arm64 alpha"),
    ("release", "acquire", False, True, ""),
    ("relaxed", "acquire", False, False, "arm64 alpha"),
    ("release", "acquire", True, False, ""),
    ("release", "consume", True, False, ""),
    ("release", "relaxed", True, False, "alpha"),
    ("release", "relaxed", True, True, "alpha"),
    ("relaxed", "consume", True, False, "arm64 alpha"),
]


@pytest.mark.parametrize(("store", "load", "dependent", "branch", "machines"), MESSAGES)
def test_messages(store: str, load: str, dependent: bool, branch: bool, machines: str) -> None:
    program = message(store, load, dependent=dependent, branch=branch)
    seen = [machine.name for machine in MACHINES if outcomes(program, machine).way(stale) is not None]
    assert seen == machines.split()


def test_a_way_leads_to_its_outcome() -> None:
    program = message("release", "relaxed", dependent=False)
    way = outcomes(program, ARM64).way(stale)
    assert way is not None
    position = Position(program, ARM64)
    for place in way:
        position.execute(place)
    assert stale(position.registers)
    assert way[0] == Place("reader", 1)


# Two threads, and what their registers may not hold on any machine, or only on those named.
LITMUS: list[tuple[str, dict[str, list[Instruction]], dict[str, Any], str]] = [
    (
        "store buffering",
        {"a": [Store("x", 1), Load("ra", "y")], "b": [Store("y", 1), Load("rb", "x")]},
        {"ra": None, "rb": None},
        "x86 arm64 alpha",
    ),
    (
        "load buffering",
        {"a": [Load("ra", "x"), Store("y", 1)], "b": [Load("rb", "y"), Store("x", 1)]},
        {"ra": 1, "rb": 1},
        "arm64 alpha",
    ),
    (
        "load buffering, a store behind a branch",
        {
            "a": [Load("ra", "x"), Branch("ra"), Store("y", 1)],
            "b": [Load("rb", "y", "acquire"), Store("x", 1)],
        },
        {"ra": 1, "rb": 1},
        "",
    ),
    (
        "one location is read in order",
        {"a": [Store("x", 1)], "b": [Load("r1", "x"), Load("r2", "x")]},
        {"r1": 1, "r2": None},
        "",
    ),
    (
        "one location is written in order",
        {"a": [Store("x", 1), Store("x", 2)], "b": [Load("r1", "x", "acquire"), Load("r2", "x")]},
        {"r1": 2, "r2": 1},
        "",
    ),
]


@pytest.mark.parametrize(("name", "threads", "held", "machines"), LITMUS, ids=lambda value: str(value)[:30])
def test_litmus(
    name: str, threads: dict[str, list[Instruction]], held: dict[str, Any], machines: str
) -> None:
    program = Program(threads, {})
    seen = [
        machine.name
        for machine in MACHINES
        if outcomes(program, machine).way(lambda registers: registers == held) is not None
    ]
    assert seen == machines.split()


def test_what_is_not_taken_is_forgotten() -> None:
    reader: list[Instruction] = [Load("sign", "sign"), Branch("sign"), Load("payload", "box")]
    assert set(outcomes(Program({"reader": reader}, {"box": 1}), ALPHA)) == {(("sign", None),)}


def test_what_may_not_be_done_is_not_done() -> None:
    position = Position(message("release", "acquire", dependent=False), ARM64)
    with pytest.raises(ValueError, match="writer cannot do number 1 now"):
        position.execute(Place("writer", 1))
    position.execute(Place("writer", 0))
    assert not position.may(Place("writer", 0))


def test_a_register_is_loaded_once() -> None:
    with pytest.raises(ValueError, match="two loads go into one register: r, r"):
        outcomes(Program({"a": [Load("r", "x")], "b": [Load("r", "y")]}, {}), X86)


def test_instructions_as_text() -> None:
    code = [Store("x", 1), Store("x", 1, "release"), Load("r", "x", "acquire"), Load("s", "f", base="r")]
    assert [*map(str, code), str(Branch("r"))] == [
        "x = 1",
        "x = 1 [release]",
        "r = x [acquire]",
        "s = r->f",
        "if (r)",
    ]


# --- against all ways to merge the threads, each in its order

LOCATIONS = st.sampled_from("xy")
STORES = st.builds(Store, LOCATIONS, st.integers(1, 2), st.sampled_from(("relaxed", "release")))
LOADS = st.tuples(LOCATIONS, st.sampled_from(("relaxed", "acquire")))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    threads: dict[str, list[Instruction]] = {}
    for thread in "ab":
        code: list[Instruction] = []
        for number in range(draw(st.integers(1, 3))):
            chosen = draw(STORES | LOADS)
            named = isinstance(chosen, Store)
            code.append(chosen if named else Load(f"{thread}{number}", *chosen))  # type: ignore[arg-type]
        threads[thread] = code
    return Program(threads, {})


def merged(program: Program) -> set[tuple[tuple[str, Any], ...]]:
    """The outcomes of a machine that does everything in order, by plain merging."""
    a, b = (list(program.threads[thread]) for thread in "ab")
    found = set()
    for places in itertools.combinations(range(len(a) + len(b)), len(a)):
        left, right = iter(a), iter(b)
        memory: dict[str, Any] = {}
        registers: dict[str, Any] = {}
        for number in range(len(a) + len(b)):
            one = next(left) if number in places else next(right)
            if isinstance(one, Store):
                memory[one.location] = one.value
            elif isinstance(one, Load):
                registers[one.into] = memory.get(one.location)
        found.add(tuple(sorted(registers.items())))
    return found


@settings(max_examples=60, deadline=None)
@given(programs())
def test_a_machine_that_keeps_all_orders_merges(program: Program) -> None:
    assert set(outcomes(program, IN_ORDER)) == merged(program)


@settings(max_examples=40, deadline=None)
@given(programs())
def test_a_weaker_machine_allows_more(program: Program) -> None:
    allowed = [set(outcomes(program, machine)) for machine in (IN_ORDER, X86, ARM64, ALPHA)]
    for fewer, more in itertools.pairwise(allowed):
        assert fewer <= more
