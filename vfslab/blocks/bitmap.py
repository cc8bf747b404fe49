"""Bitmap: a row of bits of which the first that is clear is handed out.

What a bit stands for is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator


class Bitmap:
    """Bits, the first is 0; ``text`` has a "1" or a "0" for each, from the first on.

    Raises ValueError for other text.
    """

    def __init__(self, text: str) -> None:
        if not text or set(text) - {"0", "1"}:
            raise ValueError(f"{text!r} is no row of 0 and 1")
        self.size = len(text)
        self._ones = int(text[::-1], 2)

    def find_first_zero_bit(self) -> int:
        """The first bit that is clear; the size where none is."""
        # adding 1 carries over all the ones at the low end, into the first zero
        return min(self.size, ((self._ones + 1) & ~self._ones).bit_length() - 1)

    def test_and_set_bit(self, bit: int) -> bool:
        """Set the bit, and say whether it was set. Raises IndexError."""
        was = self[bit]
        self._ones |= 1 << bit
        return was

    def clear_bit(self, bit: int) -> None:
        """Clear the bit. Raises IndexError."""
        if self[bit]:
            self._ones -= 1 << bit

    def __getitem__(self, bit: int) -> bool:
        """Whether the bit is set. Raises IndexError."""
        if not 0 <= bit < self.size:
            raise IndexError(f"bit {bit} of {self.size}")
        return bool(self._ones >> bit & 1)

    def zeros(self) -> Iterator[int]:
        """The bits that are clear."""
        return (bit for bit in range(self.size) if not self[bit])

    def __str__(self) -> str:
        return format(self._ones, f"0{self.size}b")[::-1]
