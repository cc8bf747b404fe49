"""The stepper's data, its twins and its limits. The same stepper in a browser: tests/browser."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import timelines
from vfslab.drive import Timeline
from vfslab.drive.timeline import Recording
from vfslab.kernel.effects import Acquire, Alloc, Release, Step
from vfslab.kernel.flags import MS_SHARED
from vfslab.model import Model
from vfslab.snapshot import Snapshot
from vfslab.views import frames, scene
from vfslab.views.stepper import Stepper

TIMELINES = [timelines.copy_of_namespace, timelines.propagation, timelines.refusal, timelines.lazy_umount]


@pytest.fixture(scope="module", params=TIMELINES, ids=lambda make: make.__name__)
def timeline(request: pytest.FixtureRequest) -> Timeline:
    made: Timeline = request.param()
    return made


def look(data: dict[str, Any], part: str, place: int) -> tuple[set[str], list[str]]:
    """The class and the texts of ``part`` at a place, found in its track as the page finds them."""
    entry = [entry for entry in data["tracks"][part] if entry[0] <= place][-1]
    return set(entry[1].split()), list(entry[2])


# --- what a page steps through


def test_a_frame_for_every_step_with_its_sentence_function_and_locks(timeline: Timeline) -> None:
    data = frames.frames(timeline).data
    assert data["notes"] == []
    assert [row["number"] for row in data["frames"]] == list(range(len(timeline)))
    for row, frame in zip(data["frames"], timeline, strict=True):
        assert row["says"].lower().startswith(frame.sentence.lower())
        assert row["function"] == (frame.function if frame.effect is not None else "")
        assert sorted(timelines.held_at(data["locks"], frame.index)) == sorted(frame.locks)


def test_a_mount_is_there_exactly_while_it_exists(timeline: Timeline) -> None:
    data = frames.frames(timeline).data
    drawn = {int(part[1:]) for part in data["tracks"] if re.fullmatch(r"m\d+", part)}
    assert drawn
    for place, frame in enumerate(timeline):
        there = {number for number in drawn if "absent" not in look(data, f"m{number}", place)[0]}
        assert there == drawn & frame.snapshot.mounts.keys()


def test_words_and_classes_follow_the_snapshot(timeline: Timeline) -> None:
    data = frames.frames(timeline).data
    for place, frame in enumerate(timeline):
        for number, mount in frame.snapshot.mounts.items():
            if f"m{number}" not in data["tracks"]:
                continue
            classes, texts = look(data, f"m{number}", place)
            assert ("shared" in classes) == mount.shared
            assert ("loose" in classes) == (mount.ns is None)
            assert mount.propagation in texts[1]
            for task in frame.snapshot.tasks.values():
                stands = any(text.startswith(f"{task.name}: ") for text in texts[2:])
                assert stands == (number in (task.root.mount, task.cwd.mount))


def test_what_is_new_changed_or_about_to_go_is_marked(timeline: Timeline) -> None:
    data = frames.frames(timeline).data
    states = [frame.snapshot.mounts for frame in timeline]
    for part in data["tracks"]:
        if not re.fullmatch(r"m\d+", part):
            continue
        number = int(part[1:])
        for place, (before, now) in enumerate(pairwise(states), 1):
            classes, _ = look(data, part, place)
            after = states[place + 1] if place + 1 < len(states) else now
            assert ("new" in classes) == (number in now and number not in before)
            assert ("leaving" in classes) == (number in now and number not in after)
            if number in now and number in before and now[number] != before[number]:
                assert "changed" in classes


def test_a_track_has_an_entry_only_where_something_changes(timeline: Timeline) -> None:
    for track in frames.frames(timeline).data["tracks"].values():
        assert track[0][0] == 0
        for before, now in pairwise(track):
            assert before[0] < now[0]
            assert before[1:] != now[1:]


EVENTS = [
    ("lock", lambda frame, before: isinstance(frame.effect, Acquire | Release)),
    ("memory", lambda frame, before: isinstance(frame.effect, Alloc)),
    ("new", lambda frame, before: not frame.snapshot.mounts.keys() <= before.snapshot.mounts.keys()),
    ("gone", lambda frame, before: not before.snapshot.mounts.keys() <= frame.snapshot.mounts.keys()),
    ("task", lambda frame, before: before.snapshot.tasks != frame.snapshot.tasks),
]


@pytest.mark.parametrize(("kind", "happens"), EVENTS, ids=[row[0] for row in EVENTS])
def test_events_that_can_be_jumped_to(timeline: Timeline, kind: str, happens: Any) -> None:
    data = frames.frames(timeline).data
    found = [row["number"] for row in data["frames"] if kind in row["events"]]
    expected = [frame.index for before, frame in pairwise(timeline) if happens(frame, before)]
    if kind == "task":
        assert set(expected) <= set(found)
    else:
        assert found == expected
    assert bool(found) == any(kind == offered for offered, _ in data["events"])


def test_a_refusal_is_a_failure_with_its_reason() -> None:
    last = frames.frames(timelines.refusal()).data["frames"][-1]
    assert last["events"] == ["failure"]
    assert "ENOENT" in last["says"]
    assert "there is no nowhere" in last["says"]


def test_covered_namespace_roots_are_drawn_where_a_step_deals_with_one() -> None:
    copied, mounted = timelines.copy_of_namespace(), timelines.propagation()
    assert {f"m{ns.root}" for ns in copied[-1].snapshot.namespaces.values()} <= frames.frames(
        copied
    ).first.keys()
    roots = {f"m{ns.root}" for ns in mounted[-1].snapshot.namespaces.values()}
    assert not roots & frames.frames(mounted).first.keys()


# --- what is too much


class LongTimeline:
    """30,000 steps over a few or over many mounts, without the time that such a call takes."""

    title = "unshare(CLONE_NEWNS)"
    pid = 1

    def __init__(self, steps: int, mounts: int) -> None:
        self.result = timelines.refusal().result
        few = timelines.copy_of_namespace()[0].snapshot
        row = next(iter(few.mounts.values()))
        extra = {number: row._replace(id=number) for number in range(1000, 1000 + mounts)}
        self.state = Snapshot({**few.mounts, **extra}, few.namespaces, few.tasks)
        self.steps = steps
        self.kept = Recording({}, self.pid)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Any:
        if index >= self.steps:
            raise IndexError(index)
        return LongFrame(self, index)


class LongFrame:
    task = place = None
    mounts = ()
    broken = breaks = ""
    function = "copy_tree"
    effect = Step("copy_tree", "mount {0} is attached")

    def __init__(self, timeline: LongTimeline, index: int) -> None:
        self.index = index
        self.sentence = f"step {index}"
        self.snapshot = timeline.state


@pytest.fixture(scope="module")
def long() -> Stepper:
    return Stepper(LongTimeline(30_001, 0))  # type: ignore[arg-type]


def test_of_too_many_steps_the_middle_is_left_out_and_that_is_said(long: Stepper) -> None:
    note = "Steps 250 to 29,750 are left out: a page holds 500 of these 30,001 frames."
    assert [row["number"] for row in long.data["frames"]] == [*range(250), *range(29_751, 30_001)]
    assert note in long.data["notes"]
    assert repr(long).endswith(note)
    assert note in long.html()


def test_of_many_steps_the_text_names_some_and_counts_the_rest(long: Stepper) -> None:
    assert "       ... and 460 more\n" in repr(long)
    assert len(repr(long).splitlines()) < 50


def test_of_too_many_mounts_no_picture_is_made_and_that_is_said() -> None:
    stepper = Stepper(LongTimeline(40, 300))  # type: ignore[arg-type]
    assert stepper.svg == ""
    assert stepper.data["tracks"] == {}
    assert len(stepper.data["frames"]) == 40
    assert "No picture: there are 305 mounts or more, 200 can be drawn." in repr(stepper)


# --- twins


def test_the_text_is_stable_and_short(timeline: Timeline) -> None:
    text = repr(Stepper(timeline))
    assert text == repr(Stepper(timeline))
    assert "0x" not in text
    lines = text.splitlines()
    assert lines[0] == f"{timeline.title}: {len(timeline) - 1} steps"
    told = [frame for frame in timeline if isinstance(frame.effect, Step)]
    assert len(lines) == len(told) + 2
    for line, frame in zip(lines[1:], told, strict=False):
        assert line.split()[:2] == [str(frame.index), frame.function]


class Page(HTMLParser):
    """The elements of a piece of HTML, the texts of its scripts, and what it would ask a network for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.asked += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data


def test_the_page_needs_no_network_and_carries_the_same_data(timeline: Timeline) -> None:
    stepper = Stepper(timeline)
    page = Page(stepper.html())
    assert json.loads(page.scripts[0]) == json.loads(json.dumps(stepper.data))
    assert scene.script() in page.scripts[1]
    assert all(address.startswith("data:") for address in page.asked)
    assert stepper.html() == Stepper(timeline).html()


def test_a_widget_where_there_is_one_and_the_twins_beside_it(timeline: Timeline) -> None:
    bundle, _ = Stepper(timeline)._repr_mimebundle_()
    assert bundle.keys() == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    widget = Stepper(timeline).widget
    assert widget.data == Stepper(timeline).data
    assert widget._esm == scene.script()


def test_without_anywidget_the_twins_serve(timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    assert Stepper(timeline)._repr_mimebundle_()[0].keys() == {"text/html", "text/plain"}


def test_without_a_graphviz_program_all_but_the_picture_is_there(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = repr(Stepper(timeline))
    monkeypatch.setenv("VFSLAB_DOT", "/nowhere/dot")
    stepper = Stepper(timeline)
    assert stepper.svg == ""
    assert repr(stepper) == told, "the text is the same on every machine"
    assert "'/nowhere/dot', which is not a program" in stepper.data["notes"][0]
    assert "img" not in Page(stepper.html()).tags


NAMES = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u2028'\\",
    "-->",
    "x" * 4000,
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_data(name: str) -> None:
    model = Model(recording=True)
    model.call("sh1", "mkdir", "/mnt")
    model.call("sh1", "mount", name, "/mnt", "tmpfs", 0, None)
    model.call("sh1", "mount", None, "/mnt", None, MS_SHARED, None)
    stepper = Stepper(model.timelines[-1])
    page = Page(stepper.html())
    assert page.tags == ["div", "style", "div", *(["img"] if stepper.svg else []), "pre", "script", "script"]
    assert json.loads(page.scripts[0]) == json.loads(json.dumps(stepper.data))


# --- the drawing


@pytest.mark.dot
def test_every_part_of_the_drawing_can_be_found_and_has_a_track(timeline: Timeline) -> None:
    stepper = Stepper(timeline)
    groups = [element for element in ET.fromstring(stepper.svg).iter() if element.get("data-part")]
    parts = [element.get("data-part") for element in groups]
    assert sorted(parts) == sorted(stepper.data["tracks"])
    for group in groups:
        assert group.get("id") == f"{stepper.id}-{group.get('data-part')}"
        texts = [child.text or "" for child in group if child.tag.endswith("text")]
        place, classes, words = stepper.data["tracks"][group.get("data-part")][0]
        assert (place, group.get("class"), texts) == (0, classes, list(words))


@pytest.mark.dot
def test_two_steppers_do_not_share_ids() -> None:
    ids = [
        set(re.findall(r' id="([^"]+)"', Stepper(make()).svg))
        for make in (timelines.copy_of_namespace, timelines.propagation)
    ]
    assert not ids[0] & ids[1]


FOREIGN = [
    "<script>alert(1)</script>",
    "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
    "<a xlink:href='http://example.org/'><text>x</text></a>",
    "<image xlink:href='http://example.org/x.png'/>",
    "<title>x</title>",
]


@pytest.mark.parametrize("element", FOREIGN)
def test_only_shapes_and_text_get_onto_the_stage(element: str) -> None:
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    drawn = f'<svg {space}><g id="m1" class="node"><path d="M0,0"/>{element}</g></svg>'
    staged = scene.stage(drawn, "p", {"m1": scene.Look("mount", ())})
    assert "<script" not in staged and "example.org" not in staged and "<title" not in staged
    assert 'class="card"' in staged


def test_a_program_that_draws_nothing_is_a_note_and_not_an_error(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "baddot"
    program.write_text("#!/bin/sh\ncat >/dev/null; echo 'out of ink' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("VFSLAB_DOT", str(program))
    assert Stepper(timeline).data["notes"] == ["No picture: baddot drew nothing: out of ink."]
