"""Sequels about what lies at the bottom, what is locked and what is dead: nullfs, and autumn 2026.

The code of both sides is in the kernel modules; here is what shows the difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from vfslab.drive.schedule import Schedule
from vfslab.kernel.attach import commit_and_tuck
from vfslab.kernel.clone import copy_tree
from vfslab.kernel.flags import MNT_UMOUNT, SB_RDONLY
from vfslab.kernel.kernel import Kernel
from vfslab.kernel.mount import do_loopback
from vfslab.kernel.objects import MntNamespace
from vfslab.kernel.remount import reconfigure_super
from vfslab.scenario import Scenario

from .search import ends
from .sequels import covered_stays_covered, sequel

SECTION = "The bottom, the locks and the dead"

AT_THE_BOTTOM = "sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0\nsh1# umount -l /\nsh1# setns N CLONE_NEWNS\n"

TUCKED = """sh1# mkdir -p /m /p
sh1# mount -t tmpfs M /m
sh1# mount --make-shared /m
sh1# mount --bind /m /p
sh1# mount --make-slave /p
sh1# mount --make-shared /p
sh1# mkdir /p/x
sh1# mount -t tmpfs X /p/x
sh2# unshare -U -r -m --propagation unchanged
sh1# mount -t tmpfs Y /m/x
"""

HOLDS_ITS_FILE = """sh1# mkdir /a /dst
sh1# mount -t tmpfs A /a
sh1# touch /a/f
sh2# unshare -m --propagation private
sh1# mount --bind /proc/sh2/ns/mnt /a/f
sh1# F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE
sh1# C = fsopen tmpfs 0
sh1# fsconfig C FSCONFIG_SET_STRING source G
sh1# fsconfig C FSCONFIG_CMD_CREATE
sh1# G = fsmount C 0 0
sh1# mkdir /proc/self/fd/G/x
sh1# move_mount F "" G x MOVE_MOUNT_F_EMPTY_PATH
sh1# N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY
sh3# setns N CLONE_NEWNS
"""

DEAD = """sh1# touch /f /g
sh1# mount --bind /proc/self/ns/net /f
sh1# D = openat AT_FDCWD /f O_PATH
sh1# umount -l /f
"""


def bottom_is_empty(schedule: Schedule) -> Iterator[str]:
    """A rule: what lies at the bottom of every namespace holds nothing."""
    for ns in schedule.kernel.namespaces.values():
        if ns.root.mnt_root.d_children:
            held = ", ".join(ns.root.mnt_root.d_children)
            yield f"{ns.root}, at the bottom of every namespace, holds {held}"


def success_means_done(schedule: Schedule) -> Iterator[str]:
    """A rule: a plain umount of a task's root that succeeds has made the superblock read-only."""
    for title, result in ends(schedule):
        for task in schedule.kernel.tasks.values():
            sb = task.fs.root.mnt.mnt_sb
            if "umount2" in title and result.errno is None and not sb.s_flags & SB_RDONLY:
                yield f"{title} is a success, and the {sb.s_type.name} is as writable as before"


def none_holds_itself(schedule: Schedule) -> Iterator[str]:
    """A rule: no mount namespace has a mount of its own file, or of an older one's: neither would end."""
    for mount in schedule.kernel.mounts.values():
        held, ns = mount.mnt_root.ns, mount.mnt_ns
        if ns is not None and not ns.anon and isinstance(held, MntNamespace) and held.id <= ns.id:
            yield f"mount namespace {ns.id} holds the file of mount namespace {held.id}: {mount}"


def the_dead_stay_dead(schedule: Schedule) -> Iterator[str]:
    """A rule: what is in a namespace is not marked as unmounted."""
    for mount in schedule.kernel.mounts.values():
        if mount.mnt_ns is not None and mount.mnt_flags & MNT_UMOUNT:
            yield f"{mount} is in a namespace, and marked as unmounted"


FIXES = (
    sequel(
        "313c47f4fe4d",
        "fs: use nullfs unconditionally as the real rootfs",
        "2026-01-14",
        "7.0-rc1",
        "every namespace has a filesystem at its bottom that can be written, the same one for all",
        "what lies at the bottom of every namespace holds nothing",
        Scenario(AT_THE_BOTTOM, (("sh1", ("mount NULL / NULL MS_REMOUNT,MS_BIND NULL", "mkdir /mark")),)),
        bottom_is_empty,
        Kernel._boot,
        (),
        reproducers=("create_new_namespace_cleanup",),
        section=SECTION,
    ),
    sequel(
        "c62a4766937e",
        "move_mount: transfer MNT_LOCKED",
        "2026-02-24",
        "7.1-rc1",
        "what arrives beneath a locked mount is not locked, and can be taken off when that one has gone",
        "what a mount covers for its owner it covers for a less privileged one",
        Scenario(TUCKED + "sh1# umount /p/x\n", (("sh2", ("umount2 /p/x 0",)),), release="7.1"),
        covered_stays_covered,
        commit_and_tuck,
        ("user-namespaces/tucked-copy-is-free", "user-namespaces/tucked-copy-is-locked"),
        reproducers=(),
        section=SECTION,
    ),
    sequel(
        "d74d66aa708c",
        "(title not at hand) the lock stays on what a propagated copy is moved beneath",
        "2026-10",
        "7.3-rc7",
        "the lock goes to what arrives beneath, and what was locked can be taken off",
        "what a mount covers for its owner it covers for a less privileged one",
        Scenario(TUCKED, (("sh2", ("umount2 /p/x 0",)),), release="7.2.12"),
        covered_stays_covered,
        commit_and_tuck,
        ("beneath/locked-with-a-peer-7.1", "beneath/locked-with-a-peer"),
        reproducers=(),
        section=SECTION,
    ),
    sequel(
        "c640a01a78e4",
        "namespace: check a recursive bind mount for mount namespace loops",
        "2026-10",
        "7.3-rc7",
        "a recursive bind brings a namespace's own file into it, and keeps it alive for ever",
        "no mount namespace has a mount of its own file, or of an older namespace's",
        Scenario(
            HOLDS_ITS_FILE,
            (("sh3", ("mount /proc/self/fd/G /dst NULL MS_BIND,MS_REC NULL",)),),
            release="7.2.12",
        ),
        none_holds_itself,
        do_loopback,
        ("namespace-files/rbind-loop-before-7.2.12", "namespace-files/rbind-loop"),
        reproducers=(),
        section=SECTION,
    ),
    sequel(
        "8bacbf6be959",
        "namespace: don't copy an unmounted mount tree",
        "2026-10",
        "7.3-rc7",
        "the copy of a mount that was unmounted is mounted, and bears the mark of the dead",
        "what is in a namespace is not marked as unmounted",
        Scenario(DEAD, (("sh1", ("mount /proc/self/fd/D /g NULL MS_BIND,MS_REC NULL",)),), release="7.2.12"),
        the_dead_stay_dead,
        copy_tree,
        (
            "errno/bind-source-unmounted-namespace-file-before-7.2.12",
            "errno/bind-source-unmounted-namespace-file",
        ),
        reproducers=(),
        section=SECTION,
    ),
    sequel(
        "d791606bb915",
        "(title not at hand) a nullfs is not remounted",
        "2026-10",
        "7.3-rc7",
        "to make the bottom of all namespaces read-only is a success that changes nothing",
        "a plain umount of the root that succeeds has made the superblock read-only",
        Scenario(AT_THE_BOTTOM, (("sh1", ("umount2 / 0",)),), release="7.2.12"),
        success_means_done,
        reconfigure_super,
        ("errno/umount-absolute-root", "errno/umount-absolute-root-7.2.12"),
        reproducers=(),
        section=SECTION,
    ),
)
