"""What only root can ask of the running kernel: in the user namespace of somebody else it answers otherwise.

There a filesystem of the kernel's own cannot be mounted, a proc only where nothing of another is covered,
a tmpfs belongs to somebody, and maps of ids and foreign namespaces are not one's own to use.
"""

from __future__ import annotations

import os
import re

import pytest

# Types that a transcript mounts or opens; a path below /proc is none.
_TYPES = re.compile(r"(?<![/\w])(?:proc|sysfs|pipefs|pidfs|nsfs|ext4)\b(?!/)")
_MAPS_AND_OWNERS = re.compile(r"MOUNT_ATTR_IDMAP|\b[ug]id[= ]|\bmnt_ns_(?:fd|id)=")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="it takes root")


def of_root(transcript: str) -> bool:
    """Whether the answers to the lines may be others for whoever is not root."""
    return bool(_TYPES.search(transcript) or _MAPS_AND_OWNERS.search(transcript))


def skip_without_root(why: str) -> None:
    if os.geteuid() != 0:
        pytest.skip(f"it takes root: in a user namespace {why}")


def ask_as_root(transcript: str) -> None:
    """Skip, for whoever is not root, lines to which the answers may be others then."""
    if of_root(transcript):
        skip_without_root("the kernel answers otherwise")
