"""The table of system calls: what is no call, what no call can take, and calls in words."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from vfslab.calls import CALLS, check
from vfslab.kernel import SYSTEM_CALLS
from vfslab.kernel import flags as f
from vfslab.spell import flag_words, spell

# as strace prints them, but for the struct arguments, of which only what was given is shown
SPELLED: list[tuple[str, tuple[Any, ...], str]] = [
    ("getcwd", (), "getcwd()"),
    ("unshare", (f.CLONE_NEWNS | f.CLONE_NEWUSER,), "unshare(CLONE_NEWNS|CLONE_NEWUSER)"),
    ("unshare", (f.UNSHARE_EMPTY_MNTNS,), "unshare(UNSHARE_EMPTY_MNTNS)"),
    ("unshare", (1,), "unshare(0x1)"),
    ("clone", (f.CLONE_EMPTY_MNTNS, "sh2"), 'clone(CLONE_EMPTY_MNTNS, "sh2")'),
    ("umount2", ("/a b", 0), 'umount2("/a b", 0)'),
    ("umount2", ("/", f.MNT_DETACH | 1 << 30), 'umount2("/", MNT_DETACH|0x40000000)'),
    ("mount", ("A", "/a", "tmpfs", 0, None), 'mount("A", "/a", "tmpfs", 0, NULL)'),
    (
        "mount",
        (None, "/a", None, f.MS_REC | f.MS_SHARED, None),
        'mount(NULL, "/a", NULL, MS_REC|MS_SHARED, NULL)',
    ),
    ("openat", (f.AT_FDCWD, "/a", f.O_PATH), 'openat(AT_FDCWD, "/a", O_RDONLY|O_PATH)'),
    ("openat", (5, "a", f.O_WRONLY | f.O_CREAT), 'openat(5, "a", O_WRONLY|O_CREAT)'),
    (
        "open_tree",
        (f.AT_FDCWD, "", f.AT_EMPTY_PATH | 1),
        'open_tree(AT_FDCWD, "", OPEN_TREE_CLONE|AT_EMPTY_PATH)',
    ),
    (
        "move_mount",
        (7, "", f.AT_FDCWD, "/b", f.MOVE_MOUNT_F_EMPTY_PATH | f.MOVE_MOUNT_BENEATH),
        'move_mount(7, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_BENEATH)',
    ),
    ("fsconfig", (3, f.FSCONFIG_SET_FLAG, "ro", None, 0), 'fsconfig(3, FSCONFIG_SET_FLAG, "ro", NULL, 0)'),
    ("fsconfig", (3, 99, None, None, 0), "fsconfig(3, 99, NULL, NULL, 0)"),
    ("fsmount", (3, 0, f.MOUNT_ATTR_RDONLY), "fsmount(3, 0, MOUNT_ATTR_RDONLY)"),
    (
        "mount_setattr",
        (f.AT_FDCWD, "/", f.AT_RECURSIVE, {"attr_clr": 0x70, "propagation": f.MS_SLAVE}, 32),
        'mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, {attr_clr=MOUNT_ATTR__ATIME, propagation=MS_SLAVE}, 32)',
    ),
    (
        "statmount",
        ({"mnt_id": 2147483653, "param": f.STATMOUNT_MNT_BASIC}, 512, f.STATMOUNT_BY_FD),
        "statmount({mnt_id=2147483653, param=STATMOUNT_MNT_BASIC}, 512, STATMOUNT_BY_FD)",
    ),
    (
        "listmount",
        ({"mnt_id": f.LSMT_ROOT}, 10, f.LISTMOUNT_REVERSE),
        "listmount({mnt_id=LSMT_ROOT}, 10, LISTMOUNT_REVERSE)",
    ),
    ("setns", (4, f.CLONE_NEWNS), "setns(4, CLONE_NEWNS)"),
    ("capset", (["CAP_SYS_ADMIN"],), "capset([CAP_SYS_ADMIN])"),
]


@pytest.mark.parametrize(("name", "args", "spelled"), SPELLED)
def test_calls_in_words(name: str, args: tuple[Any, ...], spelled: str) -> None:
    check(name, args)
    assert spell(name, args) == spelled


def test_the_model_makes_no_other_calls() -> None:
    assert SYSTEM_CALLS.keys() <= CALLS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_every_flag_has_its_own_bits(name: str) -> None:
    """So that no name hides another: each is spelled by itself, but those for no bit at all."""
    structs = [parameter.fields for parameter in CALLS[name].parameters]
    for parameter in itertools.chain(CALLS[name].parameters, *structs):
        if parameter.kind == "flags":
            for word, bits in parameter.words.items():
                if bits:
                    assert word in flag_words(bits, parameter.words).split("|")
                    assert bits < 1 << parameter.bits


NO_CALL: list[tuple[str, tuple[Any, ...], str]] = [
    ("reboot", (), r"there is no call reboot\(\)"),
    ("mkdir", (), r"there is no call mkdir\(\)"),
    ("mkdir", ("/a", 0o777), r"there is no call mkdir\(…, …\)"),
    ("mkdir", ("/a\0b",), "holds a NUL"),
    ("mkdir", ("/\ud800",), "stands for no bytes"),
    ("mkdir", (b"/a",), "is no string"),
    ("mkdir", (7,), "is no string"),
    ("umount2", ("/", "MNT_DETACH"), "is no number"),
    ("umount2", ("/", -1), "-1 is no flags of 32 bits"),
    ("umount2", ("/", 1 << 32), "is no flags of 32 bits"),
    ("fchdir", (1 << 31,), "is no fd of 32 bits"),
    ("listmount", ({"mnt_id": 1 << 64}, 1, 0), "is no mnt_id of 64 bits"),
    ("listmount", ({"mount": 1}, 1, 0), "its request has no field 'mount'"),
    ("statmount", ({"tail": 256}, 1, 0), "is no tail of 8 bits"),
    ("capset", (["CAP\0"],), "holds a NUL"),
    ("pidfd_open", (2,), "is no string"),
]


@pytest.mark.parametrize(("name", "args", "message"), NO_CALL)
def test_what_no_system_call_can_take(name: str, args: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(name, args)
