"""Ways to look for a bug: by ``explore`` in a scenario, and by trying inputs on two functions.

Which scenario and which inputs there are is in the modules of the changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from vfslab.drive.explore import BOUNDS, Bounds, Rule
from vfslab.drive.schedule import Schedule
from vfslab.scenario import Scenario

from .fix import Found
from .sides import Side, Sides


def explored(
    scenario: Scenario, commit: str, rule: Rule | None = None, bounds: Bounds = BOUNDS
) -> Callable[[Side], Found]:
    """Search all orders and failures of the scenario with the change and without it."""

    def find(side: Side) -> Found:
        one = scenario.reverted(commit) if side == "before" else scenario
        found = one.explore(rule, bounds=bounds)
        if found.broken is None:
            return Found(None, found.states)
        return Found(found.broken, found.states, one.program(found.path), one.timeline(found.path, rule))

    return find


def tried(
    inputs: Iterable[Any], judge: Callable[[Side, Any], str | None], program: str
) -> Callable[[Side], Found]:
    """Try the inputs one after the other; ``judge`` says what is wrong with the answer, None where nothing.

    ``program`` is Python that shows an input again, with {side} and {input} in it.
    """
    kept = tuple(inputs)

    def find(side: Side) -> Found:
        for number, value in enumerate(kept, 1):
            broken = judge(side, value)
            if broken is not None:
                return Found(broken, number, program.format(side=repr(side), input=repr(value)))
        return Found(None, len(kept))

    return find


def both(sides: Sides, bounds: Bounds = BOUNDS) -> Callable[[Side], Found]:
    """Search all orders and failures of the mechanism, for each of its inputs."""

    def find(side: Side) -> Found:
        states = 0
        for value in sides.inputs:
            one = sides.side(side, value)
            found = one.explore(bounds=bounds)
            states += found.states
            if found.broken is not None:
                return Found(found.broken, states, one.program(found.path), one.timeline(found.path))
        return Found(None, states)

    return find


def ends(schedule: Schedule) -> Iterator[tuple[str, Any]]:
    """The calls that have ended, with their results."""
    for progress in schedule.jobs:
        yield from progress.results


def refusals(schedule: Schedule) -> Iterator[str]:
    """A rule: nothing is refused but for want of memory."""
    for title, result in ends(schedule):
        if result.errno not in (None, "ENOMEM"):
            yield f"{title} is refused: {result.errno}"
