"""Memory: things at addresses, most of which have nothing; to read there is a fault.

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


class Memory:
    """What lies at which address, each with fields by their names. At NULL there is nothing."""

    def __init__(self, things: Mapping[int, Mapping[str, Any]]) -> None:
        self._things = dict(things)
        if NULL in self._things:
            raise ValueError("nothing lies at NULL")

    def read(self, address: int, field: str) -> Any:
        """What the field of the thing at ``address`` holds. Raises Fault where nothing lies."""
        if address not in self._things:
            raise Fault(address)
        return self._things[address][field]


def nofault(read: Callable[[], T], otherwise: T) -> T:
    """What ``read`` gives, ``otherwise`` where it meets a fault. As get_kernel_nofault() does."""
    try:
        return read()
    except Fault:
        return otherwise
