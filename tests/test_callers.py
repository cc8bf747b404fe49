"""Who calls whom, and what nobody calls."""

from __future__ import annotations

import pytest

from vfslab.blocks.callers import functions, unused_helpers

HELPER = "static inline int helper(int a)\n{\n\treturn a;\n}\n"
SECOND = "static inline int second(int a)\n{\n\treturn helper(a);\n}\n"


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"a.h": HELPER}, {"helper": ""}),
        ({"a.h": HELPER, "a.c": "int f(void) { return helper(1); }"}, {}),
        ({"a.h": HELPER, "a.c": "/* helper(1) */ int f(void) { return 1; }"}, {"helper": ""}),
        ({"a.h": HELPER, "a.c": 'int f(void) { return say("helper(1)"); }'}, {"helper": ""}),
        ({"a.h": HELPER, "a.c": "int f(void) { return take(helper); }"}, {}),
        ({"a.h": HELPER + SECOND}, {"helper": "second", "second": ""}),
        ({"a.h": HELPER + SECOND, "a.c": "int f(void) { return second(1); }"}, {}),
        ({"a.h": HELPER.replace("return a", "return helper(a - 1)")}, {"helper": ""}),
        ({"a.h": HELPER.replace("static inline ", "")}, {}),
        ({"a.c": HELPER}, {}),
        ({"a.h": "int declared(int a);\n" + HELPER}, {"helper": ""}),
    ],
)
def test_unused(tree: dict[str, str], expected: dict[str, str]) -> None:
    assert unused_helpers(tree) == expected


def test_functions() -> None:
    first, second = functions({"a.h": HELPER + SECOND})
    assert (first.name, first.inline, second.name) == ("helper", True, "second")
    assert "helper" in second.uses
