"""How much of the kernel random walks reach: python tests/walk_coverage.py --commands 100000 --seed 1

Walks on the model, in every release by turns, with the branches of ``vfslab.kernel`` counted; in a
call in ten an allocation fails, and the rules must hold all the same. Then every litmus file and
every case of the tests' tables. Prints the share of branches that walks alone reach, and each place
that only a directed case reached, or none.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import coverage

ROOT = Path(__file__).parents[1]
# Directed cases on the model: whatever the fast tests run but the walks themselves.
DIRECTED = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not (slow or kernel or browser or vm)"]
DIRECTED += ["--ignore=tests/test_random.py", "--ignore=tests/browser", "-n", "0", "tests"]

Branch = tuple[int, int]


class Reached(NamedTuple):
    """What of the kernel's modules some runs reached: the branches they did and did not take, by file."""

    taken: dict[str, set[Branch]]
    missed: dict[str, set[Branch]]

    @property
    def share(self) -> float:
        taken = sum(map(len, self.taken.values()))
        return taken / (taken + sum(map(len, self.missed.values())))


def walks(commands: int, seed: int) -> int:
    """Run walks on the model until there are enough commands; how many there were."""
    from random_commands import MODEL_RULES, MOST_MOUNTS, random_walk
    from vfslab import invariants
    from vfslab.kernel import RELEASES, Alloc
    from vfslab.model import Model
    from vfslab.shell.session import Session

    chance = random.Random(seed)

    class Faulty(Model):
        """A model in which memory runs out now and then."""

        def _run(self, task, code, name, args=()):  # type: ignore[no-untyped-def]
            if chance.random() < 0.1:
                code = fail(code, chance.randrange(6))
            return super()._run(task, code, name, args)

    def fail(code, number):  # type: ignore[no-untyped-def]
        """``code``, in which the allocation of that number fails."""
        answer = None
        try:
            while True:
                effect = code.send(answer)
                answer = None
                if isinstance(effect, Alloc):
                    answer = number == 0 or None
                    number -= 1
                yield effect
        except StopIteration as stop:
            return stop.value

    ran = 0
    while ran < commands:
        for release in RELEASES:
            if release == "7.0-rc1":
                # one failing call there breaks the rules, see vfslab.changelog
                continue
            with Faulty(release) as model:
                session = Session(model)
                for shell, command in random_walk(chance, 120, MODEL_RULES):
                    session.run(shell, command)
                    ran += 1
                    if broken := invariants.check(model.kernel):
                        sys.exit(f"{release}: {shell}# {command}: {broken}")
                    if len(model.kernel.mounts) > MOST_MOUNTS:
                        break
    return ran


def reached(data: Path) -> Reached:
    """Read a coverage file."""
    report = data.with_suffix(".json")
    measured = coverage.Coverage(data_file=str(data))
    measured.load()
    measured.json_report(outfile=str(report))
    files = json.loads(report.read_text())["files"]
    return Reached(
        {name: set(map(tuple, found["executed_branches"])) for name, found in files.items()},
        {name: set(map(tuple, found["missing_branches"])) for name, found in files.items()},
    )


def measure(data: Path, arguments: list[str]) -> str:
    """Run Python under coverage in a process of its own; what it printed."""
    command = [sys.executable, "-m", "coverage", "run", "--branch", "--source=vfslab.kernel"]
    done = subprocess.run(
        [*command, f"--data-file={data}", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=100_000, help="how many at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only-walk", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_walk:
        print(walks(options.commands, options.seed))
        return
    with tempfile.TemporaryDirectory() as folder:
        again = [__file__, "--only-walk", f"--commands={options.commands}", f"--seed={options.seed}"]
        ran = measure(Path(folder, "walks"), again).strip()
        measure(Path(folder, "directed"), DIRECTED)
        by_walks, directed = reached(Path(folder, "walks")), reached(Path(folder, "directed"))
    print(f"{ran} commands, seed {options.seed}: {by_walks.share:.1%} of the branches of vfslab.kernel")
    for name, missed in by_walks.missed.items():
        for what, branches in (
            ("directed cases alone reach", missed & directed.taken.get(name, set())),
            ("nothing reaches", missed - directed.taken.get(name, set())),
        ):
            if branches:
                places = ", ".join(f"{start}->{end if end > 0 else 'end'}" for start, end in sorted(branches))
                print(f"{name}: {what} {places}")


if __name__ == "__main__":
    main()
