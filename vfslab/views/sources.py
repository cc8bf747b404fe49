"""The source of the functions that a timeline runs through: each once, and the line that each frame is at."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import CodeType
from typing import Any

from vfslab.drive import Frame


def sources(kept: Sequence[Frame]) -> tuple[list[dict[str, Any]], list[tuple[int, int] | None]]:
    """The functions, each with ``name`` and ``lines``; for each frame the function's number and the line's.

    Both count from 0. A frame that is at no place, or at one whose source is not there, has None.
    """
    found: dict[CodeType, int | None] = {}
    texts: list[dict[str, Any]] = []
    at: list[tuple[int, int] | None] = []
    for frame in kept:
        if frame.place is None:
            at.append(None)
            continue
        code, line = frame.place
        if code not in found:
            lines = _lines(code)
            found[code] = len(texts) if lines else None
            if lines:
                texts.append({"name": code.co_name, "lines": lines})
        number = found[code]
        at.append(None if number is None else (number, line - code.co_firstlineno))
    return texts, at


def _lines(code: CodeType) -> list[str]:
    """The lines of a function, without what all of them are set in by; none where there is no file of it."""
    try:
        text = inspect.getsource(code)
    except (OSError, TypeError):
        return []
    return inspect.cleandoc("\n" + text).splitlines()
