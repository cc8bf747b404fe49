"""vfslab: the kernel's mount code in miniature, to run, step, draw and hold against a real kernel.

The names below are imported when first used, so that ``import vfslab`` costs next to nothing.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from .drive import Timeline, record, run
    from .kernel import Kernel
    from .model import Model
    from .oracle.live import RunningKernel
    from .oracle.own import own_mounts
    from .scenario import Scenario
    from .shell.session import Session
    from .snapshot import Snapshot
    from .views.compare import compare
    from .views.compare_text import compare_text
    from .views.diagram import Diagram, show
    from .views.patch import Patch
    from .views.playground import Playground
    from .views.plots import growth, lock_bars, lock_plot
    from .views.stepper import Stepper

_HOMES = {
    "Diagram": ".views.diagram",
    "Kernel": ".kernel",
    "Model": ".model",
    "Patch": ".views.patch",
    "Playground": ".views.playground",
    "RunningKernel": ".oracle.live",
    "Scenario": ".scenario",
    "Session": ".shell.session",
    "Snapshot": ".snapshot",
    "Stepper": ".views.stepper",
    "Timeline": ".drive",
    "compare": ".views.compare",
    "compare_text": ".views.compare_text",
    "growth": ".views.plots",
    "lock_bars": ".views.plots",
    "lock_plot": ".views.plots",
    "own_mounts": ".oracle.own",
    "record": ".drive",
    "run": ".drive",
    "show": ".views.diagram",
}
__all__ = [
    "Diagram",
    "Kernel",
    "Model",
    "Patch",
    "Playground",
    "RunningKernel",
    "Scenario",
    "Session",
    "Snapshot",
    "Stepper",
    "Timeline",
    "compare",
    "compare_text",
    "growth",
    "lock_bars",
    "lock_plot",
    "own_mounts",
    "record",
    "run",
    "show",
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
