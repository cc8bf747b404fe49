"""The structs: superblocks, dentries, mounts, mountpoints, mount namespaces.

Data and nothing else. The lists that thread mounts together live in ``links``;
what the fields mean to an operation lives in the module of that operation.
Those who act, tasks and their user namespaces, are in ``tasks``. Field names are those
of ``include/linux/fs.h``, ``include/linux/mount.h`` and ``fs/mount.h``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .flags import MNT_INTERNAL, MNT_UNIQUE_ID_OFFSET

if TYPE_CHECKING:
    from .tasks import Task, UserNamespace
FIRST_MNT_NS = 1


class SuperBlock:
    """struct super_block: one filesystem instance and its dentry tree.

    ``s_dev`` is the minor number of its anonymous device and ``s_id`` how
    mountinfo prints the pair, ``s_user_ns`` the user namespace that owns it,
    ``s_mounts`` every mount of it, attached or not, ``s_active`` the number of these and of the
    filesystem contexts that keep it alive, ``s_options`` the filesystem's own options in the
    order in which it prints them, and ``s_shown`` the words
    that mountinfo has for its flags and options.
    """

    __slots__ = (
        "next_ino",
        "s_active",
        "s_dev",
        "s_flags",
        "s_id",
        "s_mounts",
        "s_options",
        "s_root",
        "s_shown",
        "s_type",
        "s_user_ns",
    )

    def __init__(self, s_type: FileSystemType, s_dev: int, s_user_ns: UserNamespace) -> None:
        self.s_type = s_type
        self.s_dev = s_dev
        self.s_id = f"0:{s_dev}"
        self.s_user_ns = s_user_ns
        self.s_flags = 0
        self.s_mounts: dict[Mount, None] = {}
        self.s_active = 0
        self.s_options: dict[str, str] = {}
        self.s_shown = "rw"
        self.next_ino = 1
        self.s_root = Dentry(self, "", None, directory=True)


class FileSystemType(NamedTuple):
    """struct file_system_type, as far as mounting it goes.

    ``single`` types have one instance that every mount shares (sysfs), or one for each device;
    ``create_errno`` is what creating a file in it is answered with, None where
    files can be made. ``nouser``: its superblocks are for
    the kernel alone (SB_NOUSER). ``userns_mount`` is FS_USERNS_MOUNT, ``allow_idmap`` FS_ALLOW_IDMAP,
    ``requires_dev`` FS_REQUIRES_DEV, ``has_subtype`` FS_HAS_SUBTYPE, ``userns_visible`` SB_I_USERNS_VISIBLE.
    ``magic`` is the number of its superblocks, as in <linux/magic.h>. ``autodir``: its root is a directory
    in which nothing can be looked up (DCACHE_AUTODIR_TYPE).
    A type that is not ``modelled`` is known, and no superblock of it can be made.
    """

    name: str
    single: bool = False
    create_errno: str | None = None
    user_mountable: bool = True
    ignores_unknown_options: bool = False
    nouser: bool = False
    userns_mount: bool = False
    allow_idmap: bool = False
    requires_dev: bool = False
    has_subtype: bool = False
    userns_visible: bool = False
    magic: int = 0
    autodir: bool = False
    modelled: bool = True


class Dentry:
    """struct dentry with its inode: a name in a filesystem's tree.

    ``d_children`` is None for what is no directory, ``d_symlink`` the text of a
    symbolic link. ``d_mountpoint`` is the mountpoint
    object while something is mounted here in any namespace (DCACHE_MOUNTED);
    ``cant_mount`` is DCACHE_CANT_MOUNT. An unlinked dentry keeps its ``d_parent``.
    ``d_path`` is its path in the filesystem, kept because every picture asks for it.
    ``ns`` is what a file of nsfs or pidfs stands for.
    """

    __slots__ = (
        "cant_mount",
        "d_children",
        "d_mountpoint",
        "d_name",
        "d_parent",
        "d_path",
        "d_sb",
        "d_symlink",
        "ino",
        "ns",
        "unlinked",
    )

    def __init__(self, d_sb: SuperBlock, d_name: str, d_parent: Dentry | None, *, directory: bool) -> None:
        self.d_sb = d_sb
        self.d_name = d_name
        self.d_parent = d_parent
        self.set_path()
        self.d_symlink: str | None = None
        self.d_children: dict[str, Dentry] | None = {} if directory else None
        self.d_mountpoint: Mountpoint | None = None
        self.cant_mount = False
        self.unlinked = False
        self.ns: MntNamespace | UserNamespace | Task | None = None
        self.ino = d_sb.next_ino
        d_sb.next_ino += 1

    def set_path(self) -> None:
        """Work ``d_path`` out from the name and the parent."""
        if self.d_parent is None:
            self.d_path = "/"
        else:
            above = "" if self.d_parent.d_parent is None else self.d_parent.d_path
            self.d_path = f"{above}/{self.d_name}"

    @property
    def is_dir(self) -> bool:
        return self.d_children is not None

    @property
    def can_lookup(self) -> bool:
        """Whether it is a directory in which names can be looked up (d_can_lookup)."""
        return self.d_children is not None and not self.d_sb.s_type.autodir

    def path(self) -> str:
        """Where the dentry is in its filesystem; an unlinked one ends in //deleted (dentry_path)."""
        return self.d_path + "//deleted" if self.unlinked else self.d_path

    def __repr__(self) -> str:
        return f"<dentry {self.d_sb.s_type.name}:{self.path()}>"


class NsDentry(Dentry):
    """A file of nsfs, pidfs or another internal filesystem: no name, no parent, and what it stands for."""

    __slots__ = ()

    def __init__(self, d_sb: SuperBlock, d_path: str, ns: MntNamespace | UserNamespace | Task | None) -> None:
        super().__init__(d_sb, "", None, directory=False)
        self.d_path = d_path
        self.ns = ns


def is_subdir(dentry: Dentry, ancestor: Dentry) -> bool:
    """Whether ``dentry`` is ``ancestor`` or lies below it (is_subdir in fs/dcache.c)."""
    step: Dentry | None = dentry
    while step is not None:
        if step is ancestor:
            return True
        step = step.d_parent
    return False


def path_below(dentry: Dentry, root: Dentry) -> str:
    """The path from ``root`` down to ``dentry``; "(unreachable)", and its path, where it is not below."""
    if dentry is root:
        return "/"
    if root.d_parent is None:
        return dentry.d_path
    if not is_subdir(dentry, root):
        return f"(unreachable){dentry.d_path}"
    return dentry.d_path.removeprefix(root.d_path)


class Mountpoint:
    """struct mountpoint: one per dentry with something mounted on it, over all parents.

    ``m_list`` maps each parent to the mount sitting on (parent, ``m_dentry``):
    it is the kernel's mount hash and the list of mounts at a dentry in one.
    ``m_count`` counts the operations that pin it.
    """

    __slots__ = ("m_count", "m_dentry", "m_list")

    def __init__(self, m_dentry: Dentry) -> None:
        self.m_dentry = m_dentry
        self.m_list: dict[Mount, Mount] = {}
        self.m_count = 0


class Mount:
    """struct mount with its struct vfsmount.

    Three lists run through mounts (see ``links``): children in the order of
    attaching, the ring of peers, and each master's list of slaves.
    ``id`` is ``mnt_id_unique`` less its fixed offset: how steps and snapshots name a mount.
    ``mnt_writers`` counts the files open for writing through it; ``mnt_idmap`` is the user namespace by
    which it maps ids, None where it maps none.
    """

    __slots__ = (
        "id",
        "mnt_child_next",
        "mnt_child_prev",
        "mnt_count",
        "mnt_devname",
        "mnt_expiry_mark",
        "mnt_flags",
        "mnt_group_id",
        "mnt_id",
        "mnt_idmap",
        "mnt_master",
        "mnt_mountpoint",
        "mnt_mounts_first",
        "mnt_mounts_last",
        "mnt_ns",
        "mnt_parent",
        "mnt_root",
        "mnt_sb",
        "mnt_share_next",
        "mnt_share_prev",
        "mnt_slave_list",
        "mnt_slave_next",
        "mnt_slave_prev",
        "mnt_t_flags",
        "mnt_writers",
        "overmount",
    )

    def __init__(self, id: int, mnt_id: int, mnt_devname: str, mnt_root: Dentry, mnt_flags: int) -> None:
        self.id = id
        self.mnt_id = mnt_id
        self.mnt_devname = mnt_devname
        self.mnt_root = self.mnt_mountpoint = mnt_root
        self.mnt_sb = mnt_root.d_sb
        self.mnt_flags = mnt_flags
        self.mnt_count = 1
        self.mnt_expiry_mark = False
        self.mnt_writers = 0
        self.mnt_idmap: UserNamespace | None = None
        self.mnt_t_flags = 0
        self.mnt_group_id = 0
        self.mnt_ns: MntNamespace | None = None
        self.mnt_parent: Mount = self
        self.mnt_share_next: Mount = self
        self.mnt_share_prev: Mount = self
        self.overmount: Mount | None = None
        self.mnt_mounts_first: Mount | None = None
        self.mnt_mounts_last: Mount | None = None
        self.mnt_child_next: Mount | None = None
        self.mnt_child_prev: Mount | None = None
        self.mnt_master: Mount | None = None
        self.mnt_slave_list: Mount | None = None
        self.mnt_slave_next: Mount | None = None
        self.mnt_slave_prev: Mount | None = None
        self.mnt_sb.s_mounts[self] = None
        self.mnt_sb.s_active += 1

    @property
    def mnt_id_unique(self) -> int:
        return MNT_UNIQUE_ID_OFFSET + self.id

    @property
    def name(self) -> str:
        """What a person calls it beside a picture that shows where it is."""
        return f"mount {self.mnt_id} ({self.mnt_devname})"

    def __repr__(self) -> str:
        return f"<mount {self.mnt_id} {self.mnt_devname}:{self.mnt_root.path()}>"

    def __str__(self) -> str:
        """What a person calls it now, with its place: the path from the top of its tree of mounts."""
        if self.mnt_flags & MNT_INTERNAL:
            return f"the kernel's own mount of {self.mnt_devname}"
        place = f" on {Path(self, self.mnt_root)}"
        ns = self.mnt_ns
        if ns is None or ns.anon:
            place = f"{place} of a detached tree" if mnt_has_parent(self) else ", attached nowhere"
        elif ns.id != FIRST_MNT_NS:
            place += f" in namespace {ns.id}"
        return f"mount {self.mnt_id} ({self.mnt_devname}{place})"


def mnt_has_parent(mount: Mount) -> bool:
    return mount.mnt_parent is not mount


class Path(NamedTuple):
    """struct path: a place is a dentry as seen through a mount.

    ``str`` is its path from the top of the tree of mounts, or from where it left what its mount shows.
    """

    mnt: Mount
    dentry: Dentry

    def __str__(self) -> str:
        mount, dentry = self
        steps = [path_below(dentry, mount.mnt_root)]
        while mnt_has_parent(mount) and steps[-1].startswith("/"):
            mount, dentry = mount.mnt_parent, mount.mnt_mountpoint
            steps.append(path_below(dentry, mount.mnt_root))
        return "".join(step for step in reversed(steps) if step != "/") or "/"


class MntNamespace:
    """struct mnt_namespace. ``mounts`` maps unique ids to the mounts it lists.

    ``anon`` marks one that keeps a detached tree; nobody can enter or find it.
    ``seq_origin`` is then the id of the namespace from which that tree was cloned, 0 for none.
    ``count`` is the number of tasks, files and mounts of its nsfs file that keep it
    alive (ns.count), ``pending_mounts`` what a running attach has reserved, ``stashed`` its nsfs file.
    """

    __slots__ = (
        "anon",
        "count",
        "event",
        "id",
        "mounts",
        "pending_mounts",
        "root",
        "seq_origin",
        "stashed",
        "user_ns",
    )

    def __init__(self, id: int, user_ns: UserNamespace, *, anon: bool = False) -> None:
        self.id = id
        self.user_ns = user_ns
        self.anon = anon
        self.seq_origin = 0
        self.count = 1
        self.mounts: dict[int, Mount] = {}
        self.pending_mounts = 0
        self.root: Mount | None = None
        self.event = 0
        self.stashed: NsDentry | None = None

    @property
    def nr_mounts(self) -> int:
        return len(self.mounts)
