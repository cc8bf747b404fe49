"""mount_setattr(2): attributes, propagation, id mapping; a tree at once, all of it or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from call_tables import Case, ask_in_vm, ask_models, ask_running_kernel, table
from vfslab.kernel import RELEASES
from vfslab.model import Model
from vfslab.shell.session import Session

IMAGES = sorted(Path(os.environ.get("VFSLAB_VM_KERNELS", "/nonexistent")).glob("vmlinuz*"))

A = "mkdir /a; mount -t tmpfs A /a"
TREE = f"{A}; mkdir /a/x; mount -t tmpfs X /a/x; mkdir /a/x/y; mount -t tmpfs Y /a/x/y"
WRITER = "W = openat AT_FDCWD /a/x/f O_WRONLY,O_CREAT"
DETACHED = "C = fsopen tmpfs 0; fsconfig C FSCONFIG_CMD_CREATE; D = fsmount C 0 0"
NO_CAP = "setpriv --bounding-set=-sys_admin"
# sh2 is root of another user namespace, U
OTHER = "clone sh2 CLONE_NEWNS,CLONE_NEWUSER; U = openat AT_FDCWD /proc/sh2/ns/user 0"
IDMAP = "attr_set=MOUNT_ATTR_IDMAP"
IDMAPPED = f"mount_setattr D '' AT_EMPTY_PATH {IDMAP} userns_fd=U"
NOSYMFOLLOW = f"{A}; ln -s /a /a/l; mount_setattr AT_FDCWD /a 0 attr_set=MOUNT_ATTR_NOSYMFOLLOW"
COPY = "D = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE"
ATTACH = "move_mount D '' AT_FDCWD /a MOVE_MOUNT_F_EMPTY_PATH"
# what a child of the namespace that made these finds locked
LOCKED = f"{A}; mount -o remount,bind,nosuid,nodev,noexec,ro /a; unshare -U -r -m"


def setattr(words: str, path: str = "/a", flags: str = "0") -> str:
    return f"mount_setattr AT_FDCWD {path} {flags} {words}"


def of_tree(words: str) -> str:
    return setattr(words, flags="AT_RECURSIVE")


def of(descriptor: str, words: str, flags: str = "AT_EMPTY_PATH") -> str:
    return f"mount_setattr {descriptor} '' {flags} {words}"


CASES = (
    # flags and size
    Case("unknown flag", A, setattr("attr_set=1", flags="0x200"), "EINVAL", "mount_setattr"),
    Case(
        "unknown flag comes before the size",
        A,
        setattr("attr_set=1 size=5", flags="0x200"),
        "EINVAL",
        "mount_setattr",
    ),
    Case("a struct of more than a page", A, setattr("attr_set=1 size=4097"), "E2BIG", "wants_mount_setattr"),
    Case("a struct of a page", A, setattr("attr_set=1 size=4096"), None),
    Case("a struct that is too short", A, setattr("attr_set=1 size=31"), "EINVAL", "wants_mount_setattr"),
    Case("no struct", A, setattr("attr_set=1 size=0"), "EINVAL", "wants_mount_setattr"),
    Case("a longer struct of zeros", A, setattr("attr_set=1 size=40"), None),
    Case(
        "a longer struct with something in it",
        A,
        setattr("attr_set=1 size=40 tail=1"),
        "E2BIG",
        "copy_struct_from_user",
    ),
    Case("something behind the struct", A, setattr("attr_set=1 tail=1"), None),
    Case("size before rights", NO_CAP, setattr("attr_set=1 size=31"), "EINVAL", "wants_mount_setattr"),
    Case("rights before what is behind", NO_CAP, setattr("attr_set=1 size=40 tail=1"), "EPERM", "may_mount"),
    Case("without CAP_SYS_ADMIN", f"{A}; {NO_CAP}", setattr("attr_set=1"), "EPERM", "may_mount"),
    Case("nothing without CAP_SYS_ADMIN", NO_CAP, setattr("", "/nope"), "EPERM", "may_mount"),
    Case("after unshare -U alone", f"{A}; unshare -U -r", setattr("attr_set=1"), "EPERM", "may_mount"),
    Case("nothing, and no path", "", setattr("", "/nope"), None),
    Case("nothing, of a tree", A, of_tree(""), None),
    # what is asked
    Case("path missing", "", setattr("attr_set=1", "/nope"), "ENOENT", "lookup"),
    Case("path NULL", "", setattr("attr_set=1", "NULL"), "EFAULT", "getname"),
    Case("path empty", "", setattr("attr_set=1", "''"), "ENOENT", "getname"),
    Case("a closed descriptor", "O = openat AT_FDCWD / 0; close O", of("O", "attr_set=1"), "EBADF", "fget"),
    Case("two types", "", setattr("propagation=MS_SHARED,MS_SLAVE", "/nope"), "EINVAL", "build_mount_kattr"),
    Case(
        "a type and MS_REC",
        "",
        setattr("propagation=MS_SHARED,0x4000", "/nope"),
        "EINVAL",
        "build_mount_kattr",
    ),
    Case(
        "a type in the upper half",
        "",
        setattr("propagation=0x10000000000", "/nope"),
        "EINVAL",
        "build_mount_kattr",
    ),
    Case("unknown attribute", "", setattr("attr_set=0x100", "/nope"), "EINVAL", "build_mount_kattr"),
    Case("unknown attribute cleared", "", setattr("attr_clr=0x100", "/nope"), "EINVAL", "build_mount_kattr"),
    Case(
        "atime without clearing",
        "",
        setattr("attr_set=MOUNT_ATTR_NOATIME", "/nope"),
        "EINVAL",
        "build_mount_kattr",
    ),
    Case(
        "atime partly cleared",
        "",
        setattr("attr_clr=MOUNT_ATTR_NOATIME", "/nope"),
        "EINVAL",
        "build_mount_kattr",
    ),
    Case(
        "no kind of atime",
        "",
        setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=0x30", "/nope"),
        "EINVAL",
        "build_mount_kattr",
    ),
    Case("noatime", A, setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=MOUNT_ATTR_NOATIME"), None),
    Case("strictatime", A, setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=MOUNT_ATTR_STRICTATIME"), None),
    Case(
        "relatime again",
        f"{A}; mount -o remount,bind,noatime,nodiratime /a",
        setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=MOUNT_ATTR_RELATIME"),
        None,
    ),
    Case(
        "nodiratime is a bit",
        A,
        setattr("attr_set=MOUNT_ATTR_NODIRATIME attr_clr=MOUNT_ATTR_NODIRATIME"),
        None,
    ),
    Case(
        "all that are bits",
        A,
        setattr(
            "attr_set=MOUNT_ATTR_RDONLY,MOUNT_ATTR_NOSUID,MOUNT_ATTR_NODEV,MOUNT_ATTR_NOEXEC,MOUNT_ATTR_NOSYMFOLLOW"
        ),
        None,
    ),
    Case(
        "set and cleared is set",
        A,
        setattr("attr_set=MOUNT_ATTR_NOSUID attr_clr=MOUNT_ATTR_NOSUID,MOUNT_ATTR_NODEV"),
        None,
    ),
    # which mount
    Case("a plain directory", "mkdir /a", setattr("attr_set=1"), "EINVAL", "do_mount_setattr"),
    Case("a file", "touch /a", setattr("attr_set=1"), "EINVAL", "do_mount_setattr"),
    Case("a link", f"{A}; ln -s /a /l", setattr("attr_set=1", "/l"), None),
    Case(
        "a link itself",
        f"{A}; ln -s /a /l",
        setattr("attr_set=1", "/l", "AT_SYMLINK_NOFOLLOW"),
        "EINVAL",
        "do_mount_setattr",
    ),
    Case("the root", "", setattr("attr_set=MOUNT_ATTR_NOSUID", "/"), None),
    Case("by descriptor", f"{A}; O = openat AT_FDCWD /a O_PATH", of("O", "attr_set=MOUNT_ATTR_NOSUID"), None),
    Case(
        "lazily unmounted",
        f"{A}; cd /a; umount -l /a",
        setattr("attr_set=1", "."),
        "EINVAL",
        "do_mount_setattr",
    ),
    Case(
        "in another namespace",
        f"{A}; O = openat AT_FDCWD /a O_PATH; unshare -m",
        of("O", "attr_set=1"),
        "EINVAL",
        "do_mount_setattr",
    ),
    Case("a pipe", "P = pipe", of("P", "attr_set=1"), "EINVAL", "do_mount_setattr"),
    Case("a detached mount", DETACHED, of("D", "attr_set=1"), None),
    Case(
        "a detached mount that is not the root",
        f"{TREE}; {COPY}",
        setattr("attr_set=1", "/proc/self/fd/D/x"),
        "EINVAL",
        "do_mount_setattr",
    ),
    Case(
        "a detached tree",
        f"{TREE}; {COPY}; mount_setattr D '' AT_EMPTY_PATH,AT_RECURSIVE attr_set=MOUNT_ATTR_NOSUID",
        ATTACH,
        None,
    ),
    # a tree
    Case("one of a tree", TREE, setattr("attr_set=MOUNT_ATTR_NOSUID"), None),
    Case("all of a tree", TREE, of_tree("attr_set=MOUNT_ATTR_NOSUID,MOUNT_ATTR_RDONLY"), None),
    Case("the tree below", TREE, setattr("attr_set=MOUNT_ATTR_NODEV", "/a/x", "AT_RECURSIVE"), None),
    Case("a stack", f"{A}; mount -t tmpfs B /a", setattr("attr_set=MOUNT_ATTR_NODEV"), None),
    # what the attributes do
    Case("a link that is not followed", NOSYMFOLLOW, "cd /a/l", "ELOOP", "pick_link"),
    Case("a link on the way that is not followed", NOSYMFOLLOW, "ls /a/l/x", "ELOOP", "pick_link"),
    Case(
        "no file is made behind it",
        NOSYMFOLLOW,
        "openat AT_FDCWD /a/l O_CREAT,O_WRONLY",
        "ELOOP",
        "pick_link",
    ),
    Case("nor is it opened", NOSYMFOLLOW, "openat AT_FDCWD /a/l O_PATH,O_NOFOLLOW", None),
    Case(
        "through another mount it is",
        f"{NOSYMFOLLOW}; mkdir /b; mount --bind /a /b; {setattr('attr_clr=MOUNT_ATTR_NOSYMFOLLOW', '/b')}",
        "cd /b/l",
        None,
    ),
    # writers
    Case(
        "read-only with a writer",
        f"{TREE}; {WRITER}",
        setattr("attr_set=MOUNT_ATTR_RDONLY", "/a/x"),
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "read-only with a writer somewhere in the tree",
        f"{TREE}; {WRITER}",
        of_tree("attr_set=MOUNT_ATTR_RDONLY,MOUNT_ATTR_NOSUID propagation=MS_SHARED"),
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case("read-only above a writer", f"{TREE}; {WRITER}", setattr("attr_set=MOUNT_ATTR_RDONLY"), None),
    Case(
        "read-only again above a writer",
        f"{TREE}; {WRITER}; mount -o remount,bind,ro /a",
        setattr("attr_set=MOUNT_ATTR_RDONLY"),
        None,
    ),
    Case(
        "read-only with a writer through another mount",
        f"{TREE}; mkdir /b; mount --bind /a/x /b; {WRITER}",
        setattr("attr_set=MOUNT_ATTR_RDONLY", "/b"),
        None,
    ),
    Case(
        "read-only with a reader",
        f"{TREE}; touch /a/x/f; R = openat AT_FDCWD /a/x/f 0",
        of_tree("attr_set=MOUNT_ATTR_RDONLY"),
        None,
    ),
    Case(
        "read-only with an O_PATH descriptor",
        f"{TREE}; touch /a/x/f; R = openat AT_FDCWD /a/x/f O_PATH,O_WRONLY",
        of_tree("attr_set=MOUNT_ATTR_RDONLY"),
        None,
    ),
    Case(
        "read-only when the writer is gone",
        f"{TREE}; {WRITER}; close W",
        of_tree("attr_set=MOUNT_ATTR_RDONLY"),
        None,
    ),
    Case(
        "read-only while a child holds the writer",
        f"{TREE}; {WRITER}; clone sh2 0; close W",
        of_tree("attr_set=MOUNT_ATTR_RDONLY"),
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case("nosuid with a writer", f"{TREE}; {WRITER}", of_tree("attr_set=MOUNT_ATTR_NOSUID"), None),
    Case(
        "no writer on what became read-only",
        f"{TREE}; mount_setattr AT_FDCWD /a AT_RECURSIVE attr_set=MOUNT_ATTR_RDONLY",
        "W = openat AT_FDCWD /a/x/f O_WRONLY,O_CREAT",
        "EROFS",
        "mnt_want_write",
    ),
    # propagation
    Case("shared", A, setattr("propagation=MS_SHARED"), None),
    Case("shared, a tree", TREE, of_tree("propagation=MS_SHARED"), None),
    Case("shared twice", f"{TREE}; mount --make-shared /a/x", of_tree("propagation=MS_SHARED"), None),
    Case(
        "slaves, a tree",
        f"{TREE}; mount --make-rshared /a; mkdir /b; mount --rbind /a /b",
        setattr("propagation=MS_SLAVE", "/b", "AT_RECURSIVE"),
        None,
    ),
    Case(
        "unbindable",
        f"{TREE}; mount --make-rshared /a",
        of_tree("propagation=MS_UNBINDABLE attr_set=MOUNT_ATTR_NOEXEC"),
        None,
    ),
    Case(
        "shared and not ours: the ids are given back",
        f"{A}; cd /a; umount -l /a; !{setattr('propagation=MS_SHARED', '.')}; mount -t tmpfs B /a",
        "mount --make-shared /a",
        None,
    ),
    Case(
        "a type of what was lazily unmounted",
        f"{A}; cd /a; umount -l /a",
        setattr("propagation=MS_SHARED", "."),
        "EINVAL",
        "do_mount_setattr",
    ),
    Case(
        "a type of another namespace's mount",
        f"{A}; O = openat AT_FDCWD /a O_PATH; unshare -m",
        of("O", "propagation=MS_SHARED"),
        "EINVAL",
        "do_mount_setattr",
    ),
    # locked flags
    Case(
        "rdonly is locked", LOCKED, setattr("attr_clr=MOUNT_ATTR_RDONLY"), "EPERM", "can_change_locked_flags"
    ),
    Case(
        "nosuid is locked", LOCKED, setattr("attr_clr=MOUNT_ATTR_NOSUID"), "EPERM", "can_change_locked_flags"
    ),
    Case("nodev is locked", LOCKED, setattr("attr_clr=MOUNT_ATTR_NODEV"), "EPERM", "can_change_locked_flags"),
    Case(
        "noexec is locked", LOCKED, setattr("attr_clr=MOUNT_ATTR_NOEXEC"), "EPERM", "can_change_locked_flags"
    ),
    Case(
        "another atime where it is locked",
        LOCKED,
        setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=MOUNT_ATTR_NOATIME"),
        "EPERM",
        "can_change_locked_flags",
    ),
    Case(
        "the same atime where it is locked",
        LOCKED,
        setattr("attr_clr=MOUNT_ATTR__ATIME attr_set=MOUNT_ATTR_RELATIME"),
        None,
    ),
    Case(
        "nodiratime where atime is locked",
        LOCKED,
        setattr("attr_set=MOUNT_ATTR_NODIRATIME"),
        "EPERM",
        "can_change_locked_flags",
    ),
    Case(
        "nosymfollow is not locked",
        f"{A}; mount_setattr AT_FDCWD /a 0 attr_set=MOUNT_ATTR_NOSYMFOLLOW; unshare -U -r -m",
        setattr("attr_clr=MOUNT_ATTR_NOSYMFOLLOW"),
        None,
    ),
    Case(
        "set and cleared again",
        f"{A}; unshare -U -r -m; mount_setattr AT_FDCWD /a 0 attr_set=MOUNT_ATTR_NOEXEC",
        setattr("attr_clr=MOUNT_ATTR_NOEXEC"),
        None,
    ),
    Case(
        "locked further down",
        f"{TREE}; mount -o remount,bind,nosuid /a/x; unshare -U -r -m",
        of_tree("attr_clr=MOUNT_ATTR_NOSUID"),
        "EPERM",
        "can_change_locked_flags",
    ),
    Case(
        "locked further down, but not asked for",
        f"{TREE}; mount -o remount,bind,nosuid /a/x; unshare -U -r -m",
        setattr("attr_clr=MOUNT_ATTR_NOSUID"),
        None,
    ),
    Case("a type where flags are locked", LOCKED, setattr("propagation=MS_SHARED"), None),
    # id mapping
    Case(
        "idmap",
        f"{OTHER}; {DETACHED}; mkdir /a; {IDMAPPED}",
        ATTACH,
        None,
    ),
    Case(
        "a bind of an idmapped mount",
        f"{OTHER}; {DETACHED}; mkdir /a /b; {IDMAPPED}; {ATTACH}",
        "mount --bind /a /b",
        None,
    ),
    Case("idmap without a descriptor", DETACHED, of("D", IDMAP), "EBADF", "fget"),
    Case(
        "idmap of a negative descriptor",
        DETACHED,
        of("D", f"{IDMAP} userns_fd=-1"),
        "EINVAL",
        "build_mount_idmapped",
    ),
    Case(
        "idmap by a closed descriptor",
        f"{DETACHED}; {OTHER}; close U",
        of("D", f"{IDMAP} userns_fd=U"),
        "EBADF",
        "fget",
    ),
    Case("idmap by an O_PATH descriptor", DETACHED, of("D", f"{IDMAP} userns_fd=D"), "EBADF", "fget"),
    Case(
        "idmap by a directory",
        f"{DETACHED}; O = openat AT_FDCWD / 0",
        of("D", f"{IDMAP} userns_fd=O"),
        "EINVAL",
        "build_mount_idmapped",
    ),
    Case(
        "idmap by a mount namespace",
        f"{DETACHED}; N = openat AT_FDCWD /proc/self/ns/mnt 0",
        of("D", f"{IDMAP} userns_fd=N"),
        "EINVAL",
        "build_mount_idmapped",
    ),
    Case(
        "idmap by a network namespace",
        f"{DETACHED}; N = openat AT_FDCWD /proc/self/ns/net 0",
        of("D", f"{IDMAP} userns_fd=N"),
        "EINVAL",
        "build_mount_idmapped",
    ),
    Case(
        "idmap by the initial user namespace",
        f"{DETACHED}; N = openat AT_FDCWD /proc/self/ns/user 0",
        of("D", f"{IDMAP} userns_fd=N"),
        "EPERM",
        "build_mount_idmapped",
    ),
    Case("idmap cleared", DETACHED, of("D", "attr_clr=MOUNT_ATTR_IDMAP"), "EINVAL", "build_mount_idmapped"),
    Case(
        "idmap cleared and set",
        f"{DETACHED}; {OTHER}",
        of("D", f"{IDMAP} attr_clr=MOUNT_ATTR_IDMAP userns_fd=U"),
        "EINVAL",
        "build_mount_idmapped",
    ),
    Case(
        "idmap asked before the path",
        f"{DETACHED}; N = openat AT_FDCWD /proc/self/ns/user 0",
        setattr(f"{IDMAP} userns_fd=N", "/nope"),
        "EPERM",
        "build_mount_idmapped",
    ),
    Case(
        "idmap by a namespace without rights over it",
        f"{OTHER}; unshare -U -r -m; {DETACHED}",
        of("D", f"{IDMAP} userns_fd=U"),
        "EPERM",
        "build_mount_idmapped",
    ),
    Case(
        "idmap twice",
        f"{DETACHED}; {OTHER}; {IDMAPPED}",
        of("D", f"{IDMAP} userns_fd=U"),
        "EPERM",
        "can_idmap_mount",
    ),
    Case(
        "idmap of an attached mount",
        f"{A}; {OTHER}",
        setattr(f"{IDMAP} userns_fd=U"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap of a copy",
        f"{A}; {OTHER}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE",
        of("D", f"{IDMAP} userns_fd=U"),
        None,
    ),
    Case(
        "idmap of a tree",
        f"{TREE}; {OTHER}; {COPY}",
        of("D", f"{IDMAP} userns_fd=U", "AT_EMPTY_PATH,AT_RECURSIVE"),
        None,
    ),
    Case(
        "idmap of ramfs",
        "C = fsopen ramfs 0; fsconfig C FSCONFIG_CMD_CREATE; D = fsmount C 0 0; " + OTHER,
        of("D", f"{IDMAP} userns_fd=U"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap of proc",
        "C = fsopen proc 0; fsconfig C FSCONFIG_CMD_CREATE; D = fsmount C 0 0; " + OTHER,
        of("D", f"{IDMAP} userns_fd=U"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap of sysfs",
        "C = fsopen sysfs 0; fsconfig C FSCONFIG_CMD_CREATE; D = fsmount C 0 0; " + OTHER,
        of("D", f"{IDMAP} userns_fd=U"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap of a tree with a proc in it",
        f"{A}; mkdir /a/p; mount -t proc P /a/p; {OTHER}; {COPY}",
        of("D", f"{IDMAP} userns_fd=U", "AT_EMPTY_PATH,AT_RECURSIVE"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap with a writer",
        f"{A}; {OTHER}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE; W = openat D f O_WRONLY,O_CREAT",
        of("D", f"{IDMAP} userns_fd=U"),
        "EBUSY",
        "mnt_hold_writers",
    ),
    Case(
        "idmap with a writer through another mount",
        f"{A}; {OTHER}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE; W = openat AT_FDCWD /a/f O_WRONLY,O_CREAT",
        of("D", f"{IDMAP} userns_fd=U"),
        None,
    ),
    Case(
        "idmap by the owner of the filesystem",
        f"unshare -U -r -m; {DETACHED}; U = openat AT_FDCWD /proc/self/ns/user 0",
        of("D", f"{IDMAP} userns_fd=U"),
        "EINVAL",
        "can_idmap_mount",
    ),
    Case(
        "idmap in a user namespace",
        f"unshare -U -r -m; {DETACHED}; {OTHER}",
        of("D", f"{IDMAP} userns_fd=U"),
        None,
    ),
    Case(
        "idmap of a filesystem of others",
        f"{A}; unshare -U -r -m; {OTHER}; D = open_tree AT_FDCWD /a OPEN_TREE_CLONE",
        of("D", f"{IDMAP} userns_fd=U"),
        "EPERM",
        "can_idmap_mount",
    ),
)


@table(CASES)
def test_the_models(case: Case) -> None:
    ask_models(case)


@pytest.mark.kernel
@table(CASES)
def test_the_running_kernel(case: Case) -> None:
    ask_running_kernel(case)


@pytest.mark.vm
@pytest.mark.parametrize("image", IMAGES, ids=[image.name for image in IMAGES])
def test_kernels_in_vms(image: Path) -> None:
    ask_in_vm(CASES, image)


@pytest.mark.parametrize("release", RELEASES)
def test_a_refused_call_changes_nothing(release: str) -> None:
    for case in CASES:
        if case.errno is not None and case.command.startswith("mount_setattr"):
            with Model(release) as model:
                session = Session(model)
                session.run_transcript("\n".join(line.removeprefix("!") for line in case.earlier) or "sh1#")
                before = model.snapshot()
                session.run("sh1", case.command)
                assert model.snapshot() == before, case.name


def test_pollers_are_told_once() -> None:
    with Model() as model:
        session = Session(model)
        session.run_transcript("\n".join(TREE.split("; ")))
        ns = model.kernel.init_ns
        before = ns.event
        session.run("sh1", of_tree("attr_set=MOUNT_ATTR_NOSUID propagation=MS_SHARED"))
        assert ns.event == before + 1
        session.run("sh1", of_tree(""))
        session.run("sh1", of_tree("attr_set=0x100"))
        assert ns.event == before + 1
