"""Split a command line into words as sh does: quotes, backslash, comments.

Nothing here knows commands or prompts. There are no variables, pipes,
redirections, lists or patterns: their characters, when unquoted, are refused
with their place, so that no line ever means something else than in sh.
Rules of quoting: POSIX.1-2017, Shell Command Language, 2.2 and 2.3.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

_REFUSED = {
    "|": "there are no pipes",
    "&": "there are no background jobs and no lists of commands",
    ";": "there is one command on a line",
    "<": "there are no redirections",
    ">": "there are no redirections",
    "(": "there are no subshells",
    ")": "there are no subshells",
    "$": "there are no variables",
    "`": "there is no command substitution",
    "*": "there are no patterns",
    "?": "there are no patterns",
    "[": "there are no patterns",
    "{": "there is no brace expansion",
    "}": "there is no brace expansion",
}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


class WordError(ValueError):
    """A line that cannot be split. ``column`` counts characters from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message


class Word(str):
    """A word, and the column of the line, counted from 1, at which it begins."""

    column: int

    def __new__(cls, text: str, column: int) -> Self:
        word = super().__new__(cls, text)
        word.column = column
        return word


class _Piece(NamedTuple):
    """A stretch of a word, and where the line goes on behind it."""

    text: str
    end: int


def split(line: str, start: int = 0) -> list[Word]:
    """The words of ``line`` from index ``start`` on, quotes removed.

    Raises WordError for an unbalanced quote, a backslash at the end, an
    unquoted character that sh would act on, a NUL or half a surrogate pair.
    """
    _check_characters(line)
    words: list[Word] = []
    at = start
    while at < len(line):
        if line[at] in " \t":
            at += 1
        elif line[at] == "#":
            break
        else:
            _check_start(line, at, first=not words)
            word, end = _word(line, at)
            words.append(Word(word, at + 1))
            at = end
    return words


def _check_characters(line: str) -> None:
    for column, char in enumerate(line, start=1):
        if char == "\0":
            raise WordError(column, "NUL character: no path and no argument can hold one")
        if "\ud800" <= char <= "\udfff":
            raise WordError(column, f"{char!a} is half a character: it has no UTF-8")


def _check_start(line: str, at: int, first: bool) -> None:
    if line[at] == "~":
        raise WordError(at + 1, "unquoted '~': there are no home directories")
    if first and _ASSIGNMENT.match(line, at):
        raise WordError(at + 1, "assignment: there are no variables")


def _word(line: str, at: int) -> _Piece:
    text = ""
    while at < len(line) and line[at] not in " \t":
        if line[at] == "'":
            piece = _single_quoted(line, at)
        elif line[at] == '"':
            piece = _double_quoted(line, at)
        elif line[at] == "\\":
            piece = _Piece(_escaped(line, at), at + 2)
        elif line[at] in _REFUSED:
            raise WordError(at + 1, f"unquoted '{line[at]}': {_REFUSED[line[at]]}")
        else:
            piece = _Piece(line[at], at + 1)
        text += piece.text
        at = piece.end
    return _Piece(text, at)


def _single_quoted(line: str, at: int) -> _Piece:
    end = line.find("'", at + 1)
    if end < 0:
        raise WordError(at + 1, "this ' is never closed")
    return _Piece(line[at + 1 : end], end + 1)


def _double_quoted(line: str, start: int) -> _Piece:
    text, at = "", start + 1
    while at < len(line):
        char = line[at]
        if char == '"':
            return _Piece(text, at + 1)
        if char == "\\" and at + 1 < len(line):
            escaped = _escaped(line, at)
            text += escaped if escaped in '$`"\\' else "\\" + escaped
            at += 2
            continue
        if char in "$`":
            raise WordError(at + 1, f"unquoted '{char}': {_REFUSED[char]}")
        text += char
        at += 1
    raise WordError(start + 1, 'this " is never closed')


def _escaped(line: str, at: int) -> str:
    if at + 1 == len(line):
        raise WordError(at + 1, "backslash at the end of the line: a command cannot go on in the next")
    return line[at + 1]
