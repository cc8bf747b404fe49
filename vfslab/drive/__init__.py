"""The drivers of kernel code: who decides what its effects mean.

``run`` ignores them, ``record`` keeps them.
"""

from .record import Change, Frame, Timeline, record
from .run import Result, run

__all__ = ["Change", "Frame", "Result", "Timeline", "record", "run"]
