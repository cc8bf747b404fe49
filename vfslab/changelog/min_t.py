"""0f5bb0cfb0b4: a cast inside of a comparison cuts a number down before it is compared.

The one place where a user could see it: how FAT asks its disk to forget what is free (FITRIM). What the
rule of min() is, is in ``vfslab.blocks.ints``; how FAT allocates is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vfslab.blocks import ints
from vfslab.blocks.ints import MACHINE_32, MACHINE_64, Machine, Operand, loff_t, types_ok, u32, u64, usual
from vfslab.kernel.effects import Acquire, Code, Release, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides


@dataclass
class FstrimRange:
    """struct fstrim_range: the ioctl gets it from the user, and gives it back with what was done."""

    minlen: int
    len: int = 0


@dataclass
class Fat:
    """A FAT filesystem on a disk that can discard.

    ``free`` are the lengths of its free runs, in clusters of 1 << ``cluster_bits`` bytes; the disk discards
    in pieces of ``discard_granularity``. ``asked`` is what a user asked for, ``trimmed`` the runs discarded.
    """

    range: FstrimRange
    asked: int
    free: tuple[int, ...]
    cluster_bits: int = 11
    discard_granularity: int = 4096
    trimmed: list[int] = field(default_factory=list)


def fat_ioctl_fitrim_max_t(fat: Fat) -> Code:
    """ioctl(FITRIM), as it was: both numbers are cast to unsigned int, and the larger one counts."""
    granularity = u32(fat.discard_granularity)
    fat.range.minlen = ints.max_t(u32, u64(fat.range.minlen), granularity)
    yield Step("fat_ioctl_fitrim", f"runs of {fat.range.minlen} bytes and more are to be discarded")
    yield from fat_trim_fs(fat)


def fat_ioctl_fitrim(fat: Fat) -> Code:
    """ioctl(FITRIM): the larger one counts."""
    granularity = u32(fat.discard_granularity)
    fat.range.minlen = ints.max(u64(fat.range.minlen), granularity)
    yield Step("fat_ioctl_fitrim", f"runs of {fat.range.minlen} bytes and more are to be discarded")
    yield from fat_trim_fs(fat)


def fat_trim_fs(fat: Fat) -> Code:
    """Discard each free run that is long enough."""
    minlen = fat.range.minlen >> fat.cluster_bits
    yield Acquire("fat_trim_fs", "fat_lock")
    for run in fat.free:
        if run >= minlen:
            fat.trimmed.append(run << fat.cluster_bits)
            yield Step("fat_trim_clusters", f"{run << fat.cluster_bits} bytes are discarded")
    fat.range.len = sum(fat.trimmed)
    yield Release("fat_trim_fs", "fat_lock")


def no_run_is_too_short(fat: Fat) -> Iterator[str]:
    """The rule: what is discarded is as long as was asked for, or longer."""
    for run in fat.trimmed:
        if run < fat.asked:
            yield f"a run of {run} bytes is discarded; {fat.asked} and more were asked for"
            return


FITRIM: dict[str, Callable[[Fat], Code]] = {"before": fat_ioctl_fitrim_max_t, "after": fat_ioctl_fitrim}

WHOLE = (8151,)
"""A new filesystem on 16 MiB: all that is free is one run."""


def mechanism(side: str, minlen: int, free: tuple[int, ...] = WHOLE) -> Mechanism:
    """A user asks for runs of ``minlen`` bytes and more."""
    return Mechanism(
        title=f"FITRIM, minlen {minlen}",
        state=lambda: Fat(FstrimRange(minlen), minlen, free),
        tasks=(("fstrim", ((f"ioctl(FITRIM, minlen={minlen})", FITRIM[side]),)),),
        rule=no_run_is_too_short,
    )


def fitrim(side: str, minlen: int, free: tuple[int, ...] = WHOLE) -> FstrimRange:
    """What the ioctl gives back."""
    fat = Fat(FstrimRange(minlen), minlen, free)
    for _ in FITRIM[side](fat):
        pass
    return FstrimRange(int(fat.range.minlen), fat.range.len)


SHOWN = 1 << 32
# what is shown; then all powers of two, and their neighbours
MINLENS = (SHOWN, *sorted({(1 << bit) + by for bit in range(64) for by in (-1, 0, 1)}))

SIDES = Sides("0f5bb0cfb0b4", mechanism, MINLENS)


# --- the same change in fuse: what type has the number of pages that a write touches?


def fuse_operands(machine: Machine) -> tuple[Operand, Operand]:
    """(pos + len - 1) >> PAGE_SHIFT and such against max_pages, as the change first had it."""
    return Operand(usual(loff_t, machine.size_t)), Operand(u32)


def fuse_operands_counted_first(machine: Machine) -> tuple[Operand, Operand]:
    """The same with the number of pages put into an unsigned int first, as it was merged."""
    return Operand(u32), Operand(u32)


def compiles(operands: Callable[[Machine], tuple[Operand, Operand]]) -> dict[str, bool]:
    """Whether min() of the two is taken by the compiler, on machines of both widths."""
    machines = {"64-bit": MACHINE_64, "32-bit": MACHINE_32}
    return {name: types_ok(*operands(machine)) for name, machine in machines.items()}


FIX = Fix(
    commit="0f5bb0cfb0b4",
    title="fs: use min() or umin() instead of min_t()",
    author="David Laight",
    date="2026-02-09",  # of the merge; the author's is not known here
    since="the casts: long ago; FITRIM on FAT: 4.19",
    releases=("7.0-rc1",),
    what="FITRIM on FAT with a minimum of 4 GiB and more discards what is shorter",
    rule="a minimum is one of the two numbers, and no larger than the other",
    changed=(Changed(fat_ioctl_fitrim_max_t, fat_ioctl_fitrim),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="11-numbers-that-do-not-fit.ipynb",
    section="The upper half",
    reproducers=("fitrim",),
    area="vfs",
)
