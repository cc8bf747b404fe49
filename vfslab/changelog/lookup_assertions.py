"""729d015ab230: what cannot fail is asserted by kernels for developers only.

Two functions leave the walk without locks; modelled is only what they assert, and what that costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from vfslab.kernel.effects import Code, Oops, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

COMMIT = "729d015ab230"


@dataclass
class NameiData:
    """struct nameidata, as far as it matters: LOOKUP_RCU, and how the kernel was built."""

    lookup_rcu: bool
    config_debug_vfs: bool
    evaluated: int = 0
    unlazied: int = 0

    def holds(self) -> bool:
        """The condition that is asserted; each look at it is counted."""
        self.evaluated += 1
        return self.lookup_rcu


def try_to_unlazy_asserting(nd: NameiData) -> Code:
    """BUG_ON(): every kernel looks."""
    if not nd.holds():
        raise Oops("try_to_unlazy", "kernel BUG: not in RCU mode")
    yield from _leave_rcu(nd)


def try_to_unlazy(nd: NameiData) -> Code:
    """VFS_BUG_ON(): only a kernel with CONFIG_DEBUG_VFS looks; for others the condition is but compiled."""
    if nd.config_debug_vfs and not nd.holds():
        raise Oops("try_to_unlazy", "kernel BUG: not in RCU mode")
    yield from _leave_rcu(nd)


def _leave_rcu(nd: NameiData) -> Code:
    nd.lookup_rcu = False
    nd.unlazied += 1
    yield Step("try_to_unlazy", "the walk goes on with references")


Unlazy = Callable[[NameiData], Code]
UNLAZY: dict[str, Unlazy] = {"before": try_to_unlazy_asserting, "after": try_to_unlazy}


def complete_walk(unlazy: Unlazy, nd: NameiData) -> Code:
    """A caller, as they all are: it asks first."""
    if nd.lookup_rcu:
        yield from unlazy(nd)
    yield Step("complete_walk", "the walk is over")


def careless_walk(unlazy: Unlazy, nd: NameiData) -> Code:
    """A caller as there is none: it does not ask."""
    yield from unlazy(nd)
    yield Step("complete_walk", "the walk is over")


def looks_in_vain(nd: NameiData) -> Iterator[str]:
    """A rule: a kernel that is not for developers does not look at what cannot fail."""
    if nd.evaluated and not nd.config_debug_vfs:
        yield f"LOOKUP_RCU is looked at {nd.evaluated + 1} times, and the second look cannot fail"


class Build(NamedTuple):
    """How the kernel was built, whether the walk is one without locks, and whether its caller asks that."""

    config_debug_vfs: bool = False
    lookup_rcu: bool = True
    asks: bool = True


def walk(side: str, given: tuple[bool, bool, bool]) -> Mechanism:
    """A walk that ends; ``given`` are the three things that a Build says."""
    build = Build(*given)
    caller = complete_walk if build.asks else careless_walk
    return Mechanism(
        title="the end of a path walk",
        state=lambda: NameiData(build.lookup_rcu, build.config_debug_vfs),
        tasks=(("walker", (("open(2)", partial(caller, UNLAZY[side])),)),),
        at_end=looks_in_vain,
    )


BUILDS = tuple((debug, rcu, True) for debug in (False, True) for rcu in (True, False))
SIDES = Sides(COMMIT, walk, BUILDS)

FIX = Fix(
    commit=COMMIT,
    title="fs: only assert on LOOKUP_RCU when built with CONFIG_DEBUG_VFS",
    author="Mateusz Guzik",
    date="2025-12-29",
    since="2011 (2.6.38)",
    releases=("7.0-rc1",),
    what="every kernel asks once more what the caller has just asked",
    rule="a kernel that is not for developers does not look at what cannot fail",
    changed=(Changed(try_to_unlazy_asserting, try_to_unlazy),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="15-counting-the-cost.ipynb",
    section="A test that cannot fail",
    no_evidence="a load and a branch that never fails show in no answer of a call",
    area="vfs",
)
