"""b68f91ef3b3f: a folio that has no buffers was asked to drop them.

What a folio and its mapping say of themselves is an input, all combinations of it. What becomes of the
memory is not here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from vfslab.kernel.effects import Acquire, Code, Oops, Release, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides


@dataclass
class Reclaim:
    """A folio that reclaim wants to have without private data.

    ``private``: it has some; ``release_always``: its mapping wants to be asked in any case
    (AS_RELEASE_ALWAYS); ``release_folio``: its mapping has a function for that. ``buffers`` hang on a folio
    that has private data and no such function. ``answers`` are what reclaim was told.
    """

    private: bool
    release_always: bool
    release_folio: bool
    buffers: list[str] = field(default_factory=list)
    warned: bool = False
    warnings: int = 0
    answers: list[bool] = field(default_factory=list)


def filemap_release_folio(folio: Reclaim, free_buffers: Callable[[Reclaim], Code]) -> Code:
    """Ask the folio to give up its private data; what it says goes to ``answers``."""
    if not folio.private and not folio.release_always:
        released = True
        yield Step("filemap_release_folio", "the folio has nothing to give up")
    elif folio.release_folio:
        released = True
        folio.private = False
        yield Step("release_folio", "the mapping's own function has let go of it")
    else:
        released = yield from free_buffers(folio)
    folio.answers.append(released)


def try_to_free_buffers_unguarded(folio: Reclaim) -> Code:
    """Drop the buffers of a folio, as it was. Raises Oops."""
    yield Acquire("try_to_free_buffers", "i_private_lock")
    yield from drop_buffers(folio)
    yield Release("try_to_free_buffers", "i_private_lock")
    return True


def try_to_free_buffers(folio: Reclaim) -> Code:
    """Drop the buffers of a folio; where there are none, it warns once, and is content."""
    if not folio.buffers:
        warn_on_once(folio)
        yield Step("try_to_free_buffers", f"no buffers; warnings since boot: {folio.warnings}")
        return True
    yield Acquire("try_to_free_buffers", "i_private_lock")
    yield from drop_buffers(folio)
    yield Release("try_to_free_buffers", "i_private_lock")
    return True


def warn_on_once(folio: Reclaim) -> None:
    """A warning in the log, unless there has been one."""
    if not folio.warned:
        folio.warned = True
        folio.warnings += 1


def drop_buffers(folio: Reclaim) -> Code:
    """Take the ring of buffers apart, beginning with the first. Raises Oops."""
    if not folio.buffers:
        raise Oops("drop_buffers", "null-ptr-deref")
    folio.buffers.clear()
    folio.private = False
    yield Step("drop_buffers", "the buffers are gone")


def nothing_pins_it(folio: Reclaim) -> Iterator[str]:
    """The rule: in the end nothing pins the folio, reclaim knows it, and there was one warning at most."""
    if folio.buffers or folio.private:
        yield "the folio still has private data"
    if not all(folio.answers):
        yield "reclaim is told that something pins the folio"
    if folio.warnings > 1:
        yield f"{folio.warnings} warnings"


def mechanism(side: str, given: tuple[bool, bool, bool], calls: int = 2) -> Mechanism:
    """Reclaim asks so many times; ``given`` are private, release_always and release_folio."""
    private, release_always, release_folio = given
    free = try_to_free_buffers_unguarded if side == "before" else try_to_free_buffers
    buffers = ["buffer_head 1", "buffer_head 2"] if private and not release_folio else []
    said = {"private data": private, "release always": release_always, "a release function": release_folio}
    call = ("reclaim", partial(filemap_release_folio, free_buffers=free))
    return Mechanism(
        title="a folio with " + (", ".join(word for word, there in said.items() if there) or "nothing"),
        state=lambda: Reclaim(private, release_always, release_folio, list(buffers)),
        tasks=(("kswapd", (call,) * calls),),
        at_end=nothing_pins_it,
    )


SHOWN = (False, True, False)
SIDES = Sides(
    "b68f91ef3b3f",
    mechanism,
    (SHOWN, *(given for given in itertools.product((False, True), repeat=3) if given != SHOWN)),
)

FIX = Fix(
    commit="b68f91ef3b3f",
    title="(WARN_ON_ONCE guard in try_to_free_buffers())",
    author="Deepakkumar Karn",
    date="2026-02-09",  # of the merge; the author's is not known here
    since="about 6.6, with AS_RELEASE_ALWAYS",
    releases=("7.0-rc1", "6.19.x"),
    what="a mapping that always wants to be asked and has no answer makes the kernel follow a NULL pointer",
    rule="nobody takes the first of a list that may be empty",
    changed=(Changed(try_to_free_buffers_unguarded, try_to_free_buffers),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="Asked in any case",
    no_evidence="it takes a filesystem that sets the flag and has no such function; user space can make none",
    area="vfs",
)
