"""Predict the next state: a transcript, one line more, and the places where mounts come or go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from random import Random

from .misconceptions import rewritten
from .question import Question, Trap, quoted, tokens, told
from .worlds import TRIES, Author, Spot, World, appear

KIND = "next state"
WAYS = {
    1: ("mount",),
    2: ("mount", "mount", "umount", "bind"),
    3: ("mount", "umount", "bind", "rbind"),
    4: ("mount", "umount", "bind", "rbind"),
}
MOST = 8
"""A right answer has at most so many places."""
NOTHING = "nothing"
_SPOT = re.compile(r"(?:(sh[1-9][0-9]{0,3}):)?(/\S*)")


def question(seed: int, level: int) -> Question:
    """The question of that seed: the first draw of which enough wrong ideas expect something else."""
    random = Random(f"{KIND} {level} {seed}")
    for wanted in (min(level, 2),) * TRIES + (1,) * TRIES + (0,) * TRIES:
        author = Author(random, level)
        author.begin()
        author.middle()
        line = author.last(WAYS[level])
        before, after = World(author.lines), World(author.lines)
        if after.run(line) or after.stacked:
            continue
        gone = " umount " in line
        right = appear(after, before) if gone else appear(before, after)
        story = [*author.lines, line]
        if right and len(right) <= MOST and len(_traps(story, right)) >= wanted:
            return _asked(seed, level, story, right, before)
    raise AssertionError("one draw in so many can be asked")


def outcome(story: list[str]) -> frozenset[Spot]:
    """Where the last line lets mounts appear, or disappear where it is an umount."""
    before, after = World(story[:-1]), World(story)
    return appear(after, before) if " umount " in story[-1] else appear(before, after)


def _traps(story: list[str], right: Iterable[Spot]) -> list[Trap]:
    """What each wrong idea expects, where that is something else."""
    expected = ((outcome(other), words) for words, other in rewritten(story))
    return [Trap(written(spots), words) for spots, words in expected if spots != right]


def written(spots: Iterable[Spot]) -> str:
    """Spots as an answer."""
    return " ".join(f"{shell}:{path}" for shell, path in sorted(spots)) or NOTHING


def _asked(seed: int, level: int, story: list[str], right: frozenset[Spot], before: World) -> Question:
    gone = " umount " in story[-1]
    verb = "disappear" if gone else "appear"

    def judge(answer: object) -> str | None:
        spots = frozenset(_spots(answer, before))
        if spots == right:
            return None
        return told(
            (trap.words for trap in _traps(story, right) if frozenset(_spots(trap.answer, before)) == spots),
            _difference(spots, right, verb),
        )

    shown = "\n".join(f"  {line}" for line in story[:-1])
    return Question(
        kind=KIND,
        seed=seed,
        level=level,
        question=f"So far:\n{shown}\n\nNow:\n  {story[-1]}\n\nAt which places do mounts {verb}?",
        form=f"the places, such as sh1:/a sh2:/a/x; without a shell sh1 is meant; or {NOTHING}",
        pictures=(("Before the last line:", before.snapshot),),
        judge=judge,
        traps=lambda: _traps(story, right),
        hint="On which mount does the last line work, who are that mount's peers and slaves, and theirs?",
        because=f"Mounts {verb} at {written(right)}.",
        reference=written(right),
    )


def _spots(answer: object, world: World) -> Iterator[Spot]:
    words = tokens(answer, "places, such as sh1:/a/x,")
    if not words:
        raise ValueError(f"there is no place in it; '{NOTHING}' says that there is none")
    for word in words if words != [NOTHING] else ():
        found = _SPOT.fullmatch(word)
        if not found:
            raise ValueError(f"{quoted(word)} is no place such as sh1:/a/x")
        path = found[2].rstrip("/") or "/"
        yield world.first_shell(found[1] or "sh1"), path


def _difference(spots: frozenset[Spot], right: frozenset[Spot], verb: str) -> str:
    """Words for an answer that no known idea explains; they do not give the answer away."""
    much, little = len(spots - right), len(right - spots)
    words = []
    if much:
        words.append(f"at {written(sorted(spots - right)[:1])} no mount {verb}s")
    if little:
        words.append(f"{little} place{'s are' if little > 1 else ' is'} missing")
    return f"{', and '.join(words)}."
