"""7c0225003317: what prints a broken inode followed its pointers.

Which pointer is broken is an input. Who calls it, and why the inode is broken, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vfslab.blocks.memory import NULL, Fault, nofault, read
from vfslab.kernel.effects import Code, Oops, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

INODE, SUPER_BLOCK, TYPE, NAME, UNMAPPED = 1000, 2000, 3000, 4000, 666
FS_NAME_SIZE = 32
UNKNOWN = "<unknown>"


@dataclass
class Inode:
    i_sb: int
    i_count: int = 1


@dataclass
class SuperBlock:
    s_type: int


@dataclass
class FileSystemType:
    name: int


@dataclass
class Name:
    """Bytes; without a NUL behind them a reader runs on into memory that is not there."""

    text: str
    terminated: bool = True


@dataclass
class Dump:
    """Where the inode is said to be, what has been printed, and what memory holds."""

    inode: int
    log: list[str] = field(default_factory=list)
    memory: dict[int, Any] = field(default_factory=dict)


def follow(dump: Dump, address: int) -> Any:
    """A plain read. Raises Oops where there is nothing."""
    try:
        return read(dump.memory, address)
    except Fault as fault:
        raise Oops("dump_inode", str(fault)) from fault


def printk_string(dump: Dump, address: int) -> str:
    """What %s does: read on until there is a NUL. Raises Oops."""
    name: Name = follow(dump, address)
    if not name.terminated:
        raise Oops("string", f"paging request behind {address}")
    return name.text


def dump_inode_trusting(dump: Dump) -> Code:
    """Print an inode that failed an assertion, as it was. Raises Oops."""
    inode = follow(dump, dump.inode)
    s_type = follow(dump, inode.i_sb).s_type
    name = printk_string(dump, follow(dump, s_type).name)
    dump.log += [f"an inode at {dump.inode}", f"fs:{name} count:{inode.i_count}"]
    yield Step("dump_inode", "two lines are printed")


def dump_inode(dump: Dump) -> Code:
    """Print an inode that failed an assertion: whatever it points to, it is one line."""
    memory = dump.memory
    sb = nofault(lambda: read(memory, dump.inode).i_sb, None)
    if sb is None:
        dump.log.append(f"an unreadable inode at {dump.inode}")
        yield Step("dump_inode", "one line is printed")
        return
    count = follow(dump, dump.inode).i_count  # a plain read: it has just been readable
    s_type = nofault(lambda: read(memory, sb).s_type, NULL)
    name = nofault(lambda: read(memory, s_type).name, NULL)
    text = nofault(lambda: read(memory, name).text[: FS_NAME_SIZE - 1], UNKNOWN)
    dump.log.append(f"an inode at {dump.inode} fs:{text} count:{count}")
    yield Step("dump_inode", "one line is printed")


HOPS = ("inode", "i_sb", "s_type", "name")


def pointers(hop: str, pointer: int) -> Dump:
    """An inode of which all pointers are good but one. Raises ValueError for another hop.

    ``hop`` "text" is the name's bytes: they do not end.
    """
    if hop not in (*HOPS, "text", "none"):
        raise ValueError(f"no hop {hop!r}; there are {', '.join(HOPS)}, text and none")

    def to(name: str, good: int) -> int:
        return pointer if name == hop else good

    memory = {
        INODE: Inode(to("i_sb", SUPER_BLOCK)),
        SUPER_BLOCK: SuperBlock(to("s_type", TYPE)),
        TYPE: FileSystemType(to("name", NAME)),
        NAME: Name("e" * 40, terminated=False) if hop == "text" else Name("ext4"),
    }
    return Dump(to("inode", INODE), memory=memory)


def something_is_printed(dump: Dump) -> Iterator[str]:
    """The rule: whatever the pointer is, in the end something is printed."""
    if not dump.log:
        yield "nothing is printed"


def _make(side: str, given: tuple[str, int]) -> Mechanism:
    hop, pointer = given
    function = dump_inode_trusting if side == "before" else dump_inode
    return Mechanism(
        title=f"an inode, broken: {hop}",
        state=lambda: pointers(hop, pointer),
        tasks=(("VFS_BUG_ON", (("dump_inode", function),)),),
        at_end=something_is_printed,
    )


SIDES = Sides(
    "7c0225003317",
    _make,
    (
        ("i_sb", UNMAPPED),
        ("none", NULL),
        *(
            (hop, pointer)
            for hop in HOPS
            for pointer in (NULL, UNMAPPED)
            if (hop, pointer) != ("i_sb", UNMAPPED)
        ),
        ("text", NULL),
    ),
)

FIX = Fix(
    commit="7c0225003317",
    title="fs: improve dump_inode() to safely access inode fields",
    author="Yuto Ohnuki",
    date="2026-01-12",
    since="6.15, with CONFIG_DEBUG_VFS",
    releases=("7.0-rc1",),
    what="what prints an inode that is broken dies of what is broken about it",
    rule="whatever the pointer is, something is printed",
    changed=(Changed(dump_inode_trusting, dump_inode),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="The printer that must not crash",
    no_evidence="it is there with CONFIG_DEBUG_VFS only, and called for an inode that is broken already",
    area="vfs",
)
