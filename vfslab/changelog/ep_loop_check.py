"""fdcfce93073d: a depth that says "too deep" became one more, and with that no depth at all.

Epoll descriptors watch each other. What they watch besides, and what they report, is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, permutations
from typing import TypeAlias

from vfslab.blocks import ints
from vfslab.blocks.ints import INT_MAX, CType, Int, s8, s32, u8
from vfslab.kernel.effects import Acquire, Check, Code, Oops, Refused, Release, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

EP_MAX_NESTS = 4

ITSELF = Check("EINVAL", "do_epoll_ctl", "{0} is to watch itself", "let it watch another one")
TWICE = Check("EEXIST", "ep_insert", "{0} watches {1} already", "EPOLL_CTL_MOD changes how")
LOOP = Check("ELOOP", "ep_loop_check", "with {1} in {0} there is a cycle or too long a chain", "nest less")


@dataclass
class EventPoll:
    """An epoll descriptor: ``rbr`` are those that it watches, ``refs`` those that watch it.

    ``loop_check_depth`` is how deep it was found to be in the check number ``gen``.
    """

    rbr: list[str] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    gen: int = 0
    loop_check_depth: int = 0


@dataclass
class Answer:
    """What an ADD came to, what both walks said, and what is true: it closes a cycle, it is allowed."""

    edge: str
    errno: str
    down: int
    up: int | None
    closes_cycle: bool
    allowed: bool


@dataclass
class Epolls:
    """All epoll descriptors. ``misfits`` are the numbers that were too large for what they were put into.

    ``_depth_type`` is the type of loop_check_depth.
    """

    eventpolls: dict[str, EventPoll]
    loop_check_gen: int = 0
    inserting_into: str = ""
    answers: list[Answer] = field(default_factory=list)
    misfits: list[str] = field(default_factory=list)
    _depth_type: CType = u8


Walk: TypeAlias = Callable[[Epolls, str, int], Code]


def one_more(state: Epolls, depth: int) -> Int:
    """A depth and one, as an int."""
    sum_ = s32(depth) + 1
    if sum_ != int(depth) + 1:
        state.misfits.append(f"{depth} + 1 is {sum_} in an int")
    return sum_


def keep(state: Epolls, function: str, ep: str, result: int) -> Code:
    """Remember the depth of ``ep`` for the rest of this check."""
    kept = state._depth_type(result)
    if kept != result:
        state.misfits.append(f"{result} is kept as {kept} in a {kept.type}")
    state.eventpolls[ep].loop_check_depth = int(kept)
    yield Step(function, f"{ep} is at {result}; it remembers {kept}")


# --- the walk down, before and after


def ep_loop_check_proc_int_max(state: Epolls, ep: str, depth: int) -> Code:
    """How deep the descriptors below ``ep`` are nested; "too deep" is the largest int."""
    node = state.eventpolls[ep]
    if node.gen == state.loop_check_gen:
        return s32(node.loop_check_depth)
    node.gen = state.loop_check_gen
    result = s32(0)
    for child in node.rbr:
        if child == state.inserting_into or depth > EP_MAX_NESTS:
            result = s32(INT_MAX)
            yield Step("ep_loop_check_proc", f"{ep} watches {child}: that is {result}")
        else:
            below = yield from ep_loop_check_proc_int_max(state, child, depth + 1)
            result = ints.max(result, one_more(state, below))
            yield Step("ep_loop_check_proc", f"{ep} watches {child}, {below} deep: that is {result}")
        if result > EP_MAX_NESTS:
            break
    yield from keep(state, "ep_loop_check_proc", ep, result)
    return result


def ep_loop_check_proc(state: Epolls, ep: str, depth: int) -> Code:
    """How deep the descriptors below ``ep`` are nested; "too deep" is one more than is allowed."""
    node = state.eventpolls[ep]
    if node.gen == state.loop_check_gen:
        return s32(node.loop_check_depth)
    node.gen = state.loop_check_gen
    result = s32(0)
    for child in node.rbr:
        if child == state.inserting_into or depth > EP_MAX_NESTS:
            result = s32(EP_MAX_NESTS + 1)
            yield Step("ep_loop_check_proc", f"{ep} watches {child}: that is {result}")
        else:
            below = yield from ep_loop_check_proc(state, child, depth + 1)
            result = ints.max(result, one_more(state, below))
            yield Step("ep_loop_check_proc", f"{ep} watches {child}, {below} deep: that is {result}")
        if result > EP_MAX_NESTS:
            break
    yield from keep(state, "ep_loop_check_proc", ep, result)
    return result


# --- what is around it


def ep_get_upwards_depth_proc(state: Epolls, ep: str, depth: int) -> Code:
    """How many levels there are above ``ep``; what the walk down has remembered is believed.

    It does not look out for cycles, for there are none. Raises Oops.
    """
    if depth > len(state.eventpolls):
        raise Oops("ep_get_upwards_depth_proc", "BUG: stack guard page was hit")
    node = state.eventpolls[ep]
    if node.gen == state.loop_check_gen:
        yield Step("ep_get_upwards_depth_proc", f"{ep} remembers {node.loop_check_depth}")
        return s32(node.loop_check_depth)
    result = s32(0)
    for watcher in node.refs:
        above = yield from ep_get_upwards_depth_proc(state, watcher, depth + 1)
        result = ints.max(result, one_more(state, above))
    node.gen = state.loop_check_gen
    yield from keep(state, "ep_get_upwards_depth_proc", ep, result)
    return result


def ep_loop_check(state: Epolls, ep: str, to: str, walk_down: Walk) -> Code:
    """Whether ``ep`` may not watch ``to``; both depths, the second None where nobody asked."""
    state.inserting_into = ep
    down = yield from walk_down(state, to, 0)
    yield Step("ep_loop_check", f"below {to} there are {down} levels")
    if down > EP_MAX_NESTS:
        return True, down, None
    up = yield from ep_get_upwards_depth_proc(state, ep, 0)
    yield Step("ep_loop_check", f"above {ep} there are {up} levels: {down} + 1 + {up} in all")
    return down + 1 + up > EP_MAX_NESTS, down, up


def do_epoll_ctl(state: Epolls, ep: str, to: str, walk_down: Walk) -> Code:
    """EPOLL_CTL_ADD: ``ep`` watches ``to`` from now on. Raises Refused: EINVAL, EEXIST, ELOOP."""
    if ep == to:
        raise Refused(ITSELF, ep)
    yield Acquire("do_epoll_ctl", "epnested_mutex")
    state.loop_check_gen += 1
    cycle, allowed = closes_cycle(state, ep, to), is_allowed(state, ep, to)
    refused, down, up = yield from ep_loop_check(state, ep, to, walk_down)
    there = to in state.eventpolls[ep].rbr
    errno = "ELOOP" if refused else "EEXIST" if there else "ok"
    state.answers.append(
        Answer(f"{ep}>{to}", errno, int(down), None if up is None else int(up), cycle, allowed)
    )
    if not refused and not there:
        state.eventpolls[ep].rbr.append(to)
        state.eventpolls[to].refs.append(ep)
        yield Step("ep_insert", f"{ep} watches {to}")
    yield Release("do_epoll_ctl", "epnested_mutex")
    if refused:
        raise Refused(LOOP, ep, to)
    if there:
        raise Refused(TWICE, ep, to)


# --- the oracle: it looks at all chains


def closes_cycle(state: Epolls, ep: str, to: str) -> bool:
    """Whether ``ep`` can be reached from ``to``."""
    todo, seen = [to], {to}
    while todo:
        below = set(state.eventpolls[todo.pop()].rbr) - seen
        seen |= below
        todo += below
    return ep in seen


def is_allowed(state: Epolls, ep: str, to: str) -> bool:
    """Whether with one more link there is no cycle, and no chain through it of more than EP_MAX_NESTS."""
    if closes_cycle(state, ep, to):
        return False
    below = levels(lambda name: state.eventpolls[name].rbr, to)
    above = levels(lambda name: state.eventpolls[name].refs, ep)
    return below + 1 + above <= EP_MAX_NESTS


def levels(following: Callable[[str], list[str]], start: str) -> int:
    """How far one can go from there, EP_MAX_NESTS + 1 where that is not the end (or there is none)."""
    level = {start}
    for length in range(EP_MAX_NESTS + 1):
        level = {name for one in level for name in following(one)}
        if not level:
            return length
    return EP_MAX_NESTS + 1


def answers_are_right(state: Epolls) -> Iterator[str]:
    """A rule, all of it that a user sees: what is allowed is done, what is not is refused."""
    for answer in state.answers:
        if (answer.errno != "ELOOP") != answer.allowed:
            yield f"{answer.edge}: {answer.errno}, and it is {'' if answer.allowed else 'not '}allowed"


def walk_down_sees_cycles(state: Epolls) -> Iterator[str]:
    """A rule: whoever meets the target on the way down says so."""
    for answer in state.answers:
        if answer.closes_cycle and answer.down <= EP_MAX_NESTS:
            yield f"{answer.edge} closes a cycle, and the walk down finds {answer.down} levels"


def every_number_means_what_it_says(state: Epolls) -> Iterator[str]:
    """Both, and that every number fits what it is put into."""
    yield from answers_are_right(state)
    yield from walk_down_sees_cycles(state)
    yield from state.misfits


VARIANTS: dict[str, tuple[Walk, CType]] = {
    "before": (ep_loop_check_proc_int_max, u8),
    "after": (ep_loop_check_proc, u8),
    "int_max_s32": (ep_loop_check_proc_int_max, s32),
    "int_max_s8": (ep_loop_check_proc_int_max, s8),
    "after_s32": (ep_loop_check_proc, s32),
}


def epolls(names: str, depth_type: CType = u8) -> Epolls:
    """Descriptors that watch nothing, one for each letter."""
    return Epolls({name: EventPoll() for name in sorted(set(names))}, _depth_type=depth_type)


def mechanism(
    side: str, links: str, rule: Callable[[Epolls], Iterator[str]] = every_number_means_what_it_says
) -> Mechanism:
    """``links`` are pairs of letters, the first shall watch the second; they are added one by one."""
    walk_down, depth_type = VARIANTS[side]
    calls = tuple(
        (
            f"epoll_ctl({link[0]}, ADD, {link[1]})",
            partial(do_epoll_ctl, ep=link[0], to=link[1], walk_down=walk_down),
        )
        for link in links.split()
    )
    return Mechanism(
        title=f"links {links}",
        state=lambda: epolls(links.replace(" ", ""), depth_type),
        tasks=(("app", calls),),
        rule=rule,
    )


def chain(length: int, *, bottom_up: bool = False, closed: bool = False) -> str:
    """Links that make a chain of so many, or with ``closed`` a cycle, whose last link comes last."""
    names = "ABCDEFGHIJ"[: length + (not closed)]
    links = [one + other for one, other in pairwise(names)]
    if bottom_up:
        links.reverse()
    return " ".join([*links, names[-1] + names[0]] if closed else links)


# the cycle that is shown; then three links between three in every order, cycles and chains
LINKS = (
    chain(3, closed=True),
    *map(" ".join, permutations(("AB", "AC", "BA", "BC", "CA", "CB"), 3)),
    *(chain(length, closed=True) for length in (2, 4, 5)),
    *(chain(length, bottom_up=bottom_up) for length in (4, 5, 7) for bottom_up in (False, True)),
    "AA",
)
SIDES = Sides("fdcfce93073d", mechanism, LINKS, other=tuple(VARIANTS)[2:])

FIX = Fix(
    commit="fdcfce93073d",
    title="eventpoll: Fix integer overflow in ep_loop_check_proc()",
    author="Jann Horn",
    date="2026-02-25",  # of the merge; the author's is not known here
    since="6.17-rc (f2e467a48287), and the stable kernels that took it",
    releases=("7.0-rc2",),
    what='INT_MAX meant "too deep"; one level higher it became INT_MIN, which counts as no depth at all',
    rule="a number that means something special survives what is done to numbers",
    changed=(Changed(ep_loop_check_proc_int_max, ep_loop_check_proc),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="11-numbers-that-do-not-fit.ipynb",
    section="One more than the most",
    reproducers=("epoll_nesting",),
    no_evidence="all kernels answer alike: what is wrong inside is put right by a second mistake",
    area="vfs",
)
