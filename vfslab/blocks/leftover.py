"""LeftOver: a variable that was declared and not written still holds a number, whatever lay there before.

Which variables those are, and who goes by them, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping


class LeftOver(int):
    """A number that nobody wrote. What is computed from it is an ordinary number again."""

    def __repr__(self) -> str:
        return f"LeftOver({int(self)})"

    def __str__(self) -> str:
        return f"{int(self)} (left over)"


def is_written(value: int) -> bool:
    """Whether somebody wrote the number, as a sanitizer knows (KMSAN keeps such a bit for each bit)."""
    return not isinstance(value, LeftOver)


def declared(layout: Mapping[str, tuple[int, int]], stack: bytes) -> dict[str, int]:
    """The fields of a structure that is declared where ``stack`` lies, low bits first, none of them written.

    ``layout`` gives each field's first bit and its number of bits. Raises ValueError for a field that is
    not in the stack.
    """
    whole = int.from_bytes(stack, "little")
    for name, (first, bits) in layout.items():
        if first < 0 or bits < 1 or first + bits > 8 * len(stack):
            raise ValueError(f"{name} has bits {first} to {first + bits - 1}, the stack has {8 * len(stack)}")
    return {name: LeftOver(whole >> first & (1 << bits) - 1) for name, (first, bits) in layout.items()}
