"""ca2a04e84af7, c3a3577cdb35: not everything that has room for a path is a pathname.

Who needs some memory takes it from the cache of pathnames, for its objects are large. How pathnames
themselves are allocated is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from vfslab.kernel.effects import Alloc, Code, Oops, Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES
from .fix import Changed, Fix
from .search import both
from .sides import Sides

PATH_MAX = 4096

# --- ntfs compares names while nobody may sleep


@dataclass
class RcuWalk:
    """A path walk that must not sleep, at a directory entry; what the comparison with it said."""

    name: str
    entry: str
    rcu_read_lock: bool = True
    slept: bool = False
    equal: bool | None = None


def _allocate(state: RcuWalk, function: str, gfp: str) -> Code:
    """Gives whether there is memory. GFP_KERNEL waits for it, GFP_NOWAIT does without."""
    if gfp == "GFP_KERNEL" and state.rcu_read_lock:
        state.slept = True
    failed = yield Alloc(function, f"two names, {gfp}")
    yield Step(function, f"wants memory, {gfp}: {'there is none' if failed else 'has it'}")
    return not failed


def needs_table(name: str, entry: str) -> bool:
    """Whether the bytes alone do not decide: the first that differ are not both ASCII."""
    differ = ((one, other) for one, other in zip(name.encode(), entry.encode(), strict=False) if one != other)
    for one, other in differ:
        if one >= 0x80 or other >= 0x80:
            return True
        if chr(one).upper() != chr(other).upper():
            return False
    return False


def _compare(state: RcuWalk, function: str) -> Code:
    state.equal = state.name.upper() == state.entry.upper()
    yield Step(
        function, f"compares {state.name} and {state.entry}: {'equal' if state.equal else 'different'}"
    )


def ntfs_d_compare_sleeping(state: RcuWalk) -> Code:
    """Where bytes do not decide, both names are put into memory that is waited for, and a table is asked."""
    if needs_table(state.name, state.entry):
        found = yield from _allocate(state, "ntfs_d_compare", "GFP_KERNEL")
        if not found:
            state.equal = False
            return
    yield from _compare(state, "ntfs_d_compare")


def ntfs_d_compare(state: RcuWalk) -> Code:
    """The same, with memory that nobody waits for."""
    if needs_table(state.name, state.entry):
        found = yield from _allocate(state, "ntfs_d_compare", "GFP_NOWAIT")
        if not found:
            state.equal = False
            return
    yield from _compare(state, "ntfs_d_compare")


def never_sleeps(state: RcuWalk) -> Iterator[str]:
    """A rule: nothing that may sleep is called under rcu_read_lock()."""
    if state.slept:
        yield f"a comparison with {state.entry} may sleep under rcu_read_lock()"


# A comparison is asked for where hashes agree, and those are of the folded names.
ENTRIES = (("readme", "README"), ("notes-2026", "NOTES-2026"), ("ñ", "ñ"), ("año", "AÑO"), ("a", "a"))


def _comparing(side: str, names: tuple[str, str]) -> Mechanism:
    code = ntfs_d_compare_sleeping if side == "before" else ntfs_d_compare
    return Mechanism(
        title=f"a walk looks for {names[0]} and meets {names[1]}",
        state=partial(RcuWalk, *names),
        tasks=(("walk", (("ntfs_d_compare()", code),)),),
        rule=never_sleeps,
    )


COMPARE = Sides("ca2a04e84af7", _comparing, ENTRIES)


# --- a buffer for PATH_MAX bytes


@dataclass
class Buffer:
    """The objects of names_cache have ``object_size`` bytes; who wants room for a path has so many."""

    object_size: int
    allocated: int = 0


def d_path_in_a_filename(state: Buffer) -> Code:
    """Writes a path of any length into an object of the cache of names."""
    state.allocated = state.object_size
    yield Step("__getname", f"gives an object of {state.allocated} bytes")
    yield from _fill(state)


def d_path_in_a_buffer(state: Buffer) -> Code:
    """Writes a path of any length into PATH_MAX bytes that were asked for."""
    state.allocated = PATH_MAX
    yield Step("kmalloc", f"gives {state.allocated} bytes")
    yield from _fill(state)


def _fill(state: Buffer) -> Code:
    if state.allocated < PATH_MAX:
        raise Oops("d_path", f"slab-out-of-bounds: {PATH_MAX} bytes into {state.allocated}")
    yield Step("d_path", f"writes up to {PATH_MAX} bytes")


def _filling(side: str, object_size: int) -> Mechanism:
    code: Callable[[Buffer], Code] = d_path_in_a_filename if side == "before" else d_path_in_a_buffer
    return Mechanism(
        title=f"a path is written while the objects of names_cache have {object_size} bytes",
        state=partial(Buffer, object_size),
        tasks=(("caller", (("d_path()", code),)),),
    )


BUFFERS = Sides("c3a3577cdb35", _filling, (PATH_MAX, 192))

_NOTEBOOK = "16-names-owners-scopes.ipynb"

FIXES = (
    Fix(
        commit="ca2a04e84af7",
        title="ntfs: ->d_compare() must not block",
        author="Al Viro",
        date=DATE,
        since="6.2",
        releases=("7.0-rc1", "6.19.6", "6.18.16"),
        what="ntfs3 waits for memory while it compares names in a walk that must not sleep",
        rule="nothing that may sleep is called under rcu_read_lock()",
        changed=(Changed(ntfs_d_compare_sleeping, ntfs_d_compare),),
        scenario=COMPARE,
        find=both(COMPARE),
        notebook=_NOTEBOOK,
        section="A comparison that sleeps",
        no_evidence="it takes an ntfs3 filesystem mounted with nocase, and a kernel short of memory",
        area="vfs",
        pull=PULL,
    ),
    Fix(
        commit="c3a3577cdb35",
        title="struct filename: use names_cachep only for getname() and friends",
        author="Al Viro",
        date=DATE,
        since="before git",
        releases=RELEASES,
        what="buffers for paths come from the cache of pathnames, whose objects are about to shrink",
        rule="nobody writes more bytes than there are, whatever size a name has",
        changed=(Changed(d_path_in_a_filename, d_path_in_a_buffer),),
        scenario=BUFFERS,
        find=both(BUFFERS),
        notebook=_NOTEBOOK,
        section="A buffer that is called a name",
        no_evidence="no kernel had small objects and old callers: the order of the commits prevents it",
        area="vfs",
        pull=PULL,
    ),
)
