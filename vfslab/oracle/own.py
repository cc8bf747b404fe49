"""The mounts of the process that asks: its own /proc/self/mountinfo, read and nothing more."""

from __future__ import annotations

import os
from pathlib import Path

from vfslab.oracle.sandbox import NotAllowed
from vfslab.snapshot import Snapshot

MOUNTINFO = Path("/proc/self/mountinfo")


def own_mounts() -> Snapshot:
    """What this very process sees. Raises NotAllowed where there is no such file to read."""
    try:
        text = os.fsdecode(MOUNTINFO.read_bytes())
    except OSError as error:
        raise NotAllowed(f"{MOUNTINFO}: {error.strerror}; only Linux with /proc mounted has it") from None
    return Snapshot.from_mountinfo(text, "self")
