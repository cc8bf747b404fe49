"""Exercises on pathnames, their owners and scopes: tried out on the models of ``vfslab.changelog``."""

from __future__ import annotations

from typing import Any

from vfslab.blocks.scope import exits
from vfslab.changelog.chardev import twin
from vfslab.changelog.filename_memory import LENGTHS, quantities
from vfslab.changelog.filename_refcnt import ATOMIC, OLD, RULES, request

from .exercise import Exercise

LINE = 64
HEADER_32 = 12


def _property(answer: Any) -> str | None:
    """Tried on every length and every variant."""
    if not callable(answer):
        raise TypeError(
            "a function of a length and of whether a path of that length is accepted is asked for"
        )
    for side in ("before", "after"):
        for length in LENGTHS:
            accepted = quantities(side, length).accepted
            if not answer(length, accepted):
                word = "accepts" if accepted else "refuses"
                return f"the code {side} the change {word} {length} characters, and is right in that."
    if all(answer(length, quantities("version 4", length).accepted) for length in range(1, 4200)):
        return "version 4 passes your test with every length."
    return None


def _embedded(answer: Any) -> str | None:
    if not isinstance(answer, int) or isinstance(answer, bool) or answer < 1:
        raise TypeError("a number of bytes is asked for")
    size = HEADER_32 + answer
    if size == 3 * LINE:
        return None
    lines, rest = divmod(size, LINE)
    return f"with the header the object has {size} bytes, that is {lines} lines and {rest} bytes."


def _rules(answer: Any) -> str | None:
    """Each rule is looked for alone, in the design in which the submitter completes the name."""
    if not isinstance(answer, (set, frozenset, list, tuple)):
        raise TypeError("a set of rules is asked for, such as {'i'}")
    unknown = set(answer) - set(RULES)
    if unknown:
        raise ValueError(f"the rules are {', '.join(RULES)}")
    for name, rule in RULES.items():
        broken = request(OLD, ATOMIC, (rule,)).explore().broken
        if broken and name not in answer:
            return f"look at rule {name}, too."
        if not broken and name in answer:
            return f"rule {name} holds in every order of the two threads."
    return None


def _order(answer: Any) -> str | None:
    if not isinstance(answer, (list, tuple)):
        raise TypeError("a pair is asked for")
    wrong = [one for one in exits(twin(tuple(answer))) if one.faults]
    return f"on the way out by {wrong[0].where}: {wrong[0].faults[-1]}." if wrong else None


EXERCISES = (
    Exercise(
        key="16.1",
        question=(
            "Write a property: a function of a length and of whether a path so long is accepted."
            " It is to hold for every length before the change and after it, and to catch version 4."
        ),
        judge=_property,
        hint="Accepted if and only if ...",
        because="With it a search for the smallest length that breaks it ends at 4048.",
        reference=lambda length, accepted: accepted == (length <= 4095),
    ),
    Exercise(
        key="16.2",
        question=(
            "On a machine of 32 bits the header has 12 bytes, and the object is to have three cache lines of"
            " 64 bytes as well. How many bytes has the embedded text?"
        ),
        judge=_embedded,
        hint="Which number has to come out of the sum?",
        because="192 - 12: a path of up to 179 characters needs no second allocation there.",
        reference=180,
    ),
    Exercise(
        key="16.3",
        question=(
            "Somebody calls `complete_getname()` where the request is submitted. Which of the rules i, ii and"
            " iii can break, with the counter still atomic? Answer with the set of them."
        ),
        judge=_rules,
        hint="`RULES` has the sentences. Whose audit context is it, and when does that let go of the name?",
        because="It is the old design again; the atomic counter saves rule ii, and only that.",
        reference={"i", "iii"},
    ),
    Exercise(
        key="16.4",
        question=(
            "The memory of the twin may be freed under the lock alone. In which order must `cd` and"
            " `chrdevs_lock` be declared? Answer with the pair of names, the first declared first."
        ),
        judge=_order,
        hint="What is declared last is given back first.",
        because="So an object is declared where it gets its value, behind the lock that it needs at its end.",
        reference=("chrdevs_lock", "cd"),
    ),
)
