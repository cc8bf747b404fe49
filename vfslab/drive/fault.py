"""fault: the n-th allocation fails, for every n, one world each: what comes of it, as a table.

The tasks of a world make their calls one after the other, nobody in between. Locks are not made to
fail: nothing in the mount code gives up waiting for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..kernel.effects import Alloc
from .explore import Alone, Make, Rule
from .schedule import Choice, Schedule


class Outcome(NamedTuple):
    """What came of one failure: which allocation, of which function; how the calls ended; what broke.

    ``ends`` are the calls with an errno, "success" or "the kernel dies". ``path`` are the choices
    that lead there again. Of the run in which nothing fails ``function`` and ``what`` are "".
    """

    function: str
    what: str
    ends: tuple[tuple[str, str], ...]
    broken: str | None
    path: tuple[Choice, ...]


class Sweep(tuple[Outcome, ...]):
    """The outcomes in the order of the allocations, the run without a failure last; as text a table."""

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """Those in which a rule broke."""
        return tuple(outcome for outcome in self if outcome.broken)

    def __repr__(self) -> str:
        rows = [("", "what there is no memory for", "how it ends", "rules")]
        for number, outcome in enumerate(self, 1):
            failed = f"{outcome.what} ({outcome.function})" if outcome.function else "nothing"
            ends = ", ".join(end for _, end in outcome.ends)
            rows.append((str(number), failed, ends, outcome.broken or "kept"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0], strict=True))
            for row in rows
        ]
        return "\n".join(line.rstrip() for line in lines)


def sweep(make: Make, *, rule: Rule | None = None) -> Sweep:
    """Let each allocation of the world's calls fail in turn, then none.

    Rules are checked wherever no lock is held, as ``explore`` does.
    """
    return Sweep(_outcomes(make, rule))


def _outcomes(make: Make, rule: Rule | None) -> Iterator[Outcome]:
    number = 0
    while True:
        outcome = fail_nth(make, number, rule=rule)
        yield outcome
        if not outcome.function:
            return
        number += 1


def fail_nth(make: Make, number: int, *, rule: Rule | None = None) -> Outcome:
    """Let allocation ``number``, counted from 0, fail; where there are fewer, nothing fails."""
    schedule = Schedule(make())
    alone = Alone(schedule)
    path: list[Choice] = []
    function = what = ""
    broken = None
    while options := schedule.options():
        choice = options[0]
        pending = schedule.jobs[choice.job].pending
        if isinstance(pending, Alloc):
            if number == 0:
                choice = choice._replace(fail=True)
                function, what = pending
            number -= 1
        alone.take(choice)
        path.append(choice)
        broken = broken or alone.broken(rule)
    ends = tuple(
        (title, "the kernel dies" if result.oops else result.errno or "success")
        for progress in schedule.jobs
        for title, result in progress.results
    )
    return Outcome(function, what, ends, broken, tuple(path))
