"""Declared types: names in their blocks, members, pointers and arrays."""

from __future__ import annotations

import pytest

from vfslab.blocks.declared import pointee, types
from vfslab.blocks.tokens import tokens

SOURCE = """
#define NOT_READ(x) int x; \\
	long y
struct foo {
	int a, b;
	u8 *bytes;
	struct foo *next;
	struct { char lines[3][8]; } inner;
};
struct { char lines[3][8]; } seen;
static u8 *global, **twice;
static const struct foo *make(struct foo *first, const unsigned int count, void *what)
{
	struct foo *found = kmalloc(sizeof(*found), GFP_KERNEL), **all;
	char (*rows)[8];
	unsigned long long wide;

	if (first) {
		u32 *found;
		INNER;
	}
	found->bytes = 0;
	OUTER;
}
void other(void) { long found; }
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("found", "struct foo *"),
        ("*found", "struct foo"),
        ("all", "struct foo **"),
        ("all[1]", "struct foo *"),
        ("**all", "struct foo"),
        ("first->next->bytes", "u8 *"),
        ("found->a", "int"),
        ("found->b", "int"),
        ("(*all)->next", None),
        ("seen.lines", "char [3][8]"),
        ("seen.lines[0]", "char [8]"),
        ("first->inner.lines", "char [3][8]"),
        ("rows", "char (*)[8]"),
        ("*rows", "char [8]"),
        ("wide", "unsigned long long"),
        ("count", "unsigned int"),
        ("what", "void *"),
        ("global", "u8 *"),
        ("twice", "u8 **"),
        ("x", None),
        ("nobody", None),
        ("found->nothing", None),
        ("a + b", None),
        ("", None),
    ],
)
def test_types_where_they_are_asked(expression: str, expected: str | None) -> None:
    stream = tokens(SOURCE)
    at = next(at for at, token in enumerate(stream) if token.text == "OUTER")
    assert types(stream, at)(expression) == expected


def test_the_innermost_block_wins() -> None:
    stream = tokens(SOURCE)
    at = next(at for at, token in enumerate(stream) if token.text == "INNER")
    assert types(stream, at)("found") == "u32 *"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("u8 *", "u8"),
        ("u8 **", "u8 *"),
        ("char [3][8]", "char [8]"),
        ("char (*)[8]", "char [8]"),
        ("int", None),
        (None, None),
    ],
)
def test_what_a_pointer_points_at(kind: str | None, expected: str | None) -> None:
    assert pointee(kind) == expected
