"""findmnt and the readings of the mount table, held against findmnt(8) and against this machine's /proc."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vfslab import mountinfo
from vfslab.machine import Answer
from vfslab.shell import mount_table
from vfslab.shell.session import Session


class Table:
    """A machine that has a mount table, no file and nothing else."""

    release = "table"

    def __init__(self, text: str) -> None:
        self.text = text

    def start(self, shell: str) -> None:
        raise AssertionError("one shell is enough")

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        answers = {"mountinfo": Answer(self.text), "getcwd": Answer("/"), "stat": Answer(errno="ENOENT")}
        return answers[name]

    def close(self) -> None:
        pass

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


MESSY = r"""20 1 0:39 / / rw,relatime - tmpfs tmpfs rw
21 20 0:40 / /a rw,relatime shared:1 - tmpfs A rw,size=1024k
22 20 0:40 /sub /b rw,nosuid,relatime master:1 - tmpfs A rw
23 21 0:41 / /a/x ro,relatime shared:2 master:1 propagate_from:3 - tmpfs X rw
24 23 0:42 / /a/x rw,relatime unbindable - tmpfs a\134x41 rw
25 20 8:1 / /x\012y\040z rw - ext4 /dev/sda1 ro,data=ordered
30 99 0:50 / /orphan rw - tmpfs 漢字 rw
31 20 259:1234 / /e rw - tmpfs  rw
"""


TREE = r"""TARGET      SOURCE    FSTYPE OPTIONS
/           tmpfs     tmpfs  rw,relatime
├─/a        A         tmpfs  rw,relatime,size=1024k
│ └─/a/x    X         tmpfs  ro,relatime
│   └─/a/x  a\x5cx41  tmpfs  rw,relatime
├─/b        A[/sub]   tmpfs  rw,nosuid,relatime
├─/x\x0ay z /dev/sda1 ext4   ro,data=ordered
└─/e                  tmpfs  rw
/orphan     漢字      tmpfs  rw
"""
NUMBERS = """ID PARENT MAJ:MIN  FSROOT
20      1   0:39   /
21     20   0:40   /
23     21   0:41   /
24     23   0:42   /
22     20   0:40   /sub
25     20   8:1    /
31     20 259:1234 /
30     99   0:50   /
"""
RAW = r"""/ tmpfs 0:39 20
/a A 0:40 21
/b A[/sub] 0:40 22
/a/x X 0:41 23
/a/x a\x5cx41 0:42 24
/x\x0ay\x20z /dev/sda1 8:1 25
/orphan \xe6\xbc\xa2\xe5\xad\x97 0:50 30
/e  259:1234 31
"""
# what mount(8) prints raw, a newline in a source too, is "?" here as it is in a mountpoint there
MOUNT = r"""tmpfs on / type tmpfs (rw,relatime)
A on /a type tmpfs (rw,relatime,size=1024k)
A on /b type tmpfs (rw,nosuid,relatime)
X on /a/x type tmpfs (ro,relatime)
a\x41 on /a/x type tmpfs (rw,relatime)
/dev/sda1 on /x?y z type ext4 (ro,data=ordered)
漢字 on /orphan type tmpfs (rw)
 on /e type tmpfs (rw)
"""


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("findmnt", TREE),
        ("findmnt -o id,parent,maj:min,fsroot", NUMBERS),
        ("findmnt -n -r -o TARGET,SOURCE,MAJ:MIN,ID", RAW),
        ("mount", MOUNT),
        ("findmnt -o SIZE", ""),
    ],
)
def test_a_messy_table(command: str, printed: str) -> None:
    assert Session(Table(MESSY)).run("sh1", command).stdout == printed


def test_columns_of_disks_are_refused() -> None:
    result = Session(Table(MESSY)).run("sh1", "findmnt -o TARGET,SIZE")
    assert (result.status, result.stderr) == (1, "findmnt: column SIZE is not modelled here\n")


@pytest.mark.slow
def test_a_deep_table() -> None:
    """Two thousand mounts on one another: no recursion limit, and one line each."""
    lines = [f"{n} {n - 1} 0:{n} / {'/a' if n > 1 else '/'} rw - tmpfs T rw" for n in range(1, 2001)]
    session = Session(Table("\n".join(lines)))
    for command in ("findmnt -n -o TARGET", "findmnt -n -R / -o TARGET", "findmnt -n -r -o TARGET", "mount"):
        assert session.run("sh1", command).stdout.count("\n") == 2000


IDS = st.integers(1, 120)
NAMES = st.sampled_from(["", "/a", "/b\\040c", "/d\\012e", "/漢"])
TAGS = ["shared:1", "master:2", "propagate_from:3", "unbindable"]
OPTIONS = st.sampled_from(["rw", "ro,nosuid", "rw,relatime", "ro"])
SUPER_OPTIONS = st.sampled_from(["rw", "ro", "rw,size=1024k"])
SOURCES = st.sampled_from(["A", "none", "s\\040p", "/dev/x", "é", "a\\134x41"])


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Mount tables with orphans, several roots, parents that come later, and names of all kinds."""
    entries: list[tuple[int, int, str]] = []
    for number in draw(st.lists(IDS, min_size=1, max_size=8, unique=True)):
        orphan = draw(st.integers(0, 6)) == 0
        if not entries:
            place = draw(st.sampled_from([number, 0, 300, 7000])), "/"
        elif orphan:
            place = draw(st.sampled_from([200, 201, 900])), draw(st.sampled_from(["/orph", "/", "/o/p"]))
        else:
            parent, _, above = draw(st.sampled_from(entries))
            place = parent, (above.rstrip("/") + draw(NAMES)) or "/"
        entries.append((number, *place))
    lines = []
    for number, parent, path in draw(st.permutations(entries)):
        dev = draw(st.sampled_from(["0:4", "8:12", "259:1234"]))
        root = draw(st.sampled_from(["/", "/sub", "/x//deleted"]))
        tags = "".join(f" {tag}" for tag in draw(st.lists(st.sampled_from(TAGS), unique=True, max_size=2)))
        fstype = draw(st.sampled_from(["tmpfs", "ext4", "proc"]))
        filesystem = f"{fstype} {draw(SOURCES)} {draw(SUPER_OPTIONS)}"
        lines.append(f"{number} {parent} {dev} {root} {path} {draw(OPTIONS)}{tags} - {filesystem}\n")
    return "".join(lines)


QUESTIONS = st.sampled_from(
    [
        *("", "-l", "-r", "-n", "-a", "-v", "-f"),
        *("/a", "A", "A /a", "-f A", "-M /", "-S A -t tmpfs"),
        *("-R /", "-R /a", "-R A", "-R /dev/x", "-l -R A", "-r -R /", "-f -R A"),
        *("-t tmpfs", "-t noext4,proc", "-t proc -f", "-R -t ext4", "-R -t ext4 -l"),
    ]
)
COLUMNS = st.lists(
    st.sampled_from(
        [
            *("TARGET", "SOURCE", "FSTYPE", "OPTIONS", "PROPAGATION", "ID", "PARENT"),
            *("OPT-FIELDS", "VFS-OPTIONS", "FS-OPTIONS", "MAJ:MIN", "FSROOT"),
        ]
    ),
    max_size=4,
)


def real_findmnt() -> str | None:
    """Why findmnt(8) cannot be asked, None when it can."""
    if shutil.which("findmnt") is None:
        return "there is no findmnt"
    said = subprocess.run(["findmnt", "--version"], capture_output=True, text=True, check=True).stdout
    return None if "2.38" in said else f"it is {said.strip()}, not 2.38"


@pytest.mark.skipif(real_findmnt() is not None, reason=f"findmnt: {real_findmnt()}")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=tables(), question=QUESTIONS, columns=COLUMNS)
def test_findmnt_prints_the_same(tmp_path: Path, text: str, question: str, columns: list[str]) -> None:
    try:
        mountinfo.parse(text)
    except mountinfo.MountinfoError:
        return  # roots of their own in the middle: not what a kernel prints
    table = tmp_path / "mountinfo"
    table.write_text(text, encoding="utf-8")
    args = [*question.split(), *(["-o", ",".join(columns)] if columns else [])]
    done = subprocess.run(
        ["findmnt", "-F", str(table), *args],
        capture_output=True,
        encoding="utf-8",
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    result = Session(Table(text)).run("sh1", f"findmnt {shlex.join(args)}")
    assert (result.status, result.stdout) == (done.returncode, done.stdout)


@pytest.mark.parametrize(
    ("options", "super_options", "merged"),
    [
        ("rw,relatime", "rw,size=1k", "rw,relatime,size=1k"),
        ("ro,nosuid", "rw", "ro,nosuid"),
        ("rw", "ro,lazytime", "ro,lazytime"),
        ("ro", "ro", "ro"),
    ],
)
def test_options_of_mount_and_superblock(options: str, super_options: str, merged: str) -> None:
    entry = mountinfo.parse(f"1 0 0:1 / / {options} - tmpfs A {super_options}")[0]
    assert mount_table.options(entry) == merged
