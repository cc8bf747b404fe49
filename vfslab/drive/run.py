"""run: kernel code to its end, as fast as Python goes.

Effects are not looked at. What a call came to is a ``Result``, refusals included.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NamedTuple

from ..kernel.effects import Code, Effect, Oops, Refused


class Result(NamedTuple):
    """How kernel code ended: ``value``, the ``refusal`` that stopped it, or the ``oops`` that ends it all."""

    value: Any = None
    refusal: Refused | None = None
    oops: Oops | None = None

    @property
    def errno(self) -> str | None:
        """The name of the error ("EINVAL"), None after success."""
        return None if self.refusal is None else self.refusal.errno

    @property
    def reason(self) -> str | None:
        """The function and the condition that refused, None after success."""
        return None if self.refusal is None else self.refusal.reason

    @property
    def remedy(self) -> str | None:
        """What would have made the call succeed, None after success."""
        return None if self.refusal is None else self.refusal.remedy


def run(code: Code, seen: Callable[[Effect], object] | None = None) -> Result:
    """Drive ``code`` to its end; ``seen`` is told each effect."""
    step = code.__next__
    collecting = gc.isenabled()
    # What a call makes stays: looking for garbage meanwhile costs a seventh of a copy of many mounts.
    gc.disable()
    try:
        while seen is not None:
            seen(step())
        while True:
            step()
    except StopIteration as stop:
        return Result(stop.value)
    except Refused as refusal:
        return Result(None, refusal)
    except Oops as oops:
        return Result(None, None, oops)
    finally:
        if collecting:
            gc.enable()
