"""watch: kernel code driven to its end, and a picture of the kernel that is kept up to date meanwhile.

A Step names the mounts that it touched: only those are read again. What a picture is good for is not
known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..kernel import Kernel
from ..kernel.effects import Code, Effect, Step
from ..patched import Patched
from ..snapshot import MountState, Snapshot
from ..take import look, note, row, take
from .run import Result, run


class Watch:
    """Drives code in ``kernel`` and gives pictures of it, of which one after another costs what has changed.

    Where others have driven code in the kernel, or are half-way, all is read again.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._mounts: Mapping[int, MountState] | None = None
        self._touched: set[int] = set()
        self._entered = 0

    def run(self, code: Code) -> Result:
        """``run``: drive a call or the end of a task. Nobody looks on before there is a picture."""
        if self._mounts is None:
            return run(code)
        effects: list[Effect] = []
        result = run(code, effects.append)
        self.saw(effects)
        return result

    def saw(self, effects: Iterable[Effect | None]) -> None:
        """These are all the effects of one call, or of the end of a task, that was driven to its end."""
        self._entered += 1
        if self._mounts is not None:
            for effect in effects:
                if isinstance(effect, Step):
                    self._touched.update(effect.mounts)

    def snapshot(self) -> Snapshot:
        """The state now: what ``take`` gives."""
        kernel = self.kernel
        if self._mounts is None or kernel.under_way or kernel.entered != self._entered:
            self._mounts = take(kernel).mounts
        elif self._touched:
            now = {id: kernel.mounts.get(id) for id in self._touched}
            rows = {id: None if mount is None else row(note(mount)) for id, mount in now.items()}
            self._mounts = Patched(self._mounts, rows)
        self._touched.clear()
        # With code half-way this is never the number of those that are over.
        self._entered = -1 if kernel.under_way else kernel.entered
        return Snapshot(self._mounts, *look(kernel))
