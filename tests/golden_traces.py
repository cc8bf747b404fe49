"""The running example of the copy, and its steps in short: locks held, function, mounts.

Six mounts: 1 nullfs, the root of the namespace; 2 on it, shared; 3 on 2, private; 4 on 2, shared; 5 on
4, unbindable; 6 on 2, private, in which the caller stands.
"""

from __future__ import annotations

from vfslab.drive.timeline import Timeline
from vfslab.kernel.effects import Step
from vfslab.scenario import Scenario

EXAMPLE = """sh1# mount --make-shared /
sh1# mkdir /dev /run /srv
sh1# mount -t tmpfs dev /dev
sh1# mount --make-private /dev
sh1# mount -t tmpfs run /run
sh1# mkdir /run/x
sh1# mount -t tmpfs x /run/x
sh1# mount --make-unbindable /run/x
sh1# mount -t tmpfs srv /srv
sh1# mount --make-private /srv
sh1# cd /srv
"""
LOCKS = {"namespace_sem": "sem", "mount_lock": "mlock"}


def short(timeline: Timeline) -> list[str]:
    """A line for each step of kernel code: locks, function, sentence."""
    lines = []
    for frame in timeline:
        if not isinstance(frame.effect, Step) or frame.effect.function in ("call", "return"):
            continue
        locks = "+".join(LOCKS.get(lock, "inode") for lock in frame.locks) or "-"
        mounts = " ".join(map(str, frame.effect.mounts))
        others = " ".join(map(str, frame.effect.others))
        lines.append(f"{locks:<15} {frame.function:<22} {mounts}{f' ({others})' if others else ''}".rstrip())
    return lines


def without_memory_for(scenario: Scenario, what: str) -> Timeline:
    """The timeline in which there is no memory for ``what``."""
    (outcome,) = (outcome for outcome in scenario.sweep() if outcome.what == what)
    return scenario.timeline(outcome.path)
