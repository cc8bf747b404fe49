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
    """

    name: str
    absolute_root: str = "nullfs"
    unbindable_lost_in_clone: bool = True
    lock_follows_tuck: bool = False
    pivot_root_checks_capability_first: bool = False


RELEASES = MappingProxyType(
    {
        release.name: release
        for release in (
            Release("6.18", absolute_root="rootfs", pivot_root_checks_capability_first=True),
            Release("7.0-rc1"),
            Release("7.0"),
            Release("7.1", lock_follows_tuck=True),
            Release("7.2", lock_follows_tuck=True, unbindable_lost_in_clone=False),
        )
    }
)
DEFAULT_RELEASE = "7.0"
