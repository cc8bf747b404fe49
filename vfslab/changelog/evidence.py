"""What real kernels said of a change: recordings of its litmus files, kernels with the same answers together.

The recordings lie in the repository, not in an installed package. What they are compared with is not
known here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from .fix import Fix

RECORDINGS = Path(__file__).parents[2] / "tests" / "recordings"


class Said(NamedTuple):
    """One litmus file, the versions of the kernels that answered it alike, and the answers, a line each."""

    case: str
    kernels: tuple[str, ...]
    lines: tuple[str, ...]


class Evidence(tuple[Said, ...]):
    """What was said, in the order of the litmus files; as text the transcripts with their answers."""

    def __repr__(self) -> str:
        blocks = [
            "\n".join(
                [f"Linux {', '.join(said.kernels)} ({said.case}):", *(f"  {line}" for line in said.lines)]
            )
            for said in self
        ]
        return "\n\n".join(blocks)


def evidence(fix: Fix, folder: Path = RECORDINGS) -> Evidence:
    """What the kernels said.

    Raises FileNotFoundError where there are no recordings: they come with the repository.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: the recordings come with the repository of vfslab")
    found: list[Said] = []
    for case in fix.evidence:
        answers: dict[tuple[str, ...], list[str]] = {}
        for path in sorted(folder.glob(f"*/{case}.json"), key=_by_version):
            kernel = path.relative_to(folder).parts[0]
            answers.setdefault(tuple(_lines(json.loads(path.read_text()))), []).append(kernel)
        found += [Said(case, tuple(kernels), lines) for lines, kernels in answers.items()]
    return Evidence(found)


def _by_version(path: Path) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", str(path.parent.parent.name))]


def _lines(recording: dict[str, Any]) -> list[str]:
    lines = []
    for command in recording["commands"]:
        errno = command.get("errno")
        lines.append(command["run"] + (f"    -> {errno}" if errno else ""))
        lines += [f"    {line}" for line in command.get("printed", ())]
    return lines
