"""Every row of the errno tables has a litmus file that shows it, or a reason why there is none."""

from __future__ import annotations

import pytest

from errno_rows import TABLES, Row
from litmus_files import all_litmus

LITMUS = {litmus.name: litmus for litmus in all_litmus()}
ROWS = [
    pytest.param(row, id=f"{table}: {row.situation}".replace(" ", "-"))
    for table, rows in TABLES.items()
    for row in rows
]


@pytest.mark.parametrize("row", ROWS)
def test_the_files_of_a_row_show_it(row: Row) -> None:
    assert bool(row.cases) != bool(row.why_not)
    for name in row.cases:
        assert row.errno in {step.errno for step in LITMUS[name].steps}, name


def test_every_file_of_the_errno_shelf_shows_a_row() -> None:
    shown = {name for rows in TABLES.values() for row in rows for name in row.cases}
    assert sorted(name for name in LITMUS if name.startswith("errno/") and name not in shown) == []


def test_few_rows_have_no_file() -> None:
    assert sum(bool(row.why_not) for rows in TABLES.values() for row in rows) <= 4
