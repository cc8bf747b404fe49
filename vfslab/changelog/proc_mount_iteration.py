"""4a403d7aa907: reading a table of mounts goes on behind the mount that was read last.

The iterator itself is kernel code; here is what shows its bug.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vfslab.drive.explore import Bounds
from vfslab.drive.schedule import Schedule
from vfslab.kernel.proc_namespace import m_next, m_next_position, m_start, m_start_at_position
from vfslab.scenario import Scenario

from .fix import Changed, Fix
from .search import ends, explored

COMMIT = "4a403d7aa907"
SCENARIO = Scenario(
    "sh1# mkdir /b\nsh1# T = openat AT_FDCWD /proc/self/mountinfo 0\n",
    (
        ("sh1", ("read T 4096", "read T 4096", "read T 4096")),
        ("sh2", ("open_tree AT_FDCWD / OPEN_TREE_CLONE", "mount B /b tmpfs 0 NULL")),
    ),
)


def once(schedule: Schedule) -> Iterator[str]:
    """A rule: no mount is in a table twice."""
    text = "".join(
        result.value for title, result in ends(schedule) if "read(" in title and isinstance(result.value, str)
    )
    lines = Counter(text.splitlines())
    for line, times in lines.items():
        if times > 1:
            yield f"a mount is read {times} times: {line}"


FIX = Fix(
    commit=COMMIT,
    title="namespace: fix proc mount iteration",
    author="Christian Brauner",
    date="2026-01-29",
    since="6.8 (2eea9ce4310d)",
    releases=("7.0-rc2", "6.19.7", "6.18.17", "6.12.77"),
    what="a mount made between two reads is read again and again, once for each id used up before it",
    rule="a mount that is there during the whole walk is read once, any other at most once",
    changed=(Changed(m_start_at_position, m_start), Changed(m_next_position, m_next)),
    scenario=SCENARIO,
    find=explored(SCENARIO, COMMIT, once, Bounds(faults=0)),
    notebook="07-the-table-that-does-not-end.ipynb",
    section="The mount that is read four times",
    evidence=("proc/read-again-and-again-6.18",),
    reproducers=("proc_mount_iteration", "endless_mountinfo"),
)
