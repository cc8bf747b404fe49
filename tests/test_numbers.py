"""Numbers that do not fit: the mechanisms of notebook 11 against tables, and against oracles."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.ints import INT_MAX, MACHINE_32, MACHINE_64, u8
from vfslab.blocks.strtoul import NotParsed, kstrtoul, simple_strtoul
from vfslab.changelog import ep_loop_check, hash_entries, min_t, poll_restart
from vfslab.changelog.ep_loop_check import (
    EP_MAX_NESTS,
    VARIANTS,
    Epolls,
    answers_are_right,
    chain,
    do_epoll_ctl,
    epolls,
    walk_down_sees_cycles,
)
from vfslab.changelog.facts import facts
from vfslab.drive.run import run

# --- the depth of epoll


def linked(side: str, links: str) -> Epolls:
    walk_down, depth_type = VARIANTS[side]
    state = epolls(links.replace(" ", ""), depth_type)
    for link in links.split():
        run(do_epoll_ctl(state, link[0], link[1], walk_down))
    return state


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("before", [("ELOOP", INT_MAX, None), ("ELOOP", 0, 256), ("ELOOP", 1, 256), ("ELOOP", 2, 256)]),
        ("int_max_s32", [("ELOOP", INT_MAX, None), ("ok", 0, 0), ("ok", 1, 0), ("ok", 2, 0)]),
        ("int_max_s8", [("ELOOP", INT_MAX, None), ("ok", 0, 0), ("ok", 1, 0), ("ok", 2, 0)]),
        ("after", [("ELOOP", depth, None) for depth in (5, 6, 7, 8)]),
        ("after_s32", [("ELOOP", depth, None) for depth in (5, 6, 7, 8)]),
    ],
)
def test_the_link_that_closes_a_cycle(side: str, expected: list[tuple[str, int, int | None]]) -> None:
    said = [linked(side, chain(length, closed=True)).answers[-1] for length in (2, 3, 4, 5)]
    assert [(answer.errno, answer.down, answer.up) for answer in said] == expected


@pytest.mark.parametrize("side", VARIANTS)
@pytest.mark.parametrize("bottom_up", [False, True])
def test_a_chain_has_four_links(side: str, bottom_up: bool) -> None:
    state = linked(side, chain(8, bottom_up=bottom_up))
    assert [answer.errno for answer in state.answers] == ["ok"] * 4 + ["ELOOP"] + ["ok"] * 3


WRONG = {"before": False, "after": False, "after_s32": False, "int_max_s32": True, "int_max_s8": True}


@pytest.mark.parametrize(("side", "wrong"), WRONG.items())
def test_random_graphs_against_the_oracle(side: str, wrong: bool) -> None:
    chance = random.Random(11)
    answers = []
    for _ in range(200):
        names = "ABCDEFGH"[: chance.randint(3, 8)]
        links = [one + other for one in names for other in names if one != other]
        answers += list(answers_are_right(linked(side, " ".join(chance.sample(links, min(len(links), 15))))))
    assert bool(answers) is wrong


def test_the_walk_down_alone_sees_cycles_since_the_change() -> None:
    broken = {side: list(walk_down_sees_cycles(linked(side, "AB BC CA"))) for side in ("before", "after")}
    assert broken == {"before": ["C>A closes a cycle, and the walk down finds 0 levels"], "after": []}


@pytest.mark.parametrize(("side", "fits"), [("before", False), ("after", True), ("after_s32", True)])
def test_whether_every_number_fits(side: str, fits: bool) -> None:
    assert (linked(side, "AB BC CA").misfits == []) is fits


def test_the_new_sentinel_grows_to_ten_at_most() -> None:
    # a chain that no check has let in, as deep as one likes
    for length in range(1, 12):
        state = epolls("ABCDEFGHIJKLM")
        names = sorted(state.eventpolls)
        for one, other in pairwise(names[: length + 1]):
            state.eventpolls[one].rbr.append(other)
        state.loop_check_gen = 1
        state.inserting_into = names[length]
        said = run(ep_loop_check.ep_loop_check_proc(state, "A", 0)).value
        assert said == min(EP_MAX_NESTS + length, 2 * EP_MAX_NESTS + 2)
        assert u8.holds(said)
        assert state.misfits == []


def test_an_epoll_descriptor_and_itself() -> None:
    state = linked("after", "AA")
    assert run(do_epoll_ctl(state, "A", "A", ep_loop_check.ep_loop_check_proc)).errno == "EINVAL"


def test_epoll_answers_as_kernels_do() -> None:
    for said in facts("epoll_nesting").values():
        assert said["itself"] == "EINVAL"
        for side in ("before", "after"):
            for length, answers in said["cycle"].items():
                state = linked(side, chain(int(length), closed=True))
                assert [answer.errno for answer in state.answers] == answers
            for order, bottom_up in (("top_down", False), ("bottom_up", True)):
                state = linked(side, chain(8, bottom_up=bottom_up))
                assert [answer.errno for answer in state.answers] == said["chain"][order]


# --- FITRIM


@pytest.mark.parametrize(
    ("minlen", "before", "after"),
    [
        (0, (16_693_248, 4096), (16_693_248, 4096)),
        (4096, (16_693_248, 4096), (16_693_248, 4096)),
        ((1 << 32) - 1, (0, (1 << 32) - 1), (0, (1 << 32) - 1)),
        (1 << 32, (16_693_248, 4096), (0, 1 << 32)),
        ((1 << 32) + 8192, (16_693_248, 8192), (0, (1 << 32) + 8192)),
        (1 << 40, (16_693_248, 4096), (0, 1 << 40)),
    ],
)
def test_what_fitrim_discards(minlen: int, before: tuple[int, int], after: tuple[int, int]) -> None:
    for side, expected in (("before", before), ("after", after)):
        said = min_t.fitrim(side, minlen)
        assert (said.len, said.minlen) == expected


@given(st.integers(0, (1 << 64) - 1))
def test_the_old_limit_is_right_below_4_gib_and_nowhere_else(minlen: int) -> None:
    right = min_t.fitrim("before", minlen).minlen == max(minlen, 4096)
    assert right is (minlen < 1 << 32)
    assert min_t.fitrim("after", minlen).minlen == max(minlen, 4096)


def test_fitrim_answers_as_kernels_do() -> None:
    fixed = {"6.18.5": "before", "7.2.12": "after"}
    for version, said in facts("fitrim").items():
        for minlen, given_back in said["minlen"].items():
            model = min_t.fitrim(fixed[version], int(minlen))
            assert given_back == {"trimmed": model.len, "minlen": model.minlen}


def test_the_number_of_pages_of_fuse() -> None:
    assert min_t.compiles(min_t.fuse_operands) == {"64-bit": True, "32-bit": False}
    assert min_t.compiles(min_t.fuse_operands_counted_first) == {"64-bit": True, "32-bit": True}


# --- poll's deadline


@pytest.mark.parametrize(
    ("seconds", "unsigned", "signed"),
    [
        ((1 << 31) - 1, (1 << 31) - 1, (1 << 31) - 1),
        (1 << 31, 1 << 31, -(1 << 31)),
        ((1 << 32) - 1, (1 << 32) - 1, -1),
        (1 << 32, 0, 0),
        ((1 << 32) + 5, 5, 5),
        ((1 << 63) - 1, (1 << 32) - 1, -1),
    ],
)
def test_a_deadline_in_a_word_of_32_bits(seconds: int, unsigned: int, signed: int) -> None:
    assert poll_restart.restored(MACHINE_32, seconds) == unsigned
    assert poll_restart.restored(MACHINE_32, seconds, "signed") == signed
    assert poll_restart.restored(MACHINE_32, seconds, "after") == seconds
    assert poll_restart.restored(MACHINE_64, seconds) == seconds


def test_the_smallest_uptime_that_breaks_it() -> None:
    broken = {
        bits: [
            uptime
            for word, uptime in sorted(poll_restart.SIDES.inputs)
            if word == bits and poll_restart.SIDES.side("before", (word, uptime)).explore().broken
        ]
        for bits in (32, 64)
    }
    assert broken == {32: [1 << 32, (1 << 32) + 5, 1 << 40], 64: []}


@pytest.mark.parametrize(
    ("machine", "pointer", "align", "before", "after"),
    [("i386", 4, 4, 20, 24), ("arm", 4, 8, 20, 32), ("x86_64", 8, 8, 32, 32)],
)
def test_the_size_of_what_is_kept(machine: str, pointer: int, align: int, before: int, after: int) -> None:
    assert poll_restart.poll_part(pointer, align, "before") == before
    assert poll_restart.poll_part(pointer, align, "after") == after


def test_what_is_kept_on_real_kernels() -> None:
    for version, said in facts("layouts").items():
        kept = said["structures"]["restart_block"]
        words = {name: kept[name] for name in ("tv_sec", "tv_nsec", "end_time")}
        if version.startswith("6."):
            assert words == {"tv_sec": 16, "tv_nsec": 24, "end_time": None}
        else:
            assert words == {"tv_sec": None, "tv_nsec": None, "end_time": 16}


def test_calls_go_on_as_they_did() -> None:
    for said in facts("deadlines").values():
        assert said["stopped"] == {"poll": ["poll", "restart_syscall"], "select": ["select", "select"]}


# --- numbers in the words of the boot loader


@pytest.mark.parametrize(
    ("text", "simple", "whole"),
    [
        ("1024", 1024, 1024),
        ("0x1000", 4096, 4096),
        ("010", 8, 8),
        ("+8192", 0, 8192),
        ("12\n", 12, 12),
        ("1024k", 1024, "EINVAL"),
        ("12abc", 12, "EINVAL"),
        ("abc", 0, "EINVAL"),
        ("", 0, "EINVAL"),
        ("+", 0, "EINVAL"),
        ("-1", 0, "EINVAL"),
        ("0x", 0, "EINVAL"),
        ("12\n\n", 12, "EINVAL"),
        ("9" * 23, 200376420520689663, "ERANGE"),
        ("9" * 23 + "k", 200376420520689663, "ERANGE"),
        (str((1 << 64) - 1), (1 << 64) - 1, (1 << 64) - 1),
        (str(1 << 64), 0, "ERANGE"),
    ],
)
def test_the_two_parsers(text: str, simple: int, whole: int | str) -> None:
    assert simple_strtoul(text) == simple
    try:
        assert kstrtoul(text) == whole
    except NotParsed as refused:
        assert refused.errno == whole


@given(st.text(hash_entries.ALPHABET, max_size=6) | st.integers(0, 1 << 65).map(str))
def test_the_strict_parser_against_a_grammar(text: str) -> None:
    try:
        assert kstrtoul(text) == hash_entries.meant(text)
    except NotParsed as refused:
        assert hash_entries.meant(text) is None
        assert (refused.errno == "ERANGE") == (simple_strtoul_exact(text) >= 1 << 64)


def simple_strtoul_exact(text: str) -> int:
    """All the digits at the beginning as a number, however large."""
    found = re.match(r"\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", text)
    digits = found[1] if found else "0"
    return int(digits, 8 if re.fullmatch("0[0-7]+", digits) else 0)


@given(st.integers(0, (1 << 64) - 1))
def test_both_parsers_agree_on_numbers(number: int) -> None:
    for text in (str(number), hex(number), f"{number}\n"):
        assert simple_strtoul(text) == kstrtoul(text) == number


@pytest.mark.parametrize(
    ("parameter", "before", "after"),
    [
        ("dhash_entries=1024", 1024, 1024),
        ("ihash_entries=0x1000", 4096, 4096),
        ("dhash_entries=1024k", 1024, 262144),
        ("ihash_entries=12abc", 16, 131072),
        ("dhash_entries=abc", 262144, 262144),
        ("dhash_entries=", 262144, 262144),
        ("ihash_entries=-1", 131072, 131072),
        (f"ihash_entries={'9' * 23}", 8388608, 131072),
    ],
)
def test_how_large_the_tables_are(parameter: str, before: int, after: int) -> None:
    for side, expected in (("before", before), ("after", after)):
        boot = hash_entries.booted(side, parameter)
        table = boot.dentry_hashtable if parameter.startswith("d") else boot.inode_hashtable
        assert table == expected
        refused = side == "after" and hash_entries.meant(parameter.partition("=")[2]) is None
        assert boot.unknown == ([parameter] if refused else [])


def test_the_tables_are_as_large_as_kernels_make_them() -> None:
    for version, said in facts("hash_entries").items():
        for parameter, found in said.items():
            boot = hash_entries.booted("before" if version.startswith("6.") else "after", parameter)
            table = boot.dentry_hashtable if parameter.startswith("d") else boot.inode_hashtable
            assert found == {
                "entries": table,
                "kernel_calls_it_unknown": bool(boot.unknown),
                "in_the_environment_of_init": bool(boot.unknown),
            }
