"""4a403d7aa907, proc mount iteration: does the table of a namespace with a single mount end?

The cursor of an affected kernel starts at 0 and grows by one a read, and the id of the mount is beyond 2^31.
"""

import os

from mounts import go_to_the_bottom, privately, report

MOST_READS = 2000


def read_the_table() -> dict[str, object]:
    proc = os.open("/proc", os.O_RDONLY)
    go_to_the_bottom()
    table = os.open("self/mountinfo", os.O_RDONLY, dir_fd=proc)
    lines = 0
    for _ in range(MOST_READS):
        said = os.read(table, 65536)
        if not said:
            return {"lines": lines, "end_of_file": True}
        lines += said.count(b"\n")
    return {"lines": lines, "end_of_file": False}


report({"reads_at_most": MOST_READS, **privately(read_the_table)})
