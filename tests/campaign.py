"""The long random comparison: python tests/campaign.py --commands 20000 --seed 1 [--vm VMLINUZ]

Walks of random commands on the model and on a kernel, compared after every one: the
running kernel, or the kernel of an image in a VM, which runs all walks in one boot. The
same seed makes the same walks. Prints what was run; at the first difference, that and
the transcript to repeat it, and exits 1.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from random_commands import MOST_MOUNTS, random_walk
from vfslab import invariants
from vfslab.model import Model
from vfslab.oracle.compare import SideBySide, check_run, nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.oracle.outcome import Command, Outcome
from vfslab.oracle.vm import VM, Transcript, VMFailed, image_release
from vfslab.shell.session import Session


class Report:
    """What was run so far: walks, commands by name, and what came of them."""

    def __init__(self) -> None:
        self.walks = 0
        self.names: collections.Counter[str] = collections.Counter()
        self.succeeded: collections.Counter[str] = collections.Counter()
        self.errnos: collections.Counter[str] = collections.Counter()

    @property
    def commands(self) -> int:
        return self.names.total()

    def add(self, outcome: Outcome) -> None:
        first, *others = outcome.command.split()
        name = others[1] if others[:1] == ["="] else first
        self.names[name] += 1
        self.succeeded[name] += outcome.status == 0
        self.errnos[outcome.errno or ("success" if outcome.status == 0 else "no errno")] += 1

    def __str__(self) -> str:
        names = (f"{name} {self.succeeded[name]}/{count}" for name, count in self.names.most_common())
        errnos = (f"{errno} {count}" for errno, count in self.errnos.most_common())
        return f"succeeded: {', '.join(names)}\nanswers: {', '.join(errnos)}"


def walk(chance: random.Random, steps: int, model: Model) -> Iterator[Command]:
    """The commands of one walk. ``model`` has run each of them before the next is asked for."""
    for command in random_walk(chance, steps):
        if len(model.kernel.mounts) > MOST_MOUNTS:
            return
        yield command


def on_the_running_kernel(chance: random.Random, options: argparse.Namespace, report: Report) -> str:
    """Walk until there are enough commands; what was compared. Exits at a difference."""
    release = nearest_release(os.uname().release)
    while report.commands < options.commands:
        with RunningKernel() as kernel, Model(release) as model:
            both = SideBySide(model, kernel)
            for shell, command in walk(chance, options.steps, model):
                differences = both.run(shell, command)
                report.add(both.results[-1])
                stop_at([*differences, *map(str, invariants.check(model.kernel))], both.transcript)
        report.walks += 1
    return f"the model of {release} and Linux {kernel.release}"


def in_a_vm(chance: random.Random, options: argparse.Namespace, report: Report) -> str:
    """The same, with all walks made before the kernel is booted."""
    release = nearest_release(image_release(options.vm))
    walks: list[Transcript] = []
    while sum(len(made.commands) for made in walks) < options.commands:
        commands = []
        with Model(release) as model:
            session = Session(model)
            for command in walk(chance, options.steps, model):
                commands.append(command)
                session.run(*command)
                stop_at([*map(str, invariants.check(model.kernel))], transcript(commands))
        walks.append(Transcript(f"walk {len(walks) + 1}", commands))
    try:
        with VM(options.vm, walks) as vm:
            for run in vm.runs():
                comparison = check_run(run)
                for outcome in run.outcomes:
                    report.add(outcome)
                stop_at(comparison.differences, transcript(run.commands))
                report.walks += 1
    except VMFailed as failed:
        stop_at([str(failed)], transcript(walks[report.walks].commands))
    return f"the model of {release} and Linux {image_release(options.vm)}"


def transcript(commands: Sequence[Command]) -> str:
    return "".join(f"{shell}# {command}\n" for shell, command in commands)


def stop_at(differences: list[str], commands: str) -> None:
    if differences:
        sys.exit("\n".join([*differences, "", commands]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=20_000, help="how many at least")
    parser.add_argument("--steps", type=int, default=80, help="of a walk")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vm", type=Path, metavar="VMLINUZ", help="the kernel image to boot")
    options = parser.parse_args()
    report = Report()
    start = time.monotonic()
    compared = (in_a_vm if options.vm else on_the_running_kernel)(
        random.Random(options.seed), options, report
    )
    seconds = time.monotonic() - start
    print(
        f"{compared}: {report.commands} commands in {report.walks} walks, seed {options.seed}: "
        f"no difference ({seconds:.0f} s)"
    )
    print(report)


if __name__ == "__main__":
    main()
