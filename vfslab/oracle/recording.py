"""Recordings: what a kernel answered, kept in files to be compared where there is no such kernel.

A recording is one transcript on one kernel, in one JSON file that a person can
read. It is written from the running kernel or from a VM; what it is compared with
is not known here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vfslab.oracle.live import RunningKernel
from vfslab.oracle.outcome import Run, from_json, run_commands, to_json
from vfslab.oracle.vm import VM, Transcript


class Recording(NamedTuple):
    """A transcript and what a kernel answered.

    ``case`` is the name of the transcript, ``version`` the kernel's uname -v (uname -r is
    ``run.release``), ``taken`` says how it was asked.
    """

    case: str
    version: str
    taken: str
    run: Run

    @property
    def kernel(self) -> str:
        """The kernel's version, by which recordings are kept."""
        return kernel_version(self.run.release)


def kernel_version(release: str) -> str:
    """A uname -r without a distribution's additions: 7.1.13, 7.1.0-rc2."""
    match = re.match(r"[0-9.]*[0-9](-rc[0-9]+)?", release)
    return match[0] if match else release


def record_here(transcripts: Iterable[Transcript]) -> Iterator[Recording]:
    """Run transcripts on the running kernel. Raises NotAllowed and SandboxEnded."""
    who = "root" if os.geteuid() == 0 else f"root of a user namespace of user {os.geteuid()}"
    for transcript in transcripts:
        with RunningKernel() as kernel:
            run = run_commands(kernel, transcript.commands)
        yield Recording(transcript.name, os.uname().version, f"on the running kernel, as {who}", run)


def record_in_vm(image: Path, transcripts: Sequence[Transcript]) -> Iterator[Recording]:
    """Run transcripts on the kernel of the file ``image``, in one boot. Raises VMFailed."""
    with VM(image, transcripts) as vm:
        taken = f"in a VM ({vm.emulator}, -accel tcg), as root"
        for transcript, run in zip(transcripts, vm.runs(), strict=True):
            yield Recording(transcript.name, vm.version, taken, run)


def write(recording: Recording, folder: Path) -> Path:
    """Write ``recording`` below ``folder``, by kernel and case; where it is now."""
    path = folder / recording.kernel / f"{recording.case}.json"
    value = {
        "case": recording.case,
        "release": recording.run.release,
        "version": recording.version,
        "taken": recording.taken,
        "commands": to_json(recording.run),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Recording:
    """Read a recording. Raises ValueError for a file that is none."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        run = from_json(value["release"], value["commands"])
        return Recording(value["case"], value["version"], value["taken"], run)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no recording: {type(error).__name__}: {error}") from error
