"""The playground: what is typed, taken back and shown; presets; and what a page may send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privilege import ask_as_root
from vfslab.model import Model
from vfslab.oracle.compare import check
from vfslab.play import Play
from vfslab.presets import PRESETS
from vfslab.shell.session import Session
from vfslab.shell.transcript import TranscriptError
from vfslab.snapshot import Snapshot
from vfslab.views.playground import LINES, PASTED, Playground, found, summary

COMMANDS = (
    ("sh1", "mkdir /a"),
    ("sh1", "mount -t tmpfs A /a"),
    ("sh2", "unshare -m"),
    ("sh1", "mount --make-shared /a"),
    ("sh2", "umount /a"),
    ("sh1", "cd /a"),
    ("sh3", "mount --bind / /a"),
    ("sh1", "rmdir /nope"),
)
TABLE = "1 0 0:1 / / rw shared:1 - tmpfs root rw\n2 1 0:2 / /a rw - ext4 /dev/sda rw\n"


@pytest.mark.parametrize("name", PRESETS)
def test_every_command_of_a_preset_succeeds(name: str) -> None:
    results = Session(Model()).run_transcript(PRESETS[name].transcript)
    assert [result for result in results if result.status] == []


@pytest.mark.kernel
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_same_on_a_real_kernel(name: str) -> None:
    ask_as_root(PRESETS[name].transcript)
    assert check(PRESETS[name].transcript).differences == []


PROPAGATION = [
    ("Docker", "/home/x", "sh2", "/data/x", True),
    ("Docker", "/run/x", "sh2", "/run/x", False),
    ("Kubernetes, Bidirectional", "/var/lib/kubelet/pods/volume/x", "sh2", "/volume/x", True),
    ("a rootless container", "/home/x", "sh2", "/home/x", False),
]


@pytest.mark.parametrize(("preset", "place", "shell", "seen_at", "seen"), PROPAGATION)
def test_what_a_preset_propagates(preset: str, place: str, shell: str, seen_at: str, seen: bool) -> None:
    play = Play(preset)
    play.run("sh1", f"mkdir {place}")
    play.run("sh1", f"mount -t tmpfs X {place}")
    assert (f" {seen_at} " in play.session.mountinfo(shell)) == seen


def test_kubernetes_propagates_back() -> None:
    play = Play("Kubernetes, Bidirectional")
    play.run("sh2", "mkdir /volume/x")
    play.run("sh2", "mount -t tmpfs X /volume/x")
    assert " /var/lib/kubelet/pods/volume/x " in play.session.mountinfo("sh1")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(COMMANDS), max_size=8), st.integers(0, 8))
def test_going_back_and_forth_ends_where_it_was(lines: list[tuple[str, str]], back: int) -> None:
    play = Play("a desktop")
    states = [play.snapshot]
    for shell, command in lines:
        play.run(shell, command)
        states.append(play.snapshot)
    undone = [play.undo() for _ in range(back)]
    taken_back = min(back, len(lines))
    assert [line is not None for line in undone] == [number < len(lines) for number in range(back)]
    assert play.snapshot.normalise() == states[len(lines) - taken_back].normalise()
    while play.redo():
        pass
    assert play.snapshot.normalise() == states[-1].normalise()
    assert [(line.shell, line.command) for line in play.done] == lines


def test_half_a_command_changes_nothing() -> None:
    play = Play()
    play.run("sh1", "mkdir /a")
    play.undo()
    with pytest.raises(TranscriptError):
        play.run("sh1", "echo 'half")
    assert not play.done
    assert play.redo()


def test_the_transcript_can_be_typed_again() -> None:
    play = Play("Docker")
    play.run("sh1", "mkdir /home/x")
    again = Play()
    again.continue_with(play.transcript)
    assert again.snapshot.normalise() == play.snapshot.normalise()


def test_steps_are_those_of_the_last_line_that_made_any() -> None:
    play = Play()
    assert play.steps is None
    play.run("sh1", "mkdir /a")
    play.run("sh1", "findmnt")
    assert play.steps is not None
    assert play.steps.title == 'mkdir("/a")'


@pytest.mark.kernel
def test_on_this_kernel() -> None:
    ask_as_root(PRESETS["Docker"].transcript)
    play = Play("Docker")
    play.run("sh1", "mkdir /home/x")
    assert "agree on every command" in play.on_this_kernel()


def test_a_pasted_table_is_not_run_on_a_kernel() -> None:
    assert "begin with a preset" in Play(Snapshot.from_mountinfo(TABLE)).on_this_kernel()


def test_an_unknown_start() -> None:
    with pytest.raises(ValueError, match="no start 'nowhere'; there are an empty root, "):
        Play("nowhere")


def test_the_page_is_told_all() -> None:
    ground = Playground("Docker")
    ground.answer({"do": "run", "shell": "sh1", "command": "mkdir /home/x"})
    ground.answer({"do": "run", "shell": "sh2", "command": "umount /nope"})
    ground.answer({"do": "steps"})
    state = ground.state
    assert [entry["failed"] for entry in state["entries"]] == [False, True]
    assert "remedy: make nope there first" in state["entries"][1]["said"]
    assert (state["undo"], state["redo"], state["steppable"]) == (True, False, True)
    assert state["steps"]["data"]["title"] == 'umount2("/nope", 0)'
    assert state["start"] == "Docker"
    assert "sh2# umount /nope\n" in state["transcript"]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"do": "run", "shell": "sh1", "command": "echo 'half"}, "this ' is never closed"),
    ({"do": "run", "shell": "nobody", "command": "ls"}, "one line at one prompt is wanted"),
    ({"do": "run", "shell": "sh1", "command": "true\nsh2# umount /"}, "one line at one prompt is wanted"),
    ({"do": "paste", "text": "rubbish"}, "line 1, column 1: expected a mount id, found 'rubbish'"),
    ({"do": "paste", "text": ""}, "there are no mounts in it"),
    ({"do": "load", "text": "sh1# echo 'half"}, "line 1"),
    ({"do": "start", "start": "nowhere"}, "no start 'nowhere'"),
    ({"do": "release", "release": "2.6"}, "no release '2.6'"),
    ({"do": "fly"}, "there is nothing called 'fly' to do"),
    ({}, "there is nothing called None to do"),
]


@pytest.mark.parametrize(("message", "words"), MISTAKES)
def test_a_mistake_is_shown_and_nothing_is_lost(message: dict[str, Any], words: str) -> None:
    ground = Playground("Docker")
    ground.answer({"do": "run", "shell": "sh1", "command": "mkdir /home/x"})
    before = ground.play.snapshot
    ground.answer(message)
    assert words in ground.state["wrong"]
    assert ground.play.snapshot == before
    assert len(ground.state["entries"]) == 1


def test_a_pasted_table() -> None:
    ground = Playground()
    ground.answer({"do": "paste", "text": TABLE})
    state = ground.state
    assert state["start"] == PASTED
    assert state["says"] == "2 mounts: 1 tmpfs, 1 ext4; 1 shared, 1 private."
    ground.answer({"do": "run", "shell": "sh1", "command": "umount /a"})
    ground.answer({"do": "undo"})
    assert "/dev/sda" in ground.state["tree"]


@pytest.mark.slow
def test_twenty_thousand_lines() -> None:
    lines = ["1 0 0:1 / / rw - tmpfs root rw"]
    lines += [f"{n} 1 0:{n} / /m/{n} rw shared:{n} - tmpfs src{n} rw" for n in range(2, 20_000)]
    ground = Playground()
    ground.answer({"do": "paste", "text": "\n".join(lines) + "\n"})
    state = ground.state
    assert state["svg"] == ""
    assert "mounts, 200 can be drawn" in state["note"]
    assert not state["undo"]
    assert len(state["tree"].splitlines()) == LINES + 1
    ground.answer({"do": "search", "text": "/m/777 "})
    assert len(ground.state["tree"].splitlines()) == 1


@pytest.mark.parametrize(
    "word", ['"><script>alert(1)</script>', "\\", "\u202eabc", "x" * 4096, "&lt;"], ids=range(5)
)
def test_hostile_names_are_text(word: str) -> None:
    ground = Playground()
    quoted = "'" + word + "'"
    ground.answer({"do": "run", "shell": "sh1", "command": "mkdir /a"})
    ground.answer({"do": "run", "shell": "sh1", "command": f"mount -t tmpfs {quoted} /a"})
    state = ground.state
    assert state["wrong"] == ""
    assert "<script>" not in state["svg"]
    assert "\u202e" not in state["tree"] + "".join(entry["said"] for entry in state["entries"])


def test_found() -> None:
    assert found("a b\nb c\nd", "b") == "a b\nb c"
    assert found("a", "x") == "nothing with 'x' in it"
    assert summary(Snapshot.from_mountinfo(TABLE)).startswith("2 mounts")


def test_the_text_twin() -> None:
    ground = Playground()
    ground.answer({"do": "run", "shell": "sh1", "command": "umount /nope"})
    assert repr(ground).startswith("sh1# umount /nope\numount: /nope: no mount point specified.\n")
    assert "mount namespace 1: sh1" in repr(ground)
