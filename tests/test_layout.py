"""Structures laid out as C lays them out, and what shares a cache line."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.layout import LINE, Layout, Member, beside, by_line, lay_out

KINDS = {1: ctypes.c_uint8, 2: ctypes.c_uint16, 4: ctypes.c_uint32, 8: ctypes.c_uint64}
sizes = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=12)


@given(sizes)
def test_members_lie_where_the_compiler_puts_them(members: list[int]) -> None:
    names = [f"m{number}" for number in range(len(members))]
    structure = type(
        "S",
        (ctypes.Structure,),
        {"_fields_": [(name, KINDS[size]) for name, size in zip(names, members, strict=True)]},
    )
    layout = lay_out("s", [Member(name, size) for name, size in zip(names, members, strict=True)])
    assert layout.offsets == {name: getattr(structure, name).offset for name in names}
    assert (layout.size, layout.align) == (ctypes.sizeof(structure), ctypes.alignment(structure))


@given(sizes, st.sampled_from((8, 16, 64)))
def test_an_alignment_that_is_asked_for(members: list[int], align: int) -> None:
    layout = lay_out("s", [Member(f"m{n}", size, align) for n, size in enumerate(members)])
    assert all(offset % align == 0 for offset in layout.offsets.values())
    assert layout.size == align * len(members)
    assert layout.align == align


def structure(*rows: tuple[str, int] | tuple[str, int, int]) -> Layout:
    return lay_out("s", [Member(*row) for row in rows])


@pytest.mark.parametrize(
    ("layout", "offsets", "size"),
    [
        (structure(("count", 4), ("ops", 8)), {"count": 0, "ops": 8}, 16),
        (structure(("count", 4, 64), ("ops", 8)), {"count": 0, "ops": 8}, 64),
        (structure(("count", 4, 64), ("ops", 8, 64)), {"count": 0, "ops": 64}, 128),
        (structure(("ops", 8), ("count", 4, 64)), {"ops": 0, "count": 64}, 128),
        (structure(("rcu_head", 16), ("name", 12)), {"rcu_head": 0, "name": 16}, 32),
        (
            lay_out("s", [lay_out("in", [Member("count", 4)], 64).as_member("in"), Member("ops", 8)]),
            {"in": 0, "ops": 64},
            128,
        ),
    ],
)
def test_where_members_lie(layout: Layout, offsets: dict[str, int], size: int) -> None:
    assert layout.offsets == offsets
    assert layout.size == size


@pytest.mark.parametrize(
    "members",
    [[], [Member("a", 0)], [Member("a", 1), Member("a", 1)], [Member("a", 4, 12)], [Member("a", 4, -8)]],
)
def test_what_cannot_be_laid_out(members: list[Member]) -> None:
    with pytest.raises(ValueError, match=r"(s|a) has|power of two"):
        lay_out("s", members)


def test_lines_move_with_the_start() -> None:
    layout = structure(("first", 8), ("second", 8), ("third", 8))
    assert layout.lines() == {"first": 0, "second": 0, "third": 0}
    assert layout.lines(48) == {"first": 0, "second": 0, "third": 1}
    assert list(layout.starts()) == [0, 8, 16, 24, 32, 40, 48, 56]
    assert list(structure(("aligned", 8, 64)).starts()) == [0]
    assert beside(layout.lines(48), {"first"}) == {"second"}
    assert beside(layout.lines(48), {"third"}) == set()


def test_a_ruler_is_parted_where_a_line_ends() -> None:
    assert structure(("first", 8), ("second", 64)).ruler(56).splitlines() == [
        "s, 72 bytes, begins at 56 of a line",
        "-- line 0 ------------------------",
        "     0  first (8)",
        "-- line 1 ------------------------",
        "     8  second (64)",
    ]


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 500)))
def test_symbols_by_line(addresses: dict[str, int]) -> None:
    found = by_line(addresses)
    assert {name: line for line, names in found.items() for name in names} == {
        name: address // LINE for name, address in addresses.items()
    }
    assert all(
        [addresses[name] for name in names] == sorted(addresses[name] for name in names)
        for names in found.values()
    )
