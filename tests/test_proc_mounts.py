"""/proc/PID/mountinfo, mounts and mountstats: their text, and reading it in pieces.

A table that is read in pieces of any size is cut where the kernel cuts it, byte for byte, and
shows what happens between two reads as it does: the same is asked of the model and of the running kernel.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize

from call_cases import (
    Case,
    for_the_running_kernel,
    in_every_release,
    says,
    the_model_answers,
    the_running_kernel_answers,
)
from privilege import skip_without_root
from random_commands import SETUP
from test_random import RandomWalk
from vfslab.drive import run
from vfslab.kernel import flags as f
from vfslab.kernel.effects import Alloc, Code, Refused
from vfslab.kernel.seq_file import SeqFile, SeqOperations, Shown, seq_read_iter
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.mountinfo import parse
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session

A = "mkdir /a; mount -t tmpfs A /a"
OPEN = "F = openat AT_FDCWD /proc/self/mountinfo O_RDONLY"
ODD = "mkdir '/ \t\\#'; mount -t tmpfs ' \t\\#' '/ \t\\#'"

CASES = (
    # the formats
    Case(
        "mounts",
        f"{A}; mount -o remount,bind,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow /a",
        "syscall readfile /proc/self/mounts",
        **says(
            "tmpfs / tmpfs rw,relatime 0 0",
            "A /a tmpfs rw,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow 0 0",
        ),
    ),
    Case(
        "mounts: options of the superblock, the mount, the filesystem",
        "mkdir /a; mount -t tmpfs -o sync,dirsync,lazytime,nosuid,mode=700,size=8k A /a",
        "syscall readfile /proc/self/mounts",
        **says(
            "tmpfs / tmpfs rw,relatime 0 0",
            "A /a tmpfs rw,sync,dirsync,lazytime,nosuid,relatime,size=8k,mode=700 0 0",
        ),
    ),
    Case(
        "mounts: a read-only mount",
        f"{A}; mount -o remount,bind,ro /a",
        "syscall readfile /proc/self/mounts",
        **says("tmpfs / tmpfs rw,relatime 0 0", "A /a tmpfs ro,relatime 0 0"),
    ),
    Case(
        "mounts: a read-only superblock",
        "mkdir /a; mount -t tmpfs -o ro A /a; mount -o remount,bind,rw /a",
        "syscall readfile /proc/self/mounts",
        **says("tmpfs / tmpfs rw,relatime 0 0", "A /a tmpfs ro,relatime 0 0"),
    ),
    Case(
        "mounts: an empty source",
        "mkdir /a; mount -t tmpfs '' /a",
        "syscall readfile /proc/self/mounts",
        **says("tmpfs / tmpfs rw,relatime 0 0", " /a tmpfs rw,relatime 0 0"),
    ),
    Case(
        "mounts: escapes",
        ODD,
        "syscall readfile /proc/self/mounts",
        **says("tmpfs / tmpfs rw,relatime 0 0", r"\040\011\134\043 /\040\011\134# tmpfs rw,relatime 0 0"),
    ),
    Case(
        "mountstats",
        A,
        "syscall readfile /proc/self/mountstats",
        **says("device tmpfs mounted on / with fstype tmpfs", "device A mounted on /a with fstype tmpfs"),
    ),
    Case(
        "mountstats: escapes",
        ODD,
        "syscall readfile /proc/self/mountstats",
        **says(
            "device tmpfs mounted on / with fstype tmpfs",
            r"device \040\011\134\043 mounted on /\040\011\134# with fstype tmpfs",
        ),
    ),
    Case(
        "in a chroot",
        f"{A}; sh2# chroot /a",
        "sh2# syscall readfile /proc/self/mounts",
        **says("A / tmpfs rw,relatime 0 0"),
    ),
    Case(
        "of another process",
        f"{A}; sh2# chroot /a",
        "syscall readfile /proc/sh2/mounts",
        **says("A / tmpfs rw,relatime 0 0"),
    ),
    Case(
        "a mount that a rename took out of sight",
        "mkdir -p /s /b; mount -t tmpfs S /s; mkdir -p /s/d/y/x; mount --bind /s/d /b; "
        "mount -t tmpfs X /b/y/x; mv /s/d/y /s/y",
        "syscall readfile /proc/self/mountstats",
        **says(
            "device tmpfs mounted on / with fstype tmpfs",
            "device S mounted on /s with fstype tmpfs",
            "device S mounted on /b with fstype tmpfs",
        ),
    ),
    # opening and reading
    Case(
        "no such process",
        "sh2# exit",
        "openat AT_FDCWD /proc/99999999/mountinfo O_RDONLY",
        "ENOENT",
        "lookup",
    ),
    Case("a directory is wanted", "", "openat AT_FDCWD /proc/self/mounts O_DIRECTORY", "ENOTDIR"),
    Case("a new file is wanted", "", "openat AT_FDCWD /proc/self/mounts O_CREAT,O_EXCL", "EEXIST"),
    Case("any file is wanted", "", "openat AT_FDCWD /proc/self/mounts O_CREAT"),
    Case(
        "read of a descriptor with O_PATH",
        "F = openat AT_FDCWD /proc/self/mountinfo O_PATH",
        "read F 10",
        "EBADF",
        "fget",
    ),
    Case("read of one for writing", OPEN.replace("O_RDONLY", "O_WRONLY"), "read F 10", "EBADF"),
    Case("read of nothing", OPEN, "read F 0", **says()),
    Case("it is no directory", OPEN, "fchdir F", "ENOTDIR"),
    # what an open table holds
    Case(
        "the root of its process is busy",
        f"{A}; sh2# chroot /a; F = openat AT_FDCWD /proc/sh2/mounts O_RDONLY; sh2# exit",
        "umount /a",
        "EBUSY",
    ),
    Case(
        "and not any more",
        f"{A}; sh2# chroot /a; F = openat AT_FDCWD /proc/sh2/mounts O_RDONLY; sh2# exit; close F",
        "umount /a",
    ),
    Case("a root that is not open", f"{A}; sh2# chroot /a; sh2# exit", "umount /a"),
    Case(
        "the namespace of a process that has ended",
        f"{A}; sh2# unshare -m --propagation private; sh2# mount -t tmpfs B /a; "
        "F = openat AT_FDCWD /proc/sh2/mountstats O_RDONLY; sh2# exit",
        "read F 4096",
        **says(
            *(
                f"device {name} mounted on {path} with fstype tmpfs"
                for name, path in (("tmpfs", "/"), ("A", "/a"), ("B", "/a"))
            )
        ),
    ),
    Case(
        "its process goes elsewhere",
        f"{A}; F = openat AT_FDCWD /proc/self/mountstats O_RDONLY; unshare -m --propagation private; "
        "umount /a; chroot /a",
        "read F 4096",
        **says("device tmpfs mounted on / with fstype tmpfs", "device A mounted on /a with fstype tmpfs"),
    ),
)


@in_every_release(CASES)
def test_the_model(release: str, case: Case) -> None:
    the_model_answers(release, case)


@pytest.mark.kernel
@for_the_running_kernel(CASES)
def test_the_running_kernel(case: Case) -> None:
    the_running_kernel_answers(case)


def call(machine: Machine, shell: str, name: str, *args: object) -> object:
    said = machine.call(shell, name, *args)
    assert said.errno is None, (name, args, said)
    return said.value


def encode(text: object) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")


@pytest.fixture(params=["model", pytest.param("kernel", marks=pytest.mark.kernel)])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Model("6.18.19") if request.param == "model" else RunningKernel() as machine:
        yield machine


# --- a seq_file over a list


def records(*texts: bytes | Shown) -> SeqFile:
    """A seq_file of these records: text, or text that is skipped. The place of each is its number from 1."""
    shown = [Shown(text) if isinstance(text, bytes) else text for text in texts]

    def at(m: SeqFile) -> int | None:
        return m.index if m.index <= len(shown) else None

    def start(m: SeqFile) -> Code:
        yield from ()
        m.index = max(m.index, 1)
        return at(m)

    def following(m: SeqFile, record: int) -> Code:
        yield from ()
        m.index = record + 1
        return at(m)

    def show(m: SeqFile, record: int) -> Code:
        yield from ()
        return shown[record - 1]

    def stop(m: SeqFile, record: int | None) -> Code:
        yield from ()

    return SeqFile(SeqOperations(start, following, show, stop), None, "test")


def read(m: SeqFile, *counts: int) -> list[bytes]:
    return [run(seq_read_iter(m, count)).value for count in counts]


LINE = b"x" * 99 + b"\n"


@pytest.mark.parametrize(
    ("texts", "counts", "sizes"),
    [
        # the buffer is a page, and a record has to leave a byte of it free
        ([LINE] * 50, [65536] * 3, [4000, 1000, 0]),
        ([b"x" * 4095, LINE], [65536] * 3, [4095, 100, 0]),
        ([b"x" * 4096, LINE], [65536] * 2, [4196, 0]),
        ([b"x" * 20000, LINE], [65536] * 2, [20100, 0]),
        ([LINE] * 41, [65536] * 3, [4000, 100, 0]),
        # once it has grown it stays
        ([b"x" * 5000, *[LINE] * 99], [65536] * 3, [8100, 6800, 0]),
        # no more is made than is asked for, and the rest of a record is kept
        ([LINE] * 3, [100, 100, 100, 100], [100, 100, 100, 0]),
        ([LINE] * 3, [50, 50, 250, 1], [50, 50, 200, 0]),
        ([LINE] * 3, [150, 250, 1], [150, 150, 0]),
        ([LINE] * 80, [4096] * 3, [4000, 4000, 0]),
        ([LINE] * 80, [5000, 5000], [4000, 4000]),
        # what was kept comes first, and a page behind it
        ([LINE] * 99, [4001 - 1, 1, 8000, 8000], [4000, 1, 4099, 1800]),
        # what is skipped
        ([Shown(b"", skip=True)] * 3, [10], [0]),
        ([Shown(b"/x", skip=True), LINE, Shown(b"/x", skip=True), LINE], [65536, 1], [200, 0]),
        # needs room while it is made: this one does not fit behind the first, ends the piece, and is skipped
        ([LINE * 40, Shown(LINE, skip=True), b"y\n"], [65536] * 3, [4000, 2, 0]),
        ([LINE * 40, Shown(b"x" * 95, skip=True), b"y\n"], [65536] * 2, [4002, 0]),
        # and one that is longer than the buffer makes that grow
        ([Shown(b"x" * 4096, skip=True), *[LINE] * 99], [65536] * 3, [8100, 1800, 0]),
    ],
)
def test_where_a_text_is_cut(texts: Sequence[bytes | Shown], counts: list[int], sizes: list[int]) -> None:
    pieces = read(records(*texts), *counts)
    assert [*map(len, pieces)] == sizes
    whole = b"".join(text for text in texts if isinstance(text, bytes))
    assert whole.startswith(b"".join(pieces))


def fail_allocation(code: Code, number: int) -> bytes | str:
    """Drive the code; the allocation with that number, from 1, fails. What it gives, or an errno."""
    allocations = itertools.count(1)
    try:
        effect = next(code)
        while True:
            effect = code.send(isinstance(effect, Alloc) and next(allocations) == number)
    except StopIteration as stop:
        value: bytes = stop.value
        return value
    except Refused as refusal:
        return refusal.errno


def test_no_memory_for_the_buffer() -> None:
    m = records(LINE, b"x" * 5000)
    assert fail_allocation(seq_read_iter(m, 60), 1) == "ENOMEM"
    assert read(m, 60) == [LINE[:60]]
    # what was kept from before is given all the same, and the next read begins with a page
    assert fail_allocation(seq_read_iter(m, 100), 1) == LINE[60:]
    assert m.size == 0
    assert fail_allocation(seq_read_iter(m, 10), 2) == "ENOMEM"
    assert [*map(len, read(m, 10000, 10))] == [5000, 0]


def test_no_memory_for_an_open_table() -> None:
    with Model() as model:
        k, task = model.kernel, model.kernel.init
        held = task.mnt_ns.count, task.fs.root.mnt.mnt_count
        code = k.syscall(task, "openat", f.AT_FDCWD, "/proc/self/mountinfo", f.O_RDONLY)
        assert fail_allocation(code, 1) == "ENOMEM"
        assert task.files == {}
        assert (task.mnt_ns.count, task.fs.root.mnt.mnt_count) == held


# --- the tables, cut by the kernel


class Tables(NamedTuple):
    """What two shells read: sh1 all, sh2 in its root what is below. And what a seq_file makes of it."""

    whole: dict[str, bytes]
    records: dict[str, list[bytes | Shown]]


def prepare(machine: Machine, seed: int) -> None:
    """Many mounts with sources and places of all lengths; sh2 in a root where it sees some of them."""
    chance = random.Random(seed)
    machine.start("sh2")
    call(machine, "sh1", "mkdir", "/in")
    call(machine, "sh1", "mount", "I", "/in", "tmpfs", 0, None)
    for number in range(100):
        name = chance.choice(("a", "b c", "\\#", "é", "\udcff", "x\ty")) * chance.choice((1, 1, 1, 5, 30))
        path = f"{chance.choice(('', '', '/in'))}/{name}{number}"
        source = chance.choice(("s", "a b", "#" * chance.randrange(1, 200), "é" * 30, "s" * 4090))
        call(machine, "sh1", "mkdir", path)
        call(machine, "sh1", "mount", source[: chance.choice((5, 300, 300, 4090))], path, "tmpfs", 0, None)
    call(machine, "sh2", "chroot", "/in")


def tables(machine: Machine, table: str) -> Tables:
    """The whole tables, and their records: of what sh2 does not see, what is made before that is known."""
    whole = {
        shell: encode(call(machine, shell, "readfile", f"/proc/self/{table}")) for shell in ("sh1", "sh2")
    }
    entries = parse(str(call(machine, "sh1", "mountinfo")))
    outer = whole["sh1"].splitlines(keepends=True)
    inner = iter(whole["sh2"].splitlines(keepends=True))
    seen: list[bytes | Shown] = []
    for entry, line in zip(entries, outer, strict=True):
        if entry.mountpoint == "/in" or entry.mountpoint.startswith("/in/"):
            seen.append(next(inner))
        else:
            words = {"mountinfo": 4, "mounts": 1, "mountstats": 4}[table]
            before = b"".join(word + b" " for word in line.split(b" ")[:words])
            seen.append(Shown(before + encode(entry.mountpoint.removesuffix("/")), skip=True))
    return Tables(whole, {"sh1": [*outer], "sh2": seen})


COUNTS = ((65536,), (4096,), (100,), (1,), (4095, 4097), (8192, 1), (1, 2, 3, 200, 5000), (37, 4000))


@pytest.mark.parametrize("table", ["mountinfo", "mounts", "mountstats"])
@pytest.mark.parametrize("seed", range(2))
def test_a_table_is_cut_as_a_seq_file_is(machine: Machine, table: str, seed: int) -> None:
    if isinstance(machine, RunningKernel):
        skip_without_root("a tmpfs says to whom it belongs")
    prepare(machine, seed)
    expected = tables(machine, table)
    assert expected.whole["sh2"].count(b"\n") > 10
    for shell, counts in itertools.product(("sh1", "sh2"), COUNTS):
        fd = call(machine, shell, "openat", f.AT_FDCWD, f"/proc/self/{table}", f.O_RDONLY)
        m = records(*expected.records[shell])
        text = b""
        for count in itertools.islice(itertools.cycle(counts), 2000):
            piece = encode(call(machine, shell, "read", fd, count))
            assert [piece] == read(m, count), (shell, counts, len(text))
            text += piece
            if not piece:
                assert text == expected.whole[shell]
                break
        call(machine, shell, "close", fd)


# --- what happens between two reads


class Between(NamedTuple):
    """Commands, with how many lines are read before each; and the mountpoints that are read in all."""

    name: str
    steps: tuple[tuple[int, str], ...]
    reads: tuple[str, ...]


BETWEEN = (
    Between("nothing", (), ("/", "/a", "/b", "/c")),
    Between("what is ahead goes", ((1, "umount /b"),), ("/", "/a", "/c")),
    Between(
        "the next one goes, which was made with the end of the line",
        ((1, "umount /a"),),
        ("/", "/a", "/b", "/c"),
    ),
    Between("what was read goes", ((2, "umount /a"),), ("/", "/a", "/b", "/c")),
    Between("all goes", ((1, "umount -l /a"), (0, "umount -l /b"), (0, "umount -l /c")), ("/", "/a")),
    Between("something new", ((1, "mount -t tmpfs D /d"),), ("/", "/a", "/b", "/c", "/d")),
    Between("something new behind the last", ((4, "mount -t tmpfs D /d"),), ("/", "/a", "/b", "/c", "/d")),
    Between("what was read moves", ((2, "mount --move /a /d"),), ("/", "/a", "/b", "/c")),
    Between("what is ahead moves", ((1, "mount --move /c /d"),), ("/", "/a", "/b", "/d")),
    Between("what is ahead becomes shared", ((1, "mount --make-shared /c"),), ("/", "/a", "/b", "/c")),
    Between("one for another", ((1, "umount /b"), (0, "mount -t tmpfs B /b")), ("/", "/a", "/c", "/b")),
    Between("a stack", ((2, "mount -t tmpfs D /b"), (1, "umount /b")), ("/", "/a", "/b", "/c")),
)


def read_line(machine: Machine, fd: object) -> bytes:
    """One line, byte by byte: with its end the next record is made, and kept."""
    line = b""
    while not line.endswith(b"\n") and (byte := encode(call(machine, "sh1", "read", fd, 1))):
        line += byte
    return line


@pytest.mark.parametrize("case", BETWEEN, ids=[case.name.replace(" ", "-") for case in BETWEEN])
def test_between_two_reads(machine: Machine, case: Between) -> None:
    session = Session(machine)
    for command in ("mkdir /a /b /c /d", *(f"mount -t tmpfs {name.upper()} /{name}" for name in "abc")):
        assert session.run("sh1", command).status == 0
    fd = call(machine, "sh1", "openat", f.AT_FDCWD, "/proc/self/mountinfo", f.O_RDONLY)
    lines = []
    for number, command in case.steps:
        lines += [read_line(machine, fd) for _ in range(number)]
        assert session.run("sh1", command).status == 0
    while line := read_line(machine, fd):
        lines.append(line)
    assert tuple(line.split(b" ")[4].decode() for line in lines) == case.reads
    assert read_line(machine, fd) == b""


def test_what_comes_after_the_end_is_read_then(machine: Machine) -> None:
    """No more than once, and not when it has been used up by others: changelog item 1 is about this."""
    session = Session(machine)
    session.run("sh1", "mkdir /a /b")
    fd = call(machine, "sh1", "openat", f.AT_FDCWD, "/proc/self/mounts", f.O_RDONLY)
    assert encode(call(machine, "sh1", "read", fd, 4096)) == b"tmpfs / tmpfs rw,relatime 0 0\n"
    assert call(machine, "sh1", "read", fd, 4096) == ""
    for command in (*["mount -t tmpfs A /a", "umount /a"] * 3, "mount -t tmpfs B /b"):
        assert session.run("sh1", command).status == 0
    assert call(machine, "sh1", "read", fd, 4096) == "B /b tmpfs rw,relatime 0 0\n"
    assert [call(machine, "sh1", "read", fd, 4096) for _ in range(3)] == [""] * 3


# --- any table, after anything


class ReadInPieces(RandomWalk):
    """Whatever was done: a table in pieces is the one in one piece, and what a snapshot shows."""

    @initialize()
    def start(self) -> None:
        self.model = Model()
        self.session = Session(self.model)
        for command in SETUP:
            self.session.run("sh1", command)

    def obey(self, shell: str, command: str) -> None:
        self.session.run(shell, command)
        snapshot = self.model.snapshot()
        for name, task in self.model.shells.items():
            fd = call(self.model, name, "openat", f.AT_FDCWD, f"/proc/{name}/mountinfo", f.O_RDONLY)
            text = ""
            while piece := call(self.model, name, "read", fd, len(command) * 7):
                text += str(piece)
            assert text == snapshot.mountinfo(task.pid)
            call(self.model, name, "close", fd)


class TestReadInPieces(ReadInPieces.TestCase):
    settings = settings(
        max_examples=15,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
