"""Memory: things at addresses. Most addresses have nothing, and to read there is a fault.

What lies in it, and who follows which pointer, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
NULL = 0


class Fault(Exception):
    """Memory was read where there is none: ``address`` says where."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return "null-ptr-deref" if self.address == NULL else f"paging request at {self.address}"


def read(memory: Mapping[int, Any], address: int) -> Any:
    """What lies at the address. Raises Fault where nothing does, and at NULL nothing ever does."""
    if address == NULL or address not in memory:
        raise Fault(address)
    return memory[address]


def nofault(reads: Callable[[], T], otherwise: T) -> T:
    """What ``reads`` gives; ``otherwise`` where it meets a fault. As get_kernel_nofault() does."""
    try:
        return reads()
    except Fault:
        return otherwise
