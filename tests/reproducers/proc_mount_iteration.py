"""4a403d7aa907, proc mount iteration: how often is a mount shown that was made between two reads?

A table is read up to its end, but not beyond. Then mount ids are used up, a mount is made, and
the reading goes on. On an affected kernel the new mount is shown once for every id since the last mount.
"""

import os

from mounts import AT_FDCWD, OPEN_TREE_CLONE, SCRATCH, mount, open_tree, privately, report

IDS_USED_UP = (0, 1, 10, 100, 1000)
TABLE = "/proc/self/mountinfo"


def times_shown(used_up: int, late: tuple[str, ...]) -> list[int]:
    """The lines of each mount of ``late``, made one after the other."""
    for name in ("last", *late):
        os.mkdir(f"{SCRATCH}/{name}")
    mount("last", f"{SCRATCH}/last", "tmpfs")
    with open(TABLE, "rb") as whole:
        length = len(whole.read())
    table = os.open(TABLE, os.O_RDONLY)
    while length > 0:
        length -= len(os.read(table, 65536))
    for _ in range(used_up):
        os.close(open_tree(AT_FDCWD, SCRATCH, OPEN_TREE_CLONE))
    for name in late:
        mount(name, f"{SCRATCH}/{name}", "tmpfs")
    rest = b"".join(iter(lambda: os.read(table, 65536), b""))
    return [rest.count(f" - tmpfs {name} ".encode()) for name in late]


report(
    {
        "times_shown_by_ids_used_up": {
            str(used_up): privately(times_shown, used_up, ("late",))[0] for used_up in IDS_USED_UP
        },
        "times_shown_of_two_late_mounts": privately(times_shown, 100, ("late", "later")),
    }
)
