"""From DOT source to SVG: the one place that knows there is a Graphviz program.

Everything else asks ``svg()`` and must not know whether a program, viz-js inside a
browser (``wasm.py``) or a cache answered. python-graphviz is imported when the first picture is asked for.
"""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from functools import lru_cache
from pathlib import Path

from vfslab.views import wasm

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_PLACED = re.compile(r'^  graph \[bb="[\d.,]+"', re.MULTILINE)
_ADVICE = "pip install graphviz-pure into this Python, or let VFSLAB_DOT name a Graphviz program"


class EngineError(RuntimeError):
    """No picture could be made; the message says why and what to do."""


def find_dot() -> Path:
    """The Graphviz program: ``$VFSLAB_DOT``, graphviz-pure beside this interpreter, or ``dot`` on PATH.

    The interpreter's scripts folder comes before PATH, as notebook kernels often
    run without it on their PATH. Raises ``EngineError`` when none is there.
    """
    chosen = os.environ.get("VFSLAB_DOT")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise EngineError(f"VFSLAB_DOT names {chosen!r}, which is not a program; correct or unset it")
        return Path(found)
    scripts = sysconfig.get_path("scripts")
    for name, path in (("graphviz-pure", scripts), ("graphviz-pure", None), ("dot", None)):
        found = shutil.which(name, path=path)
        if found is not None:
            return Path(found)
    raise EngineError(f"no Graphviz program was found; {_ADVICE}")


def svg(source: str) -> str:
    """The SVG element that Graphviz draws for DOT ``source``: no XML prolog, no comments.

    A source with places, as ``dot.source`` gives, keeps them. The same source is drawn
    once. Raises EngineError when there is no program or it does not accept the source.
    """
    if wasm.HERE:
        return _in_browser(source)
    return _render(find_dot(), source, "svg").decode()


def png(source: str) -> bytes:
    """The same picture as a PNG, for print and for looking at."""
    if wasm.HERE:
        raise EngineError("inside a browser a picture is drawn as SVG alone")
    return _render(find_dot(), source, "png")


@lru_cache(maxsize=256)
def _in_browser(source: str) -> str:
    try:
        return _element(wasm.render(source, "nop2" if _PLACED.search(source) else "dot"))
    except wasm.NotLoaded as missing:
        raise EngineError(str(missing)) from missing
    except ValueError as failed:
        raise EngineError(f"viz-js drew nothing: {failed}") from failed


@lru_cache(maxsize=256)
def _render(program: Path, source: str, form: str) -> bytes:
    try:
        import graphviz
        from graphviz.backend import dot_command
    except ImportError as missing:
        raise EngineError(f"the package {missing.name} is missing; pip install 'vfslab[lab]'") from missing
    dot_command.DOT_BINARY = program
    try:
        how = {"engine": "neato", "neato_no_op": 2} if _PLACED.search(source) else {"engine": "dot"}
        out: bytes = graphviz.Source(source).pipe(format=form, quiet=True, **how)
    except graphviz.ExecutableNotFound as missing:
        raise EngineError(f"{program} cannot be run; {_ADVICE}") from missing
    except OSError as failed:  # not a program after all, or one that ends without reading
        raise EngineError(f"{program} cannot be used: {failed.strerror}; {_ADVICE}") from failed
    except graphviz.CalledProcessError as failed:
        said = (failed.stderr or b"").decode(errors="replace").strip().splitlines()
        reason = said[0] if said else f"exit status {failed.returncode}"
        raise EngineError(f"{program.name} drew nothing: {reason}") from failed
    return out if form != "svg" else _element(out.decode()).encode()


def _element(text: str) -> str:
    """An SVG file without its prolog and its comments."""
    return _COMMENT.sub("", text[text.index("<svg") :])


if wasm.HERE:
    wasm.begin()
