"""All notebooks under nbval on two cores, against the sum of their cells' own times."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time

import nbformat
from nbclient import NotebookClient

from .measure import ROOT, Row, Rows, missing, short

WHAT, AGAINST, MOST = "all notebooks under nbval, 2 cores", "their cells' own times", 1.5


def own_times() -> float:
    """Seconds that the cells of all notebooks take in their kernels, from request to answer."""
    total = 0.0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        resources = {"metadata": {"path": str(path.parent)}}
        NotebookClient(notebook, timeout=300, record_timing=True, resources=resources).execute()
        for cell in notebook.cells:
            times = cell.metadata.get("execution", {})
            if "shell.execute_reply" in times:
                begin, end = (
                    datetime.datetime.fromisoformat(times[name].replace("Z", "+00:00"))
                    for name in ("iopub.execute_input", "shell.execute_reply")
                )
                total += (end - begin).total_seconds()
    return total


def rows() -> Rows:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "notebooks"]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        yield missing(WHAT, AGAINST, MOST, (done.stdout.strip().splitlines() or ["pytest failed"])[-1])
        return
    own = own_times()
    yield Row(WHAT, AGAINST, taken / own, MOST, f"{short(taken)} : {short(own)}")
