"""The long random comparison: python tests/campaign.py --commands 20000 --seed 1 [--vm VMLINUZ]

Walks of random commands on the model and on a kernel, compared after every one: the
running kernel, or the kernel of an image in a VM, which runs all walks in one boot. The
same seed makes the same walks, whatever runs them: with --cluster the workers of a Dask
cluster do, at an address or started here (local:4 are four processes). --resume keeps
what is finished in a file, and goes on from it. Prints what was run; at the first
difference, that and the transcript to repeat it, and exits 1.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import itertools
import logging
import os
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

from campaign_journal import Journal, NotThisCampaign
from campaign_progress import Progress
from campaign_walks import OtherWorker, Plan, Walked, commands_of, plan, run_walk
from vfslab import invariants
from vfslab.kernel.releases import RELEASES
from vfslab.model import Model
from vfslab.oracle.compare import check_run, nearest_release
from vfslab.oracle.live import NotAllowed, SandboxEnded
from vfslab.oracle.outcome import Command
from vfslab.oracle.vm import VM, Transcript, VMFailed, image_release
from vfslab.shell.session import Session


class Report:
    """What was run so far: walks, commands by name, and what came of them."""

    def __init__(self) -> None:
        self.walks = 0
        self.names: collections.Counter[str] = collections.Counter()
        self.succeeded: collections.Counter[str] = collections.Counter()
        self.errnos: collections.Counter[str] = collections.Counter()
        self.different: list[Walked] = []

    @property
    def commands(self) -> int:
        return self.names.total()

    def add(self, walked: Walked) -> None:
        self.walks += 1
        self.names.update(walked.names)
        self.succeeded.update(walked.succeeded)
        self.errnos.update(walked.errnos)
        if walked.differences:
            self.different.append(walked)

    def __str__(self) -> str:
        names = (f"{name} {self.succeeded[name]}/{count}" for name, count in _most_common(self.names))
        errnos = (f"{errno} {count}" for errno, count in _most_common(self.errnos))
        return f"succeeded: {', '.join(names)}\nanswers: {', '.join(errnos)}"


def _most_common(counter: collections.Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))


class Here(Executor):
    """Does at once, in this process, what is submitted."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Workers(NamedTuple):
    """Who walks, and how many walks are handed out ahead of the first that is not finished."""

    executor: Executor
    ahead: int


def local_processes(cluster: str) -> int | None:
    """How many processes "local:N" asks for; None for an address. Raises ValueError for what is no N."""
    kind, _, number = cluster.partition(":")
    if kind != "local":
        return None
    if not number.isdecimal() or not int(number):
        raise ValueError(f"local:N takes a number of processes, not {number!r}")
    return int(number)


def workers(cluster: str | None, stack: ExitStack) -> Workers:
    """This process, or the Dask cluster at an address; "local:N" starts one of N processes.

    ``stack`` ends what was started. Raises OSError where nobody answers.
    """
    if cluster is None:
        return Workers(Here(), 1)
    import distributed

    address: Any = cluster
    if processes := local_processes(cluster):
        address = stack.enter_context(
            distributed.LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.ERROR,  # walks that are taken back at the end are nothing to warn of
            )
        )
    client = stack.enter_context(distributed.Client(address))
    threads = max(1, sum(client.nthreads().values()))
    # two walks wait for each thread, so that it is never idle
    return Workers(client.get_executor(pure=False), 3 * threads)


def walks(wanted: Plan, journal: Journal, by: Workers) -> Generator[Walked, None, None]:
    """All walks in the order of their numbers, without end: those of the journal, others when they are run.

    What is finished goes to the journal at once. Closing it takes back what nobody has begun.
    """
    running: dict[Future[Walked], int] = {}
    try:
        for number in itertools.count():
            while number not in journal.walks:
                for later in range(number, number + by.ahead):
                    if later not in journal.walks and later not in running.values():
                        running[by.executor.submit(run_walk, wanted, later)] = later
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    journal.append(future.result())
                    del running[future]
            yield journal.walks[number]
    finally:
        for future in running:
            future.cancel()


def campaign(
    wanted: Plan, commands: int, journal: Journal, by: Workers, progress: Progress, keep_going: bool = False
) -> Report:
    """Walk until there are ``commands``, or to the first walk with a difference unless ``keep_going``."""
    report = Report()
    before = set(journal.walks)
    with closing(walks(wanted, journal, by)) as walked_in_order:
        while report.commands < commands and (keep_going or not report.different):
            walked = next(walked_in_order)
            report.add(walked)
            progress.update(0 if walked.number in before else walked.commands, len(report.different))
    return report


def in_a_vm(image: Path, seed: int, steps: int, commands: int, progress: Progress) -> Report:
    """The same, with all walks made before the kernel is booted, and to the first difference."""
    release = nearest_release(image_release(image))
    report = Report()
    made: list[Transcript] = []
    while sum(len(walk.commands) for walk in made) < commands:
        number = len(made)
        run: list[Command] = []
        with Model(release) as model:
            session = Session(model)
            for command in commands_of(seed, number, steps, model):
                run.append(command)
                session.run(*command)
                if broken := [*map(str, invariants.check(model.kernel))]:
                    report.add(Walked.of(number, [], broken, transcript(run)))
                    return report
        made.append(Transcript(f"walk {number + 1}", run))
    try:
        with VM(image, made) as vm:
            for answered in vm.runs():
                comparison = check_run(answered)
                report.add(
                    Walked.of(
                        report.walks,
                        list(answered.outcomes),
                        comparison.differences,
                        transcript(answered.commands),
                    )
                )
                progress.update(len(answered.commands), len(report.different))
                if report.different:
                    break
    except VMFailed as failed:
        sys.exit(f"{failed}\n\n{transcript(made[report.walks].commands)}")
    return report


def transcript(commands: Sequence[Command]) -> str:
    return "".join(f"{shell}# {command}\n" for shell, command in commands)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=20_000, help="how many at least")
    parser.add_argument("--steps", type=int, default=80, help="of a walk")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true", help="behind a walk with a difference")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--vm", type=Path, metavar="VMLINUZ", help="the kernel image to boot")
    where.add_argument("--against", choices=RELEASES, help="another modelled release in place of a kernel")
    parser.add_argument("--cluster", metavar="ADDRESS|local:N", help="the Dask cluster that walks")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="the journal of finished walks")
    options = parser.parse_args()
    if options.vm and (options.cluster or options.resume or options.keep_going):
        parser.error("--vm runs all walks in one boot: it takes no --cluster, --resume or --keep-going")
    if options.cluster:
        try:
            local_processes(options.cluster)
        except ValueError as reason:
            parser.error(f"--cluster: {reason}")
        if importlib.util.find_spec("distributed") is None:
            parser.error("--cluster needs distributed: pip install -e '.[cluster]'")
    return options


def on_workers(options: argparse.Namespace) -> tuple[str, Report]:
    """What was compared, and what came of it."""
    release = os.uname().release
    model = nearest_release(release)
    wanted = plan(
        options.seed, options.steps, model, f"model {options.against}" if options.against else release
    )
    compared = (
        f"the model of {model} and {f'that of {options.against}' if options.against else f'Linux {release}'}"
    )
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(options.resume, wanted))
        by = workers(options.cluster, stack)
        finished = min(options.commands, sum(walked.commands for walked in journal.walks.values()))
        progress = Progress(options.commands, finished)
        stack.callback(progress.close)
        return compared, campaign(
            wanted, options.commands, journal, by, progress, keep_going=options.keep_going
        )


def main() -> None:
    options = arguments()
    start = time.monotonic()
    try:
        if options.vm:
            release = image_release(options.vm)
            compared = f"the model of {nearest_release(release)} and Linux {release}"
            with closing(Progress(options.commands)) as progress:
                report = in_a_vm(options.vm, options.seed, options.steps, options.commands, progress)
        else:
            compared, report = on_workers(options)
    except (NotThisCampaign, OtherWorker, NotAllowed, SandboxEnded, OSError) as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        resumed = f"; --resume {options.resume} goes on from what is finished" if options.resume else ""
        sys.exit(f"interrupted{resumed}")
    for walked in report.different:
        print("\n".join([*walked.differences, "", walked.transcript]), file=sys.stderr)
    seconds = time.monotonic() - start
    different = len(report.different)
    came = f"{different} walk{'s' * (different > 1)} with a difference" if different else "no difference"
    print(
        f"{compared}: {report.commands} commands in {report.walks} walks, seed {options.seed}: "
        f"{came} ({seconds:.0f} s)"
    )
    print(report)
    sys.exit(bool(report.different))


if __name__ == "__main__":
    main()
