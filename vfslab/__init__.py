"""vfslab: the kernel's mount code in miniature, to run, step, draw and hold against a real kernel.

The names below are imported when first used, so that ``import vfslab`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .drive import Timeline, record, run
    from .kernel import Kernel
    from .model import Model
    from .oracle.live import RunningKernel
    from .shell.session import Session
    from .snapshot import Snapshot
    from .views.diagram import Diagram
    from .views.stepper import Stepper

_HOMES = {
    "Diagram": ".views.diagram",
    "Kernel": ".kernel",
    "Model": ".model",
    "RunningKernel": ".oracle.live",
    "Session": ".shell.session",
    "Snapshot": ".snapshot",
    "Stepper": ".views.stepper",
    "Timeline": ".drive",
    "record": ".drive",
    "run": ".drive",
}
__all__ = [
    "Diagram",
    "Kernel",
    "Model",
    "RunningKernel",
    "Session",
    "Snapshot",
    "Stepper",
    "Timeline",
    "record",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """``%load_ext vfslab``: the ``%%mnt`` cell magic."""
    from .views import magic

    magic.load(ipython)
