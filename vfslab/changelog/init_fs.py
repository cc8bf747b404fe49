"""589cff4975af, init_task.h for init_fs: a definition that does not see its own declaration.

A linker of a few lines: files include headers, declare and define. C's other rules are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides


class File(NamedTuple):
    """What a file includes, declares, defines and uses: symbols with their types."""

    includes: tuple[str, ...] = ()
    declares: Mapping[str, str] = {}
    defines: Mapping[str, str] = {}
    uses: Mapping[str, str] = {}


def fs_struct_c_alone() -> File:
    """The definition, and no header that declares it."""
    return File(
        includes=("fs_struct.h",),
        defines={"init_fs": "struct fs_struct", "chroot_fs_refs": "void (...)"},
    )


def fs_struct_c() -> File:
    """The definition, and the header."""
    return File(
        includes=("fs_struct.h", "init_task.h"),
        defines={"init_fs": "struct fs_struct", "chroot_fs_refs": "void (...)"},
    )


HEADERS = {
    "fs_struct.h": File(declares={"chroot_fs_refs": "void (...)"}),
    "init_task.h": File(declares={"init_fs": "struct fs_struct"}),
}
INIT_TASK_C = File(includes=("init_task.h", "fs_struct.h"), uses={"init_fs": "struct fs_struct"})

# The same with a header that has forgotten to follow a change of the type.
STALE = HEADERS | {"init_task.h": File(declares={"init_fs": "struct fs_struct *"})}
TREES = {"as it is": HEADERS, "a stale header": STALE}


class Mismatch(NamedTuple):
    """A symbol that a file defines, and what is wrong with that."""

    file: str
    symbol: str
    what: str


@dataclass
class Build:
    """A tree that is built. ``said`` is what checker and compiler say, ``linked`` whether it links."""

    said: list[str] = field(default_factory=list)
    linked: bool = False
    confused: list[str] = field(default_factory=list)


def visible(file: File, headers: Mapping[str, File]) -> dict[str, str]:
    """What a file's own includes declare."""
    return {name: kind for one in file.includes for name, kind in headers[one].declares.items()}


def check(files: Mapping[str, File], headers: Mapping[str, File]) -> list[Mismatch]:
    """What sparse and the compiler say: a definition is held against the declaration that its file sees."""
    found = []
    for name, file in files.items():
        seen = visible(file, headers)
        for symbol, kind in file.defines.items():
            if symbol not in seen:
                found.append(Mismatch(name, symbol, "not declared; should it be static?"))
            elif seen[symbol] != kind:
                found.append(Mismatch(name, symbol, f"conflicting types: {seen[symbol]} and {kind}"))
    return found


def confused(files: Mapping[str, File], headers: Mapping[str, File]) -> list[Mismatch]:
    """Users that take a symbol for what it is not: the linker joins names, whatever they mean."""
    defined = {symbol: kind for file in files.values() for symbol, kind in file.defines.items()}
    found = []
    for name, file in files.items():
        for symbol in file.uses:
            taken = visible(file, headers).get(symbol, "")
            if taken != defined[symbol]:
                found.append(Mismatch(name, symbol, f"takes {defined[symbol]} for {taken}"))
    return found


def _make(side: str, tree: str) -> Mechanism:
    fs_struct = fs_struct_c_alone() if side == "before" else fs_struct_c()
    files = {"fs/fs_struct.c": fs_struct, "init/init_task.c": INIT_TASK_C}
    headers = TREES[tree]

    def build(state: Build) -> Code:
        state.said = [f"{one.file}: {one.symbol}: {one.what}" for one in check(files, headers)]
        yield Step("sparse", f"says: {'; '.join(state.said) or 'nothing'}")
        if not any("conflicting" in line for line in state.said):
            state.linked = True
            state.confused = [f"{one.file}: {one.symbol}: {one.what}" for one in confused(files, headers)]
            yield Step("ld", "every name that is used is defined: it links")

    return Mechanism(
        title=f"a build, {tree}",
        state=Build,
        tasks=(("make", (("build", build),)),),
        at_end=compiler_can_see,
    )


def compiler_can_see(build: Build) -> list[str]:
    """A rule: definitions stand in sight of their declarations; what links means the same everywhere."""
    return build.confused + [line for line in build.said if "not declared" in line]


SIDES = Sides("589cff4975af", _make, tuple(TREES))

FIX = Fix(
    commit="589cff4975af",
    title="fs: add <linux/init_task.h> for 'init_fs'",
    author="Ben Dooks",
    date="2026-02-09",  # of the merge; the author's is not known here
    since="the header that declares it",
    releases=("7.0-rc1", "6.18.15"),
    what="a definition and its declaration are never seen together, so nobody holds them against each other",
    rule="each definition stands in sight of its declaration, and what links means the same everywhere",
    changed=(Changed(fs_struct_c_alone, fs_struct_c),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="18-words-and-tests.ipynb",
    section="Defined here, declared elsewhere",
    no_evidence="the machine code is the same; a checker sees it in the source",
    area="vfs",
)
