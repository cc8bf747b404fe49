"""Scope: what a function takes and gives back, on each of its exits, by hand or by destructors.

A function is a generator over a ``Trail``. What it takes (memory, a lock, a name) is a word; what that
word stands for is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple, TypeAlias

from vfslab.kernel.effects import Step

# A function over a trail; what it returns is its answer.
Body: TypeAlias = Callable[["Trail"], Generator[Step, Any, str]]

END = "the end"
"""The exit that a function takes when it leaves by no other."""


@dataclass
class Trail:
    """What is held, what has been handed over to others for good, which destructors are declared.

    ``leave_by`` names the exit that the function is to leave by. ``armed`` are the variables that point
    to something, whether or not it is still there. ``faults`` are sentences. A method that changes something
    gives the Step that tells of it, to be yielded.
    """

    leave_by: str = END
    held: list[str] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)
    destructors: list[str] = field(default_factory=list)
    armed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _under: dict[str, str] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)
    _log: list[str] = field(default_factory=list)

    def leaves(self, where: str) -> bool:
        """Whether the function is to leave by this exit."""
        self._asked.append(where)
        return where == self.leave_by

    def take(self, function: str, what: str) -> Step:
        """It is held from now on, and a variable points to it."""
        self.held.append(what)
        self.armed.append(what)
        self._log.append(f"+{what}")
        return Step(function, f"takes {what}")

    def give(self, function: str, what: str, under: str = "") -> Step:
        """Give it back; ``under`` is what has to be held meanwhile. Variables go on pointing to it."""
        if what not in self.held:
            self.faults.append(f"{function} gives {what} back, which is not there any more")
        else:
            later = self.held[self.held.index(what) + 1 :]
            self.faults += [f"{function} gives {what} back before {other}, taken later" for other in later]
            self.held.remove(what)
        if under and under not in self.held:
            self.faults.append(f"{function} gives {what} back without {under}")
        self._log.append(f"-{what}")
        return Step(function, f"gives {what} back")

    def hand_over(self, function: str, what: str) -> Step:
        """Somebody else has it from now on; the variable points nowhere."""
        self.held.remove(what)
        self.armed.remove(what)
        self.handed_over.append(what)
        self._log.append(f">{what}")
        return Step(function, f"hands {what} over")

    def declare(self, function: str, what: str, under: str = "") -> Step:
        """A variable that gives ``what`` back when its scope ends, if it points to it then."""
        self.destructors.append(what)
        self._under[what] = under
        return Step(function, f"declares that {what} is given back at the end")

    def guard(self, function: str, lock: str) -> Step:
        """Take a lock that is given back when the scope ends."""
        self.declare(function, lock)
        self.take(function, lock)
        return Step(function, f"takes {lock}, to be given back at the end")

    def end(self, function: str, first: int = 0) -> Iterator[Step]:
        """Run the destructors, the last declared first, down to number ``first``."""
        while len(self.destructors) > first:
            what = self.destructors.pop()
            if what in self.armed:
                self.armed.remove(what)
                yield self.give(function, what, self._under[what])


def scoped(body: Body) -> Body:
    """A function at whose end, whichever it is, what it declared is given back: the last declared first."""

    @wraps(body)
    def function(trail: Trail) -> Generator[Step, Any, str]:
        first = len(trail.destructors)
        answer = yield from body(trail)
        yield from trail.end(body.__name__, first)
        return answer

    return function


def faults(trail: Trail) -> Iterator[str]:
    """A rule: nothing is given back twice, in a wrong order, or without what it needs."""
    yield from trail.faults


def leaks(trail: Trail) -> Iterator[str]:
    """A rule for the end: nothing is held any more."""
    for what in trail.held:
        yield f"{what} is never given back: left by {trail.leave_by}"


class Exit(NamedTuple):
    """One way out: where it leaves, its answer, what it did ("+lock", "-lock", ">memory"), what is wrong."""

    where: str
    answer: str
    did: tuple[str, ...]
    faults: tuple[str, ...]


def exits(body: Body) -> tuple[Exit, ...]:
    """Every exit of the function, in the order in which it comes to them, the end last.

    Raises ValueError where two exits have one name, for then nobody can say which is meant.
    """
    whole = Trail()
    last = _left(body, whole)
    if len(set(whole._asked)) < len(whole._asked):
        raise ValueError("two exits have one name")
    return (*(_left(body, Trail(where)) for where in whole._asked), last)


def _left(body: Body, trail: Trail) -> Exit:
    code = body(trail)
    try:
        while True:
            next(code)
    except StopIteration as stop:
        answer = str(stop.value)
    return Exit(trail.leave_by, answer, tuple(trail._log), (*faults(trail), *leaks(trail)))
