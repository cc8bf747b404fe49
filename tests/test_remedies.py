"""Remedies help: what a refusal says that would make the call succeed does make it succeed.

Each row names a refusal, and how its smallest transcript becomes one that succeeds: what is
done before the last command, and the last command where it is another one.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from privilege import skip_without_root
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel
from vfslab.shell.session import Session
from vfslab.smallest import smallest


class Cure(NamedTuple):
    row: str
    before: str = ""
    instead: str = ""


CURES = (
    # mounting
    Cure("CANT_MOUNT_ON", "mkdir /a; cd /a"),
    Cure("TARGET_NOT_IN_NAMESPACE", instead="mount -t tmpfs B /a"),
    Cure("TARGET_NOT_OURS", "sh2# nsenter -t sh1 -m", "sh2# mount -t tmpfs A ."),
    Cure("NO_FS_TYPE", instead="syscall mount NULL / tmpfs 0 NULL"),
    Cure("UNKNOWN_OPTION", instead="mount -t tmpfs A /"),
    Cure("SAME_SUPERBLOCK_ON_ITS_ROOT", "mkdir /a", "mount -t sysfs s /a"),
    Cure("DIRECTORY_ON_FILE", "touch /g", "mount --bind /g /f"),
    Cure("SOURCE_UNBINDABLE", "mount --make-private /"),
    Cure("SOURCE_NOT_OURS", instead="mount --bind / /a"),
    Cure("LOCKED_CHILD_BELOW_SOURCE", instead="mount --rbind / /"),
    Cure("COPY_OF_LOCKED_UNBINDABLE", "mount --make-private /a"),
    Cure("NOT_A_MOUNT_ROOT", "mount --bind /a /a"),
    Cure("NOT_ONE_PROPAGATION_TYPE", instead="syscall mount NULL / NULL MS_SHARED NULL"),
    Cure("REMOUNT_OF_NO_MOUNT_ROOT", "mount --bind /a /a"),
    Cure("REMOUNT_LOCKED_FLAG", instead="mount -o remount,bind,ro /"),
    Cure("REMOVED_IN_USE", "cd /"),
    Cure("REMOVED_IN_USE", instead="mount -o remount,bind,ro /"),
    Cure("REMOUNT_NOT_CAPABLE", instead="mount -o remount,bind /"),
    Cure("FS_NEEDS_PRIVILEGE", instead="mount -t tmpfs A /"),
    Cure("MOUNT_HAS_WRITERS", "close F"),
    # moving
    Cure("MOVE_OF_NO_MOUNT_ROOT", "mkdir /b; mount --bind /a /a", "mount --move /a /b"),
    Cure("MOVE_DIRECTORY_ON_FILE", "mkdir /a /b; mount -t tmpfs A /a", "mount --move /a /b"),
    Cure("MOVE_OF_LOCKED", "mkdir /b", "mount --rbind /a /b"),
    Cure("MOVE_FROM_SHARED_PARENT", "mkdir /b; mount --make-private /", "mount --move /a /b"),
    Cure("MOVE_UNBINDABLE_TO_SHARED", "mount --make-private /a"),
    Cure("MOVE_UNBINDABLE_TO_SHARED", "mount --make-private /b"),
    Cure("MOVE_INTO_ITSELF", "mkdir /a /b; mount -t tmpfs A /a", "mount --move /a /b"),
    Cure("BENEATH_COVERED_SOURCE", "umount /a"),
    Cure("BENEATH_OVERMOUNTED", "mount --make-private /"),
    Cure(
        "SET_GROUP_SOURCE_PRIVATE",
        "mkdir /a; mount --bind / /a; mount --make-shared /a",
        "move_mount AT_FDCWD /a AT_FDCWD / MOVE_MOUNT_SET_GROUP",
    ),
    Cure(
        "SET_GROUP_TARGET_NOT_PRIVATE",
        "mkdir /a; mount --bind / /a; mount --make-private /a",
        "move_mount AT_FDCWD / AT_FDCWD /a MOVE_MOUNT_SET_GROUP",
    ),
    # umount
    Cure("UMOUNT_OF_NO_MOUNT_ROOT", "mount -t tmpfs A /a"),
    Cure("UMOUNT_NOT_OURS", "sh2# nsenter -t sh1 -m", "sh2# umount -l ."),
    Cure("UMOUNT_FORCE_NOT_CAPABLE", instead="umount /.."),
    Cure("UMOUNT_BUSY_CHILD", "umount /a/b"),
    Cure("UMOUNT_BUSY_CHILD", instead="umount -R /a"),
    Cure("UMOUNT_BUSY_CHILD", instead="umount -l /a"),
    Cure("UMOUNT_BUSY", "cd /"),
    Cure("UMOUNT_BUSY", instead="umount -l /a"),
    Cure("UMOUNT_COUNTERPART_BUSY", "sh2# cd /", "sh1# umount /a"),
    Cure("UMOUNT_COUNTERPART_BUSY", "sh1# mount --make-private /", "sh1# umount /a"),
    Cure("UMOUNT_COUNTERPART_BUSY", instead="sh1# umount -l /a"),
    Cure("EXPIRE_MARKED", "umount2 /a MNT_EXPIRE"),
    # namespaces
    Cure("UNSHARE_NOT_CAPABLE", instead="unshare -U -r -m"),
    Cure("NEWUSER_IN_CHROOT", instead="unshare -m --propagation unchanged"),
    Cure("SETNS_OTHER_KIND", instead="setns F 0"),
    Cure("SETNS_PIDFD_FLAGS", instead="setns F CLONE_NEWNS"),
    Cure("PIVOT_SHARED", "mount --make-private /; mkdir /a; mount -t tmpfs A /a", "pivot_root /a /a"),
    Cure("PIVOT_TO_LOCKED", "mkdir /a; mount --rbind / /a", "pivot_root /a /a"),
    Cure("PIVOT_ON_CURRENT_ROOT", "mkdir /a; mount --bind /a /a", "pivot_root /a /a"),
    Cure("PIVOT_TO_NO_MOUNT", "mount --bind /a/b /a/b"),
    Cure("PIVOT_PUT_OLD_OUTSIDE", "mkdir /a/old", "pivot_root /a /a/old"),
    # files and descriptors
    Cure("NO_SUCH_FILE", "mkdir /a; mount -t tmpfs A /a"),
    Cure("READ_ONLY", "mount -o remount,bind,rw /"),
    Cure("IS_A_MOUNTPOINT", "umount /a"),
    Cure("DEAD_DIRECTORY", "mkdir /a; cd /a"),
    Cure("OPEN_TREE_NOT_CAPABLE", instead="open_tree AT_FDCWD / 0"),
    Cure("FSMOUNT_BEFORE_CREATE", "fsconfig F FSCONFIG_CMD_CREATE"),
    Cure("FSMOUNT_TWICE", "F = fsopen tmpfs 0; fsconfig F FSCONFIG_CMD_CREATE"),
    Cure(
        "SETATTR_ATIME_NOT_CLEARED",
        instead="mount_setattr AT_FDCWD / 0 attr_set=MOUNT_ATTR_NOATIME attr_clr=MOUNT_ATTR__ATIME",
    ),
    Cure("SETATTR_NO_MOUNT_ROOT", "mount --bind /a /a"),
    Cure(
        "IDMAP_ATTACHED",
        "sh1# G = open_tree AT_FDCWD / OPEN_TREE_CLONE",
        'sh1# mount_setattr G "" AT_EMPTY_PATH attr_set=MOUNT_ATTR_IDMAP userns_fd=F',
    ),
)


def lines(cure: Cure) -> list[str]:
    *done, last = smallest()[cure.row].transcript.splitlines()
    return [*done, *filter(None, cure.before.split("; ")), cure.instead or last]


@pytest.mark.parametrize("cure", CURES, ids=[" ".join(filter(None, cure)) for cure in CURES])
def test_in_the_model(cure: Cure) -> None:
    with Model(smallest()[cure.row].release) as model:
        *before, last = Session(model).run_transcript("\n".join(lines(cure)))
    assert last.status == 0, last
    assert {result.errno for result in before} <= {None, "EAGAIN"}


@pytest.mark.kernel
@pytest.mark.parametrize("cure", CURES, ids=[" ".join(filter(None, cure)) for cure in CURES])
def test_on_the_running_kernel(cure: Cure) -> None:
    if cure.row == "SAME_SUPERBLOCK_ON_ITS_ROOT":
        skip_without_root("no sysfs can be mounted")
    with RunningKernel() as kernel:
        last = Session(kernel).run_transcript("\n".join(lines(cure)))[-1]
    assert last.status == 0, last
