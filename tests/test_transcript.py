"""Reading transcripts: what is a command, whose it is, and what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.shell.transcript import Line, TranscriptError, decode, parse

MAN_PAGE = """
    # an example like those of mount_namespaces(7)

    sh1# mount --make-shared /mntS
    sh2# mount --make-slave /mntX   # in the other shell
    mount -t tmpfs none '/mntX/a b'

    sh10#ls /mntX
"""


def test_prompts_comments_and_blank_lines() -> None:
    assert parse(MAN_PAGE) == [
        Line(4, "sh1", "mount --make-shared /mntS", ("mount", "--make-shared", "/mntS")),
        Line(
            5,
            "sh2",
            "mount --make-slave /mntX   # in the other shell",
            ("mount", "--make-slave", "/mntX"),
        ),
        Line(
            6,
            "sh1",
            "mount -t tmpfs none '/mntX/a b'",
            ("mount", "-t", "tmpfs", "none", "/mntX/a b"),
        ),
        Line(8, "sh10", "ls /mntX", ("ls", "/mntX")),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n\n", []),
        ("#", []),
        ("#!/bin/sh", []),
        ("sh2#", [Line(1, "sh2", "", ())]),
        ("sh2# # only a comment", [Line(1, "sh2", "# only a comment", ())]),
        ("ls\r\nls /a\r\n", [Line(1, "sh1", "ls", ("ls",)), Line(2, "sh1", "ls /a", ("ls", "/a"))]),
        ("sh0# ls", [Line(1, "sh1", "sh0# ls", ("sh0#", "ls"))]),
        ("sh01# ls", [Line(1, "sh1", "sh01# ls", ("sh01#", "ls"))]),
        ("root# ls", [Line(1, "sh1", "root# ls", ("root#", "ls"))]),
        ("touch a\\ ", [Line(1, "sh1", "touch a\\ ", ("touch", "a "))]),
        ("ls a\x0bb\x1cc\u2028d", [Line(1, "sh1", "ls a\x0bb\x1cc\u2028d", ("ls", "a\x0bb\x1cc\u2028d"))]),
    ],
)
def test_lines(text: str, lines: list[Line]) -> None:
    assert parse(text) == lines


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("ls\nls 'a", 2, 4, "this ' is never closed"),
        ('sh1# ls\n\n  sh2# ls "a\nsh1# ls', 3, 11, 'this " is never closed'),
        ("sh2# ls | cat", 1, 9, "unquoted '|': there are no pipes"),
        ("ls 'a\nb'", 1, 4, "this ' is never closed"),
        ("ls a\\\r\nls", 1, 5, "backslash at the end"),
        ("# c\nls a\0", 2, 5, "NUL"),
        ("# \0", 1, 3, "NUL"),
        ("ls /\udc80", 1, 5, "half a character"),
        ("$ ls", 1, 1, r"unquoted '\$': there are no variables"),
    ],
)
def test_what_cannot_be_read(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(TranscriptError, match=message) as refused:
        parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert str(refused.value) == f"line {line}, column {column}: {refused.value.message}"


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"\xff", 1, 1),
        (b"ls\nls \xc3\xa9 \xc3", 2, 6),
        (b"\xef\xbb\xbfls \x80", 1, 4),
        (b"ls\n\xe2\x82", 2, 1),
    ],
)
def test_bytes_that_are_not_text(data: bytes, line: int, column: int) -> None:
    with pytest.raises(TranscriptError, match="is not UTF-8") as refused:
        decode(data)
    assert (refused.value.line, refused.value.column) == (line, column)


def test_a_byte_order_mark_is_no_text() -> None:
    assert decode(b"\xef\xbb\xbfsh2# ls") == "sh2# ls"


@given(st.binary(max_size=60))
def test_rubbish_is_read_or_refused_with_its_place(data: bytes) -> None:
    try:
        lines = parse(decode(data))
    except TranscriptError as error:
        text = data.decode("utf-8", "replace")
        assert 1 <= error.line <= text.count("\n") + 1
        assert 1 <= error.column <= len(text) + 1
    else:
        assert all(line.words or line.number for line in lines)


@given(st.text())
def test_a_command_reads_the_same_again(text: str) -> None:
    """What a line's command is can be run again: it has the same words."""
    try:
        lines = parse(text)
    except TranscriptError:
        return
    for line in lines:
        again = parse(f"{line.shell}# {line.command}")
        assert [(one.shell, one.command, one.words) for one in again] == [line[1:]]
