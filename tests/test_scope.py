"""What a function takes and gives back, on each exit: by hand, by destructors, and wrongly."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from vfslab.blocks.scope import Body, Exit, Trail, exits, scoped
from vfslab.kernel.effects import Step
from vfslab.mechanism import Mechanism

Run = Generator[Step, Any, str]


def by_hand(trail: Trail) -> Run:
    yield trail.take("f", "memory")
    yield trail.take("f", "lock")
    if trail.leaves("busy"):
        yield trail.give("f", "lock")
        yield trail.give("f", "memory")
        return "EBUSY"
    yield trail.hand_over("f", "memory")
    yield trail.give("f", "lock")
    return "ok"


@scoped
def by_scope(trail: Trail) -> Run:
    yield trail.declare("f", "memory")
    yield trail.take("f", "memory")
    yield trail.guard("f", "lock")
    if trail.leaves("busy"):
        return "EBUSY"
    yield trail.hand_over("f", "memory")
    return "ok"


def forgetful(trail: Trail) -> Run:
    yield trail.take("f", "memory")
    if trail.leaves("busy"):
        return "EBUSY"
    yield trail.give("f", "memory")
    return "ok"


@scoped
def twice(trail: Trail) -> Run:
    yield trail.declare("f", "memory")
    yield trail.take("f", "memory")
    yield trail.give("f", "memory")
    return "ok"


def crossed(trail: Trail) -> Run:
    yield trail.take("f", "memory")
    yield trail.take("f", "lock")
    yield trail.give("f", "memory")
    yield trail.give("f", "lock")
    return "ok"


@scoped
def without_the_lock(trail: Trail) -> Run:
    yield trail.declare("f", "memory", under="lock")
    yield trail.take("f", "memory")
    yield trail.guard("f", "lock")
    return "ok"


@scoped
def with_the_lock(trail: Trail) -> Run:
    yield trail.guard("f", "lock")
    yield trail.declare("f", "memory", under="lock")
    yield trail.take("f", "memory")
    return "ok"


BUSY = Exit("busy", "EBUSY", ("+memory", "+lock", "-lock", "-memory"), ())
END = Exit("the end", "ok", ("+memory", "+lock", ">memory", "-lock"), ())


@pytest.mark.parametrize("body", [by_hand, by_scope])
def test_both_ways_do_the_same_on_each_exit(body: Body) -> None:
    assert exits(body) == (BUSY, END)


FAULTS: list[tuple[Body, list[tuple[str, ...]]]] = [
    (forgetful, [("memory is never given back: left by busy",), ()]),
    (twice, [("twice gives memory back, which is not there any more",)]),
    (crossed, [("f gives memory back before lock, taken later",)]),
    (without_the_lock, [("without_the_lock gives memory back without lock",)]),
    (with_the_lock, [()]),
]


@pytest.mark.parametrize(("body", "expected"), FAULTS)
def test_faults(body: Body, expected: list[tuple[str, ...]]) -> None:
    assert [one.faults for one in exits(body)] == expected


@scoped
def inner(trail: Trail) -> Run:
    yield trail.guard("inner", "inner lock")
    return "ok"


@scoped
def outer(trail: Trail) -> Run:
    yield trail.guard("outer", "outer lock")
    yield from inner(trail)
    yield trail.guard("outer", "last lock")
    return "ok"


def test_a_scope_in_a_scope() -> None:
    (only,) = exits(outer)
    assert (
        " ".join(word.removesuffix(" lock") for word in only.did) == "+outer +inner -inner +last -last -outer"
    )


def ambiguous(trail: Trail) -> Run:
    if trail.leaves("busy") or trail.leaves("busy"):
        return "EBUSY"
    yield trail.take("f", "memory")
    return "ok"


def test_exits_have_names_of_their_own() -> None:
    with pytest.raises(ValueError, match="two exits have one name"):
        exits(ambiguous)


def test_drivers_take_it_as_a_state() -> None:
    mechanism = Mechanism(title="alone", state=Trail, tasks=(("a", (("f()", by_scope),)),))
    sentences = [frame.sentence for frame in mechanism.timeline()]
    assert sentences[2:7] == [
        "declares that memory is given back at the end",
        "takes memory",
        "takes lock, to be given back at the end",
        "hands memory over",
        "gives lock back",
    ]
