"""Commands for random walks: which there are, over which paths, names and shells.

Few names and shallow paths on purpose: mounts must meet to be interesting. What a
walk does next depends on chance and on which shells it has started and ended, never on answers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import scenes
from odd_calls import any_call

SHELLS = ("sh1", "sh2", "sh3")
# what clone may call a child
CHILDREN = ("sh4", "sh5", "sh6", "sh7")
EVERY_SHELL = (*SHELLS, *CHILDREN)
DIRECTORIES = ("/a", "/b", "/c", "/a/x", "/a/y", "/b/x", "/c/x", "/a/x/z", "/d", "/d/old")
NAMES = ("F", "G", "H")
# What stands mostly for a filesystem context, which C alone is, and for a namespace file or pidfd. T is a
# table of /proc and nothing else: it lies on a procfs of outside, and how much a read gives of it depends
# on the digits of ids.
CONTEXTS = ("C", "C", "C", "F")
NAMESPACES = ("N", "N", "N", "F")
IDS = ("I", "J")
PATHS = (*DIRECTORIES, "/", ".", "..", "/..", "/f", "/l")
# through a descriptor, a time in eight
OPENED = tuple(f"/proc/self/fd/{name}{rest}" for name in NAMES for rest in ("", "", "/x", "/.."))
PLACES = (*PATHS * 5, *OPENED)
TYPES = ("shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable")
FILES = ("/f", "/g", "/a/f", "/b/x/f", "f", "/a", "/l")
# paths and numbers that no sensible caller gives
ODD_PATHS = (
    "''",
    "/nope",
    "/f/x",
    "/f/",
    "/a/x/",
    "/a/nope/x",
    "/" + "n" * 256,
    "/" + "x/" * 2048,
    "/a/.",
    "..",
)
UMOUNT_FLAGS = ("MNT_EXPIRE", "MNT_EXPIRE", "MNT_FORCE", "UMOUNT_NOFOLLOW", "MNT_EXPIRE,MNT_DETACH", "0x100")
OPTIONS = (
    "mode=0700,size=1m",
    "nosuch=1",
    "mode=9",
    "nr_inodes=2k,uid=0",
    "ro,lazytime",
    "nr_blocks=4",
    "huge=never",
    "size=50%",
    "size=1x",
    "uid=x",
    "gid=0,rw,sync",
    "dirsync,async",
    "nolazytime",
)
PIVOTS = ("/a /a/x", "/b /b/x", "/d /d/old", ". .", "/c /c/x", "/a/x /a/x/z", "/.. /..", "/proc/self/fd/F .")
MS = (
    "0",
    "MS_BIND",
    "MS_MOVE",
    "MS_SHARED",
    "MS_SHARED,MS_SLAVE",
    "MS_SLAVE,MS_NOSUID",
    "MS_NOUSER",
    "MS_BIND,MS_REC",
)
MS_MORE = (
    "MS_REMOUNT",
    "MS_REMOUNT,MS_BIND",
    "MS_REMOUNT,MS_BIND,MS_RDONLY",
    "0xc0ed0000",
    "MS_PRIVATE,MS_SILENT",
)
FLAGS = (
    "ro",
    "rw",
    "nosuid",
    "nodev,noexec",
    "noatime",
    "relatime",
    "strictatime",
    "nodiratime",
    "nosuid,ro",
    "sync",
)
ATTRS = (
    "attr_set=MOUNT_ATTR_RDONLY",
    "attr_clr=MOUNT_ATTR_RDONLY",
    "attr_set=MOUNT_ATTR_NOSUID,MOUNT_ATTR_NODEV",
    "attr_clr=MOUNT_ATTR_NOSUID",
    "attr_clr=MOUNT_ATTR_NOEXEC,MOUNT_ATTR_NODEV",
    "attr_set=MOUNT_ATTR_NOATIME",
    "attr_clr=0x70 attr_set=MOUNT_ATTR_NOATIME",
    "attr_clr=0x70 attr_set=MOUNT_ATTR_STRICTATIME",
    "attr_set=MOUNT_ATTR_NODIRATIME,MOUNT_ATTR_NOSYMFOLLOW",
    "propagation=MS_SHARED",
    "propagation=MS_SLAVE",
    "propagation=MS_PRIVATE",
    "propagation=MS_UNBINDABLE",
    "propagation=MS_SHARED attr_set=MOUNT_ATTR_RDONLY",
    "propagation=0x180000",
    "attr_set=0x400",
    "attr_set=MOUNT_ATTR_IDMAP userns_fd=N",
    "attr_set=MOUNT_ATTR_IDMAP userns_fd=G",
    "size=16",
    "size=40 tail=1",
    "",
)
FSMOUNT = ("0", "0", "MOUNT_ATTR_RDONLY", "MOUNT_ATTR_NOATIME,MOUNT_ATTR_NODEV", "0x30", "MOUNT_ATTR_IDMAP")
FILESYSTEMS = ("tmpfs", "tmpfs", "tmpfs", "tmpfs", "ramfs", "nosuchfs")
FSCONFIG = (
    *("FSCONFIG_CMD_CREATE",) * 8,
    "FSCONFIG_CMD_CREATE_EXCL",
    "FSCONFIG_SET_STRING source D",
    "FSCONFIG_SET_STRING size 1m",
    "FSCONFIG_SET_STRING mode 9",
    "FSCONFIG_SET_FLAG ro",
    "FSCONFIG_SET_FLAG nosuch",
    "FSCONFIG_SET_STRING uid x",
    "FSCONFIG_SET_STRING gid 0",
    "FSCONFIG_SET_STRING nr_inodes 2k",
    "FSCONFIG_SET_STRING huge never",
    "FSCONFIG_SET_STRING source",
    "FSCONFIG_SET_FLAG rw",
    "FSCONFIG_SET_BINARY x y 1",
    "FSCONFIG_CMD_RECONFIGURE",
    "FSCONFIG_SET_STRING ro x",
    "FSCONFIG_SET_STRING nosuch x",
    "FSCONFIG_SET_FLAG size",
    "FSCONFIG_SET_STRING " + "k" * 300 + " v",
    "99",
)
STATMOUNT = (
    "STATMOUNT_MNT_BASIC,STATMOUNT_MNT_POINT,STATMOUNT_MNT_ROOT",
    "STATMOUNT_MNT_BASIC,STATMOUNT_PROPAGATE_FROM",
    "STATMOUNT_SB_BASIC,STATMOUNT_FS_TYPE,STATMOUNT_SB_SOURCE,STATMOUNT_MNT_NS_ID",
    "STATMOUNT_MNT_POINT bufsize=520",
    "STATMOUNT_MNT_OPTS,STATMOUNT_SUPPORTED_MASK,STATMOUNT_OPT_ARRAY",
    "STATMOUNT_MNT_BASIC mnt_ns_id=9999999999",
    "STATMOUNT_MNT_BASIC size=20",
)
ELSEWHERE = (
    "mnt_ns_fd=N",
    "mnt_ns_id=K",
    "mnt_ns_fd=N",
    "mnt_ns_id=K",
    "mnt_ns_fd=F",
    "mnt_ns_fd=N mnt_ns_id=K",
    "mnt_ns_id=9999999999",
)
LISTMOUNT = ("", "", "flags=LISTMOUNT_REVERSE", "count=2", "param=J", "param=7", "flags=4", "count=0")
CLONES = (
    "0",
    "CLONE_NEWNS,CLONE_NEWUSER",
    "CLONE_NEWUSER",
    "CLONE_FS",
    "CLONE_NEWNS",
    "CLONE_NEWNS",
    "CLONE_NEWUSER",
    "CLONE_NEWNS,CLONE_NEWUSER",
    "CLONE_NEWNS,CLONE_NEWUSER",
    "CLONE_NEWNS,CLONE_FS",
)
UNSHARES = (
    *(f"unshare -m --propagation {type}" for type in ("private", "slave", "unchanged")),
    "unshare -U -r -m",
    "unshare -U -r",
    "unshare -U -r -m --propagation unchanged",
)
# The names stand for something from the start, in every shell.
SETUP = (
    "mkdir -p " + " ".join(DIRECTORIES),
    "touch /f /g",
    "F = open_tree AT_FDCWD / OPEN_TREE_CLONE",
    "G = openat AT_FDCWD /a/x O_PATH",
    "H = open_tree AT_FDCWD /a 0",
    "C = fsopen tmpfs 0",
    "N = openat AT_FDCWD /proc/self/ns/mnt 0",
    "K = ns_get_mntns_id N",
    "T = openat AT_FDCWD /proc/self/mountinfo 0",
    "I = statx AT_FDCWD / 0",
    "J = statx AT_FDCWD /a 0",
)

KINDS = ("0", "CLONE_NEWNS", "CLONE_NEWUSER", "CLONE_NEWNS,CLONE_NEWUSER")
NS_FILES = ("mnt", "mnt", "mnt", "user", "net", "nope")
CALLS_OF_A_PATH = ("mkdir", "rmdir", "mknod", "unlink", "chdir", "utimensat", "readfile")

Choose = Callable[[Sequence[str]], str]


class Rule(NamedTuple):
    """A kind of command, how often it is wanted, and how to spell one, or a few, a line each."""

    name: str
    weight: float
    spell: Callable[[Choose], str]


def flags(choose: Choose, *options: Sequence[str]) -> str:
    """One of each of the options, those that are not empty joined; 0 for none."""
    return ",".join(filter(None, map(choose, options))) or "0"


def entered(choose: Choose) -> str:
    """The namespaces of another shell by its pidfd, which is opened anew."""
    wanted = choose(("CLONE_NEWNS", "CLONE_NEWUSER", "CLONE_NEWNS,CLONE_NEWUSER", "CLONE_NEWNS,CLONE_NEWNET"))
    return f"N = pidfd_open {choose(EVERY_SHELL)}\nsetns N {wanted}"


RULES = (
    Rule("tmpfs", 6, lambda choose: f"mount -t tmpfs {choose(('A', 'B', 'C'))} {choose(PLACES)}"),
    Rule("bind", 6, lambda choose: f"mount --bind {choose(PLACES)} {choose(PLACES)}"),
    Rule("rbind", 3, lambda choose: f"mount --rbind {choose(PLACES)} {choose(PLACES)}"),
    Rule("move", 3, lambda choose: f"mount --move {choose(PLACES)} {choose(PLACES)}"),
    Rule("type", 8, lambda choose: f"mount --make-{choose(TYPES)} {choose(PLACES)}"),
    Rule("umount", 3, lambda choose: f"umount {choose(PLACES)}"),
    Rule("umount -l", 2, lambda choose: f"umount -l {choose(PLACES)}"),
    Rule("cd", 3, lambda choose: f"cd {choose(PLACES)}"),
    Rule("pivot_root", 2, lambda choose: f"pivot_root {choose(PLACES)} {choose(PLACES)}"),
    Rule("likely pivot_root", 1.5, lambda choose: f"pivot_root {choose(PIVOTS)}"),
    Rule("unshare", 1.1, lambda choose: choose(UNSHARES)),
    Rule("chroot", 0.3, lambda choose: f"chroot {choose(PLACES)}"),
    Rule("mkdir", 3, lambda choose: f"mkdir -p {choose(DIRECTORIES)}"),
    Rule("rmdir", 0.4, lambda choose: f"rmdir {choose(PATHS)}"),
    Rule("ls", 0.5, lambda choose: f"ls {choose(PATHS)}"),
    Rule("pwd", 0.5, lambda choose: "pwd"),
    Rule("remount,bind", 0.8, lambda choose: f"mount -o remount,bind,{choose(FLAGS)} {choose(PATHS)}"),
    Rule("remount", 0.4, lambda choose: f"mount -o remount,{choose(FLAGS)} {choose(PATHS)}"),
    Rule("tmpfs -o", 0.5, lambda choose: f"mount -t tmpfs -o {choose(FLAGS)} D {choose(PATHS)}"),
    Rule("bind -o", 0.4, lambda choose: f"mount --bind -o {choose(FLAGS)} {choose(PATHS)} {choose(PATHS)}"),
    Rule(
        "bind and type",
        0.6,
        lambda choose: f"mount --rbind --make-{choose(TYPES)} {choose(PATHS)} {choose(PATHS)}",
    ),
    Rule("ramfs", 0.3, lambda choose: f"mount -t ramfs E {choose(PATHS)}"),
    Rule("bind of files", 0.4, lambda choose: f"mount --bind {choose(FILES)} {choose(FILES)}"),
    Rule("umount of files", 0.3, lambda choose: f"umount {choose(FILES)}"),
    Rule("touch", 0.8, lambda choose: f"touch {choose(FILES)}"),
    Rule("rm -r", 0.1, lambda choose: f"rm -r {choose(PATHS)}"),
    Rule("diff -r", 0.1, lambda choose: f"diff -r {choose(PATHS)} {choose(PATHS)}"),
    Rule("mv", 0.5, lambda choose: f"syscall rename {choose(PATHS)} {choose(PATHS)}"),
    Rule("ln -s", 0.2, lambda choose: f"ln -s {choose(('/a', 'x', '/nope', '..'))} {choose(('/l', '/a/l'))}"),
    # descriptors and detached trees
    Rule(
        "open_tree",
        7,
        lambda choose: (
            f"{choose(NAMES)} = open_tree AT_FDCWD {choose(PLACES)} "
            f"{flags(choose, ('OPEN_TREE_CLONE',), ('', 'AT_RECURSIVE'))}"
        ),
    ),
    Rule(
        "open_tree of a place", 0.4, lambda choose: f"{choose(NAMES)} = open_tree AT_FDCWD {choose(PLACES)} 0"
    ),
    Rule(
        "attach",
        6,
        lambda choose: f"move_mount {choose(NAMES)} '' AT_FDCWD {choose(PLACES)} MOVE_MOUNT_F_EMPTY_PATH",
    ),
    Rule(
        "attach beneath",
        2,
        lambda choose: (
            f"move_mount {choose(NAMES)} '' AT_FDCWD {choose(PLACES)} "
            f"MOVE_MOUNT_F_EMPTY_PATH,MOVE_MOUNT_BENEATH"
        ),
    ),
    Rule(
        "attach to a detached tree",
        3,
        lambda choose: (
            f"move_mount {choose(NAMES)} '' {choose(NAMES)} {choose(('', 'x', 'y'))!r} "
            "MOVE_MOUNT_F_EMPTY_PATH,MOVE_MOUNT_T_EMPTY_PATH"
        ),
    ),
    Rule(
        "move_mount",
        3,
        lambda choose: (
            f"move_mount AT_FDCWD {choose(PLACES)} AT_FDCWD {choose(PLACES)} "
            f"{choose(('0', 'MOVE_MOUNT_BENEATH', 'MOVE_MOUNT_SET_GROUP'))}"
        ),
    ),
    Rule("close", 1.5, lambda choose: f"close {choose(NAMES)}"),
    Rule("fchdir", 1, lambda choose: f"fchdir {choose(NAMES)}"),
    Rule(
        "openat",
        2,
        lambda choose: f"{choose(NAMES)} = openat AT_FDCWD {choose(PLACES)} {choose(('O_PATH', 'O_RDONLY'))}",
    ),
    Rule(
        "open for writing",
        0.5,
        lambda choose: f"{choose(NAMES)} = openat AT_FDCWD {choose(FILES)} O_WRONLY,O_CREAT",
    ),
    Rule(
        "fsopen",
        1,
        lambda choose: f"C = fsopen {choose(FILESYSTEMS)} {choose(('0', '0', 'FSOPEN_CLOEXEC', '8'))}",
    ),
    Rule("fsconfig", 1.5, lambda choose: f"fsconfig {choose(CONTEXTS)} {choose(FSCONFIG)}"),
    Rule("fsmount", 1.5, lambda choose: f"{choose(NAMES)} = fsmount {choose(CONTEXTS)} 0 {choose(FSMOUNT)}"),
    Rule(
        "mount_setattr",
        3,
        lambda choose: (
            f"mount_setattr AT_FDCWD {choose(PLACES)} {choose(('0', 'AT_RECURSIVE'))} {choose(ATTRS)}"
        ),
    ),
    Rule(
        "mount_setattr of a detached tree",
        2,
        lambda choose: (
            f"mount_setattr {choose(NAMES)} '' "
            f"{choose(('AT_EMPTY_PATH', 'AT_EMPTY_PATH,AT_RECURSIVE'))} {choose(ATTRS)}"
        ),
    ),
    Rule(
        "user namespace file",
        1,
        lambda choose: f"N = openat AT_FDCWD /proc/{choose(EVERY_SHELL)}/ns/user 0",
    ),
    Rule(
        "id map",
        1.5,
        lambda choose: (
            f"mount_setattr {choose(NAMES)} '' {choose(('AT_EMPTY_PATH', 'AT_EMPTY_PATH,AT_RECURSIVE'))} "
            f"attr_set=MOUNT_ATTR_IDMAP{choose(('', ',MOUNT_ATTR_RDONLY'))} userns_fd=N"
        ),
    ),
    # what is rarely right
    Rule(
        "odd paths",
        1,
        lambda choose: f"syscall {choose(CALLS_OF_A_PATH)} {choose((*ODD_PATHS, *FILES, *PATHS))}",
    ),
    Rule("odd targets", 0.6, lambda choose: f"mount --bind {choose(PATHS)} {choose(ODD_PATHS[1:])}"),
    Rule("umount2", 1, lambda choose: f"umount2 {choose(PLACES)} {choose(UMOUNT_FLAGS)}"),
    Rule(
        "mount(2)",
        1,
        lambda choose: (
            f"syscall mount {choose(('NULL', 'A', *PATHS))} {choose(PATHS)} "
            f"{choose(('NULL', 'tmpfs', 'nosuchfs'))} {choose((*MS, *MS_MORE))} NULL"
        ),
    ),
    Rule(
        "options",
        0.4,
        lambda choose: f"mount -t {choose(('tmpfs', 'ramfs'))} -o {choose(OPTIONS)} D {choose(PATHS)}",
    ),
    Rule(
        "open_tree with odd flags",
        0.3,
        lambda choose: (
            f"{choose(NAMES)} = open_tree AT_FDCWD {choose(PLACES)} "
            f"{choose(('AT_RECURSIVE', '0x40', 'AT_SYMLINK_NOFOLLOW', 'OPEN_TREE_CLONE,AT_EMPTY_PATH'))}"
        ),
    ),
    Rule(
        "move_mount with odd flags",
        0.3,
        lambda choose: (
            f"move_mount AT_FDCWD {choose(PLACES)} {choose(('AT_FDCWD', *NAMES))} {choose(PLACES)} "
            f"{choose(('0x8', '0x300', 'MOVE_MOUNT_F_SYMLINKS,MOVE_MOUNT_T_SYMLINKS'))}"
        ),
    ),
    Rule(
        "openat with odd flags",
        0.5,
        lambda choose: (
            f"{choose(NAMES)} = openat {choose(('AT_FDCWD', *NAMES))} {choose((*FILES, 'x', '..'))} "
            f"{choose(('O_NOFOLLOW', 'O_DIRECTORY', 'O_CREAT,O_EXCL', 'O_PATH,O_NOFOLLOW', 'O_RDWR'))}"
        ),
    ),
    Rule("unshare(2)", 0.2, lambda choose: f"syscall unshare {choose(('CLONE_FS', '0x1', '0x100000', '0'))}"),
    Rule("internal files", 0.5, lambda choose: f"{choose(NAMES)} = {choose(('pipe', 'memfd_create'))}"),
    Rule("pidfd", 0.5, lambda choose: f"{choose(NAMESPACES)} = pidfd_open {choose(EVERY_SHELL)}"),
    Rule("read", 0.4, lambda choose: f"read {choose((*NAMES, 'N'))} {choose(('4096', '0'))}"),
    Rule(
        "table",
        0.4,
        lambda choose: (
            f"T = openat AT_FDCWD /proc/{choose(('self', *SHELLS))}/"
            f"{choose(('mountinfo', 'mounts', 'mountstats'))} O_RDONLY"
        ),
    ),
    Rule(
        "statx of odd places", 0.2, lambda choose: f"{choose(IDS)} = statx {choose(NAMES)} '' AT_EMPTY_PATH"
    ),
    # namespaces
    Rule("clone", 0.9, lambda choose: f"clone {choose(CHILDREN)} {choose(CLONES)}"),
    Rule("nsenter", 0.5, lambda choose: f"nsenter -t {choose(EVERY_SHELL)} {choose(('-m', '-m -U', '-U'))}"),
    Rule(
        "namespace file",
        0.8,
        lambda choose: (
            f"{choose(NAMESPACES)} = openat AT_FDCWD /proc/{choose(EVERY_SHELL)}/ns/{choose(NS_FILES)} 0"
        ),
    ),
    Rule(
        "namespace of a tree",
        1.2,
        lambda choose: (
            f"{choose(NAMESPACES)} = open_tree AT_FDCWD {choose(PLACES)} "
            f"{choose(('OPEN_TREE_NAMESPACE', 'OPEN_TREE_NAMESPACE,AT_RECURSIVE'))}"
        ),
    ),
    Rule(
        "namespace of a filesystem", 0.4, lambda choose: f"N = fsmount {choose(CONTEXTS)} FSMOUNT_NAMESPACE 0"
    ),
    Rule("empty namespace", 0.15, lambda choose: "syscall unshare UNSHARE_EMPTY_MNTNS"),
    Rule("id of a namespace", 0.5, lambda choose: f"K = ns_get_mntns_id {choose(NAMESPACES)}"),
    Rule(
        "setns",
        0.8,
        lambda choose: f"setns {choose(NAMESPACES)} {choose(KINDS)}",
    ),
    Rule(
        "bind of a namespace",
        0.8,
        lambda choose: f"mount --bind /proc/{choose(EVERY_SHELL)}/ns/mnt {choose(FILES)}",
    ),
    Rule("setpriv", 0.05, lambda choose: "setpriv --bounding-set=-sys_admin"),
    Rule("exit", 0.15, lambda choose: "exit"),
    Rule("pidfd entered", 0.5, entered),
    # a few commands in a row
    Rule("given on", 0.3, scenes.given_on),
    Rule("slave of another place", 0.15, scenes.slave_of_another_place),
    Rule("copy within itself", 0.3, scenes.copy_within_itself),
    Rule("locked copy", 0.4, lambda choose: scenes.locked_copy(choose(CHILDREN))(choose)),
    Rule("beneath", 0.2, scenes.beneath),
    Rule("mapped", 0.2, lambda choose: scenes.mapped(choose(CHILDREN))(choose)),
    Rule("again", 0.1, scenes.again),
    Rule("removed", 0.1, scenes.removed),
    # what the kernel says of mounts
    Rule("statx", 1, lambda choose: f"{choose(IDS)} = statx AT_FDCWD {choose(PLACES)} 0"),
    Rule("statmount", 1, lambda choose: f"statmount {choose(IDS)} {choose(STATMOUNT)}"),
    Rule(
        "statmount by fd",
        0.8,
        lambda choose: f"statmount 0 {choose(STATMOUNT)} flags=STATMOUNT_BY_FD mnt_ns_fd={choose(NAMES)}",
    ),
    Rule(
        "statmount elsewhere",
        0.8,
        lambda choose: f"statmount {choose(IDS)} {choose(STATMOUNT)} {choose(ELSEWHERE)}",
    ),
    Rule(
        "listmount elsewhere",
        0.6,
        lambda choose: f"listmount {choose(('LSMT_ROOT', *IDS))} {choose(LISTMOUNT)} {choose(ELSEWHERE)}",
    ),
    Rule("id from elsewhere", 0.5, lambda choose: f"{choose(IDS)} = listmount LSMT_ROOT {choose(ELSEWHERE)}"),
    Rule("listmount", 0.4, lambda choose: f"listmount {choose(('LSMT_ROOT', *IDS))} {choose(LISTMOUNT)}"),
)


# For the model alone: limits of a whole machine, and filesystems that are empty only here.
MODEL_RULES = (
    *RULES,
    Rule(
        "sysctl",
        0.3,
        lambda choose: f"sysctl -w {choose(SYSCTLS)}={choose(LIMITS)}",
    ),
    Rule("any call", 12, any_call((*PLACES, *ODD_PATHS))),
    Rule("text of a table", 2, lambda choose: f"read T {choose(('0', '20', '100', '4096', '100000'))}"),
    Rule("proc", 2, lambda choose: f"mount -t {choose(('proc', 'proc', 'sysfs'))} P {choose(PATHS)}"),
    Rule(
        "proc, remounted",
        0.3,
        lambda choose: f"mount -o remount,bind,{choose(('ro', 'rw', 'noatime'))} {choose(PATHS)}",
    ),
)
LIMITS = ("0", "5", *("100000",) * 6)
SYSCTLS = ("fs.mount-max", "user.max_mnt_namespaces")


class Walk:
    """Which shells a walk may use: those of the start, the children it asked for, less those that ended."""

    def __init__(self) -> None:
        self.shells = list(SHELLS)
        self._asked_for: set[str] = set()

    def may(self, shell: str, command: str) -> bool:
        """Whether the command may run: the first shell is everybody's parent, it stays."""
        return command != "exit" or shell != SHELLS[0]

    def note(self, shell: str, command: str) -> None:
        """Take note of what ``shell`` runs now."""
        name, *args = command.split()
        if name == "exit":
            self.shells.remove(shell)
        elif name == "clone" and args[0] not in self._asked_for:
            self._asked_for.add(args[0])
            self.shells.append(args[0])


def random_walk(
    chance: random.Random, steps: int, rules: Sequence[Rule] = RULES
) -> Iterator[tuple[str, str]]:
    """The shells and commands of a walk, the preparation included."""
    weights = [rule.weight * chance.choice((0.3, 1, 1, 3)) for rule in rules]
    near = chance.sample(DIRECTORIES, 4)

    def choose(options: Sequence[str]) -> str:
        """Mostly of the few places at which this walk is."""
        if options is PLACES and chance.random() < 0.6:
            options = near
        return chance.choice(options)

    walk = Walk()
    for command in SETUP:
        yield "sh1", command
    for _ in range(steps):
        shell = chance.choice(walk.shells)
        for command in chance.choices(rules, weights)[0].spell(choose).splitlines():
            if walk.may(shell, command):
                walk.note(shell, command)
                yield shell, command


# A table this large says no more than a small one, and rbind doubles.
MOST_MOUNTS = 250
