"""struct filename: each number and each table that the changes of pull-filename, and of chardev, come to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from vfslab.blocks.scope import Body, exits
from vfslab.changelog import entries
from vfslab.changelog.chardev import ADDED, EXITS, twin
from vfslab.changelog.chardev import SIDES as REGION_SIDES
from vfslab.changelog.filename_buffers import needs_table
from vfslab.changelog.filename_errors import CALLERS, Err, branches
from vfslab.changelog.filename_import import (
    ARGUMENTS,
    IMPORT_ONCE,
    IMPORTED_AGAIN,
    REUSE,
    AuditedCall,
    Lookup,
    do_faccessat,
    do_faccessat_importing_again,
    do_renameat2,
    getname_flags,
    getname_flags_reusing,
)
from vfslab.changelog.filename_memory import LONG_NAMES, MOST, Import, UserString, limit_rule, quantities
from vfslab.changelog.filename_owners import PAIRS
from vfslab.changelog.filename_refcnt import (
    ATOMIC,
    COUNTED,
    NEW,
    OLD,
    PLAIN,
    RULES,
    Counter,
    Thread,
    request,
)
from vfslab.changelog.filename_scopes import ADDED_LOWER
from vfslab.changelog.filename_scopes import SIDES as CHROOT_SIDES
from vfslab.changelog.filename_series import PULL, SERIES, commits
from vfslab.changelog.sysfs_syscall import answers
from vfslab.drive.run import run
from vfslab.kernel.effects import Code


def test_every_commit_of_the_series_is_listed_with_what_shows_it() -> None:
    listed = {entry.commit: entry for entry in entries() if entry.pull == PULL}
    assert len(SERIES) == 68
    assert {commit: entry.title for commit, entry in listed.items()} == SERIES
    assert all(entry.fix is not None for entry in listed.values())


def test_each_commit_belongs_to_one_change() -> None:
    fixes = {entry.fix.commit: entry.fix for entry in entries() if entry.pull == PULL and entry.fix}
    belonging = [commit for fix in fixes.values() for commit, _ in ((fix.commit, fix.title), *fix.others)]
    assert sorted(belonging) == sorted(SERIES)
    assert {SERIES[fix.commit] == fix.title for fix in fixes.values()} == {True}


@pytest.mark.parametrize("bounds", [("0cf1149673da", "1ee5220eb364", 9), ("41670a5900a8", "", 1)])
def test_commits_from_one_to_another(bounds: tuple[str, str, int]) -> None:
    first, last, number = bounds
    assert len(commits(first, last)) == number


def test_a_commit_of_another_series() -> None:
    with pytest.raises(ValueError, match="is not in"):
        commits("3685744afa4a")


# --- import once


@pytest.mark.parametrize(
    ("code", "stale", "reads"),
    [
        (do_faccessat_importing_again, 0, 1),
        (do_faccessat_importing_again, 1, 2),
        (do_faccessat_importing_again, 9, 2),
        (do_faccessat, 0, 1),
        (do_faccessat, 1, 1),
        (do_faccessat, 9, 1),
    ],
)
def test_how_often_a_byte_is_read(code: Callable[[Lookup], Code], stale: int, reads: int) -> None:
    state = Lookup()
    state.server.stale = stale
    run(code(state))
    assert state.user.reads == reads
    assert len(state.server.walked) == min(stale, 1) + 1


@pytest.mark.parametrize("function", IMPORTED_AGAIN)
def test_each_of_the_nine_takes_two_paths_before_and_one_after(function: str) -> None:
    broken = IMPORT_ONCE.side("before", function).explore().broken
    assert broken == "one call looks up /a, then /b, and acts on /b"
    after = IMPORT_ONCE.side("after", function).explore()
    assert (after.broken, after.complete) == (None, True)


@pytest.mark.parametrize(
    ("import_name", "arguments", "records"),
    [
        (getname_flags_reusing, ARGUMENTS[2], 1),
        (getname_flags_reusing, ARGUMENTS[1], 2),
        (getname_flags, ARGUMENTS[2], 2),
        (getname_flags, ARGUMENTS[1], 2),
    ],
)
def test_records_of_one_address_and_of_two(
    import_name: Callable[[AuditedCall, tuple[int, str]], Code],
    arguments: tuple[tuple[int, str], ...],
    records: int,
) -> None:
    state = AuditedCall(arguments)
    run(do_renameat2(import_name, state))
    assert len(state.records) == records


def test_one_address_is_what_is_wrong() -> None:
    assert [REUSE.side("before", arguments).explore().broken is None for arguments in ARGUMENTS] == [
        True,
        True,
        False,
    ]


# --- memory


@pytest.mark.parametrize(
    ("side", "length", "memory", "copied"),
    [
        ("before", 20, 4096, 21),
        ("after", 20, 192, 21),
        ("before", 167, 4096, 168),
        ("after", 167, 192, 168),
        ("after", 168, 192 + 4096, 169),
        ("before", 4063, 4096, 4064),
        ("before", 4064, 4096 + 33, 4064 + 4065),
        ("before", 4080, 4096 + 33, 8145),
        ("after", 4080, 192 + 4096, 4081),
    ],
)
def test_what_a_path_costs(side: str, length: int, memory: int, copied: int) -> None:
    assert quantities(side, length) == (memory, copied, True)


@pytest.mark.parametrize(("side", "most"), [("before", 4095), ("after", 4095), ("version 4", 4047)])
def test_the_longest_path(side: str, most: int) -> None:
    assert quantities(side, most).accepted
    assert not quantities(side, most + 1).accepted


@given(st.sampled_from(["before", "after"]), st.integers(1, 5000))
def test_accepted_if_and_only_if_it_has_at_most_4095_characters(side: str, length: int) -> None:
    assert quantities(side, length).accepted == (length <= MOST)


def test_the_property_finds_the_macro() -> None:
    wrong = find(
        st.integers(1, 5000), lambda length: quantities("version 4", length).accepted != (length <= MOST)
    )
    assert wrong == 4048


@pytest.mark.parametrize("side", ["before", "after", "version 4"])
def test_without_memory_nothing_is_kept(side: str) -> None:
    sweep = LONG_NAMES.side(side, 4090).sweep()
    assert [end for outcome in sweep for _, end in outcome.ends][:2] == ["ENOMEM", "ENOMEM"]
    assert "what is refused keeps its memory" not in {outcome.broken for outcome in sweep}


@pytest.mark.parametrize(
    ("length", "accepted", "said"),
    [
        (4096, True, ["a path of 4096 characters is accepted"]),
        (9, False, ["a path of 9 characters is refused"]),
        (9, True, []),
    ],
)
def test_the_rule_of_the_limit(length: int, accepted: bool, said: list[str]) -> None:
    assert list(limit_rule(Import(UserString(length), accepted=accepted))) == said


@pytest.mark.parametrize(
    ("name", "entry", "table"),
    [
        ("a", "A", False),
        ("a", "b", False),
        ("ñ", "ñ", False),
        ("ñ", "Ñ", True),
        ("a", "ñ", True),
        ("xñ", "yÑ", False),
    ],
)
def test_where_bytes_do_not_decide(name: str, entry: str, table: bool) -> None:
    assert needs_table(name, entry) == table


# --- counters and threads


@pytest.mark.parametrize(
    ("design", "counter", "broken"),
    [
        (OLD, ATOMIC, {"i", "iii"}),
        (OLD, PLAIN, {"i", "ii", "iii"}),
        (NEW, ATOMIC, set()),
        (NEW, PLAIN, set()),
    ],
)
def test_which_rules_break(design: tuple[Thread, Thread], counter: Counter, broken: set[str]) -> None:
    assert {
        name for name, rule in RULES.items() if request(design, counter, (rule,)).explore().broken
    } == broken


def test_the_plain_counter_leaks_in_the_old_design_only() -> None:
    assert COUNTED.side("without delayed_filename", True).explore().broken == "ii: the name is freed 0 times"
    assert COUNTED.side("after", True).explore().broken is None


@pytest.mark.parametrize(
    ("counter", "audit", "atomics"), [(ATOMIC, False, 0), (ATOMIC, True, 2), (PLAIN, True, 0)]
)
@pytest.mark.parametrize("design", [OLD, NEW])
def test_atomic_operations_of_a_call(
    design: tuple[Thread, Thread], counter: Counter, audit: bool, atomics: int
) -> None:
    timeline = request(design, counter, (), audit).timeline()
    assert timeline.boxes(len(timeline) - 1).rows["Request", "freed"] == "1"  # type: ignore[attr-defined]
    counted = [frame for frame in timeline if frame.sentence.endswith(", atomically")]
    assert len(counted) == atomics


# --- errors, owners, scopes


@pytest.mark.parametrize(("pair", "counts"), list(zip(CALLERS, [(2, 1), (1, 0)], strict=True)))
def test_branches_of_callers(
    pair: tuple[Callable[..., object], Callable[..., object]], counts: tuple[int, int]
) -> None:
    assert tuple(map(branches, pair)) == counts


@pytest.mark.parametrize("name", ["/a", Err("EFAULT")])
@pytest.mark.parametrize("opened", ["a file", Err("EMFILE")])
def test_callers_answer_as_before(name: str | Err, opened: str | Err) -> None:
    def open_it(name: str | Err) -> str | Err:
        return name if isinstance(name, Err) else opened

    before, after = CALLERS[0]
    assert before(name, lambda file: 3, open_it) == after(name, lambda file: 3, open_it)
    before_open, after_open = CALLERS[1]
    assert before_open(name, open_it) == after_open(name, open_it)


def faulty(body: Body) -> list[str]:
    return [one.where for one in exits(body) if one.faults]


WORKER_EXITS = ["an unknown flag", "no such directory", "the end"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (PAIRS["before"], WORKER_EXITS),
        (PAIRS["left to the worker"], ["a check of the caller's own"]),
        (PAIRS["after"], []),
        (CHROOT_SIDES["before"], ["a check that somebody adds", ADDED_LOWER]),
        (CHROOT_SIDES["after"], [ADDED_LOWER]),
        (REGION_SIDES["before"], [ADDED]),
        (REGION_SIDES["after"], []),
        (REGION_SIDES["the twin"], ["an overlap"]),
        (twin(("chrdevs_lock", "cd")), []),
    ],
)
def test_on_which_exits_something_is_wrong(body: Body, wrong: list[str]) -> None:
    assert faulty(body) == wrong


def test_the_five_exits_of_both_do_the_same() -> None:
    before, after = (
        {one.where: (one.answer, one.did) for one in exits(REGION_SIDES[side])}
        for side in ("before", "after")
    )
    assert [before[where] for where in EXITS] == [after[where] for where in EXITS]


def test_an_order_of_something_else() -> None:
    with pytest.raises(ValueError, match="an order of"):
        twin(("cd", "cd"))


@pytest.mark.parametrize(
    ("side", "empty", "long"), [("before", "ENOENT", "ENAMETOOLONG"), ("after", "EINVAL", "EINVAL")]
)
def test_what_sysfs_says(side: str, empty: str, long: str) -> None:
    expected = {"proc": "ok", "nosuch": "EINVAL", "empty": empty, "4095": "EINVAL", "4096": long}
    assert answers(side) == expected
