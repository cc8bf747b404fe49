"""A counter that is changed atomically, and one that is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from vfslab.blocks.refcount import (
    Refcount,
    atomic_dec_and_test,
    atomic_inc,
    plain_dec_and_look,
    plain_dec_and_test,
    plain_inc,
)
from vfslab.drive.run import run
from vfslab.kernel.effects import Code
from vfslab.mechanism import Mechanism

Dec = Callable[[Refcount, str], Code]


@dataclass
class Shared:
    refs: Refcount = field(default_factory=lambda: Refcount(2))
    freed: int = 0


def put(dec: Dec) -> Callable[[Shared], Code]:
    def code(state: Shared) -> Code:
        if (yield from dec(state.refs, "put")):
            state.freed += 1

    return code


def two(dec: Dec, rule: Callable[[Shared], Iterator[str]]) -> Mechanism:
    tasks = (("a", (("put()", put(dec)),)), ("b", (("put()", put(dec)),)))
    return Mechanism(title="two put", state=Shared, tasks=tasks, at_end=rule)


def leaked(state: Shared) -> Iterator[str]:
    if state.freed == 0:
        yield "leaked"


def freed_twice(state: Shared) -> Iterator[str]:
    if state.freed > 1:
        yield "freed twice"


@pytest.mark.parametrize(
    ("dec", "leak", "double"),
    [
        (atomic_dec_and_test, None, None),
        (plain_dec_and_test, "leaked", None),
        (plain_dec_and_look, "leaked", "freed twice"),
    ],
)
def test_two_let_go_at_once(dec: Dec, leak: str | None, double: str | None) -> None:
    assert (two(dec, leaked).explore().broken, two(dec, freed_twice).explore().broken) == (leak, double)


@pytest.mark.parametrize(
    ("inc", "dec", "atomics"),
    [
        (atomic_inc, atomic_dec_and_test, 3),
        (plain_inc, plain_dec_and_test, 0),
        (plain_inc, plain_dec_and_look, 0),
    ],
)
def test_one_task_alone_counts_right_either_way(inc: Dec, dec: Dec, atomics: int) -> None:
    refs = Refcount()
    assert run(inc(refs, "get")).errno is None
    assert refs.count == 2
    assert [run(dec(refs, "put")).value for _ in range(2)] == [False, True]
    assert refs.atomics == atomics
