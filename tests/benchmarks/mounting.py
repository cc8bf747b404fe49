"""System calls of the model against those of the running kernel, and what they cost with many mounts."""

from __future__ import annotations

from collections.abc import Callable

from . import models
from .measure import KernelTimer, Refused, Row, Rows, best_of, missing, short

KERNEL = "the running kernel"
SIZES = (300, 3_000, 30_000)
RECEIVERS = (1, 10, 100, 1_000, 10_000)


def against_kernel(
    what: str, most: float, repeats: int, timer: tuple[object, ...], model: Callable[[], float], each: int = 1
) -> Row:
    """The model's time against the running kernel's; ``each`` is how many mounts both are shared out over."""
    try:
        with KernelTimer(*timer) as kernel:
            ours, theirs = best_of(repeats, model, kernel.once)
    except Refused as refused:
        return missing(what, KERNEL, most, str(refused))
    unit = " a mount" if each > 1 else ""
    return Row(what, KERNEL, ours / theirs, most, f"{short(ours / each)} : {short(theirs / each)}{unit}")


def unshare() -> Rows:
    for size in SIZES:
        kernel = models.many_mounts(size)
        yield against_kernel(
            f"unshare of {size:,} mounts",
            2.5,
            10_000 // size + 5,
            ("unshare", size),
            lambda kernel=kernel: models.unshare(kernel),
            size,
        )


def growth() -> Rows:
    small = 300
    kernel = models.many_mounts(small)
    per_mount = min(models.unshare(kernel) for _ in range(40)) / small
    for size, most in ((30_000, 1.5), (100_000, 2.5)):
        kernel = models.many_mounts(size)
        larger = min(models.unshare(kernel) for _ in range(5)) / size
        figures = f"{short(larger)} : {short(per_mount)} a mount"
        yield Row(f"unshare, a mount of {size:,}", f"of {small}", larger / per_mount, most, figures)


def receivers() -> Rows:
    for count in RECEIVERS:
        kernel = models.shared_mount(count)
        yield against_kernel(
            f"mount that {count:,} peers and {count:,} slaves receive"
            if count > 1
            else "mount that 1 peer and 1 slave receive",
            10,
            2_000 // count + 5,
            ("receivers", count),
            lambda kernel=kernel: models.mount_into(kernel),
        )


def umount() -> Rows:
    mounts = 30_000
    kernel = models.shared_tree()
    yield against_kernel(
        f"recursive umount of {mounts:,}, half of them propagated to",
        10,
        3,
        ("umount", mounts),
        lambda: models.umount_tree(kernel, mounts),
        mounts,
    )


def record() -> Rows:
    """Recording against running, for each kind of call."""

    def row(what: str, repeats: int, once: Callable[[bool], float]) -> Row:
        recorded, plain = best_of(repeats, lambda: once(True), lambda: once(False))
        return Row(f"record {what}", "run", recorded / plain, 2, f"{short(recorded)} : {short(plain)}")

    for size in SIZES:
        kernel = models.many_mounts(size)
        yield row(
            f"unshare of {size:,} mounts",
            9_000 // size + 5,
            lambda recorded, kernel=kernel: models.unshare(kernel, recorded=recorded),
        )
    for count in (1, 1_000):
        kernel = models.shared_mount(count)
        yield row(
            f"a mount into {2 * count + 1:,} places",
            300 // count + 5,
            lambda recorded, kernel=kernel: models.mount_into(kernel, recorded=recorded),
        )
    tree = models.shared_tree()
    yield row("umount of 3,000", 4, lambda recorded: models.umount_tree(tree, 3_000, recorded=recorded))
