"""Cases of single system calls, as tables: what was done before, the call, and what it answers.

Commands are the shell's, joined by "; "; one of another shell than sh1 begins with its name:
"sh2# cd /a". What is printed is compared without what is a machine's own.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from privilege import ask_as_root
from vfslab import invariants
from vfslab.kernel import RELEASES
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.compare import nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.oracle.normal import Numbers, printed
from vfslab.shell.session import CommandResult, Session
from vfslab.shell.words import split


class Case(NamedTuple):
    """``errno`` None: the call succeeds; ``says``: the lines that it then prints, None for whatever.

    ``function`` is the kernel function that refuses in the model. ``releases`` are patterns of
    fnmatch: those for which the case holds.
    """

    name: str
    before: str
    call: str
    errno: str | None = None
    function: str | None = None
    says: tuple[str, ...] | None = None
    releases: str = "*"


def says(*lines: str) -> dict[str, tuple[str, ...]]:
    """A case that succeeds and prints these lines."""
    return {"says": lines}


def run(session: Session, command: str) -> CommandResult:
    """One command of a case, in the shell that it names."""
    prompt = re.match(r"(sh\d+)# ", command)
    return session.run(prompt[1], command[prompt.end() :]) if prompt else session.run("sh1", command)


def prepare(case: Case, session: Session, unique: Numbers) -> None:
    """All that comes before the call."""
    for command in filter(None, case.before.split("; ")):
        result = run(session, command)
        assert result.status == 0, result
        printed(split(result.command), result.stdout, unique)


def check(case: Case, machine: Machine) -> CommandResult:
    """The machine answers as the case says."""
    session, unique = Session(machine), Numbers()
    prepare(case, session, unique)
    result = run(session, case.call)
    assert result.errno == case.errno, result
    assert (result.status == 0) == (case.errno is None), result
    if case.says is not None:
        assert printed(split(result.command), result.stdout, unique) == case.says
    return result


def holds_in(case: Case, release: str) -> bool:
    return any(fnmatch.fnmatch(release, pattern) for pattern in case.releases.split())


def in_every_release(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """For a test with the arguments ``release`` and ``case``."""
    pairs = [(release, case) for case in cases for release in RELEASES if holds_in(case, release)]
    assert {case for _, case in pairs} == {*cases}, "each case holds in some release"
    return pytest.mark.parametrize(
        ("release", "case"),
        pairs,
        ids=[f"{case.name.replace(' ', '-')}-{release}" for release, case in pairs],
    )


def for_the_running_kernel(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """For a test with the argument ``case``, of those that hold for this kernel."""
    release = nearest_release(os.uname().release)
    here = [case for case in cases if holds_in(case, release)]
    return pytest.mark.parametrize("case", here, ids=[case.name.replace(" ", "-") for case in here])


def the_model_answers(release: str, case: Case) -> None:
    """As the case says, by the function that it names, and with all rules kept."""
    with Model(release) as model:
        result = check(case, model)
        if case.function is not None:
            assert result.reason is not None and result.reason.startswith(f"{case.function}: "), result
        assert invariants.check(model.kernel) == []


def the_running_kernel_answers(case: Case) -> None:
    ask_as_root(f"{case.before}; {case.call}")
    with RunningKernel() as kernel:
        check(case, kernel)


def nothing_changes(cases: Sequence[Case]) -> None:
    """The calls of these cases leave the state of the model as it was."""
    for case in cases:
        release = next(release for release in RELEASES if holds_in(case, release))
        with Model(release) as model:
            session = Session(model)
            prepare(case, session, Numbers())
            before = model.snapshot()
            run(session, case.call)
            assert model.snapshot() == before, case
