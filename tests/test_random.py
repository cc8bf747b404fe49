"""Random commands, on the model and on the running kernel, compared after every one.

A failure prints the transcript, which ``vfslab check`` takes as it is. ``python
tests/campaign.py`` runs as many as asked for.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from privilege import needs_root
from random_commands import MOST_MOUNTS, RULES, SETUP, Choose, Walk
from random_commands import Rule as Kind
from vfslab import invariants
from vfslab.drive import record
from vfslab.kernel import Acquire, Release
from vfslab.model import Model
from vfslab.oracle.compare import SideBySide, nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session
from vfslab.take import take

KINDS = st.sampled_from([kind for kind in RULES for _ in range(max(1, round(kind.weight)))])


@st.composite
def commands(draw: st.DrawFn) -> str:
    kind: Kind = draw(KINDS)
    choose: Choose = lambda options: draw(st.sampled_from(options))  # noqa: E731
    return kind.spell(choose)


class RandomWalk(RuleBasedStateMachine):
    """Commands in shells that come and go; a subclass says what obeys them."""

    model: Model

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk()

    def obey(self, shell: str, command: str) -> None:
        raise NotImplementedError

    @rule(data=st.data(), command=commands())
    def run(self, data: st.DataObject, command: str) -> None:
        # No precondition: a machine of which no rule can be applied is an error to Hypothesis.
        if len(self.model.kernel.mounts) >= MOST_MOUNTS:
            return
        shell = data.draw(st.sampled_from(self.walk.shells), label="shell")
        for line in command.splitlines():
            if self.walk.may(shell, line):
                self.walk.note(shell, line)
                self.obey(shell, line)


class ModelAndKernel(RandomWalk):
    @initialize()
    def start(self) -> None:
        self.kernel = RunningKernel()
        self.model = Model(nearest_release(self.kernel.release))
        self.both = SideBySide(self.model, self.kernel)
        for command in SETUP:
            self.obey("sh1", command)

    def obey(self, shell: str, command: str) -> None:
        differences = self.both.run(shell, command)
        assert not differences, "\n".join([*differences, "", self.both.transcript])
        broken = invariants.check(self.model.kernel)
        assert not broken, "\n".join([*map(str, broken), "", self.both.transcript])

    def teardown(self) -> None:
        if hasattr(self, "kernel"):
            self.kernel.close()


@needs_root
@pytest.mark.kernel
@pytest.mark.slow
class TestModelAndKernel(ModelAndKernel.TestCase):
    settings = settings(
        max_examples=40,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


class Inside(RandomWalk):
    """The rules hold inside a system call, too, at every yield at which no lock is held."""

    @initialize()
    def start(self) -> None:
        self.model = LooksInside()
        self.session = Session(self.model)
        for command in SETUP:
            self.session.run("sh1", command)

    def obey(self, shell: str, command: str) -> None:
        self.session.run(shell, command)


class LooksInside(Model):
    """A model that checks the rules at every yield of every call at which no lock is held."""

    def _run(self, task, code, name, args=()):  # type: ignore[no-untyped-def]
        return super()._run(task, self._looked_at(code), name, args)

    def _looked_at(self, code):  # type: ignore[no-untyped-def]
        held = 0
        try:
            while True:
                effect = next(code)
                held += isinstance(effect, Acquire) - isinstance(effect, Release)
                # at an Acquire the lock is still to be taken
                if not held or (held == 1 and isinstance(effect, Acquire)):
                    assert invariants.check_inside(self.kernel) == [], effect
                yield effect
        except StopIteration as stop:
            return stop.value


class TestInside(Inside.TestCase):
    settings = settings(
        max_examples=15,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


class Recorded(RandomWalk):
    """A recording is the run it records: same end, and every frame is what a fresh look would have seen."""

    @initialize()
    def start(self) -> None:
        self.model = Watched()
        self.session = Session(self.model)
        for command in SETUP:
            self.session.run("sh1", command)

    def obey(self, shell: str, command: str) -> None:
        self.session.run(shell, command)


class Watched(Model):
    """A model that takes a fresh picture at every step of every call, and holds the recording against it."""

    def _run(self, task, code, name, args=()):  # type: ignore[no-untyped-def]
        pictures = []

        def watch(code):  # type: ignore[no-untyped-def]
            try:
                while True:
                    effect = next(code)
                    pictures.append(take(self.kernel))
                    yield effect
            except StopIteration as stop:
                return stop.value

        before = take(self.kernel)
        timeline = record(self.kernel, task, watch(code), name)
        frames = list(timeline)
        assert frames[0].snapshot.mounts == before.mounts
        for frame, picture in zip(frames[1:], pictures, strict=False):
            if frame.mounts or frame.index + 1 == len(frames):
                assert frame.snapshot.mounts == picture.mounts, frame
        end = take(self.kernel)
        assert frames[-1].snapshot.mounts == end.mounts
        assert frames[-1].snapshot.tasks == end.tasks
        assert frames[-1].snapshot.namespaces == end.namespaces
        assert frames[-1].locks == ()
        back = [timeline[index].snapshot.mounts for index in reversed(range(len(timeline)))]
        assert back == [frame.snapshot.mounts for frame in reversed(frames)]
        return timeline.result


class TestRecorded(Recorded.TestCase):
    settings = settings(
        max_examples=15,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
