"""The errno of every refusal that needs more than a litmus file: calls with their exact flags.

Each row: what was done before, the call, its errno (None: it succeeds), and the
kernel function that refuses in the model. Asked of the model and of the running kernel.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from vfslab import invariants
from vfslab.kernel import flags as f
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.shell.session import Session


class Case(NamedTuple):
    name: str
    before: str
    call: tuple[Any, ...]
    errno: str | None
    function: str | None = None


def mount(
    source: str | None, target: str, fstype: str | None, flags: int = 0, data: str | None = None
) -> tuple[Any, ...]:
    return ("mount", source, target, fstype, flags, data)


A = "mkdir /a; mount -t tmpfs A /a"
SHARED = f"{A}; mount --make-shared /a"
TUCKED = f"{SHARED}; mkdir /b; mount --bind /a /b; mkdir /a/x; mount -t tmpfs X /a/x"
LONG = "n" * 256

CASES = (
    # mount(2), all forms
    Case("target missing", "", mount("A", "/nope", "tmpfs"), "ENOENT", "lookup"),
    Case("target below a file", "touch /f", mount("A", "/f/x", "tmpfs"), "ENOTDIR", "link_path_walk"),
    Case("target empty", "", mount("A", "", "tmpfs"), "ENOENT", "getname"),
    Case("component too long", "", mount("A", f"/{LONG}", "tmpfs"), "ENAMETOOLONG", "lookup"),
    Case("path too long", "", mount("A", "/" + "x/" * 2048, "tmpfs"), "ENAMETOOLONG", "getname"),
    Case("MS_NOUSER", "mkdir /a", mount("A", "/a", "tmpfs", f.MS_NOUSER), "EINVAL", "path_mount"),
    Case("0xC0ED in the upper half is stripped", "mkdir /a", mount("A", "/a", "tmpfs", f.MS_MGC_VAL), None),
    Case(
        "target in a lazily unmounted mount",
        f"{A}; mkdir /a/x; cd /a; umount -l /a",
        mount("X", "x", "tmpfs"),
        "ENOENT",
        "do_lock_mount",
    ),
    Case(
        "target is a removed directory",
        "mkdir /gone; cd /gone; rmdir /gone",
        mount("X", ".", "tmpfs"),
        "ENOENT",
        "do_lock_mount",
    ),
    # new mount
    Case("type NULL", "mkdir /a", mount("A", "/a", None), "EINVAL", "do_new_mount"),
    Case("type unknown", "mkdir /a", mount("A", "/a", "nosuchfs"), "ENODEV", "get_fs_type"),
    Case("type empty", "mkdir /a", mount("A", "/a", ""), "ENODEV", "get_fs_type"),
    Case("type rootfs", "mkdir /a", mount("A", "/a", "rootfs"), "ENODEV", "get_fs_type"),
    Case(
        "type with a subtype tmpfs has none of",
        "mkdir /a",
        mount("A", "/a", "tmpfs.x"),
        "ENODEV",
        "get_fs_type",
    ),
    Case(
        "unknown option",
        "mkdir /a",
        mount("A", "/a", "tmpfs", 0, "nosuch=1"),
        "EINVAL",
        "vfs_parse_fs_param",
    ),
    Case(
        "malformed option",
        "mkdir /a",
        mount("A", "/a", "tmpfs", 0, "mode=9"),
        "EINVAL",
        "fs_parse",
    ),
    Case("option that is known", "mkdir /a", mount("A", "/a", "tmpfs", 0, "mode=700,size=1m"), None),
    Case("ramfs ignores unknown options", "mkdir /a", mount("A", "/a", "ramfs", 0, "nosuch=1"), None),
    Case("tmpfs on a file", "touch /f", mount("A", "/f", "tmpfs"), "ENOTDIR", "graft_tree"),
    Case("tmpfs twice on one place stacks", A, mount("B", "/a", "tmpfs"), None),
    # bind
    Case("source NULL", "mkdir /a", mount(None, "/a", None, f.MS_BIND), "EINVAL", "do_loopback"),
    Case("source empty", "mkdir /a", mount("", "/a", None, f.MS_BIND), "EINVAL", "do_loopback"),
    Case("source missing", "mkdir /a", mount("/nope", "/a", None, f.MS_BIND), "ENOENT", "lookup"),
    Case(
        "source unbindable",
        f"{A}; mount --make-unbindable /a; mkdir /b",
        mount("/a", "/b", None, f.MS_BIND),
        "EINVAL",
        "__do_loopback",
    ),
    Case(
        "source unbindable, recursive",
        f"{A}; mount --make-unbindable /a; mkdir /b",
        mount("/a", "/b", None, f.MS_BIND | f.MS_REC),
        "EINVAL",
        "__do_loopback",
    ),
    Case(
        "source in a lazily unmounted mount",
        f"{A}; mkdir /b; cd /a; umount -l /a",
        mount(".", "/b", None, f.MS_BIND),
        "EINVAL",
        "may_copy_tree",
    ),
    Case("directory on file", f"{A}; touch /f", mount("/a", "/f", None, f.MS_BIND), "ENOTDIR", "graft_tree"),
    Case("file on directory", f"{A}; touch /f", mount("/f", "/a", None, f.MS_BIND), "ENOTDIR", "graft_tree"),
    Case("file on file", "touch /f /g", mount("/f", "/g", None, f.MS_BIND), None),
    Case(
        "source directory removed",
        "mkdir /gone /b; cd /gone; rmdir /gone",
        mount(".", "/b", None, f.MS_BIND),
        "ENOENT",
        "get_mountpoint",
    ),
    Case("extra flags are ignored", "mkdir /a /b", mount("/a", "/b", None, f.MS_BIND | f.MS_RDONLY), None),
    Case(
        "MS_BIND with a type flag is a bind",
        "mkdir /a /b",
        mount("/a", "/b", None, f.MS_BIND | f.MS_SHARED),
        None,
    ),
    Case(
        "MS_BIND with MS_MOVE is a bind", "mkdir /a /b", mount("/a", "/b", None, f.MS_BIND | f.MS_MOVE), None
    ),
    # type changes
    Case("not a mount root", "mkdir /a", mount(None, "/a", None, f.MS_SHARED), "EINVAL", "do_change_type"),
    Case(
        "two types",
        A,
        mount(None, "/a", None, f.MS_SHARED | f.MS_SLAVE),
        "EINVAL",
        "flags_to_propagation_type",
    ),
    Case(
        "type with ro",
        A,
        mount(None, "/a", None, f.MS_SHARED | f.MS_RDONLY),
        "EINVAL",
        "flags_to_propagation_type",
    ),
    Case(
        "type with move",
        A,
        mount("/a", "/a", None, f.MS_SHARED | f.MS_MOVE),
        "EINVAL",
        "flags_to_propagation_type",
    ),
    Case(
        "type with MS_SILENT and MS_REC",
        A,
        mount(None, "/a", None, f.MS_SHARED | f.MS_SILENT | f.MS_REC),
        None,
    ),
    Case(
        "type of a lazily unmounted mount",
        f"{A}; cd /a; umount -l /a",
        mount(None, ".", None, f.MS_PRIVATE),
        "EINVAL",
        "may_change_propagation",
    ),
    # move
    Case("move without a source", A, mount(None, "/a", None, f.MS_MOVE), "EINVAL", "do_move_mount_old"),
    Case(
        "move of a plain directory",
        "mkdir /a /b",
        mount("/a", "/b", None, f.MS_MOVE),
        "EINVAL",
        "do_move_mount",
    ),
    Case(
        "move of a directory to a file",
        f"{A}; touch /f",
        mount("/a", "/f", None, f.MS_MOVE),
        "EINVAL",
        "do_move_mount",
    ),
    Case("move onto itself", A, mount("/a", "/a", None, f.MS_MOVE), "ELOOP", "mount_is_ancestor"),
    Case(
        "move below itself",
        f"{A}; mkdir /a/x",
        mount("/a", "/a/x", None, f.MS_MOVE),
        "ELOOP",
        "mount_is_ancestor",
    ),
    Case("move of the root", A, mount("/", "/a", None, f.MS_MOVE), "ELOOP", "mount_is_ancestor"),
    Case(
        "move from a shared parent",
        f"{SHARED}; mkdir /a/x /q; mount -t tmpfs X /a/x",
        mount("/a/x", "/q", None, f.MS_MOVE),
        "EINVAL",
        "do_move_mount",
    ),
    Case(
        "unbindable to a shared parent",
        f"{SHARED}; mkdir /a/x /u; mount -t tmpfs U /u; mount --make-unbindable /u",
        mount("/u", "/a/x", None, f.MS_MOVE),
        "EINVAL",
        "tree_contains_unbindable",
    ),
    Case(
        "move of a lazily unmounted mount",
        f"{A}; mkdir /q; cd /a; umount -l /a",
        mount(".", "/q", None, f.MS_MOVE),
        "EINVAL",
        "do_move_mount",
    ),
    # remount
    Case(
        "remount of a plain directory",
        "mkdir /a",
        mount(None, "/a", None, f.MS_REMOUNT),
        "EINVAL",
        "path_mounted",
    ),
    Case(
        "bind remount of a plain directory",
        "mkdir /a",
        mount(None, "/a", None, f.MS_REMOUNT | f.MS_BIND),
        "EINVAL",
        "path_mounted",
    ),
    Case("remount ro", A, mount(None, "/a", None, f.MS_REMOUNT | f.MS_RDONLY), None),
    Case(
        "remount of a lazily unmounted mount",
        f"{A}; cd /a; umount -l /a",
        mount(None, ".", None, f.MS_REMOUNT),
        "EINVAL",
        "check_mnt",
    ),
    Case("remount with an unknown option", A, mount(None, "/a", None, f.MS_REMOUNT, "nosuch=1"), "EINVAL"),
    Case(
        "remount ro with a removed directory in use",
        f"{A}; mkdir /a/gone; cd /a/gone; rmdir /a/gone",
        mount(None, "/a", None, f.MS_REMOUNT | f.MS_RDONLY),
        "EBUSY",
        "sb_prepare_remount_readonly",
    ),
    Case(
        "bind remount ro with a removed directory in use",
        f"{A}; mkdir /a/gone; cd /a/gone; rmdir /a/gone",
        mount(None, "/a", None, f.MS_REMOUNT | f.MS_BIND | f.MS_RDONLY),
        None,
    ),
    # umount2
    Case("unknown flag", A, ("umount2", "/a", 0x100), "EINVAL", "ksys_umount"),
    Case("unknown flag comes before the lookup", "", ("umount2", "/nope", 0x100), "EINVAL", "ksys_umount"),
    Case("path missing", "", ("umount2", "/nope", 0), "ENOENT", "lookup"),
    Case("plain directory", "mkdir /a", ("umount2", "/a", 0), "EINVAL", "can_umount"),
    Case("file", "touch /f", ("umount2", "/f", f.UMOUNT_NOFOLLOW), "EINVAL", "can_umount"),
    Case("directory inside a mount", f"{A}; mkdir /a/x", ("umount2", "/a/x", 0), "EINVAL", "can_umount"),
    Case("lazily unmounted", f"{A}; cd /a; umount -l /a", ("umount2", ".", 0), "EINVAL", "check_mnt"),
    Case(
        "child mounted",
        f"{A}; mkdir /a/x; mount -t tmpfs X /a/x",
        ("umount2", "/a", 0),
        "EBUSY",
        "propagate_mount_busy",
    ),
    Case("cwd inside", f"{A}; cd /a", ("umount2", "/a", 0), "EBUSY", "propagate_mount_busy"),
    Case("cwd inside, lazily", f"{A}; cd /a", ("umount2", "/a", f.MNT_DETACH), None),
    Case("counterpart in use", f"{TUCKED}; cd /b/x", ("umount2", "/a/x", 0), "EBUSY", "propagate_mount_busy"),
    Case(
        "counterpart in use but with a real child",
        f"{TUCKED}; mount --make-private /b/x; mkdir /b/x/e; mount -t tmpfs E /b/x/e; cd /b/x",
        ("umount2", "/a/x", 0),
        None,
    ),
    Case(
        "MNT_EXPIRE with MNT_DETACH", A, ("umount2", "/a", f.MNT_EXPIRE | f.MNT_DETACH), "EINVAL", "do_umount"
    ),
    Case(
        "MNT_EXPIRE with MNT_FORCE", A, ("umount2", "/a", f.MNT_EXPIRE | f.MNT_FORCE), "EINVAL", "do_umount"
    ),
    Case("MNT_EXPIRE of the root", "", ("umount2", "/", f.MNT_EXPIRE), "EINVAL", "do_umount"),
    Case("MNT_EXPIRE, busy", f"{A}; cd /a", ("umount2", "/a", f.MNT_EXPIRE), "EBUSY", "do_umount"),
    Case("MNT_EXPIRE for the first time", A, ("umount2", "/a", f.MNT_EXPIRE), "EAGAIN", "do_umount"),
    Case("the root mount, plain", "", ("umount2", "/", 0), None),
    Case(
        "the root mount, plain, with a bound directory removed",
        "mkdir /d /a; mount --bind /d /a; rmdir /d",
        ("umount2", "/", 0),
        "EBUSY",
        "sb_prepare_remount_readonly",
    ),
    Case("MNT_FORCE", A, ("umount2", "/a", f.MNT_FORCE), None),
    # pivot_root
    Case("new_root missing", "", ("pivot_root", "/nope", "/nope"), "ENOENT", "lookup"),
    Case("new_root a file", "touch /f; mkdir /d", ("pivot_root", "/f", "/d"), "ENOTDIR", "link_path_walk"),
    Case("put_old a file", f"{A}; touch /a/f", ("pivot_root", "/a", "/a/f"), "ENOTDIR", "link_path_walk"),
    Case(
        "new_root on the current root mount",
        "mkdir -p /d/old",
        ("pivot_root", "/d", "/d/old"),
        "EBUSY",
        "path_pivot_root",
    ),
    Case(
        "put_old on the current root mount",
        f"{A}; mkdir /o",
        ("pivot_root", "/a", "/o"),
        "EBUSY",
        "path_pivot_root",
    ),
    Case(
        "new_root is no mount root",
        f"{A}; mkdir -p /a/n/old",
        ("pivot_root", "/a/n", "/a/n/old"),
        "EINVAL",
        "path_pivot_root",
    ),
    Case(
        "put_old not below new_root",
        f"{A}; mkdir /o; mount -t tmpfs O /o",
        ("pivot_root", "/a", "/o"),
        "EINVAL",
        "path_pivot_root",
    ),
    Case(
        "parent of new_root shared",
        f"{A}; mkdir /a/old; mount --make-shared /",
        ("pivot_root", "/a", "/a/old"),
        "EINVAL",
        "path_pivot_root",
    ),
    Case(
        "mount at put_old shared",
        f"{SHARED}; mkdir /a/old",
        ("pivot_root", "/a", "/a/old"),
        "EINVAL",
        "path_pivot_root",
    ),
    Case(
        "chrooted to a plain directory",
        "mkdir -p /j/n/old; mount -t tmpfs N /j/n; mkdir /j/n/old; chroot /j",
        ("pivot_root", "/n", "/n/old"),
        "EINVAL",
        "path_pivot_root",
    ),
    # files
    Case("mkdir of what exists", "mkdir /a", ("mkdir", "/a"), "EEXIST", "filename_create"),
    Case(
        "mkdir of what exists on a read-only mount",
        f"{A}; mkdir /a/x; mount -o remount,bind,ro /a",
        ("mkdir", "/a/x"),
        "EEXIST",
    ),
    Case(
        "mkdir on a read-only mount",
        f"{A}; mount -o remount,bind,ro /a",
        ("mkdir", "/a/x"),
        "EROFS",
        "mnt_want_write",
    ),
    Case(
        "mkdir on a read-only filesystem",
        f"{A}; mount -o remount,ro /a",
        ("mkdir", "/a/x"),
        "EROFS",
        "mnt_want_write",
    ),
    Case(
        "mkdir in a removed directory",
        "mkdir /gone; cd /gone; rmdir /gone",
        ("mkdir", "x"),
        "ENOENT",
        "may_create",
    ),
    Case("mkdir of .", "", ("mkdir", "."), "EEXIST", "filename_create"),
    Case("mkdir of the root", "", ("mkdir", "/"), "EEXIST", "filename_create"),
    Case("rmdir of a mountpoint", A, ("rmdir", "/a"), "EBUSY", "is_local_mountpoint"),
    Case(
        "rmdir of a mountpoint by another path",
        f"{A}; mkdir /r; mount --bind / /r",
        ("rmdir", "/r/a"),
        "EBUSY",
    ),
    Case("rmdir of a full directory", "mkdir -p /a/x", ("rmdir", "/a"), "ENOTEMPTY", "vfs_rmdir"),
    Case("rmdir of a file", "touch /f", ("rmdir", "/f"), "ENOTDIR"),
    Case("rmdir of .", "", ("rmdir", "."), "EINVAL", "do_rmdir"),
    Case("rmdir of ..", "", ("rmdir", ".."), "ENOTEMPTY", "do_rmdir"),
    Case("rmdir of the root", "", ("rmdir", "/"), "EBUSY", "do_rmdir"),
    Case("unlink of a directory", "mkdir /a", ("unlink", "/a"), "EISDIR", "do_unlinkat"),
    Case("unlink of a file that is mounted on", "touch /f /g; mount --bind /f /g", ("unlink", "/g"), "EBUSY"),
    Case("mknod of what exists", "touch /f", ("mknod", "/f"), "EEXIST", "filename_create"),
    Case("mknod with a slash at the end", "", ("mknod", "/nope/"), "EISDIR", "open_last_lookups"),
    Case("mknod of the root", "", ("mknod", "/"), "EEXIST", "filename_create"),
    Case("utimensat on a read-only mount", f"{A}; mount -o remount,bind,ro /a", ("utimensat", "/a"), "EROFS"),
    Case("utimensat", "touch /f", ("utimensat", "/f"), None),
    Case("utimensat of a namespace file", "", ("utimensat", "/proc/self/ns/net"), "EPERM", "may_setattr"),
    Case(
        "utimensat of a namespace file that is mounted",
        "touch /f; mount --bind /proc/self/ns/net /f",
        ("utimensat", "/f"),
        "EPERM",
    ),
    Case(
        "utimensat of one that is mounted read-only",
        "touch /f; mount --bind /proc/self/ns/net /f; mount -o remount,bind,ro /f",
        ("utimensat", "/f"),
        "EROFS",
    ),
    Case(
        "tmpfs with a size that is no number", "mkdir /a", mount("A", "/a", "tmpfs", 0, "size=zz"), "EINVAL"
    ),
    Case(
        "mkdir in a removed directory on a read-only mount",
        "mkdir -p /a/gone; mount --bind /a /a; cd /a/gone; rmdir /a/gone; mount -o remount,bind,ro /a",
        ("mkdir", "x"),
        "ENOENT",
        "may_create",
    ),
    Case("readdir of a file", "touch /f", ("readdir", "/f"), "ENOTDIR", "link_path_walk"),
    Case("read of a directory", "mkdir /a", ("readfile", "/a"), "EISDIR", "read"),
    Case("chdir to a file", "touch /f", ("chdir", "/f"), "ENOTDIR", "link_path_walk"),
    Case("chroot to nothing", "", ("chroot", "/nope"), "ENOENT", "lookup"),
    Case(
        "getcwd in a removed directory", "mkdir /gone; cd /gone; rmdir /gone", ("getcwd",), "ENOENT", "getcwd"
    ),
    # unshare
    Case("unshare of something unknown", "", ("unshare", 0x1), "EINVAL", "check_unshare_flags"),
    Case("unshare of nothing", "", ("unshare", 0), None),
)
by_name = pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "-") for case in CASES])


def answer(case: Case, machine: Machine) -> tuple[str | None, str | None]:
    session = Session(machine)
    for command in filter(None, case.before.split("; ")):
        result = session.run("sh1", command)
        assert result.status == 0, result
    said = machine.call("sh1", *case.call)
    return said.errno, said.reason


@by_name
def test_the_model(case: Case) -> None:
    model = Model("6.18")
    errno, reason = answer(case, model)
    assert errno == case.errno, reason
    if case.function is not None:
        assert reason is not None and reason.split(": ")[0] == case.function
    assert invariants.check(model.kernel) == []


@pytest.mark.kernel
@by_name
def test_the_running_kernel(case: Case) -> None:
    from vfslab.oracle.live import RunningKernel

    with RunningKernel() as kernel:
        assert answer(case, kernel)[0] == case.errno


def test_a_refused_call_changes_nothing() -> None:
    for case in CASES:
        if case.errno is not None and case.errno != "EAGAIN":
            model = Model("6.18")
            session = Session(model)
            for command in filter(None, case.before.split("; ")):
                session.run("sh1", command)
            before = model.snapshot()
            model.call("sh1", *case.call)
            assert model.snapshot() == before, case.name


class TestExpiry:
    """umount2(2): "If the mount is not marked as expired …" the second call takes it, any use unmarks it."""

    @pytest.mark.parametrize("machine", ["model", pytest.param("kernel", marks=pytest.mark.kernel)])
    @pytest.mark.parametrize(
        ("use", "errno"),
        [
            (("stat", "/a"), None),
            # even a name that is not there is looked for
            (("stat", "/a/nope"), "ENOENT"),
        ],
    )
    def test_the_second_call_takes_it_unless_it_was_used(
        self, machine: str, use: tuple[str, str], errno: str | None
    ) -> None:
        with make(machine) as answering:
            session = Session(answering)
            for command in A.split("; "):
                session.run("sh1", command)
            calls = [("umount2", "/a", f.MNT_EXPIRE), use, *[("umount2", "/a", f.MNT_EXPIRE)] * 3]
            said = [answering.call("sh1", *call).errno for call in calls]
        assert said == ["EAGAIN", errno, "EAGAIN", None, "EINVAL"]


def make(machine: str) -> Machine:
    if machine == "model":
        return Model()
    from vfslab.oracle.live import RunningKernel

    return RunningKernel()
