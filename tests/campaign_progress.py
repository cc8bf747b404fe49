"""How far a campaign is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any, TextIO

SECONDS = 10.0


class Progress:
    """Tells ``stream`` how many commands of ``total`` are done, how fast, how long still, and what differed.

    ``finished`` were done before, and say nothing about the speed. On a terminal that is tqdm's bar where
    tqdm is installed, else a line every ``seconds``.
    """

    def __init__(
        self, total: int, finished: int = 0, stream: TextIO = sys.stderr, seconds: float = SECONDS
    ) -> None:
        self._total, self._before, self._stream, self._seconds = total, finished, stream, seconds
        self._done = finished
        self._start = self._told = time.monotonic()
        self._bar: Any = None
        if stream.isatty() and importlib.util.find_spec("tqdm"):
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=finished, unit=" commands", file=stream, dynamic_ncols=True)
            self._bar.set_postfix(differences=0)

    def update(self, commands: int, differences: int) -> None:
        """So many commands more are done; so many differences there were so far."""
        self._done += commands
        if self._bar is not None:
            self._bar.set_postfix(differences=differences, refresh=False)
            self._bar.update(commands)
            return
        now = time.monotonic()
        if now - self._told >= self._seconds:
            self._told = now
            rate = (self._done - self._before) / max(now - self._start, 1e-9)
            left = f"{max(self._total - self._done, 0) / rate:.0f} s left" if rate else "no end in sight"
            print(
                f"{self._done} of {self._total} commands, {rate:.0f} a second, "
                f"differences so far: {differences}, {left}",
                file=self._stream,
                flush=True,
            )

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
