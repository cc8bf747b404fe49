"""Exercises of notebook 14: what is ordered, by what, and what comes last."""

from __future__ import annotations

from typing import Any

from vfslab.blocks.ordering import (
    ARM64,
    STRENGTH,
    Branch,
    Instruction,
    Load,
    Program,
    Store,
    outcomes,
)
from vfslab.changelog.file_ref import bad, moments
from vfslab.changelog.locks_context import barriers, surprises

from .exercise import Exercise


def _may_go_wrong(
    threads: dict[str, list[Instruction]], memory: dict[str, Any], held: dict[str, Any]
) -> bool:
    found = outcomes(Program(threads, memory), ARM64)
    return found.way(lambda registers: held.items() <= registers.items()) is not None


def wrong_on_arm64() -> list[int]:
    """Which of the three snippets may go wrong there, as the machine finds it."""
    publish: list[Instruction] = [Store("box.x", "new"), Store("ptr", "box", "release")]
    through: list[Instruction] = [Load("p", "ptr"), Branch("p"), Load("x", "x", base="p")]
    raise_flag: list[Instruction] = [Store("ptr", "new"), Store("flag", 1, "release")]
    behind: list[Instruction] = [Load("f", "flag"), Branch("f"), Load("x", "ptr")]
    store: list[Instruction] = [Load("f", "flag"), Branch("f"), Store("y", 1)]
    answer: list[Instruction] = [Load("y", "y", "acquire"), Store("flag", 1)]
    snippets: tuple[tuple[dict[str, list[Instruction]], dict[str, Any], dict[str, Any]], ...] = (
        ({"a": publish, "b": through}, {"box.x": "old"}, {"p": "box", "x": "old"}),
        ({"a": raise_flag, "b": behind}, {"ptr": "old"}, {"f": 1, "x": "old"}),
        ({"a": answer, "b": store}, {}, {"f": 1, "y": 1}),
    )
    return [number for number, snippet in enumerate(snippets, 1) if _may_go_wrong(*snippet)]


def _which_goes_wrong(answer: Any) -> str | None:
    if not isinstance(answer, (list, tuple, set)) or not set(answer) <= {1, 2, 3}:
        raise ValueError("a list of numbers from 1 to 3 is wanted")
    missed, accused = set(wrong_on_arm64()) - set(answer), set(answer) - set(wrong_on_arm64())
    if accused:
        return f"number {min(accused)} cannot go wrong: the machine has tried all orders."
    if missed:
        return "there is one that goes wrong."
    return None


def _orders(answer: Any) -> str | None:
    if not isinstance(answer, (list, tuple)) or len(answer) != 3 or not set(map(str, answer)) <= {*STRENGTH}:
        raise ValueError(f"three orders are wanted, each one of {', '.join(STRENGTH)}")
    flag, pointer, content = answer
    reader = (
        Load("flag", "i_opflags", flag),
        Branch("flag"),
        Load("ctx", "i_flctx", pointer),
        Branch("ctx"),
        Load("list", "flc_posix", content, base="ctx"),
    )
    if machines := surprises(reader):
        return f"on {' and '.join(machines)} the flag is seen, and not what it stands for."
    if barriers(reader, "alpha") > 1:
        return f"it is right, with {barriers(reader, 'alpha')} barriers on Alpha; one is enough."
    return None


def _first_and_last(answer: Any) -> str | None:
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        raise ValueError("two lists are wanted: the steps of opening, and those of freeing")
    for name, order, free in zip(("opening", "freeing"), answer, (False, True), strict=True):
        if not isinstance(order, (list, tuple)):
            raise ValueError("two lists are wanted: the steps of opening, and those of freeing")
        for slot in bad(moments([*map(str, order)], free=free)):
            return f"{name}: after {', '.join(slot.done)} a reader gets a reference and sees {slot.seen}."
    return None


EXERCISES = (
    Exercise(
        key="14.1",
        question="Which of the three may go wrong on arm64? "
        "1: `p = load(ptr); if (p) x = p->x`. 2: `if (load(flag)) x = load(ptr)`. "
        "3: `if (load(flag)) store(y, 1)`. Give their numbers as a list.",
        judge=_which_goes_wrong,
        hint="A load may be done on suspicion and forgotten. What of a store?",
        because="An address orders, and a branch orders stores; a branch does not order loads.",
        reference=[2],
    ),
    Exercise(
        key="14.2",
        question="The reader looks at the flag, then loads the pointer, then the list behind it. Give the "
        "three orders, each `relaxed`, `consume` or `acquire`, that are right on every machine and cost one "
        "barrier on Alpha.",
        judge=_orders,
        hint="What does the acquire on the flag order, besides the pointer?",
        because="An acquire orders all that is behind it: who pays for one need not pay for a dependency.",
        reference=("acquire", "relaxed", "relaxed"),
    ),
    Exercise(
        key="14.3",
        question="A file is opened by the steps `f_mode`, `f_ref`, `fsnotify bits`, and freed by `f_ref`, "
        "`poison`. Give the two lists in orders in which no reader ever gets a reference to a file that is "
        "half made.",
        judge=_first_and_last,
        hint="Try `moments([...])`, and `moments([...], free=True)`, which say what a reader sees when.",
        because="The count comes last when a file is made, and goes first when it is freed.",
        reference=(["f_mode", "fsnotify bits", "f_ref"], ["f_ref", "poison"]),
    ),
)
