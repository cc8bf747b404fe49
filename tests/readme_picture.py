"""Draws docs/peer-groups.svg, the picture in the README, from the transcript that stands there.

python tests/readme_picture.py
"""

from __future__ import annotations

import re
from pathlib import Path

from vfslab.model import Model
from vfslab.shell.session import Session
from vfslab.views import dot, engine

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "peer-groups.svg"


def transcript() -> str:
    """The README's first transcript."""
    found = re.search(r"```\n(sh1# .*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, "the README has a transcript"
    return found[1]


def draw() -> str:
    """The picture of the state that the transcript leads to."""
    with Model() as model:
        for result in Session(model).run_transcript(transcript()):
            assert result.status == 0, result
        return engine.svg(dot.source(model.snapshot()))


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw() + "\n", encoding="utf-8")
