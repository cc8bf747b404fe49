"""A state whose fields lie in cache lines, and the rule that nothing is fetched in vain.

Which fields there are, and who reads and writes them, is known to the modules of the changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from vfslab.blocks.mesi import FALSE_SHARING, Caches, Line


@dataclass
class Cached:
    """``lines`` are the cache lines met so far; ``in_vain`` says what false sharing has led to.

    Without caches (``placed`` makes them) touching a field means nothing.
    """

    lines: dict[int | str, Line] = field(default_factory=dict)
    in_vain: list[str] = field(default_factory=list)
    _caches: Caches | None = None

    def placed(self, place: Mapping[str, int]) -> Self:
        """The same state with caches; ``place`` says in which line a field lies."""
        self._caches = Caches(place)
        self.lines = self._caches.lines
        return self

    def touch(self, cpu: int, name: str, write: bool = False) -> str:
        """The CPU reads or writes a field: in words, with what it means for its line."""
        words = f"CPU {cpu} {'writes' if write else 'reads'} {name}"
        if self._caches is None:
            return words
        access = (self._caches.write if write else self._caches.read)(cpu, name)
        if access.why == FALSE_SHARING:
            lost_to = " and ".join(sorted(access.lost_to))
            self.in_vain.append(f"CPU {cpu} fetches the line of {name} again, of which {lost_to} changed")
        return f"{words}: {access.outcome}{f' ({access.why})' if access.why else ''}"


def nothing_in_vain(state: Cached) -> Iterator[str]:
    """A rule: no CPU loses a line to others who write nothing that it looks at."""
    yield from state.in_vain
