"""Measuring: rows of ratios, and repeats that a loaded machine disturbs little.

Every figure is the best of several repeats, and the two sides of a ratio take turns, so that
what else the machine does meets both. What is measured is not known here.
"""

from __future__ import annotations

import contextlib
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Row(NamedTuple):
    """``what`` was measured ``against`` what: their ``ratio``, and the most it should be (None: no limit).

    ``figures`` are both sides in words. A figure alone has no ratio; ``why`` says why one is not there.
    """

    what: str
    against: str
    ratio: float | None
    most: float | None
    figures: str = ""
    why: str = ""

    @property
    def verdict(self) -> str:
        if self.why:
            return "not measured"
        if self.ratio is None or self.most is None:
            return ""
        return "ok" if self.ratio <= self.most else "OVER"


def missing(what: str, against: str, most: float | None, why: str) -> Row:
    """A row that this machine cannot measure."""
    return Row(what, against, None, most, why=why)


def seconds(work: Callable[[], Any]) -> float:
    """How long one call takes, garbage from before collected and none collected meanwhile by chance."""
    gc.collect()
    start = time.perf_counter()
    kept = work()
    taken = time.perf_counter() - start
    del kept
    return taken


def best_of(repeats: int, *sides: Callable[[], float]) -> list[float]:
    """The least of what each of ``sides`` gives, in rounds in which each has its turn."""
    rounds = [[side() for side in sides] for _ in range(repeats)]
    return [min(column) for column in zip(*rounds, strict=True)]


def short(taken: float) -> str:
    """A time in a unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if taken >= size:
            return f"{taken / size:.3g} {unit}"
    return f"{taken * 1e9:.3g} ns"


class Refused(Exception):
    """The running kernel does not let itself be measured here."""


class KernelTimer:
    """A process that does one thing again and again in its own mount namespace, and says how long each took.

    ``words`` are the arguments of ``running_kernel.py``. Raises Refused where namespaces are forbidden.
    """

    def __init__(self, *words: object, script: str = "running_kernel.py") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(HERE / script), *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self._line()  # it is ready
        except Refused:
            self.close()
            raise

    def once(self, request: str = "") -> Any:
        """Do it once: seconds, or whatever else the thing answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None and self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines()
            raise Refused(said[-1] if said else "it ended without a word")
        return line

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Rows = Iterator[Row]
