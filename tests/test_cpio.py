"""Archives: the writer, the machine that unpacks, its limits, and cpio itself."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.cpio import (
    PATH_MAX,
    TRAILER,
    Entry,
    Limits,
    Unpacked,
    header,
    moves,
    newc,
    padding,
    unpack,
)

LINK = stat.S_IFLNK | 0o777
DIRECTORY = stat.S_IFDIR | 0o755
NEXT = Entry(b"next", b"!")
names = st.binary(min_size=1, max_size=20).map(
    lambda name: b"n" + name.replace(b"\0", b"x").replace(b"/", b"x")
)
entries = st.lists(st.tuples(names, st.binary(max_size=30)).map(lambda pair: Entry(*pair)), max_size=5)


@given(entries)
def test_what_was_packed_comes_out(packed: list[Entry]) -> None:
    archive = newc(packed)
    out = unpack(archive)
    assert out.created == {entry.name: entry.data for entry in packed}
    assert (out.error, len(out.headers), len(archive) % 4) == ("", len(packed), 0)


@given(entries, entries)
def test_archives_one_behind_the_other(first: list[Entry], second: list[Entry]) -> None:
    both = unpack(newc(first) + newc(second)).created
    assert both == unpack(newc(first)).created | unpack(newc(second)).created


@given(
    st.lists(
        st.tuples(st.integers(1, 9000), st.binary(max_size=9), st.sampled_from([DIRECTORY, LINK, 0o100644]))
    )
)
def test_whatever_is_skipped_the_next_header_is_found(odd: list[tuple[int, bytes, int]]) -> None:
    packed = [Entry(b"x".ljust(size - 1, b"/"), data, mode) for size, data, mode in odd]
    out = unpack(newc([*packed, NEXT]))
    assert out.created[b"next"] == b"!"
    assert len(out.headers) == len(odd) + 1


@pytest.mark.parametrize(
    ("namesize", "created"),
    [(0, False), (1, True), (4095, True), (4096, True), (4097, False), (2**32 - 1, False)],
)
def test_the_boundary_of_a_name(namesize: int, created: bool) -> None:
    length = min(namesize, 9000)
    archive = bytearray(newc([Entry(b"x".ljust(length - 1, b"/") if length > 1 else b"", b""), NEXT]))
    archive[94:102] = b"%08x" % namesize
    if namesize == 0:
        # no byte of a name at all
        archive = bytearray(archive[:110] + bytes(padding(110)) + archive[112:])
    out = unpack(bytes(archive))
    assert len(out.created) - (b"next" in out.created) == created
    assert out.error == ""
    assert (b"next" in out.created) == (namesize < 2**32 - 1)


def test_where_the_data_of_a_long_name_begin() -> None:
    long = header(newc([Entry(b"x" * 4096, b"data")]), 0)
    assert long is not None
    assert (long.body - 110, long.body % 4, long.next) == (4098, 0, 4212)


@pytest.mark.parametrize(
    ("entry", "created"),
    [
        (Entry(b"a", b"t" * 4096, LINK), True),
        (Entry(b"a", b"t" * 4097, LINK), False),
        (Entry(b"a", b"t" * 4097), True),
        (Entry(b"a", b"", DIRECTORY), True),
        (Entry(b"a", b"data", DIRECTORY), False),
        (Entry(b"abcd", b"", namesize=4), False),
        (Entry(TRAILER, b""), False),
    ],
)
def test_what_is_skipped(entry: Entry, created: bool) -> None:
    out = unpack(newc([entry, NEXT]))
    assert (entry.name in out.created, out.created.get(b"next")) == (created, b"!")


@pytest.mark.parametrize(
    "archive",
    [b"070703" + b"0" * 104, b"x", newc([NEXT])[:50], b"070701" + b"g" * 104, b"070701" + b"-0000001" * 13],
)
def test_what_is_no_archive(archive: bytes) -> None:
    assert unpack(archive).error == "no cpio magic at byte 0"


def test_a_number_that_does_not_fit() -> None:
    for namesize in (1 << 32, -1):
        with pytest.raises(ValueError, match="eight hexadecimal digits"):
            newc([Entry(b"a", namesize=namesize)])


def test_other_machines() -> None:
    long = Entry(b"x" * 4096, b"07data")
    assert unpack(newc([long, NEXT]), Limits(fails=True)).error == "namesize 4097"
    assert unpack(newc([long, NEXT]), Limits(data=False)).error.startswith("no cpio magic")
    assert len(unpack(newc([long, NEXT]), Limits(name=9000)).created) == 2


def test_the_states_on_the_way() -> None:
    archive = newc([Entry(b"a", b"xy"), Entry(b"x" * PATH_MAX, b"data"), Entry(b"l", b"a", LINK)])
    states = [move.state for move in moves(archive, Unpacked())]
    assert states == [
        *("Start", "GotHeader", "GotName", "CopyFile"),
        *("Start", "GotHeader", "SkipIt"),
        *("Start", "GotHeader", "GotName", "GotSymlink"),
    ]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_cpio_reads_what_is_written(tmp_path: Path) -> None:
    archive = newc([Entry(b"file", b"ASDF"), Entry(b"dir", b"", DIRECTORY), Entry(TRAILER)])
    ran = subprocess.run(
        ["cpio", "-i", "--quiet"], input=archive, cwd=tmp_path, check=True, capture_output=True
    )
    assert ran.returncode == 0
    assert (tmp_path / "file").read_bytes() == b"ASDF"
    assert (tmp_path / "dir").is_dir()
