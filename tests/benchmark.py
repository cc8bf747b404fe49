"""make benchmark: what things cost against each other, measured in one run. Prints a table of ratios.

Each row is the best of several repeats, and a ratio with the most it should be.
Rows that this machine cannot measure say why.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from vfslab.drive import record, run
from vfslab.kernel import Kernel
from vfslab.kernel.flags import CLONE_NEWNS, MS_BIND
from vfslab.oracle.live import available

HERE = Path(__file__).parent
SIZES = (300, 3_000, 30_000)


class Row(NamedTuple):
    """A measured ratio (or difference) and the most it should be."""

    what: str
    measured: str
    ratio: float
    most: float
    unit: str = "x"

    def __str__(self) -> str:
        verdict = "ok" if self.ratio <= self.most else "OVER"
        return (
            f"{self.what:58} {self.measured:34} {self.ratio:8.2f} {self.unit:3} {self.most:6.1f}  {verdict}"
        )


def best(repeats: int, once: Callable[[], float]) -> float:
    return min(once() for _ in range(repeats))


def kernel_with(mounts: int) -> Kernel:
    """A model with that many bind mounts, the shape that kernel_unshare.py makes."""
    kernel = Kernel()
    run(kernel.syscall(kernel.init, "mkdir", "/source"))
    run(kernel.syscall(kernel.init, "mount", "source", "/source", "tmpfs", 0, None))
    for number in range(mounts):
        run(kernel.syscall(kernel.init, "mkdir", f"/d{number}"))
        result = run(kernel.syscall(kernel.init, "mount", "/source", f"/d{number}", None, MS_BIND, None))
        assert result.errno is None, result.reason
    return kernel


def unshare_seconds(kernel: Kernel, *, recorded: bool) -> float:
    """The time of one unshare in a fresh child, which exits afterwards."""
    child = kernel.fork(kernel.init, "child")
    code = kernel.syscall(child, "unshare", CLONE_NEWNS)
    gc.collect()
    start = time.perf_counter()
    kept = record(kernel, child, code) if recorded else run(code)
    seconds = time.perf_counter() - start
    del kept
    run(kernel.exit(child))
    return seconds


def import_milliseconds() -> float:
    """What ``import vfslab`` adds to a bare interpreter, as the median of alternating starts."""

    def start(program: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        return time.perf_counter() - begin

    pairs = [(start("pass"), start("import vfslab")) for _ in range(15)]
    return 1000 * (
        statistics.median(after for _, after in pairs) - statistics.median(before for before, _ in pairs)
    )


def kernel_seconds(mounts: int) -> float:
    """The running kernel's own unshare of that many mounts."""
    command = [sys.executable, "-I", str(HERE / "kernel_unshare.py"), str(mounts), "15"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rows() -> list[Row | str]:
    table: list[Row | str] = []
    added = import_milliseconds()
    table.append(Row("import vfslab, against a bare interpreter", f"+{added:.0f} ms", added, 60, "ms"))
    forbidden = available()
    model: dict[int, float] = {}
    for size in SIZES:
        kernel = kernel_with(size)
        model[size] = best(10_000 // size + 5, lambda kernel=kernel: unshare_seconds(kernel, recorded=False))
        recorded = best(3, lambda kernel=kernel: unshare_seconds(kernel, recorded=True))
        each = f"{model[size] / size * 1e6:.2f} µs a mount"
        if forbidden:
            table.append(f"unshare of {size} mounts, against the running kernel: {forbidden}")
        else:
            real = kernel_seconds(size)
            table.append(
                Row(
                    f"unshare of {size} mounts, against the running kernel",
                    f"{each}, kernel {real / size * 1e6:.2f}",
                    model[size] / real,
                    5,
                )
            )
        table.append(
            Row(
                f"recording it, {size} mounts, against running it",
                f"{recorded / size * 1e6:.2f} µs a mount",
                recorded / model[size],
                3,
            )
        )
    small, large = SIZES[0], SIZES[-1]
    growth = (model[large] / large) / (model[small] / small)
    table.append(Row(f"a mount of {large}, against one of {small}", "", growth, 1.6))
    return table


def main() -> None:
    print(f"{'':58} {'measured':34} {'ratio':>8}      at most")
    for row in rows():
        print(row, flush=True)
    subprocess.run([sys.executable, str(HERE / "browser" / "measure_stepper.py")], check=True)


if __name__ == "__main__":
    main()
