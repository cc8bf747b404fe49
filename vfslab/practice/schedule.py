"""Find the schedule that breaks it: tasks of an old version, or of a careless program, and an order for them.

The judge walks the order; whatever breaks a rule is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from vfslab.changelog import create_new_namespace, fix
from vfslab.changelog.sides import Sides
from vfslab.scenario import Scenario
from vfslab.staged import Staged

from .orders import Walked, search, stages, walk
from .programs import drawn
from .question import Question, Trap, quoted, tokens
from .worlds import TRIES

KIND = "schedule"
# Fixes whose old version breaks in some orders only, with the number of the input; by level.
FIXES: dict[int, tuple[tuple[str, int], ...]] = {
    1: (("1219e0feaefc", 0), ("a41dbf5e004e", 0), ("a41dbf5e004e", 1)),
    2: (("0cf1149673da", 0), ("0cf1149673da", 4), ("5854fc6391e9", 0), ("c0aac5975baf", 0)),
    3: (("88ec797c4680", 0), ("294f54f849d8", 0), ("0cf1149673da", 7), ("887e97745ec3", 1)),
    4: (("88ec797c4680", 1), ("294f54f849d8", 0), ("0cf1149673da", 6), ("88ec797c4680", 0)),
}
LONGEST = 400
"""An order has at most so many items."""

# The old create_new_namespace() harms where the root is shared; another task is about to end that.
PRIVATE = 'mount "" / "" MS_PRIVATE ""'
MOUNTS = (
    Scenario(
        create_new_namespace.SHARED_ROOT,
        (("sh2", (PRIVATE,)), ("sh1", (create_new_namespace.REFUSED,))),
        without=(create_new_namespace.COMMIT,),
    ),
    Scenario(
        create_new_namespace.SHARED_ROOT,
        (("sh2", ("mkdir /a", PRIVATE)), ("sh1", (create_new_namespace.REFUSED, "mkdir /b"))),
        without=(create_new_namespace.COMMIT,),
    ),
)


def question(seed: int, level: int) -> Question:
    """The question of that seed: of a fix, or of programs of which some order breaks a rule."""
    random = Random(f"{KIND} {level} {seed}")
    if random.random() < 0.4:
        commit, number = random.choice(FIXES[level])
        world, found = _old(commit, number)
        if found is not None and not walk(world, ()).broken:
            change = fix(commit)
            title = f"{commit} is taken out: {change.title}. {change.rule.capitalize()} is the rule."
            return _asked(seed, level, world, found, title)
    for _ in range(TRIES * 5):
        programs = drawn(random, level)
        found = None if walk(programs, ()).broken else search(programs)
        if found is not None and found.interruptions >= 1:
            return _asked(seed, level, programs, found, "Every addition counts, and nobody waits for ever.")
    raise AssertionError("one draw in so many can be asked")


@cache
def _old(commit: str, number: int) -> tuple[Staged, Walked | None]:
    """The old version of a fix, with that input, and an order that breaks it."""
    change = fix(commit)
    world: Staged
    if commit == create_new_namespace.COMMIT:
        world = MOUNTS[number]
    elif isinstance(change.scenario, Sides):
        world = change.scenario.side("before", change.scenario.inputs[number])
    else:
        world = change.world("before")
    return world, search(world)


def written(order: Sequence[int]) -> str:
    """An order, of numbers from 0, as an answer."""
    words: list[tuple[int, int]] = []
    for task in order:
        if words and words[-1][0] == task:
            words[-1] = (task, words[-1][1] + 1)
        else:
            words.append((task, 1))
    return " ".join(f"{task + 1}*{times}" if times > 1 else f"{task + 1}" for task, times in words)


def _asked(seed: int, level: int, world: Staged, found: Walked, rule: str) -> Question:
    names = [job.task.comm for job in world().jobs]
    most = found.interruptions + (level < 4) if level > 2 else None
    turns = stages(world)
    straight = walk(world, ()).order

    def traps() -> Iterator[Trap]:
        yield Trap(written(straight), ONE_BY_ONE)
        backwards = straight[::-1]
        walked = walk(world, backwards)
        if not walked.broken and not walked.wrong:
            yield Trap(written(backwards), ONE_BY_ONE)

    def judge(answer: object) -> str | None:
        order = _order(answer, names)
        walked = walk(world, order)
        if walked.wrong:
            return f"{walked.wrong}."
        if walked.broken and (most is None or walked.interruptions <= most):
            return None
        if walked.broken:
            return (
                f"it breaks, but with {_times(walked.interruptions, 'interruption')}; "
                f"{most} at most are allowed."
            )
        if not walked.interruptions:
            return ONE_BY_ONE
        return (
            f"nothing breaks, with {_times(walked.interruptions, 'interruption')}. Where does one task "
            "rely on what another is about to change, or on a lock that the other wants?"
        )

    listed = "\n".join(
        f"Task {number}, {name}:\n"
        + "\n".join(f"  {turn:2}  {what or 'goes on'}" for turn, what in enumerate(told, 1))
        for number, (name, told) in enumerate(zip(names, turns, strict=True), 1)
    )
    bound = "" if most is None else f" Interrupt a task that could go on at most {_times(most, 'time')}."
    return Question(
        kind=KIND,
        seed=seed,
        level=level,
        question=f"{rule}\n\nThe turns of each task, where they go one after the other:\n{listed}\n\n"
        f"In which order of turns does it break?{bound} What is left at the end goes on uninterrupted.",
        form="whose turn it is, by number: 1*3 2 1 is three turns of task 1, one of task 2, one of task 1",
        judge=judge,
        traps=traps,
        hint="Let one task look, or take its first lock; then let the other one go on.",
        because=f"With {written(found.order)}: {found.broken}.",
        reference=written(found.order),
    )


ONE_BY_ONE = (
    "nothing breaks: you let the tasks go one after the other as if a call could not be interrupted. It can, "
    "at every turn, or another may come first."
)


def _times(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _order(answer: object, names: Sequence[str]) -> list[int]:
    order: list[int] = []
    given = [answer] if type(answer) is int else answer
    for word in tokens(given, "numbers of tasks"):
        who, star, times = word.partition("*")
        if word in names:
            order.append(names.index(word))
            continue
        if not _is_number(who) or (star and not _is_number(times)):
            raise ValueError(f"{quoted(word)} is neither a task's number nor such as 1*3")
        if not 1 <= int(who) <= len(names):
            raise ValueError(f"there is no task {who}; there are {len(names)}")
        order += [int(who) - 1] * min(int(times) if star else 1, LONGEST + 1)
        if len(order) > LONGEST:
            raise ValueError(f"it is too long: {LONGEST} turns are allowed")
    if not order:
        raise ValueError("there is no turn in it")
    return order


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 6
