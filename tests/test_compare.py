"""The model held against the running kernel: normalising, the nearest release, what is told."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder import Recorder
from vfslab import mountinfo
from vfslab.machine import Answer
from vfslab.model import Model
from vfslab.oracle.compare import SideBySide, check, nearest_release, visible
from vfslab.oracle.normal import Numbers, Pieces, normalise, printed
from vfslab.oracle.outcome import Runner
from vfslab.shell.transcript import TranscriptError
from vfslab.shell.words import WordError

# --- the nearest release --------------------------------------------------------------


@pytest.mark.parametrize(
    ("uname", "release"),
    [
        ("6.18.44-fc-v595", "6.18.19"),
        ("6.18.16", "6.18.16"),
        ("6.18.17", "6.18.17"),
        ("6.18.5", "6.18"),
        ("6.18.0-rc3", "6.18"),
        ("6.19.2-arch1-1", "6.18.19"),
        ("7.0.0-rc1", "7.0-rc1"),
        ("7.0-rc6-next", "7.0-rc1"),
        ("7.0.0", "7.0"),
        ("7.0.12", "7.0"),
        ("7.0.13", "7.0.13"),
        ("7.1.0-rc2", "7.0.13"),
        ("7.1.13-generic", "7.1"),
        ("7.2.3", "7.2"),
        ("7.3.4", "7.2.12"),
        ("10.0.1", "7.2.12"),
        ("5.15.0-91-generic", "6.18"),
        ("4.4.0", "6.18"),
    ],
)
def test_nearest_release(uname: str, release: str) -> None:
    assert nearest_release(uname) == release


@pytest.mark.parametrize("uname", ["", "linux", "7", "v7.0"])
def test_what_is_no_release(uname: str) -> None:
    with pytest.raises(ValueError, match="is no kernel release"):
        nearest_release(uname)


# --- normalising ----------------------------------------------------------------------

ONE_TABLE = [
    # ids in the order of the lines, parents with them, a parent that is not shown as "-"
    (
        "43 63 0:40 / / rw - tmpfs tmpfs rw\n9 43 0:41 / /a rw - tmpfs A rw\n",
        ("1 - 0:1 / / rw - tmpfs tmpfs rw", "2 1 0:2 / /a rw - tmpfs A rw"),
    ),
    # a parent that comes later, as after pivot_root(2)
    (
        "43 52 0:40 / /o rw - tmpfs tmpfs rw\n52 63 0:43 / / rw - tmpfs B rw\n",
        ("1 2 0:1 / /o rw - tmpfs tmpfs rw", "2 - 0:2 / / rw - tmpfs B rw"),
    ),
    # a root without a parent prints its own id
    ("7 7 0:40 / / rw - nullfs nullfs rw\n", ("1 1 0:1 / / rw - nullfs nullfs rw",)),
    # groups by first appearance, the order of the tags is kept
    (
        "1 9 0:2 / / rw shared:7 master:4 propagate_from:5 - tmpfs none rw\n"
        "2 1 0:2 / /b rw shared:5 - tmpfs none rw\n3 1 0:2 / /c rw unbindable - tmpfs none rw\n",
        (
            "1 - 0:1 / / rw shared:1 master:2 propagate_from:3 - tmpfs none rw",
            "2 1 0:1 / /b rw shared:3 - tmpfs none rw",
            "3 1 0:1 / /c rw unbindable - tmpfs none rw",
        ),
    ),
    # super options: ro or rw is kept, what the filesystem says is not; mount options are all kept
    (
        "1 9 8:1 /sub / ro,nosuid,noatime - tmpfs none ro,size=4k,uid=65534\n",
        ("1 - 0:1 /sub / ro,nosuid,noatime - tmpfs none ro",),
    ),
    # what a path or a source holds stays one word, an empty source nothing
    (
        "2 9 0:3 / / rw - tmpfs  rw\n" + r"3 2 0:2 /a\040b//deleted /\012\134 rw - tmpfs x\040\043 rw",
        ("1 - 0:1 / / rw - tmpfs  rw", r"2 1 0:2 /a\040b//deleted /\012\134 rw - tmpfs x\040\043 rw"),
    ),
    ("", ()),
]


@pytest.mark.parametrize(("text", "lines"), ONE_TABLE)
def test_normalise(text: str, lines: tuple[str, ...]) -> None:
    assert normalise(text) == (lines,)


def test_normalise_counts_over_all_shells() -> None:
    """So that it shows whether shells share a namespace, a filesystem, a peer group."""
    first = "5 1 0:40 / / rw shared:3 - tmpfs T rw\n"
    copy = "8 1 0:40 / / rw shared:3 - tmpfs T rw\n"
    apart = "8 1 0:40 / / rw shared:4 - tmpfs T rw\n"
    line = "1 - 0:1 / / rw shared:1 - tmpfs T rw"
    assert normalise(first, first) == ((line,), (line,))
    assert normalise(first, copy) == ((line,), (line.replace("1", "2", 1),))
    assert normalise(first, apart)[1] == ("2 - 0:1 / / rw shared:2 - tmpfs T rw",)


STATMOUNT = """\
sb_dev_major: 0
sb_dev_minor: {}
sb_magic: 0x1021994
mnt_id: {}
mnt_parent_id: {}
mnt_id_old: {}
mnt_parent_id_old: {}
mnt_peer_group: {}
mnt_master: {}
propagate_from: 0
mnt_ns_id: {}
"""
PRINTED = [
    # ids that are never given twice: the same in one output as in another
    (("listmount", "LSMT_ROOT"), "2147483650\n2148023151\n2147483650\n", ("#1", "#2", "#1")),
    (("listmount", "LSMT_ROOT"), "2148023151\n9007199254740993\n", ("#2", "#3")),
    (("listmount",), "18446744073709551615\n2147483647\n", ("18446744073709551615", "2147483647")),
    (("ls",), "a2148023151\n2148023151.b\n", ("a2148023151", "2148023151.b")),
    # those that are given again, and 0
    (
        ("statmount", "I", "STATMOUNT_MNT_BASIC"),
        STATMOUNT.format(40, 2148023151, 9007199254740993, 44, 43, 7, 5, 11),
        tuple(STATMOUNT.format(1, "#2", "#3", 1, 2, 1, 2, "#4").splitlines()),
    ),
    (
        ("statx", "AT_FDCWD", "/", "0"),
        "mnt_id: 44\nmnt_id_unique: 2147483650\n",
        ("mnt_id: 1", "mnt_id_unique: #1"),
    ),
    # a namespace has one id, asked in whatever way
    (("ns_get_mntns_id", "N"), "11\n", ("#4",)),
    (("syscall", "ns_get_mntns_id", "N"), "12\n", ("#5",)),
    (("ls",), "11\n", ("11",)),
    # what a kernel is configured to print of a tmpfs
    (("cat", "/proc/self/mounts"), "A /a tmpfs rw,relatime,inode64 0 0\n", ("A /a tmpfs rw,relatime 0 0",)),
    (("statmount", "I", "1"), "mnt_opts: inode64\nopt_array: size=4k inode64\n", ("opt_array: size=4k",)),
    # tables
    (("mount",), "tmpfs on / type tmpfs (rw)\n", ()),
    (
        ("read", "F", "4096"),
        "44 43 0:40 /x /a rw shared:7 master:5 - tmpfs A rw,inode64\n45 44 0:41 / /a/b ro - tmpfs B rw\n",
        ("1 - 0:1 /x /a rw shared:1 master:2 - tmpfs A rw", "2 1 0:2 / /a/b ro - tmpfs B rw"),
    ),
    (("read", "F", "9"), "44 43 0:4", ("44 43 0:4",)),
]


def test_printed() -> None:
    unique = Numbers()
    for words, stdout, lines in PRINTED:
        assert printed(words, stdout, unique) == lines


# what a read of a descriptor gave, and what is told of it: nothing of a piece, at the end everything
TABLE, OTHER = "/proc/self/mountinfo", "/f"
F1, F2, G1 = ("sh1", "F"), ("sh2", "F"), ("sh1", "G")
Name = tuple[str, str]
PIECES: list[tuple[list[tuple[Name, str]], list[tuple[Name, str, str]]]] = [
    ([(F1, TABLE)], [(F1, "44 4", ""), (F1, "3 0:4", ""), (F1, "", "44 43 0:4")]),
    ([(F1, "/proc/sh2/mounts")], [(F1, "A /a", ""), (F1, "", "A /a")]),
    ([(F1, TABLE)], [(F1, "a", ""), (F1, "", "a"), (F1, "b", ""), (F1, "", "b")]),
    ([(F1, OTHER)], [(F1, "text", "text"), (F1, "", "")]),
    ([], [(F1, "text", "text")]),
    ([(F1, TABLE), (F1, OTHER)], [(F1, "text", "text")]),
    ([(F1, TABLE)], [(G1, "text", "text")]),
    # a child goes on where its parent has read to, unless it has opened something itself
    ([(F1, TABLE)], [(F1, "a", ""), (F2, "b", ""), (F1, "", "ab")]),
    ([(F1, TABLE), (F2, OTHER)], [(F1, "a", ""), (F2, "b", "b"), (F1, "", "a")]),
]


@pytest.mark.parametrize(("opened", "read"), PIECES)
def test_pieces(opened: list[tuple[Name, str]], read: list[tuple[Name, str, str]]) -> None:
    pieces = Pieces()
    for name, path in opened:
        pieces.opened(*name, path)
    assert [pieces.read(*name, text) for name, text, _ in read] == [told for *_, told in read]


def test_an_id_that_is_kept_is_known_when_it_is_printed() -> None:
    machine = Recorder()
    machine.number = 1 << 31
    runner = Runner(machine)
    lines = [
        "I = statx AT_FDCWD /a 0",
        "J = listmount LSMT_ROOT",
        "listmount LSMT_ROOT",
        "statx -1 x 0",
    ]
    # each call gives the next number, a listing the one behind it too
    assert [runner.run("sh1", line).printed for line in lines] == [
        (),
        (),
        ("#2", "#3"),
        ("mnt_id: 1", "mnt_id_unique: #3", "mount_root: yes"),
    ]


NAMES = st.text(st.characters(exclude_characters="\0\n", codec="utf-8"), min_size=1, max_size=5)


@st.composite
def tables(draw: st.DrawFn) -> list[mountinfo.Entry]:
    """A table of stacks and trees, with ids from 1, devices from 0:1 and groups from 1."""
    entries: list[mountinfo.Entry] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        parent = draw(st.sampled_from([entry.mount_id for entry in entries] or [0]))
        above = entries[parent - 1].mountpoint if parent else "/"
        mountpoint = mountinfo.join(above, "/" + draw(NAMES).replace("/", "")) if parent else "/"
        tags = draw(
            st.lists(
                st.sampled_from(["shared", "master", "propagate_from"]).flatmap(
                    lambda name: st.integers(1, 4).map(lambda group: f"{name}:{group}")
                )
                | st.just("unbindable"),
                max_size=3,
            )
        )
        device, source = draw(st.integers(1, 3)), draw(NAMES)
        entries.append(
            mountinfo.Entry(
                number, parent, f"0:{device}", "/", mountpoint, "rw", tuple(tags), "tmpfs", source, "rw"
            )
        )
    return entries


def renumbered(entries: list[mountinfo.Entry], numbers: list[int]) -> list[mountinfo.Entry]:
    """The same table from a machine that counted otherwise."""

    def tag(text: str) -> str:
        name, colon, group = text.partition(":")
        return f"{name}:{numbers[int(group)]}" if colon else text

    return [
        entry._replace(
            mount_id=numbers[entry.mount_id],
            parent_id=numbers[entry.parent_id],
            dev=f"7:{numbers[int(entry.dev[2:])]}",
            tags=tuple(map(tag, entry.tags)),
            super_options="rw,size=1k",
        )
        for entry in entries
    ]


@given(tables(), st.permutations(range(1, 10)))
def test_only_numbers_are_lost(entries: list[mountinfo.Entry], numbers: list[int]) -> None:
    text = mountinfo.format(entries)
    assert normalise(mountinfo.format(renumbered(entries, numbers))) == normalise(text)


@given(tables(), st.data())
def test_nothing_else_is_lost(entries: list[mountinfo.Entry], data: st.DataObject) -> None:
    """A change of any field but a number shows, and so does a group or a device that is split."""
    place = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[place]
    changes: list[dict[str, Any]] = [
        {"root": "/other"},
        {"options": "ro"},
        {"fstype": "ramfs"},
        {"source": entry.source + "'"},
        {"super_options": "ro"},
        {"tags": (*entry.tags, "unbindable")},
        {"tags": entry.tags[:-1] if entry.tags else ("shared:9",)},
    ]
    if sum(other.dev == entry.dev for other in entries) > 1:
        changes.append({"dev": "0:9"})
    changed = [*entries[:place], entry._replace(**data.draw(st.sampled_from(changes))), *entries[place + 1 :]]
    assert normalise(mountinfo.format(changed)) != normalise(mountinfo.format(entries))


# --- side by side, on two models of which one may lie -----------------------------------


class Lying(Model):
    """A model that answers some calls by ``lies``, without making them."""

    def __init__(self, lies: dict[tuple[Any, ...], Answer]) -> None:
        super().__init__("7.0")
        self.lies = lies

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        lie = self.lies.get((shell, name, *args))
        return super().call(shell, name, *args) if lie is None else lie


def differences(lies: dict[tuple[Any, ...], Answer], *commands: str) -> list[str]:
    both = SideBySide(Model("7.0"), Lying(lies))
    found = []
    for command in commands:
        shell, _, line = command.partition("#")
        found += both.run(shell, line.strip())
    return found


def test_no_difference() -> None:
    commands = ["sh1# mkdir /a", "sh1# mount -t tmpfs T /a", "sh2# umount /b", "sh2# ls /", "sh3# pwd"]
    assert differences({}, *commands) == []


def test_an_errno_that_differs() -> None:
    (text,) = differences(
        {("sh2", "umount2", "/a", 0): Answer(errno="EPERM")},
        "sh1# mkdir /a",
        "sh2# umount /a",
        "sh1# umount /a",
    )
    place, model, kernel = text.split("\n")
    assert place == "2: sh2# umount /a"
    assert model.startswith("  model:  EINVAL, status 32 (")
    assert kernel.startswith("  kernel: EPERM, status 32: umount: /a: ")


def test_output_that_differs() -> None:
    lie = {("sh1", "readdir", "/"): Answer(["a", "b\x1b[31m"])}
    assert differences(lie, "sh1# mkdir /a", "sh1# ls /") == [
        "2: sh1# ls /\n  printed:\n    --- model\n    +++ kernel\n     a\n    +b\\x1b[31m"
    ]


def test_a_table_that_differs_is_told_where_it_first_does() -> None:
    lie = {("sh1", "mount", "T", "/a", "tmpfs", 0, None): Answer()}
    first, *others = differences(
        lie, "sh1# mkdir /a", "sh1#", "sh1# mount -t tmpfs T /a", "sh1# pwd", "sh2# ls /"
    )
    assert others == []
    assert first == (
        "2: sh1# mount -t tmpfs T /a\n  mountinfo of sh1:\n    --- model\n    +++ kernel\n"
        "     1 - 0:1 / / rw,relatime - tmpfs tmpfs rw\n    -2 1 0:2 / /a rw,relatime - tmpfs T rw"
    )


def test_every_shell_is_looked_at() -> None:
    own = "1 9 0:1 / / rw,relatime shared:1 - tmpfs tmpfs rw\n"
    (text,) = differences({("sh3", "mountinfo"): Answer(own)}, "sh1# pwd", "sh2# pwd", "sh3# pwd", "sh1# pwd")
    assert text.startswith("3: sh3# pwd\n  mountinfo of sh3:\n")


@pytest.mark.parametrize(
    "command", ["mount", "findmnt", "findmnt -R /", "cat /proc/self/mountinfo", "'mount'"]
)
def test_printed_tables_are_compared_as_tables(command: str) -> None:
    other = "71 70 0:99 / / rw,relatime - tmpfs tmpfs rw,size=4k,uid=65534\n"
    assert differences({("sh1", "mountinfo"): Answer(other)}, f"sh1# {command}") == []


def test_an_empty_command_starts_a_shell_and_a_bad_one_does_nothing() -> None:
    both = SideBySide(Model("7.0"), Model("7.0"))
    assert both.run("sh2", "") == []
    assert both.run("sh1", "cd /") == []
    with pytest.raises(WordError):
        both.run("sh3", "mkdir 'a")
    assert both.transcript == "sh2# \nsh1# cd /\n"
    assert [result.command for result in both.results] == ["cd /"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ls /a b", "ls /a b"),
        ("/é", "/é"),
        ("\x1b[2J\n\t", r"\x1b[2J\n\t"),
        ("\udcff\u202e", r"\udcff\u202e"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


# --- on the running kernel --------------------------------------------------------------

# a copy of an unbindable mount is unbindable since 7.2, and was not before
TOLD_BY_RELEASE = "mount --make-unbindable /\nunshare -m --propagation unchanged\n"

TRANSCRIPT = """\
mkdir /mnt '/a b'
mount -t tmpfs T /mnt
mount --make-shared /mnt
sh2# unshare -m --propagation unchanged
sh2# mkdir /mnt/x
sh2# mount -t tmpfs X /mnt/x
ls -R /
mount --bind /mnt/x '/a b'
sh3# cd '/a b'
umount /mnt/x        # busy: sh3 is in another mount of it? no, but it is gone for sh2 too
umount '/a b'
umount -l '/a b'
sh3# pwd
sh2# cat /proc/self/mountinfo
rmdir /none
sh2#
"""


@pytest.mark.kernel
def test_the_model_of_the_nearest_release_agrees() -> None:
    comparison = check(TRANSCRIPT)
    assert comparison.differences == []
    assert comparison.release == nearest_release(os.uname().release)
    assert comparison.kernel == os.uname().release
    assert [result.errno for result in comparison.commands if result.errno] == ["EBUSY", "ENOENT"]


@pytest.mark.kernel
def test_another_release_is_told_from_the_running_kernel() -> None:
    """Both ways: the model of a kernel that keeps the flag and the one of a kernel that loses it."""
    texts = [check(TOLD_BY_RELEASE, release).differences for release in ("7.1", "7.2")]
    (told,) = filter(None, texts)
    assert "unbindable" in told[0]
    assert check(TOLD_BY_RELEASE).differences == []


@pytest.mark.kernel
def test_what_was_run_can_be_pasted_into_check() -> None:
    both = SideBySide(Model("7.0"), Model("7.0"))
    for command in ("mkdir '/a b' /c", r"mount -t tmpfs T\ U '/a b'", "umount /none", ""):
        both.run("sh2", command)
    comparison = check(both.transcript)
    assert comparison.differences == []
    assert [result[:4] for result in comparison.commands] == [result[:4] for result in both.results]


def test_a_transcript_that_cannot_be_read_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfslab.oracle.compare.RunningKernel", None)
    with pytest.raises(TranscriptError, match="line 2, column 7"):
        check("mkdir /a\nmkdir 'b\n")


def test_a_release_that_is_not_modelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfslab.oracle.compare.RunningKernel", None)
    with pytest.raises(ValueError, match=r"2\.6"):
        check("mkdir /a\n", "2.6")
