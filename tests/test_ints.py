"""Fixed-width integers: C's conversions against ctypes, the kernel's min() and its type rule."""

from __future__ import annotations

import builtins
import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks import ints
from vfslab.blocks.ints import (
    INT_MAX,
    MACHINE_32,
    MACHINE_64,
    CompileError,
    CType,
    Int,
    Operand,
    loff_t,
    s8,
    s16,
    s32,
    s64,
    types_ok,
    u8,
    u16,
    u32,
    u64,
    usual,
)

TYPES = (u8, u16, u32, u64, s8, s16, s32, s64)
any_type = st.sampled_from(TYPES)


@st.composite
def numbers(draw: st.DrawFn) -> Int:
    """A number of some type, oftener one near an edge."""
    type = draw(any_type)
    near = st.sampled_from([type.least, type.most, 0, type.most // 2])
    return type(draw(st.integers(type.least, type.most) | near))


@given(any_type, st.integers(-(1 << 70), 1 << 70))
def test_a_conversion_is_that_of_ctypes(type: CType, value: int) -> None:
    oracle = getattr(ctypes, f"c_{'' if type.signed else 'u'}int{type.bits}")
    assert type(value) == oracle(value).value


@given(numbers(), numbers())
def test_sums_are_exact_modulo_their_type(one: Int, two: Int) -> None:
    for found, exact in (
        (one + two, int(one) + int(two)),
        (one - two, int(one) - int(two)),
        (one * two, int(one) * int(two)),
    ):
        assert found.type == usual(one.type, two.type)
        assert (int(found) - exact) % (1 << found.type.bits) == 0
        assert found.type.holds(found)


@pytest.mark.parametrize(
    ("one", "two", "met"),
    [
        (u8, u8, s32),
        (s8, u16, s32),
        (s32, s32, s32),
        (s32, u32, u32),
        (u32, s64, s64),
        (s64, u64, u64),
        (u8, u64, u64),
        (s16, s64, s64),
    ],
)
def test_where_two_types_meet(one: CType, two: CType, met: CType) -> None:
    assert usual(one, two) == usual(two, one) == met


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (s32(INT_MAX) + 1, -(1 << 31)),
        (1 + s32(INT_MAX), -(1 << 31)),
        (u8(255) + u8(1), 256),  # as int
        (u32(0) - 1, (1 << 32) - 1),
        (0 - u32(1), (1 << 32) - 1),
        (s64(-(1 << 63)) + s64(-1), (1 << 63) - 1),
        (3 * u64(1 << 63), 1 << 63),
        (u64(1 << 61) * 16, 0),
        (ints.size_mul(1 << 61, 16), (1 << 64) - 1),
        (ints.size_mul(608, 64), 38912),
    ],
)
def test_sums(said: Int, value: int) -> None:
    assert said == value


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (s32(-1) < u32(1), False),
        (s32(-1) > u32(1), True),
        (s32(-1) < u8(1), True),
        (s64(-1) < u32(1), True),
        (s32(-1) <= 0, True),
        (u32(5) >= 5, True),
        (u64(0) > -1, False),  # -1 becomes the largest
    ],
)
def test_comparisons_are_made_in_the_common_type(said: bool, expected: bool) -> None:
    assert said is expected


def test_a_constant_that_no_type_holds() -> None:
    with pytest.raises(OverflowError, match="no type of C holds"):
        u64(0) + (1 << 64)


# --- min_t, min, umin


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (ints.min_t(u32, 1 << 32, 4096), 0),
        (ints.min_t(u32, (1 << 32) + 5, 10), 5),
        (ints.min_t(u32, (1 << 33) - 1, 4096), 4096),
        (ints.min_t(s32, 0x80000000, 5), -2147483648),
        (ints.max_t(u32, 1 << 32, 4096), 4096),
        (ints.umin(s32(-1), 5), 5),
        (ints.unsigned(s32(-1)), 4294967295),
        (ints.unsigned(s64(-1)), (1 << 64) - 1),
        (ints.umax(s32(-1), 5), 4294967295),
        (ints.min(u64(1 << 32), u32(4096)), 4096),
        (ints.max(u64(1 << 32), u32(4096)), 1 << 32),
    ],
)
def test_the_numeric_cases(said: Int, value: int) -> None:
    assert said == value


@pytest.mark.parametrize(
    ("expression", "on_64", "on_32"),
    [
        ("PAGE_SIZE, unsigned int", True, True),
        ("(pos + len) >> PAGE_SHIFT, unsigned int", True, False),
        ("ssize_t, unsigned long", False, False),
    ],
)
def test_the_type_rule(expression: str, on_64: bool, on_32: bool) -> None:
    said = []
    for machine in (MACHINE_64, MACHINE_32):
        operands = {
            "PAGE_SIZE, unsigned int": (machine.unsigned_long, u32),
            "(pos + len) >> PAGE_SHIFT, unsigned int": (usual(loff_t, machine.size_t), u32),
            "ssize_t, unsigned long": (machine.ssize_t, machine.unsigned_long),
        }
        said.append(types_ok(*map(Operand, operands[expression])))
    assert said == [on_64, on_32]


@pytest.mark.parametrize(
    ("one", "two", "compiles"),
    [
        (u32(1), s32(1), False),
        (u32(1), 1, True),  # a constant is seen to be no less than 0
        (u32(1), -1, False),
        (u16(1), s32(-1), True),
        (u16(1), u64(1), True),
        (s8(-1), s64(1), True),
    ],
)
def test_what_compiles(one: int, two: int, compiles: bool) -> None:
    for function in (ints.min, ints.max):
        try:
            function(one, two)
        except CompileError as error:
            assert not compiles
            assert "signedness" in str(error)
        else:
            assert compiles


@given(numbers(), numbers())
def test_what_compiles_is_the_minimum(one: Int, two: Int) -> None:
    try:
        least, most = ints.min(one, two), ints.max(one, two)
    except CompileError:
        return
    assert least == builtins.min(int(one), int(two))
    assert most == builtins.max(int(one), int(two))


@given(any_type, st.integers(0, 1 << 63), st.integers(0, 1 << 63))
def test_a_cast_is_harmless_where_both_fit(type: CType, one: int, two: int) -> None:
    if type.holds(one) and type.holds(two):
        assert ints.min_t(type, one, two) == builtins.min(one, two)


@given(st.integers(0, 1 << 63), st.integers(0, 1 << 63))
def test_umin_is_the_minimum_of_what_is_not_negative(one: int, two: int) -> None:
    assert ints.umin(one, two) == builtins.min(one, two)
