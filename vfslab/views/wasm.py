"""What a Python inside a browser (Pyodide) uses in place of programs and compiled packages.

Graphviz as viz-js, the plots that the lessons were published with, and packages of
Pyodide's own distribution. The package vfslab_lite, made by ``lite/build.py``, holds
the first two. What is drawn is not known here; nothing else may import this module's
``js`` and ``pyodide``, which are there in a browser only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from functools import cache
from importlib import import_module, resources
from typing import Any

HERE = sys.platform == "emscripten"
"""Whether this Python runs inside a browser."""


class NotLoaded(Exception):
    """What was asked for is not there, or not yet; the message says why and what to do."""


@cache
def _viz() -> Any:
    """A promise of viz-js, which runs inside the page as Graphviz. Raises NotLoaded."""
    from pyodide.code import run_js

    try:
        script = resources.files("vfslab_lite").joinpath("viz-global.js").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError):
        raise NotLoaded("this site has no package vfslab_lite; lite/build.py makes one that has") from None
    run_js(script)
    return run_js("Viz.instance().then(viz => globalThis.vfslabViz = viz)")


def begin() -> None:
    """Let viz-js load, so that it is there when the first picture is asked for."""
    with contextlib.suppress(NotLoaded):  # it is said when a picture is asked for
        _viz()


def render(source: str, engine: str) -> str:
    """The SVG file that Graphviz' ``engine`` draws for DOT ``source``.

    Raises NotLoaded when there is no viz-js, ValueError when it does not accept the source.
    """
    from pyodide.ffi import to_js

    js = import_module("js")
    how = to_js({"format": "svg", "engine": engine}, dict_converter=js.Object.fromEntries)
    # what a widget asks for cannot wait, and need not once viz-js is there
    viz = getattr(js, "vfslabViz", None) or _await(_viz(), "viz-js, which draws the pictures,")
    answer = viz.render(source, how)
    if answer.status != "success":
        said = [error["message"] for error in answer.errors.to_py() if error.get("level") == "error"]
        raise ValueError(said[0] if said else "it does not say why")
    return str(answer.output)


def load(package: str) -> None:
    """Load ``package`` from where this site's Pyodide has it, for the next import of it. Raises NotLoaded."""
    with contextlib.suppress(ImportError):
        import_module(package)
        return
    pyodide_js = import_module("pyodide_js")
    silence = {"messageCallback": lambda *_: None, "errorCallback": lambda *_: None}
    try:
        _await(pyodide_js.loadPackage(package, **silence), package)
        import_module(package)
    except (ImportError, OSError) as failed:
        raise NotLoaded(
            f"{package} is not in this site, and could not be loaded from Pyodide's own"
        ) from failed


@cache
def _drawn() -> dict[str, str]:
    try:
        text = resources.files("vfslab_lite").joinpath("pictures.json").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError):
        return {}
    pictures: dict[str, str] = json.loads(text)
    return pictures


def drawn(words: str) -> str | None:
    """The HTML of the plot that the lessons were published with beside these ``words``, if there is one."""
    return _drawn().get(hashlib.sha256(words.encode()).hexdigest())


def _await(promise: Any, what: str) -> Any:
    """What ``promise`` gives. Raises NotLoaded where this browser cannot let Python wait."""
    from pyodide.ffi import can_run_sync, run_sync

    if can_run_sync():
        return run_sync(promise)
    raise NotLoaded(f"{what} is being loaded; run the cell again")
