"""Changes of statmount(2): 81f16c9778d7, 0e5032237ee5 and fccbe38a5d06.

All versions are kernel code, the last two behind a rule of the release; here is what shows the difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from vfslab.drive.schedule import Schedule
from vfslab.kernel.statmount import mnt_ns_of_fd, mnt_ns_of_fd_unchecked, sys_statmount
from vfslab.scenario import Scenario

from .fix import Changed, Fix
from .search import ends, explored, refusals

INTERNAL = Scenario(
    "sh1# P = pipe\n", (("sh1", ("statmount 0 STATMOUNT_MNT_BASIC flags=STATMOUNT_BY_FD mnt_fd=P",)),)
)
UNMOUNTED = Scenario(
    "sh1# mkdir /a\nsh1# mount -t tmpfs A /a\nsh1# F = open_tree AT_FDCWD /a 0\nsh1# umount -l /a\n",
    (("sh1", ("statmount 0 STATMOUNT_SB_BASIC,STATMOUNT_MNT_POINT flags=STATMOUNT_BY_FD mnt_fd=F",)),),
)
FOREIGN = Scenario(
    "sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0\nsh1# K = ns_get_mntns_id N\n"
    "sh1# I = statx AT_FDCWD / 0\nsh1# unshare -U -r -m\n",
    (("sh1", ("statmount I STATMOUNT_MNT_BASIC mnt_ns_id=K",)),),
)


def may_not_is_not_is_not(schedule: Schedule) -> Iterator[str]:
    """A rule: ENOENT is said of what is not there, and K, the namespace that is asked about, is."""
    for title, result in ends(schedule):
        if result.errno == "ENOENT":
            yield f"{title} gives ENOENT for a namespace that exists"


FIXES = (
    Fix(
        commit="81f16c9778d7",
        title="statmount: Fix the null-ptr-deref in do_statmount()",
        author="Qing Wang",
        date="2026-02-13",
        since="7.0-rc1 (0e5032237ee5)",
        releases=("7.0-rc2",),
        what="the mount of a pipe has an error pointer for a namespace, which is followed",
        rule="an error pointer is never followed",
        changed=(Changed(mnt_ns_of_fd_unchecked, mnt_ns_of_fd),),
        scenario=INTERNAL,
        find=explored(INTERNAL, "81f16c9778d7"),
        notebook="08-asking-by-descriptor.ipynb",
        section="A pipe",
        evidence=("statmount/by-fd-internal",),
        reproducers=("statmount_by_fd",),
        no_evidence="no image of 7.0-rc1 is left; with the test taken out of 7.1.13 it died at 0xf2",
    ),
    Fix(
        commit="0e5032237ee5",
        title="statmount: accept fd as a parameter",
        author="Bhavik Sachdev",
        date="2025-11-29",
        since="6.8, with statmount(2) itself",
        releases=("7.0-rc1",),
        what="a mount that was lazily unmounted can be held open, and nothing tells what it is",
        rule="whoever holds a descriptor can ask about its mount",
        changed=(Changed(None, sys_statmount),),
        scenario=UNMOUNTED,
        find=explored(UNMOUNTED, "0e5032237ee5", refusals),
        notebook="08-asking-by-descriptor.ipynb",
        section="Unmounted and still there",
        evidence=("statmount/by-fd",),
        reproducers=("statmount_by_fd",),
        covers=("selftests: statmount: tests for STATMOUNT_BY_FD",),
    ),
    Fix(
        commit="fccbe38a5d06",
        title="statmount: permission check should return EPERM",
        author="Bhavik Sachdev",
        date="2025-11-29",
        since="6.8, with statmount(2) itself",
        releases=("7.0-rc1", "6.19.6", "6.18.16"),
        what="who may not ask about a namespace is told that there is none",
        rule="ENOENT is said of what is not there, EPERM of what may not be seen",
        changed=(Changed(None, sys_statmount),),
        scenario=FOREIGN,
        find=explored(FOREIGN, "fccbe38a5d06", may_not_is_not_is_not),
        notebook="08-asking-by-descriptor.ipynb",
        section="May not, or is not",
        evidence=("statmount/foreign-namespace",),
        reproducers=("statmount_eperm",),
    ),
)
