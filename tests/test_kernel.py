"""Rules of the miniature kernel that no litmus file states: ids, limits, types, releases."""

from __future__ import annotations

import re

import pytest

from privilege import skip_without_root
from vfslab import invariants
from vfslab.drive import run
from vfslab.kernel import RELEASES, Kernel, refusals
from vfslab.kernel.flags import MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE
from vfslab.model import Model
from vfslab.mountinfo import parse
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session

SLAVE = "mount --make-shared /master; mount --bind /master /m; mount --make-slave /m"
STATES = {
    "private": "",
    "unbindable": "mount --make-unbindable /m",
    "shared, alone": "mount --make-shared /m",
    "shared, with a peer": "mount --make-shared /m; mount --bind /m /peer",
    "slave": SLAVE,
    "shared and slave, alone": f"{SLAVE}; mount --make-shared /m",
    "shared and slave, with a peer": f"{SLAVE}; mount --make-shared /m; mount --bind /m /peer",
}
# What mount --make-TYPE turns each state into, in the tags of mountinfo.
CHANGES = {
    "private": ("shared:2", "", "", "unbindable"),
    "unbindable": ("shared:2", "unbindable", "", "unbindable"),
    "shared, alone": ("shared:2", "", "", "unbindable"),
    "shared, with a peer": ("shared:2", "master:2", "", "unbindable"),
    "slave": ("shared:2 master:1", "master:1", "", "unbindable"),
    "shared and slave, alone": ("shared:2 master:1", "master:1", "", "unbindable"),
    "shared and slave, with a peer": ("shared:2 master:1", "master:2", "", "unbindable"),
}
TYPES = ("shared", "slave", "private", "unbindable")


def model_after(*commands: str) -> tuple[Model, Session]:
    model = Model("7.0")
    session = Session(model)
    for line in commands:
        for command in filter(None, line.split("; ")):
            result = session.run("sh1", command)
            assert result.status == 0, result
    return model, session


def tags(session: Session, mountpoint: str) -> str:
    entries = [entry for entry in parse(session.mountinfo("sh1")) if entry.mountpoint == mountpoint]
    return " ".join(entries[-1].tags)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("type", TYPES)
def test_every_change_of_type(state: str, type: str) -> None:
    """mounts(7): the table of mount_namespaces(7), "Changing the propagation type"."""
    bound = "/master" in STATES[state]
    first = "mkdir /m /peer /master; mount -t tmpfs M /master; mount --make-shared /master"
    mounted = "" if bound else "mount -t tmpfs M /m"
    model, session = model_after(first, mounted, STATES[state], f"mount --make-{type} /m")
    assert tags(session, "/m") == CHANGES[state][TYPES.index(type)]
    assert invariants.check(model.kernel) == []


def test_mount_ids_are_the_lowest_free_and_unique_ids_never_come_again() -> None:
    model, session = model_after("mkdir /a /b /c", *(f"mount -t tmpfs T /{name}" for name in "abc"))
    mounts = model.snapshot().mounts
    assert [(id, row.mount_id) for id, row in mounts.items()] == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
    for command in ("umount /a", "umount /b", "mount -t tmpfs T /b"):
        session.run("sh1", command)
    assert [(id, row.mount_id) for id, row in model.snapshot().mounts.items()][-2:] == [(5, 5), (6, 3)]


def test_a_refused_bind_uses_up_a_unique_id() -> None:
    """The copy exists until graft_tree() finds a directory on a file."""
    model, session = model_after("mkdir /a; touch /f")
    assert session.run("sh1", "mount --bind /a /f").errno == "ENOTDIR"
    session.run("sh1", "mount --bind /a /a")
    assert list(model.snapshot().mounts) == [1, 2, 4]


def test_group_ids_are_the_lowest_free_and_failed_calls_give_them_back() -> None:
    _, session = model_after("mkdir /a /b /c", *(f"mount -t tmpfs T /{name}" for name in "abc"))
    for command in ("--make-shared /a", "--make-shared /b", "--make-private /a", "--make-shared /c"):
        session.run("sh1", f"mount {command}")
    assert (tags(session, "/b"), tags(session, "/c")) == ("shared:2", "shared:1")


class TestMountMax:
    """proc(5), /proc/sys/fs/mount-max: more in a receiving namespace is ENOSPC, and nothing happened."""

    def test_in_the_own_namespace(self) -> None:
        model, session = model_after("mkdir /a /b; mount -t tmpfs A /a")
        model.kernel.mount_max = 3
        before = model.snapshot()
        result = session.run("sh1", "mount -t tmpfs B /b")
        assert result.errno == "ENOSPC"
        assert result.reason == "count_mounts: namespace 1 would hold more than 3 mounts (fs.mount-max)"
        assert model.snapshot() == before
        assert session.run("sh1", "umount /a").status == session.run("sh1", "mount -t tmpfs B /b").status == 0

    def test_in_a_receiving_namespace(self) -> None:
        model, session = model_after("mkdir /a /b; mount --make-shared /")
        assert session.run("sh2", "unshare -m --propagation unchanged").status == 0
        for command in (
            "mkdir /c",
            "mount --make-private /",
            "mount -t tmpfs C /c",
            "mount --make-shared /c",
        ):
            session.run("sh2", command)
        model.kernel.mount_max = 4
        session.run("sh1", "mkdir /d")
        session.run("sh2", "mount --bind /c /b")
        before = model.snapshot()
        assert session.run("sh2", "mount -t tmpfs D /c").errno == "ENOSPC"
        assert model.snapshot() == before
        assert invariants.check(model.kernel) == []

    def test_a_copy_of_a_namespace_is_not_counted(self) -> None:
        model, session = model_after("mkdir /a; mount -t tmpfs A /a")
        model.kernel.mount_max = 1
        assert session.run("sh1", "unshare -m --propagation unchanged").status == 0


class TestReleases:
    """Chapter and verse: what differs between releases, asked of kernels of that release."""

    @pytest.mark.parametrize(
        ("release", "bottom"), [("6.18", "rootfs"), ("7.0", "nullfs"), ("7.1", "nullfs")]
    )
    def test_the_filesystem_under_the_root(self, release: str, bottom: str) -> None:
        kernel = Kernel(release)
        root = kernel.init_ns.root
        assert root is not None
        assert root.mnt_sb.s_type.name == bottom

    @pytest.mark.parametrize(("release", "kept"), [("6.18", False), ("7.1", False), ("7.2", True)])
    def test_unbindable_in_a_copied_namespace(self, release: str, kept: bool) -> None:
        session = Session(Model(release))
        for command in ("mkdir /a", "mount -t tmpfs A /a", "mount --make-unbindable /a"):
            session.run("sh1", command)
        session.run("sh1", "unshare -m --propagation unchanged")
        assert tags(session, "/a") == ("unbindable" if kept else "")

    def test_an_unknown_release(self) -> None:
        with pytest.raises(ValueError, match=re.escape(f"no release '5.4'; there are {', '.join(RELEASES)}")):
            Kernel("5.4")

    def test_keys_are_names(self) -> None:
        assert [release.name for release in RELEASES.values()] == list(RELEASES)


def test_every_refusal_is_raised_somewhere_and_names_what_it_formats() -> None:
    """The table has no row that code does not use, and no condition that cannot be spelled."""
    from pathlib import Path

    code = "".join(path.read_text() for path in Path(refusals.__file__).parents[1].glob("*.py"))
    for name, row in refusals.rows():
        assert f"refusals.{name.partition('[')[0]}" in code, f"{name} is never raised"
        assert row.errno.isupper() and row.errno.startswith("E")
        row.condition.format("one", "two")
        row.remedy.format("one", "two")


OPTIONS = {
    "size=1m,mode=700": "rw,size=1024k,mode=700",
    "size=5000,nr_inodes=2k,uid=3,gid=4,mode=0755": "rw,size=8k,nr_inodes=2048,mode=755,uid=3,gid=4",
    "nr_blocks=7": "rw,size=28k",
    "mode=1777,uid=0,size=0": "rw,size=0k",
    "sync,lazytime": "rw,sync,lazytime",
    "ro": "ro",
}


@pytest.mark.parametrize("machine", ["model", pytest.param("kernel", marks=pytest.mark.kernel)])
def test_options_of_a_superblock_as_mountinfo_prints_them(machine: str) -> None:
    """tmpfs(5): size is rounded up to pages; what has its default is not printed."""
    with Model("6.18") if machine == "model" else RunningKernel() as answering:
        session = Session(answering)
        if machine == "kernel":
            skip_without_root("a tmpfs cannot be given to uid 3, which has no name there")
        for number, options in enumerate(OPTIONS):
            session.run("sh1", f"mkdir /{number}")
            assert session.run("sh1", f"mount -t tmpfs -o {options} T /{number}").status == 0, options
        shown = [entry.super_options for entry in parse(session.mountinfo("sh1"))[1:]]
        assert shown == list(OPTIONS.values())
        session.run("sh1", "mount -o remount,ro,dirsync,size=2m,mode=755 /0")
        assert parse(session.mountinfo("sh1"))[1].super_options == "ro,size=2048k,mode=700"


def test_propagation_types_are_single_bits() -> None:
    assert [type.bit_count() for type in (MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE)] == [1, 1, 1, 1]


@pytest.mark.slow
@pytest.mark.slow
def test_a_huge_table() -> None:
    """100,001 mounts: the last is refused, and all are copied, listed and given up again."""
    kernel = Kernel()
    run(kernel.syscall(kernel.init, "mkdir", "/s"))
    run(kernel.syscall(kernel.init, "mount", "s", "/s", "tmpfs", 0, None))
    for number in range(100_000 - 3):
        run(kernel.syscall(kernel.init, "mkdir", f"/{number}"))
        assert run(kernel.syscall(kernel.init, "mount", "/s", f"/{number}", None, 4096, None)).errno is None
    refused = run(kernel.syscall(kernel.init, "mount", "/s", "/s", None, 4096, None))
    assert (refused.errno, len(kernel.mounts)) == ("ENOSPC", 100_000)
    child = kernel.fork(kernel.init, "child")
    assert run(kernel.syscall(child, "unshare", 0x20000)).errno is None
    assert len(kernel.mounts) == 200_000
    run(kernel.exit(child))
    assert len(kernel.mounts) == 100_000
    assert invariants.check(kernel) == []


@pytest.mark.slow
def test_deep_trees_do_not_exhaust_the_stack() -> None:
    model, session = model_after("mkdir /d")
    for _ in range(3000):
        assert model.call("sh1", "mount", "T", "/d", "tmpfs", 0, None).errno is None
    assert session.run("sh1", "unshare -m").status == 0
    assert session.run("sh1", "umount -l /d").status == 0
    assert invariants.check(model.kernel) == []


def test_a_root_that_was_removed_sees_nothing_of_what_is_mounted_where_it_was() -> None:
    """A directory renamed over is another one than the directory that has its name now."""
    model = Model()
    model.start("sh2")
    for shell, *call in (
        ("sh1", "mkdir", "/a"),
        ("sh1", "mkdir", "/b"),
        ("sh1", "chroot", "/a"),
        ("sh2", "rename", "/b", "/a"),
        ("sh2", "mount", "A", "/a", "tmpfs", 0, None),
    ):
        assert model.call(shell, *call).errno is None
    assert model.call("sh1", "mountinfo").value == ""


def test_a_root_that_was_removed_sees_its_mount_when_it_is_the_root_of_that() -> None:
    session = Session(Model())
    for line in ("mkdir /c /a", "mount --bind /c /a", "sh2# chroot /a", "rmdir /c"):
        (result,) = session.run_transcript(line)
        assert result.errno is None
    assert [entry.root for entry in parse(session.mountinfo("sh2"))] == ["/c//deleted"]
