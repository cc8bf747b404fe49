"""Exercises of notebook 15: counting the cost. Each answer is tried out on the mechanism it is about."""

from __future__ import annotations

from typing import Any

from vfslab.blocks.layout import beside, lay_out
from vfslab.changelog import device_hint, lock_flag, own_line, pidmap_lock

from .exercise import Exercise


def _lucky(answer: Any) -> str | None:
    if not isinstance(answer, (list, set, tuple)) or not all(type(start) is int for start in answer):
        return "give the starts as a list of whole numbers."
    other = sorted(start for start in answer if start not in lock_flag.STARTS)
    if other:
        return f"an inode cannot begin at {other[0]}: it begins at a multiple of 8, below 64."
    for start in lock_flag.STARTS:
        broken = lock_flag.side_by_side("before", start, "7.1.13").explore().broken
        if broken and start in answer:
            return f"with the inode at {start}, {broken}."
        if not broken and start not in answer:
            return "there is another one."
    return None


def _bound(answer: Any) -> str | None:
    if type(answer) not in (int, float):
        return "give a number."
    before, after = (pidmap_lock.acquisitions(side, 3, destroyed=True) for side in ("before", "after"))
    if abs(answer - before / after) < 1e-9:
        return None
    if abs(answer - (before - 1) / (after - 1)) < 1e-9:
        return "that is so for making one; it has to be buried, too."
    return "count how often the lock is taken in a whole life, before and after."


LARGEST = 192


def _alignments(answer: Any) -> str | None:
    if not isinstance(answer, dict) or not all(type(align) is int for align in answer.values()):
        return 'give a dict of whole numbers, for example {"ops": 16}.'
    members = [member for member, _ in own_line.ns_common().members]
    unknown = [name for name in answer if name not in {member.name for member in members}]
    if unknown:
        return f"there is no member {unknown[0]!r}."
    plain = {member.name: member._replace(align=0) for member in members}
    plain["__ns_ref"] = plain["__ns_ref"]._replace(size=4)
    layout = lay_out(
        "ns_common", [member._replace(align=answer.get(name, 0)) for name, member in plain.items()]
    )
    for start in layout.starts():
        if neighbours := beside(layout.lines(start), {"__ns_ref"}):
            return (
                f"{sorted(neighbours)[0]} lies in the line of __ns_ref when the structure begins at {start}."
            )
    if layout.size > LARGEST:
        return f"that has {layout.size} bytes, and {LARGEST} are enough."
    return None


def _right_again(answer: Any) -> str | None:
    counts = isinstance(answer, tuple) and len(answer) == 3
    if not counts or not all(type(count) is int and 0 <= count <= 100_000 for count in answer):
        return "give three whole numbers, (regular files, devices, whiteouts)."
    workload = device_hint.Workload(*answer)
    if not workload.devices:
        return "without a device nobody has to be asked at all."
    score = device_hint.scores("before", workload)[device_hint.NO_NUMBER]
    if score.right > score.wrong:
        return None
    return f"the hint is right {score.right} times and wrong {score.wrong} times."


EXERCISES = (
    Exercise(
        key="15.1",
        question=(
            "In 7.1.13 `i_readcount` lies at 340 and `i_flctx` at 352. Give the list of all starts at which"
            " the old code would be lucky there."
        ),
        judge=_lucky,
        hint="A start is a multiple of 8. Where do 340 and 352 fall on two sides of a multiple of 64?",
        because="Two of eight: luck is rarer than it looks, and another layout moves it to other starts.",
        reference=[32, 40],
    ),
    Exercise(
        key="15.2",
        question=(
            "Give a dict of alignments for members of the new `ns_common` so that nothing lies in the line of"
            " `__ns_ref`, wherever the structure begins, in 192 bytes. (Nothing is nested: a member is as"
            " large as what it holds.)"
        ),
        judge=_alignments,
        hint="An alignment says where a member begins. What says where the next one begins?",
        because=(
            "Padding has to come behind the count as well. The kernel has it from the inner structure, whose"
            " size is rounded up to its alignment."
        ),
        reference={"__ns_ref": 64, "ns_type": 64},
    ),
    Exercise(
        key="15.3",
        question=(
            "At level 3 a process is made and buried. If handing over `pidmap_lock` were all that takes time,"
            " how many times as many a second would the change allow?"
        ),
        judge=_bound,
        hint="To bury one takes the lock once, before and after.",
        because="6 against 2. What a lock costs less can never be more than what it cost.",
        reference=3,
    ),
    Exercise(
        key="15.4",
        question=(
            "Give a workload (regular files, devices, whiteouts), with a device in it, for which the hint"
            " that was taken out would be right more often than wrong."
        ),
        judge=_right_again,
        hint="Overlayfs marks a removed name with a character special file of device 0.",
        because="A hint is a claim about a workload, and nobody had this one in mind.",
        reference=(100, 1, 2),
    ),
)
