"""fsopen(2), fsconfig(2), fsmount(2), and what mount(2) asks of a filesystem: errnos, in every release."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from call_tables import Case, ask_in_vm, ask_models, ask_running_kernel, since, table, until
from vfslab import invariants
from vfslab.kernel import NotModelled
from vfslab.model import Model
from vfslab.shell.session import Session

IMAGES = sorted(Path(os.environ.get("VFSLAB_VM_KERNELS", "/nonexistent")).glob("vmlinuz*"))
FILE_SYSTEMS = Path("/proc/filesystems").read_text() if Path("/proc/filesystems").exists() else ""

OPEN = "C = fsopen tmpfs 0"
MADE = f"{OPEN}; fsconfig C FSCONFIG_CMD_CREATE"
MOUNTED = f"{MADE}; M = fsmount C 0 0"
PIPEFS = "mkdir /a; C = fsopen pipefs 0; fsconfig C FSCONFIG_CMD_CREATE; M = fsmount C 0 0"
CLOSED = "O = openat AT_FDCWD / 0; close O"
ATTACHED = f"mkdir /a; {MOUNTED}; move_mount M '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH"
NO_CAP = "setpriv --bounding-set=-sys_admin"
USERNS = "unshare -U -r -m"
ONLY_USERNS = "unshare -U -r"
LOCKED_PROC = "mkdir /p /q /b; mount -t proc P /p"
# sh2 is in a less privileged namespace, and init's sh3 goes there
GUEST = "clone sh2 CLONE_NEWNS,CLONE_NEWUSER; N = openat AT_FDCWD /proc/sh2/ns/mnt 0; setns N 0"


def parameter(key: str, value: str | None = None) -> str:
    if value is None:
        return f"fsconfig C FSCONFIG_SET_FLAG {key}"
    return f"fsconfig C FSCONFIG_SET_STRING {key} '{value}'"


def params(fs: str, *rows: tuple[str, str | None, str | None]) -> list[Case]:
    """Parameters of a context for that filesystem: key, value, errno."""
    return [
        Case(
            f"{fs} {key}" + ("" if value is None else f"={value}"),
            f"C = fsopen {fs} 0",
            parameter(key, value),
            errno,
        )
        for key, value, errno in rows
    ]


CASES = (
    # fsopen
    Case("fsopen", "", "fsopen tmpfs 0", None),
    Case("fsopen close-on-exec", "", "fsopen tmpfs FSOPEN_CLOEXEC", None),
    Case("fsopen unknown flag", "", "fsopen tmpfs 2", "EINVAL", "fsopen"),
    Case("fsopen unknown flag and type", "", "fsopen nosuch 2", "EINVAL", "fsopen"),
    Case("fsopen unknown type", "", "fsopen nosuch 0", "ENODEV", "get_fs_type"),
    Case("fsopen empty type", "", "fsopen '' 0", "ENODEV", "get_fs_type"),
    Case("fsopen NULL", "", "fsopen NULL 0", "EFAULT", "strndup_user"),
    Case("fsopen a page of a type", "", f"fsopen {'t' * 4096} 0", "EINVAL", "strndup_user"),
    Case("fsopen nearly a page", "", f"fsopen {'t' * 4095} 0", "ENODEV", "get_fs_type"),
    Case("fsopen tmpfs with a subtype", "", "fsopen tmpfs.x 0", "ENODEV", "get_fs_type"),
    Case("fsopen nullfs", "", "fsopen nullfs 0", "ENODEV", "get_fs_type"),
    Case("fsopen nsfs", "", "fsopen nsfs 0", "ENODEV", "get_fs_type"),
    Case("fsopen rootfs", "", "fsopen rootfs 0", "ENODEV", "get_fs_type"),
    Case("fsopen pipefs", "", "fsopen pipefs 0", None),
    Case("fsopen without CAP_SYS_ADMIN", NO_CAP, "fsopen tmpfs 2", "EPERM", "may_mount"),
    Case("fsopen after unshare -U alone", ONLY_USERNS, "fsopen tmpfs 0", "EPERM", "may_mount"),
    Case("fsopen of sysfs in a user namespace", USERNS, "fsopen sysfs 0", "EPERM", "sysfs_init_fs_context"),
    Case("fsopen of proc in a user namespace", USERNS, "fsopen proc 0", None),
    # fsconfig: arguments
    Case("no descriptor", CLOSED, "fsconfig O FSCONFIG_CMD_CREATE", "EBADF", "fget"),
    Case("negative descriptor", "", "fsconfig -1 FSCONFIG_CMD_CREATE", "EINVAL", "fsconfig"),
    Case("unknown command", OPEN, "fsconfig C 9", "EOPNOTSUPP", "fsconfig"),
    Case("unknown command before the descriptor", CLOSED, "fsconfig O 99", "EOPNOTSUPP", "fsconfig"),
    Case("arguments before the descriptor", CLOSED, "fsconfig O FSCONFIG_CMD_CREATE x", "EINVAL", "fsconfig"),
    Case("an O_PATH descriptor", "O = openat AT_FDCWD / O_PATH", "fsconfig O FSCONFIG_CMD_CREATE", "EBADF"),
    Case("a directory", "O = openat AT_FDCWD / 0", "fsconfig O FSCONFIG_CMD_CREATE", "EINVAL", "fsconfig"),
    Case("a pidfd", "O = pidfd_open sh1", "fsconfig O FSCONFIG_CMD_CREATE", "EINVAL", "fsconfig"),
    Case("a flag without a key", OPEN, "fsconfig C FSCONFIG_SET_FLAG", "EINVAL", "fsconfig"),
    Case("a flag with a value", OPEN, "fsconfig C FSCONFIG_SET_FLAG ro x", "EINVAL", "fsconfig"),
    Case("a flag with aux", OPEN, "fsconfig C FSCONFIG_SET_FLAG ro NULL AT_FDCWD", "EINVAL", "fsconfig"),
    Case("a string without a value", OPEN, "fsconfig C FSCONFIG_SET_STRING ro", "EINVAL", "fsconfig"),
    Case("a string without a key", OPEN, "fsconfig C FSCONFIG_SET_STRING NULL x", "EINVAL", "fsconfig"),
    Case("bytes without a length", OPEN, "fsconfig C FSCONFIG_SET_BINARY ro x", "EINVAL", "fsconfig"),
    Case("a path without a value", OPEN, "fsconfig C FSCONFIG_SET_PATH ro NULL AT_FDCWD", "EINVAL"),
    Case("a path from a negative descriptor", OPEN, "fsconfig C FSCONFIG_SET_PATH ro /a -1", "EINVAL"),
    Case("a path that is empty", OPEN, "fsconfig C FSCONFIG_SET_PATH ro '' AT_FDCWD", "ENOENT", "getname"),
    Case("an empty path", OPEN, "fsconfig C FSCONFIG_SET_PATH_EMPTY ro '' AT_FDCWD", None),
    Case(
        "a path that is too long",
        OPEN,
        f"fsconfig C FSCONFIG_SET_PATH ro {'x' * 4096} AT_FDCWD",
        "ENAMETOOLONG",
        "getname",
    ),
    Case("a path for a flag of all filesystems", OPEN, "fsconfig C FSCONFIG_SET_PATH ro /no AT_FDCWD", None),
    Case("a path for a size", OPEN, "fsconfig C FSCONFIG_SET_PATH size /a AT_FDCWD", "EINVAL", "fs_parse"),
    Case("a path for the source", OPEN, "fsconfig C FSCONFIG_SET_PATH source /a AT_FDCWD", "EINVAL"),
    Case("a descriptor with a value", OPEN, "fsconfig C FSCONFIG_SET_FD ro x C", "EINVAL", "fsconfig"),
    Case(
        "a descriptor that is closed",
        f"{OPEN}; {CLOSED}",
        "fsconfig C FSCONFIG_SET_FD ro NULL O",
        "EBADF",
        "fget",
    ),
    Case("a descriptor", OPEN, "fsconfig C FSCONFIG_SET_FD ro NULL C", None),
    Case("a key too long", OPEN, f"fsconfig C FSCONFIG_SET_FLAG {'k' * 256}", "EINVAL", "strndup_user"),
    Case(
        "a key of 255 bytes",
        OPEN,
        f"fsconfig C FSCONFIG_SET_FLAG {'k' * 255}",
        "EINVAL",
        "vfs_parse_fs_param",
    ),
    Case(
        "a value too long",
        OPEN,
        f"fsconfig C FSCONFIG_SET_STRING source {'k' * 256}",
        "EINVAL",
        "strndup_user",
    ),
    Case("a value of 255 bytes", OPEN, f"fsconfig C FSCONFIG_SET_STRING source {'k' * 255}", None),
    Case("create with a key", OPEN, "fsconfig C FSCONFIG_CMD_CREATE x", "EINVAL", "fsconfig"),
    # fsconfig: phases
    Case("create", OPEN, "fsconfig C FSCONFIG_CMD_CREATE", None),
    Case("create exclusively", OPEN, "fsconfig C FSCONFIG_CMD_CREATE_EXCL", None),
    Case("create twice", MADE, "fsconfig C FSCONFIG_CMD_CREATE", "EBUSY", "vfs_cmd_create"),
    Case("create after a mount", MOUNTED, "fsconfig C FSCONFIG_CMD_CREATE", "EBUSY", "vfs_cmd_create"),
    Case("a parameter after create", MADE, "fsconfig C FSCONFIG_SET_FLAG ro", "EBUSY", "vfs_fsconfig_locked"),
    Case(
        "reconfigure before create",
        OPEN,
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        "EBUSY",
        "vfs_cmd_reconfigure",
    ),
    Case("reconfigure before the mount", MADE, "fsconfig C FSCONFIG_CMD_RECONFIGURE", "EBUSY"),
    Case(
        "sysfs exclusively",
        "mkdir /a; mount -t sysfs S /a; C = fsopen sysfs 0",
        "fsconfig C FSCONFIG_CMD_CREATE_EXCL",
        "EBUSY",
        "sget_fc",
    ),
    Case(
        "sysfs", "mkdir /a; mount -t sysfs S /a; C = fsopen sysfs 0", "fsconfig C FSCONFIG_CMD_CREATE", None
    ),
    Case(
        "two sources",
        f"{OPEN}; fsconfig C FSCONFIG_SET_STRING source A",
        "fsconfig C FSCONFIG_SET_STRING source B",
        "EINVAL",
        "vfs_parse_fs_param_source",
    ),
    Case(
        "the source is what mountinfo shows",
        f"mkdir /a; {OPEN}; {parameter('source', 'A')}; fsconfig C FSCONFIG_CMD_CREATE; M = fsmount C 0 0",
        "move_mount M '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH",
        None,
    ),
    Case("a parameter after the mount", ATTACHED, "fsconfig C FSCONFIG_SET_STRING size 1m", None),
    Case(
        "reconfigured",
        f"{ATTACHED}; fsconfig C FSCONFIG_SET_STRING size 1m; fsconfig C FSCONFIG_SET_FLAG ro",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        None,
    ),
    Case(
        "a flag that was named is cleared by the next reconfiguring",
        f"{ATTACHED}; fsconfig C FSCONFIG_SET_FLAG ro; fsconfig C FSCONFIG_CMD_RECONFIGURE",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        None,
    ),
    Case(
        "reconfigured to dirsync",
        f"{ATTACHED}; fsconfig C FSCONFIG_SET_FLAG dirsync",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        "EINVAL",
        "reconfigure_super",
    ),
    Case(
        "reconfigured to read-only with a writer",
        f"{ATTACHED}; fsconfig C FSCONFIG_SET_FLAG ro; W = openat AT_FDCWD /a/f O_WRONLY,O_CREAT",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "a parameter after a failure",
        "mkdir /a; mount -t sysfs S /a; C = fsopen sysfs 0; !fsconfig C FSCONFIG_CMD_CREATE_EXCL",
        "fsconfig C FSCONFIG_SET_FLAG ro",
        "EBUSY",
        "vfs_fsconfig_locked",
    ),
    Case(
        "create after a failure",
        "mkdir /a; mount -t sysfs S /a; C = fsopen sysfs 0; !fsconfig C FSCONFIG_CMD_CREATE_EXCL",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EBUSY",
        "vfs_cmd_create",
    ),
    Case(
        "fsmount after a failure",
        "mkdir /a; mount -t sysfs S /a; C = fsopen sysfs 0; !fsconfig C FSCONFIG_CMD_CREATE_EXCL",
        "fsmount C 0 0",
        "EINVAL",
        "fsmount",
    ),
    Case(
        "fsmount after fsmount was refused for want of a namespace",
        f"{USERNS}; {MADE}; sysctl -w user.max_mnt_namespaces=1; !fsmount C 0 0",
        "fsmount C 0 0",
        "EBUSY",
        "fsmount",
    ),
    Case(
        "a context after its mount is gone",
        f"{ATTACHED}; close M; umount /a; fsconfig C FSCONFIG_SET_STRING size 1m",
        "fsconfig C FSCONFIG_CMD_RECONFIGURE",
        None,
    ),
    # fsconfig: rights
    Case(
        "create without CAP_SYS_ADMIN",
        f"{OPEN}; {NO_CAP}",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "create after unshare -U",
        f"{OPEN}; {ONLY_USERNS}",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EPERM",
        "mount_capable",
    ),
    Case("create tmpfs in a user namespace", f"{USERNS}; {OPEN}", "fsconfig C FSCONFIG_CMD_CREATE", None),
    Case(
        "create proc in a user namespace",
        f"{USERNS}; C = fsopen proc 0",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "create pipefs in a user namespace",
        f"{USERNS}; C = fsopen pipefs 0",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "create devtmpfs in a user namespace",
        f"{USERNS}; C = fsopen devtmpfs 0",
        "fsconfig C FSCONFIG_CMD_CREATE",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "an id that is not mapped",
        f"{USERNS}; {OPEN}",
        "fsconfig C FSCONFIG_SET_STRING uid 1",
        "EINVAL",
        "shmem_parse_one",
    ),
    Case("an id that is mapped", f"{USERNS}; {OPEN}", "fsconfig C FSCONFIG_SET_STRING uid 0", None),
    # fsconfig: parameters
    *params(
        "tmpfs",
        ("size", "1m", None),
        ("size", "", "EINVAL"),
        ("size", None, "EINVAL"),
        ("size", "10%", None),
        ("size", "0x10", None),
        ("size", "-1", "EINVAL"),
        ("size", "1x", "EINVAL"),
        ("size", "1kk", "EINVAL"),
        ("nr_blocks", "9223372036854775807", None),
        ("nr_blocks", "9223372036854775808", "EINVAL"),
        ("nr_blocks", "1%", "EINVAL"),
        ("nr_inodes", "010", None),
        ("nr_inodes", "08", "EINVAL"),
        ("nr_inodes", "18014398509481984", "EINVAL"),
        ("mode", "+700", None),
        ("mode", "9", "EINVAL"),
        ("mode", "37777777777", None),
        ("mode", "777777777777", "EINVAL"),
        ("uid", "0x1", None),
        ("uid", "-1", "EINVAL"),
        ("uid", "4294967295", "EINVAL"),
        ("uid", "4294967294", None),
        ("gid", "x", "EINVAL"),
        ("huge", "never", None),
        ("huge", "bogus", "EINVAL"),
        ("huge", None, "EINVAL"),
        ("mpol", "default", None),
        ("mpol", "local", None),
        ("mpol", "bogus:0", "EINVAL"),
        ("mpol", "local:0", "EINVAL"),
        ("ro", None, None),
        ("ro", "x", None),
        ("dirsync", None, None),
        ("source", "", None),
        ("source", None, "EINVAL"),
        ("nosuch", None, "EINVAL"),
        ("nosuch", "1", "EINVAL"),
        ("nosuid", None, "EINVAL"),
        ("''", None, "EINVAL"),
    ),
    *params(
        "ramfs",
        ("mode", "700", None),
        ("mode", "9", "EINVAL"),
        ("mode", None, "EINVAL"),
        ("nosuch", "1", None),
        ("source", None, "EINVAL"),
    ),
    *params(
        "proc",
        ("hidepid", "2", None),
        ("hidepid", "3", "EINVAL"),
        ("hidepid", "ptraceable", None),
        ("hidepid", None, "EINVAL"),
        ("subset", "pid,pid", None),
        ("subset", "x", "EINVAL"),
        ("gid", "5", None),
        ("mode", "700", "EINVAL"),
    ),
    *params("sysfs", ("mode", "700", "EINVAL"), ("source", "x", None), ("ro", None, None)),
    # fsmount
    Case("fsmount", MADE, "fsmount C 0 0", None),
    Case(
        "fsmount with attributes",
        MADE,
        "fsmount C FSMOUNT_CLOEXEC MOUNT_ATTR_RDONLY,MOUNT_ATTR_NOSYMFOLLOW,MOUNT_ATTR_NOATIME",
        None,
    ),
    Case("fsmount before create", OPEN, "fsmount C 0 0", "EINVAL", "fsmount"),
    Case("fsmount twice", MOUNTED, "fsmount C 0 0", "EBUSY", "fsmount"),
    Case("fsmount unknown flag", MADE, "fsmount C 4 0", "EINVAL", "fsmount"),
    Case("fsmount unknown flag comes before the descriptor", CLOSED, "fsmount O 4 0", "EINVAL", "fsmount"),
    Case("fsmount unknown attribute", MADE, "fsmount C 0 0x100", "EINVAL", "fsmount"),
    Case("fsmount with MOUNT_ATTR_IDMAP", MADE, "fsmount C 0 MOUNT_ATTR_IDMAP", "EINVAL", "fsmount"),
    Case("fsmount atime 0x30", MADE, "fsmount C 0 0x30", "EINVAL", "fsmount"),
    Case("fsmount atime 0x40", MADE, "fsmount C 0 0x40", "EINVAL", "fsmount"),
    Case("fsmount attributes before the descriptor", CLOSED, "fsmount O 0 0x30", "EINVAL", "fsmount"),
    Case("fsmount no descriptor", CLOSED, "fsmount O 0 0", "EBADF", "fget"),
    Case("fsmount of an O_PATH descriptor", "O = openat AT_FDCWD / O_PATH", "fsmount O 0 0", "EBADF", "fget"),
    Case("fsmount of a directory", "O = openat AT_FDCWD / 0", "fsmount O 0 0", "EINVAL", "fsconfig"),
    Case("fsmount without CAP_SYS_ADMIN", f"{MADE}; {NO_CAP}", "fsmount C 0 0", "EPERM", "may_mount"),
    Case(
        "fsmount unknown flag without CAP_SYS_ADMIN",
        f"{MADE}; {NO_CAP}",
        "fsmount C 4 0",
        "EPERM",
        "may_mount",
        until("7.1"),
    ),
    Case(
        "fsmount unknown flag without CAP_SYS_ADMIN, flags first",
        f"{MADE}; {NO_CAP}",
        "fsmount C 4 0",
        "EINVAL",
        "fsmount",
        since("7.1"),
    ),
    Case(
        "fsmount of pipefs",
        "C = fsopen pipefs 0; fsconfig C FSCONFIG_CMD_CREATE",
        "fsmount C 0 0",
        None,
        None,
        until("7.1"),
    ),
    Case(
        "fsmount of pipefs, refused",
        "C = fsopen pipefs 0; fsconfig C FSCONFIG_CMD_CREATE",
        "fsmount C 0 0",
        "EINVAL",
        "fsmount",
        since("7.1"),
    ),
    Case(
        "pipefs attached",
        "mkdir /a; C = fsopen pipefs 0; fsconfig C FSCONFIG_CMD_CREATE; M = fsmount C 0 0",
        "move_mount M '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH",
        None,
        None,
        until("7.1"),
    ),
    Case(
        "fsmount when user.max_mnt_namespaces is reached",
        f"{USERNS}; {MADE}; sysctl -w user.max_mnt_namespaces=1",
        "fsmount C 0 0",
        "ENOSPC",
        "inc_mnt_namespaces",
    ),
    Case(
        "fsmount in a user namespace",
        f"{USERNS}; mkdir /a; {MOUNTED}",
        "move_mount M '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH",
        None,
    ),
    Case(
        "the detached mount goes with its descriptor",
        f"{MOUNTED}; M = openat AT_FDCWD / 0",
        "fsmount C 0 0",
        "EBUSY",
        "fsmount",
    ),
    Case(
        "the mount is the root of a detached tree",
        f"{MOUNTED}; mkdir /proc/self/fd/M/x",
        "mount -t tmpfs X /proc/self/fd/M/x",
        "EINVAL",
        "check_mnt",
    ),
    Case(
        "FSMOUNT_NAMESPACE before it is known",
        MADE,
        "fsmount C FSMOUNT_NAMESPACE 0",
        "EINVAL",
        "fsmount",
        until("7.1"),
    ),
    # what nothing can be done with
    *(
        Case(
            f"in pipefs: {command}",
            f"{PIPEFS}; move_mount M '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH",
            command,
            errno,
            None,
            until("7.1"),
        )
        for command, errno in (
            ("ls /a", "ENOTDIR"),
            ("mkdir /a/x", "ENOTDIR"),
            ("cd /a", "ENOTDIR"),
            ("syscall stat /a/", "ENOTDIR"),
            ("syscall stat /a/..", "ENOTDIR"),
            ("openat AT_FDCWD /a 0", "ENXIO"),
            ("openat AT_FDCWD /a O_WRONLY", "EISDIR"),
            ("openat AT_FDCWD /a O_PATH", None),
            ("openat M . O_PATH", "ENOTDIR"),
            ("fchdir M", "ENOTDIR"),
            ("mount -t tmpfs T /a", None),
            ("mount --bind /a /a", "EINVAL"),
            ("open_tree M '' OPEN_TREE_CLONE,AT_EMPTY_PATH", None),
        )
    ),
    Case(
        "no file in sysfs",
        "mkdir /a; mount -t sysfs S /a",
        "openat AT_FDCWD /a/f O_WRONLY,O_CREAT",
        "EACCES",
        "lookup_open",
    ),
    Case("no directory in sysfs", "mkdir /a; mount -t sysfs S /a", "mkdir /a/f", "EPERM", "may_create"),
    Case(
        "no link in sysfs", "mkdir /a; mount -t sysfs S /a", "syscall symlink x /a/f", "EPERM", "may_create"
    ),
    Case(
        "no file in a read-only proc", "mkdir /a; mount -t proc -o ro P /a", "mkdir /a/f", "ENOENT", "lookup"
    ),
    # too revealing
    Case("proc is visible", f"{LOCKED_PROC}; {GUEST}", "mount -t proc Q /q", None),
    Case("no proc is visible", f"mkdir /p /q; {GUEST}", "mount -t proc Q /q", "EPERM", "mount_too_revealing"),
    Case(
        "the visible proc is covered",
        f"{LOCKED_PROC}; mount -t tmpfs T /p; {GUEST}",
        "mount -t proc Q /q",
        "EPERM",
        "mount_too_revealing",
    ),
    Case(
        "the visible proc is covered by nobody's lock",
        f"{LOCKED_PROC}; {GUEST}; mount -t tmpfs T /p",
        "mount -t proc Q /q",
        None,
    ),
    Case(
        "the visible proc is read-only and locked",
        f"{LOCKED_PROC}; mount -o remount,bind,ro /p; {GUEST}",
        "mount -t proc Q /q",
        "EPERM",
        "mount_too_revealing",
    ),
    Case(
        "a new proc that is read-only too",
        f"{LOCKED_PROC}; mount -o remount,bind,ro /p; {GUEST}",
        "mount -t proc -o ro Q /q",
        None,
    ),
    Case(
        "the superblock of the visible proc is read-only",
        f"{LOCKED_PROC}; mount -o remount,ro /p; mount -o remount,bind,rw /p; {GUEST}",
        "mount -t proc Q /q",
        "EPERM",
        "mount_too_revealing",
    ),
    Case(
        "a new proc with another atime",
        f"{LOCKED_PROC}; {GUEST}",
        "mount -t proc -o noatime Q /q",
        "EPERM",
        "mount_too_revealing",
    ),
    Case(
        "the lock is taken over",
        f"{LOCKED_PROC}; {GUEST}; mount -t proc Q /q",
        "mount -o remount,bind,noatime /q",
        "EPERM",
        "can_change_locked_flags",
    ),
    Case(
        "fsmount of a proc too revealing",
        f"mkdir /q; {GUEST}; C = fsopen proc 0; fsconfig C FSCONFIG_CMD_CREATE",
        "fsmount C 0 0",
        "EPERM",
        "mount_too_revealing",
    ),
    Case("sysfs too revealing", f"mkdir /q; {GUEST}", "mount -t sysfs Q /q", "EPERM", "mount_too_revealing"),
    Case("tmpfs is never too revealing", f"mkdir /q; {GUEST}", "mount -t tmpfs Q /q", None),
    # mount(2)
    Case(
        "mount of an empty subtype", "mkdir /a", "syscall mount A /a fuse. 0 NULL", "EINVAL", "do_new_mount"
    ),
    Case("mount of pipefs", "mkdir /a", "mount -t pipefs A /a", "EINVAL", "graft_tree"),
    Case(
        "mount of a type that no user namespace may",
        f"{USERNS}; mkdir /a",
        "mount -t devtmpfs A /a",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "mount of proc in a user namespace",
        f"{USERNS}; mkdir /a",
        "mount -t proc A /a",
        "EPERM",
        "mount_capable",
    ),
    Case(
        "mount of sysfs in a user namespace",
        f"{USERNS}; mkdir /a",
        "mount -t sysfs A /a",
        "EPERM",
        "sysfs_init_fs_context",
    ),
    Case("mount of ramfs in a user namespace", f"{USERNS}; mkdir /a", "mount -t ramfs A /a", None),
    Case(
        "options before rights",
        f"{USERNS}; mkdir /a",
        "syscall mount A /a proc 0 nosuch",
        "EINVAL",
        "vfs_parse_fs_param",
    ),
    Case(
        "sysfs a second time, read-only",
        "mkdir /a /b; mount -t sysfs A /a",
        "mount -t sysfs -o ro B /b",
        None,
    ),
    Case("sysfs on itself", "mkdir /a; mount -t sysfs A /a", "mount -t sysfs B /a", "EBUSY", "do_add_mount"),
    Case("a source among the options", "mkdir /a", "syscall mount NULL /a tmpfs 0 source=X", None),
    Case(
        "a source besides",
        "mkdir /a",
        "syscall mount A /a tmpfs 0 source=X",
        "EINVAL",
        "vfs_parse_fs_param_source",
    ),
    Case("a flag of mount with a value", "mkdir /a", "syscall mount A /a tmpfs 0 ro=1,,size=1m,=x", None),
    Case(
        "options as they are printed",
        "mkdir /a",
        "syscall mount A /a tmpfs 0 size=4097,nr_inodes=010,mode=77777,uid=0x10,huge=always,mpol=local",
        None,
    ),
    Case(
        "the options of proc as they are printed",
        "mkdir /a",
        "syscall mount A /a proc 0 hidepid=01,gid=5,subset=pid",
        None,
    ),
    # remount
    Case(
        "remount of what tmpfs can change",
        "mkdir /a; syscall mount A /a tmpfs 0 size=1m,mode=700,huge=always,mpol=local",
        "syscall mount A /a NULL MS_REMOUNT size=2m,mode=755,huge=never,mpol=default,source=X",
        None,
    ),
    Case(
        "remount of what proc can change",
        "mkdir /a; mount -t proc A /a",
        "syscall mount A /a NULL MS_REMOUNT hidepid=4,gid=7",
        None,
    ),
    Case(
        "remount with dirsync among the data",
        "mkdir /a; mount -t tmpfs A /a",
        "syscall mount A /a NULL MS_REMOUNT dirsync",
        "EINVAL",
        "reconfigure_super",
    ),
    Case(
        "remount with MS_DIRSYNC",
        "mkdir /a; mount -t tmpfs A /a",
        "syscall mount A /a NULL MS_REMOUNT,MS_DIRSYNC NULL",
        None,
    ),
    Case(
        "remount with ro among the data",
        "mkdir /a; mount -t tmpfs A /a",
        "syscall mount A /a NULL MS_REMOUNT ro",
        None,
    ),
    Case(
        "a limit in retrospect",
        "mkdir /a; syscall mount A /a tmpfs 0 size=0",
        "syscall mount A /a NULL MS_REMOUNT size=1m",
        "EINVAL",
        "shmem_reconfigure",
    ),
    Case(
        "a limit of inodes in retrospect",
        "mkdir /a; syscall mount A /a tmpfs 0 nr_inodes=0",
        "syscall mount A /a NULL MS_REMOUNT nr_inodes=100",
        "EINVAL",
        "shmem_reconfigure",
    ),
    Case(
        "no limit any more",
        "mkdir /a; syscall mount A /a tmpfs 0 size=1m",
        "syscall mount A /a NULL MS_REMOUNT size=0",
        None,
    ),
    Case(
        "remount ro with a writer",
        "mkdir /a; mount -t tmpfs A /a; W = openat AT_FDCWD /a/f O_WRONLY,O_CREAT",
        "mount -o remount,ro /a",
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "remount ro with a writer through another mount",
        "mkdir /a /b; mount -t tmpfs A /a; mount --bind /a /b; W = openat AT_FDCWD /b/f O_WRONLY,O_CREAT",
        "mount -o remount,ro /a",
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "remount ro with a reader",
        "mkdir /a; mount -t tmpfs A /a; touch /a/f; W = openat AT_FDCWD /a/f 0",
        "mount -o remount,ro /a",
        None,
    ),
    Case(
        "remount ro when the writer is gone",
        "mkdir /a; mount -t tmpfs A /a; W = openat AT_FDCWD /a/f O_WRONLY,O_CREAT; close W",
        "mount -o remount,ro /a",
        None,
    ),
    Case(
        "remount ro with a removed file open",
        "mkdir /a; mount -t tmpfs A /a; touch /a/f; W = openat AT_FDCWD /a/f 0; rm /a/f",
        "mount -o remount,ro /a",
        "EBUSY",
        "sb_prepare_remount_readonly",
    ),
    Case(
        "remount,bind ro with a writer",
        "mkdir /a; mount -t tmpfs A /a; W = openat AT_FDCWD /a/f O_WRONLY,O_CREAT",
        "mount -o remount,bind,ro /a",
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "remount,bind ro with a writer through another mount",
        "mkdir /a /b; mount -t tmpfs A /a; mount --bind /a /b; W = openat AT_FDCWD /b/f O_WRONLY,O_CREAT",
        "mount -o remount,bind,ro /a",
        None,
    ),
    Case(
        "remount of a detached mount",
        MOUNTED,
        "mount -o remount,bind,ro /proc/self/fd/M",
        "EINVAL",
        "check_mnt",
    ),
    # reading
    Case("a context has nothing to say", OPEN, "read C 100", "ENODATA", "fscontext_read"),
    Case("a context is no directory", OPEN, "fchdir C", "ENOTDIR"),
    Case("a context is no namespace", OPEN, "setns C 0", "EINVAL"),
    Case(
        "a context is no tree",
        OPEN,
        "open_tree C '' AT_EMPTY_PATH,OPEN_TREE_CLONE",
        "EINVAL",
        "may_copy_tree",
    ),
)

# of a filesystem on block devices, of which the model has none, and that not every kernel has
BLOCK = (
    Case("ext4 from nowhere", "mkdir /a", "syscall mount NULL /a ext4 0 NULL", "EINVAL", "get_tree_bdev"),
    Case(
        "ext4 from an empty source", "mkdir /a", "syscall mount '' /a ext4 0 NULL", "EINVAL", "get_tree_bdev"
    ),
    Case("ext4 from what is missing", "mkdir /a", "syscall mount /no /a ext4 0 NULL", "ENOENT", "lookup"),
    Case("ext4 from a directory", "mkdir /a", "syscall mount /a /a ext4 0 NULL", "ENOTBLK", "lookup_bdev"),
    Case("ext4 in a user namespace", f"{USERNS}; mkdir /a", "mount -t ext4 A /a", "EPERM", "mount_capable"),
    Case("ext4 by fsopen", "C = fsopen ext4 0", "fsconfig C FSCONFIG_CMD_CREATE", "EINVAL", "get_tree_bdev"),
)


@table(CASES + BLOCK)
def test_the_models(case: Case) -> None:
    ask_models(case)


@pytest.mark.kernel
@table(CASES)
def test_the_running_kernel(case: Case) -> None:
    ask_running_kernel(case)


@pytest.mark.kernel
@pytest.mark.skipif("\text4\n" not in FILE_SYSTEMS, reason="this kernel has no ext4, or not yet")
@table(BLOCK)
def test_a_running_kernel_that_has_ext4(case: Case) -> None:
    ask_running_kernel(case)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("mount -t devtmpfs A /a", "vfs_get_tree: a superblock of devtmpfs"),
        ("mount -t fuse A /a", "vfs_get_tree: a superblock of fuse"),
        ("mount -t ext4 -o errors=continue A /a", "fs_parse: option errors of ext4"),
        ("mount -t tmpfs -o noswap A /a", "fs_parse: option noswap of tmpfs"),
        ("mount -t tmpfs -o size=k A /a", "fs_parse: size=k of tmpfs"),
        ("mount -t tmpfs -o mpol=bind:0 A /a", "fs_parse: mpol=bind:0 of tmpfs"),
        ("syscall unshare CLONE_NEWPID", "copy_namespaces: CLONE_NEWPID"),
        ("read C 100", "fscontext_read: what a context for a tmpfs has to say"),
    ],
)
def test_what_is_not_modelled_is_said_to_be(command: str, missing: str) -> None:
    with Model() as model:
        session = Session(model)
        session.run_transcript(f"mkdir /a\n{OPEN}\nfsconfig C FSCONFIG_SET_FLAG nosuch")
        result = session.run("sh1", command)
        assert (result.status, result.errno, result.stderr) == (
            2,
            None,
            f"sh1: {missing}: not modelled here\n",
        )
        assert invariants.check(model.kernel) == []
        with pytest.raises(NotModelled):
            model.call("sh1", "mount", "A", "/a", "devtmpfs", 0, None)


@pytest.mark.vm
@pytest.mark.parametrize("image", IMAGES, ids=[image.name for image in IMAGES])
def test_kernels_in_vms(image: Path) -> None:
    ask_in_vm(CASES, image)
