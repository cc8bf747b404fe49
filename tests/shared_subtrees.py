"""The kernel's shared-subtree tables as litmus files: every operation on every pair of types.

The rules of Documentation/filesystems/sharedsubtree.rst stand in ``attach``, ``copy`` and
``CHANGES``; the listings that are expected follow from them and from how a case is set up.
No model is asked here.

    python tests/shared_subtrees.py      # writes tests/litmus/shared-subtree
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "litmus" / "shared-subtree"
TYPES = ("shared", "private", "slave", "shared-slave", "unbindable")
HOLDER = "private-holding-unbindable"
KEEPS_UNBINDABLE = "7.2*"
DOCUMENT = "Documentation/filesystems/sharedsubtree.rst"


@dataclass(eq=False)
class Mount:
    """A mount as a listing shows it; a group is known by the mount that was its first member."""

    path: str
    source: str
    parent: Mount | None = None
    group: Mount | None = None
    master: Mount | None = None
    unbindable: bool = False

    def share(self) -> None:
        self.group = self.group or self
        self.unbindable = False


class Case:
    """A file in the making: its lines, and the mounts of sh1 in the order in which they were made."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.root = Mount("/", "tmpfs")
        self.mounts = [self.root]

    def run(self, *commands: str, shell: str = "sh1") -> None:
        self.lines += [f"{shell}# {command}" for command in commands]

    def refused(self, command: str) -> None:
        self.run(command)
        self.lines.append("#! EINVAL")

    def show(self, mounts: list[Mount] | None = None, shell: str = "sh1") -> None:
        self.lines += [f"#> {shell}", *listing(mounts or self.mounts)]

    def tmpfs(self, path: str, source: str, parent: Mount | None = None) -> Mount:
        self.run(f"mkdir -p {path}", f"mount -t tmpfs {source} {path}")
        mount = Mount(path, source, parent or self.root)
        self.mounts.append(mount)
        return mount

    def share(self, tree: list[Mount]) -> None:
        self.run(f"mount --make-{r(tree)}shared {tree[0].path}")
        for mount in tree:
            mount.share()

    def peer(self, tree: list[Mount], path: str) -> list[Mount]:
        """Bind the tree, whose mounts are shared or slaves, at ``path`` below the root."""
        self.run(f"mkdir -p {path}", f"mount --{r(tree)}bind {tree[0].path} {path}")
        return self.copy(tree, path, self.root)

    def slave(self, tree: list[Mount], path: str) -> list[Mount]:
        """Bind the tree, whose mounts are shared, at ``path`` and make that a slave."""
        slaves = self.peer(tree, path)
        self.run(f"mount --make-{r(tree)}slave {path}")
        for mount in slaves:
            mount.master, mount.group = mount.group, None
        return slaves

    def copy(self, tree: list[Mount], path: str, parent: Mount, as_slave: bool = False) -> list[Mount]:
        """A copy of the tree, as a bind or a receiver's: peers of what is shared, or slaves of it."""
        copies: dict[Mount | None, Mount] = {tree[0].parent: parent}
        for old in tree:
            new = Mount(path + old.path.removeprefix(tree[0].path), old.source, copies[old.parent])
            new.group, new.master = (None, old.group) if as_slave else (old.group, old.master)
            copies[old] = new
            self.mounts.append(new)
        return [copies[old] for old in tree]


def r(tree: list[Mount]) -> str:
    return "r" if len(tree) > 1 else ""


def listing(mounts: list[Mount]) -> list[str]:
    """The mounts in the notation of the files."""
    groups: dict[Mount, int] = {}
    lines = []
    for number, mount in enumerate(mounts, 1):
        above = "-" if mount.parent is None else mounts.index(mount.parent) + 1
        tags = [
            f"{kind}:g{groups.setdefault(group, len(groups) + 1)}"
            for kind, group in (("shared", mount.group), ("master", mount.master))
            if group
        ]
        tags += ["unbindable"] if mount.unbindable else []
        lines.append(" ".join([f"#>   {number}<{above}", mount.path, f"{mount.source}:/", *tags]))
    return lines


# What is acted on, and where.


def make(case: Case, kind: str, place: str, name: str, child: str | None = None) -> list[Mount]:
    """A mount of the type ``kind`` at ``place``, with a child of the same type if one is named.

    A slave is one of ``place``m; what is shared gets no peer here.
    """
    enslaved = kind in ("slave", "shared-slave")
    path = f"{place}m" if enslaved else place
    tree = [case.tmpfs(path, name)]
    if child:
        tree.append(case.tmpfs(f"{path}/c", child, tree[0]))
    if enslaved:
        case.share(tree)
        tree = case.slave(tree, place)
    if kind in ("shared", "shared-slave"):
        case.share(tree)
    if kind == "unbindable":
        case.run(f"mount --make-{r(tree)}unbindable {place}")
        for mount in tree:
            mount.unbindable = True
    if kind == HOLDER:
        case.run(f"mount --make-unbindable {place}/c")
        tree[1].unbindable = True
    return tree


def source(case: Case, kind: str, child: str | None = None) -> list[Mount]:
    """A tree at /s; where it is shared and no slave, it has a peer at /sp."""
    tree = make(case, kind, "/s", "S", child)
    if kind == "shared":
        case.peer(tree, "/sp")
    return tree


@dataclass
class Destination:
    """The mount at /d, whose directory x is the target; who receives from it, and whether as a slave."""

    mount: Mount
    receivers: list[tuple[Mount, bool]]


def destination(case: Case, kind: str) -> Destination:
    """Where it is shared, it has a peer at /e and a slave at /f."""
    (mount,) = make(case, kind, "/d", "D")
    receivers = []
    if mount.group:
        (peer,), (slave,) = case.peer([mount], "/e"), case.slave([mount], "/f")
        receivers = [(peer, False), (slave, True)]
    case.run("mkdir -p /d/x")
    return Destination(mount, receivers)


def attach(case: Case, tree: list[Mount], to: Destination) -> None:
    """What is attached below a shared mount becomes shared, and each receiver gets a copy."""
    if to.mount.group:
        for mount in tree:
            mount.share()
    for receiver, as_slave in to.receivers:
        case.copy(tree, f"{receiver.path}/x", receiver, as_slave)


# The operations.


def bind(case: Case, kind: str, onto: str, recursive: bool = False) -> None:
    tree = source(case, kind, "C" if recursive else None)
    to = destination(case, onto)
    case.show()
    command = f"mount --{r(tree)}bind /s /d/x"
    if tree[0].unbindable:
        case.refused(command)
    else:
        case.run(command)
        attach(case, case.copy([m for m in tree if not m.unbindable], "/d/x", to.mount), to)
    case.show()


def move(case: Case, kind: str, onto: str) -> None:
    tree = source(case, kind, "C")
    to = destination(case, onto)
    case.show()
    command = "mount --move /s /d/x"
    if to.mount.group and any(mount.unbindable for mount in tree):
        case.refused(command)
    else:
        case.run(command)
        tree[0].parent = to.mount
        for mount in tree:
            mount.path = "/d/x" + mount.path.removeprefix("/s")
        attach(case, tree, to)
    case.show()


def mount_and_umount(case: Case, onto: str, umount: bool) -> None:
    to = destination(case, onto)
    before = list(case.mounts)
    attach(case, [case.tmpfs("/d/x", "X", to.mount)], to)
    case.show()
    if umount:
        case.run("umount /d/x")
        case.show(before)


def copy_namespace(case: Case, kind: str, keeps_unbindable: bool) -> None:
    """unshare(CLONE_NEWNS): peers of what is shared, slaves of the same master; then an event."""
    (mount,) = source(case, kind)
    case.run("mkdir -p /s/x")
    case.run("unshare -m --propagation unchanged", shell="sh2")
    theirs = Case()
    for mine in case.mounts[1:]:
        (their,) = theirs.copy([mine], mine.path, theirs.root)
        their.unbindable = mine.unbindable and keeps_unbindable
    case.show()
    case.show(theirs.mounts, "sh2")
    new = case.tmpfs("/s/x", "X", mount)
    if mount.group:
        new.share()
        for here in (case, theirs):
            for peer in [m for m in here.mounts if m.group is mount.group and m is not mount]:
                here.copy([new], f"{peer.path}/x", peer)
    case.show()
    case.show(theirs.mounts, "sh2")


# What a mount is after a change of type; "own" is the group it was in before, "m" its master's.
TO = ("shared", "slave", "private", "unbindable")
CHANGES = {
    "private": ("shared", "", "", "unbindable"),
    "unbindable": ("shared", "unbindable", "", "unbindable"),
    "shared": ("shared", "", "", "unbindable"),
    "shared-with-peer": ("shared", "master:own", "", "unbindable"),
    "slave": ("shared master:m", "master:m", "", "unbindable"),
    "shared-slave": ("shared master:m", "master:m", "", "unbindable"),
    "shared-slave-with-peer": ("shared master:m", "master:own", "", "unbindable"),
}
# Whose slaves the slaves of a mount become when it is shared no longer.
HEIRS = {"shared": "", "shared-with-peer": "own", "shared-slave": "m", "shared-slave-with-peer": "own"}


def change_type(case: Case, state: str, to: str) -> None:
    (mount,) = make(case, state.removesuffix("-with-peer"), "/a", "A")
    own, m = mount.group, mount.master
    named = {"own": own, "m": m, "": None}
    slaves = case.slave([mount], "/z") if own else []
    if state.endswith("-with-peer"):
        case.peer([mount], "/b")
    case.show()
    case.run(f"mount --make-{to} /a")
    words = CHANGES[state][TO.index(to)].split()
    mount.group = (own or mount) if "shared" in words else None
    mount.master = next((named[word.partition(":")[2]] for word in words if ":" in word), None)
    mount.unbindable = "unbindable" in words
    for slave in slaves if to != "shared" else ():
        slave.master = named[HEIRS[state]]
    case.show()


# The files.

SPOKEN = {
    "shared-slave": "shared and slave",
    HOLDER: "private, with an unbindable child",
    "shared-with-peer": "shared, with a peer",
    "shared-slave-with-peer": "shared and slave, with a peer",
}


def files() -> dict[str, str]:
    """The text of every file, by its name."""
    made = {}

    def write(name: str, title: str, rule: str, case: Case, releases: str = "") -> None:
        head = [f"# {title}", f"# source: {DOCUMENT}, {rule}", *([f"# {releases}"] if releases else [])]
        made[name] = "\n".join([*head, "", *case.lines, ""])

    def spoken(kind: str) -> str:
        return SPOKEN.get(kind, kind)

    for onto in TYPES:
        for kind in TYPES:
            bind(case := Case(), kind, onto)
            title = f"bind: source {spoken(kind)}, destination {spoken(onto)}"
            write(f"bind-{kind}-onto-{onto}", title, "bind semantics", case)
        for kind in (*TYPES, HOLDER):
            bind(case := Case(), kind, onto, recursive=True)
            title = f"rbind: source {spoken(kind)}, destination {spoken(onto)}"
            write(f"rbind-{kind}-onto-{onto}", title, "rbind semantics", case)
            move(case := Case(), kind, onto)
            title = f"move: source {spoken(kind)}, destination {spoken(onto)}"
            write(f"move-{kind}-onto-{onto}", title, "move semantics", case)
        mount_and_umount(case := Case(), onto, umount=False)
        write(f"mount-onto-{onto}", f"new mount: destination {spoken(onto)}", "mount semantics", case)
        mount_and_umount(case := Case(), onto, umount=True)
        write(f"umount-below-{onto}", f"umount: parent {spoken(onto)}", "unmount semantics", case)
    for kind in TYPES:
        copy_namespace(case := Case(), kind, keeps_unbindable=False)
        until = f"not in {KEEPS_UNBINDABLE}" if kind == "unbindable" else ""
        title = f"copy of a namespace: a mount that is {spoken(kind)}"
        write(f"namespace-of-{kind}", title, "clone namespace", case, until)
    copy_namespace(case := Case(), "unbindable", keeps_unbindable=True)
    title = "copy of a namespace: unbindable is kept"
    write("namespace-keeps-unbindable", title, "clone namespace", case, f"only in {KEEPS_UNBINDABLE}")
    for state in CHANGES:
        for to in TO:
            change_type(case := Case(), state, to)
            title = f"type changed: {spoken(state)}, made {to}"
            write(f"change-{state}-to-{to}", title, "mount states", case)
    return made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.mnt"):
        old.unlink()
    for name, text in files().items():
        (FOLDER / f"{name}.mnt").write_text(text, encoding="utf-8")
