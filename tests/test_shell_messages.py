"""Quoting in messages, with the words of GNU coreutils 9.1 for names that no table can hold."""

from __future__ import annotations

import errno
import os
import shlex
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.shell import messages


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("x y\n\t\x01z", r"'x y'$'\n\t\001''z'"),
        ("x\x01'y", r"'x'$'\001'\''y'"),
        ("\n", r"''$'\n'"),
        ("a\nb", r"'a'$'\n''b'"),
        ("x\u200b'y", '"x\u200b\'y"'),
        ("\x7f\x85", r"''$'\177\302\205'"),
        ("\udcff", r"''$'\377'"),
    ],
)
def test_names_for_a_shell(name: str, quoted: str) -> None:
    assert messages.quoteaf(name) == quoted
    assert messages.quotef(name) == quoted


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("/a b", "‘/a b’"), ("x\x01\n\ty", r"‘x\001\n\ty’"), ("a\\b", r"‘a\\b’"), ("‘q’", r"‘‘q\’’")],
)
def test_names_in_prose(name: str, quoted: str) -> None:
    assert messages.quote(name) == quoted


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"])))
def test_what_is_quoted_reads_back(name: str) -> None:
    assert shlex.split(messages.quoteaf(name)) == [name]
    assert shlex.split(messages.quotef(name)) == [name]


@given(st.text())
def test_a_message_is_one_printable_line(name: str) -> None:
    for quote in (messages.quoteaf, messages.quotef, messages.quote, messages.visible):
        assert all(map(messages.printable, quote(name)))


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or "glibc" not in os.confstr("CS_GNU_LIBC_VERSION"),
    reason="the texts are those of glibc",
)
@pytest.mark.parametrize("name", [name for name in errno.errorcode.values() if name in messages._ERRNO_TEXTS])
def test_errno_texts_are_those_of_glibc(name: str) -> None:
    assert messages.strerror(name) == os.strerror(getattr(errno, name))


def test_an_errno_without_a_text() -> None:
    assert messages.strerror("EWHAT") == "Unknown error EWHAT"
