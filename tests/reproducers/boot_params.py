"""3f320e5c2eca, kstrtoul for mhash_entries: what did the kernel make of the sizes that it was booted with?

It takes a machine booted with mhash_entries= and mphash_entries=; both hash tables are in the kernel's log.
"""

import os
import re

from mounts import report

TABLES = {"mhash_entries": "Mount-cache", "mphash_entries": "Mountpoint-cache"}


def log() -> str:
    messages = []
    with open(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
        while (message := file.read(8192)) is not None:
            messages.append(message.partition(b";")[2].decode(errors="replace"))
    return "".join(messages)


def words(path: str, end: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().strip().split(end)


said = log()
given = dict(word.split("=", 1) for word in words("/proc/cmdline", " ") if word.startswith(tuple(TABLES)))
facts = {}
for option, value in given.items():
    entries = re.search(rf"{TABLES[option]} hash table entries: (\d+)", said)
    unknown = re.search(r"Unknown kernel command line parameters .*", said)
    facts[f"{option}={value}"] = {
        "entries": int(entries[1]) if entries else None,
        "kernel_calls_it_unknown": unknown is not None and f"{option}={value}" in unknown[0],
        "in_the_environment_of_init": f"{option}={value}" in words("/proc/1/environ", "\0"),
    }
report(facts)
