"""Readers of the state: snapshots, mountinfo text, drawings."""

from __future__ import annotations

import subprocess

from vfslab import mountinfo
from vfslab.drive import record
from vfslab.kernel.flags import MNT_DETACH, MS_BIND, MS_SHARED
from vfslab.model import Model
from vfslab.snapshot import Snapshot
from vfslab.take import take
from vfslab.views import dot, engine

from . import models
from .measure import KernelTimer, Refused, Row, Rows, best_of, missing, seconds, short

MOUNTS = 30_000


def snapshots() -> Rows:
    """The second picture of 30,000 mounts, after one of them changed, against the first."""
    against, most = "the first snapshot", 0.01
    kernel = models.many_mounts(MOUNTS)

    def first() -> float:
        return seconds(Model(kernel=kernel).snapshot)

    model = Model(kernel=kernel)
    model.snapshot()
    types = iter([MS_SHARED, 1 << 18] * 100)

    def again() -> float:
        model.call("sh1", "mount", None, "/d7", None, next(types), None)
        return seconds(model.snapshot)

    def binding() -> float:
        model.call("sh1", "mount", "/source", "/d7", None, MS_BIND, None)
        taken = seconds(model.snapshot)
        model.call("sh1", "umount2", "/d7", MNT_DETACH)
        model.snapshot()
        return taken

    one, two, three = best_of(5, first, again, binding)
    yield Row("snapshot after one mount changed", against, two / one, most, f"{short(two)} : {short(one)}")
    yield Row(
        "snapshot after one mount was made", against, three / one, most, f"{short(three)} : {short(one)}"
    )

    timelines = iter(
        [
            record(
                kernel,
                kernel.init,
                kernel.syscall(kernel.init, "mount", None, f"/d{n}", None, MS_SHARED, None),
            )
            for n in range(10, 15)
        ]
    )
    steps: list[float] = []

    def beginning() -> float:
        timeline = next(timelines)
        taken = seconds(lambda: timeline[0].snapshot)
        change = next(frame.index for frame in timeline if frame.changed)
        steps.append(seconds(lambda: timeline[change].snapshot))
        return taken

    (one,) = best_of(5, beginning)
    two = min(steps)
    yield Row(
        "step of a timeline, one mount changed",
        "its first snapshot",
        two / one,
        most,
        f"{short(two)} : {short(one)}",
    )


def tables() -> Rows:
    """Reading the text of a mountinfo and printing it again, against getting it from /proc."""
    what, against, most = f"parse and print a mountinfo of {MOUNTS:,} lines", "reading it from /proc", 5
    try:
        with KernelTimer("text", MOUNTS) as kernel:
            text = kernel.once()
        with KernelTimer("mountinfo", MOUNTS) as kernel:
            ours, theirs = best_of(
                5, lambda: seconds(lambda: mountinfo.format(mountinfo.parse(text))), kernel.once
            )
            figures = f"{short(ours)} : {short(theirs)}"
            yield Row(what, against, ours / theirs, most, figures)
            snapshot = Snapshot.from_mountinfo(text)
            assert snapshot.mountinfo(1) == text
            ours, theirs = best_of(
                5, lambda: seconds(lambda: Snapshot.from_mountinfo(text).mountinfo(1)), kernel.once
            )
            yield Row(
                "the same through a Snapshot",
                against,
                ours / theirs,
                None,
                f"{short(ours)} : {short(theirs)}",
            )
    except Refused as refused:
        yield missing(what, against, most, str(refused))


def drawing() -> Rows:
    """Drawing 60 mounts, all of vfslab's part included, against the Graphviz program on the same text."""
    what, against, most = "draw 60 mounts to SVG", "dot on the same text", 1.1
    try:
        program = engine.find_dot()
    except engine.EngineError as error:
        yield missing(what, against, most, str(error))
        return
    snapshot = take(models.many_mounts(57))
    assert len(snapshot.mounts) == 60
    source = dot.source(snapshot)

    def ours() -> float:
        engine._render.cache_clear()
        return seconds(lambda: engine.svg(dot.source(snapshot)))

    def program_takes(*how: str) -> float:
        command = [program, *how, "-Tsvg"]
        return seconds(
            lambda: subprocess.run(command, input=source.encode(), capture_output=True, check=True)
        )

    # The places are vfslab's own work: dot works them out itself, neato -n2 only draws what is placed.
    assert "pos=" in source
    one, laid_out, drawn = best_of(
        9, ours, lambda: program_takes("-Kdot"), lambda: program_takes("-Kneato", "-n2")
    )
    yield Row(what, against, one / laid_out, most, f"{short(one)} : {short(laid_out)}")
    yield Row(what, "neato -n2, which lays nothing out", one / drawn, None, f"{short(one)} : {short(drawn)}")
