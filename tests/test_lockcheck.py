"""LockCheck: what is proved of locks by what was seen, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from vfslab.blocks.lockcheck import LockCheck, Usage, lock_class

ON: dict[str, Any] = {}
OFF = {"hardirqs": False}
HARD = {"context": "hardirq"}
SOFT = {"context": "softirq"}

# What is seen: locks taken one inside the other, and how; then the reports.
SEEN = [
    ([], ()),
    ([[("i_lock", ON)], [("i_lock", ON)]], ()),
    ([[("i_lock", OFF)], [("i_lock", HARD)]], ()),
    ([[("i_lock", HARD)]], ()),
    (
        [[("i_lock(a)", ON)], [("i_lock(b)", HARD)]],
        (
            "inconsistent lock state: i_lock is taken in hardirq by line 2, "
            "and held with hardirqs on by line 1",
        ),
    ),
    (
        [[("list_lock", OFF)], [("list_lock", SOFT)]],
        (
            "inconsistent lock state: list_lock is taken in softirq by line 2, "
            "and held with softirqs on by line 1",
        ),
    ),
    ([[("list_lock", OFF | {"softirqs": False})], [("list_lock", SOFT)]], ()),
    # a softirq can be interrupted by a hard one, not by its like
    (
        [[("list_lock", SOFT)], [("list_lock", HARD)]],
        (
            "inconsistent lock state: list_lock is taken in hardirq by line 2, "
            "and held with hardirqs on by line 1",
        ),
    ),
    (
        [[("a", HARD)], [("a", OFF), ("b", OFF)], [("b", ON)]],
        (
            "hardirq-unsafe lock order: line 2 takes b holding a, which line 1 takes in hardirq, "
            "and line 3 holds b with hardirqs on",
        ),
    ),
    ([[("a", OFF), ("b", OFF)], [("b", ON)]], ()),
    ([[("a", ON), ("b", ON)], [("b", ON), ("a", ON)]], ("circular lock order: a -> b -> a",)),
    (
        [[("a", ON), ("b", ON)], [("b", ON), ("c", ON)], [("c", ON), ("a", ON)]],
        ("circular lock order: a -> b -> c -> a",),
    ),
    ([[("i_lock(a)", ON), ("i_lock(b)", ON)]], ("circular lock order: i_lock -> i_lock",)),
    ([[("a", ON), ("b", ON), ("c", ON)], [("a", ON), ("c", ON)]], ()),
]


@pytest.mark.parametrize(("seen", "reports"), SEEN)
def test_reports(seen: list[list[tuple[str, dict[str, Any]]]], reports: tuple[str, ...]) -> None:
    check = LockCheck()
    for number, nested in enumerate(seen, 1):
        for lock, how in nested:
            check.acquire(0, lock, where=f"line {number}", **how)
        for lock, how in reversed(nested):
            check.release(0, lock, context=how.get("context", "task"))
    assert check.reports() == reports


def test_an_interrupt_does_not_hold_what_it_interrupted() -> None:
    check = LockCheck()
    check.acquire(0, "a", where="task", hardirqs=True)
    check.acquire(0, "b", where="handler", context="hardirq")
    assert check.order == {}
    check.acquire(1, "b", where="other CPU", context="hardirq")
    check.acquire(1, "c", where="other CPU", context="hardirq")
    assert check.order == {("b", "c"): "other CPU"}


def test_what_is_not_held_cannot_be_given_back() -> None:
    check = LockCheck()
    check.acquire(0, "a", where="task")
    for cpu, lock, context in [(1, "a", "task"), (0, "b", "task"), (0, "a", "hardirq")]:
        with pytest.raises(ValueError, match=f"CPU {cpu} does not hold {lock} in {context} context"):
            check.release(cpu, lock, context=context)  # type: ignore[arg-type]


def test_the_first_who_did_it_is_remembered() -> None:
    check = LockCheck()
    for where in ("first", "second"):
        check.acquire(0, "a", where=where, hardirqs=True, softirqs=False)
        check.release(0, "a")
    assert check.usage("a(x)") == (Usage("hardirq", False, "first"),)
    assert check.usage("unknown") == ()


def test_classes() -> None:
    assert [lock_class(name) for name in ("i_lock", "i_lock(old)", "")] == ["i_lock", "i_lock", ""]
