"""What came after 7.0 around the same code: each a rule of the release, and what shows it.

The code of both sides is in the kernel modules, where the rule is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vfslab.drive.explore import Rule
from vfslab.drive.schedule import Schedule
from vfslab.kernel.clone import clone_mnt
from vfslab.kernel.create_namespace import open_new_namespace
from vfslab.kernel.fsmount import do_fsmount
from vfslab.kernel.links import children
from vfslab.kernel.loopback import loopback_copy
from vfslab.kernel.move_mount import can_move_mount_beneath
from vfslab.kernel.nsproxy import do_unshare
from vfslab.kernel.objects import Mount
from vfslab.kernel.peers import is_unbindable
from vfslab.scenario import Scenario

from .fix import Changed, Fix
from .search import explored, refusals


def root_is_a_directory(schedule: Schedule) -> Iterator[str]:
    """A rule: the root of a process is a directory."""
    for task in schedule.kernel.tasks.values():
        if not task.fs.root.dentry.is_dir:
            yield f"the root of {task.comm} is {task.fs.root}, which is no directory"


def place(mount: Mount) -> tuple[str, ...]:
    """Where a mount stands: the mountpoints from it down to the root of its namespace."""
    parent = mount.mnt_parent
    return () if parent is mount else (mount.mnt_mountpoint.path(), *place(parent))


def copies(schedule: Schedule) -> Iterator[tuple[Mount, Mount]]:
    """Each mount with each that shows the same at the same place for a less privileged owner."""
    mounts = [mount for mount in schedule.kernel.mounts.values() if mount.mnt_ns and not mount.mnt_ns.anon]
    for original in mounts:
        for copy in mounts:
            assert original.mnt_ns is not None and copy.mnt_ns is not None, "they were chosen so"
            less_privileged = copy.mnt_ns.user_ns.parent is original.mnt_ns.user_ns
            if less_privileged and copy.mnt_root is original.mnt_root and place(copy) == place(original):
                yield original, copy


def covered_stays_covered(schedule: Schedule) -> Iterator[str]:
    """A rule: what a mount covers for its owner it covers for a less privileged one."""
    for original, copy in copies(schedule):
        shown = {child.mnt_mountpoint for child in children(copy)}
        for cover in children(original):
            if cover.mnt_mountpoint not in shown:
                yield f"{copy} shows what {cover} covers in {original}"


def copy_is_unbindable(schedule: Schedule) -> Iterator[str]:
    """A rule: a copy in another namespace of what is unbindable is unbindable."""
    for original, copy in copies(schedule):
        if is_unbindable(original) and not is_unbindable(copy):
            yield f"{copy} may be bound, {original}, of which it is a copy, may not"


A = "sh1# mkdir -p /a\nsh1# mount -t tmpfs A /a\n"


def sequel(
    commit: str,
    title: str,
    date: str,
    release: str,
    what: str,
    rule: str,
    scenario: Scenario,
    test: Rule,
    changed: Callable[..., object],
    evidence: tuple[str, ...],
    author: str = "Christian Brauner",
    reproducers: tuple[str, ...] = ("sequels",),
    no_evidence: str = "",
    section: str = "All of them",
) -> Fix:
    return Fix(
        commit=commit,
        title=title,
        author=author,
        date=date,
        since="see the notebook",
        releases=(release,),
        what=what,
        rule=rule,
        changed=(Changed(None, changed),),
        scenario=scenario,
        find=explored(scenario, commit, test),
        notebook="10-what-came-after.ipynb",
        section=section,
        evidence=evidence,
        reproducers=reproducers,
        no_evidence=no_evidence,
        sequel=True,
    )


FIXES = (
    sequel(
        "805d5a2b7928",
        "namespace: restrict OPEN_TREE_NAMESPACE/FSMOUNT_NAMESPACE to directories",
        "2026-06",
        "7.1-rc8",
        "a process gets a root that is a regular file",
        "the root of a process is a directory",
        Scenario(
            "sh1# touch /f\nsh1# N = openat AT_FDCWD /proc/self/ns/mnt 0\n",
            (("sh1", ("N = open_tree AT_FDCWD /f OPEN_TREE_NAMESPACE", "setns N CLONE_NEWNS")),),
            release="7.0.13",
        ),
        root_is_a_directory,
        open_new_namespace,
        ("errno/open-tree-namespace-of-file-7.0",),
        author="Jann Horn",
    ),
    sequel(
        "5e8969bd1927",
        "mount: add FSMOUNT_NAMESPACE",
        "2026-01-22",
        "7.1-rc1",
        "a namespace of a new filesystem takes a mount that somebody can see before",
        "a namespace can be made of a filesystem that is mounted nowhere",
        Scenario(
            "sh1# C = fsopen tmpfs 0\nsh1# fsconfig C FSCONFIG_CMD_CREATE\n",
            (("sh1", ("fsmount C FSMOUNT_NAMESPACE 0",)),),
            release="7.1",
        ),
        refusals,
        do_fsmount,
        ("new-namespaces/fsmount-namespace",),
    ),
    sequel(
        "9d4e752a24f7",
        "namespace: allow creating empty mount namespaces",
        "2026-03-06",
        "7.1-rc1",
        "who wants nothing copies everything and takes it off",
        "a namespace can be made of nothing",
        Scenario("", (("sh1", ("unshare UNSHARE_EMPTY_MNTNS",)),), release="7.1"),
        refusals,
        do_unshare,
        ("new-namespaces/empty",),
    ),
    sequel(
        "ccfac16e0be5",
        "move_mount: allow MOVE_MOUNT_BENEATH on the rootfs",
        "2026-02-24",
        "7.1-rc1",
        "the root is changed by pivot_root alone, which looks at every task of the machine",
        "what is on the root can have something slid beneath it",
        Scenario(
            A + "sh1# F = open_tree AT_FDCWD /a OPEN_TREE_CLONE\n",
            (("sh1", ("move_mount F '' AT_FDCWD / MOVE_MOUNT_F_EMPTY_PATH,MOVE_MOUNT_BENEATH",)),),
            release="7.1",
        ),
        refusals,
        can_move_mount_beneath,
        ("beneath/root",),
    ),
    sequel(
        "1ab8904ae61b",
        "mount: keep a copied mount unbindable",
        "2026-10",
        "7.2",
        "a copy of a namespace forgets which mounts are unbindable",
        "a copy in another namespace of what is unbindable is unbindable",
        Scenario(
            A + "sh1# mount --make-unbindable /a\n",
            (("sh1", ("unshare CLONE_NEWUSER,CLONE_NEWNS",)), ("sh2", ())),
            release="7.2",
        ),
        copy_is_unbindable,
        clone_mnt,
        ("user-namespaces/unbindable-in-the-copy",),
    ),
    sequel(
        "0febe278ec45",
        "namespace: keep covered mounts covered in OPEN_TREE_NAMESPACE",
        "2026-10",
        "7.3-rc7",
        "whoever makes a user namespace sees what is under the mounts of others, with one call",
        "what a mount covers for its owner it covers for a less privileged one",
        Scenario(
            A + "sh2# unshare -U -r\n",
            (("sh2", ("N = open_tree AT_FDCWD / OPEN_TREE_NAMESPACE",)),),
            release="7.2.12",
        ),
        covered_stays_covered,
        loopback_copy,
        ("new-namespaces/uncovered-before-7.2.12",),
    ),
)
