"""Two timelines in lockstep: the alignment, its text, and the page's data. In a browser: tests/browser."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timelines
import vfslab.lockstep
from vfslab.drive import Timeline
from vfslab.drive.run import Result
from vfslab.drive.timeline import Recording
from vfslab.kernel.effects import Acquire, Alloc, Check, Effect, Oops, Refused, Release, Step
from vfslab.kernel.flags import OPEN_TREE_NAMESPACE
from vfslab.lockstep import Lockstep
from vfslab.model import Model
from vfslab.snapshot_normal import with_ids
from vfslab.views.compare import compare
from vfslab.views.compare_text import compare_text


def opened(release: str, mounts: int = 1) -> Timeline:
    """open_tree(OPEN_TREE_NAMESPACE), whose copy 7.0-rc1 made outside of the lock that it took before."""
    model = Model(release, recording=True)
    model.call("sh1", "mkdir", "/srv")
    for _ in range(mounts):
        model.call("sh1", "mount", "disk", "/srv", "tmpfs", 0, None)
    assert model.call("sh1", "open_tree", -100, "/srv", OPEN_TREE_NAMESPACE).errno is None
    return model.timelines[-1]


def made(*effects: Effect, result: Result | None = None) -> Timeline:
    """A timeline of just these effects over no mounts."""
    kept = Recording({}, 1)
    for effect in (None, *effects, None):
        kept.keep(effect)
    return Timeline("call()", 1, kept, result or Result())


def steps(words: str) -> Timeline:
    return made(*(Step("f", word) for word in words))


def signs(before: Timeline, after: Timeline) -> str:
    return " ".join(pair.sign for pair in Lockstep(before, after).pairs)


# --- the alignment

ALIGNED = [
    ("abc", "abc", "= = = = =", None),
    ("", "", "= =", None),
    ("abc", "abxc", "= = = > = =", 3),
    ("abxc", "abc", "= = = < = =", 3),
    ("abc", "axc", "= = < > = =", 2),
    ("", "ab", "= > > =", 1),
    # What a SequenceMatcher alone aligns with the later c: they part behind the first.
    ("abcxyz", "abcqcxyz", "= = = = > > = = = =", 4),
    ("abab", "ab", "= = = < < =", 3),
]


@pytest.mark.parametrize(("before", "after", "expected", "parting"), ALIGNED)
def test_steps_are_aligned(before: str, after: str, expected: str, parting: int | None) -> None:
    assert signs(steps(before), steps(after)) == expected
    assert Lockstep(steps(before), steps(after)).parting == parting


def test_the_case_of_the_later_run_is_one_that_a_matcher_gets_wrong() -> None:
    blocks = SequenceMatcher(None, "abcxyz", "abcqcxyz", autojunk=False).get_matching_blocks()
    assert blocks[0].size < 3


@given(st.text("abc", max_size=12), st.text("abc", max_size=12), st.sampled_from([0, 2_000_000]))
def test_every_frame_is_there_once_in_order_and_same_means_same(before: str, after: str, alike: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vfslab.lockstep, "ALIKE_MAX", alike)
        lockstep = Lockstep(steps(before), steps(after))
    sides = [[frame.index for pair in lockstep.pairs if (frame := pair[side])] for side in (0, 1)]
    assert sides == [list(range(len(before) + 2)), list(range(len(after) + 2))]
    common = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), None)
    if common is None and len(before) == len(after):
        assert lockstep.parting is None
    else:
        assert lockstep.parting == 1 + (min(len(before), len(after)) if common is None else common)
    for pair in lockstep.pairs[1:-1]:
        assert pair.same == (pair.before is not None and pair.after is not None)
        if pair.before and pair.after:
            assert pair.before.sentence == pair.after.sentence


SAME_STEP = [
    (Step("f", "in namespace 3: x"), Step("f", "in namespace 4: x"), True),
    (Step("f", "x"), Step("g", "x"), False),
    (Step("f", "{0} goes", (1,)), Step("f", "{0} goes", (2,)), False),
    (Acquire("f", "namespace_sem"), Acquire("f", "namespace_sem"), True),
    (Acquire("f", "namespace_sem"), Acquire("f", "namespace_sem", True), False),
    (Acquire("f", "namespace_sem"), Release("f", "namespace_sem"), False),
    (Acquire("f", "i_rwsem(0:31 /a)"), Acquire("f", "i_rwsem(0:32 /a)"), True),
    (Acquire("f", "i_rwsem(0:31 /a1)"), Acquire("f", "i_rwsem(0:31 /a2)"), False),
    (Alloc("f", "struct mount"), Alloc("f", "struct file"), False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME_STEP)
def test_what_counts_as_the_same_step(one: Effect, other: Effect, same: bool) -> None:
    assert (Lockstep(made(one), made(other)).parting is None) == same


def refused(errno: str, function: str = "f") -> Result:
    return Result(None, Refused(Check(errno, function, "it is {0}", ""), "so"))


ENDS = [
    (Result(3), Result(4), True),
    (Result(), refused("EINVAL"), False),
    (refused("EINVAL"), refused("EINVAL"), True),
    (refused("EINVAL"), refused("EPERM"), False),
    (refused("EINVAL"), refused("EINVAL", "g"), False),
    (Result(None, None, Oops("f", "null-ptr-deref")), Result(), False),
]


@pytest.mark.parametrize(("one", "other", "same"), ENDS)
def test_ends_are_always_held_against_each_other(one: Result, other: Result, same: bool) -> None:
    before, after = made(Step("f", "x"), result=one), made(Step("f", "x"), Step("f", "y"), result=other)
    last = Lockstep(before, after).pairs[-1]
    assert last.before is not None and last.after is not None
    assert last.same == same
    assert last.sign == ("=" if same else "<>")


def test_releases_that_differ_part_where_the_lock_is_taken() -> None:
    lockstep = Lockstep(opened("7.0-rc1"), opened("7.0"))
    assert lockstep.parting is not None
    pair = lockstep.pairs[lockstep.parting]
    assert pair.before is not None
    assert pair.before.sentence == "takes namespace_sem"
    assert sum(pair.sign == "<" for pair in lockstep.pairs) == 4
    assert sum(pair.sign == ">" for pair in lockstep.pairs) == 2


# --- counterparts


def copied(extra: bool) -> Timeline:
    """A copy of a namespace; with ``extra`` a mount has come and gone before, so that numbers are others."""
    model = Model()
    model.call("sh1", "mkdir", "/a")
    model.call("sh1", "mount", "disk", "/a", "tmpfs", 0, None)
    if extra:
        model.call("sh1", "mount", "gone", "/a", "tmpfs", 0, None)
        model.call("sh1", "umount2", "/a", 0)
    model.recording = True
    model.call("sh1", "unshare", 0x20000)
    return model.timelines[-1]


def test_mounts_with_other_numbers_have_counterparts() -> None:
    lockstep = Lockstep(copied(False), copied(True))
    assert lockstep.parting is None
    before, after = (set(one[-1].snapshot.mounts) for one in (lockstep.before, lockstep.after))
    assert before != after
    assert {lockstep.ids[id] for id in after} == before
    snapshot = with_ids(lockstep.after[-1].snapshot, lockstep.ids)
    sources = {id: mount.source for id, mount in lockstep.before[-1].snapshot.mounts.items()}
    assert {id: mount.source for id, mount in snapshot.mounts.items()} == sources
    assert snapshot.normalise() == lockstep.after[-1].snapshot.normalise()


def test_a_mount_without_a_counterpart_has_an_id_of_its_own() -> None:
    lockstep = Lockstep(timelines.copy_of_namespace(2), timelines.copy_of_namespace(3))
    assert len(set(lockstep.ids.values())) == len(lockstep.ids)
    before = set(lockstep.before[-1].snapshot.mounts)
    after = lockstep.after[-1].snapshot.mounts
    alone = [id for id in after if lockstep.ids[id] not in before]
    assert {after[id].source for id in alone} == {"disk2"}


# --- the text


def test_the_text_tells_the_story() -> None:
    lines = compare_text(opened("7.0-rc1"), opened("7.0"), ("old", "new")).splitlines()
    call = 'open_tree(AT_FDCWD, "/srv", OPEN_TREE_NAMESPACE)'
    assert lines[:5] == [
        f"old: 16 steps, {call} returns success",
        f"new: 14 steps, {call} returns success",
        "They part at step 2 of old: 11 steps in both, 4 only old, 2 only new.",
        "",
        "= in both, < only old, > only new; [locks held after the step]",
    ]
    at = next(place for place, line in enumerate(lines) if line.startswith("---- here they part"))
    assert [re.sub(" +", " ", line) for line in lines[at - 1 : at + 4]] == [
        " 1 1 = alloc_mnt_ns allocates struct mnt_namespace",
        "---- here they part ----------------------------------------",
        " 2 < create_new_namespace takes namespace_sem [namespace_sem]",
        " 2 > lock_mount_exact takes i_rwsem(0:1 /) [i_rwsem(0:1 /)]",
        " 3 > lock_mount_exact takes namespace_sem [i_rwsem(0:1 /), namespace_sem]",
    ]


def test_every_frame_of_a_short_comparison_has_its_line() -> None:
    before, after = opened("7.0-rc1"), opened("7.0")
    text = compare_text(before, after)
    for timeline, place in ((before, 0), (after, 5)):
        numbers = [line[place : place + 4].strip() for line in text.splitlines()[5:]]
        assert [int(number) for number in numbers if number.isdigit()] == list(range(len(timeline)))


ENDINGS = [
    (refused("EINVAL"), "call() returns EINVAL: f: it is so"),
    (Result(None, None, Oops("f", "null-ptr-deref")), "call() never returns: null-ptr-deref in f"),
]


@pytest.mark.parametrize(("result", "says"), ENDINGS)
def test_ends_that_differ_are_told(result: Result, says: str) -> None:
    text = compare_text(made(result=result), made())
    assert f"before: 1 steps, {says}" in text
    assert "They part at the very end, in what they return" in text
    assert re.search(r"here they part -+\n   1       <  .*\n        1  >   call\(\) returns success", text)


def test_what_is_alike_is_left_out_of_a_long_text_and_counted() -> None:
    text = compare_text(steps("a" * 200 + "x" + "b" * 100), steps("a" * 200 + "b" * 100))
    assert len(text.splitlines()) < 20
    assert "...    197 steps that are the same in both" in text
    assert "... and 395 lines more" in compare_text(steps("a" * 256), steps("b" * 256))


def test_the_same_twice_does_not_part() -> None:
    text = compare_text(opened("7.0"), opened("7.0"))
    assert "They do not part: 13 steps in both, 0 only before, 0 only after." in text
    assert "here they part" not in text


@pytest.mark.parametrize("titles", ["ab", ("a",), ("a", "b", "c")])
def test_titles_are_two(titles: Any) -> None:
    with pytest.raises(ValueError, match="titles are two names"):
        compare(opened("7.0"), opened("7.0"), titles)


# --- the page's data


def test_places_show_the_frame_of_each_or_the_one_that_waits() -> None:
    shown = compare(opened("7.0-rc1"), opened("7.0"), ("old", "new"))
    places = shown.data["places"]
    for before, now in pairwise(places):
        moved = [one - other for one, other in zip(now["at"], before["at"], strict=True)]
        assert moved == {"=": [1, 1], "<>": [1, 1], "<": [1, 0], ">": [0, 1]}[now["sign"]]
    assert places[0]["at"] == [0, 0]
    assert places[-1]["at"] == [len(side["frames"]) - 1 for side in shown.data["sides"]]
    assert [place["number"] for place in places if "parting" in place["events"]] == [shown.lockstep.parting]
    assert shown.data["events"][0] == ["parting", "they part"]


def test_both_sides_are_drawn_in_one_layout() -> None:
    data = compare(copied(False), copied(True)).data
    one, other = ({part for part in side["tracks"] if part.startswith("m")} for side in data["sides"])
    assert one == other
    one, other = ([(row["task"], row["lock"]) for row in side["locks"]] for side in data["sides"])
    assert one == other


def test_of_too_many_places_the_parting_and_the_ends_are_kept() -> None:
    shown = compare(steps("a" * 2000 + "x" + "b" * 2000), steps("a" * 2000 + "b" * 2000))
    numbers = [place["number"] for place in shown.data["places"]]
    assert len(numbers) == 500
    assert {0, 2000, 2001, 2002, 4002} <= set(numbers)
    assert (
        shown.data["notes"][0] == "3,503 of 4,003 places, away from the parting and the ends, are left out."
    )


def test_without_a_graphviz_program_all_but_the_picture_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told = repr(compare(opened("7.0-rc1"), opened("7.0")))
    monkeypatch.setenv("VFSLAB_DOT", "/nowhere/dot")
    shown = compare(opened("7.0-rc1"), opened("7.0"))
    assert shown.svg == ""
    assert repr(shown) == told
    assert "'/nowhere/dot', which is not a program" in shown.data["notes"][0]


def test_a_widget_a_page_and_the_twin() -> None:
    shown = compare(opened("7.0-rc1"), opened("7.0"))
    bundle, _ = shown._repr_mimebundle_()
    assert bundle.keys() == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert bundle["text/plain"] == repr(shown) == compare_text(opened("7.0-rc1"), opened("7.0"))
    assert shown.html() == compare(opened("7.0-rc1"), opened("7.0")).html()
