"""What a mount of the model takes in memory, against a plain object with the same fields."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from vfslab.drive import run
from vfslab.kernel.flags import CLONE_NEWNS
from vfslab.kernel.objects import Mount
from vfslab.take import take

from . import models
from .measure import Row, Rows

COUNT = 10_000


class Plain:
    """An object without __slots__."""

    def __init__(self, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)


def held(make: Callable[[], Any]) -> float:
    """Bytes for each of COUNT that ``make`` makes at once and gives."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        taken = tracemalloc.get_traced_memory()[0] - before
        del kept
    finally:
        tracemalloc.stop()
    return taken / COUNT


def rows() -> Rows:
    kernel = models.many_mounts(COUNT)
    mount = next(iter(kernel.mounts.values()))
    fields = {name: getattr(mount, name) for name in Mount.__slots__}
    plain = held(lambda: [Plain(fields) for _ in range(COUNT)])
    alone = held(lambda: [Mount.__new__(Mount) for _ in range(COUNT)])
    against = "a plain object"
    child = kernel.fork(kernel.init, "child")
    unshared = held(lambda: run(kernel.syscall(child, "unshare", CLONE_NEWNS)))
    rows_of_snapshot = held(lambda: take(kernel)) / 2
    yield Row("bytes of a struct mount", against, alone / plain, 1, f"{alone:.0f} : {plain:.0f} bytes")
    figures = "{:.0f} : {:.0f} bytes".format
    yield Row(
        "bytes of a mount with all that lists it", against, unshared / plain, 2, figures(unshared, plain)
    )
    what = "bytes of a mount in a snapshot"
    yield Row(what, against, rows_of_snapshot / plain, 2, figures(rows_of_snapshot, plain))
