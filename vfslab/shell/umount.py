"""umount(8): take mounts away, with -R those below them too, with -l lazily.

Targets go to umount2(2) as they were given, unless only the mount table knows
them as a source. Behaviour and words: util-linux 2.38.1, ``sys-utils/umount.c``
and ``libmount/src/context_umount.c``.
"""

from __future__ import annotations

from vfslab.kernel.flags import MNT_DETACH, MNT_FORCE
from vfslab.mountinfo import Entry
from vfslab.shell import mount_table
from vfslab.shell.messages import strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Process, Tool

UMOUNT_FAILED = 32
_WORDS = {
    "EINVAL": "not mounted",
    "EBUSY": "target is busy",
    "ENOENT": "no mount point specified",
    "EPERM": "must be superuser to unmount",
}


def umount(process: Process, arguments: Arguments) -> int:
    """umount(8). The exit statuses of all targets are added up, as the real one does."""
    if not arguments.operands:
        process.misuse("bad usage")
    umounter = _Umounter(process, arguments)
    one = umounter.recursively if arguments.has("recursive") else umounter.named
    return min(sum(one(target) for target in arguments.operands), 255)


class _Umounter:
    """One run of umount: how it was asked to do it."""

    def __init__(self, process: Process, arguments: Arguments) -> None:
        self.process = process
        self.verbose = arguments.has("verbose")
        self.quiet = arguments.has("quiet")
        self.fake = arguments.has("fake")
        lazy, force = arguments.has("lazy"), arguments.has("force")
        self.flags = (MNT_DETACH if lazy else 0) | (MNT_FORCE if force else 0)

    def named(self, name: str) -> int:
        """Unmount what a path or a source names."""
        if name.startswith("/"):
            return self._umount(name)
        entries = self.process.mounts()
        if mount_table.find_target(entries, self.process.absolute(name)):
            return self._umount(name)
        entry = mount_table.find_source(entries, name)
        if entry is None:
            return self._umount(name)
        if mount_table.find_target(entries, entry.mountpoint) != entry:
            self.process.warn(f"{name}: umount failed: Invalid argument.")
            return 1
        return self._umount(entry.mountpoint)

    def recursively(self, path: str) -> int:
        """Unmount the topmost mount at ``path``, before it what is mounted on it, the newest first."""
        entries = self.process.mounts()
        entry = mount_table.find_target(entries, self.process.absolute(path))
        if entry is None:
            if not self.quiet:
                self.process.warn(f"{path}: {'not mounted' if self.process.stat(path) else 'not found'}")
            return 1
        statuses = (self._umount(entry.mountpoint) for entry in _deepest_first(entries, entry))
        return next((status for status in statuses if status), 0)

    def _umount(self, target: str) -> int:
        source = self._shown_source(target) if self.verbose else ""
        if not self.fake:
            answer = self.process.call("umount2", target, self.flags)
            if answer.errno:
                why = _WORDS.get(answer.errno, f"umount(2) system call failed: {strerror(answer.errno)}")
                self.process.fail(answer, f"{target}: {why}.")
                if self.quiet and answer.errno == "EINVAL":
                    self.process.err.pop()
                return UMOUNT_FAILED
        if self.verbose:
            self.process.warn(f"{target}{source} unmounted")
        return 0

    def _shown_source(self, target: str) -> str:
        """The source that -v tells, which libmount knows unless it could do without the mount table."""
        there = self.process.stat(target)
        if target.startswith("/") and there and there.directory and not self.flags:
            return ""
        entry = mount_table.find_target(self.process.mounts(), self.process.absolute(target))
        return f" ({entry.source})" if entry else ""


def _deepest_first(entries: list[Entry], top: Entry) -> list[Entry]:
    """``top`` last, before each entry what is mounted on it, the newest first."""
    children = mount_table.children(entries)
    order, to_visit = [], [top]
    while to_visit:
        entry = to_visit.pop()
        order.append(entry)
        to_visit += reversed(children.get(entry.mount_id, []))
    return order[::-1]


TOOLS = (
    Tool(
        "umount",
        umount,
        "[-lfRvq] TARGET|SOURCE...",
        flags("-c --no-canonicalize", "-d --detach-loop", "--fake", "-f --force", "-i --internal-only")
        + flags("-n --no-mtab", "-l --lazy", "-R --recursive", "-v --verbose", "-q --quiet")
        + UTIL_LINUX,
        flags("-a --all", "-A --all-targets", "-O --test-opts=", "-r --read-only", "-t --types=")
        + flags("-N --namespace="),
    ),
)
