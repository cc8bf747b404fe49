"""Which command led here: two states, and any line that leads from the one to the other is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from vfslab.snapshot import Snapshot
from vfslab.views import text

from .question import Question, Trap, short, told
from .worlds import TRIES, Author, Spot, World

KIND = "command"
WAYS = {
    1: ("mount", "retype", "bind"),
    2: ("mount", "retype", "bind", "umount"),
    3: ("retype", "bind", "rbind", "umount", "mount"),
    4: ("retype", "rbind", "umount", "unshare", "bind"),
}
LINES = 5
"""An answer may have so many lines."""

# A likely slip: a pattern in the line, what stands there then, and the words for it.
SLIPS = (
    ("--bind", "--rbind", "a bind takes along what is mounted below: that is --rbind's way."),
    ("--rbind", "--bind", "--rbind takes all that is mounted below; here one mount alone was wanted."),
    (r"--make-slave", "--make-private", "a private mount is cut off in both ways; a slave still receives."),
    (r"--make-private", "--make-slave", "a slave still receives; a private mount is cut off in both ways."),
    (r"--make-shared", "--make-slave", "a slave only receives; a shared mount sends, too."),
    (r"--make-slave", "--make-shared", "a shared mount sends, too; a slave only receives."),
    (r"--make-unbindable", "--make-private", "it can still be bound: unbindable is private, and more."),
    (r"--make-private", "--make-unbindable", "unbindable is more than private: it cannot be bound."),
    (r"--make-(?=s|p|u)", "--make-r", "the recursive form changes what is mounted below, too."),
    (r"(--r?bind) (\S+) (\S+)", r"\1 \3 \2", "the source stands first, the place second."),
    (r"umount (\S+)", r"mount --make-private \1", "a private mount is still mounted."),
    (
        r"unshare -m$",
        "unshare -m --propagation unchanged",
        "the copies stay what they were; plain `unshare -m` makes them private.",
    ),
    (
        r"unshare -m --propagation \w+",
        "unshare -m",
        "plain `unshare -m` makes all copies private.",
    ),
)


def question(seed: int, level: int) -> Question:
    """The question of that seed."""
    random = Random(f"{KIND} {level} {seed}")
    for _ in range(TRIES):
        author = Author(random, level)
        author.begin()
        author.middle()
        line = author.last(WAYS[level])
        before, after = World(author.lines), World(author.lines)
        if not after.run(line) and not after.stacked and state(after) != state(before):
            return _asked(seed, level, author.lines, line, before, after)
    raise AssertionError("one draw in so many can be asked")


def state(world: World) -> tuple[tuple[object, ...], ...]:
    """What is compared: each mount by its place, its kin by theirs; ids and the order of making are not."""
    snapshot = world.snapshot
    first: dict[int, str] = {task.ns: task.name for task in reversed([*snapshot.tasks.values()])}
    spot = {
        id: (first.get(snapshot.mounts[id].ns or 0, ""), path or "?") for id, path in snapshot.paths().items()
    }

    def kin(group: int) -> tuple[Spot, ...]:
        return tuple(sorted(spot[mount.id] for mount in snapshot.members_of(group))) if group else ()

    return tuple(
        sorted(
            (
                *spot[mount.id],
                *spot.get(mount.parent, ("", "")),
                *(mount.root, mount.source, mount.fstype, mount.options, mount.super_options),
                *(mount.shared, mount.unbindable, mount.locked),
                *(kin(mount.group), kin(mount.master), mount.master > 0),
            )
            for mount in snapshot.mounts.values()
        )
    )


def slips(line: str) -> Iterator[tuple[str, str]]:
    """Lines that are easily taken for this one, with words for each."""
    shell, _, command = line.partition("# ")
    for pattern, by, words in SLIPS:
        other = re.sub(pattern, by, command)
        if other != command:
            yield f"{shell}# {other}", words
    if shell != "sh1" and "unshare" not in command:
        yield f"sh1# {command}", f"the same in {shell} leads there: whose mounts have changed?"


def _asked(seed: int, level: int, lines: list[str], right: str, before: World, after: World) -> Question:
    wanted = state(after)

    def traps() -> Iterator[Trap]:
        for line, words in slips(right):
            tried = World(lines)
            if not tried.run(line) and state(tried) != wanted:
                yield Trap(line, words)

    def judge(answer: object) -> str | None:
        tried = World(lines)
        for line in _lines(answer):
            if wrong := tried.run(line):
                return f"{wrong.rstrip('.')}."
        found = state(tried)
        if found == wanted:
            return None
        same = (trap.words for trap in traps() if state(World([*lines, trap.answer])) == found)
        return told(same, _difference(tried, after, before))

    return Question(
        kind=KIND,
        seed=seed,
        level=level,
        question=f"Before:\n{_indented(before.snapshot)}\n\nAfter:\n{_indented(after.snapshot)}\n\n"
        "Which line leads from the one to the other? The shells are "
        f"{', '.join(after.session.shells)}. Directories are there already.",
        form="a line such as sh2# mount --make-private /a; without a prompt it is sh1's",
        pictures=(("Before:", before.snapshot), ("After:", after.snapshot)),
        judge=judge,
        traps=traps,
        hint="Is there a mount more, or one less, or has the type of one changed? And who else has changed?",
        because=f"The line was {right}; whatever leads to the same state is as right.",
        reference=right,
    )


def _indented(snapshot: Snapshot) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.tree(snapshot).splitlines())


def _lines(answer: object) -> list[str]:
    if not isinstance(answer, str):
        raise TypeError("a line of the shell is wanted, as text")
    found = [line.strip() for line in short(answer).splitlines() if line.strip()]
    if not found:
        raise ValueError("there is no line in it")
    if len(found) > LINES:
        raise ValueError(f"one line is enough, {LINES} are allowed")
    return found


def _difference(tried: World, after: World, before: World) -> str:
    """Words for where a line leads instead; they do not give the answer away."""
    if state(tried) == state(before):
        return "after it the mounts are as they were before."
    have, want = tried.spots, after.spots
    for much, little in (("no mount is wanted", have - want), ("a mount is wanted", want - have)):
        if little:
            shell, path = min(little)
            return f"it leads elsewhere: at {shell}:{path[:80]} {much}."
    return "the mounts are at the right places, but their types, peers or sources are others."
