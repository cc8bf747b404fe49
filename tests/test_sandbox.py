"""The sandbox around the running kernel: nothing is left, nothing hangs, a refusal says why."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import os
import shutil
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from privilege import needs_root, skip_without_root
from sandboxes import (
    MARK,
    NOBODY,
    START,
    agents,
    bind,
    eventually,
    make,
    marked,
    new_mark,
    output,
    python,
    python_for_nobody,
    succeed,
    tmpfs,
)
from vfslab.kernel.flags import (
    AT_FDCWD,
    CLONE_NEWNS,
    MNT_DETACH,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MS_SHARED,
)
from vfslab.oracle.live import NotAllowed, RunningKernel, SandboxEnded, available

pytestmark = pytest.mark.kernel

# --- nothing is left ------------------------------------------------------------------

BUSY = f"""
import sys, time
from vfslab.oracle.live import RunningKernel
kernel = RunningKernel()
kernel.call("sh1", "mkdir", "/m")
kernel.call("sh1", "mount", "M", "/m", "tmpfs", 0, None)
kernel.call("sh1", "mount", None, "/", None, {MS_REC | MS_SHARED}, None)
kernel.start("sh2")
assert kernel.call("sh2", "unshare", {CLONE_NEWNS}).errno is None
kernel.start("sh3")
"""
UNTOUCHED = f"""
table = lambda: open("/proc/self/mountinfo").read()
before = table()
{BUSY}
assert "shared:" in kernel.call("sh2", "mountinfo").value
during = table()
kernel.close()
assert before == during == table(), (before, during, table())
print(before)
"""


def test_our_own_mount_table_is_untouched() -> None:
    before = Path("/proc/self/mountinfo").read_bytes()
    with RunningKernel() as other:
        succeed(other, "sh1", *START, make(MS_REC | MS_SHARED, "/"), tmpfs("/d"), ("umount2", "/m", 0))
        assert Path("/proc/self/mountinfo").read_bytes() == before
    assert Path("/proc/self/mountinfo").read_bytes() == before


def test_a_shared_mount_table_is_untouched() -> None:
    """The way systemd sets machines up: everything is shared, and nothing may come through."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    before = ["unshare", *user, "--mount", "--propagation", "shared"]
    assert " shared:" in output(python(UNTOUCHED, before=before))


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mark that every sandbox process of this test has; kills what the test left."""
    mark = new_mark()
    monkeypatch.setenv(MARK, mark)
    yield mark
    for pid in marked(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def three_shells(**limits: float) -> RunningKernel:
    kernel = RunningKernel(**limits)
    kernel.start("sh2")
    kernel.start("sh3")
    return kernel


def test_close_reaps_everything_and_may_be_repeated(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = three_shells()
    processes = agents(mark)
    monkeypatch.delattr("subprocess.Popen.kill")  # hanging up must do
    assert set(processes) == {"keeper", "sh1", "sh2", "sh3"}
    kernel.close()
    assert [pid for pid in processes.values() if Path(f"/proc/{pid}").exists()] == []
    kernel.close()
    for use in (lambda: kernel.call("sh1", "getcwd"), lambda: kernel.start("sh4")):
        with pytest.raises(SandboxEnded, match="was closed"):
            use()


def test_a_stuck_shell_does_not_keep_the_rest(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = three_shells()
    os.kill(agents(mark)["sh1"], signal.SIGSTOP)
    monkeypatch.delattr("subprocess.Popen.kill")  # the keeper must see that we hung up
    kernel.close()
    assert marked(mark) == {}


def test_the_sandbox_ends_with_the_block_even_when_it_raises(mark: str) -> None:
    with pytest.raises(KeyError), three_shells():
        raise KeyError
    assert marked(mark) == {}


def test_the_sandbox_ends_with_the_last_reference(mark: str) -> None:
    kernel = three_shells()
    assert len(marked(mark)) == 4
    del kernel
    gc.collect()
    assert marked(mark) == {}


@pytest.mark.parametrize("victim", ["keeper", "sh1", "sh2", "sh3"])
def test_a_killed_process_takes_the_sandbox_along(mark: str, victim: str) -> None:
    kernel = three_shells()
    processes = agents(mark)
    os.kill(processes[victim], signal.SIGKILL)
    gone = processes.values() if victim in ("keeper", "sh1") else [processes[victim]]
    assert eventually(lambda: not marked(mark).keys() & set(gone))
    shell = "sh1" if victim == "keeper" else victim
    with pytest.raises(
        SandboxEnded, match="sh1 (died|was killed by signal 9)" if shell == "sh1" else f"{shell} died"
    ):
        kernel.call(shell, "getcwd")
    assert eventually(lambda: marked(mark) == {})
    for other in ("sh1", "sh2", "sh3"):
        with pytest.raises(SandboxEnded):
            kernel.call(other, "getcwd")


def ioctl_number_of_mounts(pid: int) -> int:
    """NS_MNT_GET_INFO of ioctl_nsfs(2): the mounts of a namespace without its hidden root."""
    with open(f"/proc/{pid}/ns/mnt", "rb") as namespace:
        info = bytearray(struct.pack("IIQ", 16, 0, 0))
        fcntl.ioctl(namespace, 0x8010B70A, info)
    return int(struct.unpack("IIQ", info)[1])


@needs_root
def test_nothing_of_the_old_root_is_left_in_the_sandbox(mark: str) -> None:
    """It would be copied by every unshare, and pin what others want to unmount."""
    with three_shells():
        try:
            assert ioctl_number_of_mounts(agents(mark)["sh1"]) == 1
        except OSError as error:
            if error.errno != errno.ENOTTY:
                raise
            pytest.skip("this kernel has no NS_MNT_GET_INFO")


def test_a_newer_namespace_has_a_greater_id(mark: str) -> None:
    """Each CPU gives out namespace ids from a batch of its own, so that all shells stay on one."""
    with three_shells():
        cpus = {tuple(os.sched_getaffinity(pid)) for pid in agents(mark).values()}
        assert [len(one) for one in cpus] == [1]


def without_pid_namespace() -> list[str]:
    """A command prefix under which a pid namespace is refused: ENOSPC, clone(2)."""
    refuse = 'echo 0 > /proc/sys/user/max_pid_namespaces && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "sh", "-c", refuse, "sh"]


@pytest.mark.parametrize("before", [[], without_pid_namespace()], ids=["pid namespace", "no pid namespace"])
@pytest.mark.parametrize("end", ["kernel.close()", "sys.exit()", "del kernel", "killed", "keeper killed"])
def test_nothing_outlives_its_parent(end: str, before: list[str]) -> None:
    mark = new_mark()
    waits = end in ("killed", "keeper killed")
    code = BUSY + 'print("ready", flush=True)\nsys.stdin.read()\n' + ("time.sleep(60)" if waits else end)
    parent = python(code, before=before, mark=mark, stdin=-1)
    assert parent.stdin
    assert parent.stdout
    assert parent.stdout.readline() == "ready\n"
    processes = agents(mark)
    assert len(processes) == 4
    outside = os.readlink("/proc/self/ns/pid")
    assert (os.readlink(f"/proc/{processes['sh1']}/ns/pid") == outside) is bool(before)
    if end == "killed":
        parent.kill()
    elif end == "keeper killed":
        os.kill(processes["keeper"], signal.SIGKILL)
    parent.stdin.close()
    assert eventually(lambda: "agent" not in marked(mark).values()), marked(mark)
    parent.kill()
    parent.wait()
    parent.stdout.close()


def test_close_reaps_everything_where_there_is_no_pid_namespace() -> None:
    mark = new_mark()
    code = f"""
{BUSY}
from pathlib import Path
from sandboxes import agents
processes = agents({mark!r})
kernel.close()
print(len(processes), [pid for pid in processes.values() if Path(f"/proc/{{pid}}").exists()])
"""
    assert output(python(code, before=without_pid_namespace(), mark=mark)) == "4 []\n"


HELD_BY_A_FORK = f"""
import os, sys, time
{BUSY}
if os.fork() == 0:
    time.sleep(60)
print("ready", flush=True)
sys.stdin.readline()
kernel.close()
print("closed", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_forked_copy_of_the_parent_does_not_keep_it_alive(mark: str, end: str) -> None:
    """The copy holds our ends of the sockets, so that nobody sees them closed."""
    parent = python(HELD_BY_A_FORK, mark=mark, stdin=-1)
    assert parent.stdin
    assert parent.stdout
    assert parent.stdout.readline() == "ready\n"
    if end == "killed":
        parent.kill()
    else:
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == "closed\n"
    assert eventually(lambda: "agent" not in marked(mark).values(), 5.0), marked(mark)
    assert "parent" in marked(mark).values()
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()


# --- time limits ----------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["sh1", "sh2"])
def test_a_call_that_does_not_come_back(mark: str, shell: str) -> None:
    kernel = three_shells(call_limit=0.3)
    os.kill(agents(mark)[shell], signal.SIGSTOP)
    with pytest.raises(SandboxEnded, match=rf"{shell}: getcwd took longer than 0\.3 s"):
        kernel.call(shell, "getcwd")
    assert eventually(lambda: marked(mark) == {})
    with pytest.raises(SandboxEnded, match="took longer"):
        kernel.call("sh3", "getcwd")


def test_a_keeper_that_does_not_come_back(mark: str) -> None:
    kernel = three_shells(call_limit=0.3)
    os.kill(agents(mark)["keeper"], signal.SIGSTOP)
    kernel.close()
    assert eventually(lambda: marked(mark) == {})


def test_the_lifetime(mark: str) -> None:
    kernel = three_shells(lifetime=0.5)
    assert eventually(lambda: marked(mark) == {})
    with pytest.raises(SandboxEnded, match=r"the lifetime of 0\.5 s is over"):
        kernel.call("sh2", "getcwd")


def test_an_interrupted_call_ends_the_sandbox(mark: str) -> None:
    """The answer to an interrupted call must not become the answer to the next one."""
    kernel = three_shells()
    os.kill(agents(mark)["sh2"], signal.SIGSTOP)
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            kernel.call("sh2", "getcwd")
    finally:
        signal.signal(signal.SIGALRM, previous)
    with pytest.raises(SandboxEnded, match="sh2: getcwd was interrupted"):
        kernel.call("sh1", "getcwd")
    assert marked(mark) == {}


@pytest.mark.parametrize("limits", [{"call_limit": 0}, {"lifetime": -1}, {"lifetime": float("inf")}])
def test_limits_that_are_none(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a time limit is more than 0"):
        RunningKernel(**limits)


def test_ctrl_c_at_the_terminal_is_not_for_the_sandbox(mark: str) -> None:
    with three_shells():
        assert os.getpgrp() not in {os.getpgid(pid) for pid in agents(mark).values()}


# --- other callers --------------------------------------------------------------------

CALLERS_CALLS = [
    *(("sh1", *call) for call in (*START, bind("/d", "/e"), make(MS_SHARED, "/m"), tmpfs("/d", "D"))),
    ("sh2", "unshare", CLONE_NEWNS),
    ("sh1", *tmpfs("/m/x", "X")),
    ("sh2", "umount2", "/m/x", 0),
    ("sh2", *make(MS_PRIVATE, "/m")),
    ("sh2", *bind("/", "/m/x")),
    ("sh2", "pivot_root", "/m", "/m"),
    ("sh2", "umount2", "/", MNT_DETACH),
    ("sh1", "umount2", "/", 0),
    ("sh1", "mkdir", "/late"),
]
AS_CALLER = f"""
from vfslab.oracle.normal import normalise
from vfslab.oracle.live import RunningKernel
with RunningKernel() as kernel:
    kernel.start("sh2")
    for call in {CALLERS_CALLS!r}:
        print(call, kernel.call(*call))
    print(normalise(*(kernel.call(shell, "mountinfo").value for shell in ("sh1", "sh2"))))
"""


def test_an_unprivileged_user_gets_the_same_answers() -> None:
    if os.geteuid() != 0:
        pytest.skip("these tests run as an unprivileged user already")
    if (executable := python_for_nobody()) is None:
        pytest.skip("no interpreter that another user may run can import vfslab")
    theirs = python(AS_CALLER, executable=executable, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
    assert output(theirs) == output(python(AS_CALLER))


WHY_NOT = "from vfslab.oracle.live import available; print(available())"
# a user namespace of our own, in which we may lower the limits of user_namespaces(7)
OWN_USER_NAMESPACE = ["unshare", "--user", "--map-root-user", "sh", "-c"]
NO_SYS_ADMIN = "setpriv --bounding-set=-sys_admin"


@pytest.mark.parametrize(
    ("limit", "without", "message"),
    [
        (
            "max_user_namespaces",
            NO_SYS_ADMIN,
            "unshare(CLONE_NEWUSER): ENOSPC (user namespaces are switched off: "
            "/proc/sys/user/max_user_namespaces is 0). "
            "To allow it: as root, sysctl user.max_user_namespaces=10000.",
        ),
        (
            "max_mnt_namespaces",
            "",
            "unshare(CLONE_NEWNS): ENOSPC (mount namespaces are switched off: "
            "/proc/sys/user/max_mnt_namespaces is 0). "
            "To allow it: as root, sysctl user.max_mnt_namespaces=10000.",
        ),
    ],
)
def test_forbidden_by_a_limit(limit: str, without: str, message: str) -> None:
    if without and shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is not installed")
    lower = f'echo 0 > /proc/sys/user/{limit} && exec {without} "$@"'
    assert output(python(WHY_NOT, before=[*OWN_USER_NAMESPACE, lower, "sh"])) == message + "\n"


SECCOMP = """
import ctypes, os, struct
UNSHARE = {"x86_64": 272, "aarch64": 97, "riscv64": 97}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
# load the number; is it unshare(2)? no: SECCOMP_RET_ALLOW, yes: SECCOMP_RET_ERRNO with EPERM
program = [(0x20, 0, 0, 0), (0x15, 1, 0, UNSHARE), (0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001)]
code = b"".join(struct.pack("HBBI", *line) for line in program)
buffer = ctypes.create_string_buffer(code)
fprog = ctypes.create_string_buffer(struct.pack("HL", len(program), ctypes.addressof(buffer)))
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, fprog) == 0, ctypes.get_errno()  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
"""


@pytest.mark.parametrize(("without", "flag"), [("", "CLONE_NEWNS"), (NO_SYS_ADMIN, "CLONE_NEWUSER")])
def test_forbidden_by_seccomp(without: str, flag: str) -> None:
    """As in a container with the usual filter."""
    if os.uname().machine not in ("x86_64", "aarch64", "riscv64"):
        pytest.skip(f"the number of unshare(2) on {os.uname().machine} is not known here")
    if without and shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is not installed")
    before = [*OWN_USER_NAMESPACE, f'exec {without} "$@"', "sh"]
    assert output(python(SECCOMP + WHY_NOT, before=before)) == (
        f"unshare({flag}): EPERM (a seccomp filter is active, as in a container). To allow it: "
        "start the container with --cap-add SYS_ADMIN or --security-opt seccomp=unconfined.\n"
    )


def test_forbidden_without_procfs() -> None:
    before = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    assert output(python(WHY_NOT, before=[*before, hide, "sh"])) == (
        "open(/proc/self/status): ENOENT (no procfs is mounted on /proc). To allow it: mount one.\n"
    )


def test_a_machine_whose_call_numbers_are_not_known() -> None:
    """linux32 lets uname(2) say i686; getcwd(2) has another number there."""
    if os.uname().machine != "x86_64" or shutil.which("linux32") is None:
        pytest.skip("linux32 (util-linux) on x86_64 is needed to look like another machine")
    said = output(python(WHY_NOT, before=["linux32"]))
    assert said.startswith("getcwd(2) on i686: ENOSYS (the number of this call is not known")


def test_not_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(NotAllowed, match=r"this is darwin, not Linux\. To allow it: run it on Linux"):
        RunningKernel()


@pytest.mark.parametrize("executable", ["", "/none/python"])
def test_no_interpreter_to_start(monkeypatch: pytest.MonkeyPatch, executable: str) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(NotAllowed, match=r"could not be started: .* To allow it: "):
        RunningKernel()


def test_an_interpreter_that_fails_says_what_it_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho the library is missing >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(SandboxEnded, match="the sandbox did not start\nthe library is missing"):
        RunningKernel()
    assert available.__wrapped__() == "the sandbox did not start\nthe library is missing"


def test_the_rootfs_of_the_machine_stays_as_it_is() -> None:
    """Its superblock is everybody's: what a shell on the very bottom asks for is refused."""
    skip_without_root("the bottom is locked, no shell gets there")
    with RunningKernel() as kernel:
        assert kernel.call("sh1", "umount2", "/", MNT_DETACH).errno is None
        ns = kernel.call("sh1", "openat", AT_FDCWD, "/proc/self/ns/mnt", 0).value
        assert kernel.call("sh1", "setns", ns, 0).errno is None
        before = kernel.call("sh1", "mountinfo").value
        if " - rootfs " not in before:
            pytest.skip("the bottom is a nullfs, which is each namespace's own")
        for call in (
            ("umount2", "/", 0),
            ("mount", "none", "/", None, MS_REMOUNT, None),
            ("mount", "none", "/", None, MS_REMOUNT | MS_RDONLY, None),
            ("mount", "none", "/", None, MS_REMOUNT, "rw,size=1m"),
        ):
            assert kernel.call("sh1", *call).errno == "EBUSY"
        assert kernel.call("sh1", "mkdir", "/vfslab-was-here").errno == "EROFS"
        assert kernel.call("sh1", "mountinfo").value == before
