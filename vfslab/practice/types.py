"""Which propagation types make this happen: blanks in a transcript, judged by running it filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from random import Random

from .misconceptions import rewritten
from .question import Question, Trap, quoted, tokens, told
from .worlds import TRIES, Author, Spot, World

KIND = "types"
TYPES = ("shared", "slave", "private", "unbindable")
BLANK = re.compile(r"--make-\?")
TRAPS_TRIED = 64
"""Of all ways to fill the blanks so many are tried for wrong ideas."""


def question(seed: int, level: int) -> Question:
    """The question of that seed: of its draws the first whose blanks matter, each on its own."""
    random = Random(f"{KIND} {level} {seed}")
    for _ in range(TRIES * 2):
        lines = _drawn(random, level)
        blanks = sum(bool(BLANK.search(line)) for line in lines)
        reference = tuple(random.choice(TYPES) for _ in range(blanks))
        wanted = outcome(filled(lines, reference))
        if blanks and all(_matters(lines, reference, wanted, at) for at in range(blanks)):
            return _asked(seed, level, lines, reference, wanted)
    raise AssertionError("one draw in so many can be asked")


def _drawn(random: Random, level: int) -> list[str]:
    """A transcript with blanks for types, and then something that happens."""
    author = Author(random, level)
    author.begin()
    for _ in range(1 + (level > 2)):
        author.add(author.bind())
    if level > 1:
        author.add("sh2# unshare -m --propagation unchanged")
    places = [(shell, path) for shell, path in sorted(author.world.spots) if path != "/"]
    chosen = random.sample(places, min(len(places), 1 + (level > 1) + (level > 3)))
    blanks = [f"{shell}# mount --make-? {path}" for shell, path in chosen]
    first = len(author.lines)
    for _ in range(1 + (level > 1)):
        author.add(author.mount())
    if level > 2:
        author.add(author.bind(random.choice(("--bind", "--rbind"))))
    return [*author.lines[:first], *blanks, *author.lines[first:]]


def filled(lines: Sequence[str], types: Sequence[str]) -> list[str]:
    """The lines with the types in the blanks, in their order."""
    left = iter(types)
    return [BLANK.sub(lambda _: f"--make-{next(left)}", line) for line in lines]


def outcome(lines: Sequence[str]) -> tuple[tuple[Spot, int], ...]:
    """Where mounts are in the end; a line that is refused does nothing."""
    return tuple(sorted(World(lines).spots.items()))


def _matters(lines: Sequence[str], reference: tuple[str, ...], wanted: object, at: int) -> bool:
    others = ((*reference[:at], other, *reference[at + 1 :]) for other in TYPES)
    return any(outcome(filled(lines, other)) != wanted for other in others)


def _asked(
    seed: int, level: int, lines: list[str], reference: tuple[str, ...], wanted: tuple[tuple[Spot, int], ...]
) -> Question:
    count = len(reference)

    def ideas(types: Sequence[str]) -> Iterator[str]:
        """The wrong ideas by which these types would do."""
        for words, other in rewritten(filled(lines, types)):
            if outcome(other) == wanted:
                yield words

    def traps() -> Iterator[Trap]:
        for types in itertools.islice(itertools.product(TYPES, repeat=count), TRAPS_TRIED):
            if outcome(filled(lines, types)) != wanted:
                yield from (Trap(" ".join(types), words) for words in ideas(types))

    def judge(answer: object) -> str | None:
        types = _types(answer, count)
        have = outcome(filled(lines, types))
        if have == wanted:
            return None
        return told(ideas(types), _difference(dict(have), dict(wanted)))

    first = next(number for number, line in enumerate(lines) if BLANK.search(line))
    shown = "\n".join(f"  {line}" for line in lines)
    spots = "\n".join(
        f"  {shell}:{path}{f'  ({number} mounts)' if number > 1 else ''}" for (shell, path), number in wanted
    )
    blanks = f"the {count} blanks, in their order" if count > 1 else "the blank"
    return Question(
        kind=KIND,
        seed=seed,
        level=level,
        question=f"{shown}\n\nA line that is refused does nothing. In the end mounts are at\n{spots}\n\n"
        f"Which types stand in {blanks}?",
        form=f"{count} of {', '.join(TYPES)}",
        pictures=(("Before the blanks:", World(lines[:first]).snapshot),),
        judge=judge,
        traps=traps,
        hint="Where has a copy arrived, and where has none? Who receives, who passes on?",
        because=f"{' '.join(reference)} makes it happen; so does whatever leads to the same mounts.",
        reference=" ".join(reference),
    )


def _types(answer: object, count: int) -> list[str]:
    words = tokens(answer, f"{count} types")
    for word in words:
        if word not in TYPES:
            raise ValueError(f"{quoted(word)} is none of {', '.join(TYPES)}")
    if len(words) != count:
        raise ValueError(f"{count} types are wanted, there are {len(words)}")
    return words


def _difference(have: dict[Spot, int], want: dict[Spot, int]) -> str:
    for spot in sorted(have.keys() | want.keys()):
        if have.get(spot, 0) != want.get(spot, 0):
            place = ":".join(spot)
            return f"with these, {have.get(spot, 0)} mounts are at {place}, and not {want.get(spot, 0)}."
    raise AssertionError("they differ somewhere")
