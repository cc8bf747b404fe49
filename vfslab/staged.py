"""Staged: whatever makes the same world each time, and what the drivers make of it.

What the world is about is its own business.
"""

from __future__ import annotations

from collections.abc import Sequence

from vfslab.drive.explore import Explored, Rule, explore, replay
from vfslab.drive.fault import Sweep, fail_nth, sweep
from vfslab.drive.schedule import Choice, World
from vfslab.drive.timeline import Timeline


class Staged:
    """A world that can be made again and again; ``repr`` is Python that makes it."""

    def __call__(self) -> World:
        """The world, new each time."""
        raise NotImplementedError

    def headline(self) -> str:
        """What its tasks do, in a line."""
        raise NotImplementedError

    def imports(self) -> str:
        """The import that ``repr`` needs."""
        raise NotImplementedError

    def explore(self, rule: Rule | None = None, **options: object) -> Explored:
        """``vfslab.drive.explore`` of this world; ``options`` are its keyword arguments."""
        return explore(self, rule=rule, **options)  # type: ignore[arg-type]

    def sweep(self, rule: Rule | None = None) -> Sweep:
        """``vfslab.drive.fault`` of this world."""
        return sweep(self, rule=rule)

    def timeline(self, path: Sequence[Choice] | None = None, rule: Rule | None = None) -> Timeline:
        """The steps of a path; without one, those of the tasks one after the other.

        Where a rule breaks, one of the subject's or ``rule``, the frames say so.
        """
        return replay(self, self.straight() if path is None else path, self.headline(), rule)

    def straight(self) -> tuple[Choice, ...]:
        """The choices of the run in which the tasks go one after the other and nothing fails."""
        return fail_nth(self, 1 << 30).path

    def program(self, path: Sequence[Choice]) -> str:
        """A Python program that walks the path and prints its steps."""
        choices = ", ".join(f"({choice.job}, {choice.fail})" for choice in path)
        return (
            "from vfslab.drive.schedule import Choice\n"
            f"{self.imports()}\n\n"
            f"scenario = {self!r}\n"
            f"path = [Choice(*pair) for pair in [{choices}]]\n"
            "for frame in scenario.timeline(path):\n"
            '    print(f"{frame.index:4}  {frame.function}: {frame.sentence}")\n'
        )
