"""Releases as data: the rules that differ between kernels the model can be.

A rule is a field; what a rule does is in the function that asks for it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple


class Release(NamedTuple):
    """One kernel release.

    ``absolute_root``: the filesystem of the namespace root mount, which no user
    ever sees ("rootfs", or "nullfs" since 7.0).
    ``unbindable_lost_in_clone``: clones drop the unbindable flag (6.18 to 7.1).
    ``lock_follows_tuck``: a copy tucked beneath a locked mount takes its lock (since 7.1).
    ``pivot_root_checks_capability_first``: before the paths are looked up (until 6.18).
    ``statmount_hides_foreign``: statmount(2) of a mount in a namespace named by id that the task has
    no rights over says ENOENT, not EPERM (until 6.18.15; listmount(2) still does).
    ``statmount_by_fd``: STATMOUNT_BY_FD (since 7.0). ``open_tree_namespace``: OPEN_TREE_NAMESPACE (since
    7.0); ``namespace_needs_directory``: of a directory only (since 7.0.13);
    ``covered_stays_covered``: and not so that it uncovers what the owner had covered (since 7.2.12).
    ``fsmount_namespace``: FSMOUNT_NAMESPACE, and fsmount(2) checks its flags before the capability and
    refuses what no user may mount (since 7.1).
    ``empty_mntns``: UNSHARE_EMPTY_MNTNS, CLONE_EMPTY_MNTNS (since 7.1).
    ``beneath_anything``: MOVE_MOUNT_BENEATH of a locked mount and of the root (since 7.1).
    Since 7.2.12: ``copy_shares_lock``: what a propagated copy is tucked beneath keeps its lock, too;
    ``set_group_spares_unbindable``: MOVE_MOUNT_SET_GROUP onto an unbindable mount is refused;
    ``rbind_checks_loops``: a recursive bind is refused where the tree holds the file of the task's own
    mount namespace, or of an older one; ``unmounted_is_not_copied``: nor is what was unmounted copied
    recursively; ``nullfs_stays``: the superblock of a nullfs cannot be changed.
    Bugs and their ends: ``cursor_names_mount``: reading a table of mounts goes on behind the mount that was
    read last; ``copy_in_one_section``: create_new_namespace() holds namespace_sem from the first copy to
    the end; ``statmount_refuses_internal``: STATMOUNT_BY_FD of a mount of the kernel's own is refused;
    ``unshare_copies_fs``: unshare(2) hands a copy of the caller's root and cwd to copy_mnt_ns().
    ``without`` are the fixes that have been taken out of the release.
    """

    name: str
    absolute_root: str = "nullfs"
    unbindable_lost_in_clone: bool = True
    lock_follows_tuck: bool = False
    pivot_root_checks_capability_first: bool = False
    statmount_hides_foreign: bool = False
    statmount_by_fd: bool = True
    open_tree_namespace: bool = True
    namespace_needs_directory: bool = False
    covered_stays_covered: bool = False
    fsmount_namespace: bool = False
    empty_mntns: bool = False
    beneath_anything: bool = False
    copy_shares_lock: bool = False
    set_group_spares_unbindable: bool = False
    rbind_checks_loops: bool = False
    unmounted_is_not_copied: bool = False
    nullfs_stays: bool = False
    cursor_names_mount: bool = True
    copy_in_one_section: bool = True
    statmount_refuses_internal: bool = True
    unshare_copies_fs: bool = True
    without: tuple[str, ...] = ()


_6_18 = Release(
    "6.18",
    absolute_root="rootfs",
    pivot_root_checks_capability_first=True,
    statmount_hides_foreign=True,
    statmount_by_fd=False,
    open_tree_namespace=False,
    cursor_names_mount=False,
    unshare_copies_fs=False,
)
_6_18_16 = _6_18._replace(name="6.18.16", statmount_hides_foreign=False)
_6_18_17 = _6_18_16._replace(name="6.18.17", cursor_names_mount=True)
_6_18_19 = _6_18_17._replace(name="6.18.19", unshare_copies_fs=True)
_7_0 = Release("7.0")
_7_0_rc1 = _7_0._replace(
    name="7.0-rc1",
    cursor_names_mount=False,
    copy_in_one_section=False,
    statmount_refuses_internal=False,
    unshare_copies_fs=False,
)
_7_1 = Release(
    "7.1",
    lock_follows_tuck=True,
    namespace_needs_directory=True,
    fsmount_namespace=True,
    empty_mntns=True,
    beneath_anything=True,
)
_7_2 = _7_1._replace(name="7.2", unbindable_lost_in_clone=False)
_7_2_12 = _7_2._replace(
    name="7.2.12",
    covered_stays_covered=True,
    copy_shares_lock=True,
    set_group_spares_unbindable=True,
    rbind_checks_loops=True,
    unmounted_is_not_copied=True,
    nullfs_stays=True,
)

# By name, in the order in which they came out on their line. A stable release stands here where it
# answers otherwise than the one it follows.
RELEASES = MappingProxyType(
    {
        release.name: release
        for release in (
            _6_18,
            _6_18_16,
            _6_18_17,
            _6_18_19,
            _7_0_rc1,
            _7_0,
            _7_0._replace(name="7.0.13", namespace_needs_directory=True),
            _7_1,
            _7_2,
            _7_2_12,
        )
    }
)
DEFAULT_RELEASE = "7.0"

# By commit: the rule that the change brought, and what stood in its place before.
CHANGES: MappingProxyType[str, tuple[str, object]] = MappingProxyType(
    {
        "4a403d7aa907": ("cursor_names_mount", False),
        "a41dbf5e004e": ("copy_in_one_section", False),
        "81f16c9778d7": ("statmount_refuses_internal", False),
        "6c4b2243cb6c": ("unshare_copies_fs", False),
        "9b8a0ba68246": ("open_tree_namespace", False),
        "0e5032237ee5": ("statmount_by_fd", False),
        "fccbe38a5d06": ("statmount_hides_foreign", True),
        "313c47f4fe4d": ("absolute_root", "rootfs"),
        "805d5a2b7928": ("namespace_needs_directory", False),
        "5e8969bd1927": ("fsmount_namespace", False),
        "9d4e752a24f7": ("empty_mntns", False),
        "c62a4766937e": ("lock_follows_tuck", False),
        "ccfac16e0be5": ("beneath_anything", False),
        "1ab8904ae61b": ("unbindable_lost_in_clone", True),
        "0febe278ec45": ("covered_stays_covered", False),
        "d74d66aa708c": ("copy_shares_lock", False),
        "c640a01a78e4": ("rbind_checks_loops", False),
        "8bacbf6be959": ("unmounted_is_not_copied", False),
        "d791606bb915": ("nullfs_stays", False),
    }
)


def revert(release: Release, commit: str) -> Release:
    """The release without that change. Raises ValueError for one that is not known, or not in it."""
    if commit not in CHANGES:
        raise ValueError(f"no change {commit!r} is known here; there are {', '.join(CHANGES)}")
    rule, before = CHANGES[commit]
    if getattr(release, rule) == before:
        raise ValueError(f"{release.name} does not have {commit}")
    return release._replace(**{rule: before, "without": (*release.without, commit)})  # type: ignore[arg-type]
