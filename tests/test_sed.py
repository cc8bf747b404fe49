"""Lines: the own engine does what sed and grep do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vfslab.blocks.sed import grep_l, python_pattern, sed, substitution

EXPRESSIONS = [
    "s/a/b/",
    "s/a/b/g",
    r"s/\(a*\)(\(b\))/\2\1/",
    r"s/\<ab\>/x/g",
    r"s/[^)]*)/x/",
    "s/a+b|c/x/",
    r"s/a\+/x/g",
    r"s/\(alloc(.*\), A)/\1)/",
]


@pytest.mark.skipif(shutil.which("sed") is None, reason="there is no sed")
@pytest.mark.parametrize("expression", EXPRESSIONS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="abc()+|, A\n", max_size=40), st.booleans())
def test_sed_says_the_same(expression: str, text: str, call: bool) -> None:
    given_text = f"alloc({text}, A) alloc(b, A)\n" if call else f"{text}\n"
    ran = subprocess.run(["sed", expression], input=given_text, capture_output=True, text=True, check=True)
    assert sed(expression, given_text) == ran.stdout


@pytest.mark.parametrize(
    ("basic", "expected"),
    [("(a)", r"\(a\)"), (r"\(a\)", "(a)"), (r"\.", r"\."), ("[^)]", "[^)]"), ("a*", "a*"), (r"\1", r"\1")],
)
def test_a_basic_expression(basic: str, expected: str) -> None:
    assert python_pattern(basic) == expected


def test_what_is_not_known() -> None:
    with pytest.raises(ValueError, match="is not known here"):
        python_pattern(r"\w")
    with pytest.raises(ValueError, match="is no s/"):
        substitution("y/a/b/")


def test_files_that_have_a_line(tmp_path: Path) -> None:
    tree = {"one": "a\nbab\n", "two": "b\n", "three": "ab"}
    assert grep_l(r"\<a", tree) == ("one", "three")
    if shutil.which("grep"):
        for name, text in tree.items():
            (tmp_path / name).write_text(text)
        ran = subprocess.run(
            ["grep", "-l", r"\<a", *tree], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert tuple(ran.stdout.split()) == grep_l(r"\<a", tree)
