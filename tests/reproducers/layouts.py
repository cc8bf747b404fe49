"""How structures lie in memory, as the kernel's own type description (BTF) says; which lock shares its line.

Anybody may read BTF. The addresses of symbols are shown to root alone, and data symbols only where the kernel
was built to list them. Source of the format: Documentation/bpf/btf.rst.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from mounts import SCRATCH, mount, private_namespace, report

LINE = 64
BTF = "/kernel/btf/vmlinux"
STRUCT, UNION, ARRAY, ENUM, FUNC_PROTO, DATASEC, ENUM64 = 4, 5, 3, 6, 13, 15, 19
BEHIND = {1: 4, ARRAY: 12, 14: 4, 17: 4}  # bytes behind a record, besides: of INT, ARRAY, VAR, DECL_TAG
BEHIND_EACH = {STRUCT: 12, UNION: 12, ENUM: 8, FUNC_PROTO: 8, DATASEC: 12, ENUM64: 12}

# struct: the members whose places are asked for
ASKED = {
    "filename": ("uptr", "iname"),
    "delayed_filename": (),
    "ns_common": ("__ns_ref", "ops", "inum", "ns_id"),
    "pid_namespace": ("ns",),
    "pid": (),
    "inode": ("i_mode", "i_opflags", "i_security", "i_readcount", "i_flctx"),
    "restart_block": ("tv_sec", "tv_nsec", "end_time"),
    "wb_completion": ("progress_stamp", "wait_start"),
    "fserror_event": (),
    "super_block": ("s_pending_errors",),
    "file_kattr": ("flags_valid",),
}
# whether they are there is all that matters of them
PRESENCE = {"uptr", "s_pending_errors"}


class Record(NamedTuple):
    name: str
    kind: int
    size: int
    members: list[tuple[str, int, int]]  # name, type, offset in bits


def btf() -> bytes:
    """The description as it is; where nobody has mounted sysfs, root mounts one for this process."""
    try:
        with open("/sys" + BTF, "rb") as file:
            return file.read()
    except FileNotFoundError:
        private_namespace()
        mount("sysfs", SCRATCH, "sysfs")
        with open(SCRATCH + BTF, "rb") as file:
            return file.read()


def records() -> list[Record]:
    """Every type of the running kernel, by its number; 0 is void."""
    data = btf()
    magic, _, _, header, types, length, strings, _ = struct.unpack_from("<HBBIIIII", data)
    assert magic == 0xEB9F, "no BTF, or of another byte order"

    def text(offset: int) -> str:
        start = header + strings + offset
        return data[start : data.index(b"\0", start)].decode()

    found = [Record("", 0, 0, [])]
    at, end = header + types, header + types + length
    while at < end:
        name, info, size = struct.unpack_from("<III", data, at)
        kind, count, bitfields = info >> 24 & 31, info & 0xFFFF, info >> 31
        at += 12
        members = []
        if kind in (STRUCT, UNION):
            for member, type_, offset in struct.iter_unpack("<III", data[at : at + 12 * count]):
                members.append((text(member), type_, offset & 0xFFFFFF if bitfields else offset))
        found.append(Record(text(name), kind, size, members))
        at += BEHIND.get(kind, 0) + BEHIND_EACH.get(kind, 0) * count
    return found


def places(all_types: list[Record], record: Record, base: int = 0) -> Iterator[tuple[str, int]]:
    """Every member with its offset in bytes, those of members without a name too."""
    for name, type_, bits in record.members:
        if name:
            yield name, base + bits // 8
        inner = all_types[type_]
        if not name and inner.kind in (STRUCT, UNION):
            yield from places(all_types, inner, base + bits // 8)
        # what restart_block keeps for poll(2), counted from there
        if name == "poll":
            yield from places(all_types, inner)


def layout(all_types: list[Record], name: str) -> dict[str, Any] | None:
    """The size and the asked members of a structure, None where the kernel has none of that name."""
    for record in all_types:
        if record.kind == STRUCT and record.name == name and record.members:
            at = dict(places(all_types, record))
            return {"size": record.size} | {
                member: member in at if member in PRESENCE else at.get(member) for member in ASKED[name]
            }
    return None


def symbols() -> dict[str, int]:
    """Those of the kernel itself with their addresses; they are 0 for whoever may not know them."""
    found = {}
    with open("/proc/kallsyms", encoding="ascii") as file:
        for row in file:
            address, _, name, *module = row.split()
            if not module:
                found[name] = int(address, 16)
    return found


def line_of(listed: dict[str, int], name: str) -> dict[str, Any] | None:
    """Where a symbol lies in its line, and who else; None where no address is to be had."""
    address = listed.get(name)
    if not address:
        return None
    first = address - address % LINE
    there = sorted((at, other) for other, at in listed.items() if first <= at < first + LINE)
    return {
        "offset": address - first,
        "others": [f"{other} +{at - first}" for at, other in there if other != name],
    }


types = records()
listed = symbols()
report(
    {
        "structures": {name: layout(types, name) for name in ASKED},
        "lines": {name: line_of(listed, name) for name in ("cdev_lock", "pidmap_lock")},
        "pidmap_lock_seq": "pidmap_lock_seq" in listed if "pidmap_lock" in listed else None,
    }
)
