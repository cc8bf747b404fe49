"""Exercises of notebook 11: numbers that do not fit. Each answer is tried out on its mechanism."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from vfslab.blocks import ints
from vfslab.blocks.strtoul import NotParsed, kstrtoul, simple_strtoul
from vfslab.changelog import ep_loop_check, min_t
from vfslab.changelog.ep_loop_check import EP_MAX_NESTS, Epolls, Walk, chain, do_epoll_ctl, epolls
from vfslab.drive.run import run
from vfslab.kernel.effects import Code, Step

from .exercise import Exercise

NARROW = {type.name: type for type in (ints.u8, ints.u16, ints.s8, ints.s16)}


def _lets_in(answer: Any) -> str | None:
    if not isinstance(answer, set) or not answer:
        return "give a set of names of types, such as {'u8'}."
    unknown = answer - NARROW.keys()
    if unknown:
        return f"the types are {', '.join(NARROW)}."
    for name, type in NARROW.items():
        state = epolls("ABC", type)
        for one, other in ("AB", "BC", "CA"):
            run(do_epoll_ctl(state, one, other, ep_loop_check.ep_loop_check_proc_int_max))
        last = state.answers[-1]
        if (last.errno == "ok") != (name in answer):
            return f"with {name} the walk up finds {last.up} levels, and the answer is {last.errno}."
    return None


def walk_with(sentinel: int) -> Walk:
    """The walk down, with a number of one's own for "too deep"."""

    def walk(state: Epolls, ep: str, depth: int) -> Code:
        result = ints.s32(0)
        for child in state.eventpolls[ep].rbr:
            if child == state.inserting_into or depth > EP_MAX_NESTS:
                result = ints.s32(sentinel)
            else:
                below = yield from walk(state, child, depth + 1)
                result = ints.max(result, ep_loop_check.one_more(state, below))
        yield Step("ep_loop_check_proc", f"{ep} is at {result}")
        yield from ep_loop_check.keep(state, "ep_loop_check_proc", ep, result)
        return result

    return walk


def what_fails(sentinel: int) -> str | None:
    """What goes wrong with that number for "too deep", on chains and cycles of every length."""
    walk = walk_with(sentinel)
    for length in range(2, 6):
        state = epolls("ABCDE")
        for link in chain(length, closed=True).split():
            run(do_epoll_ctl(state, link[0], link[1], walk))
        broken = next(ep_loop_check.every_number_means_what_it_says(state), None)
        if broken:
            return broken
    # deeper than any check lets it become
    state = epolls("ABCDEFGH")
    for one, other in pairwise(sorted(state.eventpolls)):
        state.eventpolls[one].rbr.append(other)
    run(walk(state, "A", 0))
    return state.misfits[0] if state.misfits else None


def _sentinels(answer: Any) -> str | None:
    if not isinstance(answer, tuple) or [type(one) for one in answer] != [int, int]:
        return "give two whole numbers, (the smallest, the largest)."
    least, most = answer
    for number in answer:
        broken = what_fails(number)
        if broken:
            return f"with {number}: {broken}."
    for number, better in ((least - 1, "smaller"), (most + 1, "larger")):
        if what_fails(number) is None:
            return f"{number} would do as well, and is {better}."
    return None


def _lucky(answer: Any) -> str | None:
    if type(answer) is not int or answer < 1 << 32:
        return "give a number of bytes, 4 GiB or more."
    if answer >> 64:
        return "minlen has 64 bits."
    discarded = min_t.fitrim("before", answer)
    if discarded.len:
        return f"the limit becomes {discarded.minlen}, and {discarded.len} bytes are discarded."
    return None


def _short(answer: Any) -> str | None:
    if not isinstance(answer, str) or not answer:
        return "give a text."
    stored = simple_strtoul(answer)
    try:
        kstrtoul(answer)
    except NotParsed:
        if stored and len(answer) == 2:
            return None
        return f"the old parser stores {stored}, of {len(answer)} characters." + (
            " There is a shorter one." if stored else " A wrong number is wanted, and 0 counts as none."
        )
    return "both parsers take it."


EXERCISES = (
    Exercise(
        key="11.1",
        question=(
            "With which of the types u8, u16, s8, s16 for `loop_check_depth` would the old walk have let"
            " a cycle of three in? Answer with the set of their names."
        ),
        judge=_lets_in,
        hint="Keep INT_MAX in each of them, and add one as an int.",
        because="All bits of the kept part are ones: as a signed number that is -1, and one more is 0.",
        reference={"s8", "s16"},
    ),
    Exercise(
        key="11.2",
        question=(
            'Which numbers could mean "too deep", so that the walk down sees every cycle and everything fits'
            " an int and a u8? Answer with the pair of the smallest and the largest."
        ),
        judge=_sentinels,
        hint="It must be more than is allowed, and there are five levels at which one is added to it.",
        because="For a limit L it is L + 1 at least, and grows by L + 1 at most.",
        reference=(5, 250),
    ),
    Exercise(
        key="11.3",
        question=(
            "Find a minlen of 4 GiB or more for which the old kernel discards nothing on the disk of this"
            " lesson, as it should."
        ),
        judge=_lucky,
        hint="What is left of it after the cast must be longer than the longest free run.",
        because="The limit is wrong all the same; only the amount agrees.",
        reference=(1 << 32) + (1 << 25),
    ),
    Exercise(
        key="11.4",
        question="What is the shortest text of which the old parser stores a wrong number, not 0?",
        judge=_short,
        hint="A digit, and something behind it.",
        because="Any digit but 0, and any character that cannot follow it.",
        reference="1k",
    ),
)
