"""Patterns held against calls: metavariables, order, what is left alone."""

from __future__ import annotations

import pytest

from vfslab.blocks.rewrite import Alternative, destination, semantic
from vfslab.blocks.tokens import calls, tokens


def one(pattern: str, becomes: str | None, **where: object) -> Alternative:
    return Alternative(pattern, pattern, becomes, where)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "pattern", "becomes", "expected"),
    [
        ("f(1, 2)", "f(A, B)", "g({B}, {A})", "g(2, 1)"),
        ("f(g(1, 2), 3)", "f(A, B)", "h({A})", "h(g(1, 2))"),
        ("f(f(1))", "f(A)", "g({A})", "g(g(1))"),
        ("f(1)", "f(A, B)", "g()", "f(1)"),
        ("f(1, 2, 3)", "f(A, B)", "g()", "f(1, 2, 3)"),
        ("f(x, x) f(x, y)", "f(A, A)", "g({A})", "g(x) f(x, y)"),
        ("f( a->b  /* ! */ )", "f(A)", "g({A})", "g(a->b)"),
        ("/* f(1) */", "f(A)", "g()", "/* f(1) */"),
        ("x = f(x)", "V = f(V)", "g({V})", "x = g(x)"),
        ("x = f(y)", "V = f(V)", "g({V})", "x = f(y)"),
        ("f(x)", "V = f(V)", "g({V})", "f(x)"),
        ("f(sizeof x->y)", "f(sizeof(A))", "g({A})", "g(x->y)"),
        ("f(sizeof(x) + 1)", "f(sizeof(A))", "g({A})", "f(sizeof(x) + 1)"),
    ],
)
def test_a_pattern(source: str, pattern: str, becomes: str, expected: str) -> None:
    assert semantic(source, [one(pattern, becomes)]).text == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = f()", "a"),
        ("a->b.c[i] = f()", "a -> b . c [ i ]"),
        ("struct foo *a = f()", "a"),
        ("*a = f()", "* a"),
        ("**a = f()", "* * a"),
        ("a = (struct foo *)f()", "a"),
        ("if (a = f())", "a"),
        ("a == f()", ""),
        ("return f()", ""),
        ("g(f())", ""),
        ("a; f()", ""),
    ],
)
def test_what_is_assigned_to(source: str, expected: str) -> None:
    stream = tokens(source)
    (call,) = (call for call in calls(stream) if call.name == "f")
    assert " ".join(destination(stream, call.first)) == expected


def test_the_first_that_fits_decides() -> None:
    shield, change = one("f(sizeof(T))", None, T=lambda kind, types: kind == "int"), one("f(A)", "g({A})")
    source = "f(sizeof(int));\nf(2);"
    assert semantic(source, [shield, change]).text == "f(sizeof(int));\ng(2);"
    assert semantic(source, [change, shield]).text == "g(sizeof(int));\ng(2);"
    left, changed = semantic(source, [shield, change]).decisions
    assert (left.after, changed.before, changed.after) == (None, "f(2)", "g(2)")


def test_a_name_for_a_name() -> None:
    rename = one("NAME(A)", "{NAME}({A})", NAME={"f": "g", "h": "i"})
    assert semantic("f(1); h(2);\nk(3);", [rename]).text == "g(1); i(2);\nk(3);"
    assert [decision.line for decision in semantic("\n\nf(1);", [rename]).decisions] == [3]


def test_types_are_asked_at_the_place() -> None:
    asked = []

    def types(stream: object, index: int) -> object:
        def of(expression: str) -> str:
            asked.append(expression)
            return "int"

        return of

    only = one("V = f(A)", "g({A})", V=lambda name, type_of: type_of(name) == "int")
    assert semantic("a->b = f(1)", [only], types).text == "a->b = g(1)"  # type: ignore[arg-type]
    assert asked == ["a -> b"]


def test_alternatives_that_undo_each_other() -> None:
    with pytest.raises(ValueError, match="no end"):
        semantic("f(1)", [one("f(A)", "g({A})"), one("g(A)", "f({A})")])
