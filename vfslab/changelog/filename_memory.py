"""8c888b31903c, 7ca83f8ebe86: where the text of a pathname lies, and how often it is copied to get there.

Every length comes out of the sizes and macros below. Who frees the memory, and what is done with the name,
is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vfslab.blocks.macros import value
from vfslab.kernel.effects import Alloc, Check, Code, Refused, Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides

PATH_MAX = 4096
MOST = PATH_MAX - 1
"""So many characters may a path have: the NUL behind them is the last byte."""

TOO_LONG = Check("ENAMETOOLONG", "getname_flags", "the path has {0} characters", "take a shorter path")
NO_MEMORY = Check("ENOMEM", "getname_flags", "there is no memory for {0}", "free some")

# What the embedded text has room for, as macros. Version 4 of the series had no parentheses.
BEFORE = {"PATH_MAX": "4096", "EMBEDDED_NAME_MAX": "(PATH_MAX - 32)"}
AFTER = {"PATH_MAX": "4096", "EMBEDDED_NAME_MAX": "(192 - 24)"}
VERSION_4 = AFTER | {"EMBEDDED_NAME_MAX": "192 - 24"}


@dataclass
class UserString:
    """A path of ``length`` characters and a NUL in user space; which stretches of it have been copied."""

    length: int
    copied: int = 0
    _stretches: list[tuple[int, int]] = field(default_factory=list)

    def copy(self, first: int, room: int) -> int:
        """strncpy_from_user(): up to the NUL or as far as there is room; gives the characters copied."""
        characters = min(max(0, self.length - first), room)
        size = min(characters + 1, room)
        self.copied += size
        self._stretches.append((first, first + size))
        return characters

    def read_twice(self) -> int:
        """How many bytes were copied more than once."""
        return self.copied - len({byte for stretch in self._stretches for byte in range(*stretch)})


@dataclass
class Import:
    """A path on its way into the kernel: the memory that it takes there, by what was allocated."""

    user: UserString
    memory: dict[str, int] = field(default_factory=dict)
    accepted: bool | None = None


def _allocate(state: Import, what: str, size: int) -> Code:
    if (yield Alloc("getname_flags", what)):
        yield from _refuse(state, NO_MEMORY, what)
    state.memory[what] = size
    yield Step("getname_flags", f"allocates {size} bytes: {what}")


def _refuse(state: Import, check: Check, name: object) -> Code:
    state.memory.clear()
    state.accepted = False
    yield Step("getname_flags", f"frees all and says {check.errno}")
    raise Refused(check, name)


def _copy(state: Import, first: int, room: int) -> Code:
    characters = state.user.copy(first, room)
    yield Step("getname_flags", f"copies from byte {first} on: {characters} characters, room for {room}")
    return characters


def getname_flags_copying_again(state: Import) -> Code:
    """The object is a whole PATH_MAX; what does not fit beside the header is copied again from the start."""
    room = value("EMBEDDED_NAME_MAX", BEFORE)
    yield from _allocate(state, "struct filename", PATH_MAX)
    characters = yield from _copy(state, 0, room)
    if characters == room:
        yield from _allocate(state, "a header of its own", 33)
        characters = yield from _copy(state, 0, PATH_MAX)
        if characters == PATH_MAX:
            yield from _refuse(state, TOO_LONG, state.user.length)
    state.accepted = True
    yield Step("getname_flags", "has the name")


def getname_flags(state: Import, macros: dict[str, str] = AFTER) -> Code:
    """The object is three cache lines; what does not fit beside the header is copied on from there."""
    room = value("EMBEDDED_NAME_MAX", macros)
    yield from _allocate(state, "struct filename", 192)
    characters = yield from _copy(state, 0, room)
    if characters == room:
        yield from _allocate(state, "a buffer for the text", PATH_MAX)
        rest = value("PATH_MAX - EMBEDDED_NAME_MAX", macros)
        characters = yield from _copy(state, room, rest)
        if characters == rest:
            yield from _refuse(state, TOO_LONG, state.user.length)
    state.accepted = True
    yield Step("getname_flags", "has the name")


def getname_rules(state: Import) -> Iterator[str]:
    """Rules for the end: no byte is read twice, what is refused takes no memory, MOST characters fit."""
    if state.user.read_twice():
        yield f"{state.user.read_twice()} bytes of a path of {state.user.length} characters are read twice"
    if not state.accepted and state.memory:
        yield "what is refused keeps its memory"


def limit_rule(state: Import) -> Iterator[str]:
    """A rule for the end: a path is accepted if and only if it has at most MOST characters."""
    refused_for_length = state.accepted is False
    if refused_for_length != (state.user.length > MOST):
        word = "refused" if refused_for_length else "accepted"
        yield f"a path of {state.user.length} characters is {word}"


LENGTHS = (20, 167, 168, 1000, 3927, 3928, 4047, 4048, 4063, 4064, 4080, 4094, 4095, 4096, 5000)

VARIANTS: dict[str, Callable[[Import], Code]] = {
    "before": getname_flags_copying_again,
    "after": getname_flags,
    "version 4": partial(getname_flags, macros=VERSION_4),
}


def _importing(side: str, length: int) -> Mechanism:
    return Mechanism(
        title=f"a path of {length} characters",
        state=lambda: Import(UserString(length)),
        tasks=(("caller", (("getname()", VARIANTS[side]),)),),
        at_end=getname_rules,
    )


LONG_NAMES = Sides("8c888b31903c", _importing, LENGTHS, other=("version 4",))


class Quantities(NamedTuple):
    """What a path of some length costs: kernel memory in bytes, bytes copied from user space, and whether
    it is accepted."""

    memory: int
    copied: int
    accepted: bool


def quantities(side: str, length: int) -> Quantities:
    """What a path of that length costs on a side: "before", "after" or "version 4"."""
    state = Import(UserString(length))
    try:
        for _ in VARIANTS[side](state):
            pass
    except Refused:
        return Quantities(0, state.user.copied, False)
    return Quantities(sum(state.memory.values()), state.user.copied, True)


# --- the pointer to the cache


@dataclass
class Allocator:
    """What is read from memory before an object can be allocated, and how many were."""

    loads: int = 0
    objects: int = 0


def alloc_filename_by_variable(state: Allocator) -> Code:
    """The address of the cache is in a variable."""
    state.loads += 1
    yield Step("kmem_cache_alloc", "reads names_cachep")
    state.objects += 1
    yield Step("kmem_cache_alloc", "gives an object of that cache")


def alloc_filename(state: Allocator) -> Code:
    """The address of the cache is in the instructions: it was written into them when the machine started."""
    state.objects += 1
    yield Step("kmem_cache_alloc", "gives an object of that cache")


def no_loads(state: Allocator) -> Iterator[str]:
    """A rule: what never changes after boot is not read from memory."""
    if state.loads:
        yield f"{state.loads} load for an address that has not changed since the machine started"


def _allocating(side: str, _: None) -> Mechanism:
    code = alloc_filename_by_variable if side == "before" else alloc_filename
    return Mechanism(
        title="a struct filename is allocated",
        state=Allocator,
        tasks=(("caller", (("alloc_filename()", code),)),),
        at_end=no_loads,
    )


CONSTANT = Sides("7ca83f8ebe86", _allocating)

_NOTEBOOK = "16-names-owners-scopes.ipynb"

FIXES = (
    Fix(
        commit="8c888b31903c",
        title="struct filename: saner handling of long names",
        author="Al Viro",
        date=DATE,
        since="2012 (struct filename)",
        releases=RELEASES,
        what="every path takes 4096 bytes, and a long one is copied from user space twice",
        rule="no byte of user memory is read twice, and a path has up to 4095 characters as ever",
        changed=(Changed(getname_flags_copying_again, getname_flags),),
        scenario=LONG_NAMES,
        find=both(LONG_NAMES),
        notebook=_NOTEBOOK,
        section="Short names and long ones",
        reproducers=("names",),
        no_evidence="that a long path is copied twice cannot be seen from user space",
        area="vfs",
        others=commits("8ba29c85e2ef", "8f2ac8481731"),
        pull=PULL,
    ),
    Fix(
        commit="7ca83f8ebe86",
        title="fs: hide names_cache behind runtime const machinery",
        author="Mateusz Guzik",
        date=DATE,
        since="before git",
        releases=RELEASES,
        what="each path reads a variable that has not changed since the machine started",
        rule="what never changes after boot is in the code, not in memory",
        changed=(Changed(alloc_filename_by_variable, alloc_filename),),
        scenario=CONSTANT,
        find=both(CONSTANT),
        notebook=_NOTEBOOK,
        section="Short names and long ones",
        no_evidence="a load less cannot be seen from user space",
        area="vfs",
        pull=PULL,
    ),
)
