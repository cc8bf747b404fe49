"""294f54f849d8, failed writes: has this kernel the reports of 7.0, and the worker that finishes them?

No write is made to fail; what there is of functions and structures is looked up by name.
"""

import json
from pathlib import Path

SYMBOLS = ("fserror_report", "iomap_fail_ioends", "failed_ioend_work")
TYPES = ("fserror_event", "s_pending_errors")


def main() -> None:
    symbols = {line.split()[2] for line in Path("/proc/kallsyms").read_text().splitlines()}
    facts: dict[str, object] = {name: name in symbols for name in SYMBOLS}
    btf = Path("/sys/kernel/btf/vmlinux")
    # The names of all types and members stand in it, each with a 0 before and behind it.
    names = btf.read_bytes() if btf.exists() else None
    for name in TYPES:
        facts[name] = "no BTF" if names is None else b"\0" + name.encode() + b"\0" in names
    print(json.dumps(facts))


main()
