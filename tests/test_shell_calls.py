"""System calls as commands: what words become of them, what names keep, what is said of wrong words."""

from __future__ import annotations

from typing import Any

import pytest

from recorder import Recorder
from vfslab.kernel import flags as f
from vfslab.machine import Answer
from vfslab.shell.calls import SPELLED
from vfslab.shell.session import CommandResult, Session

CLOSED = 0x7FFFFFFF
NEW = f.CLONE_NEWNS | f.CLONE_NEWUSER


def ask(*lines: str) -> tuple[Recorder, list[CommandResult]]:
    machine = Recorder()
    session = Session(machine)
    return machine, session.run_transcript("\n".join(lines))


# descriptors and ids of the recorder count from 100 over all calls
ASKED: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("F = openat AT_FDCWD /a O_PATH", [("openat", f.AT_FDCWD, "/a", f.O_PATH)]),
    ("F = openat AT_FDCWD /a O_WRONLY,O_CREAT", [("openat", f.AT_FDCWD, "/a", f.O_WRONLY | f.O_CREAT)]),
    ("F = openat AT_FDCWD /a 'O_WRONLY|O_CREAT'", [("openat", f.AT_FDCWD, "/a", f.O_WRONLY | f.O_CREAT)]),
    ("F = openat AT_FDCWD /a 0x40,1", [("openat", f.AT_FDCWD, "/a", f.O_WRONLY | f.O_CREAT)]),
    ("F = openat -1 a 0", [("openat", -1, "a", 0)]),
    # a descriptor that no name keeps is closed
    ("openat AT_FDCWD /a O_PATH", [("openat", f.AT_FDCWD, "/a", f.O_PATH), ("close", 100)]),
    ("openat AT_FDCWD NULL 0", [("openat", f.AT_FDCWD, None, 0), ("close", 100)]),
    ('F = open_tree AT_FDCWD "" AT_EMPTY_PATH', [("open_tree", f.AT_FDCWD, "", f.AT_EMPTY_PATH)]),
    (
        "F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE",
        [("open_tree", f.AT_FDCWD, "/a", f.OPEN_TREE_CLONE | f.AT_RECURSIVE)],
    ),
    (
        "move_mount AT_FDCWD /a -1 '' MOVE_MOUNT_BENEATH,MOVE_MOUNT_T_EMPTY_PATH",
        [("move_mount", f.AT_FDCWD, "/a", -1, "", f.MOVE_MOUNT_BENEATH | f.MOVE_MOUNT_T_EMPTY_PATH)],
    ),
    ("F = fsopen tmpfs FSOPEN_CLOEXEC", [("fsopen", "tmpfs", 1)]),
    ("fsconfig -1 FSCONFIG_CMD_CREATE", [("fsconfig", -1, f.FSCONFIG_CMD_CREATE, None, None, 0)]),
    (
        "fsconfig -1 FSCONFIG_SET_STRING source 'a b'",
        [("fsconfig", -1, f.FSCONFIG_SET_STRING, "source", "a b", 0)],
    ),
    ("fsconfig -1 FSCONFIG_SET_FLAG ro NULL 0", [("fsconfig", -1, 0, "ro", None, 0)]),
    ("fsconfig -1 99 aux=AT_FDCWD", [("fsconfig", -1, 99, None, None, f.AT_FDCWD)]),
    ("F = fsmount -1 0 MOUNT_ATTR_RDONLY", [("fsmount", -1, 0, f.MOUNT_ATTR_RDONLY)]),
    ("mount_setattr AT_FDCWD / AT_RECURSIVE", [("mount_setattr", f.AT_FDCWD, "/", f.AT_RECURSIVE, {}, 32)]),
    (
        "mount_setattr AT_FDCWD / 0 propagation=MS_SHARED attr_set=MOUNT_ATTR_RDONLY,8 size=40",
        [("mount_setattr", f.AT_FDCWD, "/", 0, {"attr_set": 9, "propagation": f.MS_SHARED}, 40)],
    ),
    (
        "mount_setattr AT_FDCWD / 0 MOUNT_ATTR_NOATIME MOUNT_ATTR__ATIME tail=7",
        [("mount_setattr", f.AT_FDCWD, "/", 0, {"attr_set": 0x10, "attr_clr": 0x70, "tail": 7}, 32)],
    ),
    (
        "statmount 2147483655 STATMOUNT_MNT_BASIC,STATMOUNT_MNT_POINT",
        [("statmount", {"mnt_id": 2147483655, "param": 0x12, "size": 32}, 65536, 0)],
    ),
    (
        "statmount 0 1 flags=STATMOUNT_BY_FD mnt_fd=-1 bufsize=512 size=24",
        [("statmount", {"mnt_id": 0, "param": 1, "size": 24, "mnt_fd": -1}, 512, 1)],
    ),
    ("listmount LSMT_ROOT", [("listmount", {"mnt_id": f.LSMT_ROOT, "size": 32}, 1000, 0)]),
    (
        "listmount LSMT_ROOT param=2147483655 count=2 flags=LISTMOUNT_REVERSE mnt_ns_id=7",
        [("listmount", {"mnt_id": f.LSMT_ROOT, "param": 2147483655, "size": 32, "mnt_ns_id": 7}, 2, 1)],
    ),
    ("setns -1 CLONE_NEWNS", [("setns", -1, f.CLONE_NEWNS)]),
    ("pidfd_open sh1", [("pidfd_open", "sh1"), ("close", 100)]),
    ("umount2 /a MNT_EXPIRE", [("umount2", "/a", f.MNT_EXPIRE)]),
    ("clone sh2 CLONE_NEWNS,CLONE_NEWUSER", [("clone", f.CLONE_NEWNS | f.CLONE_NEWUSER, "sh2")]),
    ("clone sh2 CLONE_EMPTY_MNTNS", [("clone", 1 << 37, "sh2")]),
    ("clone sh2 0", [("clone", 0, "sh2")]),
    ("unshare -U -r -m", [("unshare", NEW), ("mount", "none", "/", None, f.MS_REC | f.MS_PRIVATE, None)]),
    ("unshare -Urm --propagation unchanged", [("unshare", NEW)]),
    ("unshare --user --map-root-user sh", [("unshare", f.CLONE_NEWUSER)]),
    ("unshare -r", [("unshare", f.CLONE_NEWUSER)]),
    ("syscall unshare UNSHARE_EMPTY_MNTNS", [("unshare", f.UNSHARE_EMPTY_MNTNS)]),
    ("syscall mount NULL /a NULL MS_SHARED NULL", [("mount", None, "/a", None, f.MS_SHARED, None)]),
    ("F = syscall openat AT_FDCWD / 0", [("openat", f.AT_FDCWD, "/", 0)]),
    # nsenter(1) leaves the user namespace for the end, to go on with more privileges than before
    (
        "nsenter -t sh1 -m",
        [("openat", f.AT_FDCWD, "/proc/sh1/ns/mnt", 0), ("setns", 100, f.CLONE_NEWNS), ("close", 100)],
    ),
    (
        "nsenter -t sh1 -U -m --preserve-credentials",
        [
            ("openat", f.AT_FDCWD, "/proc/sh1/ns/user", 0),
            ("openat", f.AT_FDCWD, "/proc/sh1/ns/mnt", 0),
            ("setns", 101, f.CLONE_NEWNS),
            ("close", 101),
            ("setns", 100, f.CLONE_NEWUSER),
            ("close", 100),
        ],
    ),
    (
        "nsenter --mount=/ns/file sh",
        [("openat", f.AT_FDCWD, "/ns/file", 0), ("setns", 100, f.CLONE_NEWNS), ("close", 100)],
    ),
    ("nsenter -t sh1", []),
    ("setpriv --bounding-set=-sys_admin", [("capset", ["CAP_SYS_ADMIN"])]),
    ("setpriv --bounding-set -sys_admin,-sys_chroot sh", [("capset", ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT"])]),
    ("setpriv", []),
    ("sysctl -w fs.mount-max=10", [("sysctl", "fs.mount-max", 10)]),
    ("sysctl user.max_mnt_namespaces=-1", [("sysctl", "user.max_mnt_namespaces", 0xFFFFFFFF)]),
    ("ln -s /a /l", [("symlink", "/a", "/l/a")]),
    ("ln -sT /a /l", [("symlink", "/a", "/l")]),
    ("ln -s /a/b", [("symlink", "/a/b", "./b")]),
    ("mv -T /a /b", [("rename", "/a", "/b")]),
    ("mv /a/c/ /b", [("rename", "/a/c/", "/b/c")]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "calls"), ASKED)
def test_what_is_asked_of_the_kernel(line: str, calls: list[tuple[Any, ...]]) -> None:
    machine, (result,) = ask(line)
    assert (result.status, result.stderr) == (0, "")
    assert machine.calls == calls


KEPT: list[tuple[tuple[str, ...], tuple[Any, ...]]] = [
    (("F = pipe", "close F"), ("close", 100)),
    (("F = pipe", "close F", "close F"), ("close", CLOSED)),
    (("F = pipe", "fchdir F"), ("fchdir", 100)),
    (("F = pipe", "read F 0x10"), ("read", 100, 16)),
    (("F = pipe", "umount /proc/self/fd/F"), ("umount2", "/proc/self/fd/100", 0)),
    (("F = pipe", "umount -l /proc/self/fd/F/a/F"), ("umount2", "/proc/self/fd/100/a/F", 2)),
    (("F = pipe", "cd /proc/self/fd/F"), ("chdir", "/proc/self/fd/100")),
    (("F = pipe", "openat F x O_PATH", "touch /proc/self/fd/F"), ("mknod", "/proc/self/fd/100")),
    (("F = pipe", "G = pipe", "openat G x 0", "fchdir F"), ("fchdir", 100)),
    # a name that is given again lets go of what it had, as "exec 3< file" in sh
    (("F = pipe", "F = pipe"), ("close", 100)),
    (("F = pipe", "F = pipe", "fchdir F"), ("fchdir", 101)),
    (("F = pipe", "F = statx AT_FDCWD / 0"), ("close", 100)),
    (("F = pipe", "close F", "F = pipe"), ("pipe",)),
    (("I = statx AT_FDCWD / 0", "statmount I 1"),
     ("statmount", {"mnt_id": 100, "param": 1, "size": 32}, 65536, 0)),
    (("I = ns_get_mntns_id -1", "listmount LSMT_ROOT mnt_ns_id=I"),
     ("listmount", {"mnt_id": f.LSMT_ROOT, "size": 32, "mnt_ns_id": 100}, 1000, 0)),
    # of a listing the last id, with which the next one begins
    (("I = listmount LSMT_ROOT", "listmount LSMT_ROOT param=I"),
     ("listmount", {"mnt_id": f.LSMT_ROOT, "param": 101, "size": 32}, 1000, 0)),
    (("U = pipe", "mount_setattr AT_FDCWD / 0 userns_fd=U"),
     ("mount_setattr", f.AT_FDCWD, "/", 0, {"userns_fd": 100}, 32)),
    # a child has its parent's names of that moment
    (("F = pipe", "sh2# fchdir F"), ("fchdir", 100)),
    (("F = pipe", "sh2#", "F = pipe", "sh2# fchdir F"), ("fchdir", 100)),
    (("sh2# F = pipe", "sh2# clone sh3 0", "sh3# fchdir F"), ("fchdir", 100)),
    (("F = pipe", "sh2# close F", "fchdir F"), ("fchdir", 100)),
    # what is no path is left alone
    (("F = pipe", "ln -sT /proc/self/fd/F /l"), ("symlink", "/proc/self/fd/F", "/l")),
    (("F = pipe", "ls /proc/self/fd/FF # fails", "touch /proc/self/fds/F"), ("mknod", "/proc/self/fds/F")),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "call"), KEPT)
def test_what_names_stand_for(lines: tuple[str, ...], call: tuple[Any, ...]) -> None:
    machine, results = ask(*lines)
    for result in results:
        assert bool(result.status) == result.command.endswith("# fails"), result
    assert machine.calls[-1] == call


NO_FLAG = "FLAGS has no flag 'OPEN_TREE_CLON': OPEN_TREE_CLONE, OPEN_TREE_NAMESPACE, "
DESCRIPTORS = "descriptors go by name: F = openat …, and F in the place of 5"

WRONG = [
    ("open_tree", "missing DIRFD"),
    ("open_tree AT_FDCWD /a", "missing FLAGS"),
    ("open_tree AT_FDCWD /a 0 0", "column 25: extra operand '0'"),
    ("open_tree AT_FDCWD /a OPEN_TREE_CLON", f"column 23: {NO_FLAG}"),
    ("  open_tree  AT_FDCWD '/a'  AT_RECURSIVE,OPEN_TREE_CLON", f"column 42: {NO_FLAG}"),
    ("open_tree AT_FDCWD /a AT_RECURSIVE,,AT_EMPTY_PATH", "column 36: FLAGS has no flag ''"),
    ("open_tree AT_FDCWD /a 4294967296", "column 23: 4294967296 does not fit into the 32 bits of FLAGS"),
    ("open_tree AT_FDCWD /a -1", "column 23: -1 does not fit into the 32 bits of FLAGS"),
    ("open_tree 5 /a 0", f"column 11: {DESCRIPTORS}"),
    ("open_tree -2147483649 /a 0", "column 11: -2147483649 does not fit into the 32 bits of DIRFD"),
    ("open_tree F /a 0", "column 11: 'F' is no number, no AT_FDCWD and no name that keeps one"),
    ("close F", "column 7: 'F' is no number and no name that keeps one"),
    ("fsconfig -1 CMD_CREATE", "column 13: 'CMD_CREATE' is no number, no FSCONFIG_SET_FLAG or "),
    ("statmount 18446744073709551616 1", "column 11: 18446744073709551616 does not fit into the 64 "),
    ("statmount LSMT_ROOT 1 mnt_id=4", "column 23: extra operand 'mnt_id=4'"),
    ("mount_setattr AT_FDCWD / 0 attr_set=NOEXEC", "column 37: ATTR_SET has no flag 'NOEXEC': "),
    ("mount_setattr AT_FDCWD / 0 size=1 size=2", "column 35: extra operand 'size=2'"),
    ("pidfd_open sh9", "column 12: there is no shell 'sh9'"),
    ("F = close -1", "close gives no number that F could keep"),
    ("F = syscall mkdir /a", "mkdir gives no number that F could keep"),
    ("F = statmount LSMT_ROOT 1", "statmount gives no number that F could keep"),
    ("syscall", "missing NAME"),
    ("syscall reboot", "there is no call 'reboot' here: mount, umount2, "),
    ("syscall clone 0 sh2", "there is no call 'clone' here"),
    ("clone", "missing SHELL"),
    ("clone sh2", "missing FLAGS"),
    ("clone shell 0", "'shell' is no name of a shell: sh2, sh3, …"),
    ("clone sh1 0", "there is a shell sh1 already"),
    ("clone sh2 CLONE_VM", "column 11: FLAGS has no flag 'CLONE_VM': CLONE_FS, CLONE_NEWNS, CLONE_NEWUSER, "),
    ("clone sh2 0x100", "no shell can be made with the flags 0x100"),
    ("unshare -U", "--user alone would make a user who is not root: the model knows root alone, add -r"),
    ("unshare -r --user=/file", "a namespace cannot be kept in a file here: --user takes no argument"),
    ("setpriv --bounding-set=+sys_admin", "'+sys_admin': capabilities are only dropped here"),
    ("setpriv --bounding-set=-net_admin", "'-net_admin': the capabilities that are known here are "),
    ("setpriv --inh-caps=-sys_admin", "option '--inh-caps' of the real setpriv is not modelled here"),
    ("setpriv --ambient-caps=-sys_admin", "option '--ambient-caps' of the real setpriv is not modelled here"),
    ("sysctl", "no variables specified"),
    ("sysctl fs.mount-max", '"fs.mount-max" must be of the form name=value'),
    ("sysctl kernel.panic=1", "'kernel.panic': the limits that are known here are fs.mount-max and "),
    ("ln a b", "hard links are not modelled here: ln takes -s"),
    ("mv a", "missing destination file operand after 'a'"),
    ("mv -T a b c", "extra operand 'c'"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_wrong_words(line: str, message: str) -> None:
    machine = Recorder()
    result = Session(machine).run("sh1", line)
    name = line.split()[2 if line.startswith("F = ") else 0]
    assert result.stderr.startswith(f"{name}: {message}")
    assert result.stderr.endswith(f"Try '{name} --help' for more information.\n")
    assert (result.status > 0, result.errno, machine.calls) == (True, None, [])


SAID = [
    (("ls /proc/self/fd/F",), 2, "ls: /proc/self/fd/F: no descriptor is kept under the name F\n"),
    (("F = statx AT_FDCWD / 0", "cat /proc/self/fd/F"), 1,
     "cat: /proc/self/fd/F: no descriptor is kept under the name F\n"),
    (("F = statx AT_FDCWD / 0", "close F"), 2,
     "close: column 7: F is an id, not FD\nTry 'close --help' for more information.\n"),
    (("F = pipe", "statmount F 1"), 2,
     "statmount: column 11: F is a descriptor, not MNT_ID\nTry 'statmount --help' for more information.\n"),
    (("9F = pipe",), 2, "sh1: '9F' cannot be a name: a letter, then letters and digits\n"),
    (("AT_FDCWD = pipe",), 2, "sh1: AT_FDCWD has a meaning already: it is -100\n"),
    (("F =",), 2, "sh1: F = what? a system call that gives a number has to follow\n"),
    (("F = umount /a",), 2, "sh1: F = umount: no system call that gives a number\n"),
    (("F = nothing /a",), 127, "sh1: nothing: command not found\n"),
    (("exit",), 1, "sh1: exit: the first shell is the parent of all others: it stays until the end\n"),
    (("sh2# exit", "sh2# ls"), 127, "sh2: the shell has ended: nothing runs in it any more\n"),
    (("sh2# exit", "sh2# clone sh3 0"), 127, "sh2: the shell has ended: nothing runs in it any more\n"),
    (("sh2# exit", "clone sh2 0"), 2,
     "clone: the shell sh2 has ended\nTry 'clone --help' for more information.\n"),
    (("sh2# exit", "pidfd_open sh2"), 2,
     "pidfd_open: column 12: there is no shell 'sh2'\nTry 'pidfd_open --help' for more information.\n"),
    (("nsenter -m",), 1, "nsenter: neither filename nor target pid supplied for ns/mnt\n"),
    (("nsenter -t 1 -m",), 1, "nsenter: '1' is no shell: the target is sh1, sh2, …\n"),
    (("nsenter -t sh1 -m ls",), 127,
     "nsenter: failed to execute ls: only this shell goes on in the namespace\n"),
    (("setpriv --bounding-set=sys_admin",), 1, "setpriv: bad capability string\n"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "status", "said"), SAID)
def test_what_is_said(lines: tuple[str, ...], status: int, said: str) -> None:
    _, results = ask(*lines)
    assert [result.status for result in results[:-1]] == [0] * (len(lines) - 1)
    assert (results[-1].status, results[-1].stderr) == (status, said)


@pytest.mark.parametrize("name", [*SPELLED, "clone"])
def test_a_refused_call(name: str) -> None:
    """The message is the C library's for the errno, behind the name of the call."""

    class Refusing(Recorder):
        def call(self, shell: str, name: str, *args: Any) -> Answer:
            self.calls.append((name, *args))
            return Answer(errno="EINVAL", reason="check: why")

    words = {
        "pipe": "",
        "memfd_create": "",
        "close": "-1",
        "fchdir": "-1",
        "ns_get_mntns_id": "-1",
        "read": "-1 1",
    }
    words |= {"pidfd_open": "sh1", "setns": "-1 0", "fsopen": "x 0", "fsconfig": "-1 0", "fsmount": "-1 0 0"}
    words |= {"move_mount": "-1 a -1 a 0", "statmount": "LSMT_ROOT 0", "listmount": "0", "umount2": "/ 0"}
    words |= {"clone": "sh2 0"}
    machine = Refusing()
    result = Session(machine).run("sh1", f"{name} {words.get(name, '-1 / 0')}")
    assert result == CommandResult(
        "sh1", result.command, 1, "EINVAL", "", f"{name}: Invalid argument\n", "check: why"
    )
    assert [call for call, *_ in machine.calls] == [name]


def test_an_end_of_a_shell_is_told_to_the_machine() -> None:
    machine, _ = ask("sh2#", "sh2# exit")
    assert (machine.started, machine.ended) == (["sh2"], ["sh2"])


class Telling(Recorder):
    """Gives ``value`` to every call."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        return Answer(self.value)


STATMOUNT = {
    "size": 600,
    "mask": 0x12FF,
    "mnt_point": "/a b\n",
    "mnt_id": 2147483655,
    "mnt_attr": f.MOUNT_ATTR_RDONLY | f.MOUNT_ATTR_NOEXEC | 0x800,
    "mnt_propagation": f.MS_SHARED | f.MS_SLAVE,
    "sb_magic": 0x1021994,
    "sb_flags": f.SB_RDONLY,
    "sb_source": "",
    "opt_array": ["size=4k", "a b"],
    "supported_mask": 0x7FFF,
}


@pytest.mark.parametrize(
    ("line", "value", "printed"),
    [
        ("statx AT_FDCWD / 0", {"mnt_id": 7, "mnt_id_unique": None, "mount_root": False},
         "mnt_id: 7\nmnt_id_unique: -\nmount_root: no\n"),
        ("listmount LSMT_ROOT", [3, 4], "3\n4\n"),
        ("listmount LSMT_ROOT", [], ""),
        ("ns_get_mntns_id -1", 77, "77\n"),
        ("read -1 10", "no newline", "no newline"),
        ("setns -1 0", None, ""),
        ("statmount LSMT_ROOT 0", {"size": 4, "mask": 0}, ""),
        (
            "statmount LSMT_ROOT 0",
            STATMOUNT,
            "sb_magic: 0x1021994\nsb_flags: SB_RDONLY\nmnt_id: 2147483655\n"
            "mnt_attr: MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOEXEC|0x800\nmnt_propagation: MS_SLAVE|MS_SHARED\n"
            "mnt_point: /a\\040b\\012\nsb_source:\nopt_array: size=4k a\\040b\nsupported_mask: 0x7fff\n",
        ),
        ("I = listmount LSMT_ROOT", [3, 4], ""),
    ],
)  # fmt: skip
def test_what_is_printed(line: str, value: Any, printed: str) -> None:
    assert Session(Telling(value)).run("sh1", line).stdout == printed


@pytest.mark.parametrize(
    ("line", "value"),
    [("I = listmount LSMT_ROOT", []), ("I = statx AT_FDCWD / 0", {"mnt_id_unique": None})],
)
def test_nothing_to_keep(line: str, value: Any) -> None:
    result = Session(Telling(value)).run("sh1", line)
    assert (result.status, result.stderr) == (1, f"{line.split()[2]}: there is no id that I could keep\n")
