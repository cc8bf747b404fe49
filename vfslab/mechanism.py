"""Mechanism: a small state that is no mounts, and tasks that work on it, for the same drivers.

What a state holds, what its tasks do and which rules they may break is written in the modules of
``vfslab.changelog``; the drivers are those of the kernel in miniature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vfslab.boxes import Boxes, boxes
from vfslab.drive.run import Result
from vfslab.drive.schedule import Call, Job, Schedule, World
from vfslab.drive.timeline import Place, Recording, Timeline
from vfslab.kernel.effects import Code, Effect
from vfslab.staged import Staged

if TYPE_CHECKING:
    from vfslab.drive.subject import Writer

# What is called: its title, and a function of the state that gives kernel code.
Operation: TypeAlias = tuple[str, Callable[[Any], Code]]
# Says in a sentence each what is wrong with a state.
StateRule: TypeAlias = Callable[[Any], Iterable[str]]


def nothing(state: Any) -> Iterable[str]:
    """The rule that is never broken."""
    return ()


def nobody(state: Any, name: str) -> str | None:
    """Every task has a CPU of its own."""
    return None


class Worker(NamedTuple):
    """A task of a mechanism: a CPU, a thread, an interrupt."""

    comm: str
    pid: int


@dataclass(frozen=True, kw_only=True)
class Mechanism(Staged):
    """A state, the tasks that work on it, and the rules.

    ``state`` makes the state, a dataclass. ``tasks`` are names with the calls that each makes one after
    the other. ``rule`` is asked of the state wherever no lock is held, ``at_end`` when all calls have
    ended. With ``everywhere`` tasks may be interrupted at every step, and ``rule`` is asked there, although
    locks are held: so do interrupts. ``halted`` names, for a task by its name, who has its CPU: until that
    is None the task stands still. ``source`` is Python that gives it again, "fix('...').scenario..." .
    """

    title: str
    state: Callable[[], Any]
    tasks: tuple[tuple[str, tuple[Operation, ...]], ...]
    rule: StateRule = nothing
    at_end: StateRule = nothing
    everywhere: bool = False
    halted: Callable[[Any, str], str | None] = nobody
    source: str = ""

    def __call__(self) -> World:
        state = self.state()
        jobs = [
            Job(Worker(name, number), [partial(_begin, title, code, state) for title, code in calls])
            for number, (name, calls) in enumerate(self.tasks, 1)
        ]
        return World(state, jobs, _Subject(self.rule, self.at_end, self.everywhere, self.halted))

    def headline(self) -> str:
        return self.title

    def imports(self) -> str:
        return "from vfslab.changelog import fix"

    def __repr__(self) -> str:
        return self.source or f"<{self.title}>"


def _begin(title: str, code: Callable[[Any], Code], state: Any) -> Call:
    return Call(title, code(state), _forget)


def _forget(result: Result) -> None:
    """Nobody waits for the result: the state has what matters."""


class _Subject(NamedTuple):
    rule: StateRule
    at_end: StateRule
    everywhere: bool
    halted: Callable[[Any, str], str | None]

    def broken(self, schedule: Schedule) -> Iterable[str]:
        yield from self.rule(schedule.kernel)
        if schedule.finished:
            yield from self.at_end(schedule.kernel)

    def kept(self, state: Any) -> object:
        """A mechanism's state counts and remembers; what a failure must leave alone is a rule of its own."""
        return None

    def difference(self, before: Any, after: Any) -> str:
        return ""

    def writer(self, state: Any, pid: int) -> Writer:
        return _Writer(state, pid)


class _Writer:
    """Keeps each effect with the boxes after it."""

    def __init__(self, state: Any, pid: int) -> None:
        self.pid = pid
        self._state = state
        self._kept = Recording({}, pid)
        self._states: list[Boxes] = []
        self.write(None)

    def write(self, effect: Effect | None) -> None:
        self._kept.keep(effect)
        self._kept.pids[len(self._kept.effects) - 1] = self.pid
        now = boxes(self._state)
        self._states.append(self._states[-1] if self._states and self._states[-1] == now else now)

    def at(self, place: Place | None) -> None:
        if place is not None:
            self._kept.places[len(self._kept.effects)] = place

    def timeline(self, title: str, result: Result | None) -> BoxTimeline:
        return BoxTimeline(
            title, self._kept.pid, self._kept, Result() if result is None else result, tuple(self._states)
        )


class BoxTimeline(Timeline):
    """A timeline whose states are boxes: ``boxes(index)`` is the state after that step."""

    def __init__(
        self, title: str, pid: int, kept: Recording, result: Result, states: tuple[Boxes, ...]
    ) -> None:
        super().__init__(title, pid, kept, result)
        self.states = states

    def boxes(self, index: int) -> Boxes:
        """The state after step ``index``. Raises IndexError."""
        return self.states[index]
