"""Back from the picture: a kernel in the state that a Snapshot shows, a real machine's mountinfo included.

The other way round of ``take``. What a snapshot does not tell is filled in with the
plainest thing that gives the same picture; ``load`` lists it.
"""

from __future__ import annotations

from .kernel import Kernel
from .kernel.filesystems import FILE_SYSTEMS, new_super, own_options
from .kernel.flags import MNT_LOCKED, MNT_READONLY, MNT_RELATIME, T_SHARED, T_UNBINDABLE
from .kernel.fs_context import FsContext, vfs_parse_sb_flag
from .kernel.globals import Ida
from .kernel.links import add_slave_behind, add_slave_first, join_ring, ring
from .kernel.namespace import new_mnt_ns
from .kernel.nsproxy import new_task
from .kernel.objects import Dentry, FileSystemType, MntNamespace, Mount, NsDentry, Path, SuperBlock
from .kernel.proc_namespace import OPTION_WORDS
from .kernel.tasks import FsStruct, UserNamespace
from .kernel.vfsmount import attach_mnt, lookup_mnt, mnt_add_to_ns, new_mount, path_get
from .snapshot import MountState, Place, Snapshot

# The task that stands in the namespace of the masters that are not listed, and the source of a
# mount of which a table says only that the root of its reader is a directory there.
NOT_LISTED = "(not listed)"
_DELETED = "//deleted"


class LoadError(ValueError):
    """Rows that cannot all be true; the text is for people."""


def load(snapshot: Snapshot, release: str) -> Kernel:
    """A kernel of ``release`` with these mounts, namespaces and tasks, in which a mountinfo reads the same.

    Mounts keep their mount ids and peer groups; unique ids, namespaces and pids are counted
    anew. A filesystem type that is not modelled becomes one that takes whatever it is given;
    a filesystem has the options of the first mount that shows it.
    What a mountinfo does not tell is taken to be the plainest there is: no files, and no
    directories but those that the table names; above a mount whose parent is not listed, the
    root of its namespace, which no path leads to; for a master that is not listed, a
    mount of the whole filesystem in a namespace of its own; one owner for all namespaces;
    one mapping for all mounts that map ids;
    nothing in use but the roots and working directories of the tasks. Mounts that are
    in no namespace are left out.

    Raises LoadError for rows that cannot all be true, ValueError for a release that is not modelled.
    """
    return _Loader(snapshot, release).kernel


class _Loader:
    """One snapshot on its way into a kernel: what has been made of which row."""

    def __init__(self, snapshot: Snapshot, release: str) -> None:
        self.kernel = k = Kernel(release, boot=False)
        self.snapshot = snapshot
        rows = [row for row in snapshot.mounts.values() if row.ns is not None]
        self.supers: dict[tuple[str, str], SuperBlock] = {}
        self.nameless: dict[tuple[SuperBlock, str], Dentry] = {}
        self.mounts: dict[int, Mount] = {}
        self.above: dict[int, Path] = {}  # by namespace: what is on a parent that is not listed hangs there
        self.mapping = UserNamespace(k.last_user_ns_id, k.init_user_ns)
        self.outside: MntNamespace | None = None
        _check(snapshot, rows)
        k.mnt_group_ida = Ida(1 + max(max(row.group, row.master, row.propagate_from) for row in rows))
        k.unnamed_dev_ida = Ida(1 + max(int(row.dev.partition(":")[2]) for row in rows))
        self.namespaces = {id: self._namespace(id) for id in snapshot.namespaces}
        for row in rows:
            self._mount(row)
        k.mnt_ida = Ida(1 + max(max(row.mount_id, row.parent) for row in rows))
        for row in rows:
            self._attach(row)
        self._link(rows)
        for task in snapshot.tasks.values():
            root, cwd = (self._place(place, task.ns) for place in (task.root, task.cwd))
            self._task(task.name, self.namespaces[task.ns], root, cwd)
        if self.outside is not None and self.outside.root is not None:
            place = Path(self.outside.root, self.outside.root.mnt_root)
            self._task(NOT_LISTED, self.outside, place, place)
        k.init_ns, k.init = k.namespaces[1], k.tasks[1]

    def _namespace(self, id: int) -> MntNamespace:
        """A namespace, with the mount under its root unless that is listed."""
        ns = self._new_namespace()
        root = self.snapshot.mounts.get(self.snapshot.namespaces[id].root)
        if root is not None and root.parent == root.id:
            return ns
        bottom = self._absolute_root(ns)
        bottom.mnt_id = self.snapshot.namespaces[id].root if root is None else root.parent
        place = bottom.mnt_root
        if root is None:
            # The reader's root is a directory there, and of its path the table's paths know nothing.
            bottom.mnt_devname = NOT_LISTED
            place = _below(place, "/root")
            place.d_path = ""
        self.above[id] = Path(bottom, place)
        return ns

    def _new_namespace(self) -> MntNamespace:
        """A namespace that is kept by nobody yet."""
        ns = new_mnt_ns(self.kernel, self.kernel.init_user_ns)
        ns.count = 0
        self.kernel.namespaces[ns.id] = ns
        return ns

    def _absolute_root(self, ns: MntNamespace) -> Mount:
        """The mount under everything in a namespace, which no path leads to."""
        fs_name = self.kernel.release.absolute_root
        sb = new_super(self.kernel, FILE_SYSTEMS[fs_name], self.kernel.init_user_ns)
        ns.root = new_mount(self.kernel, fs_name, sb.s_root, MNT_RELATIME)
        mnt_add_to_ns(ns, ns.root)
        return ns.root

    def _mount(self, row: MountState) -> None:
        mount = new_mount(self.kernel, row.source, self._root(row), _flags(row))
        mount.mnt_id = row.mount_id
        if "idmapped" in row.options.split(","):
            mount.mnt_idmap = self.mapping
        mount.mnt_group_id = row.group
        mount.mnt_t_flags = (T_SHARED if row.shared else 0) | (T_UNBINDABLE if row.unbindable else 0)
        assert row.ns is not None, "only rows in a namespace are loaded"
        mnt_add_to_ns(self.namespaces[row.ns], mount)
        self.mounts[row.id] = mount

    def _super(self, row: MountState) -> SuperBlock:
        key = row.dev, row.fstype
        if key not in self.supers:
            k = self.kernel
            s_type = FILE_SYSTEMS.get(row.fstype, FileSystemType(row.fstype))
            major, _, minor = row.dev.partition(":")
            s_dev = int(minor) if major == "0" else k.unnamed_dev_ida.alloc()
            self.supers[key] = sb = SuperBlock(
                s_type._replace(ignores_unknown_options=True), s_dev, k.init_user_ns
            )
            sb.s_id = row.dev
            fc = FsContext(s_type, k.init_user_ns)
            for word in row.super_options.split(","):
                vfs_parse_sb_flag(fc, word)
            sb.s_flags = fc.sb_flags
            sb.s_options = own_options(row.super_options)
            sb.s_shown = row.super_options
            if s_type.single:
                k.single_supers[s_type.name] = sb
        return self.supers[key]

    def _root(self, row: MountState) -> Dentry:
        """The root of a mount: a directory, a removed one, or a file that has no path (mnt:[4026531841])."""
        sb = self._super(row)
        name = row.root.removesuffix(_DELETED)
        if name == row.root and name.startswith("/"):
            return _below(sb.s_root, name)
        if (sb, row.root) not in self.nameless:
            removed = name.startswith("/")
            self.nameless[sb, row.root] = _removed(sb.s_root, name) if removed else NsDentry(sb, name, None)
        return self.nameless[sb, row.root]

    def _attach(self, row: MountState) -> None:
        mount = self.mounts[row.id]
        if row.parent == row.id:
            assert mount.mnt_ns is not None, "only mounts in a namespace are loaded"
            mount.mnt_ns.root = mount
            return
        place = self._base(row.parent, row.ns)
        try:
            dentry = _below(place.dentry, row.mountpoint)
        except NotADirectoryError:
            raise LoadError(f"mount {self.snapshot.label(row.id)} lies in a file") from None
        other = lookup_mnt(place.mnt, dentry)
        if other is not None:
            both = f"{self.snapshot.label(row.id)} and mount {other.mnt_id}"
            raise LoadError(f"mount {both} are on one place of mount {place.mnt.mnt_id}")
        attach_mnt(mount, place.mnt, dentry)

    def _link(self, rows: list[MountState]) -> None:
        """Close the rings, and give every slave a master."""
        first: dict[int, Mount] = {}
        for row in rows:
            mount = self.mounts[row.id]
            if row.group and first.setdefault(row.group, mount) is not mount:
                join_ring(mount, first[row.group].mnt_share_prev)
        for row in rows:
            if row.master and row.master not in first:
                self.outside = self.outside or self._namespace_outside()
                first[row.master] = self._peer_outside(self.outside, row, first)
        for row in rows:
            mount = self.mounts[row.id]
            if row.master and first.get(row.group, mount) is mount:
                self._enslave(mount, self.mounts.get(row.master_mount, first[row.master]))

    def _enslave(self, mount: Mount, master: Mount) -> None:
        """Make the mount a slave, and its peers, which stand together in the list of their master."""
        for member in ring(mount):
            member.mnt_master = master
            if member is mount:
                add_slave_first(master, member)
            else:
                add_slave_behind(member.mnt_share_prev, member)

    def _namespace_outside(self) -> MntNamespace:
        """The namespace of the masters that are not listed."""
        ns = self._new_namespace()
        self._absolute_root(ns)
        return ns

    def _peer_outside(self, ns: MntNamespace, row: MountState, first: dict[int, Mount]) -> Mount:
        """A member of the group that is ``row``'s master; its own is in the next listed group above."""
        assert ns.root is not None, "made with its root"
        peer = new_mount(self.kernel, row.source, self._super(row).s_root, MNT_RELATIME)
        peer.mnt_group_id = row.master
        peer.mnt_t_flags = T_SHARED
        mnt_add_to_ns(ns, peer)
        attach_mnt(peer, ns.root, _below(ns.root.mnt_root, f"/{row.master}"))
        if row.propagate_from in first:
            peer.mnt_master = first[row.propagate_from]
            add_slave_first(peer.mnt_master, peer)
        return peer

    def _task(self, name: str, ns: MntNamespace, root: Path, cwd: Path) -> None:
        ns.count += 1
        new_task(self.kernel, name, FsStruct(path_get(root), path_get(cwd)), ns, self.kernel.init_user_ns)

    def _place(self, place: Place, ns: int) -> Path:
        base = self._base(place.mount, ns)
        path = place.path.removesuffix(_DELETED)
        return Path(base.mnt, (_below if path == place.path else _removed)(base.dentry, path))

    def _base(self, id: int, ns: int | None) -> Path:
        """The root of a mount; of one that is not listed the place from which its children's paths count."""
        mount = self.mounts.get(id)
        if mount is not None:
            return Path(mount, mount.mnt_root)
        assert ns is not None, "only rows in a namespace are loaded"
        return self.above[ns]


def _check(snapshot: Snapshot, rows: list[MountState]) -> None:
    """Raise LoadError for what would leave a kernel walking in circles, or with nowhere to stand."""
    if not rows or not snapshot.tasks:
        raise LoadError("there are no mounts in it")
    paths = snapshot.paths()
    for row in rows:
        if paths[row.id] is None:
            raise LoadError(f"no path leads to mount {row.mount_id}")
        assert row.ns is not None, "only rows in a namespace are loaded"
        root = snapshot.namespaces[row.ns].root
        if row.parent not in snapshot.mounts and root not in (row.id, row.parent):
            label = snapshot.label(row.id)
            raise LoadError(
                f"it is not whole: the parent of mount {label}, mount {row.parent}, is not listed"
            )
    masters: dict[int, int] = {}
    for row in rows:
        if row.group and masters.setdefault(row.group, row.master) != row.master:
            raise LoadError(f"the members of peer group {row.group} have different masters")
    for group in masters:
        above, seen = group, {group}
        while above := masters.get(above, 0):
            if above in seen:
                raise LoadError(f"peer group {group} is in a cycle of masters")
            seen.add(above)


def _flags(row: MountState) -> int:
    """The flags that mountinfo has words for (``mount_options`` the other way round), and the lock."""
    words = row.options.split(",")
    flags = MNT_READONLY if "ro" in words else 0
    for flag, word in OPTION_WORDS:
        if word in words:
            flags |= flag
    return flags | (MNT_LOCKED if row.locked else 0)


def _below(dentry: Dentry, path: str) -> Dentry:
    """The directory at ``path`` from ``dentry`` on, made where it is missing. Raises NotADirectoryError."""
    for name in filter(None, path.split("/")):
        if dentry.d_children is None:
            raise NotADirectoryError(path)
        if name not in dentry.d_children:
            dentry.d_children[name] = Dentry(dentry.d_sb, name, dentry, directory=True)
        dentry = dentry.d_children[name]
    return dentry


def _removed(dentry: Dentry, path: str) -> Dentry:
    """A directory that was at ``path`` once."""
    above, _, name = path.rpartition("/")
    gone = Dentry(dentry.d_sb, name, _below(dentry, above), directory=True)
    gone.unlinked = gone.cant_mount = True
    return gone
