"""The text of mountinfo: proc_pid_mountinfo(5), and util-linux's messy cases."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mountinfo_tables import OWN, kept, names, read, sources, tables
from vfslab import mountinfo
from vfslab.mountinfo import Entry, MountinfoError, below, join, parse, printable

EXAMPLE = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"


def entry(mountpoint: str = "/a", source: str = "A", **fields: object) -> Entry:
    row = Entry(27, 26, "0:39", "/", mountpoint, "rw,relatime", (), "tmpfs", source, "rw")
    return row._replace(**fields)


# Printed by Linux 6.18.44 for mounts made with mount(2) on such names and with such sources.
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            EXAMPLE,
            Entry(
                36,
                35,
                "98:0",
                "/mnt1",
                "/mnt2",
                "rw,noatime",
                ("master:1",),
                "ext3",
                "/dev/root",
                "rw,errors=continue",
            ),
        ),
        (r"27 26 0:39 / /a\040b rw,relatime - tmpfs a\040b rw", entry("/a b", "a b")),
        (r"27 26 0:39 / /t\011ab rw,relatime - tmpfs t\011ab rw", entry("/t\tab", "t\tab")),
        (r"27 26 0:39 / /n\012l rw,relatime - tmpfs n\012l rw", entry("/n\nl", "n\nl")),
        (
            r"27 26 0:39 / /back\134slash rw,relatime - tmpfs back\134slash rw",
            entry("/back\\slash", "back\\slash"),
        ),
        (r"27 26 0:39 / /ha#sh rw,relatime - tmpfs ha\043sh rw", entry("/ha#sh", "ha#sh")),
        ("27 26 0:39 / /c\rr rw,relatime - tmpfs c\rr rw", entry("/c\rr", "c\rr")),
        ("27 26 0:39 / /e\033sc rw,relatime - tmpfs e\033sc rw", entry("/e\033sc", "e\033sc")),
        ("27 26 0:39 / /bad\udcff rw,relatime - tmpfs bad\udcff rw", entry("/bad\udcff", "bad\udcff")),
        ("27 26 0:39 / /a rw,relatime - tmpfs  rw", entry(source="")),
        ("27 26 0:39 / /a rw,relatime - tmpfs - rw", entry(source="-")),
        ("27 26 0:39 /x/gone//deleted /a rw,relatime - tmpfs A rw", entry(root="/x/gone//deleted")),
        (
            "27 26 0:4 uts:[4026531838] /a rw - nsfs nsfs rw",
            entry(dev="0:4", root="uts:[4026531838]", options="rw", fstype="nsfs", source="nsfs"),
        ),
        (
            "27 26 0:39 / /a rw,relatime master:2 propagate_from:1 - tmpfs A rw",
            entry(tags=("master:2", "propagate_from:1")),
        ),
        ("27 26 0:39 / /a rw,relatime unbindable - tmpfs A rw", entry(tags=("unbindable",))),
    ],
)
def test_lines_a_kernel_prints(line: str, expected: Entry) -> None:
    assert parse(line + "\n") == [expected]
    assert mountinfo.format([expected]) == line + "\n"


@pytest.mark.parametrize("name", ["desktop", "docker-host", "container"])
def test_whole_tables_come_back_as_they_were(name: str) -> None:
    assert mountinfo.format(parse(kept(name))) == kept(name)


@pytest.mark.skipif(not OWN.exists(), reason="no /proc/self/mountinfo here")
def test_this_machine_s_table_comes_back_as_it_was() -> None:
    text = read(OWN)
    assert mountinfo.format(parse(text)) == text


@given(tables())
def test_entries_come_back_as_they_were(entries: list[Entry]) -> None:
    assert parse(mountinfo.format(entries)) == entries


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("no new line at the end", EXAMPLE),
        ("blank lines around it", f"\n\n  \n{EXAMPLE}\n\n"),
        ("Windows line ends", f"\r\n{EXAMPLE}\r\n"),
        ("indented", f"    {EXAMPLE}\n\t"),
        ("byte order mark", f"\ufeff{EXAMPLE}\n"),
    ],
)
def test_a_paste_may_be(what: str, text: str) -> None:
    assert parse(text) == parse(EXAMPLE + "\n"), what


@pytest.mark.parametrize("text", ["", "\n", " \r\n\n"])
def test_nothing_listed(text: str) -> None:
    """As read by a task whose root is in no namespace."""
    assert parse(text) == []


@pytest.mark.parametrize(
    "tags", [("tag_of_tomorrow",), ("shared:1", "tomorrow:x=1"), ("shared",), ("unbindable:2",), ("--",)]
)
def test_unknown_optional_fields_are_kept(tags: tuple[str, ...]) -> None:
    text = f"27 26 0:39 / /a rw,relatime {' '.join(tags)} - tmpfs A rw\n"
    assert parse(text) == [entry(tags=tags)]
    assert mountinfo.format(parse(text)) == text


@pytest.mark.parametrize(
    "options",
    [
        r"rw,lowerdir=/a\040b:/c,upperdir=/d",
        r"rw,name=with\054comma",
        "rw,said=yes no",
        "rw,fd=6,pgrp=1,timeout=0,minproto=5,maxproto=5,direct",
    ],
)
def test_options_stay_as_printed(options: str) -> None:
    text = f"27 26 0:39 / /a rw,relatime - tmpfs A {options}\n"
    assert parse(text) == [entry(super_options=options)]
    assert mountinfo.format(parse(text)) == text


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\040\011\012\134\043", " \t\n\\#"),
        (r"\303\244", "ä"),
        (r"\377", "\udcff"),
        (r"\134040", r"\040"),
        (r"\400", r"\400"),
        (r"\08", r"\08"),
        ("\\", "\\"),
    ],
)
def test_unescape(escaped: str, text: str) -> None:
    assert mountinfo.unescape(escaped) == text


@given(st.one_of(names, sources))
def test_unescape_undoes_both_escapes(name: str) -> None:
    assert mountinfo.unescape(mountinfo.escape_path(name)) == name
    assert mountinfo.unescape(mountinfo.escape_word(name)) == name


LINE_1 = "27 1 0:39 / / rw - tmpfs R rw\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (
            "proc /proc proc rw,nosuid 0 0\n",
            1,
            1,
            "expected a mount id, found 'proc'; this looks like a line of /proc/mounts",
        ),
        ("proc on /proc type proc (rw,nosuid)", 1, 1, "this looks like what mount prints"),
        ("TARGET SOURCE FSTYPE OPTIONS\n/ /dev/vda ext4 rw", 1, 1, "this looks like what findmnt prints"),
        ("\n\n12345678901 1 0:1 / / rw - a b rw", 3, 1, "expected a mount id, found '12345678901'"),
        ("²7 1 0:39 / / rw - tmpfs R rw", 1, 1, "expected a mount id"),
        ("27\t1\t0:39\t/\t/\trw\t-\ttmpfs\tR\trw", 1, 1, "expected a mount id"),
        ("27 -1 0:39 / / rw - tmpfs R rw", 1, 4, "expected the mount id of the parent, found '-1'"),
        ("27 1 8 / / rw - tmpfs R rw", 1, 6, "expected a device as major:minor, found '8'"),
        (
            "  27 1 0:39  / / rw - tmpfs R rw",
            1,
            13,
            "expected the root of the mount in its filesystem, found a second blank",
        ),
        ("27 1 0:39 / mnt rw - tmpfs R rw", 1, 13, "expected a mountpoint"),
        ("27 1 0:39 / /mnt/ rw - tmpfs R rw", 1, 13, "none at its end, found '/mnt/'"),
        ("27 1 0:39 / /mnt", 1, 17, "expected mount options, found the end of the line"),
        (
            "27 1 0:39 / / rw shared:x - tmpfs R rw",
            1,
            18,
            "expected an optional field or '-', found 'shared:x'",
        ),
        (
            "27 1 0:39 / / rw shared:0 - tmpfs R rw",
            1,
            18,
            "expected an optional field or '-', found 'shared:0'",
        ),
        ("27 1 0:39 / / rw  - tmpfs R rw", 1, 18, "expected an optional field or '-', found a second blank"),
        (
            "27 1 0:39 / / rw shared:1 tmpfs R rw",
            1,
            37,
            "expected ' - ' before the filesystem type, found the end",
        ),
        ("27 1 0:39 / / rw -", 1, 19, "expected ' - ' before the filesystem type"),
        ("27 1 0:39 / / rw -  tmpfs R rw", 1, 20, "expected a filesystem type, found a second blank"),
        ("27 1 0:39 / / rw - tmpfs rw", 1, 28, "expected a source and super options, each after one blank"),
        ("27 1 0:39 / / rw - tmpfs R ", 1, 28, "expected super options, found the end of the line"),
        ("27 1 0:39 / / rw - tmpfs R  rw", 1, 28, "expected super options, found a second blank"),
        (LINE_1 + "28 27 0:40 / /a\0b rw - tmpfs A rw", 2, 16, "a NUL byte: this is not text"),
        ("\x7fELF\x02\x01\x01", 1, 1, r"found '\177ELF\002\001\001'"),
        (LINE_1 + "\udcff\udcfe\n", 2, 1, r"found '\377\376'"),
        (LINE_1 + LINE_1, 2, 1, "mount 27 is listed twice, first on line 1"),
        (LINE_1 + "28 28 0:40 / /a rw - tmpfs A rw\n", 2, 4, "mount 28 is its own parent, and not the root"),
        (
            "27 27 0:39 / / rw - tmpfs R rw\n28 28 0:40 / / rw - tmpfs A rw\n",
            2,
            4,
            "mount 28 is its own parent",
        ),
        (
            LINE_1 + "30 31 0:4 / /a rw - a A rw\n29 30 0:4 / /a rw - a A rw\n31 29 0:4 / /a rw - a A rw\n",
            2,
            4,
            "a cycle of parents: 30 -> 31 -> 29 -> 30",
        ),
        (
            "28 27 0:40 / /b/x rw - tmpfs A rw\n27 1 0:39 / /a rw - tmpfs R rw\n",
            1,
            14,
            "'/b/x' is not below '/a', where its parent 27 is",
        ),
        (
            "28 27 0:40 / /ab rw - tmpfs A rw\n27 1 0:39 / /a rw - tmpfs R rw\n",
            1,
            14,
            "'/ab' is not below '/a'",
        ),
    ],
)
def test_what_is_wrong_and_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(MountinfoError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert message in caught.value.message
    assert str(caught.value) == f"line {line}, column {column}: {caught.value.message}"
    assert caught.value.message.isprintable()


@given(
    st.one_of(
        st.text(),
        st.binary().map(os.fsdecode),
        st.builds(
            lambda entries, cut, put: (
                (text := mountinfo.format(entries))[: cut % len(text)] + put + text[cut % len(text) + 1 :]
            ),
            tables(),
            st.integers(0, 500),
            st.sampled_from(["", " ", "\n", "\0", "x", "9", "/", "-"]),
        ),
    )
)
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        entries = parse(text)
    except MountinfoError as error:
        lines = text.split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert error.message.isprintable()
    else:
        assert parse(mountinfo.format(entries)) == entries


def line_of(mount_id: int, parent: int, path: str) -> str:
    return f"{mount_id} {parent} 0:{mount_id} / {path} rw,relatime shared:{mount_id} - tmpfs t{mount_id} rw\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("flat", [line_of(1, 0, "/"), *(line_of(n, 1, f"/d{n}") for n in range(2, 10_001))]),
        ("nested", [line_of(n, n - 1, "/d" * (n - 1) or "/") for n in range(1, 10_001)]),
        ("stacked, the last first", [line_of(n, n - 1, "/") for n in range(10_000, 0, -1)]),
    ],
)
def test_ten_thousand_lines(what: str, lines: list[str]) -> None:
    text = "".join(lines)
    assert mountinfo.format(parse(text)) == text, what


def test_a_cycle_of_ten_thousand_is_named_in_short() -> None:
    with pytest.raises(MountinfoError, match=r"1 -> 10000 -> 9999 -> 9998 -> \.\.\. -> 2 -> 1$") as caught:
        parse("".join(line_of(n, n - 1 or 10_000, "/") for n in range(1, 10_001)))
    assert (caught.value.line, caught.value.column) == (1, 3)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/dev/nvme0n1p2", "/dev/nvme0n1p2"),
        ("/größe/日本", "/größe/日本"),
        ("a b\\c", r"a\040b\134c"),
        ("\n\t\033[31m\x7f", r"\012\011\033[31m\177"),
        ("\udcff", r"\377"),
        ("\u202e\u200b\xa0", r"\342\200\256\342\200\213\302\240"),
        ("\ud800", r"\355\240\200"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_is_one_word_of_visible_characters(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert " " not in shown
    shown.encode()


@pytest.mark.parametrize(
    ("path", "base", "expected"),
    [
        ("/a/b", "/", "/a/b"),
        ("/a/b", "/a", "/b"),
        ("/a", "/a", "/"),
        ("/", "/", "/"),
        ("/ab", "/a", None),
        ("/", "/a", None),
    ],
)
def test_below(path: str, base: str, expected: str | None) -> None:
    assert below(path, base) == expected
    if expected is not None:
        assert join(base, expected) == path
