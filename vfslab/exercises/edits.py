"""Lesson 17: mass edits. Answers are given to the matcher, to sed, and to the sums."""

from __future__ import annotations

from typing import Any

from vfslab.blocks.callers import unused_helpers
from vfslab.blocks.declared import pointee, types
from vfslab.blocks.rewrite import Alternative
from vfslab.blocks.sed import sed
from vfslab.blocks.tokens import tokens
from vfslab.changelog.default_gfp import LINES, check, due
from vfslab.changelog.fsnotify_sb_error import files
from vfslab.changelog.kmalloc_obj import mul
from vfslab.changelog.semantic_patch import ALTERNATIVES, OWN, convert, toy_tree

from .exercise import Exercise

STRUCTS = (
    "struct room {{ int doors; }}; struct badge {{ struct room room; }}; void toy(void) {{ {} return; }}"
)


def reordered() -> tuple[Alternative, ...]:
    """The alternatives with the first of them behind all others."""
    first = next(one for one in ALTERNATIVES if one.name == OWN)
    return (*(one for one in ALTERNATIVES if one is not first), first)


def untouched_then() -> set[str]:
    """The variables of the toy tree whose calls are converted, and would not be in the other order."""
    found = set()
    for source in toy_tree().values():
        pairs = zip(source.split("\n"), convert(source, reordered()).text.split("\n"), strict=False)
        kept = {old.split("=")[0].strip() for old, new in pairs if old == new and "alloc" in old}
        changed = {one.split("=")[0].strip() for one in convert(source).text.split("\n") if "_obj(" in one}
        found |= kept & changed
    return found


def _order(answer: Any) -> str | None:
    if isinstance(answer, str) or not all(isinstance(name, str) for name in answer):
        return "a set of the names of variables, please."
    right = untouched_then()
    if set(answer) == right:
        return None
    extra = sorted(set(answer) - right)
    return f"{extra[0]} is treated the same in both orders." if extra else "there are more of them."


def _mistaken(answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "C in a string, please: a declaration and an assignment."
    source = STRUCTS.format(answer)
    decisions = [one for one in convert(source).decisions if one.after is not None]
    if len(decisions) != 1:
        return f"{len(decisions)} calls are converted in it, it should be one."
    stream = tokens(source)
    end = next(at for at, token in enumerate(stream) if token.text == "return")
    (after,) = (one.after or "" for one in decisions)
    name = source.partition(decisions[0].before)[0].rpartition("=")[0].split()[-1].lstrip("*")
    allocated = after.partition("(")[2].split(",")[0].strip()
    kind = allocated if allocated.startswith(("struct", "union")) else types(stream, end)(allocated)
    declared = types(stream, end)(name)
    if declared is None:
        return f"{name or 'the variable'} is not declared in it."
    if kind is None:
        return f"what {allocated} is cannot be told."
    if pointee(declared) == kind:
        return f"{name} points at {pointee(declared)}, and that is what is allocated: it compiles."
    return None


def _expression(answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "a sed expression in a string, please."
    for number, line in enumerate(LINES, 1):
        wrong = check(line, sed(answer, line))
        if wrong:
            return f"{line.strip()!r}: {wrong[0]}."
        if number in (1, 2, 3, 11, 16, 17) and due(sed(answer, line)):
            return f"{line.strip()!r} keeps a flag that has to go."
    return None


def _wraps(answer: Any) -> str | None:
    if isinstance(answer, bool) or not isinstance(answer, int):
        return "a whole number, please."
    if answer < 2:
        return "there should be several."
    size = mul(answer, 24)
    return None if size < 24 else f"{answer} x 24 gives {size} bytes, which is enough for one at least."


def _caller(answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "C in a string, please: a function."
    tree = files("before", "7.0-rc1")
    left = unused_helpers({**tree, "fs/mine.h": answer})
    if left:
        name, by = next(iter(left.items()))
        return f"{name}() is called by {by or 'nobody'}."
    return None


EXERCISES = (
    Exercise(
        key="17.1",
        question=(
            "Put the first alternative of the semantic patch behind the shields. "
            "For which variables of the toy tree is the call no longer converted? (A set of names.)"
        ),
        judge=_order,
        hint="Which of them point at an integer of the list, and name it by the variable alone?",
        because="They are unsigned integers: what is in the list is converted only because that comes first.",
        reference={"flag", "bitmap"},
    ),
    Exercise(
        key="17.2",
        question=(
            "Write a declaration and an assignment that compile without a word, are converted, and do not "
            "compile any more. There are struct room, and struct badge, which is a struct room and no more."
        ),
        judge=_mistaken,
        hint="The type in sizeof() and the type of the pointer only have to be of one size.",
        because="So it was in KVM on PowerPC e500: the sizes were equal, so nothing had ever gone wrong.",
        reference="struct badge *badge; badge = kmalloc(sizeof(struct room), GFP_KERNEL);",
    ),
    Exercise(
        key="17.3",
        question=(
            "Write a sed expression that takes what the first one rightly takes from the seventeen lines, "
            "and both flags of a line with two calls, and leaves kstrdup() and my_alloc_obj() theirs."
        ),
        judge=_expression,
        hint=r"[^;]* instead of .*, a word that begins with \<k, and the flag g.",
        because="It is still no parser: a semicolon in a string would stop it, and brackets it cannot count.",
        reference=r"s/\(\<k[vmz]*alloc_objs*([^;]*\), GFP_KERNEL)/\1)/g",
    ),
    Exercise(
        key="17.4",
        question="kmalloc(count * 24): give a count of 2 or more for which there is not even memory for one.",
        judge=_wraps,
        hint="The product has 64 bits. What is 2 to the power of 64, divided by 24 and rounded up?",
        because="The product is 8 more than fits into 64 bits. The typed macros saturate, and fail.",
        reference=-(-(1 << 64) // 24),
    ),
    Exercise(
        key="17.5",
        question=(
            "Write a header fs/mine.h after which no helper of the tree is unused. (A helper in it that "
            "nobody calls does not count.)"
        ),
        judge=_caller,
        hint="A function that is no inline one is called from elsewhere, as far as anybody can tell.",
        because="That a name is called is not enough: it has to be called by somebody who is called.",
        reference="void mine(void)\n{\n\tfsnotify_sb_error(0, 0, 0);\n}\n",
    ),
)
