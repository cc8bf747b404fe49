"""887e97745ec3: opening a file asks a flag whether the inode has file locks, no longer a pointer.

What an inode and its file locks do to each other is modelled, and which cache lines that moves between
CPUs. How long a transfer takes is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vfslab.blocks.layout import LINE
from vfslab.blocks.mesi import Caches, Grain, Touch, take_turns
from vfslab.kernel.effects import Acquire, Alloc, Check, Code, Oops, Refused, Release, Step
from vfslab.mechanism import Mechanism

from .cached import Cached, nothing_in_vain
from .fix import Changed, Fix
from .search import both
from .sides import Sides

COMMIT = "887e97745ec3"
IOP_FLCTX = 0x0100

OFFSETS = {
    "6.18.5": {"i_opflags": 2, "i_readcount": 348, "i_flctx": 360},
    "7.1.13": {"i_opflags": 2, "i_readcount": 340, "i_flctx": 352},
}
"""Where the three fields lie in struct inode; the recordings of ``layouts`` say the same."""
STARTS = range(0, LINE, 8)
"""Where in a cache line an inode may begin: it is part of a structure of its filesystem."""


@dataclass
class FileLockContext:
    """struct file_lock_context: the locks of an inode."""

    initialised: bool = False


@dataclass
class Inode:
    """struct inode, as far as it matters here."""

    i_opflags: int = 0
    i_readcount: int = 0
    i_flctx: FileLockContext | None = None


@dataclass
class Opened(Cached):
    """An inode that several CPUs open, close and lock, and the cache lines that its fields lie in."""

    inode: Inode = field(default_factory=Inode)
    installed: int = 0
    contexts: dict[str, FileLockContext] = field(default_factory=dict)


def place(release: str, start: int) -> dict[str, int]:
    """The line of each field, for an inode that begins ``start`` bytes into a line."""
    return {name: (start + offset) // LINE for name, offset in OFFSETS[release].items()}


# --- asking: does the inode have file locks?


def locks_inode_context_pointer(state: Opened, cpu: int, function: str) -> Code:
    """The pointer says it: NULL for no locks. Gives the context or None."""
    how = state.touch(cpu, "i_flctx")
    context = state.inode.i_flctx
    yield Step(function, how)
    return context


def locks_inode_context(state: Opened, cpu: int, function: str) -> Code:
    """The flag says it; the pointer is read where it is set. Gives the context or None.

    Raises Oops where the flag promised a context that is not there.
    """
    how = state.touch(cpu, "i_opflags")
    has_locks = state.inode.i_opflags & IOP_FLCTX
    yield Step(function, how)
    if not has_locks:
        return None
    how = state.touch(cpu, "i_flctx")
    context = state.inode.i_flctx
    if context is None:
        raise Oops(function, "i_opflags has IOP_FLCTX and i_flctx is NULL")
    yield Step(function, how)
    return context


Asked = Callable[[Opened, int, str], Code]


def open_and_close(asked: Asked, cpu: int) -> tuple[tuple[str, Callable[[Opened], Code]], ...]:
    """What a CPU does to open the file read-only and close it again: two calls."""

    def do_open(state: Opened) -> Code:
        how = state.touch(cpu, "i_readcount", write=True)
        state.inode.i_readcount += 1
        yield Step("i_readcount_inc", how)
        yield from asked(state, cpu, "break_lease")

    def do_close(state: Opened) -> Code:
        yield from asked(state, cpu, "locks_remove_posix")
        yield from asked(state, cpu, "locks_remove_file")
        how = state.touch(cpu, "i_readcount", write=True)
        state.inode.i_readcount -= 1
        yield Step("i_readcount_dec", how)

    return (f"open(2) on CPU {cpu}", do_open), (f"close(2) on CPU {cpu}", do_close)


# --- the first lock of an inode


def locks_get_lock_context_cmpxchg(state: Opened, cpu: int) -> Code:
    """Give the inode a context: compare-and-swap of the pointer, for there is nothing else to change."""
    context = yield from locks_inode_context_pointer(state, cpu, "locks_get_lock_context")
    if context is not None:
        return context
    context = yield from _new_context()
    if state.inode.i_flctx is None:
        state.inode.i_flctx = context
        state.installed += 1
    else:
        context = state.inode.i_flctx
    yield Step("locks_get_lock_context", f"CPU {cpu} swaps i_flctx, where it is still NULL")
    return context


def locks_get_lock_context(state: Opened, cpu: int) -> Code:
    """Give the inode a context: under i_lock, for pointer and flag change together; the flag last."""
    context = yield from locks_inode_context(state, cpu, "locks_get_lock_context")
    if context is not None:
        return context
    context = yield from _new_context()
    yield Acquire("locks_get_lock_context", "i_lock")
    if state.inode.i_opflags & IOP_FLCTX:
        context = state.inode.i_flctx
    else:
        state.inode.i_flctx = context
        state.installed += 1
        yield Step("locks_get_lock_context", f"CPU {cpu} stores i_flctx")
        state.inode.i_opflags |= IOP_FLCTX
        yield Step("locks_get_lock_context", f"CPU {cpu} stores the flag, with release")
    yield Release("locks_get_lock_context", "i_lock")
    return context


def locks_get_lock_context_flag_first(state: Opened, cpu: int) -> Code:
    """A wrong one: between flag and pointer a reader sees the flag and no context."""
    context = yield from _new_context()
    yield Acquire("locks_get_lock_context", "i_lock")
    if state.inode.i_opflags & IOP_FLCTX:
        context = state.inode.i_flctx
    else:
        state.inode.i_opflags |= IOP_FLCTX
        yield Step("locks_get_lock_context", f"CPU {cpu} stores the flag")
        state.inode.i_flctx = context
        state.installed += 1
        yield Step("locks_get_lock_context", f"CPU {cpu} stores i_flctx")
    yield Release("locks_get_lock_context", "i_lock")
    return context


def locks_get_lock_context_asking_once(state: Opened, cpu: int) -> Code:
    """A wrong one: the answer that was got before i_lock was taken is taken for good."""
    context = yield from locks_inode_context(state, cpu, "locks_get_lock_context")
    if context is not None:
        return context
    context = yield from _new_context()
    yield Acquire("locks_get_lock_context", "i_lock")
    state.inode.i_flctx = context
    state.installed += 1
    yield Step("locks_get_lock_context", f"CPU {cpu} stores i_flctx")
    state.inode.i_opflags |= IOP_FLCTX
    yield Step("locks_get_lock_context", f"CPU {cpu} stores the flag, with release")
    yield Release("locks_get_lock_context", "i_lock")
    return context


_NO_MEMORY = Check("ENOMEM", "locks_get_lock_context", "no memory for a context", "free some memory")


def _new_context() -> Code:
    failed = yield Alloc("locks_get_lock_context", "a file_lock_context")
    if failed:
        raise Refused(_NO_MEMORY)
    return FileLockContext(initialised=True)


_GET = {
    "before": (locks_get_lock_context_cmpxchg, locks_inode_context_pointer),
    "after": (locks_get_lock_context, locks_inode_context),
    "flag first": (locks_get_lock_context_flag_first, locks_inode_context),
    "asked once": (locks_get_lock_context_asking_once, locks_inode_context),
}


def first_lockers(side: str, _: None) -> Mechanism:
    """Two CPUs that take the first lock at once, and one that asks meanwhile."""
    get, asked = _GET[side]

    def lock(cpu: int) -> Callable[[Opened], Code]:
        def fcntl_setlk(state: Opened) -> Code:
            state.contexts[f"CPU {cpu}"] = yield from get(state, cpu)
            yield Step("fcntl_setlk", f"CPU {cpu} has a context for its lock")

        return fcntl_setlk

    def ask(state: Opened) -> Code:
        context = yield from asked(state, 2, "break_lease")
        yield Step("break_lease", f"CPU 2 {'finds no locks' if context is None else 'looks at the locks'}")

    return Mechanism(
        title="the first locks of an inode",
        state=Opened,
        tasks=(
            ("CPU 0", (("fcntl(F_SETLK) on CPU 0", lock(0)),)),
            ("CPU 1", (("fcntl(F_SETLK) on CPU 1", lock(1)),)),
            ("CPU 2", (("open(2) on CPU 2", ask),)),
        ),
        at_end=one_context,
        everywhere=True,
    )


def one_context(state: Opened) -> Iterator[str]:
    """A rule: an inode is given one context in its life, and everybody uses that one."""
    if state.installed > 1:
        yield f"{state.installed} contexts were installed: the locks in the first are lost"
    if any(context is not state.inode.i_flctx for context in state.contexts.values()):
        yield "a lock is kept in a context that the inode does not have"


FIRST_LOCKERS = Sides(COMMIT, first_lockers, other=("flag first", "asked once"))


# --- opening, and what it moves


def side_by_side(side: str, start: int, release: str = "6.18.5") -> Mechanism:
    """Two CPUs that open and close one file; its inode begins ``start`` bytes into a cache line.

    ``release`` says where in the inode the fields lie. Raises KeyError for one that is not known.
    """
    asked = locks_inode_context_pointer if side == "before" else locks_inode_context

    return Mechanism(
        title=f"open and close on two CPUs, the inode at {start} of a line",
        state=lambda: Opened().placed(place(release, start)),
        tasks=tuple((f"CPU {cpu}", open_and_close(asked, cpu)) for cpu in (0, 1)),
        rule=nothing_in_vain,
    )


SIDES = Sides(COMMIT, side_by_side, STARTS)


# --- how many transfers that is


def transfers(side: str, release: str, start: int, grain: Grain, cpus: int = 24, rounds: int = 100) -> float:
    """Transfers for each open and close, where ``cpus`` do it at once, in turns of one ``grain``."""
    asked = "i_flctx" if side == "before" else "i_opflags"
    bursts = (
        (Touch("i_readcount", write=True), Touch(asked)),
        (Touch(asked), Touch(asked), Touch("i_readcount", write=True)),
    )
    caches = Caches(place(release, start))
    return take_turns(caches, bursts, range(cpus), rounds, grain) / (cpus * rounds)


FIX = Fix(
    commit=COMMIT,
    title="fs: track the inode having file locks with a flag in ->i_opflags",
    author="Mateusz Guzik",
    date="2025-12-03",
    since="2015 (i_flctx)",
    releases=("7.0-rc1",),
    what="opening a file reads a pointer that hardly ever changes, beside a counter that every open writes",
    rule="no CPU loses a line to others who write nothing that it looks at",
    changed=(
        Changed(locks_inode_context_pointer, locks_inode_context),
        Changed(locks_get_lock_context_cmpxchg, locks_get_lock_context),
    ),
    scenario=SIDES,
    find=both(SIDES),
    notebook="15-counting-the-cost.ipynb",
    section="The luck of an offset",
    reproducers=("layouts",),
    no_evidence="what it costs shows on dozens of CPUs; where the fields lie can be asked of any kernel",
    covers=("(file-lock presence as a flag in i_opflags)",),
    area="vfs",
)
