"""The miniature kernel: fs/namespace.c, fs/pnode.c and the path walk, as generators of effects.

It imports the standard library alone, prints nothing, draws nothing, and does
not know who drives it.
"""

from .effects import Acquire, Alloc, Check, Effect, NotModelled, Oops, Refused, Release, Step
from .kernel import Kernel
from .releases import RELEASES
from .syscalls import SYSTEM_CALLS

__all__ = [
    "RELEASES",
    "SYSTEM_CALLS",
    "Acquire",
    "Alloc",
    "Check",
    "Effect",
    "Kernel",
    "NotModelled",
    "Oops",
    "Refused",
    "Release",
    "Step",
]
