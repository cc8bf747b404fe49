"""make benchmark: every ratio of GROUPS in one run, as a table, a plot and JSON in .benchmarks/.

    make benchmark BENCHMARK_ARGS='--only unshare record'
    make benchmark BENCHMARK_ARGS='--against .benchmarks/20260101-120000.json'

A ratio is of two things that took turns on one machine, so it means the same on another; on a machine
that does something else meanwhile, "explore" and "notebooks" say little, as they want two cores.

What pure Python sets: a copied mount is some fifteen function calls, five effects through four generators
and one object of 26 fields. Tried without use: chained assignments in that object made no difference
that could be told from noise, and clone_mnt() without a generator of its own made less than 0.1 µs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import commands, exploring, memory, mounting, notebooks, pictures, starting, stepping
from .measure import ROOT, Row, Rows

GROUPS: dict[str, Callable[[], Rows]] = {
    "import": starting.rows,
    "unshare": mounting.unshare,
    "growth": mounting.growth,
    "receivers": mounting.receivers,
    "umount": mounting.umount,
    "commands": commands.rows,
    "record": mounting.record,
    "memory": memory.rows,
    "snapshot": pictures.snapshots,
    "mountinfo": pictures.tables,
    "draw": pictures.drawing,
    "explore": exploring.rows,
    "stepper": stepping.rows,
    "notebooks": notebooks.rows,
}


def machine() -> dict[str, Any]:
    """What was measured on: nothing that says whose it is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": os.uname().release,
        "python": platform.python_version(),
    }


def line(row: Row, before: dict[str, float]) -> str:
    """A row of the table; ``before`` are the ratios of another run, by what was measured."""
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    most = "" if row.most is None else f"{row.most:.3g}"
    then = f"  was {before[row.what]:.3g}" if row.what in before else ""
    figures = row.figures or row.why
    return f"{row.what:58} {ratio:>7} {most:>6}  {row.verdict:12} {figures} ({row.against}){then}"


def ratios(text: str) -> dict[str, float]:
    """The ratios of the JSON of another run."""
    return {row["what"]: row["ratio"] for row in json.loads(text)["rows"] if row["ratio"] is not None}


def plot(rows: list[Row], path: Path) -> None:
    """How far each ratio is from the most it should be."""
    from matplotlib.figure import Figure

    shown = [row for row in rows if row.ratio is not None and row.most is not None][::-1]
    figure = Figure(figsize=(9, 1 + 0.28 * len(shown)), layout="constrained")
    axes = figure.subplots()
    shares = [(row.ratio or 0) / (row.most or 1) for row in shown]
    styles = [{"color": "#0072b2"} if share <= 1 else {"color": "#d55e00", "hatch": "//"} for share in shares]
    for place, (share, style) in enumerate(zip(shares, styles, strict=True)):
        axes.barh(place, share, **style)
    axes.set_yticks(range(len(shown)), [f"{row.what}: {row.ratio:.3g} of {row.most:.3g}" for row in shown])
    axes.axvline(1, color="black")
    axes.set_xlabel("ratio, as a share of the most it should be; hatched is over it")
    figure.savefig(path)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), metavar="GROUP")
    parser.add_argument("--skip", nargs="+", choices=GROUPS, default=[], metavar="GROUP")
    parser.add_argument("--against", type=Path, help="the JSON of an earlier run, to be compared with")
    parser.add_argument("--into", type=Path, default=ROOT / ".benchmarks", help="folder for JSON and plot")
    wanted = parser.parse_args(arguments)
    before = ratios(wanted.against.read_text()) if wanted.against else {}
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print(f"load {os.getloadavg()[0]:.1f} at the start")
    print(f"{'':58} {'ratio':>7} {'most':>6}")
    rows: list[Row] = []
    for name in wanted.only:
        if name in wanted.skip:
            continue
        for row in GROUPS[name]():
            print(line(row, before), flush=True)
            rows.append(row)
    wanted.into.mkdir(exist_ok=True)
    place = wanted.into / time.strftime("%Y%m%d-%H%M%S.json")
    place.write_text(json.dumps({"machine": machine(), "rows": [row._asdict() for row in rows]}, indent=1))
    plot(rows, place.with_suffix(".svg"))
    print(f"{place.name} and {place.stem}.svg are in {wanted.into.name}/")


if __name__ == "__main__":
    main(sys.argv[1:])
