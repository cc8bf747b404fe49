"""Tokens: nothing is lost, calls and their arguments are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.tokens import calls, closing, code, lines, same, text, tokens


@given(st.text(alphabet="ab1_ \n\t(){},;*/+-<>=&|.#\\"))
def test_joined_they_are_the_text_again(source: str) -> None:
    try:
        stream = tokens(source)
    except ValueError:
        assert "/*" in source
        return
    assert text(stream) == source
    assert lines(stream) == tuple(
        1 + source[: len(text(stream[:at]))].count("\n") for at in range(len(stream))
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a->b += 0x1fUL; /* c */ // d", "a -> b += 0x1fUL ;"),
        ("f(\"a, (b\", ',')", "f ( \"a, (b\" , ',' )"),
        ('"\\"" x', '"\\"" x'),
        ("a /* x\ny */ b", "a b"),
    ],
)
def test_what_the_compiler_sees(source: str, expected: str) -> None:
    assert " ".join(code(tokens(source))) == expected


@pytest.mark.parametrize("source", ["a /* b", 'x "y', "it's"])
def test_what_does_not_end(source: str) -> None:
    with pytest.raises(ValueError, match=r"line 1: .* without an end"):
        tokens(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f(a, g(b, c), d[1, 2])", [("f", ["a", "g(b, c)", "d[1, 2]"]), ("g", ["b", "c"])]),
        ("f()", [("f", [])]),
        ("f( /* nothing */ )", [("f", [])]),
        ("f (\n a,\n b)", [("f", ["a", "b"])]),
        ("if (a) sizeof(b)", []),
        ('/* f(a) */ "g(b)" h(c)', [("h", ["c"])]),
        ("f(a", []),
        ("f(a]", []),
        ("(f)(a)", []),
    ],
)
def test_calls(source: str, expected: list[tuple[str, list[str]]]) -> None:
    stream = tokens(source)
    found = [
        (call.name, [text(stream[first:end]).strip() for first, end in call.arguments])
        for call in calls(stream)
    ]
    assert found == expected
    assert all(stream[call.end - 1].text == ")" for call in calls(stream))


def test_brackets() -> None:
    stream = tokens("a(b[c]{d})e")
    assert closing(stream, 1) == 9
    assert closing(stream, 3) == 5


def test_the_same_to_a_compiler() -> None:
    assert same("f(a,b);", "f ( a, /* x */ b ) ;")
    assert not same("f(a,b);", "f(b,a);")
