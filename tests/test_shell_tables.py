"""Every command in ``tests/shell``: the words, the status and the errno that the real tools gave."""

from __future__ import annotations

import pytest

from shell_tables import Row, Scene, scenes, undisturbed
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.shell.session import Session

SCENES = scenes()
by_name = pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])


def play(scene: Scene, machine: Machine) -> list[Row]:
    session = Session(machine)
    results = [session.run("sh1", row.command) for row in scene.rows]
    return [Row(r.command, r.status, r.errno, r.stdout, r.stderr) for r in results]


@by_name
def test_the_model(scene: Scene) -> None:
    with Model() as model:
        assert play(scene, model) == list(scene.rows)


@pytest.mark.kernel
@by_name
def test_the_running_kernel(scene: Scene) -> None:
    from vfslab.oracle.live import RunningKernel

    def ask(attempt: int) -> list[Row]:
        with RunningKernel() as kernel:
            return play(scene, kernel)

    recorded = list(scene.rows)
    assert undisturbed(ask, recorded) == recorded


def test_a_failure_without_a_reason_is_the_commands_own() -> None:
    """The model says why for every errno, except those that a command finds out by itself."""
    own = {"ENOTBLK": "mount", "EISDIR": "rm", "ENOTEMPTY": "rm"}
    for scene in SCENES:
        with Model() as model:
            session = Session(model)
            for row in scene.rows:
                result = session.run("sh1", row.command)
                if result.errno and not result.reason:
                    assert own.get(result.errno) == row.command.split()[0], row.command
