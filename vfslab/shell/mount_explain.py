"""Why mount(2) failed, in the words of mount(8).

The kernel says only an errno; what it says of whom is found out by looking at
the paths afterwards. Source: util-linux 2.38.1, mnt_context_get_mount_excode().
"""

from __future__ import annotations

from vfslab.kernel.flags import MS_MOVE, MS_PROPAGATION, MS_REMOUNT
from vfslab.machine import Answer
from vfslab.shell import mount_table
from vfslab.shell.messages import strerror
from vfslab.shell.process import Process


def explain(
    process: Process, source: str | None, target: str, fstype: str | None, ms_flags: int, refused: Answer
) -> None:
    """Make mount fail for a refused mount(2), and say why."""
    shown = "none" if source is None else source
    why = f"mount(2) system call failed: {strerror(refused.errno)}"
    match refused.errno:
        case "EPERM":
            why = "permission denied"
        case "EBUSY":
            why = _busy(process, shown, ms_flags)
        case "ENOENT":
            if not process.stat(target):
                why = "mount point does not exist"
            elif source is not None and not process.stat(source):
                why = f"special device {source} does not exist"
        case "ENOTDIR":
            there = process.stat(target)
            if not (there and there.directory):
                why = "mount point is not a directory"
            elif source is not None and process.call("stat", source).errno == "ENOTDIR":
                why = f"special device {source} does not exist (a path prefix is not a directory)"
        case "EINVAL":
            why = _invalid(process, shown, ms_flags)
        case "ENODEV":
            why = "unknown filesystem type" + (f" '{fstype}'" if fstype is not None else "")
        case "ENOTBLK":
            there = process.stat(shown)
            is_file = there is not None and not there.directory
            why = f"{shown} is not a block device" + ('; try "-o loop"' if is_file else "")
    process.fail(refused, f"{target}: {why}.")
    process.err.append("       dmesg(1) may have more information after failed mount system call.\n")


def _busy(process: Process, source: str, ms_flags: int) -> str:
    if ms_flags & MS_REMOUNT:
        return "mount point is busy"
    entry = next((entry for entry in process.mounts() if entry.source == source), None)
    if entry:
        return f"{source} already mounted on {entry.mountpoint}"
    return f"{source} already mounted or mount point busy"


def _invalid(process: Process, source: str, ms_flags: int) -> str:
    if ms_flags & MS_REMOUNT:
        return "mount point not mounted or bad option"
    if ms_flags & MS_PROPAGATION:
        return "not mount point or bad option"
    if ms_flags & MS_MOVE and mount_table.moves_from_shared(process.mounts(), process.absolute(source)):
        return "bad option; moving a mount residing under a shared mount is unsupported"
    return (
        f"wrong fs type, bad option, bad superblock on {source}, missing codepage or helper program,"
        " or other error"
    )
