"""1219e0feaefc: the mode of an open file is complete before its reference count says that it is a file.

Here are a file whose memory is used again, the one who opens it, and one who still has the address of what
was there before. The table of descriptors is as far modelled as the second of them looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vfslab.blocks.publication import Slot, slots
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

OPEN_FMODE = ("FMODE_READ", "FMODE_CAN_READ")
FMODE_NONOTIFY_PERM = "FMODE_NONOTIFY_PERM"
COMPLETE = frozenset((*OPEN_FMODE, FMODE_NONOTIFY_PERM))


@dataclass
class File:
    """A file; its memory is never anything else, but may be another file's in the next moment."""

    f_ref: int = 0
    f_flags: str = ""
    f_mode: set[str] = field(default_factory=set)


@dataclass
class Files:
    """The memory of one file, which was freed; what descriptors 3 and 4 point at; what a reader saw."""

    file: File = field(default_factory=File)
    fdt: dict[int, str | None] = field(default_factory=lambda: {3: None, 4: None})
    seen: list[str] = field(default_factory=list)


def file_set_fsnotify_mode(file: File, mode: str) -> None:
    file.f_mode = file.f_mode | {mode}


def init_file_counting_first(state: Files, flags: str) -> Code:
    """Make a file of the memory: its mode, its count, then the mode's bits for fsnotify."""
    file = state.file
    file.f_flags, file.f_mode = flags, set(OPEN_FMODE)
    yield Step("init_file", "sets f_flags and f_mode, clears the other fields")
    file.f_ref = 1
    yield Step("file_ref_init", "sets f_ref to 1: now it is a file")
    file_set_fsnotify_mode(file, FMODE_NONOTIFY_PERM)
    yield Step("file_set_fsnotify_mode", f"adds {FMODE_NONOTIFY_PERM} to f_mode")


def init_file(state: Files, flags: str) -> Code:
    """Make a file of the memory: its mode with all its bits, then its count."""
    file = state.file
    file.f_flags, file.f_mode = flags, set(OPEN_FMODE)
    yield Step("init_file", "sets f_flags and f_mode, clears the other fields")
    file_set_fsnotify_mode(file, FMODE_NONOTIFY_PERM)
    yield Step("file_set_fsnotify_mode", f"adds {FMODE_NONOTIFY_PERM} to f_mode")
    file.f_ref = 1
    yield Step("file_ref_init", "sets f_ref to 1: now it is a file")


def openat(state: Files, init: Callable[[Files, str], Code]) -> Code:
    """Open a file in the memory that was freed, as descriptor 4."""
    yield from init(state, "O_RDONLY")
    state.fdt[4] = "file"
    yield Step("fd_install", "descriptor 4 points at the file")


def file_ref_get(file: File) -> bool:
    """Count one more, unless it is 0: then there is no file."""
    if file.f_ref == 0:
        return False
    file.f_ref += 1
    return True


def fget(state: Files, looks_again: bool) -> Code:
    """Get the file of descriptor 3, of which the address was read when it still had one.

    With ``looks_again`` it asks once more, with the reference in hand, whether the descriptor points at it.
    """
    if not file_ref_get(state.file):
        yield Step("__get_file_rcu", "there is no file any more")
        return
    yield Step("__get_file_rcu", "has a reference")
    if looks_again and state.fdt[3] != "file":
        state.file.f_ref -= 1
        yield Step("__get_file_rcu", "drops it: descriptor 3 does not point at it")
        return
    state.seen += sorted(state.file.f_mode)
    yield Step("fget", f"acts on f_mode: {' '.join(state.seen)}")


def complete(state: Files) -> Iterator[str]:
    """Who has a reference sees the whole mode."""
    missing = COMPLETE - set(state.seen)
    if state.seen and missing:
        yield f"a reader with a reference misses {' '.join(sorted(missing))}"


INITS = {"before": init_file_counting_first, "after": init_file}
LOOKS_AGAIN = {"acts at once": False, "looks again": True}


def make(side: str, reader: str) -> Mechanism:
    """A file is opened in memory of which another still has the address."""
    return Mechanism(
        title="a file's memory is used again while its old address is followed",
        state=Files,
        tasks=(
            ("open", (("openat()", lambda state: openat(state, INITS[side])),)),
            ("reader", (("fget()", lambda state: fget(state, LOOKS_AGAIN[reader])),)),
        ),
        rule=complete,
    )


SIDES = Sides("1219e0feaefc", make, tuple(LOOKS_AGAIN))


# --- what is seen at each moment, for any order of the steps


def _mode(state: Files) -> None:
    state.file.f_flags, state.file.f_mode = "O_RDONLY", set(OPEN_FMODE)


def _bits(state: Files) -> None:
    file_set_fsnotify_mode(state.file, FMODE_NONOTIFY_PERM)


def _count(state: Files) -> None:
    state.file.f_ref = 1


def _no_count(state: Files) -> None:
    state.file.f_ref = 0


def _poison(state: Files) -> None:
    state.file.f_flags, state.file.f_mode = "", {"poison"}


PUBLISH: Mapping[str, Callable[[Files], None]] = {"f_mode": _mode, "f_ref": _count, "fsnotify bits": _bits}
FREE: Mapping[str, Callable[[Files], None]] = {"poison": _poison, "f_ref": _no_count}
ORDERS = {"before": ("f_mode", "f_ref", "fsnotify bits"), "after": ("f_mode", "fsnotify bits", "f_ref")}


def _live() -> Files:
    return Files(File(1, "O_RDONLY", set(COMPLETE)))


def look(state: Files) -> str:
    """What a reader sees in one go: "no file", "all" or what it has of the mode."""
    if not file_ref_get(state.file):
        return "no file"
    return "all" if state.file.f_mode == COMPLETE else " ".join(sorted(state.file.f_mode)) or "nothing"


def moments(order: Sequence[str], *, free: bool = False) -> tuple[Slot[str], ...]:
    """What a reader sees at each moment of the steps in that order, of opening or of freeing.

    Raises ValueError where they are not each of ``PUBLISH``, or of ``FREE``, once.
    """
    known = FREE if free else PUBLISH
    if sorted(order) != sorted(known):
        raise ValueError(f"the steps are {', '.join(known)}, each once")
    return slots(_live if free else Files, [(name, known[name]) for name in order], look)


def bad(found: Sequence[Slot[str]]) -> tuple[Slot[str], ...]:
    """The moments at which a reader has a reference and not the whole mode."""
    return tuple(slot for slot in found if slot.seen not in ("no file", "all"))


FIX = Fix(
    commit=SIDES.commit,
    title="fs: move initializing f_mode before file_ref_init()",
    author="Amir Goldstein",
    date="2026-01-09",
    since="6.14 (711f9b8fbe4f)",
    releases=("7.0-rc1", "6.18.15"),
    what="a file can be had a reference on before its mode is complete",
    rule="whoever gets a reference sees the whole mode",
    changed=(Changed(init_file_counting_first, init_file),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="14-publish-then-look.ipynb",
    section="The count is the licence",
    no_evidence="the moment is a few instructions long, and whoever meets it looks again and lets go",
    area="vfs",
)
