"""``vfslab why``: what it says of a table, and that the running kernel, asked the same, does so."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mountinfo_tables import kept
from random_commands import DIRECTORIES, SHELLS, TYPES
from vfslab.load import LoadError
from vfslab.mountinfo import parse
from vfslab.oracle.compare import nearest_release
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session
from vfslab.shell.transcript import TranscriptError
from vfslab.snapshot import Snapshot
from vfslab.why import Explanation, NothingToExplain, explain

TABLE = """\
20 1 0:20 / / rw,relatime shared:1 - tmpfs root rw
21 20 0:21 / /a rw,relatime shared:2 - tmpfs A rw
22 21 0:22 / /a/x rw,relatime shared:3 - tmpfs X rw
23 20 0:21 / /b rw,relatime master:2 - tmpfs A rw
24 23 0:22 / /b/x rw,relatime master:3 - tmpfs X rw
25 20 0:23 / /c rw,relatime - tmpfs C rw
26 25 0:24 / /c/u rw,relatime unbindable - tmpfs U rw
27 20 8:1 /etc/hosts /hosts ro,relatime shared:4 - ext4 /dev/sda1 ro
28 20 8:1 / /disk rw,relatime shared:5 - ext4 /dev/sda1 ro
29 20 0:21 / /d rw,relatime master:9 - tmpfs A rw
31 25 0:25 / /c/v rw,relatime - tmpfs V rw
30 20 0:4 mnt:[4026532000] /run/ns rw - nsfs nsfs rw
"""
RIGHTS = "Linux 7.0; a caller with all rights; no symbolic links"
LOCKED = "which mounts are locked where they are, as those are that a user namespace was given: EINVAL"
ELSEWHERE = "the other mount namespaces, where copies may appear: vfslab spread looks there"
USERS = "who stands or has a file open on it, or on a counterpart that would go with it: EBUSY"
FILESYSTEM = "what the filesystem itself says to its source and options"


def ask(command: str, table: str = TABLE, files: tuple[str, ...] = ()) -> Explanation:
    return explain(command.split(" "), Snapshot.from_mountinfo(table), "7.0", files)


def said(*calls: str, supposed: str = "", unknown: tuple[str, ...] = ()) -> str:
    lines = [*calls, f"supposed: {RIGHTS}{supposed}"]
    if unknown:
        lines += ["what a mountinfo does not tell, and may be another answer:"]
    return "\n".join([*lines, *(f"    {line}" for line in unknown)])


REFUSED = [
    (
        "mount --move /a/x /c",
        'mount("/a/x", "/c", NULL, MS_MOVE, NULL) = EINVAL',
        "do_move_mount: mount 21 (A on /a), the parent of mount 22 (X on /a/x), is shared",
        "make mount 21 (A on /a) private first: mount --make-private",
    ),
    (
        "mount --bind /c/u /a",
        'mount("/c/u", "/a", NULL, MS_BIND, NULL) = EINVAL',
        "__do_loopback: the source, mount 26 (U on /c/u), is unbindable",
        "make mount 26 (U on /c/u) private first: mount --make-private",
    ),
    (
        "umount /c",
        'umount2("/c", 0) = EBUSY',
        "propagate_mount_busy: mount 26 (U on /c/u) is mounted on mount 25 (C on /c)",
        "unmount mount 26 (U on /c/u) first; or all of it, umount -R, or lazily, umount -l",
    ),
    (
        "mount --make-private /disk/sub",
        'mount("none", "/disk/sub", NULL, MS_PRIVATE, NULL) = EINVAL',
        "do_change_type: /disk/sub is not the root of a mount but a place in mount 28 (/dev/sda1 on /disk)",
        "name the root of a mount; mount --bind /disk/sub /disk/sub makes it one",
    ),
    (
        "mount -t ext4 /dev/sda1 /disk",
        'mount("/dev/sda1", "/disk", "ext4", 0, NULL) = EBUSY',
        "get_tree_bdev: ext4 is mounted, and not with the same ro or rw",
        "ask for ro or rw as it is mounted already, or remount that first",
    ),
    (
        "mount -t ext4 -o ro /dev/sda1 /disk",
        'mount("/dev/sda1", "/disk", "ext4", MS_RDONLY, NULL) = EBUSY',
        "do_add_mount: this ext4 is already mounted on that very place",
        "leave it: it is there already; or mount it elsewhere",
    ),
    (
        "mount -t rootfs x /a",
        'mount("x", "/a", "rootfs", 0, NULL) = ENODEV',
        "get_fs_type: there is no filesystem type rootfs that can be mounted",
        "name a type that /proc/filesystems lists, or load its module first",
    ),
    (
        "mount --bind /a /run/ns",
        'mount("/a", "/run/ns", NULL, MS_BIND, NULL) = ENOTDIR',
        "graft_tree: one of the two is a directory and the other is not",
        "mount a directory on a directory, a file on a file",
    ),
    (
        "pivot_root /c /c/old",
        'pivot_root("/c", "/c/old") = EINVAL',
        "path_pivot_root: mount 20 (root on /) is shared: put_old's mount, and the parents of both roots,"
        " must not be",
        "make mount 20 (root on /) private first: mount --make-private",
    ),
]


@pytest.mark.parametrize(("command", "call", "check", "remedy"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_refusal(command: str, call: str, check: str, remedy: str) -> None:
    explanation = ask(command)
    assert not explanation.succeeds
    assert str(explanation).splitlines()[:3] == [call, f"    check:  {check}", f"    remedy: {remedy}"]


DONE = [
    (
        "mount -t tmpfs stick /a/usb",
        said(
            'mount("stick", "/a/usb", "tmpfs", 0, NULL) = success',
            "    + stick on /a/usb: shared (a new peer group)",
            "    + stick on /b/usb: slave (of a new peer group)",
            supposed="; /a/usb is a directory that exists",
            unknown=(FILESYSTEM, ELSEWHERE),
        ),
    ),
    (
        "umount /a/x",
        said(
            'umount2("/a/x", 0) = success',
            "    - 22 X on /a/x",
            "    - 24 X on /b/x",
            unknown=(LOCKED, USERS),
        ),
    ),
    (
        "mount --move /c/v /c/new/place",
        said(
            'mount("/c/v", "/c/new/place", NULL, MS_MOVE, NULL) = success',
            "    > 31 V: from /c/v to /c/new/place",
            supposed="; /c/new/place is a directory that exists",
            unknown=(LOCKED,),
        ),
    ),
    (
        "mount --make-rshared /c",
        said(
            'mount("none", "/c", NULL, MS_REC|MS_SHARED, NULL) = success',
            "    ~ 25 C on /c: private -> shared (a new peer group)",
            "    ~ 26 U on /c/u: unbindable -> shared (a new peer group)",
            "    ~ 31 V on /c/v: private -> shared (a new peer group)",
        ),
    ),
    (
        "mount --make-slave /a",
        said(
            'mount("none", "/a", NULL, MS_SLAVE, NULL) = success',
            "    ~ 21 A on /a: shared:2 -> private",
            "    ~ 23 A on /b: master:2 -> private",
        ),
    ),
    (
        "mount -t tmpfs over /b/x",
        said(
            'mount("over", "/b/x", "tmpfs", 0, NULL) = success',
            "    + over on /b/x: private",
            unknown=(FILESYSTEM,),
        ),
    ),
    (
        "mount --bind -o ro c/v v",
        said(
            'mount("c/v", "v", NULL, MS_RDONLY|MS_BIND, NULL) = success',
            'mount("none", "v", NULL, MS_RDONLY|MS_REMOUNT|MS_BIND, NULL) = success',
            "    + V on /v: shared (a new peer group)",
            supposed="; /v is a directory that exists",
            unknown=(
                "the working directory, from which relative paths start: / is taken for it",
                LOCKED,
                "which flags are locked: EPERM",
                "what is open for writing: EBUSY",
                ELSEWHERE,
            ),
        ),
    ),
    (
        "mount -o remount,rw /disk",
        said(
            'mount("/dev/sda1", "/disk", NULL, MS_REMOUNT|MS_RELATIME, NULL) = success',
            "    ~ 27 /dev/sda1 on /hosts: its filesystem ro -> rw",
            "    ~ 28 /dev/sda1 on /disk: its filesystem ro -> rw",
            unknown=("which flags are locked: EPERM", "what is open for writing: EBUSY", FILESYSTEM),
        ),
    ),
    (
        "unshare -m --propagation slave",
        said(
            "unshare(CLONE_NEWNS) = success",
            'mount("none", "/", NULL, MS_REC|MS_SLAVE, NULL) = success',
            "    + a mount namespace of its own, with copies of all 12 mounts",
            "      of them 8 slave, 4 private",
        ),
    ),
    (
        "clone sh2 CLONE_NEWNS",
        said('clone(CLONE_NEWNS, "sh2") = success', "    + a mount namespace of 13 mounts"),
    ),
    (
        "F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE",
        said(
            'open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE) = success',
            "    + a detached tree of 2 mounts",
            unknown=(LOCKED,),
        ),
    ),
    (
        "mount -t zfs pool/x /a/z",
        said(
            'mount("pool/x", "/a/z", "zfs", 0, NULL) = success',
            "    + pool/x on /a/z: shared (a new peer group)",
            "    + pool/x on /b/z: slave (of a new peer group)",
            supposed="; /a/z is a directory that exists; there is a filesystem type zfs",
            unknown=(FILESYSTEM, ELSEWHERE),
        ),
    ),
    (
        "mount --bind /a /hosts",
        said(
            'mount("/a", "/hosts", NULL, MS_BIND, NULL) = success',
            "    + A on /hosts: shared:2",
            supposed="; /hosts is a directory",
            unknown=(LOCKED, ELSEWHERE),
        ),
    ),
]


@pytest.mark.parametrize(("command", "text"), DONE, ids=[row[0] for row in DONE])
def test_a_success(command: str, text: str) -> None:
    explanation = ask(command)
    assert str(explanation) == text
    assert explanation.succeeds


def test_what_is_told_to_be_a_file_is_one() -> None:
    explanation = ask("mount --bind /a /hosts", files=("/hosts",))
    assert explanation.results[-1].errno == "ENOTDIR"
    explanation = ask("mount --bind /a/file /hosts", files=("/hosts", "/a/file/"))
    assert explanation.succeeds
    assert explanation.supposed == ("/a/file is a file that exists",)
    with pytest.raises(ValueError, match="/c is a directory: there are mounts below it, or it is a root"):
        ask("umount /c", files=("/c",))


def test_a_transcript_is_explained_up_to_its_first_failure() -> None:
    command = "mount --make-private /a\nmount --move /a/x /c/y\numount /a/x\numount /b"
    explanation = explain([command], Snapshot.from_mountinfo(TABLE), "7.0")
    assert [call.answer.errno for call in explanation.made] == [None, None, "EINVAL"]
    assert "    > 22 X: from /a/x to /c/y" in str(explanation).splitlines()


def test_a_descriptor_is_passed_on() -> None:
    command = (
        "F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE\n"
        'move_mount F "" AT_FDCWD /c/new MOVE_MOUNT_F_EMPTY_PATH'
    )
    explanation = explain([command], Snapshot.from_mountinfo(TABLE), "7.0")
    assert explanation.changes == ("+ A on /c/new: shared:2", "+ X on /c/new/x: shared:3")


def test_whoever_reads_the_table_is_the_first_shell() -> None:
    snapshot = Snapshot.from_mountinfo(TABLE, "host")
    assert explain(["umount /c/v"], snapshot, "7.0").changes == ("- 31 V on /c/v",)


def test_hostile_names_are_shown_in_escapes() -> None:
    table = TABLE.replace("/c/v", "/c/\\012v\x1b[2J").replace(" V ", " \x1b]0;V\\040x ")
    for path in ("/c/\nv\x1b[2J", "/c/\nv\x1b[2J/\t\x07"):
        explanation = explain(["umount", path], Snapshot.from_mountinfo(table), "7.0")
        for line in str(explanation).split("\n"):
            assert line.isprintable()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["ls", "/"], "no mount call is made: the command only looks"),
        (["frobnicate"], "no mount call is made: sh1: frobnicate: command not found"),
        (["umount"], "no mount call is made: umount: bad usage"),
        ([""], "no mount call is made: there is no command"),
        (
            ["mount", "/dev/sdz", "/a"],
            "no mount call is made: mount: /a: special device /dev/sdz does not exist."
            "; what is on a device is not known here, so name the type: mount -t TYPE",
        ),
        (["umount", "/a\udcff"], "'\\udcff' is half a character: it has no UTF-8"),
    ],
)
def test_nothing_to_explain(command: list[str], message: str) -> None:
    with pytest.raises(NothingToExplain) as reason:
        explain(command, Snapshot.from_mountinfo(TABLE), "7.0")
    assert str(reason.value) == message


def test_what_cannot_be_read() -> None:
    with pytest.raises(TranscriptError):
        explain(["umount /a\numount 'b"], Snapshot.from_mountinfo(TABLE), "7.0")
    with pytest.raises(LoadError):
        explain(["umount", "/a"], Snapshot.from_mountinfo(TABLE.replace("22 21", "22 9")), "7.0")


@pytest.mark.parametrize("name", ["desktop", "docker-host", "container"])
def test_every_mount_of_a_kept_table_can_be_asked_for(name: str) -> None:
    text = kept(name)
    for entry in parse(text):
        explanation = explain(["umount", "-l", entry.mountpoint], Snapshot.from_mountinfo(text), "7.0")
        assert explanation.succeeds or entry.mountpoint == "/", str(explanation)


COMMANDS = st.one_of(
    st.sampled_from(DIRECTORIES).map(lambda path: f"mount -t tmpfs T {path}"),
    st.builds(
        lambda how, one, other: f"mount --{how} {one} {other}",
        st.sampled_from(("bind", "rbind", "move")),
        st.sampled_from(DIRECTORIES),
        st.sampled_from(DIRECTORIES),
    ),
    st.builds(
        lambda how, path: f"mount --make-{how} {path}", st.sampled_from(TYPES), st.sampled_from(DIRECTORIES)
    ),
    st.builds(
        lambda how, path: f"umount {how}{path}", st.sampled_from(("", "-l ")), st.sampled_from(DIRECTORIES)
    ),
    st.builds(
        lambda new, old: f"pivot_root {new} {old}", st.sampled_from(DIRECTORIES), st.sampled_from(DIRECTORIES)
    ),
)


def shown(text: str) -> Counter[tuple[str, ...]]:
    """A mountinfo without numbers and order."""
    return Counter(
        (entry.mountpoint, entry.root, entry.source, *sorted(tag.partition(":")[0] for tag in entry.tags))
        for entry in parse(text)
    )


@pytest.mark.kernel
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(st.tuples(st.sampled_from(SHELLS), COMMANDS), min_size=10, max_size=40))
def test_the_running_kernel_does_what_was_said(walk: list[tuple[str, str]]) -> None:
    with RunningKernel() as kernel:
        release = nearest_release(kernel.release)
        session = Session(kernel)
        for command in (
            *(f"mkdir -p {path}" for path in DIRECTORIES),
            "unshare -m",
            "mount --make-rshared /",
        ):
            session.run("sh1", command)
        session.run("sh2", "unshare -m --propagation slave")
        for shell, command in walk:
            before = session.mountinfo(shell) if shell in session.shells else session.mountinfo("sh1")
            explanation = explain(command.split(), Snapshot.from_mountinfo(before), release)
            result = session.run(shell, command)
            after = session.mountinfo(shell)
            history = f"{before}\n{shell}# {command}\n{explanation}\n{result}\n{after}"
            if result.errno == "ENOENT" and explanation.supposed:
                continue
            if result.errno == "EBUSY" and USERS in explanation.unknown:
                continue
            assert result.errno == explanation.results[-1].errno, history
            assert shown(after) == shown(explanation.table), history
