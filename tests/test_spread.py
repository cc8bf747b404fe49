"""``vfslab spread``: where it says that a mount would appear, and the running kernel, where it does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from random_commands import DIRECTORIES, SHELLS, TYPES
from vfslab.mountinfo import parse
from vfslab.oracle.compare import nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session
from vfslab.spread import Absence, Appearance, Spread, spread

HOST = """\
20 1 0:20 / / rw,relatime - tmpfs root rw
21 20 0:21 / /mnt rw,relatime shared:5 - tmpfs disk rw
22 20 0:21 / /srv rw,relatime shared:5 - tmpfs disk rw
23 20 0:21 /other /other rw,relatime shared:5 - tmpfs disk rw
24 20 0:22 / /alone rw,relatime shared:6 - tmpfs alone rw
"""
SLAVE = """\
40 2 0:20 / / rw,relatime - tmpfs root rw
41 40 0:21 / /mnt rw,relatime master:5 - tmpfs disk rw
42 41 0:30 / /mnt/usb rw,relatime - tmpfs local rw
43 40 0:21 /usb /jail/usb rw,relatime master:5 - tmpfs disk rw
44 40 0:31 / /cell/tmp rw,relatime - tmpfs cell rw
"""
JAIL = "43 40 0:21 /usb /usb rw,relatime master:5 - tmpfs disk rw\n"
CELL = "44 40 0:31 / /tmp rw,relatime - tmpfs cell rw\n"
CHAIN = """\
60 3 0:20 / / rw,relatime - tmpfs root rw
61 60 0:21 / /mnt rw,relatime shared:9 master:5 - tmpfs disk rw
62 60 0:21 / /srv rw,relatime master:9 - tmpfs disk rw
"""
NARROW = """\
70 4 0:20 / / rw,relatime - tmpfs root rw
71 70 0:21 /other /other rw,relatime master:5 - tmpfs disk rw
"""
PRIVATE = """\
80 5 0:20 / / rw,relatime - tmpfs root rw
81 80 0:21 / /mnt rw,relatime - tmpfs disk rw
"""
TABLES = {"host": HOST, "slave": SLAVE, "chain": CHAIN, "narrow": NARROW, "private": PRIVATE}


def test_where_it_appears_and_where_not() -> None:
    answer = spread("/mnt/usb", TABLES, "7.0")
    assert answer.place == "mount 21 (disk on /mnt), shared:5"
    assert answer.appearances == (
        Appearance("host", "/mnt/usb", "here", ""),
        Appearance("host", "/srv/usb", "peer (shared:5)", ""),
        Appearance("slave", "/jail/usb", "slave (master:5)", ""),
        Appearance("slave", "/mnt/usb", "slave (master:5)", "mount 42 (local)"),
        Appearance("chain", "/mnt/usb", "slave (master:5)", ""),
        Appearance("chain", "/srv/usb", "slave (master:9)", ""),
    )
    assert answer.absences == (
        Absence("host", "mount 23 (disk) would receive it, but shows only /other of its filesystem"),
        Absence("narrow", "mount 71 (disk) would receive it, but shows only /other of its filesystem"),
        Absence("private", "none of its mounts receives from peer group 5"),
    )


def test_what_is_printed() -> None:
    tables = {"host": HOST, "a container": SLAVE, "jail\n\x1b[2J": JAIL, "other": PRIVATE}
    assert str(spread("/mnt/usb", tables, "7.0")).splitlines() == [
        "/mnt/usb lies on mount 21 (disk on /mnt), shared:5; a mount made there appears:",
        "    host           /mnt/usb   here",
        "    host           /srv/usb   peer (shared:5)",
        "    a container    /jail/usb  slave (master:5)",
        "    a container    /mnt/usb   slave (master:5), hidden beneath mount 42 (local)",
        "    jail\\n\\x1b[2J  /usb       slave (master:5)",
        "and it does not appear:",
        "    host   mount 23 (disk) would receive it, but shows only /other of its filesystem",
        "    other  none of its mounts receives from peer group 5",
        "a namespace that is not listed may receive it, too",
    ]


@pytest.mark.parametrize(
    ("path", "place", "reason"),
    [
        ("/x", "mount 20 (root on /), private", "mount 20 (root) is not shared and sends nothing"),
        ("/alone", "mount 24 (alone on /alone), shared:6", "none of its mounts receives from peer group 6"),
    ],
)
def test_what_appears_nowhere_else(path: str, place: str, reason: str) -> None:
    answer = spread(path, {"host": HOST, "slave": SLAVE}, "7.0")
    assert answer == Spread(
        path,
        None,
        place,
        "shared" in place,
        (Appearance("host", path, "here", ""),),
        (Absence("slave", reason),),
    )


def test_a_slave_sends_nothing_to_its_master() -> None:
    answer = spread("/mnt/usb", {"slave": SLAVE, "host": HOST}, "7.0")
    assert [appearance.table for appearance in answer.appearances] == ["slave"]
    assert answer.absences == (Absence("host", "mount 42 (local) is not shared and sends nothing"),)


def test_a_place_out_of_sight() -> None:
    answer = spread("/mnt/usb", {"host": HOST, "slave": SLAVE, "cell": CELL}, "7.0")
    assert answer.absences[1:] == (
        Absence("cell", "mount 41 (disk) receives it, where no path from this root leads"),
        Absence("cell", "mount 43 (disk) receives it, where no path from this root leads"),
    )


def test_a_root_of_which_too_little_is_known() -> None:
    answer = spread("/mnt/usb", {"host": HOST, "jail": JAIL}, "7.0")
    assert answer.appearances[-1] == Appearance("jail", "/usb", "slave (master:5)", "")
    assert answer.absences[-1] == Absence(
        "jail", "its root is a directory of mount 40, which is not listed: nothing is known of it"
    )


def test_where_nothing_can_be_mounted() -> None:
    table = HOST + "25 20 0:4 mnt:[4026532000] /ns rw - nsfs nsfs rw\n"
    answer = spread("/ns", {"host": table}, "7.0")
    assert str(answer).splitlines() == [
        "nothing can be mounted on /ns: ENOTDIR",
        "    check:  graft_tree: one of the two is a directory and the other is not",
        "    remedy: mount a directory on a directory, a file on a file",
    ]


@pytest.mark.parametrize(
    ("path", "tables", "said"),
    [
        (
            "/a",
            {"host": HOST, "liar": SLAVE.replace("40 2", "21 2").replace("41 40", "41 21")},
            "both be true",
        ),
        ("/a", {"host": HOST, "bad": "nonsense"}, "(in the mountinfo of bad)"),
        ("/a", {"host": "\n", "slave": SLAVE}, "the table of host is empty"),
        (
            "/a",
            {"jail": JAIL, "host": HOST},
            "/a lies on mount 40, of which jail sees only a directory: where that sends mounts to is not",
        ),
    ],
)
def test_tables_that_do_not_tell(path: str, tables: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        spread(path, tables, "7.0")


def test_an_empty_table_among_others() -> None:
    answer = spread("/mnt/usb", {"host": HOST, "empty": ""}, "7.0")
    assert answer.absences[-1] == Absence("empty", "the table is empty")


COMMANDS = st.one_of(
    st.builds("mount -t tmpfs {} {}".format, st.sampled_from(("A", "B")), st.sampled_from(DIRECTORIES)),
    st.builds(
        "mount --{} {} {}".format,
        st.sampled_from(("bind", "rbind", "move")),
        st.sampled_from(DIRECTORIES),
        st.sampled_from(DIRECTORIES),
    ),
    st.builds("mount --make-{} {}".format, st.sampled_from(TYPES), st.sampled_from((*DIRECTORIES, "/"))),
    st.builds("umount -l {}".format, st.sampled_from(DIRECTORIES)),
    st.builds("mkdir -p {}".format, st.sampled_from(DIRECTORIES)),
    st.builds(
        "unshare -m --propagation {}".format, st.sampled_from(("private", "slave", "shared", "unchanged"))
    ),
)


# Roots that a table tells: chroot into a directory that is the root of a mount.
JAILS: tuple[list[tuple[str, str]], ...] = (
    [],
    [("sh3", "mount -t tmpfs J /a"), ("sh3", "mkdir -p /a/x/z /a/a"), ("sh3", "chroot /a")],
    [("sh3", "unshare -m --propagation slave"), ("sh3", "mount --bind /a /b"), ("sh3", "chroot /b")],
)


@pytest.mark.kernel
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    st.lists(st.tuples(st.sampled_from(SHELLS), COMMANDS), min_size=5, max_size=30),
    st.sampled_from(SHELLS),
    st.lists(st.sampled_from(DIRECTORIES), min_size=1, max_size=4),
    st.sampled_from(JAILS),
)
def test_the_running_kernel_shows_it_there(
    walk: list[tuple[str, str]], origin: str, paths: list[str], jail: list[tuple[str, str]]
) -> None:
    with RunningKernel() as kernel:
        session = Session(kernel)
        for command in (
            *(f"mkdir -p {path}" for path in DIRECTORIES),
            "unshare -m",
            "mount --make-rshared /",
        ):
            session.run("sh1", command)
        for shell, command in [*((shell, "pwd") for shell in SHELLS), *jail, *walk]:
            session.run(shell, command)
        for number, path in enumerate(paths):
            order = sorted(SHELLS, key=lambda shell: shell != origin)
            tables = {shell: session.mountinfo(shell) for shell in order}
            try:
                answer = spread(path, tables, nearest_release(kernel.release))
            except ValueError as error:
                assert "sees only a directory" in str(error) or f"table of {origin} is empty" in str(error)
                continue
            blind = {
                absence.table
                for absence in answer.absences
                if absence.reason == "the table is empty" or "nothing is known" in absence.reason
            }
            name = f"new{number}"
            result = session.run(origin, f"mount -t tmpfs {name} {path}")
            if result.errno == "ENOENT":
                continue
            assert answer.refusal is None
            assert result.errno is None
            found = [
                (shell, entry)
                for shell in SHELLS
                for entry in parse(session.mountinfo(shell))
                if entry.source == name and shell not in blind
            ]
            seen = sorted((shell, entry.mountpoint) for shell, entry in found)
            assert seen == sorted(
                (each.table, each.path) for each in answer.appearances if each.table not in blind
            ), answer
            for shell, mountpoint in seen:
                there = kernel.call(shell, "stat", mountpoint)
                on_top = not there.errno and there.value.dev == _dev(found[0][1].dev)
                said = [each for each in answer.appearances if (each.table, each.path) == (shell, mountpoint)]
                assert on_top == any(not each.beneath for each in said), answer


def _dev(text: str) -> int:
    return os.makedev(*map(int, text.split(":")))


SCRIPT = """
mount -t tmpfs disk $1
mount --make-shared $1
mkdir $1/a $1/b $1/a/x
mount --bind $1/a $1/b
unshare -m --propagation slave sleep 60 & slave=$!
unshare -m --propagation unchanged sleep 60 & peer=$!
unshare -m --propagation private sleep 60 & private=$!
cd /
while test $(readlink /proc/$slave/ns/mnt /proc/$peer/ns/mnt /proc/$private/ns/mnt | sort -u | wc -l) -lt 3 ||
    grep -q shared: /proc/$private/mountinfo || grep -q shared: /proc/$slave/mountinfo; do sleep 0.1; done
$2 -m vfslab spread $1/a/x
mount -t tmpfs new $1/a/x
for pid in $$ $slave $peer $private; do sed "s/^/$pid /" /proc/$pid/mountinfo | grep 'tmpfs new' || :; done
kill $slave $peer $private
"""


@pytest.mark.kernel
def test_the_namespaces_of_this_machine_are_found_in_proc(tmp_path: Path) -> None:
    outside = [] if os.geteuid() == 0 else ["-r"]
    unshare = ["unshare", *outside, "-m", "--propagation", "private", "sh", "-e", "-c", SCRIPT]
    done = subprocess.run(
        [*unshare, "sh", str(tmp_path), sys.executable], capture_output=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    said = {(line.split()[0], line.split()[-3 if "(" in line else -2]) for line in lines if "  /" in line}
    came = {(line.split()[0], line.split()[5]) for line in lines if " - tmpfs new " in line}
    assert said == came
    assert len(came) == 6
    nothing = [line for line in lines if "receives from peer group" in line]
    assert len(nothing) >= 1
