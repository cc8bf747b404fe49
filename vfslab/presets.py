"""Where a playground starts: how well-known systems set up their mounts, as transcripts.

Only what decides about propagation is there: filesystems are tmpfs, whatever they are in life.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple


class Preset(NamedTuple):
    """A start: what it is, in a line, and the commands that lead there."""

    says: str
    transcript: str


_DESKTOP = """sh1# mount --make-rshared /
sh1# mkdir /proc /sys /run /home /media
sh1# mount -t proc proc /proc
sh1# mount -t sysfs sysfs /sys
sh1# mount -t tmpfs run /run
sh1# mount -t tmpfs home /home
"""

# By the name that a menu shows.
PRESETS: MappingProxyType[str, Preset] = MappingProxyType(
    {
        "an empty root": Preset("One tmpfs on /, private, as every Linux starts before systemd.", ""),
        "a desktop": Preset(
            "systemd makes the root shared, and everything mounted under it is shared, too (switch-root.c).",
            _DESKTOP,
        ),
        "Docker": Preset(
            "sh2 is a container: a copy of everything, made a slave, then all but its own root taken off.",
            _DESKTOP
            + """sh1# mkdir -p /var/lib/docker
sh2# unshare -m --propagation unchanged
sh2# mount --make-rslave /
sh2# mount -t tmpfs container /var/lib/docker
sh2# mkdir /var/lib/docker/old /var/lib/docker/data
sh2# mount --rbind /home /var/lib/docker/data
sh2# cd /var/lib/docker
sh2# pivot_root . old
sh2# cd /
sh2# umount -l /old
""",
        ),
        "Kubernetes, Bidirectional": Preset(
            "sh2 is a pod whose volume has mountPropagation: Bidirectional: it is shared with the host.",
            _DESKTOP
            + """sh1# mkdir -p /var/lib/kubelet/pods
sh1# mount -t tmpfs pods /var/lib/kubelet/pods
sh1# mkdir /var/lib/kubelet/pods/volume
sh1# mkdir -p /var/lib/pod
sh2# unshare -m --propagation unchanged
sh2# mount --make-private /
sh2# mount -t tmpfs pod /var/lib/pod
sh2# mkdir /var/lib/pod/old /var/lib/pod/volume
sh2# mount --bind /var/lib/kubelet/pods/volume /var/lib/pod/volume
sh2# cd /var/lib/pod
sh2# pivot_root . old
sh2# cd /
sh2# umount -l /old
""",
        ),
        "a rootless container": Preset(
            "sh2 has a user namespace of its own: what it got from the host is a slave, and locked.",
            _DESKTOP
            + """sh2# unshare -U -r -m --propagation unchanged
sh2# mkdir -p /run/container
sh2# mount -t tmpfs container /run/container
sh2# mkdir /run/container/old
sh2# cd /run/container
sh2# pivot_root . old
sh2# cd /
sh2# umount -l /old
""",
        ),
    }
)
