"""b29a0a37f46b, 63ad216fbfe2: the sizes of the tables of dentries and inodes, as words of the boot loader.

How a word is read as a number is in ``vfslab.blocks.strtoul``; the third parameter that was changed so,
mhash_entries=, is in ``parsers``. What is looked up in the tables is not here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from vfslab.blocks.strtoul import NotParsed, kstrtoul, simple_strtoul
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

MEMORY = 3 << 29
BUCKET = 8
# as much memory as has one bucket: 1 << SCALE bytes
DENTRY_SCALE, INODE_SCALE = 13, 14


@dataclass
class Boot:
    """A boot with one word for one of the tables.

    ``dhash_entries`` and ``ihash_entries`` are what was stored, 0 for nothing; ``unknown`` are the words
    that the kernel did not take, which init gets; the tables have so many buckets in the end.
    """

    parameter: str
    dhash_entries: int = 0
    ihash_entries: int = 0
    unknown: list[str] = field(default_factory=list)
    dentry_hashtable: int = 0
    inode_hashtable: int = 0


Setup: TypeAlias = Callable[[Boot, str], bool]


# --- the handlers, before and after; they say whether the word is theirs


def set_dhash_entries_simple(boot: Boot, text: str) -> bool:
    """dhash_entries=, as far as there are digits."""
    boot.dhash_entries = simple_strtoul(text)
    return True


def set_dhash_entries(boot: Boot, text: str) -> bool:
    """dhash_entries=, a whole number or nothing."""
    try:
        boot.dhash_entries = kstrtoul(text)
    except NotParsed:
        return False
    return True


def set_ihash_entries_simple(boot: Boot, text: str) -> bool:
    """ihash_entries=, as far as there are digits."""
    boot.ihash_entries = simple_strtoul(text)
    return True


def set_ihash_entries(boot: Boot, text: str) -> bool:
    """ihash_entries=, a whole number or nothing."""
    try:
        boot.ihash_entries = kstrtoul(text)
    except NotParsed:
        return False
    return True


# --- the boot around them


def obsolete_checksetup(boot: Boot, handler: Setup) -> Code:
    """Give the word to its handler; what that does not take goes to init."""
    name, _, text = boot.parameter.partition("=")
    taken = handler(boot, text)
    stored = boot.dhash_entries or boot.ihash_entries
    yield Step(handler.__name__.removesuffix("_simple"), f"stores {stored}" if taken else "refuses")
    if not taken:
        boot.unknown.append(boot.parameter)
        yield Step("unknown_bootoption", f"{name} goes to init")


def alloc_large_system_hash(numentries: int, scale: int, memory: int = MEMORY) -> int:
    """How many buckets a table gets: those asked for or one for some memory, a power of two, not too many."""
    wanted = power_of_two(numentries or memory >> scale)
    most = memory // 16 // BUCKET
    return 1 << min(wanted, most).bit_length() - 1


def power_of_two(number: int) -> int:
    """The next power of two that is not smaller."""
    return 1 << (number - 1).bit_length()


def inode_init_early(boot: Boot) -> Code:
    """Make both tables."""
    boot.dentry_hashtable = alloc_large_system_hash(boot.dhash_entries, DENTRY_SCALE)
    boot.inode_hashtable = alloc_large_system_hash(boot.ihash_entries, INODE_SCALE)
    yield Step(
        "alloc_large_system_hash", f"{boot.dentry_hashtable} and {boot.inode_hashtable} buckets are made"
    )


NUMBER = re.compile(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\n?")


def meant(text: str) -> int | None:
    """The number that the text is, None where it is none or has more than 64 bits. The oracle."""
    if not NUMBER.fullmatch(text):
        return None
    digits = text.strip("+\n")
    number = int(digits, 8 if re.fullmatch("0[0-7]+", digits) else 0)
    return number if number < 1 << 64 else None


def whole_or_not_at_all(boot: Boot) -> Iterator[str]:
    """The rule: the whole text is a number and is stored, or nothing is stored and somebody is told."""
    text = boot.parameter.partition("=")[2]
    stored = boot.dhash_entries or boot.ihash_entries
    number = meant(text)
    if stored != (number or 0):
        yield f"{boot.parameter!r} stores {stored}"
    elif number is None and not boot.unknown:
        yield f"{boot.parameter!r} stores nothing, and nobody is told"


HANDLERS: dict[str, dict[str, Setup]] = {
    "dhash_entries": {"before": set_dhash_entries_simple, "after": set_dhash_entries},
    "ihash_entries": {"before": set_ihash_entries_simple, "after": set_ihash_entries},
}


def mechanism(side: str, parameter: str) -> Mechanism:
    """A boot with a word such as dhash_entries=1024."""
    handler = HANDLERS[parameter.partition("=")[0]][side]
    calls = (
        ("start_kernel", partial(obsolete_checksetup, handler=handler)),
        ("vfs_caches_init_early", inode_init_early),
    )
    return Mechanism(
        title=f"boot with {parameter!r}",
        state=lambda: Boot(parameter),
        tasks=(("swapper", calls),),
        at_end=whole_or_not_at_all,
    )


def booted(side: str, parameter: str) -> Boot:
    """The boot when it is over."""
    boot = Boot(parameter)
    for _ in obsolete_checksetup(boot, HANDLERS[parameter.partition("=")[0]][side]):
        pass
    for _ in inode_init_early(boot):
        pass
    return boot


# all texts of up to two of these characters, and longer ones
ALPHABET = "018xka+- \n"
TEXTS = (
    *("1024k", "1024", "0x1000", "12abc", "abc", "9" * 23, "010", "+8192", "0x", "12\n", "12\n\n"),
    *("".join(text) for length in range(3) for text in itertools.product(ALPHABET, repeat=length)),
)
DHASH = Sides("b29a0a37f46b", mechanism, tuple(f"dhash_entries={text}" for text in TEXTS))
IHASH = Sides("63ad216fbfe2", mechanism, tuple(f"ihash_entries={text}" for text in TEXTS))

FIXES = (
    Fix(
        commit="b29a0a37f46b",
        title="dcache: Replace simple_strtoul with kstrtoul in set_dhash_entries",
        author="Thorsten Blum",
        date="2026-02-09",  # of the merge; the author's is not known here
        since="before git",
        releases=("7.0-rc1",),
        what="dhash_entries=1024k gives 1024 buckets, and nobody is told",
        rule="the whole text is a number and is stored, or nothing is stored and somebody is told",
        changed=(Changed(set_dhash_entries_simple, set_dhash_entries),),
        scenario=DHASH,
        find=both(DHASH),
        notebook="11-numbers-that-do-not-fit.ipynb",
        section="As far as there are digits",
        reproducers=("hash_entries",),
        area="vfs",
    ),
    Fix(
        commit="63ad216fbfe2",
        title="fs: Replace simple_strtoul with kstrtoul in set_ihash_entries",
        author="Thorsten Blum",
        date="2026-02-09",  # of the merge; the author's is not known here
        since="before git",
        releases=("7.0-rc1",),
        what="ihash_entries=12abc gives 16 buckets, and nobody is told",
        rule="the whole text is a number and is stored, or nothing is stored and somebody is told",
        changed=(Changed(set_ihash_entries_simple, set_ihash_entries),),
        scenario=IHASH,
        find=both(IHASH),
        notebook="11-numbers-that-do-not-fit.ipynb",
        section="As far as there are digits",
        reproducers=("hash_entries",),
        area="vfs",
    ),
)
