"""The commands of the differential test: the model's system calls against the running kernel's, through libc.

The calls are those that one shell of a random walk makes. Both answer the same list of calls from
the same start; where an answer differs (a limit that only one of them has), that call does not count.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from random_commands import MOST_MOUNTS, random_walk
from vfslab.calls import CALLS
from vfslab.drive import run
from vfslab.kernel import SYSTEM_CALLS, Kernel
from vfslab.machine import Answer
from vfslab.model import Model
from vfslab.oracle.compare import nearest_release
from vfslab.shell.session import Session

from .measure import KernelTimer, Refused, Row, Rows, missing, short

WALKS = 60
STEPS = 60
WHAT, AGAINST, MOST = "a random command's system call", "the running kernel's", 10
# what needs a process of its own, or changes the machine
NOT_HERE = frozenset(("clone", "setns", "unshare", "sysctl", "capset", "pidfd_open"))
Call = tuple[str, list[Any], Any]


class Listening:
    """A machine that writes down what it is asked."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.calls: list[Call] = []

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        answer = self.model.call(shell, name, *args)
        if name in SYSTEM_CALLS and name not in NOT_HERE:
            self.calls.append((name, list(args), answer.value))
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def walk(seed: int, release: str) -> list[Call]:
    """The system calls that sh1 makes in a random walk, those aside that lead through /proc."""
    machine = Listening(Model(release))
    session = Session(machine)
    for shell, command in random_walk(random.Random(seed), STEPS):
        words = command.split()
        if shell == "sh1" and words[0] not in NOT_HERE and len(machine.model.kernel.mounts) < MOST_MOUNTS:
            session.run(shell, command)
    return [call for call in machine.calls if "/proc" not in repr(call)]


def for_kernel(name: str, args: list[Any]) -> list[Any]:
    """The arguments with descriptors marked as such."""
    kinds = [parameter.kind for parameter in CALLS[name].parameters]
    return [{"fd": arg} if kind == "fd" else arg for kind, arg in zip(kinds, args, strict=False)]


def model_times(calls: list[Call], release: str) -> Iterator[tuple[float, str | None]]:
    """Seconds and errno of each call, on a new kernel."""
    kernel = Kernel(release)
    for name, args, _ in calls:
        start = time.perf_counter()
        result = run(kernel.syscall(kernel.init, name, *args))
        yield time.perf_counter() - start, result.errno


def rows() -> Rows:
    try:
        with KernelTimer(script="kernel_calls.py") as kernel:
            yield from measured(kernel)
    except Refused as refused:
        yield missing(WHAT, AGAINST, MOST, str(refused))


def measured(kernel: KernelTimer) -> Rows:
    release = nearest_release(os.uname().release)
    pairs: dict[str, list[tuple[float, float]]] = {}
    differing = 0
    for seed in range(WALKS):
        calls = walk(seed, release)
        request = json.dumps([(name, for_kernel(name, args), value) for name, args, value in calls])
        rounds = [(list(model_times(calls, release)), kernel.once(request)) for _ in range(5)]
        for number, (name, _, _) in enumerate(calls):
            ours = [model[number] for model, _ in rounds]
            theirs = [real[number] for _, real in rounds]
            if ours[0][1] != theirs[0][1]:
                differing += 1
            elif theirs[0][0]:
                pairs.setdefault(name, []).append((min(ours)[0], min(theirs)[0]))
    yield row(WHAT, [pair for found in pairs.values() for pair in found], f", {differing} left out")
    for name, found in sorted(pairs.items(), key=lambda item: -len(item[1])):
        if len(found) >= 50:
            yield row(f"  {name}", found)


def row(what: str, pairs: list[tuple[float, float]], more: str = "") -> Row:
    """The middle one of the ratios: an umount that waits for readers would outweigh a hundred calls."""
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return Row(what, AGAINST, ratio, MOST, f"{short(ours)} : {short(theirs)}, {len(pairs):,} calls{more}")
