"""``import vfslab`` against a bare interpreter."""

from __future__ import annotations

import subprocess
import sys

from .measure import Row, Rows, best_of, seconds, short


def start(*arguments: str) -> float:
    return seconds(lambda: subprocess.run([sys.executable, *arguments], check=True))


def rows() -> Rows:
    ours, bare = best_of(25, lambda: start("-c", "import vfslab"), lambda: start("-c", "pass"))
    yield Row("import vfslab", "python -c pass", ours / bare, 1.5, f"{short(ours)} : {short(bare)}")
