"""294f54f849d8, failed writes: has this kernel the reports of 7.0, and the worker that finishes them?

No write is made to fail; what there is of functions and structures is looked up by name.
"""

from pathlib import Path

from mounts import SCRATCH, mount, privately, report

FUNCTIONS = ("fserror_report", "iomap_fail_ioends", "failed_ioend_work")
TYPES = ("fserror_event", "s_pending_errors")


def look_up() -> dict[str, bool]:
    symbols = {line.split()[2] for line in Path("/proc/kallsyms").read_text().splitlines()}
    # a VM has no sysfs of its own
    mount("sysfs", SCRATCH, "sysfs")
    # the names of all types and members stand in it, each with a 0 before it and behind
    names = Path(f"{SCRATCH}/kernel/btf/vmlinux").read_bytes()
    found = {name: name in symbols for name in FUNCTIONS}
    return found | {name: f"\0{name}\0".encode() in names for name in TYPES}


report(privately(look_up))
