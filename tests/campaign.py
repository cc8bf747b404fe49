"""The long random comparison: python tests/campaign.py --commands 20000 --seed 1

Walks of random commands on the model and on the running kernel, compared after
every one. Prints the failing transcript and exits 1 at the first difference;
the same seed makes the same walks.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time

from random_commands import MOST_MOUNTS, RULES, SETUP, SHELLS
from vfslab import invariants
from vfslab.model import Model
from vfslab.oracle.compare import SideBySide, nearest_release
from vfslab.oracle.live import RunningKernel


def walk(chance: random.Random, steps: int, errnos: collections.Counter[str]) -> int:
    """One walk from a fresh start. Returns how many commands it ran; exits at a difference."""
    with RunningKernel() as kernel, Model(nearest_release(kernel.release)) as model:
        both = SideBySide(model, kernel)
        weights = [rule.weight for rule in RULES]
        ran = 0
        for step in range(-len(SETUP), steps):
            if len(model.kernel.mounts) > MOST_MOUNTS:
                break
            if step < 0:
                shell, command = "sh1", SETUP[step]
            else:
                shell = chance.choice(SHELLS)
                command = chance.choices(RULES, weights)[0].spell(chance.choice)
            differences = both.run(shell, command)
            differences += [str(broken) for broken in invariants.check(model.kernel)]
            ran += 1
            if differences:
                sys.exit("\n".join([*differences, "", both.transcript]))
            errnos[both.results[-1].errno or "success"] += 1
    return ran


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=20_000, help="how many at least")
    parser.add_argument("--steps", type=int, default=80, help="of a walk")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    errnos: collections.Counter[str] = collections.Counter()
    start, ran, walks = time.monotonic(), 0, 0
    while ran < options.commands:
        ran += walk(chance, options.steps, errnos)
        walks += 1
    seconds = time.monotonic() - start
    print(f"{ran} commands in {walks} walks, seed {options.seed}: no difference ({seconds:.0f} s)")
    print(", ".join(f"{errno} {count}" for errno, count in errnos.most_common()))


if __name__ == "__main__":
    main()
