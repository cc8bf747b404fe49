"""Comment blocks held against what stands below them."""

from __future__ import annotations

import pytest

from vfslab.blocks.kdoc import check, common_run, declared, described


def block(*lines: str, below: str) -> str:
    return "/**\n" + "".join(f" * {line}\n" for line in lines) + " */\n" + below


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (block("f - do", "@a: one", below="int f(int a);"), []),
        (block("f() - do", "@a: one", " more of it", below="static inline int f(int a)\n{\n}"), []),
        (block("f - do", below="void f(void);"), []),
        (block("f - do", "@a: one", below="int f(int a, char **b);"), ["missing: b"]),
        (block("f - do", "@a: one", "@gone: two", below="int f(int a);"), ["extra: gone"]),
        (block("f - do", "@a: one", "@a: again", below="int f(int a);"), ["twice: a"]),
        (block("f - do", "@a: one", below="int __f(int a, int b);"), ["wrong-target: f above __f"]),
        (block("f - do", "a: one", below="int f(int a);"), ["unmarked: a"]),
        (block("f - do", "@a: at most %MAX+1", below="int f(int a);"), ["glued: %MAX+1"]),
        (block("f - do", "@a: %MAX or (MAX+1)", below="int f(int a);"), []),
        (
            block("f - do", "@get: call it", below="int f(int (*get)(int deep, int deeper), int b[3]);"),
            ["missing: b"],
        ),
        (
            block(
                "struct s - it",
                "@a: one",
                "@get: call it",
                below="struct s {\n\tint a;\n\tint (*get)(int x);\n\tlong b;\n};",
            ),
            ["missing: b"],
        ),
        ("/* no block */ int f(int a);", []),
    ],
)
def test_warnings(source: str, expected: list[str]) -> None:
    assert [f"{one.kind}: {one.name}" for one in check(source)] == expected


def test_what_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="begins with"):
        described("/* f */")
    with pytest.raises(ValueError, match="names nothing"):
        described("/**\n * - nothing\n */")
    with pytest.raises(ValueError, match="neither a function nor a struct"):
        declared("int a;")


def test_a_description_goes_on() -> None:
    doc = described("/**\n * f - do\n * @a: one\n *     and two\n *\n * Words.\n */")
    assert doc.members == (("a", "one and two"),)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a b c d", "x b c y", "b c"),
        ("a, b; c", "A b\n * c", "a b c"),
        ("a", "b", ""),
        ("", "b", ""),
        ("a b a b c", "a b c", "a b c"),
    ],
)
def test_what_is_written_twice(one: str, other: str, expected: str) -> None:
    assert common_run(one, other) == expected
