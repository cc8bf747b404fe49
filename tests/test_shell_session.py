"""Sessions: several shells, what they share, and what commands ask of the machine."""

from __future__ import annotations

from typing import Any

import pytest

from recorder import Recorder
from vfslab.kernel import flags
from vfslab.machine import Answer
from vfslab.model import Model
from vfslab.shell import calls
from vfslab.shell.session import COMMANDS, CommandResult, Session
from vfslab.shell.transcript import TranscriptError
from vfslab.shell.words import WordError


def ms(words: str) -> int:
    return sum(getattr(flags, f"MS_{word}") for word in words.split("|")) if words else 0


# as strace shows mount(8) of util-linux 2.38.1 make them
@pytest.mark.parametrize(
    ("command", "calls"),
    [
        ("mount -t tmpfs A /a", [("A", "tmpfs", "", None)]),
        ("mount -t tmpfs -o size=1m,ro,nosuid A /a", [("A", "tmpfs", "RDONLY|NOSUID", "size=1m")]),
        (
            "mount -t tmpfs none /a -o noatime,mode=700,defaults,strictatime,lazytime",
            [("none", "tmpfs", "NOATIME|STRICTATIME|LAZYTIME", "mode=700")],
        ),
        (
            "mount -t tmpfs none /a -o noatime,relatime,nodiratime,diratime,atime,ro,rw",
            [("none", "tmpfs", "RELATIME", None)],
        ),
        ("mount -t tmpfs -o rw=1,ro=recursive none /a", [("none", "tmpfs", "", "rw=1,ro=recursive")]),
        ("mount -t tmpfs,ext4 none /a", [("none", "tmpfs", "SILENT", None)]),
        ("mount --bind /s /a", [("/s", None, "BIND", None)]),
        ("mount --bind ../s/. /a", [("../s/.", None, "BIND", None)]),
        (
            "mount --bind -o ro /s /a",
            [("/s", None, "RDONLY|BIND", None), ("none", None, "RDONLY|REMOUNT|BIND", None)],
        ),
        (
            "mount --rbind -o ro,nosuid /s /a",
            [
                ("/s", None, "RDONLY|NOSUID|BIND|REC", None),
                ("none", None, "RDONLY|NOSUID|REMOUNT|BIND|REC", None),
            ],
        ),
        ("mount --bind --make-slave /s /a", [("/s", None, "BIND", None), ("none", None, "SLAVE", None)]),
        (
            "mount --bind --make-slave -o ro /s /a",
            [
                ("/s", None, "RDONLY|BIND", None),
                ("none", None, "SLAVE", None),
                ("none", None, "RDONLY|REMOUNT|BIND", None),
            ],
        ),
        (
            "mount --bind --make-rshared --make-private /s /a",
            [("/s", None, "BIND", None), ("none", None, "REC|SHARED", None), ("none", None, "PRIVATE", None)],
        ),
        ("mount -o bind,shared /s /a", [("/s", None, "BIND", None), ("none", None, "SHARED", None)]),
        ("mount -o bind,move /s /a", [("/s", None, "BIND|MOVE", None)]),
        (
            "mount --rbind --make-private /s /a",
            [("/s", None, "BIND|REC", None), ("none", None, "PRIVATE", None)],
        ),
        ("mount --move /s /a", [("/s", None, "MOVE", None)]),
        ("mount --make-shared /a", [("none", None, "SHARED", None)]),
        ("mount --make-runbindable /a", [("none", None, "REC|UNBINDABLE", None)]),
        (
            "mount --make-shared --make-rslave /a",
            [("none", None, "SHARED", None), ("none", None, "REC|SLAVE", None)],
        ),
        (
            "mount -t tmpfs --make-shared none /a",
            [("none", "tmpfs", "", None), ("none", None, "SHARED", None)],
        ),
        ("mount -o remount,ro /a", [("A", None, "RDONLY|REMOUNT|RELATIME", "size=2048k")]),
        ("mount -o remount,bind,rw /a", [("A", None, "REMOUNT|BIND|RELATIME", "size=2048k")]),
        (
            "mount -o remount,rw,nosuid,size=3m /a",
            [("A", None, "NOSUID|REMOUNT|RELATIME", "size=2048k,size=3m")],
        ),
        ("mount -o remount,ro A", [("A", None, "RDONLY|REMOUNT|RELATIME", "size=2048k")]),
        ("mount -o remount,bind,noexec -t foo X /a", [("X", None, "NOEXEC|REMOUNT|BIND", None)]),
        ("mount -o remount,ro /b", [("none", None, "RDONLY|REMOUNT", None)]),
        ("mount -f -t tmpfs A /a", []),
        ("mount -a", []),
    ],
)  # fmt: skip
def test_what_mount_asks_of_the_kernel(command: str, calls: list[tuple[Any, ...]]) -> None:
    machine = Recorder()
    result = Session(machine).run("sh1", command)
    assert (result.status, result.stderr) == (0, "")
    target = {"mount -o remount,ro /b": "/b"}.get(command, "/a")
    expected = [("mount", source, target, fstype, ms(bits), data) for source, fstype, bits, data in calls]
    assert machine.calls == expected


@pytest.mark.parametrize(
    ("command", "calls"),
    [
        ("umount /a", [("umount2", "/a", 0)]),
        ("umount -l /a", [("umount2", "/a", 2)]),
        ("umount -lf /a", [("umount2", "/a", 3)]),
        ("umount ./a/.. ", [("umount2", "./a/..", 0)]),
        ("umount A", [("umount2", "/a", 0)]),
        ("umount -R /", [("umount2", "/a", 0), ("umount2", "/", 0)]),
        ("umount --fake /a", []),
        ("unshare -m", [("unshare", 0x20000), ("mount", "none", "/", None, ms("REC|PRIVATE"), None)]),
        (
            "unshare --mount --propagation=slave",
            [("unshare", 0x20000), ("mount", "none", "/", None, ms("REC|SLAVE"), None)],
        ),
        (
            "unshare -m --propagation shared sh",
            [("unshare", 0x20000), ("mount", "none", "/", None, ms("REC|SHARED"), None)],
        ),
        ("unshare -m --propagation unchanged", [("unshare", 0x20000)]),
        ("unshare", []),
        ("chroot /a", [("chroot", "/a"), ("chdir", "/")]),
        ("chroot /a /bin/sh", [("chroot", "/a"), ("chdir", "/")]),
        ("chroot --skip-chdir /a", [("chroot", "/a")]),
        ("pivot_root . ./old", [("pivot_root", ".", "./old")]),
        ("cd", [("chdir", "/")]),
        ("cd ..", [("chdir", "..")]),
        ("touch /x", [("mknod", "/x")]),
    ],
)
def test_what_other_commands_ask_of_the_kernel(command: str, calls: list[tuple[Any, ...]]) -> None:
    machine = Recorder()
    result = Session(machine).run("sh1", command)
    assert (result.status, result.stderr) == (0, "")
    assert machine.calls == calls


DMESG = "       dmesg(1) may have more information after failed mount system call.\n"
MOUNTED = "filesystem was mounted, but any subsequent operation failed: Unknown error 5005."


# as mount(8) answers when strace makes its n-th mount(2) fail
@pytest.mark.parametrize(
    ("command", "refuse", "said"),
    [
        ("mount --bind /s /b", {1: "EPERM"}, "permission denied."),
        ("mount -t tmpfs none /b", {1: "EBUSY"}, "none already mounted or mount point busy."),
        ("mount -t tmpfs A /b", {1: "EBUSY"}, "A already mounted on /a."),
        ("mount -o remount,ro /b", {1: "EBUSY"}, "mount point is busy."),
        ("mount --bind /s /b", {1: "ENOSPC"}, "mount(2) system call failed: No space left on device."),
        ("mount --bind /s /b", {1: "ENOENT"}, "mount(2) system call failed: No such file or directory."),
        ("mount --make-shared /b", {1: "EPERM"}, "permission denied."),
        ("mount --make-shared --make-private /b", {2: "EINVAL"}, "not mount point or bad option."),
        ("mount --bind --make-slave /s /b", {2: "EINVAL"}, MOUNTED),
        ("mount --bind -o ro /s /b", {2: "EPERM"}, MOUNTED),
        ("mount -t tmpfs none /b --make-shared", {2: "EINVAL"}, MOUNTED),
    ],
)
def test_refused_mounts(command: str, refuse: dict[int, str], said: str) -> None:
    result = Session(Recorder(refuse)).run("sh1", command)
    assert result.stderr == f"mount: /b: {said}\n" + ("" if said == MOUNTED else DMESG)
    assert (result.status, result.errno, result.reason) == (32, *refuse.values(), "check: why")


def test_an_unshare_that_fails_halfway() -> None:
    result = Session(Recorder({1: "EINVAL"})).run("sh1", "unshare -m")
    said = "unshare: cannot change root filesystem propagation: Invalid argument\n"
    assert result == CommandResult("sh1", "unshare -m", 1, "EINVAL", "", said, "check: why")


def run(transcript: str) -> list[CommandResult]:
    with Model() as model:
        return Session(model).run_transcript(transcript)


def last(transcript: str) -> CommandResult:
    return run(transcript)[-1]


def test_a_new_prompt_is_a_child_of_sh1() -> None:
    results = run(
        """
        mkdir -p /a/b
        cd /a
        sh2# pwd
        cd /
        sh2# pwd
        sh3# pwd
        sh2# chroot /a
        sh4# ls
        sh2# ls /
        """
    )
    assert [result.stdout for result in results if result.stdout] == ["/a\n", "/a\n", "/\n", "a\n", "b\n"]
    assert {result.status for result in results} == {0}


def test_a_prompt_alone_starts_its_shell() -> None:
    machine = Recorder()
    session = Session(machine)
    assert len(session.run_transcript("sh2#\nsh3# # nothing\nsh2# cd /")) == 1
    assert machine.started == ["sh2", "sh3"]
    assert session.shells == ("sh1", "sh2", "sh3")


def test_shells_of_one_namespace_and_of_two() -> None:
    transcript = """
        mkdir /a
        mount -t tmpfs A /a
        sh2# umount /a
        sh1# mount -t tmpfs B /a
        sh2# unshare -m
        sh2# umount /a
        mountpoint /a
        """
    assert [result.status for result in run(transcript)] == [0] * 7
    assert last(transcript).stdout == "/a is a mountpoint\n"


@pytest.mark.parametrize(
    ("options", "propagation"),
    [
        ("", "private"),
        ("--propagation private", "private"),
        ("--propagation slave", "private,slave"),
        ("--propagation shared", "shared"),
        ("--propagation unchanged", "shared"),
    ],
)
def test_unshare_changes_propagation(options: str, propagation: str) -> None:
    transcript = f"""
        mkdir /a
        mount -t tmpfs A /a
        mount --make-shared /a
        sh2# unshare -m {options}
        sh2# findmnt -no PROPAGATION /a
        """
    assert last(transcript).stdout == f"{propagation}\n"


def test_the_same_mount_table_from_every_side() -> None:
    results = run(
        """
        mkdir /a
        mount -t tmpfs -o ro "s p" /a
        cat /proc/self/mountinfo
        cat /proc/self/mounts
        cat /proc/mounts
        mount
        findmnt -rn
        """
    )[2:]
    mountinfo, *rest = (result.stdout for result in results)
    assert [line.split(" ")[3:] for line in mountinfo.splitlines()] == [
        ["/", "/", "rw,relatime", "-", "tmpfs", "tmpfs", "rw"],
        ["/", "/a", "ro,relatime", "-", "tmpfs", "s\\040p", "ro"],
    ]
    assert rest == [
        "tmpfs / tmpfs rw,relatime 0 0\ns\\040p /a tmpfs ro,relatime 0 0\n",
        "tmpfs / tmpfs rw,relatime 0 0\ns\\040p /a tmpfs ro,relatime 0 0\n",
        "tmpfs on / type tmpfs (rw,relatime)\ns p on /a type tmpfs (ro,relatime)\n",
        "/ tmpfs tmpfs rw,relatime\n/a s\\x20p tmpfs ro,relatime\n",
    ]


def test_a_chroot_sees_its_own_table() -> None:
    results = run(
        """
        mkdir /a
        mount -t tmpfs A /a
        sh2# chroot /a
        sh2# findmnt -rno TARGET,SOURCE
        sh2# pwd
        """
    )
    assert [result.stdout for result in results[-2:]] == ["/ A\n", "/\n"]


def test_outside_of_the_root() -> None:
    results = run(
        """
        mkdir -p /a/in /b
        mount -t tmpfs A /a
        mkdir /a/in
        sh2# cd /a/in
        umount -l /a
        sh2# pwd
        sh2# cd ..
        sh2# cd ..
        sh2# pwd
        sh2# mount --bind . /b
        """
    )
    said = [(result.status, result.errno, result.stdout) for result in results if result.shell == "sh2"]
    assert said[1:] == [
        (0, None, "(unreachable)/in\n"),
        (0, None, ""),
        (0, None, ""),
        (0, None, "(unreachable)/\n"),
        (32, "EINVAL", ""),
    ]


def test_reasons_come_from_the_machine() -> None:
    result = last("mkdir /a\nmount -t tmpfs A /a\nmount --make-unbindable /a\nmount --bind /a /a")
    assert (result.errno, result.status) == ("EINVAL", 32)
    assert result.reason and "unbindable" in result.reason


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("frobnicate -x", 127, "sh1: frobnicate: command not found\n"),
        ("'' x", 127, "sh1: : command not found\n"),
        ("cd -x", 2, "sh1: cd: invalid option -- 'x'\ncd: usage: cd [-L|-P] [DIRECTORY]\n"),
        (
            "unshare -m ls",
            127,
            "unshare: failed to execute ls: only this shell goes on in the new namespace\n",
        ),
        (
            "chroot / ls",
            127,
            "chroot: failed to run command ‘ls’: only this shell goes on in the new root\n",
        ),
    ],
)
def test_what_is_not_here(command: str, status: int, said: str) -> None:
    machine = Recorder()
    result = Session(machine).run("sh1", command)
    assert (result.status, result.errno, result.stdout, result.stderr) == (status, None, "", said)
    assert machine.calls == []


@pytest.mark.parametrize(
    ("command", "flag", "status"),
    [
        ("ls -l", "-l", 2),
        ("diff -u a b", "-u", 2),
        ("unshare -c", "--map-current-user", 1),
        ("nsenter -p", "--pid", 1),
        ("setpriv --inh-caps=-sys_admin", "--inh-caps", 1),
        ("setpriv --ambient-caps -sys_admin", "--ambient-caps", 1),
        ("mv -i a b", "--interactive", 1),
        ("ln -sf a b", "--force", 1),
        ("mount -L x /a", "--label", 1),
    ],
)
def test_flags_of_the_real_tools_that_are_not_here(command: str, flag: str, status: int) -> None:
    name = command.split(maxsplit=1)[0]
    result = Session(Recorder()).run("sh1", command)
    assert result.status == status
    assert f"{name}: option '{flag}' of the real {name} is not modelled here\n" in result.stderr
    assert result.stderr.endswith(f"Try '{name} --help' for more information.\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_usage(name: str) -> None:
    result = Session(Recorder()).run("sh1", f"{name} --help")
    if COMMANDS[name].builtin:
        assert (result.status, result.stderr.split("\n")[1]) == (
            2,
            f"{name}: usage: {name} {COMMANDS[name].usage}",
        )
    else:
        assert (result.status, result.stdout) == (0, f"Usage: {name} {COMMANDS[name].usage}\n")


def test_the_commands() -> None:
    lessons = (
        "mount umount mkdir rmdir touch rm ls cat cd pwd chroot pivot_root mountpoint findmnt diff unshare"
    )
    later = "clone exit nsenter setpriv mv ln syscall sysctl"
    assert sorted(COMMANDS) == sorted([*lessons.split(), *later.split(), *calls.SPELLED])


def test_nothing_runs_of_a_transcript_that_cannot_be_read() -> None:
    machine = Recorder()
    session = Session(machine)
    with pytest.raises(TranscriptError, match="line 3, column 6"):
        session.run_transcript("mkdir /a\nsh2# ls\nls /a'")
    assert (machine.calls, machine.started, session.shells) == ([], [], ("sh1",))


def test_a_line_that_cannot_be_split_does_not_run() -> None:
    machine = Recorder()
    with pytest.raises(WordError, match="column 4"):
        Session(machine).run("sh2", "ls 'a")
    assert machine.started == []


def test_an_empty_line_only_starts_the_shell() -> None:
    machine = Recorder()
    assert Session(machine).run("sh2", "") == CommandResult("sh2", "", 0, None, "", "", None)
    assert machine.started == ["sh2"]


class Deep(Recorder):
    """Directories in directories, three thousand deep, different ones below every first letter."""

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        if name == "readdir":
            self.calls.append((name, *args))
            return Answer(["d"] if args[0].count("/") < 3000 else [])
        return super().call(shell, name, *args)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["ls -R /a", "diff -r /a /b", "rm -r /a"])
def test_trees_deeper_than_the_stack_of_python(command: str) -> None:
    machine = Deep()
    result = Session(machine).run("sh1", command)
    assert (result.status, result.stderr) == (0, "")
    assert len({path for call, path in machine.calls if path.startswith("/a")}) == 3000


def test_a_loop_of_binds() -> None:
    results = run("mkdir -p /r\n" + "mount --rbind / /r\n" * 6 + "ls -R /\ndiff -r / /r\nrm -r /r\n")
    listed, compared, removed = results[-3:]
    assert (listed.status, listed.stderr) == (2, "ls: /r: not listing already-listed directory\n")
    assert (compared.status, compared.stdout) == (0, "")
    assert (removed.status, removed.errno) == (1, None)
    assert "dangerous" in removed.stderr
