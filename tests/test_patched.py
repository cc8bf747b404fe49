"""A table with some rows in the place of others is the table that one would write out."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.patched import Patched

ids = st.integers(1, 12)
tables = st.dictionaries(ids, st.text(max_size=2)).map(lambda table: dict(sorted(table.items())))
patches = st.lists(
    st.tuples(st.dictionaries(ids, st.none() | st.text(max_size=2)), st.booleans()), max_size=6
)


@given(tables, patches)
def test_it_is_what_one_would_write_out(
    table: dict[int, str], steps: list[tuple[dict[int, str | None], bool]]
) -> None:
    patched = Patched(table, {})
    expected = dict(table)
    older = []
    for changes, look in steps:
        older.append((patched, dict(expected)))
        patched = Patched(patched, changes)
        for id, row in changes.items():
            if row is None:
                expected.pop(id, None)
            else:
                expected[id] = row
        expected = dict(sorted(expected.items()))
        assert [patched.get(id) for id in range(14)] == [expected.get(id) for id in range(14)]
        if look:
            assert list(patched) == list(expected)
    assert list(patched.items()) == list(expected.items())
    assert list(patched.values()) == list(expected.values())
    assert patched == expected
    assert len(patched) == len(expected)
    assert pickle.loads(pickle.dumps(patched)) == expected
    assert repr(patched) == repr(expected)
    for one, then in older:
        assert one == then, "what is changed later is not this one"


def test_a_row_that_was_taken_away_is_not_there() -> None:
    patched = Patched({1: "a", 2: "b"}, {1: None})
    assert 1 not in patched
    with pytest.raises(KeyError):
        patched[1]
    assert list(patched.keys()) == [2]
