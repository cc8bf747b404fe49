"""Words, warnings and tests: what each change of documentation, configuration and tests makes visible."""

from __future__ import annotations

import pytest

from vfslab.blocks.kdoc import check, common_run
from vfslab.changelog import acct_deprecation, entries, init_fs, initramfs_names, kernel_docs
from vfslab.changelog import kernel_doc_texts as texts
from vfslab.changelog.acct_deprecation import behaviour, options
from vfslab.changelog.disagreements import DISAGREEMENTS
from vfslab.changelog.initramfs_names import BLIND_SPOT, UNPACKERS, behaves, suite


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (texts.iomap_readahead_of_two, texts.iomap_readahead, ["missing: private"]),
        (texts.ilookup5_nowait_silent, texts.ilookup5_nowait, ["missing: isnew"]),
        (
            texts.start_dirop_above_another,
            texts.start_dirop,
            ["wrong-target: start_dirop above __start_dirop"],
        ),
        (texts.get_name_glued, texts.get_name, ["glued: %NAME_MAX+1"]),
        (texts.members_unmarked, texts.members_marked, ["unmarked: encode_fh", "unmarked: get_parent"]),
        (
            texts.seven_members,
            texts.eleven_members,
            [f"missing: {name}" for name in ("get_uuid", "map_blocks", "commit_blocks", "flags")],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_linter_says(before: object, after: object, expected: list[str]) -> None:
    assert callable(before) and callable(after)
    assert [f"{one.kind}: {one.name}" for one in check(before())] == expected
    assert check(after()) == ()


def test_nothing_is_wrong_with_the_other_blocks() -> None:
    assert check(texts.RIGHT) == ()


def test_what_is_written_in_two_files() -> None:
    comment = texts.eleven_members().replace("*", " ").replace("@", " ")
    assert len(common_run(texts.exporting_rst_again(), comment).split()) > kernel_docs.LONGEST_RUN
    assert len(common_run(texts.exporting_rst(), comment).split()) <= kernel_docs.LONGEST_RUN


# --- what was said


def test_sixteen_disagreements_about_entries_of_the_feed() -> None:
    known = {row.commit for row in entries()} | {row.title for row in entries()}
    assert len(DISAGREEMENTS) == 16
    assert {one.entry for one in DISAGREEMENTS} <= known
    assert len({one.found for one in DISAGREEMENTS}) == 16


def test_an_entry_that_another_change_covers_is_listed_once() -> None:
    listed = [row.fix.commit for row in entries() if row.fix and row.fix.commit == "5e7fa6bfa9b5"]
    assert len(listed) == 1


# --- G1


def test_a_deprecation_changes_words_alone() -> None:
    old = options(acct_deprecation.bsd_process_acct_inviting())["BSD_PROCESS_ACCT"]
    new = options(acct_deprecation.bsd_process_acct())["BSD_PROCESS_ACCT"]
    assert behaviour(old) == behaviour(new) == ("n", "MULTIUSER")
    assert (old.prompt, new.prompt) == ("BSD Process Accounting", "BSD Process Accounting (DEPRECATED)")
    assert old.help != new.help


def test_entries_of_a_menu() -> None:
    found = options(acct_deprecation.OTHERS)
    assert [(one.name, one.default, one.depends) for one in found.values()] == [
        ("TASKSTATS", "n", "NET && MULTIUSER"),
        ("AUDIT", "y", "NET"),
    ]


# --- G4


@pytest.mark.parametrize(
    ("unpacker", "wrong", "failed"),
    [
        ("as it is", "", []),
        ("one byte too strict", "a name of 4096 bytes is skipped", ["test_fname_path_max"]),
        ("gives up", "behind a name of 4097 bytes nothing is found", ["test_fname_path_max"]),
        ("forgets the data", "behind a name of 4097 bytes nothing is found", ["test_fname_path_max"]),
        # the directory has data, and would be skipped for those
        ("without a limit", "a name of 4097 bytes is created", []),
        ("one byte too generous", "a name of 4097 bytes is created", []),
    ],
)
def test_what_the_tests_see(unpacker: str, wrong: str, failed: list[str]) -> None:
    limits = (UNPACKERS | BLIND_SPOT)[unpacker]
    assert behaves(limits) == wrong
    assert [test.__name__ for test in suite() if not test(limits)] == failed


@pytest.mark.parametrize("unpacker", BLIND_SPOT)
def test_the_blind_spot_and_the_test_that_has_none(unpacker: str) -> None:
    broken = initramfs_names.SIDES.side("after", unpacker).explore().broken
    assert broken == "all 4 tests pass, and a name of 4097 bytes is created"
    assert initramfs_names.SIDES.side("without data", unpacker).explore().broken is None


# --- G5


@pytest.mark.parametrize(
    ("side", "tree", "said", "confused"),
    [
        ("before", "as it is", 1, 0),
        ("after", "as it is", 0, 0),
        ("before", "a stale header", 1, 1),
        ("after", "a stale header", 1, 0),
    ],
)
def test_what_the_compiler_can_see(side: str, tree: str, said: int, confused: int) -> None:
    timeline = init_fs.SIDES.side(side, tree).timeline()
    last = timeline.boxes(len(timeline) - 1).rows
    assert (last["Build", "linked"] == "yes") == (not (side == "after" and said))
    fs_struct = init_fs.fs_struct_c_alone() if side == "before" else init_fs.fs_struct_c()
    files = {"fs/fs_struct.c": fs_struct, "init/init_task.c": init_fs.INIT_TASK_C}
    assert len(init_fs.check(files, init_fs.TREES[tree])) == said
    assert len(init_fs.confused(files, init_fs.TREES[tree])) == (1 if tree == "a stale header" else 0)
    assert (confused > 0) == (
        "takes" in last["Build", "confused"] if ("Build", "confused") in last else False
    )
