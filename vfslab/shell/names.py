"""The shells of a session, and the names under which each keeps numbers that calls gave to it.

Numbers go in and come out; what a call does with them is not known here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# no descriptor has this number: what a name stands for once its descriptor is closed
CLOSED = 0x7FFFFFFF
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Kept(NamedTuple):
    """A number, and whether it is a descriptor; an id otherwise."""

    number: int
    descriptor: bool

    @property
    def is_open(self) -> bool:
        """Whether it is a descriptor that may still be open."""
        return self.descriptor and self.number != CLOSED


class Shells:
    """The living shells by name, in the order of their start, each with what it keeps.

    A new shell has its parent's names as of then, as it has the descriptors behind them.
    """

    def __init__(self, first: str) -> None:
        self._names: dict[str, dict[str, Kept]] = {first: {}}
        self._ended: set[str] = set()

    @property
    def living(self) -> tuple[str, ...]:
        return tuple(self._names)

    def names(self, shell: str) -> dict[str, Kept]:
        """What ``shell`` keeps, to be looked into and changed."""
        return self._names[shell]

    def has_ended(self, shell: str) -> bool:
        return shell in self._ended

    def start(self, shell: str, parent: str) -> None:
        """``shell`` is a child of ``parent`` from now on."""
        self._names[shell] = dict(self._names[parent])

    def end(self, shell: str) -> None:
        """``shell`` is no more, and its name is not given again."""
        del self._names[shell]
        self._ended.add(shell)
