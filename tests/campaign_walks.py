"""One walk of the campaign, whoever runs it: what it is made from, and what came of it.

A walk is made of the seed and its number alone, so that any process can run any of them. How many
there are, and where they run, is not known here.
"""

from __future__ import annotations

import collections
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import odd_calls
import random_commands
import scenes
import vfslab
from vfslab import invariants
from vfslab.drive.checkpoint import sources
from vfslab.model import Model
from vfslab.oracle.compare import SideBySide
from vfslab.oracle.live import RunningKernel
from vfslab.oracle.outcome import Command, Outcome

RUNNING = "running"


class Plan(NamedTuple):
    """What makes a campaign another one.

    ``model`` is the modelled release; ``kernel`` the release of the running kernel that it is held
    against, or "model RELEASE". ``grammar`` and ``vfslab`` are digests of the sources of both.
    """

    seed: int
    steps: int
    model: str
    kernel: str
    grammar: str
    vfslab: str


class OtherWorker(Exception):
    """A worker that would run another campaign than the one that is wanted."""


def plan(seed: int, steps: int, model: str, kernel: str) -> Plan:
    """The plan, with the digests of what is here."""
    grammar = sources(*(Path(module.__file__) for module in (odd_calls, random_commands, scenes)))
    return Plan(seed, steps, model, kernel, grammar, sources(Path(vfslab.__file__).parent))


class Walked(NamedTuple):
    """A walk to its end, or to its first difference.

    Of each command its name, whether it succeeded and the errno are counted. ``differences`` are texts for
    people; where there are some, ``transcript`` is what to run to see them again.
    """

    number: int
    names: dict[str, int]
    succeeded: dict[str, int]
    errnos: dict[str, int]
    differences: list[str]
    transcript: str

    @property
    def commands(self) -> int:
        return sum(self.names.values())

    @classmethod
    def of(cls, number: int, outcomes: list[Outcome], differences: list[str], transcript: str) -> Walked:
        counted = tuple(collections.Counter[str]() for _ in range(3))
        names, succeeded, errnos = counted
        for outcome in outcomes:
            first, *others = outcome.command.split()
            name = others[1] if others[:1] == ["="] else first
            names[name] += 1
            if outcome.status == 0:
                succeeded[name] += 1
            errnos[outcome.errno or ("success" if outcome.status == 0 else "no errno")] += 1
        return cls(number, *map(dict, counted), differences, transcript if differences else "")

    @classmethod
    def from_json(cls, data: Any) -> Walked:
        """Raises ValueError for what is no walk."""
        try:
            walked = cls(**data)
            shaped = all(isinstance(field, kind) for field, kind in zip(walked, _KINDS, strict=True))
        except TypeError:
            shaped = False
        if not shaped:
            raise ValueError("no walk")
        return walked


_KINDS = (int, dict, dict, dict, list, str)


def commands_of(seed: int, number: int, steps: int, model: Model) -> Iterator[Command]:
    """The commands of a walk. ``model`` has run each of them before the next is asked for."""
    for command in random_commands.random_walk(random.Random(f"{seed} {number}"), steps):
        if len(model.kernel.mounts) > random_commands.MOST_MOUNTS:
            return
        yield command


def run_walk(wanted: Plan, number: int) -> Walked:
    """Run the walk of that number on both sides, to its end or to the first difference.

    Raises OtherWorker where this process has other sources or another kernel than the plan,
    NotAllowed where the running kernel may not be asked, SandboxEnded where it does not come back.
    """
    against_model = wanted.kernel.startswith("model ")
    here = plan(*wanted[:3], wanted.kernel if against_model else os.uname().release)
    if here != wanted:
        told = ", ".join(
            f"{name} {ours}, not {theirs}"
            for name, ours, theirs in zip(Plan._fields, here, wanted, strict=True)
            if ours != theirs
        )
        raise OtherWorker(f"the worker on {os.uname().nodename} would run another campaign: it has {told}")
    with ExitStack() as stack:
        model = stack.enter_context(Model(wanted.model))
        other = Model(wanted.kernel.removeprefix("model ")) if against_model else RunningKernel()
        both = SideBySide(model, stack.enter_context(other))
        differences: list[str] = []
        for shell, command in commands_of(wanted.seed, number, wanted.steps, model):
            differences = [*both.run(shell, command), *map(str, invariants.check(model.kernel))]
            if differences:
                break
        return Walked.of(number, both.results, differences, both.transcript)
