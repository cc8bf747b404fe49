"""What a value promises: numbers that the mechanisms of notebook 12 must come to."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.bitmap import Bitmap
from vfslab.blocks.memory import NULL
from vfslab.changelog import dump_inode, file_getattr, minix, posix_acl, try_to_free_buffers, writeback
from vfslab.changelog.facts import facts
from vfslab.changelog.file_getattr import Getattr
from vfslab.changelog.minix import MinixSb
from vfslab.changelog.posix_acl import SetAcl
from vfslab.changelog.try_to_free_buffers import Reclaim
from vfslab.changelog.writeback import Writeback
from vfslab.drive.run import run
from vfslab.exercises import check

pytestmark = pytest.mark.slow

# --- file_getattr


@pytest.mark.parametrize(
    ("side", "fs", "requests"),
    [
        ("before", "fuse", {("FS_IOC_GETFLAGS",), ("FS_IOC_FSGETXATTR",)}),
        ("after", "fuse", {("FS_IOC_GETFLAGS",)}),
        ("zeroed", "fuse", {("FS_IOC_FSGETXATTR",)}),
        ("before", "native", {()}),
        ("after", "native", {()}),
    ],
)
def test_what_a_server_may_be_asked(side: str, fs: str, requests: set[tuple[str, ...]]) -> None:
    assert file_getattr.requests(side, fs) == requests


def test_half_of_the_bytes_go_each_way() -> None:
    asked = []
    for byte in range(256):
        call = Getattr("fuse", byte)
        run(file_getattr.file_getattr_uninitialised(call))
        asked += call.requests
        assert call.branched_on == ["flags_valid"]
    assert asked.count("FS_IOC_GETFLAGS") == asked.count("FS_IOC_FSGETXATTR") == 128


@pytest.mark.parametrize(
    ("side", "seen"),
    [("before", (8, 65536, 3, 777, 0)), ("zeroed", (8, 65536, 3, 777, 0)), ("after", (8, 0, 0, 0, 0))],
)
def test_what_the_user_sees(side: str, seen: tuple[int, ...]) -> None:
    call = Getattr("fuse", 0)
    run(file_getattr.SYSCALLS[side](call))
    assert call.file_attr == seen


@pytest.mark.parametrize("side", ["after", "zeroed"])
@pytest.mark.parametrize("fs", ["fuse", "native"])
def test_nothing_undecided_decides(side: str, fs: str) -> None:
    assert file_getattr.SIDES.side(side, (fs, 0xA5)).explore().broken is None


# --- writeback


@pytest.mark.parametrize(
    ("timeout", "chunks", "before", "after"),
    [
        (0, 40, (40, 0), (0, 0)),
        (0, 1000, (1000, 952), (0, 0)),
        (0, 10_000, (10_000, 9952), (0, 0)),
        (1, 1000, (38, 36), (38, 36)),
        (120, 10_000, (3, 2), (3, 2)),
    ],
)
def test_wakeups_and_messages(
    timeout: int, chunks: int, before: tuple[int, int], after: tuple[int, int]
) -> None:
    ended = [writeback.ended(side, timeout, chunks, 5) for side in ("before", "after")]
    assert [(len(wb.wakeups), len(wb.messages)) for wb in ended] == [before, after]


@pytest.mark.parametrize("side", ["before", "after"])
def test_the_first_message_needs_a_second_more_than_the_timeout(side: str) -> None:
    assert writeback.ended(side, 120, 6049, 5).messages == []  # 120.98 s
    assert writeback.ended(side, 120, 6050, 5).messages == [121]


@pytest.mark.parametrize(
    ("side", "broken"),
    [
        ("before", {(False, 0), (True, 0)}),
        ("v1", {(False, 0), (True, 0)}),
        ("v2", {(True, 0)}),
        ("after", set()),
    ],
)
def test_which_settings_break_which_version(side: str, broken: set[tuple[bool, int]]) -> None:
    sides = writeback.SIDES
    assert {given[:2] for given in sides.inputs if sides.side(side, given).explore().broken} == broken


def test_one_message_too_many_is_found_alone() -> None:
    # the wake-up alone is fixed: the other half of the change is needed, too
    wb = Writeback(True, 0, 1, 300)
    wb.messages.append(1)
    assert list(writeback.contract(wb)) == ["the timeout is 0, and a wait of 1 s is complained about"]


# --- minix


def padded(s_ninodes: int, free: tuple[int, ...] = (), padding: str = "1", bit_0: str = "1") -> str:
    """A block of bits: only ``free`` inodes are clear."""
    inodes = "".join("0" if number in free else "1" for number in range(1, s_ninodes + 1))
    return bit_0 + inodes + padding * (minix.BITS_PER_ZONE - 1 - s_ninodes)


def answers(side: str, bits: str, calls: int) -> list[int | str]:
    return minix.answers(side, MinixSb(64, [Bitmap(bits)]), calls)


FULL, BAD = "ENOSPC", "EFSCORRUPTED"


@pytest.mark.parametrize(
    ("bits", "before", "after"),
    [
        (padded(64, (63, 64)), [63, 64, FULL, FULL], [63, 64, FULL, FULL]),
        (padded(64, (63, 64), padding="0"), [63, 64, FULL, FULL], [63, 64, BAD, BAD]),
        (padded(64, (63, 64), bit_0="0"), [FULL, 63, 64, FULL], [BAD, 63, 64, FULL]),
    ],
    ids=["healthy", "padding clear", "bit 0 clear"],
)
def test_four_calls(bits: str, before: list[int | str], after: list[int | str]) -> None:
    assert answers("before", bits, 4) == before
    assert answers("after", bits, 4) == after


def test_each_failure_eats_a_bit() -> None:
    found = answers("after", padded(64, padding="0"), 8128)
    assert found == [BAD] * 8127 + [FULL]


def test_a_failure_that_clears_its_bit_goes_on_failing() -> None:
    assert answers("unset", padded(64, padding="0"), 9) == [BAD] * 9


@pytest.mark.parametrize(("side", "misreports"), [("before", True), ("after", False), ("unset", False)])
def test_the_bitmaps_that_are_misreported(side: str, misreports: bool) -> None:
    # an oracle that knows nothing of the search: a clear bit that is no inode, met within four calls
    expected = {
        bits for bits in minix.BITMAPS if bits[0] == "0" or ("0" in bits[4:] and bits[:4].count("0") < 4)
    }
    found = {bits for bits in minix.BITMAPS if minix.SIDES.side(side, bits).explore().broken}
    assert found == (expected if misreports else set())


@pytest.mark.parametrize(("side", "eats"), [("before", True), ("after", True), ("unset", False)])
def test_who_changes_the_bitmap_and_fails(side: str, eats: bool) -> None:
    found = minix.mechanism(side, "111100", 3, calls=2, rule=minix.failure_changes_nothing).explore()
    assert (found.broken is not None) == eats


def test_the_bitmap_may_have_several_blocks() -> None:
    sb = MinixSb(10, [Bitmap("1111"), Bitmap("1111"), Bitmap("1101")])
    assert list(sb.clear()) == [10]
    assert run(minix.minix_new_inode(sb)).value == 10
    assert run(minix.minix_new_inode(sb)).errno == FULL


# --- try_to_free_buffers


@pytest.mark.parametrize(
    ("calls", "crash"),
    [
        (1, {(False, True, False)}),
        # the first call has dropped the buffers, the second finds none
        (2, {(False, True, False), (True, True, False)}),
    ],
)
def test_which_of_eight_folios_crash(calls: int, crash: set[tuple[bool, bool, bool]]) -> None:
    inputs = try_to_free_buffers.SIDES.inputs
    assert len(inputs) == 8
    for side, expected in (("before", crash), ("after", set())):
        found = {
            given: try_to_free_buffers.mechanism(side, given, calls).explore().broken for given in inputs
        }
        assert {given for given, broken in found.items() if broken} == expected
        assert set(filter(None, found.values())) <= {"null-ptr-deref in drop_buffers"}


def test_it_warns_once() -> None:
    folio = Reclaim(False, True, False)
    for _ in range(5):
        assert run(try_to_free_buffers.try_to_free_buffers(folio)).value is True
    assert folio.warnings == 1


# --- dump_inode


@pytest.mark.parametrize("pointer", [NULL, dump_inode.UNMAPPED])
@pytest.mark.parametrize("hop", dump_inode.HOPS)
def test_a_broken_hop(hop: str, pointer: int) -> None:
    assert run(dump_inode.dump_inode_trusting(dump_inode.pointers(hop, pointer))).oops
    dump = dump_inode.pointers(hop, pointer)
    assert run(dump_inode.dump_inode(dump)).oops is None
    (line,) = dump.log
    assert ("unreadable" in line) == (hop == "inode")
    assert ("<unknown>" in line) == (hop != "inode")


def test_a_name_without_an_end() -> None:
    assert run(dump_inode.dump_inode_trusting(dump_inode.pointers("text", NULL))).oops
    dump = dump_inode.pointers("text", NULL)
    run(dump_inode.dump_inode(dump))
    assert f"fs:{'e' * 31} " in dump.log[0]


@pytest.mark.parametrize(("side", "lines"), [("before", 2), ("after", 1)])
def test_a_sound_inode(side: str, lines: int) -> None:
    timeline = dump_inode.SIDES.side(side, ("none", NULL)).timeline()
    assert timeline.boxes(len(timeline) - 1).rows["Dump", "log"].count("inode at") == 1
    assert timeline[-2].sentence.startswith("ended with success")
    dump = dump_inode.pointers("none", NULL)
    run((dump_inode.dump_inode_trusting if side == "before" else dump_inode.dump_inode)(dump))
    assert len(dump.log) == lines


# --- posix_acl


@pytest.mark.parametrize(("count", "size"), [(3, 28), (5, 44), (24, 196), (511, 4092), (512, 4100)])
def test_a_list_has_4_bytes_and_8_for_each_entry(count: int, size: int) -> None:
    assert len(posix_acl.encoded(posix_acl.acl(count))) == size == 4 + 8 * count


def test_the_bytes_of_a_list() -> None:
    data = posix_acl.encoded(posix_acl.acl(5))
    version, *fields = struct.unpack("<I" + "HHI" * 5, data)
    assert version == 2
    assert fields[:6] == [1, 7, 0xFFFFFFFF, 2, 6, 1000]


def test_real_kernels_give_the_same_bytes() -> None:
    words = posix_acl.encoded(posix_acl.acl(5)).hex(" ", 4)
    assert {said["bytes of 5 entries"] for said in facts("acl_sizes").values()} == {words}


def test_real_kernels_ask_as_the_model_does() -> None:
    # the stack of 6.18.5 is zeroed by its compiler, the others have the change
    for kernel, said in facts("file_getattr").items():
        call = Getattr("fuse", 0)
        run(file_getattr.SYSCALLS["zeroed" if kernel == "6.18.5" else "after"](call))
        assert said["requests"] == call.requests
        assert tuple(said["seen"].values()) == call.file_attr[: len(said["seen"])]


@given(count=st.integers(3, 700))
def test_what_each_shape_comes_to(count: int) -> None:
    too_big = 4 + 8 * count > 4096
    for code in posix_acl.SHAPES.values():
        call = SetAcl(count)
        result = run(code(call))
        assert result.errno == ("E2BIG" if too_big else None)
        assert call.sent == (None if too_big else 4 + 8 * count)


@pytest.mark.parametrize("side", posix_acl.SHAPES)
@pytest.mark.parametrize("count", posix_acl.COUNTS)
def test_each_buffer_is_freed_once(side: str, count: int) -> None:
    mechanism = replace(posix_acl.mechanism(side, count), rule=posix_acl.freed_once)
    for outcome in mechanism.sweep():
        assert {end for _, end in outcome.ends} <= {"success", "ENOMEM", "E2BIG"}
        end = mechanism.timeline(outcome.path)
        rows = end.boxes(len(end) - 1).rows
        assert rows["SetAcl", "made"] == rows["SetAcl", "freed"]


@pytest.mark.parametrize(
    ("side", "calls", "conditions", "never", "disagree"),
    [
        ("probe", 2, 4, ("size < 0", "ret < 0"), 2),
        ("before", 2, 3, ("ret < 0",), 2),
        ("after", 1, 2, (), 0),
    ],
)
def test_what_a_shape_costs(
    side: str, calls: int, conditions: int, never: tuple[str, ...], disagree: int
) -> None:
    shape = posix_acl.shape(side)
    assert (shape.calls, len(shape.conditions), shape.never, shape.disagree) == (
        *(calls, conditions),
        *(never, disagree),
    )


# --- the exercises: what a likely wrong answer is told


def set_first(bits: list[int], s_ninodes: int) -> int | str:
    if 0 not in bits:
        return "ENOSPC"
    number = bits.index(0)
    bits[number] = 1
    return number if 1 <= number <= s_ninodes else "EFSCORRUPTED"


def always_full(bits: list[int], s_ninodes: int) -> str:
    return "ENOSPC"


def next_zero(bits: list[int], s_ninodes: int) -> int:
    return bits.index(0)


@pytest.mark.parametrize(
    ("key", "answer", "words"),
    [
        ("12.1", lambda byte: "FS_IOC_GETFLAGS", "with 0 all over the stack"),
        ("12.1", lambda byte: 1 // byte, "for the byte 0 it raises ZeroDivisionError"),
        ("12.2", (120, 40, 250), "nobody is woken"),
        ("12.2", (0, 1000, 250), "nobody is woken"),
        ("12.2", (120, 130, 250), "there is a message"),
        ("12.2", (120, 10**9, 1), "20000 chunks are enough"),
        ("12.2", (120, 70), "give three whole numbers"),
        ("12.3", set_first, "EFSCORRUPTED leaves the bits as"),
        ("12.3", always_full, "ENOSPC, and"),
        ("12.3", next_zero, "inode 4 is given away, and is not free"),
        ("12.3", lambda bits, s_ninodes: bits[99], "it raises IndexError"),
        ("12.3", lambda bits, s_ninodes: "EIO", "neither a number nor one of the two errnos"),
        ("12.4", 512, "E2BIG: 512 entries have 4100 bytes"),
        ("12.4", 510, "one more still goes"),
    ],
)
def test_wrong_answers_are_told_why(key: str, answer: object, words: str) -> None:
    verdict = check(key, answer)
    assert not verdict.right
    assert words in verdict.words
