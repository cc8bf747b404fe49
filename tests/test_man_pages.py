"""The mount calls that take descriptors: what man pages say of errors, of every release and this kernel.

Each case is spelled in the shell: what goes before, the call, the errno. A call that the running
kernel does not have is left out.
"""

from __future__ import annotations

import re

import pytest

from vfslab.kernel import RELEASES
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import CommandResult, Session

# the directories /d, /e and /d/s, the file /f, a tmpfs on /m that holds /m/x
START = "mkdir -p /d/s /e /m\ntouch /f\nmount -t tmpfs M /m\nmkdir /m/x\n"
CLONE = "F = open_tree AT_FDCWD /m OPEN_TREE_CLONE"
TREE = "F = open_tree AT_FDCWD / OPEN_TREE_CLONE,AT_RECURSIVE"
USER = "clone sh2 CLONE_NEWUSER,CLONE_NEWNS"
NO_CAPABILITY = "setpriv --bounding-set=-sys_admin"
FILESYSTEM = "S = fsopen tmpfs 0"
CREATED = f"{FILESYSTEM}; fsconfig S FSCONFIG_CMD_CREATE"
I_OF_M = "I = statx AT_FDCWD /m 0"
BENEATH = 'move_mount F "" AT_FDCWD {} MOVE_MOUNT_F_EMPTY_PATH,MOVE_MOUNT_BENEATH'
SET_GROUP = "move_mount AT_FDCWD /m AT_FDCWD /d MOVE_MOUNT_SET_GROUP"
RDONLY = "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_RDONLY"
OTHER = "clone sh2 CLONE_NEWNS; N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY"

OPEN_TREE = [
    ("", "open_tree AT_FDCWD /m OPEN_TREE_CLONE", None),
    ("", "open_tree AT_FDCWD /f OPEN_TREE_CLONE", None),
    ("", "open_tree AT_FDCWD /d 0", None),
    ("", "open_tree AT_FDCWD /d 0x40000000", "EINVAL"),
    ("", "open_tree AT_FDCWD /d AT_RECURSIVE", "EINVAL"),
    ("", "open_tree AT_FDCWD /none 0", "ENOENT"),
    ("", "open_tree AT_FDCWD /f/x 0", "ENOTDIR"),
    ("", "open_tree AT_FDCWD NULL 0", "EFAULT"),
    ("", 'open_tree AT_FDCWD "" 0', "ENOENT"),
    ("", 'open_tree AT_FDCWD "" AT_EMPTY_PATH', None),
    ("", "open_tree -1 d 0", "EBADF"),
    ("", "open_tree -1 /d 0", None),
    ("D = openat AT_FDCWD /d O_PATH", "open_tree D s OPEN_TREE_CLONE", None),
    ("D = openat AT_FDCWD /f O_PATH", "open_tree D s 0", "ENOTDIR"),
    ("D = openat AT_FDCWD /d O_PATH; close D", "open_tree D s 0", "EBADF"),
    ("mount --make-unbindable /m", "open_tree AT_FDCWD /m OPEN_TREE_CLONE", "EINVAL"),
    ("mount --make-unbindable /m", "open_tree AT_FDCWD /m 0", None),
    (NO_CAPABILITY, "open_tree AT_FDCWD /m OPEN_TREE_CLONE", "EPERM"),
    (NO_CAPABILITY, "open_tree AT_FDCWD /m 0", None),
    (CLONE, 'open_tree F "" OPEN_TREE_CLONE,AT_EMPTY_PATH', None),
    ("F = memfd_create", 'open_tree F "" OPEN_TREE_CLONE,AT_EMPTY_PATH', "EINVAL"),
    ("F = pipe", 'open_tree F "" AT_EMPTY_PATH', None),
    (f"{OTHER}; nsenter -t sh2 -m; F = openat AT_FDCWD / O_PATH; setns N 0; unshare -m",
     'open_tree F "" OPEN_TREE_CLONE,AT_EMPTY_PATH', "EINVAL"),
    (USER, "sh2# open_tree AT_FDCWD / OPEN_TREE_CLONE", "EINVAL"),
    (USER, "sh2# open_tree AT_FDCWD / OPEN_TREE_CLONE,AT_RECURSIVE", None),
    ("ln -s /d /l; L = open_tree AT_FDCWD /l AT_SYMLINK_NOFOLLOW", "ls /proc/self/fd/L/s", "ENOTDIR"),
]  # fmt: skip

MOVE_MOUNT = [
    (CLONE, 'move_mount F "" AT_FDCWD /d MOVE_MOUNT_F_EMPTY_PATH', None),
    (CLONE, 'move_mount F "" AT_FDCWD /d 0x1000', "EINVAL"),
    (CLONE, 'move_mount F "" AT_FDCWD /d 0', "ENOENT"),
    (CLONE, 'move_mount F "" AT_FDCWD /none MOVE_MOUNT_F_EMPTY_PATH', "ENOENT"),
    (CLONE, 'move_mount F "" AT_FDCWD /f MOVE_MOUNT_F_EMPTY_PATH', "EINVAL"),
    (CLONE, BENEATH.format("/m"), None),
    (CLONE, BENEATH.format("/d"), "EINVAL"),
    (CLONE, BENEATH.format("/m") + ",MOVE_MOUNT_SET_GROUP", "EINVAL"),
    (CLONE, 'move_mount F x AT_FDCWD /d 0', "EINVAL"),
    (f"{CLONE}; close F", 'move_mount F "" AT_FDCWD /d MOVE_MOUNT_F_EMPTY_PATH', "EBADF"),
    (f"{CLONE}; T = openat AT_FDCWD /d O_PATH",
     'move_mount F "" T "" MOVE_MOUNT_F_EMPTY_PATH,MOVE_MOUNT_T_EMPTY_PATH', None),
    (f"{CLONE}; move_mount F '' AT_FDCWD /d MOVE_MOUNT_F_EMPTY_PATH",
     'move_mount F "" AT_FDCWD /e MOVE_MOUNT_F_EMPTY_PATH', None),
    (f"{CLONE}; move_mount F '' AT_FDCWD /d MOVE_MOUNT_F_EMPTY_PATH; umount -l /d",
     'move_mount F "" AT_FDCWD /e MOVE_MOUNT_F_EMPTY_PATH', "EINVAL"),
    (TREE, 'move_mount F "" F d MOVE_MOUNT_F_EMPTY_PATH', "EINVAL"),
    (TREE, "move_mount F m AT_FDCWD /d 0", "EINVAL"),
    ("F = pipe", 'move_mount F "" AT_FDCWD /f MOVE_MOUNT_F_EMPTY_PATH', "EINVAL"),
    ("", "move_mount AT_FDCWD /m AT_FDCWD /d 0", None),
    ("", "move_mount AT_FDCWD /d AT_FDCWD /e 0", "EINVAL"),
    ("", "move_mount AT_FDCWD /m AT_FDCWD /f 0", "EINVAL"),
    ("", "move_mount AT_FDCWD /m AT_FDCWD /m/x 0", "ELOOP"),
    ("mount --make-shared /", "move_mount AT_FDCWD /m AT_FDCWD /d 0", "EINVAL"),
    (f"{CLONE}; {NO_CAPABILITY}", 'move_mount F "" AT_FDCWD /none MOVE_MOUNT_F_EMPTY_PATH', "EPERM"),
    ("mount --bind /m /d; mount --make-shared /m", SET_GROUP, None),
    ("mount --bind /m /d", SET_GROUP, "EINVAL"),
    ("mount --make-shared /m; mount --bind /m /d", SET_GROUP, "EINVAL"),
    (f"mount -t tmpfs D /d; F = open_tree AT_FDCWD /d 0; {OTHER}",
     'sh2# move_mount F "" AT_FDCWD /e MOVE_MOUNT_F_EMPTY_PATH', "EINVAL"),
]  # fmt: skip

FILESYSTEMS = [
    ("", "fsopen tmpfs 0", None),
    ("", "fsopen tmpfs 8", "EINVAL"),
    ("", "fsopen none 0", "ENODEV"),
    (NO_CAPABILITY, "fsopen none 0", "EPERM"),
    (FILESYSTEM, "fsmount S 0 0", "EINVAL"),
    (CREATED, "fsmount S 0 0", None),
    (CREATED, "fsmount S 0 MOUNT_ATTR_NOATIME,MOUNT_ATTR_STRICTATIME", "EINVAL"),
    (CREATED, "fsmount S 0 MOUNT_ATTR_IDMAP", "EINVAL"),
    (CREATED, "fsmount S 8 0", "EINVAL"),
    (f"{CREATED}; M = fsmount S 0 0", "fsmount S 0 0", "EBUSY"),
    (CREATED, "fsconfig S FSCONFIG_CMD_CREATE", "EBUSY"),
    (FILESYSTEM, "fsconfig S FSCONFIG_SET_STRING source A", None),
    (FILESYSTEM, "fsconfig S FSCONFIG_SET_STRING none A", "EINVAL"),
    (FILESYSTEM, "fsconfig S FSCONFIG_SET_STRING source", "EINVAL"),
    (FILESYSTEM, "fsconfig S 99", "EOPNOTSUPP"),
    ("S = openat AT_FDCWD /f O_RDONLY", "fsconfig S FSCONFIG_CMD_CREATE", "EINVAL"),
    ("S = openat AT_FDCWD /f O_RDONLY", "fsmount S 0 0", "EINVAL"),
    ("", "fsmount -1 0 0", "EBADF"),
    (FILESYSTEM, "read S 4096", "ENODATA"),
]

MOUNT_SETATTR = [
    ("", RDONLY, None),
    ("", "mount_setattr AT_FDCWD /m 1 attr_set=MOUNT_ATTR_RDONLY", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /none 0 attr_set=MOUNT_ATTR_RDONLY", "ENOENT"),
    ("", "mount_setattr AT_FDCWD /d 0 attr_set=MOUNT_ATTR_RDONLY", "EINVAL"),
    # all masks zero: the path is not looked at
    ("", "mount_setattr AT_FDCWD /none 0", None),
    (NO_CAPABILITY, "mount_setattr AT_FDCWD /none 0", "EPERM"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=0x800", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_NOATIME", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_NOATIME attr_clr=MOUNT_ATTR__ATIME", None),
    ("", "mount_setattr AT_FDCWD /m 0 attr_clr=MOUNT_ATTR_NOATIME", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 propagation=MS_SHARED", None),
    ("", "mount_setattr AT_FDCWD /m 0 propagation=MS_SHARED,MS_SLAVE", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 propagation=1", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_RDONLY size=31", "EINVAL"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_RDONLY size=40", None),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_RDONLY size=40 tail=1", "E2BIG"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_RDONLY size=65537", "E2BIG"),
    ("", "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_IDMAP userns_fd=-1", "EINVAL"),
    ("U = openat AT_FDCWD /proc/self/ns/user O_RDONLY; close U",
     "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_IDMAP userns_fd=U", "EBADF"),
    ("U = openat AT_FDCWD /proc/self/ns/mnt O_RDONLY",
     "mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_IDMAP userns_fd=U", "EINVAL"),
    (CLONE, 'mount_setattr F "" AT_EMPTY_PATH attr_set=MOUNT_ATTR_RDONLY', None),
    (CLONE, 'mount_setattr F "" 0 attr_set=MOUNT_ATTR_RDONLY', "ENOENT"),
    (TREE, "mount_setattr F m 0 attr_set=MOUNT_ATTR_RDONLY", "EINVAL"),
    ("W = openat AT_FDCWD /m/w O_WRONLY,O_CREAT", RDONLY, "EBUSY"),
    ("W = openat AT_FDCWD /m/w O_WRONLY,O_CREAT; close W",
     RDONLY, None),
    (f"mount -o remount,bind,nosuid /m; {USER}",
     "sh2# mount_setattr AT_FDCWD /m 0 attr_clr=MOUNT_ATTR_NOSUID", "EPERM"),
    (f"mount -o remount,bind,nosuid /m; {USER}",
     "sh2# mount_setattr AT_FDCWD /m 0 attr_set=MOUNT_ATTR_NODEV", None),
]  # fmt: skip

NAMESPACES = [
    (OTHER, "setns N CLONE_NEWNS", None),
    (OTHER, "setns N 0", None),
    (OTHER, "setns N CLONE_NEWUSER", "EINVAL"),
    (f"{OTHER}; close N", "setns N 0", "EBADF"),
    ("N = openat AT_FDCWD /f O_RDONLY", "setns N 0", "EINVAL"),
    (f"{OTHER}; N = openat AT_FDCWD /proc/sh2/ns/mnt O_PATH", "setns N 0", "EBADF"),
    (f"{OTHER}; {NO_CAPABILITY}", "setns N CLONE_NEWNS", "EPERM"),
    (f"{OTHER}; setpriv --bounding-set=-sys_chroot", "setns N CLONE_NEWNS", "EPERM"),
    (f"{OTHER}; P = pidfd_open sh2", "setns P CLONE_NEWNS", None),
    (f"{OTHER}; P = pidfd_open sh2", "setns P 0", "EINVAL"),
    (f"{OTHER}; clone sh3 CLONE_FS", "sh3# setns N CLONE_NEWNS", "EINVAL"),
    (f"{USER}; U = openat AT_FDCWD /proc/sh2/ns/user O_RDONLY", "setns U CLONE_NEWUSER", None),
    ("U = openat AT_FDCWD /proc/self/ns/user O_RDONLY", "setns U CLONE_NEWUSER", "EINVAL"),
    (USER, "sh2# openat AT_FDCWD /proc/sh1/ns/mnt O_RDONLY", "EACCES"),
    (USER, "sh2# openat AT_FDCWD /proc/sh1/mountinfo O_RDONLY", None),
    (f"N = openat AT_FDCWD /proc/self/ns/mnt O_RDONLY; {USER}", "sh2# setns N CLONE_NEWNS", "EPERM"),
    ("", "openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY", "ENOENT"),
    (f"{OTHER}; sh2# exit", "openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY", "ENOENT"),
    (OTHER, "ns_get_mntns_id N", None),
    ("N = openat AT_FDCWD /f O_RDONLY", "ns_get_mntns_id N", "ENOTTY"),
    ("", "clone sh2 CLONE_NEWNS,CLONE_FS", "EINVAL"),
    ("", "clone sh2 CLONE_NEWUSER,CLONE_FS", "EINVAL"),
    (NO_CAPABILITY, "clone sh2 CLONE_NEWNS", "EPERM"),
    (NO_CAPABILITY, "clone sh2 CLONE_NEWUSER,CLONE_NEWNS", None),
    (NO_CAPABILITY, "unshare -m", "EPERM"),
    (NO_CAPABILITY, "unshare -r -m", None),
    ("chroot /d", "unshare -r", "EPERM"),
    ("unshare -r", "mount -t tmpfs A /d", "EPERM"),
    ("touch /n; mount --make-private /", "mount --bind /proc/self/ns/mnt /n", "EINVAL"),
    (f"touch /n; {OTHER}", "mount --bind /proc/sh2/ns/mnt /n", None),
    (f"touch /n; {OTHER}", "sh2# mount --bind /proc/sh1/ns/mnt /n", "EINVAL"),
    ("touch /n", "mount --bind /proc/self/ns/net /n", None),
]

STATMOUNT = [
    (I_OF_M, "statmount I STATMOUNT_MNT_BASIC", None),
    (I_OF_M, "statmount I 0", None),
    (I_OF_M, "statmount I 0xffffffffffffffff", None),
    (I_OF_M, "statmount I 0 flags=0x80000000", "EINVAL"),
    (I_OF_M, "statmount I 0 size=24", None),
    (I_OF_M, "statmount I 0 size=23", "EINVAL"),
    (I_OF_M, "statmount I 0 size=65537", "E2BIG"),
    (I_OF_M, "statmount I 0 size=40", None),
    (I_OF_M, "statmount I 0 size=40 tail=1", "E2BIG"),
    (I_OF_M, "statmount I STATMOUNT_MNT_POINT bufsize=512", "EOVERFLOW"),
    (I_OF_M, "statmount I STATMOUNT_MNT_ROOT bufsize=514", "EOVERFLOW"),
    (I_OF_M, "statmount I STATMOUNT_MNT_ROOT bufsize=515", None),
    (I_OF_M, "statmount I STATMOUNT_MNT_BASIC bufsize=48", None),
    ("", "statmount 1 STATMOUNT_MNT_BASIC", "EINVAL"),
    ("", "statmount 2147483648 STATMOUNT_MNT_BASIC", "EINVAL"),
    ("", "statmount 0x7fffffffffffffff STATMOUNT_MNT_BASIC", "ENOENT"),
    (f"{I_OF_M}; umount /m", "statmount I 0", "ENOENT"),
    (f"{I_OF_M}; {OTHER}", "statmount I 0 mnt_ns_fd=N", "ENOENT"),
    (f"{I_OF_M}; {OTHER}; N = ns_get_mntns_id N", "statmount I 0 mnt_ns_id=N", "ENOENT"),
    (f"{OTHER}; sh2# J = statx AT_FDCWD / 0; sh2# listmount LSMT_ROOT", "sh2# statmount J 0", None),
    (I_OF_M, "statmount I 0 mnt_ns_id=0x7fffffffffffffff", "ENOENT"),
    (f"{I_OF_M}; N = openat AT_FDCWD /f O_RDONLY", "statmount I 0 mnt_ns_fd=N", "EINVAL"),
    (f"{I_OF_M}; {OTHER}; M = ns_get_mntns_id N", "statmount I 0 mnt_ns_fd=N mnt_ns_id=M", "EINVAL"),
    (f"{I_OF_M}; {OTHER}; close N", "statmount I 0 mnt_ns_fd=N", "EBADF"),
    (f"{I_OF_M}; chroot /d", "statmount I STATMOUNT_MNT_POINT", None),
    (f"{I_OF_M}; chroot /d; {NO_CAPABILITY}", "statmount I STATMOUNT_MNT_POINT", "EPERM"),
]

LISTMOUNT = [
    ("", "listmount LSMT_ROOT", None),
    (I_OF_M, "listmount I", None),
    ("", "listmount LSMT_ROOT flags=LISTMOUNT_REVERSE", None),
    ("", "listmount LSMT_ROOT flags=2", "EINVAL"),
    ("", "listmount LSMT_ROOT count=0", None),
    ("", "listmount LSMT_ROOT count=1000001", "EOVERFLOW"),
    ("", "listmount LSMT_ROOT size=23", "EINVAL"),
    ("", "listmount LSMT_ROOT size=40 tail=7", "E2BIG"),
    ("", "listmount LSMT_ROOT param=5", "EINVAL"),
    ("", "listmount 5", "EINVAL"),
    ("", "listmount 0x7fffffffffffffff", "ENOENT"),
    (OTHER, "listmount LSMT_ROOT mnt_ns_fd=N", None),
    (f"{OTHER}; M = ns_get_mntns_id N", "listmount LSMT_ROOT mnt_ns_id=M", None),
    (f"{USER}; N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY; M = ns_get_mntns_id N; clone sh3 CLONE_NEWUSER",
     "sh3# listmount LSMT_ROOT mnt_ns_id=M", "ENOENT"),
    (f"{I_OF_M}; chroot /d", "listmount I", None),
    (f"{I_OF_M}; chroot /d; {NO_CAPABILITY}", "listmount I", "EPERM"),
]  # fmt: skip

FILES = [
    ("", "openat AT_FDCWD /d O_PATH", None),
    ("", "openat AT_FDCWD /none O_PATH", "ENOENT"),
    ("", "openat AT_FDCWD /f O_PATH,O_DIRECTORY", "ENOTDIR"),
    ("ln -s /f /l", "openat AT_FDCWD /l O_RDONLY,O_NOFOLLOW", "ELOOP"),
    ("ln -s /f /l", "openat AT_FDCWD /l O_PATH,O_NOFOLLOW", None),
    ("", "openat AT_FDCWD /d O_WRONLY", "EISDIR"),
    ("", "openat AT_FDCWD /new O_WRONLY,O_CREAT", None),
    ("", "openat AT_FDCWD /f O_WRONLY,O_CREAT,O_EXCL", "EEXIST"),
    ("mount -o remount,bind,ro /m", "openat AT_FDCWD /m/w O_WRONLY,O_CREAT", "EROFS"),
    ("", "openat -1 f O_RDONLY", "EBADF"),
    ("", "close -1", "EBADF"),
    ("", "fchdir -1", "EBADF"),
    ("", "read -1 1", "EBADF"),
    ("", "setns -1 0", "EBADF"),
    ("", "ns_get_mntns_id -1", "EBADF"),
    ("", "fsconfig -1 FSCONFIG_CMD_CREATE", "EINVAL"),
    (f"{FILESYSTEM}; close S", "fsconfig S FSCONFIG_CMD_CREATE", "EBADF"),
    ("D = openat AT_FDCWD /f O_PATH", "fchdir D", "ENOTDIR"),
    ("D = openat AT_FDCWD /d O_PATH", "fchdir D", None),
    ("D = openat AT_FDCWD /f O_PATH", "read D 10", "EBADF"),
    ("D = openat AT_FDCWD /d O_RDONLY", "read D 10", "EISDIR"),
    ("D = pipe", "read D 10", None),
    ("", "statx AT_FDCWD /none 0", "ENOENT"),
    ("", "statx AT_FDCWD / 0x4", "EINVAL"),
    ("", "ls /proc/self/fd/9", "ENOENT"),
    ("D = openat AT_FDCWD /d O_PATH; close D", "ls /proc/self/fd/D", "ENOENT"),
    ("", "ls /proc/1/ns", "ENOENT"),
    ("unshare -r", "sysctl user.max_mnt_namespaces=0", None),
    ("unshare -r; sysctl user.max_mnt_namespaces=0", "unshare -m", "ENOSPC"),
    ("unshare -r", "sysctl user.max_mnt_namespaces=-1", "EINVAL"),
]

CASES = [*OPEN_TREE, *MOVE_MOUNT, *FILESYSTEMS, *MOUNT_SETATTR, *NAMESPACES, *STATMOUNT, *LISTMOUNT, *FILES]


def run(session: Session, line: str) -> CommandResult:
    """A command, behind the prompt of another shell than sh1 where it is another's."""
    prompt = re.match(r"(sh\d+)# ", line)
    return session.run(prompt[1] if prompt else "sh1", line[prompt.end() :] if prompt else line)


def check(machine: Machine, before: str, call: str, errno: str | None) -> None:
    session = Session(machine)
    assert not any(result.status for result in session.run_transcript(START))
    for line in filter(None, before.split("; ")):
        result = run(session, line)
        if result.errno == "ENOSYS":
            pytest.skip(f"this kernel does not have the call: {line}")
        assert result.status == 0, (line, result.stderr)
    result = run(session, call)
    if result.errno == "ENOSYS":
        pytest.skip(f"this kernel does not have the call: {call}")
    assert (result.errno, bool(result.status)) == (errno, errno is not None), result.stderr


@pytest.mark.parametrize(("before", "call", "errno"), CASES)
def test_every_release(before: str, call: str, errno: str | None) -> None:
    for release in RELEASES:
        with Model(release) as model:
            check(model, before, call, errno)


@pytest.mark.kernel
@pytest.mark.parametrize(("before", "call", "errno"), CASES)
def test_the_running_kernel(before: str, call: str, errno: str | None) -> None:
    with RunningKernel() as kernel:
        check(kernel, before, call, errno)
