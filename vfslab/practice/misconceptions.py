"""Wrong ideas of propagation, each as another transcript: what the model makes of it is what one would expect
who has that idea.

No answer is kept here: a wrong idea changes lines, and the model runs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Misconception(NamedTuple):
    """``rewrite`` turns the lines into those that would do what the idea expects; ``words`` put it right."""

    words: str
    rewrite: Callable[[Sequence[str]], list[str]]


def _replaced(pattern: str, by: str) -> Callable[[Sequence[str]], list[str]]:
    return lambda lines: [re.sub(pattern, by, line) for line in lines]


def _without(word: str) -> Callable[[Sequence[str]], list[str]]:
    """Lines that make a mount of that type are left out, and unshare does not do it either."""

    def rewrite(lines: Sequence[str]) -> list[str]:
        kept = [line for line in lines if not re.search(rf"--make-r?{word}\b", line)]
        return [line.replace(f"--propagation {word}", "--propagation unchanged") for line in kept]

    return rewrite


def _private_at_the_end(lines: Sequence[str]) -> list[str]:
    """Before the last line nothing propagates any more."""
    shells = dict.fromkeys(line.partition("#")[0] for line in lines)
    return [*lines[:-1], *(f"{shell}# mount --make-rprivate /" for shell in shells), lines[-1]]


def _private_elsewhere(lines: Sequence[str]) -> list[str]:
    """Before the last line the other shells' mounts are cut off."""
    own = lines[-1].partition("#")[0]
    shells = dict.fromkeys(line.partition("#")[0] for line in lines)
    cut = (f"{shell}# mount --make-rprivate /" for shell in shells if shell != own)
    return [*lines[:-1], *cut, lines[-1]]


def _slave_again_is_no_peer(lines: Sequence[str]) -> list[str]:
    """A slave that is made shared stays a mere slave."""
    slaves: set[str] = set()
    kept = []
    for line in lines:
        made = re.search(r"--make-(slave|shared) (\S+)", line)
        if made and made[1] == "slave":
            slaves.add(made[2])
        if not (made and made[1] == "shared" and made[2] in slaves):
            kept.append(line)
    return kept


def _if_last(word: str, rewrite: Callable[[Sequence[str]], list[str]]) -> Callable[..., list[str]]:
    return lambda lines: rewrite(lines) if f" {word} " in lines[-1] else [*lines]


MISCONCEPTIONS = (
    Misconception(
        "that would be so if a slave passed on to its master. It receives; nothing goes back up.",
        _without("slave"),
    ),
    Misconception(
        "that would be so if a private mount still received. It is in no peer group and has no master.",
        _without("private"),
    ),
    Misconception(
        "that would be so if a slave did not receive. It sends nothing to its master, but it gets all that "
        "happens there.",
        lambda lines: _replaced("--propagation slave", "--propagation private")(
            _replaced("--make-(r?)slave", r"--make-\1private")(lines)
        ),
    ),
    Misconception(
        "that would be so if an unbindable mount could be copied. A bind of it is refused, and a recursive "
        "bind leaves it out with all below it.",
        _replaced("--make-unbindable", "--make-private"),
    ),
    Misconception(
        "that would be so if a bind took along what is mounted below. --bind takes one mount, --rbind all.",
        _replaced("--bind", "--rbind"),
    ),
    Misconception(
        "that would be so if --rbind took the one mount only. It copies the whole tree below.",
        _replaced("--rbind", "--bind"),
    ),
    Misconception(
        "that would be so if umount took off the one mount only. What is at the same place under peers and "
        "slaves of the parent goes along.",
        _if_last("umount", _private_at_the_end),
    ),
    Misconception(
        "that would be so if a mount showed up at the one place only. Peers and slaves of the mount that it "
        "stands on get a copy.",
        _if_last("mount", _private_at_the_end),
    ),
    Misconception(
        "that would be so if propagation ended at the border of a mount namespace. Peer groups reach across.",
        _private_elsewhere,
    ),
    Misconception(
        "that would be so if `unshare -m` left the types as they are. util-linux makes all private unless "
        "--propagation says otherwise.",
        _replaced(r"unshare -m$", "unshare -m --propagation unchanged"),
    ),
    Misconception(
        "that would be so if a type held for what is mounted below, too. That takes the recursive form, "
        "--make-rslave for example.",
        _replaced("--make-(?=shared|slave|private|unbindable)", "--make-r"),
    ),
    Misconception(
        "that would be so if a slave could not be shared as well. Then it receives from its master, and "
        "passes on to peers of its own.",
        _slave_again_is_no_peer,
    ),
)


def rewritten(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The words of each idea that would change the lines, and the changed lines."""
    for idea in MISCONCEPTIONS:
        other = idea.rewrite(lines)
        if other != [*lines] and other:
            yield idea.words, other
