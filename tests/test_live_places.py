"""Descriptors, magic paths and processes of the sandbox: a way through /proc that changes nothing.

The scratch root has no /proc; the agent goes to one outside, and must leave no trace of that in what is
busy, in the cwd, or in who is where.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from privilege import needs_root
from sandboxes import MARK, NOBODY, marked, new_mark, output, python, python_for_nobody
from test_sandbox import without_pid_namespace
from vfslab.machine import Answer, Machine
from vfslab.model import Model
from vfslab.oracle.compare import check
from vfslab.oracle.live import RunningKernel, SandboxEnded
from vfslab.shell.session import CommandResult, Session

every_machine = pytest.mark.parametrize(
    "machine", ["model", pytest.param("kernel", marks=pytest.mark.kernel)], indirect=True
)

START = "mkdir -p /a/x /b /c\ntouch /f\nmount -t tmpfs A /a\nmkdir -p /a/x/y\nR = openat AT_FDCWD / O_PATH\n"


@pytest.fixture
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Model() if request.param == "model" else RunningKernel() as machine:
        yield machine


@pytest.fixture
def kernel() -> Iterator[RunningKernel]:
    with RunningKernel() as machine:
        yield machine


def last(machine: Machine, transcript: str) -> CommandResult:
    """The last of the results; those before it are successes, where their lines do not end in "# fails"."""
    session = Session(machine)
    results = session.run_transcript(START + transcript)
    for result in results[:-1]:
        assert bool(result.status) == result.command.endswith("# fails"), result
    return results[-1]


# --- the same answer with and without a way through /proc ------------------------------

# what goes before, the command with a path {} that leads to /a in several ways, the errno
SAME = [
    ("", "umount {}", None),
    ("cd /a", "umount {}", "EBUSY"),
    ("cd /a\ncd /", "umount {}", None),
    ("cd /a/x/y\numount -l /a", "mount --bind . /b", "EINVAL"),
    ("F = openat AT_FDCWD /a O_PATH", "umount {}", "EBUSY"),
    ("F = openat AT_FDCWD /a O_PATH\nclose F", "umount {}", None),
    ("", "umount2 {} MNT_EXPIRE", "EAGAIN"),
    ("umount2 /a MNT_EXPIRE # fails", "umount2 {} MNT_EXPIRE", None),
    ("umount2 /proc/self/fd/R/a MNT_EXPIRE # fails", "umount2 {} MNT_EXPIRE", None),
    ("cd /a", "umount2 {} MNT_EXPIRE", "EBUSY"),
    ("cd /b", "mount --bind {} .", None),
    ("cd /b", "mount --move {} .", None),
    ("cd /a", "mount --move {} ../b", None),
    ("cd /b", "mount --bind . {}", None),
    ("", "mount --make-shared {}", None),
    ("", "mount --make-shared {}/x", "EINVAL"),
    ("", "mount -o remount,bind,ro {}", None),
    ("", "mkdir {}/x", "EEXIST"),
    ("", "mkdir {}/z", None),
    ("", "rmdir {}", "EBUSY"),
    ("", "rmdir {}/x", "ENOTEMPTY"),
    ("", "touch {}/t", None),
    ("", "mv {}/x {}/z", None),
    ("", "mv {}/x /b/z", "EXDEV"),
    ("", "ln -s {}/x /b/l", None),
    ("", "rm {}/f", "ENOENT"),
    ("", "ls {}/none", "ENOENT"),
    ("", "cat {}/x", "EISDIR"),
    ("", "cd {}/x/y", None),
    ("", "cd {}/f", "ENOENT"),
    ("", "chroot {}/x", None),
    ("", "pivot_root {} {}/x", None),
    ("", "pivot_root {}/x {}/x/y", "EINVAL"),
    ("", "open_tree AT_FDCWD {} OPEN_TREE_CLONE", None),
    ("", "move_mount AT_FDCWD {} AT_FDCWD /b 0", None),
    ("", "mount_setattr AT_FDCWD {} 0 attr_set=MOUNT_ATTR_RDONLY", None),
    ("", "statx AT_FDCWD {}/x/y 0", None),
]


@pytest.mark.parametrize("path", ["/a", "/proc/self/fd/R/a"])
@pytest.mark.parametrize(("before", "command", "errno"), SAME)
@every_machine
def test_the_same_answer_by_both_ways(
    machine: Machine, path: str, before: str, command: str, errno: str | None
) -> None:
    result = last(machine, f"{before}\n{command.replace('{}', path)}\n")
    if result.errno == "ENOSYS":
        pytest.skip("this kernel does not have the call")
    assert (result.errno, bool(result.status)) == (errno, errno is not None), result.stderr


@pytest.mark.parametrize(
    ("transcript", "printed"),
    [
        # the cwd is what it was, however the call went
        ("cd /a/x\nmount --make-shared /proc/self/fd/R/a\npwd", "/a/x\n"),
        ("cd /a/x\numount /proc/self/fd/R/none # fails\npwd", "/a/x\n"),
        ("cd /a/x\nmount --bind y /proc/self/fd/R/b\npwd", "/a/x\n"),
        ("cd /a/x\nchroot --skip-chdir /proc/self/fd/R/b\npwd", "(unreachable)/a/x\n"),
        ("cd /proc/self/fd/R/a/x\npwd", "/a/x\n"),
        ("cd /a\ncd /proc/self/fd/R/../../b\npwd", "/b\n"),
        # pivot_root(2) takes those along whose cwd is the old root, and no others
        ("pivot_root /a /a/x\npwd", "/\n"),
        ("pivot_root /proc/self/fd/R/a /proc/self/fd/R/a/x\npwd", "/\n"),
        ("pivot_root /proc/self/fd/R/a /proc/self/fd/R/a/x\nls .", "x\n"),
        ("cd /b\npivot_root /proc/self/fd/R/a /proc/self/fd/R/a/x\npwd", "/x/b\n"),
        ("cd /a\npivot_root /proc/self/fd/R/a /proc/self/fd/R/a/x\npwd", "/\n"),
        # a covered root is not the cwd on top of it
        ("mount -t tmpfs T /\ncd /..\npivot_root /a /a/x\npwd", "/x\n"),
        ("mount -t tmpfs T /\ncd /..\npivot_root /proc/self/fd/R/a /proc/self/fd/R/a/x\npwd", "/x\n"),
        # a source that is no path is left alone
        ("mount -t tmpfs /proc/self/fd/R /b\nfindmnt -no FSTYPE /b", "tmpfs\n"),
        # what is below a descriptor, and beside it
        ("ls /proc/self/fd/R/a/x", "y\n"),
        ("F = openat AT_FDCWD /a/x O_PATH\nls /proc/self/fd/F/../x", "y\n"),
        ("F = open_tree AT_FDCWD /a OPEN_TREE_CLONE\nls /proc/self/fd/F/../../..", "x\n"),
        ("F = openat AT_FDCWD /a/x O_PATH\nfchdir F\npwd", "/a/x\n"),
        # a forked process has descriptors of its own
        ("sh2# close R\nls /proc/self/fd/R/a", "x\n"),
        ("sh2# cd /proc/self/fd/R/a\nsh2# pwd", "/a\n"),
        ("clone sh2 CLONE_NEWNS\nclone sh3 0\nsh3# ls /proc/self/fd/R/a", "x\n"),
        ("clone sh2 0\nsh2# cd /a\nsh2# clone sh3 0\nsh3# pwd", "/a\n"),
        # tables of other processes
        ("clone sh2 CLONE_NEWNS\nsh2# umount /a\ncat /proc/sh2/mounts", "tmpfs / tmpfs rw,relatime 0 0\n"),
        ("cat /proc/self/mountstats", "device tmpfs mounted on / with fstype tmpfs\n"
                                      "device A mounted on /a with fstype tmpfs\n"),
    ],
)  # fmt: skip
@every_machine
def test_what_is_found(machine: Machine, transcript: str, printed: str) -> None:
    assert last(machine, transcript).stdout == printed


@pytest.mark.kernel
def test_no_way_out_of_the_sandbox(kernel: RunningKernel) -> None:
    """Descriptors of the agent, the root of a process, other processes: none of this is in /proc here."""
    outside = sorted(os.listdir("/"))
    paths = [
        f"/proc/self/fd/{number}{rest}"
        for number in range(20)
        for rest in ("", "/..", "/1/root", "/self/root")
    ]
    paths += ["/proc/self/root", "/proc/self/cwd", "/proc/1/root", f"/proc/{os.getpid()}/root", "/proc"]
    paths += [
        "/proc/self/ns/../root",
        "/proc/self/ns",
        "/proc/sh1/root",
        "/proc/sh1/fd/0",
        "/proc/sh01/ns/mnt",
    ]
    for path in paths:
        answer = kernel.call("sh1", "readdir", path)
        assert answer.errno in ("ENOENT", "ENOTDIR") and answer.value != outside, path


@pytest.mark.kernel
def test_limits_of_the_machine_are_not_the_sandbox_s(kernel: RunningKernel) -> None:
    assert Session(kernel).run("sh1", "sysctl -w fs.mount-max=5").errno == "EROFS"


@pytest.mark.kernel
def test_descriptors_of_the_agent_are_closed(kernel: RunningKernel) -> None:
    for number in range(20):
        assert kernel.call("sh1", "close", number) == Answer(errno="EBADF")
        assert kernel.call("sh1", "fchdir", number) == Answer(errno="EBADF")
        assert kernel.call("sh1", "openat", number, "x", 0) == Answer(errno="EBADF")
    assert kernel.call("sh1", "readdir", "/") == Answer([])


@needs_root
@pytest.mark.kernel
def test_a_table_in_pieces(kernel: RunningKernel) -> None:
    """proc_pid_mountinfo(5) is generated record by record, whatever is asked for."""
    session = Session(kernel)
    session.run_transcript(START)
    whole = session.mountinfo("sh1")
    fd = kernel.call("sh1", "openat", -100, "/proc/self/mountinfo", 0).value
    pieces = []
    while piece := kernel.call("sh1", "read", fd, 7).value:
        pieces.append(piece)
    assert "".join(pieces) == whole
    assert {len(piece) for piece in pieces[:-1]} == {7}


# --- processes -------------------------------------------------------------------------


@pytest.mark.kernel
def test_exit_gives_back_what_was_held(kernel: RunningKernel) -> None:
    session = Session(kernel)
    session.run_transcript(START + "sh2# cd /a\nsh3# F = openat AT_FDCWD /a O_PATH\n")
    assert session.run("sh1", "umount /a").errno == "EBUSY"
    session.run("sh2", "exit")
    assert session.run("sh1", "umount /a").errno == "EBUSY"
    session.run("sh3", "exit")
    assert session.run("sh1", "umount /a").status == 0
    assert session.shells == ("sh1",)


@pytest.mark.kernel
def test_a_namespace_ends_with_its_last_process(kernel: RunningKernel) -> None:
    """mount_namespaces(7): the slave loses its master once nobody is left in the namespace."""
    session = Session(kernel)
    session.run_transcript(
        f"{START}mount --make-shared /a\nclone sh2 CLONE_NEWNS\n"
        "sh2# mount --make-slave /a\nmount --make-private /a\n"
    )
    assert "master:" not in session.mountinfo("sh2")
    session.run_transcript(
        "sh2# mount --make-shared /a\nclone sh3 CLONE_NEWNS\n"
        "nsenter -t sh2 -m\nsh3# exit\nsh2# clone sh4 CLONE_NEWNS\nsh4# mount --make-slave /a\n"
    )
    assert "master:" in session.mountinfo("sh4")
    session.run_transcript("mount --make-private /a\n")
    assert "master:" not in session.mountinfo("sh4")


@pytest.mark.kernel
def test_exit_returns_when_the_process_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = new_mark()
    monkeypatch.setenv(MARK, mark)
    with RunningKernel() as kernel:
        before = set(marked(mark))
        for shell in ("sh2", "sh3"):
            kernel.start(shell)
        assert kernel.call("sh3", "clone", 0, "sh4") == Answer()
        new = set(marked(mark)) - before
        assert len(new) == 3
        for shell in ("sh3", "sh2", "sh4"):
            kernel.exit(shell)
        assert [pid for pid in new if Path(f"/proc/{pid}").exists()] == []


ENDS = """
from vfslab.machine import Answer, Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel
with RunningKernel() as kernel:
    kernel.start("sh2")
    assert kernel.call("sh2", "clone", 0x20000, "sh3") == Answer()
    assert kernel.call("sh3", "clone", 0x20000, "sh4") == Answer()
    kernel.exit("sh2")
    kernel.exit("sh3")
    print(kernel.call("sh4", "getcwd").value, kernel.call("sh1", "pidfd_open", "sh4").errno)
"""


@pytest.mark.kernel
@pytest.mark.parametrize("before", [[], without_pid_namespace()], ids=["pid namespace", "no pid namespace"])
def test_a_clone_outlives_its_parent(before: list[str]) -> None:
    assert output(python(ENDS, before=before)) == "/ None\n"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda kernel: kernel.exit("sh1"), "sh1 is the parent of all shells"),
        (lambda kernel: kernel.exit("sh9"), "there is no shell 'sh9'"),
        (lambda kernel: kernel.exit("sh2"), "the shell 'sh2' has ended"),
        (lambda kernel: kernel.start("sh2"), "the shell 'sh2' has ended"),
        (lambda kernel: kernel.call("sh2", "getcwd"), "the shell 'sh2' has ended"),
        (lambda kernel: kernel.call("sh1", "clone", 0, "sh2"), "the shell 'sh2' has ended"),
        (lambda kernel: kernel.call("sh1", "clone", 0, "sh1"), "there is a shell 'sh1' already"),
        (lambda kernel: kernel.call("sh1", "clone", 0x100, "sh3"), "cannot be made with the flags 0x100"),
        (lambda kernel: kernel.call("sh1", "pidfd_open", "sh9"), "there is no shell 'sh9'"),
    ],
)
def test_shells_that_cannot_be(kernel: RunningKernel, use: object, message: str) -> None:
    kernel.start("sh2")
    kernel.exit("sh2")
    assert callable(use)
    with pytest.raises(ValueError, match=message):
        use(kernel)
    assert kernel.call("sh1", "getcwd") == Answer("/")


@pytest.mark.kernel
def test_a_clone_that_is_killed_ends_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = new_mark()
    monkeypatch.setenv(MARK, mark)
    with RunningKernel() as kernel:
        before = set(marked(mark))
        kernel.call("sh1", "clone", 0x20000, "sh2")
        (pid,) = set(marked(mark)) - before
        os.kill(pid, 9)
        with pytest.raises(SandboxEnded, match="sh2 died"):
            kernel.exit("sh2")


# --- other callers -----------------------------------------------------------------------

# a little of everything that depends on who one is
TRANSCRIPT = (
    START
    + """
mount -t tmpfs -o ro,nosuid B /b
mount --make-shared /a
F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE
move_mount F "" AT_FDCWD /c MOVE_MOUNT_F_EMPTY_PATH
S = fsopen tmpfs 0
fsconfig S FSCONFIG_CMD_CREATE
M = fsmount S 0 MOUNT_ATTR_NOEXEC
move_mount M "" AT_FDCWD /c/x MOVE_MOUNT_F_EMPTY_PATH
I = statx AT_FDCWD /c/x 0
statmount I 0xffff
listmount LSMT_ROOT
cat /proc/self/mounts
cat /proc/self/mountinfo
T = openat AT_FDCWD /proc/self/mounts O_RDONLY
read T 65536
read T 65536
clone sh2 CLONE_NEWUSER,CLONE_NEWNS
sh2# cat /proc/self/mountinfo
sh2# umount /b
sh2# mount -o remount,bind,rw /b
sh2# mount -t tmpfs C /a/x
sh2# cat /proc/self/mounts
cat /proc/self/mounts
sh3# unshare -U -r -m
sh3# mount -t tmpfs D /a/x
sh3# cat /proc/self/mounts
sh3# nsenter -t sh2 -U -m
nsenter -t sh2 -U -m
setpriv --bounding-set=-sys_admin
umount /a
sh2# clone sh4 CLONE_NEWUSER
sh4# umount -l /a/x
sh4# N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY
sh2# exit
"""
)
AS_CALLER = f"""
from vfslab.oracle.live import RunningKernel
from vfslab.oracle.outcome import read_commands, run_commands
with RunningKernel() as kernel:
    for outcome in run_commands(kernel, read_commands({TRANSCRIPT!r})).outcomes:
        print(outcome)
"""


@pytest.mark.kernel
def test_an_unprivileged_user_gets_the_same_answers() -> None:
    if os.geteuid() != 0:
        pytest.skip("these tests run as an unprivileged user already")
    if (executable := python_for_nobody()) is None:
        pytest.skip("no interpreter that another user may run can import vfslab")
    ours = output(python(AS_CALLER))
    assert "status=0" in ours
    theirs = python(AS_CALLER, executable=executable, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
    assert output(theirs).splitlines() == ours.splitlines()


SHARED_FS = """
sh1# mkdir /a
sh2# unshare CLONE_NEWNS
sh1# clone sh4 CLONE_FS
sh1# N = pidfd_open sh2
sh1# setns N CLONE_NEWNS
sh1# setns N CLONE_NEWNS,CLONE_NEWNET
sh4# mount -t tmpfs A /a
"""


def test_setns_beside_another_namespace_takes_a_copy_of_a_shared_fs_struct() -> None:
    """Found by walks of seed 61; and who shares it moves, too."""
    with Model("6.18.19") as model:
        results = Session(model).run_transcript(SHARED_FS)
        assert [result.errno for result in results] == [None] * 4 + ["EINVAL", None, None]
        assert model.shells["sh4"].fs is model.shells["sh1"].fs


@needs_root
@pytest.mark.kernel
def test_setns_beside_another_namespace_on_the_running_kernel() -> None:
    assert check(SHARED_FS).differences == []
