"""Strtoul: text read as a number, as far as it goes or as a whole, as the kernel's library reads it.

What a number is wanted for is not known here. Source: lib/vsprintf.c, lib/kstrtox.c.
"""

from __future__ import annotations

import re

from .ints import ULONG_MAX, u64

_DIGITS = {16: "[0-9a-fA-F]*", 10: "[0-9]*", 8: "[0-7]*"}


class NotParsed(ValueError):
    """The text is no number: ``errno`` is EINVAL, or ERANGE where it is too large a one."""

    def __init__(self, errno: str, text: str) -> None:
        super().__init__(f"{text!r}: {errno}")
        self.errno = errno


def simple_strtoul(text: str) -> int:
    """The number with which the text begins, 0 where it begins with none.

    It goes as far as there are digits, and wraps around where it does not fit.
    """
    base, rest = _base(text)
    digits = _leading(rest, base)
    return int(u64(int(digits, base))) if digits else 0


def kstrtoul(text: str) -> int:
    """The number that the text is, as a whole: with a + before it or one newline behind it, if anything.

    Raises NotParsed.
    """
    base, rest = _base(text.removeprefix("+"))
    digits = _leading(rest, base)
    number = int(digits, base) if digits else 0
    if number > ULONG_MAX:
        raise NotParsed("ERANGE", text)
    if not digits or rest.removesuffix("\n") != digits:
        raise NotParsed("EINVAL", text)
    return number


def _base(text: str) -> tuple[int, str]:
    """The base that the text asks for (0x, 0), and its digits."""
    if re.match(r"0[xX][0-9a-fA-F]", text):
        return 16, text[2:]
    return (8, text) if text.startswith("0") else (10, text)


def _leading(text: str, base: int) -> str:
    found = re.match(_DIGITS[base], text)
    return found[0] if found else ""
