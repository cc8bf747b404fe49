"""/proc/PID/mountinfo, mounts and mountstats: the text of each, and reading it in pieces.

An open file keeps the namespace and the root that the process had when it was opened. How text gets
through a buffer is ``seq_file``'s. Source: fs/proc_namespace.c; fs/namespace.c, m_start() to m_show().
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from . import refusals
from .effects import NAMESPACE_SEM, Acquire, Alloc, Code, NotModelled, Refused, Release, Step
from .file_table import alloc_file
from .filesystems import show_options, show_sb_opts
from .flags import (
    MNT_NOATIME,
    MNT_NODEV,
    MNT_NODIRATIME,
    MNT_NOEXEC,
    MNT_NOSUID,
    MNT_NOSYMFOLLOW,
    MNT_READONLY,
    MNT_RELATIME,
    MNT_UNIQUE_ID_OFFSET,
    MNT_USER_SETTABLE_MASK,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_PATH,
    O_WRONLY,
    SB_RDONLY,
)
from .globals import Globals
from .namei import End, prepend_path
from .namespace import mounts_from, put_mnt_ns
from .objects import MntNamespace, Mount, NsDentry, Path
from .peers import get_dominating_id, is_shared, is_unbindable
from .procfs import link_itself, proc_task
from .seq_file import SeqFile, SeqOperations, Shown, octal_escapes
from .tasks import Task
from .vfsmount import path_get, path_put

# the order in which show_mnt_opts() prints them
OPTION_WORDS = (
    (MNT_NOSUID, "nosuid"),
    (MNT_NODEV, "nodev"),
    (MNT_NOEXEC, "noexec"),
    (MNT_NOATIME, "noatime"),
    (MNT_NODIRATIME, "nodiratime"),
    (MNT_RELATIME, "relatime"),
    (MNT_NOSYMFOLLOW, "nosymfollow"),
)


_PATH_ESCAPES = octal_escapes(" \t\n\\")
_WORD_ESCAPES = octal_escapes(" \t\n\\#")
# Few texts have any of these: asking takes 0.1 µs, a translation 0.5, four times in a line.
_to_escape = re.compile(r"[ \t\n\\#]").search


def escape_path(text: str) -> str:
    """``text`` as the kernel prints a mount's root and its mountpoint (seq_dentry, seq_path_root)."""
    return text.translate(_PATH_ESCAPES) if _to_escape(text) else text


def escape_word(text: str) -> str:
    """``text`` as the kernel prints a filesystem type and a source (mangle)."""
    return text.translate(_WORD_ESCAPES) if _to_escape(text) else text


def show_mnt_opts(flags: int, idmapped: bool) -> str:
    """The mount's own options, each with a comma before it, without ro and rw."""
    words = [word for flag, word in OPTION_WORDS if flags & flag]
    return "".join(f",{word}" for word in (*words, *(["idmapped"] if idmapped else [])))


@cache
def mount_options(flags: int, idmapped: bool) -> str:
    """The options of a mount as mountinfo has them."""
    return ("ro" if flags & MNT_READONLY else "rw") + show_mnt_opts(flags, idmapped)


class Line(NamedTuple):
    """A line of a table: what comes before the mountpoint and after it."""

    before: str
    after: str


def show_mountinfo(mount: Mount, root: Path) -> Line:
    """A line of mountinfo, for a reader whose root is ``root``: proc_pid_mountinfo(5)."""
    sb = mount.mnt_sb
    ids = f"{mount.mnt_id} {mount.mnt_parent.mnt_id} {sb.s_id}"
    options = mount_options(mount.mnt_flags & MNT_USER_SETTABLE_MASK, mount.mnt_idmap is not None)
    tags = []
    if is_shared(mount):
        tags.append(f"shared:{mount.mnt_group_id}")
    if mount.mnt_master is not None:
        tags.append(f"master:{mount.mnt_master.mnt_group_id}")
        dom = get_dominating_id(mount, root)
        if dom not in (0, mount.mnt_master.mnt_group_id):
            tags.append(f"propagate_from:{dom}")
    if is_unbindable(mount):
        tags.append("unbindable")
    names = f"{escape_word(sb.s_type.name)} {escape_word(mount.mnt_devname)} {sb.s_shown}"
    return Line(f"{ids} {show_path(mount)} ", " ".join(("", options, *tags, "-", names)))


def show_path(mount: Mount) -> str:
    """The mount's root in its filesystem; nsfs prints it as it is (nsfs_show_path)."""
    path = mount.mnt_root.path()
    return path if isinstance(mount.mnt_root, NsDentry) else escape_path(path)


def show_vfsmnt(mount: Mount, root: Path) -> Line:
    """A line of mounts: proc_pid_mounts(5), fstab(5)."""
    sb = mount.mnt_sb
    read_only = mount.mnt_flags & MNT_READONLY or sb.s_flags & SB_RDONLY
    options = "".join(
        (
            "ro" if read_only else "rw",
            show_sb_opts(sb),
            show_mnt_opts(mount.mnt_flags, mount.mnt_idmap is not None),
            show_options(sb),
        )
    )
    return Line(f"{escape_word(mount.mnt_devname)} ", f" {escape_word(sb.s_type.name)} {options} 0 0")


def show_vfsstat(mount: Mount, root: Path) -> Line:
    """A line of mountstats: proc_pid_mountstats(5)."""
    fstype = escape_word(mount.mnt_sb.s_type.name)
    return Line(f"device {escape_word(mount.mnt_devname)} mounted on ", f" with fstype {fstype}")


Show: TypeAlias = Callable[[Mount, Path], Line]
TABLES: MappingProxyType[str, Show] = MappingProxyType(
    {"mountinfo": show_mountinfo, "mounts": show_vfsmnt, "mountstats": show_vfsstat}
)


def shown(show: Show, mount: Mount, root: Path) -> Shown:
    """The whole line; one without a mountpoint, to be skipped, for a mount not below ``root``."""
    line = show(mount, root)
    path, end = prepend_path(Path(mount, mount.mnt_root), root)
    reached = end is End.ROOT
    text = f"{line.before}{escape_path(path or '/')}{line.after}\n" if reached else line.before + path
    return Shown(text.encode("utf-8", "surrogateescape"), skip=not reached)


class ProcMounts:
    """struct proc_mounts: what an open table keeps. ``ahead`` is where in the namespace m_next() is."""

    __slots__ = ("ahead", "ns", "root", "show")

    def __init__(self, ns: MntNamespace, root: Path, show: Show) -> None:
        self.ns = ns
        self.root = root
        self.show = show
        self.ahead: Iterator[Mount] = iter(())


# --- the iterator: its position, m.index, is a unique mount id, and all that is left of it between two reads


def m_start(m: SeqFile) -> Code:
    """The mount at the position, or the first behind it, which is the position from then on."""
    p: ProcMounts = m.private
    yield Acquire("m_start", NAMESPACE_SEM, shared=True)
    p.ahead = iter(mounts_from(p.ns, m.index))
    mount = next(p.ahead, None)
    if mount is None:
        yield Step("m_start", f"no mount is at or behind the position, {position(m)}")
        return None
    m.index = mount.mnt_id_unique
    yield Step("m_start", f"the position is that of {{others[0]}}, {position(m)}", (), (mount.id,))
    return mount


def m_next(m: SeqFile, mount: Mount) -> Code:
    """The next mount, and its position; behind the last one the position is past that one."""
    yield from ()
    p: ProcMounts = m.private
    after = next(p.ahead, None)
    m.index = mount.mnt_id_unique + 1 if after is None else after.mnt_id_unique
    return after


def m_start_at_position(m: SeqFile) -> Code:
    """m_start() as it was from 6.8 on: the position stays what it was, however far behind it the mount is."""
    p: ProcMounts = m.private
    yield Acquire("m_start", NAMESPACE_SEM, shared=True)
    p.ahead = iter(mounts_from(p.ns, m.index))
    mount = next(p.ahead, None)
    if mount is None:
        yield Step("m_start", f"no mount is at or behind the position, {position(m)}")
        return None
    yield Step("m_start", f"{{others[0]}} is found, the position stays {position(m)}", (), (mount.id,))
    return mount


def m_next_position(m: SeqFile, mount: Mount) -> Code:
    """m_next() as it was from 6.8 on: behind the last mount the position is one more than it was."""
    yield from ()
    p: ProcMounts = m.private
    after = next(p.ahead, None)
    m.index = m.index + 1 if after is None else after.mnt_id_unique
    return after


def m_show(m: SeqFile, mount: Mount) -> Code:
    """What the table says of the mount."""
    p: ProcMounts = m.private
    what = shown(p.show, mount, p.root)
    sentence = "{others[0]} is out of the reader's sight" if what.skip else "the line of {others[0]} is made"
    yield Step("m_show", f"{sentence}, position {position(m)}", (), (mount.id,))
    return what


def m_stop(m: SeqFile, mount: Mount | None) -> Code:
    """Between two reads nothing is locked."""
    yield Release("m_stop", NAMESPACE_SEM)


def position(m: SeqFile) -> int:
    """The position in the numbers that people see, unique ids less 2^31."""
    return max(m.index - MNT_UNIQUE_ID_OFFSET, 0)


MOUNTS_OP = SeqOperations(m_start, m_next, m_show, m_stop)
MOUNTS_OP_BY_POSITION = SeqOperations(m_start_at_position, m_next_position, m_show, m_stop)


# --- opening


def table_at(k: Globals, task: Task, name: str | None) -> tuple[Task, Show] | None:
    """Whose table the path names, and which; None where it names no table of a living process."""
    if name is None:
        return None
    words = [word for word in name.split("/") if word not in ("", ".")]
    if not name.startswith("/") or len(words) != 3 or words[0] != "proc" or words[2] not in TABLES:
        return None
    owner = proc_task(k, task, words[1])
    return None if owner is None else (owner, TABLES[words[2]])


def mounts_open(k: Globals, task: Task, name: str | None, flags: int) -> Code:
    """The file behind /proc/PID/mountinfo, mounts or mountstats, None for another name.

    It holds the process's namespace and root of now. Raises EEXIST, ENOTDIR, ENOMEM.
    """
    table = table_at(k, task, name)
    if table is None or name is None:
        return None
    if flags & O_CREAT and flags & O_EXCL and not flags & O_PATH:
        raise Refused(refusals.EXISTS, name)
    if flags & O_DIRECTORY or name.endswith("/"):
        raise Refused(refusals.NOT_A_DIRECTORY, name)
    if flags & O_PATH:
        return alloc_file(path_get(link_itself(k)), o_path=True)
    if (yield Alloc("seq_open", "struct seq_file")):
        raise Refused(refusals.NO_MEMORY, "struct seq_file")
    owner, show = table
    p = ProcMounts(owner.mnt_ns, path_get(owner.fs.root), show)
    p.ns.count += 1

    def mounts_release(k: Globals) -> Code:
        path_put(k, p.root)
        yield from put_mnt_ns(k, p.ns)

    file = alloc_file(path_get(link_itself(k)))
    file.readable = not flags & O_WRONLY
    op = MOUNTS_OP if k.release.cursor_names_mount else MOUNTS_OP_BY_POSITION
    file.private_data = SeqFile(op, p, f"{owner.pid}/{name.rpartition('/')[2]}")
    file.release = mounts_release
    return file


def whole_table(k: Globals, task: Task, name: str | None) -> str | None:
    """All that reading the table from its beginning to its end gives, None for another name.

    Raises NotModelled for one that has no end.
    """
    table = table_at(k, task, name)
    if table is None:
        return None
    owner, show = table
    if len(owner.mnt_ns.mounts) == 1 and not k.release.cursor_names_mount:
        raise NotModelled("m_next", "the end of a table of one mount, to which the position crawls by ones")
    lines = (shown(show, mount, owner.fs.root) for mount in mounts_from(owner.mnt_ns, 0))
    return b"".join(line.text for line in lines if not line.skip).decode("utf-8", "surrogateescape")
