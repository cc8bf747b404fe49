"""Transcripts in the notation of mount_namespaces(7): ``sh1# mount --make-shared /mnt``.

A transcript is read as a whole before anything runs. What commands there are,
and what they do, is not known here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vfslab.shell.words import Word, WordError, split

FIRST_SHELL = "sh1"
_BYTE_ORDER_MARK = "\ufeff"
_PROMPT = re.compile(r"(sh[1-9][0-9]*)#")


class TranscriptError(ValueError):
    """A transcript that cannot be read. ``line`` and ``column`` count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column
        self.message = message


class Line(NamedTuple):
    """One line with a command or a prompt: the shell, the command as written, its words.

    ``words`` is empty for a prompt without a command, which only starts its shell.
    """

    number: int
    shell: str
    command: str
    words: tuple[Word, ...]


def decode(data: bytes) -> str:
    """The text of a transcript file. Raises TranscriptError where it is not UTF-8."""
    try:
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise TranscriptError(line, column, f"byte {data[error.start]:#04x} is not UTF-8") from None


def parse(text: str) -> list[Line]:
    """The commands of a transcript, in order.

    A line without a prompt is sh1's; blank lines and comments are left out.
    Output between the commands cannot be told from commands without a prompt,
    so it has no place in a transcript. Raises TranscriptError.
    """
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            read = _read(number, line.removesuffix("\r"))
        except WordError as error:
            raise TranscriptError(number, error.column, error.message) from None
        if read is not None:
            lines.append(read)
    return lines


def _read(number: int, line: str) -> Line | None:
    start = len(line) - len(line.lstrip(" \t"))
    prompt = _PROMPT.match(line, start)
    shell = prompt[1] if prompt else FIRST_SHELL
    if prompt:
        start = prompt.end()
    words = tuple(split(line, start))
    if not words and not prompt:
        return None
    command = line[start:].strip(" \t")
    if command.endswith("\\"):
        command += " "  # the blank that the backslash escapes
    return Line(number, shell, command, words)
