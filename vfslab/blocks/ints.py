"""Ints: whole numbers of a fixed width that add, compare and convert as C's do in the kernel.

What wraps around here wraps around there too, for the kernel is compiled with -fno-strict-overflow. What a
number counts is not known here.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class CType:
    """A type of whole numbers. Called with a number it gives that number as C converts it to the type."""

    name: str
    bits: int
    signed: bool

    @property
    def least(self) -> int:
        """The smallest number of the type."""
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def most(self) -> int:
        """The largest number of the type."""
        return (1 << self.bits - self.signed) - 1

    def holds(self, value: int) -> bool:
        """Whether the number fits."""
        return self.least <= value <= self.most

    def __call__(self, value: int) -> Int:
        return Int(value, self)

    def __repr__(self) -> str:
        return self.name


u8, u16, u32, u64 = (CType(f"u{bits}", bits, False) for bits in (8, 16, 32, 64))
s8, s16, s32, s64 = (CType(f"s{bits}", bits, True) for bits in (8, 16, 32, 64))

INT_MAX = s32.most
ULONG_MAX = u64.most


class Machine(NamedTuple):
    """The types whose width is the machine's."""

    unsigned_long: CType
    long: CType

    @property
    def size_t(self) -> CType:
        return self.unsigned_long

    @property
    def ssize_t(self) -> CType:
        return self.long


MACHINE_64 = Machine(u64, s64)
MACHINE_32 = Machine(u32, s32)
loff_t = s64
"""On every machine."""


class Int(int):
    """A number with its type. Between two, + - * and the comparisons are C's; a plain int is a constant.

    The number is kept to the low bits of the type. ``type`` is the type.
    """

    type: CType

    def __new__(cls, value: int, type: CType) -> Int:
        low = builtins.int(value) & (1 << type.bits) - 1
        made = super().__new__(cls, low - (1 << type.bits) if low > type.most else low)
        made.type = type
        return made

    def __add__(self, other: int) -> Int:
        return common(self, typed(other))(builtins.int(self) + builtins.int(other))

    def __sub__(self, other: int) -> Int:
        return common(self, typed(other))(builtins.int(self) - builtins.int(other))

    def __mul__(self, other: int) -> Int:
        return common(self, typed(other))(builtins.int(self) * builtins.int(other))

    def __radd__(self, other: int) -> Int:
        return typed(other) + self

    def __rsub__(self, other: int) -> Int:
        return typed(other) - self

    def __rmul__(self, other: int) -> Int:
        return typed(other) * self

    def __lt__(self, other: int) -> bool:
        one, two = converted(self, typed(other))
        return builtins.int(one) < builtins.int(two)

    def __gt__(self, other: int) -> bool:
        return typed(other) < self

    def __le__(self, other: int) -> bool:
        return not typed(other) < self

    def __ge__(self, other: int) -> bool:
        return not self < other


def typed(value: int) -> Int:
    """A plain int as a constant in C: of the first of s32, s64 and u64 that holds it.

    Raises OverflowError where none does.
    """
    if isinstance(value, Int):
        return value
    for type in (s32, s64, u64):
        if type.holds(value):
            return type(value)
    raise OverflowError(f"no type of C holds {value}")


def promoted(type: CType) -> CType:
    """What C computes in: whatever is shorter than int becomes int."""
    return s32 if type.bits < s32.bits else type


def usual(one: CType, two: CType) -> CType:
    """The type that two types meet in: the usual arithmetic conversions (C11 6.3.1.8).

    The wider one; of two of one width the unsigned one.
    """
    one, two = promoted(one), promoted(two)
    if one.bits != two.bits:
        return builtins.max(one, two, key=lambda type: type.bits)
    return two if one.signed else one


def common(one: Int, two: Int) -> CType:
    """The type that two numbers are computed in."""
    return usual(one.type, two.type)


def converted(one: Int, two: Int) -> tuple[Int, Int]:
    """Both numbers as C compares them."""
    type = common(one, two)
    return type(one), type(two)


# --- the kernel's minimum (include/linux/minmax.h)


class CompileError(TypeError):
    """The compiler refuses."""


class Operand(NamedTuple):
    """What a compiler knows of an operand: its type, and whether it has seen that it is never negative."""

    type: CType
    never_negative: bool = False


def signs(operand: Operand) -> frozenset[str]:
    """How the operand may be compared without harm: "U" as unsigned, "S" as signed.

    What is unsigned and shorter than int becomes an int, which is harmless, too. The kernel's __sign_use().
    """
    if operand.type.signed:
        return frozenset("US" if operand.never_negative else "S")
    return frozenset("US" if operand.type.bits < s32.bits else "U")


def types_ok(one: Operand, two: Operand) -> bool:
    """Whether min() and max() compile: one way to compare suits both. The kernel's __types_ok()."""
    return bool(signs(one) & signs(two))


def _checked(what: str, one: int, two: int) -> tuple[Int, Int]:
    operands = [Operand(typed(value).type, not isinstance(value, Int) and value >= 0) for value in (one, two)]
    if not types_ok(*operands):
        names = " and ".join(operand.type.name for operand in operands)
        raise CompileError(f"{what}({names}) signedness error")
    return converted(typed(one), typed(two))


def min(one: int, two: int) -> Int:
    """The smaller one. Raises CompileError where a signed number would be compared as unsigned."""
    return builtins.min(_checked("min", one, two))


def max(one: int, two: int) -> Int:
    """The larger one. Raises CompileError as ``min`` does."""
    return builtins.max(_checked("max", one, two))


def min_t(type: CType, one: int, two: int) -> Int:
    """The smaller one of what the casts leave of both."""
    return builtins.min(type(one), type(two))


def max_t(type: CType, one: int, two: int) -> Int:
    """The larger one of what the casts leave of both."""
    return builtins.max(type(one), type(two))


def unsigned(value: int) -> Int:
    """The number plus 0u, plus 0ull: unsigned without its sign spread over the upper half."""
    return typed(value) + u32(0) + u64(0)


def umin(one: int, two: int) -> Int:
    """The smaller one of two numbers that are taken to be unsigned, whatever their types say."""
    return builtins.min(unsigned(one), unsigned(two))


def umax(one: int, two: int) -> Int:
    """The larger one, likewise."""
    return builtins.max(unsigned(one), unsigned(two))


def size_mul(one: int, two: int) -> Int:
    """A product of sizes, or the largest size where it does not fit (include/linux/overflow.h)."""
    return u64(builtins.min(builtins.int(one) * builtins.int(two), ULONG_MAX))
