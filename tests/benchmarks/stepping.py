"""A step of the stepper in a real JupyterLab, against a frame of the screen."""

from __future__ import annotations

import json
import subprocess
import sys

from .measure import HERE, Row, Rows, missing

FRAME = "a frame of 16 ms"


def rows() -> Rows:
    what = "a step at 60 mounts in JupyterLab"
    command = [sys.executable, str(HERE.parent / "browser" / "measure_stepper.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield missing(what, FRAME, 1, (done.stderr.strip().splitlines() or ["it failed"])[-1])
        return
    for kind, middle, late, ratio, most in json.loads(done.stdout):
        yield Row(f"{what}, {kind}", FRAME, ratio, most, f"median {middle:.1f} ms, 95 % {late:.1f} ms")
