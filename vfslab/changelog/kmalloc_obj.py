"""69050f8d6d07, kmalloc_obj: an allocator that knows what it allocates, against one that gives bytes.

What the conversion matches is in ``semantic_patch``. Here are the two kinds of allocation, the sums that they
make, and what the compiler can say of each.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import NamedTuple

from vfslab.blocks.ints import size_mul, u64
from vfslab.kernel.effects import Alloc, Check, Code, Refused, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

VOID = "void"
SIZE_MAX = u64.most
ENOMEM = Check("ENOMEM", "kmalloc", "there is no room for {0}", "free some memory")

SIZES = {
    "struct inode": 608,
    "struct mount": 320,
    "struct vcpu_tlb_ref": 16,
    "struct vcpu_tlb_priv": 16,
    "char [3][512]": 1536,
    "char [512]": 512,
    "unsigned int": 4,
}
"""What things are large. The two of vcpu_tlb are one inside the other, with nothing besides."""


COUNTED = {
    "one object": (2460, 192, 2287),
    "an array": (855, 245, 668),
    "a struct with an array behind it": (185, 7, 188),
}
"""Calls in fs, kernel, mm, net, security, ipc, io_uring, lib and init: untyped ones in 6.18.5, untyped
ones in 7.1.13, typed ones in 7.1.13. In between the code has grown too, so they do not add up."""

WITHOUT_FLAGS, SEVERAL_LINES = 2297, 208
"""Of the typed calls of 7.1.13 so many name no flags, and so many break over lines."""


class Pointer(NamedTuple):
    """A pointer as the compiler sees it: what it says it points at, and what is really there."""

    pointee: str
    memory: str


@dataclass(frozen=True)
class Site:
    """A place in the code: a pointer is declared, and something is allocated for it."""

    declared: str
    allocated: str
    count: int


SITES = (
    Site("struct inode", "struct inode", 1),
    Site("struct mount", "struct mount", 64),
    Site("unsigned int", "unsigned int", 8),
    Site("struct vcpu_tlb_priv", "struct vcpu_tlb_ref", 512),
    Site("char [512]", "char [3][512]", 1),
)


@dataclass
class Build:
    """A caller that is compiled and run. ``refused`` is what the compiler says."""

    declared: str
    allocated: str
    count: int
    bytes: int = 0
    memory: str | None = None
    refused: str | None = None
    _pointer: Pointer | None = field(default=None, repr=False)


# --- the sums


def mul(count: int, size: int) -> int:
    """As C multiplies: 64 bits of the product."""
    return int(u64(count * size))


def unifies(pointee: str, declared: str) -> bool:
    """Whether C takes a pointer to the one for a pointer to the other without a word."""
    return VOID in (pointee, declared) or pointee == declared


# --- the two kinds


def caller_of_kmalloc(build: Build) -> Code:
    """Bytes are asked for; void * is everybody's pointer."""
    size = mul(build.count, SIZES[build.allocated])
    build._pointer = yield from _allocate(build, VOID, size)
    yield from _assign(build)


def caller_of_kmalloc_obj(build: Build) -> Code:
    """A type is asked for; what comes back is a pointer to that type."""
    size = size_mul(build.count, SIZES[build.allocated])
    build._pointer = yield from _allocate(build, build.allocated, size)
    yield from _assign(build)


def _allocate(build: Build, pointee: str, size: int) -> Code:
    no_memory = yield Alloc("kmalloc", f"{size} bytes")
    if no_memory or size == SIZE_MAX:
        raise Refused(ENOMEM, f"{size} bytes")
    build.bytes = size
    yield Step("kmalloc", f"there are {size} bytes for {build.allocated} x {build.count}, as {pointee} *")
    return Pointer(pointee, build.allocated)


def _assign(build: Build) -> Code:
    """What compiles runs; what does not, does not. (A real compiler says so before anything runs.)"""
    pointer = build._pointer
    assert pointer is not None
    if not unifies(pointer.pointee, build.declared):
        build.refused = f"{build.declared} * from {pointer.pointee} *: incompatible pointer type"
        yield Step("caller", f"the compiler refuses {build.refused}")
        return
    build.memory = pointer.memory
    yield Step("caller", f"the pointer to {build.declared} points at {build.memory}")


def types_agree(build: Build) -> list[str]:
    """A rule: what a pointer is declared to point at is what is there."""
    if build.memory in (None, build.declared):
        return []
    return [f"a pointer to {build.declared} points at {build.memory}, and nobody has said a word"]


def enough(build: Build) -> list[str]:
    """Another: there are bytes for all that was asked for, in numbers without an end."""
    need = build.count * SIZES[build.allocated]
    if not build.memory or build.bytes >= need:
        return []
    return [f"{build.bytes} bytes for {need}"]


def _make(side: str, words: tuple[str, str, int]) -> Mechanism:
    site = Site(*words)
    code = caller_of_kmalloc if side == "before" else caller_of_kmalloc_obj
    return Mechanism(
        title=f"{site.allocated} x {site.count} for a pointer to {site.declared}",
        state=lambda: Build(site.declared, site.allocated, site.count),
        tasks=(("module", (("allocate", code),)),),
        at_end=lambda build: [*types_agree(build), *enough(build)],
    )


SIDES = Sides("69050f8d6d07", _make, tuple(map(astuple, SITES)))

FIX = Fix(
    commit="69050f8d6d07",
    title="treewide: Replace kmalloc with kmalloc_obj for non-scalar types",
    author="Kees Cook",
    date="2026-02-21",  # of its pull; the author's is not known here
    since="before git",
    releases=("7.0-rc1",),
    what="memory for one type is taken for another without a word, for void * is everybody's pointer",
    rule="what a pointer is declared to point at is what is there, and there is enough of it",
    changed=(Changed(caller_of_kmalloc, caller_of_kmalloc_obj),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="17-twenty-thousand-edits.ipynb",
    section="Whose pointer is void *?",
    no_evidence="a compiler sees it, no running kernel: where nothing is wrong the machine code is the same",
    area="vfs",
)
