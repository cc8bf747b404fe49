"""The drivers of kernel code: who decides what its effects mean.

``run`` ignores them, ``record`` keeps them, ``schedule`` lets several tasks take turns,
``fault`` lets memory run out, ``explore`` tries every order and every lack of memory. The last three
need rules to judge by and are imported by their modules' names.
"""

from .record import record
from .run import Result, run
from .timeline import Frame, Timeline

__all__ = ["Frame", "Result", "Timeline", "record", "run"]
