"""Timelines to step through, made by the model: a copy of a namespace, a mount that propagates, a refusal."""

from __future__ import annotations

from typing import Any

from vfslab.drive import Timeline
from vfslab.kernel.flags import CLONE_NEWNS, MNT_DETACH, MS_BIND, MS_SHARED, MS_SLAVE
from vfslab.model import Model


def _model() -> tuple[Model, Any]:
    model = Model()

    def call(name: str, *args: Any, shell: str = "sh1", recording: bool = False) -> None:
        model.recording = recording
        answer = model.call(shell, name, *args)
        assert answer.errno is None, (name, args, answer)

    return model, call


def copy_of_namespace(mounts: int = 3) -> Timeline:
    """unshare(CLONE_NEWNS) where ``mounts`` mounts, two of three shared, lie below the root."""
    model, call = _model()
    for number in range(mounts):
        call("mkdir", f"/m{number}")
        call("mount", f"disk{number}", f"/m{number}", "tmpfs", 0, None)
        if number % 3 != 1:
            call("mount", None, f"/m{number}", None, MS_SHARED, None)
    model.start("sh2")
    call("unshare", CLONE_NEWNS, recording=True)
    return model.timelines[-1]


def sixty_mounts() -> Timeline:
    """A copy of a namespace in which 60 mounts are drawn: 30 and their copies."""
    timeline = copy_of_namespace(28)
    assert len(timeline[-1].snapshot.mounts) == 60
    return timeline


def propagation() -> Timeline:
    """A mount that is repeated under a peer, under slaves, and in a second namespace."""
    model, call = _model()
    for path in ("/mnt", "/peer", "/slave"):
        call("mkdir", path)
    call("mount", "A", "/mnt", "tmpfs", 0, None)
    call("mkdir", "/mnt/usb")
    call("mount", None, "/mnt", None, MS_SHARED, None)
    call("mount", "/mnt", "/peer", None, MS_BIND, None)
    call("mount", "/mnt", "/slave", None, MS_BIND, None)
    call("mount", None, "/slave", None, MS_SLAVE, None)
    model.start("sh2")
    call("unshare", CLONE_NEWNS, shell="sh2")
    call("mount", "/dev/sdb1", "/mnt/usb", "tmpfs", 0, None, recording=True)
    return model.timelines[-1]


def refusal() -> Timeline:
    """A bind mount of a directory that is not there."""
    model, call = _model()
    call("mkdir", "/here")
    model.recording = True
    model.call("sh1", "mount", "/nowhere", "/here", None, MS_BIND, None)
    return model.timelines[-1]


def lazy_umount() -> Timeline:
    """umount -l of a mount that was repeated elsewhere: all copies go."""
    model, call = _model()
    for path in ("/mnt", "/peer"):
        call("mkdir", path)
    call("mount", "A", "/mnt", "tmpfs", 0, None)
    call("mkdir", "/mnt/usb")
    call("mount", None, "/mnt", None, MS_SHARED, None)
    call("mount", "/mnt", "/peer", None, MS_BIND, None)
    call("mount", "B", "/mnt/usb", "tmpfs", 0, None)
    call("umount2", "/mnt/usb", MNT_DETACH, recording=True)
    return model.timelines[-1]


def held_at(rows: list[dict[str, Any]], place: int) -> list[str]:
    """The locks that a stepper's bars show as held at a place, from above to below."""
    return [row["lock"] for row in rows if any(first <= place < end for first, end, _ in row["spans"])]
