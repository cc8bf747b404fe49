"""ef0b64741a53: a bitmap that cannot be right was reported as a full disk.

A filesystem hands out inode numbers by the first clear bit of a bitmap. Inodes themselves are not here,
nor is fsck.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vfslab.blocks.bitmap import Bitmap
from vfslab.drive.run import run
from vfslab.kernel.effects import Acquire, Alloc, Check, Code, Refused, Release, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

NO_MEMORY = Check("ENOMEM", "new_inode", "there is no memory for an inode", "free some memory")
FULL = Check("ENOSPC", "minix_new_inode", "no bit of the inode bitmap is clear", "remove a file")
SET_ALREADY = Check("ENOSPC", "minix_new_inode", "bit {0} was set by somebody else", "run fsck")
NO_SUCH_INODE = Check("ENOSPC", "minix_new_inode", "there can be no inode {0}", "remove a file")
CORRUPTED = Check("EFSCORRUPTED", "minix_new_inode", "there can be no inode {0}", "run fsck")

BITS_PER_ZONE = 8192
"""The bits of a block of 1024 bytes."""


class Answer(NamedTuple):
    """What open(O_CREAT) came to: which inodes were free, which clear bits are none, the number or errno."""

    free: tuple[int, ...]
    impossible: tuple[int, ...]
    answer: int | str


@dataclass
class MinixSb:
    """The superblock says that inodes go from 1 to ``s_ninodes``; ``s_imap`` are the blocks of the bitmap."""

    s_ninodes: int
    s_imap: list[Bitmap]
    answers: list[Answer] = field(default_factory=list)

    def clear(self) -> Iterator[int]:
        """The clear bits of all blocks."""
        first = 0
        for block in self.s_imap:
            yield from (first + bit for bit in block.zeros())
            first += block.size

    def exists(self, number: int) -> bool:
        """Whether the superblock knows such an inode."""
        return 1 <= number <= self.s_ninodes


def find_and_set(sb: MinixSb) -> Code:
    """Set the first clear bit, and give its number. Raises Refused: ENOSPC."""
    offset = 0
    yield Acquire("minix_new_inode", "bitmap_lock")
    for block in sb.s_imap:
        bit = block.find_first_zero_bit()
        if bit < block.size:
            break
        offset += block.size
    else:
        yield Release("minix_new_inode", "bitmap_lock")
        raise Refused(FULL)
    if block.test_and_set_bit(bit):
        yield Release("minix_new_inode", "bitmap_lock")
        raise Refused(SET_ALREADY, bit)
    yield Step("minix_new_inode", f"bit {offset + bit}, the first that was clear, is set")
    yield Release("minix_new_inode", "bitmap_lock")
    return offset + bit


def new_inode(sb: MinixSb) -> Code:
    """Memory for an inode. Raises Refused: ENOMEM."""
    if (yield Alloc("new_inode", "struct inode")):
        raise Refused(NO_MEMORY)


def minix_new_inode_enospc(sb: MinixSb) -> Code:
    """A number for a new inode, as it was. Raises Refused: ENOMEM, ENOSPC."""
    yield from new_inode(sb)
    number = yield from find_and_set(sb)
    if not sb.exists(number):
        raise Refused(NO_SUCH_INODE, number)
    return number


def minix_new_inode(sb: MinixSb) -> Code:
    """A number for a new inode. Raises Refused: ENOMEM, ENOSPC, EFSCORRUPTED."""
    yield from new_inode(sb)
    number = yield from find_and_set(sb)
    if not sb.exists(number):
        raise Refused(CORRUPTED, number)
    return number


def minix_new_inode_unset(sb: MinixSb) -> Code:
    """The same, and a bit that was set for nothing is cleared again. No kernel has it."""
    yield from new_inode(sb)
    number = yield from find_and_set(sb)
    if not sb.exists(number):
        yield Acquire("minix_new_inode", "bitmap_lock")
        block, bit = divmod(number, sb.s_imap[0].size)
        sb.s_imap[block].clear_bit(bit)
        yield Step("minix_new_inode", f"bit {number} is cleared again")
        yield Release("minix_new_inode", "bitmap_lock")
        raise Refused(CORRUPTED, number)
    return number


FUNCTIONS: dict[str, Callable[[MinixSb], Code]] = {
    "before": minix_new_inode_enospc,
    "after": minix_new_inode,
    "unset": minix_new_inode_unset,
}


def open_creat(sb: MinixSb, allocate: Callable[[MinixSb], Code]) -> Code:
    """open(O_CREAT): what is free before it is kept with the answer. Raises Refused."""
    clear = tuple(sb.clear())
    free = tuple(number for number in clear if sb.exists(number))
    impossible = tuple(number for number in clear if not sb.exists(number))
    try:
        number = yield from allocate(sb)
    except Refused as refusal:
        sb.answers.append(Answer(free, impossible, refusal.errno))
        raise
    sb.answers.append(Answer(free, impossible, number))
    return number


def errno_says_what_is_wrong(sb: MinixSb) -> Iterator[str]:
    """The rule: ENOSPC says that no inode is free, EFSCORRUPTED that the bitmap cannot be right."""
    for free, impossible, answer in sb.answers:
        if answer == "ENOSPC" and free:
            yield f"ENOSPC, and inode {free[0]} is free"
        elif answer == "ENOSPC" and impossible:
            yield f"ENOSPC, and bit {impossible[0]} says that the bitmap is corrupt"
        elif answer == "EFSCORRUPTED" and not impossible:
            yield "EFSCORRUPTED, and the bitmap is in order"
        elif isinstance(answer, int) and answer not in free:
            yield f"inode {answer} is given away, and is not free"


def failure_changes_nothing(sb: MinixSb) -> Iterator[str]:
    """Another rule, which the change leaves broken: what fails has eaten no bit."""
    for earlier, later in itertools.pairwise(sb.answers):
        lost = set(earlier.free + earlier.impossible) - set(later.free + later.impossible)
        if isinstance(earlier.answer, str) and lost:
            yield f"{earlier.answer}, and bit {min(lost)} is set for good"


def answers(side: str, sb: MinixSb, calls: int) -> list[int | str]:
    """What so many calls of minix_new_inode() come to, one after the other: numbers and errnos."""
    results = (run(FUNCTIONS[side](sb)) for _ in range(calls))
    return [result.errno or result.value for result in results]


def mechanism(
    side: str,
    bits: str,
    s_ninodes: int,
    calls: int = 4,
    rule: Callable[[MinixSb], Iterator[str]] = errno_says_what_is_wrong,
) -> Mechanism:
    """``calls`` files made one after the other; ``bits`` are the bitmap, bit 0 first, all in one block."""
    call = partial(open_creat, allocate=FUNCTIONS[side])
    return Mechanism(
        title=f"{calls} new files, inodes 1 to {s_ninodes}, bitmap {bits[:16]}",
        state=lambda: MinixSb(s_ninodes, [Bitmap(bits)]),
        tasks=(("touch", tuple((f"open(file {number}, O_CREAT)", call) for number in range(1, calls + 1))),),
        rule=rule,
    )


NINODES = 3
# bit 0 is never used, 1 to 3 are inodes, 4 and 5 fill the block; what is shown, then all that there are
BITMAPS = ("111100", *("".join(bits) for bits in itertools.product("10", repeat=6)))

SIDES = Sides("ef0b64741a53", lambda side, bits: mechanism(side, bits, NINODES), BITMAPS, other=("unset",))

FIX = Fix(
    commit="ef0b64741a53",
    title="minix: Correct errno in minix_new_inode",
    author="Jori Koolstra",
    date="2026-02-25",  # of the merge; the author's is not known here
    since="before git",
    releases=("7.0-rc2",),
    what="an inode bitmap that contradicts the superblock is reported as a full disk",
    rule="ENOSPC says that no inode is free, EFSCORRUPTED that the bitmap cannot be right",
    changed=(Changed(minix_new_inode_enospc, minix_new_inode),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="Disk full",
    no_evidence="no kernel at hand has CONFIG_MINIX_FS; on one that has, it takes root and a damaged image",
    area="vfs",
)
