"""What the reproducers of the mount fixes found on real kernels: recordings, read without any privilege.

The reproducers lie in ``tests/reproducers``, and ``tests/take_evidence.py`` takes their recordings anew. What a
fact means for a change, and which changes there are, is not known here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"


def facts(reproducer: str) -> dict[str, dict[str, Any]]:
    """The facts that a reproducer found, by the version of the kernel, the oldest first.

    Raises ValueError, with the reproducers that there are, for one that has no recording.
    """
    found = {}
    for path in sorted(RECORDED.glob("*/*.json"), key=lambda path: _numbers(path.parent.name)):
        if path.stem == reproducer:
            recording = json.loads(path.read_text(encoding="utf-8"))
            found[recording["kernel"]] = recording["facts"]
    if not found:
        known = ", ".join(sorted({path.stem for path in RECORDED.glob("*/*.json")}))
        raise ValueError(f"there are no recordings of {reproducer!r}; there are those of {known}")
    return found


def _numbers(version: str) -> tuple[list[int], str]:
    """7.1.13 goes behind 7.1.2, and 7.1.13-lab behind 7.1.13."""
    return [int(number) for number in re.findall("[0-9]+", version)], version
