"""The drivers of kernel code: who decides what its effects mean.

``run`` ignores them, ``record`` keeps them.
"""

from .record import record
from .run import Result, run
from .timeline import Frame, Timeline

__all__ = ["Frame", "Result", "Timeline", "record", "run"]
