"""Refcount: a counter of references, changed in one atomic operation or by a load and a store.

Between a load and a store another task may go on: that is all the difference. What is counted, and what
happens at 0, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from vfslab.kernel.effects import Code, Step


@dataclass
class Refcount:
    """``count`` references; ``atomics`` operations have been made that no other CPU could come between."""

    count: int = 1
    atomics: int = 0


def atomic_inc(refs: Refcount, function: str) -> Code:
    """One more, atomically."""
    refs.count += 1
    refs.atomics += 1
    yield Step(function, f"counts up to {refs.count}, atomically")


def atomic_dec_and_test(refs: Refcount, function: str) -> Code:
    """One less, atomically; gives whether none is left."""
    refs.count -= 1
    refs.atomics += 1
    left = refs.count
    yield Step(function, f"counts down to {left}, atomically")
    return left == 0


def plain_inc(refs: Refcount, function: str) -> Code:
    """One more: a load and a store."""
    read = refs.count
    yield Step(function, f"reads the counter: {read}")
    refs.count = read + 1
    yield Step(function, f"writes {read + 1}")


def plain_dec_and_test(refs: Refcount, function: str) -> Code:
    """One less: a load and a store; gives whether none is left by what it wrote itself."""
    read = refs.count
    yield Step(function, f"reads the counter: {read}")
    refs.count = read - 1
    yield Step(function, f"writes {read - 1}")
    return read - 1 == 0


def plain_dec_and_look(refs: Refcount, function: str) -> Code:
    """One less: a load and a store, and a second load; gives whether that said that none is left."""
    yield from plain_dec_and_test(refs, function)
    left = refs.count
    yield Step(function, f"reads the counter again: {left}")
    return left == 0
