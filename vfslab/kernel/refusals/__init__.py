"""Every reason a system call can refuse for: the table behind each errno, a module for each kind of call.

A row is a ``Check``: errno, the kernel function that tests, the condition in plain
words, and what would make the call succeed. Code raises ``Refused(row, …)``; documents
and tests read the rows. In the texts ``{0}``, ``{1}`` are the mounts or paths that the
refusal names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..effects import Check
from .attributes import *
from .descriptors import *
from .files import *
from .filesystem import *
from .listing import *
from .mounting import *
from .moving import *
from .namespaces import *
from .unmounting import *


def rows() -> Iterator[tuple[str, Check]]:
    """Every row with its name, in the order of the modules; a table of rows counts as its rows."""
    for name, value in list(globals().items()):
        if isinstance(value, Check):
            yield name, value
        elif isinstance(value, Mapping) and name.isupper():
            yield from ((f"{name}[{key!r}]", row) for key, row in value.items())
