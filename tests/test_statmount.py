"""statmount(2): the fields by their bits, the room they need, whose mounts may be asked for, every errno.

Asked of the model of each release and of the running kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from call_cases import (
    Case,
    for_the_running_kernel,
    in_every_release,
    nothing_changes,
    says,
    the_model_answers,
    the_running_kernel_answers,
)
from privilege import skip_without_root
from vfslab.kernel import flags as f
from vfslab.machine import Machine
from vfslab.model import Model
from vfslab.oracle.live import RunningKernel

A = "mkdir -p /a; mount -t tmpfs -o size=1m A /a; I = statx AT_FDCWD /a 0"
RAMFS = "mkdir -p /a; mount -t ramfs -o mode=700 A /a; I = statx AT_FDCWD /a 0"
ROOT = "R = statx AT_FDCWD / 0"
NS = "N = openat AT_FDCWD /proc/self/ns/mnt O_RDONLY; D = ns_get_mntns_id N"
# sh2 has a mount, L, in a namespace of its own, which sh1 has by id, D, and by descriptor, N
OTHER = (
    "mkdir -p /a /b; sh2# ls /; sh2# unshare -m --propagation private; sh2# mount -t tmpfs A /a; "
    "N = openat AT_FDCWD /proc/sh2/ns/mnt O_RDONLY; D = ns_get_mntns_id N; "
    "L = listmount LSMT_ROOT mnt_ns_fd=N"
)
# sh2 is root of a user namespace below sh1's, in whose mount namespace, D, the mount I is
BELOW = f"{A}; {NS}; sh2# unshare -U -r -m"
# sh2 sees nothing but /a and may not look further
CONFINED = f"{A}; {ROOT}; sh2# setpriv --bounding-set=-sys_admin; sh2# chroot /a"
# a name moved out of what a bind shows, with a mount on it
ESCAPED = (
    "mkdir -p /s /b; mount -t tmpfs S /s; mkdir -p /s/d/y/x; mount --bind /s/d /b; mount -t tmpfs X /b/y/x; "
    "I = statx AT_FDCWD /b/y/x 0; mv /s/d/y /s/y"
)
SLAVE_OF_SLAVE = (
    "mkdir -p /m /s1 /s2 /j; mount -t tmpfs M /m; mount --make-shared /m; mount --bind /m /s1; "
    "mount --make-slave /s1; mount --make-shared /s1; mount --bind /s1 /s2; mount --make-slave /s2"
)
DETACHED = "mkdir -p /a; mount -t tmpfs A /a; F = open_tree AT_FDCWD /a OPEN_TREE_CLONE"
DETACHED_TREE = (
    "mkdir -p /a; mount -t tmpfs A /a; mkdir /a/x; mount -t tmpfs X /a/x; "
    "F = open_tree AT_FDCWD /a OPEN_TREE_CLONE,AT_RECURSIVE"
)
LAZY = "mkdir -p /a; mount -t tmpfs A /a; F = openat AT_FDCWD /a O_PATH; umount -l /a"
BASIC, POINT, MNT_ROOT = "STATMOUNT_MNT_BASIC", "STATMOUNT_MNT_POINT", "STATMOUNT_MNT_ROOT"
FROM = "STATMOUNT_PROPAGATE_FROM"
A_TMPFS = ("sb_dev_major: 0", "sb_dev_minor: 1", "sb_magic: 0x1021994", "sb_flags: 0")

# 7.0-rc1 died of it
SINCE_7_0 = "7.0 7.0.* 7.[1-9]*"


def basic(attr: str, propagation: str, group: int = 0, master: int = 0) -> dict[str, tuple[str, ...]]:
    return says(
        *("mnt_id: #1", "mnt_parent_id: #2", "mnt_id_old: 1", "mnt_parent_id_old: 2"),
        *(f"mnt_attr: {attr}", f"mnt_propagation: {propagation}"),
        *(f"mnt_peer_group: {group}", f"mnt_master: {master}"),
    )


def by_fd(fd: str) -> str:
    mask = f"STATMOUNT_SB_BASIC,{MNT_ROOT},{POINT},STATMOUNT_MNT_NS_ID"
    return f"statmount 0 {mask} mnt_fd={fd} flags=STATMOUNT_BY_FD"


CASES = (
    # what is told
    Case("nothing asked for", A, "statmount I 0", **says()),
    Case("an unknown bit is ignored", A, "statmount I 0x10000", **says()),
    Case("SUPPORTED_MASK", A, "statmount I STATMOUNT_SUPPORTED_MASK", **says("supported_mask: 0x7fff")),
    Case("SB_BASIC", A, "statmount I STATMOUNT_SB_BASIC", **says(*A_TMPFS)),
    Case(
        "SB_BASIC with flags",
        "mkdir /a; mount -t tmpfs -o ro,sync,dirsync,lazytime A /a; I = statx AT_FDCWD /a 0",
        "statmount I STATMOUNT_SB_BASIC",
        **says(*A_TMPFS[:3], "sb_flags: SB_RDONLY|SB_SYNCHRONOUS|SB_DIRSYNC|SB_LAZYTIME"),
    ),
    Case(
        "SB_BASIC of a ramfs",
        "mkdir /a; mount -t ramfs A /a; I = statx AT_FDCWD /a 0",
        "statmount I STATMOUNT_SB_BASIC,STATMOUNT_FS_TYPE",
        **says(*A_TMPFS[:2], "sb_magic: 0x858458f6", "sb_flags: 0", "fs_type: ramfs"),
    ),
    Case("MNT_BASIC", A, f"statmount I {BASIC}", **basic("0", "MS_PRIVATE")),
    Case(
        "MNT_BASIC with all attributes",
        f"{A}; mount -o remount,bind,ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow /a",
        f"statmount I {BASIC}",
        **basic(
            "MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC|MOUNT_ATTR_NOATIME"
            "|MOUNT_ATTR_NODIRATIME|MOUNT_ATTR_NOSYMFOLLOW",
            "MS_PRIVATE",
        ),
    ),
    Case(
        "MNT_BASIC with strictatime",
        f"{A}; mount -o remount,bind,strictatime /a",
        f"statmount I {BASIC}",
        **basic("MOUNT_ATTR_STRICTATIME", "MS_PRIVATE"),
    ),
    Case(
        "MNT_BASIC of a shared mount",
        f"{A}; mount --make-shared /a",
        f"statmount I {BASIC}",
        **basic("0", "MS_SHARED", group=1),
    ),
    Case(
        "MNT_BASIC of a shared slave",
        f"{A}; mkdir /b; mount --make-shared /a; mount --bind /a /b; mount --make-slave /b; "
        "mount --make-shared /b; I = statx AT_FDCWD /b 0",
        f"statmount I {BASIC}",
        **basic("0", "MS_SLAVE|MS_SHARED", group=1, master=2),
    ),
    Case(
        "MNT_BASIC of an unbindable mount",
        f"{A}; mount --make-unbindable /a",
        f"statmount I {BASIC}",
        **basic("0", "MS_UNBINDABLE"),
    ),
    Case("PROPAGATE_FROM of no slave", A, f"statmount I {FROM}", **says("propagate_from: 0")),
    Case(
        "PROPAGATE_FROM is the master where that is in sight",
        f"{SLAVE_OF_SLAVE}; I = statx AT_FDCWD /s2 0",
        f"statmount I {FROM}",
        **says("propagate_from: 1"),
    ),
    Case(
        "PROPAGATE_FROM leads over masters that are out of sight",
        f"{SLAVE_OF_SLAVE}; mount -t tmpfs J /j; mkdir -p /j/top /j/leaf; mount --bind /m /j/top; "
        "mount --bind /s2 /j/leaf; I = statx AT_FDCWD /j/leaf 0; J = statx AT_FDCWD /j/top 0; "
        "sh2# chroot /j; sh2# statmount J STATMOUNT_MNT_BASIC",
        f"sh2# statmount I {BASIC},{FROM}",
        **says(
            *("mnt_id: #3", "mnt_parent_id: #2", "mnt_id_old: 1", "mnt_parent_id_old: 2"),
            *("mnt_attr: 0", "mnt_propagation: MS_SLAVE", "mnt_peer_group: 0", "mnt_master: 1"),
            "propagate_from: 2",
        ),
    ),
    Case(
        "the strings",
        f"{A}; mkdir /a/d /b; mount --bind /a/d /b; I = statx AT_FDCWD /b 0",
        f"statmount I {MNT_ROOT},{POINT},STATMOUNT_FS_TYPE,STATMOUNT_SB_SOURCE",
        **says("fs_type: tmpfs", "mnt_root: /d", "mnt_point: /b", "sb_source: A"),
    ),
    Case(
        "options as one string and as strings",
        "mkdir /a; mount -t tmpfs -o nr_inodes=5,mode=700,size=1m A /a; I = statx AT_FDCWD /a 0",
        "statmount I STATMOUNT_MNT_OPTS,STATMOUNT_OPT_ARRAY",
        **says("mnt_opts: size=1024k,nr_inodes=5,mode=700", "opt_array: size=1024k nr_inodes=5 mode=700"),
    ),
    Case(
        "what is empty is not told",
        "mkdir /a; mount -t tmpfs '' /a; I = statx AT_FDCWD /a 0",
        "statmount I STATMOUNT_SB_SOURCE,STATMOUNT_MNT_OPTS,STATMOUNT_OPT_ARRAY,STATMOUNT_OPT_SEC_ARRAY,"
        "STATMOUNT_FS_SUBTYPE,STATMOUNT_MNT_UIDMAP,STATMOUNT_MNT_GIDMAP",
        **says(),
    ),
    Case(
        "a removed root",
        "mkdir /d /b; mount --bind /d /b; I = statx AT_FDCWD /b 0; rmdir /d",
        f"statmount I {MNT_ROOT}",
        **says("mnt_root: /d//deleted"),
    ),
    Case(
        "a stack on the root",
        "mount -t tmpfs T /; I = statx AT_FDCWD /.. 0",
        f"statmount I {POINT}",
        **says("mnt_point: /"),
    ),
    Case(
        "the namespace",
        f"{A}; {NS}; ns_get_mntns_id N",
        "statmount I STATMOUNT_MNT_NS_ID",
        **says("mnt_ns_id: #1"),
    ),
    Case(
        "a mount that a rename took out of sight",
        ESCAPED,
        f"statmount I {MNT_ROOT},{POINT}",
        **says("mnt_root: /"),
    ),
    # the room for it
    Case("no buffer at all", A, "statmount I 0 bufsize=0", **says()),
    Case(
        "a buffer that ends amid the numbers",
        A,
        f"statmount I {BASIC} bufsize=64",
        **says(*basic("", "")["says"][:4]),
    ),
    Case(
        "no strings, room for the numbers alone",
        A,
        "statmount I STATMOUNT_SB_BASIC bufsize=512",
        **says(*A_TMPFS),
    ),
    Case("a string of one byte takes 515", A, f"statmount I {MNT_ROOT} bufsize=515", **says("mnt_root: /")),
    Case("514 are too few", A, f"statmount I {MNT_ROOT} bufsize=514", "EOVERFLOW", "statmount_string"),
    Case(
        "strings, and no room for any",
        A,
        f"statmount I {MNT_ROOT} bufsize=512",
        "EOVERFLOW",
        "prepare_kstatmount",
    ),
    Case(
        "strings, and a short buffer",
        A,
        f"statmount I {MNT_ROOT} bufsize=100",
        "EOVERFLOW",
        "statmount_string",
    ),
    Case(
        "two strings",
        A,
        f"statmount I {MNT_ROOT},{POINT} bufsize=518",
        **says("mnt_root: /", "mnt_point: /a"),
    ),
    Case("two strings, a byte less", A, f"statmount I {MNT_ROOT},{POINT} bufsize=517", "EOVERFLOW"),
    Case(
        "an array, room for its NULs",
        RAMFS,
        "statmount I STATMOUNT_OPT_ARRAY bufsize=522",
        **says("opt_array: mode=700"),
    ),
    Case("an array, a byte less", RAMFS, "statmount I STATMOUNT_OPT_ARRAY bufsize=521", "EOVERFLOW"),
    Case("an empty string needs no room", A, "statmount I STATMOUNT_FS_SUBTYPE bufsize=511", **says()),
    Case("but 512 bytes are refused", A, "statmount I STATMOUNT_FS_SUBTYPE bufsize=512", "EOVERFLOW"),
    # the request
    Case("unknown flag", A, "statmount I 0 flags=2", "EINVAL", "statmount"),
    Case("STATMOUNT_BY_FD before 7.0", A, "statmount I 0 flags=1", "EINVAL", "statmount", releases="6.18*"),
    Case("size of the first version", A, f"statmount I {POINT} size=24", **says("mnt_point: /a")),
    Case("smaller", A, "statmount I 0 size=23", "EINVAL", "copy_mnt_id_req"),
    Case("size 0", A, "statmount I 0 size=0", "EINVAL", "copy_mnt_id_req"),
    Case("larger, and nothing in it", A, "statmount I 0 size=40", **says()),
    Case("larger, and something in it", A, "statmount I 0 size=40 tail=1", "E2BIG", "copy_struct_from_user"),
    Case("a page", A, "statmount I 0 size=4096", **says()),
    Case("more than a page", A, "statmount I 0 size=4097", "E2BIG", "copy_mnt_id_req"),
    Case("size before id", A, "statmount 1 0 size=23", "EINVAL", "copy_mnt_id_req"),
    Case("tail before id", A, "statmount 1 0 size=40 tail=1", "E2BIG"),
    Case("id of mountinfo", A, "statmount 1 0", "EINVAL", "copy_mnt_id_req"),
    Case("id 0", A, "statmount 0 0", "EINVAL", "copy_mnt_id_req"),
    Case("the last id that is none", A, "statmount 0x80000000 0", "EINVAL", "copy_mnt_id_req"),
    Case(
        "the first id, of nobody in this namespace",
        A,
        "statmount 0x80000001 0 mnt_ns_id=9999999999",
        "ENOENT",
    ),
    Case(
        "namespace by id and by descriptor", f"{A}; {NS}", "statmount I 0 mnt_ns_id=D mnt_ns_fd=N", "EINVAL"
    ),
    Case(
        "namespace cut off by the size",
        f"{A}",
        f"statmount I {POINT} size=24 mnt_ns_id=9999",
        **says("mnt_point: /a"),
    ),
    # whose mounts
    Case("no such mount", A, "statmount 0x7000000000000000 0", "ENOENT", "lookup_mnt_in_ns"),
    Case("mount that is no more", f"{A}; umount /a", "statmount I 0", "ENOENT", "lookup_mnt_in_ns"),
    Case("lazily unmounted mount that is in use", f"{A}; cd /a; umount -l /a", "statmount I 0", "ENOENT"),
    Case(
        "detached mount",
        f"{DETACHED}; I = statx F '' AT_EMPTY_PATH",
        "statmount I 0",
        "ENOENT",
        "lookup_mnt_in_ns",
    ),
    Case("no room before no mount", A, f"statmount 0x7000000000000000 {POINT} bufsize=512", "EOVERFLOW"),
    Case("no mount before too little room", A, f"statmount 0x7000000000000000 {POINT} bufsize=511", "ENOENT"),
    Case("mount of another namespace", OTHER, "statmount L 0", "ENOENT", "lookup_mnt_in_ns"),
    Case("in another namespace by id", OTHER, f"statmount L {POINT} mnt_ns_id=D", **says("mnt_point: /a")),
    Case(
        "in another namespace by descriptor",
        OTHER,
        f"statmount L {POINT} mnt_ns_fd=N",
        **says("mnt_point: /a"),
    ),
    Case("own namespace by id", f"{A}; {NS}", f"statmount I {POINT} mnt_ns_id=D", **says("mnt_point: /a")),
    Case(
        "paths in another namespace begin at the first mount on its root",
        f"{OTHER}; sh2# mount -t tmpfs T /; sh2# cd /..; sh2# chroot .; L = listmount LSMT_ROOT mnt_ns_id=D",
        f"statmount L {POINT} mnt_ns_id=D",
        **says("mnt_point: /"),
    ),
    Case("no such namespace", A, "statmount I 0 mnt_ns_id=9999999999", "ENOENT", "lookup_mnt_ns"),
    Case(
        "namespace that is no more",
        f"{OTHER}; close N; sh2# exit",
        "statmount L 0 mnt_ns_id=D",
        "ENOENT",
        "lookup_mnt_ns",
    ),
    Case("namespace of a detached tree", f"{DETACHED}; {ROOT}", "statmount R 0 mnt_ns_id=2", "ENOENT"),
    Case("no such descriptor", A, "statmount I 0 mnt_ns_fd=-1", "EBADF", "fget"),
    Case(
        "descriptor with O_PATH",
        f"{A}; N = openat AT_FDCWD /proc/self/ns/mnt O_PATH",
        "statmount I 0 mnt_ns_fd=N",
        "EBADF",
    ),
    Case(
        "descriptor of a directory",
        f"{A}; N = openat AT_FDCWD / O_RDONLY",
        "statmount I 0 mnt_ns_fd=N",
        "EINVAL",
        "grab_requested_mnt_ns",
    ),
    Case(
        "descriptor of a user namespace",
        f"{A}; N = openat AT_FDCWD /proc/self/ns/user O_RDONLY",
        "statmount I 0 mnt_ns_fd=N",
        "EINVAL",
    ),
    # rights
    Case(
        "foreign namespace by id",
        BELOW,
        "sh2# statmount I 0 mnt_ns_id=D",
        "EPERM",
        "statmount",
        releases="[!6]*",
    ),
    Case(
        "the same in 6.18.16",
        BELOW,
        "sh2# statmount I 0 mnt_ns_id=D",
        "EPERM",
        "statmount",
        releases="6.18.1*",
    ),
    Case("the same before", BELOW, "sh2# statmount I 0 mnt_ns_id=D", "ENOENT", "statmount", releases="6.18"),
    Case(
        "foreign before no such mount and no room",
        BELOW,
        f"sh2# statmount 0x7000000000000000 {POINT} mnt_ns_id=D bufsize=512",
        "EPERM",
        releases="7*",
    ),
    Case(
        "foreign namespace by descriptor",
        BELOW,
        f"sh2# statmount I {POINT} mnt_ns_fd=N",
        **says("mnt_point: /a"),
    ),
    Case("own root, confined", CONFINED, f"sh2# statmount I {POINT}", **says("mnt_point: /")),
    Case("outside of it", CONFINED, "sh2# statmount R 0", "EPERM", "is_path_reachable"),
    Case(
        "outside of it, by right",
        f"{A}; {ROOT}; sh2# chroot /a",
        f"sh2# statmount R {MNT_ROOT},{POINT}",
        **says("mnt_root: /"),
    ),
    Case("not there before not reachable", CONFINED, "sh2# statmount 0x7000000000000000 0", "ENOENT"),
    Case("not reachable before no room", CONFINED, f"sh2# statmount R {POINT} bufsize=513", "EPERM"),
    # by descriptor
    Case(
        "by descriptor",
        f"{A}; F = openat AT_FDCWD /a O_RDONLY",
        by_fd("F"),
        **says(*A_TMPFS, "mnt_root: /", "mnt_point: /a", "mnt_ns_id: #1"),
        releases="7*",
    ),
    Case(
        "by descriptor with O_PATH",
        f"{A}; mkdir /a/d; F = openat AT_FDCWD /a/d O_PATH",
        by_fd("F"),
        **says(*A_TMPFS, "mnt_root: /", "mnt_point: /a", "mnt_ns_id: #1"),
        releases="7*",
    ),
    Case("by descriptor, no such", A, by_fd("-1"), "EBADF", "fget", releases="7*"),
    Case(
        "by descriptor, and an id",
        f"{A}; F = openat AT_FDCWD /a O_PATH",
        "statmount I 0 mnt_fd=F flags=1",
        "EINVAL",
        "copy_mnt_id_req",
        releases="7*",
    ),
    Case(
        "by descriptor, and a namespace",
        f"{A}; F = openat AT_FDCWD /a O_PATH; {NS}",
        "statmount 0 0 mnt_fd=F mnt_ns_id=D flags=1",
        "EINVAL",
        "copy_mnt_id_req",
        releases="7*",
    ),
    Case(
        "lazily unmounted mount by descriptor",
        LAZY,
        by_fd("F"),
        **says(*A_TMPFS, "mnt_root: /"),
        releases="7*",
    ),
    Case(
        "detached mount by descriptor",
        DETACHED,
        by_fd("F"),
        "ENOENT",
        "grab_requested_root",
        releases="7*",
    ),
    Case(
        "detached tree by descriptor",
        DETACHED_TREE,
        by_fd("F"),
        **says(*A_TMPFS, "mnt_root: /", "mnt_ns_id: #1"),
        releases="7*",
    ),
    Case(
        "mount in a detached tree by descriptor",
        f"{DETACHED_TREE}; G = openat F x O_PATH",
        by_fd("G"),
        **says(*A_TMPFS, "mnt_root: /", "mnt_point: /", "mnt_ns_id: #1"),
        releases="7*",
    ),
    Case("pipe", "F = pipe", by_fd("F"), "EINVAL", "do_statmount", releases=SINCE_7_0),
    Case("memfd", "F = memfd_create", by_fd("F"), "EINVAL", "do_statmount", releases=SINCE_7_0),
    Case("namespace file", NS, by_fd("N"), "EINVAL", "do_statmount", releases=SINCE_7_0),
    Case("pidfd", "F = pidfd_open sh1", by_fd("F"), "EINVAL", "do_statmount", releases=SINCE_7_0),
    Case(
        "mount of another namespace by descriptor, without rights",
        f"{BELOW}; sh3# F = openat AT_FDCWD /a O_PATH; sh3# unshare -U -r -m",
        f"sh3# {by_fd('F')}",
        **says(*A_TMPFS, "mnt_root: /", "mnt_point: /a", "mnt_ns_id: #1"),
        releases="7*",
    ),
)


@in_every_release(CASES)
def test_the_model(release: str, case: Case) -> None:
    the_model_answers(release, case)


@pytest.mark.kernel
@for_the_running_kernel(CASES)
def test_the_running_kernel(case: Case) -> None:
    the_running_kernel_answers(case)


def test_nothing_changes() -> None:
    nothing_changes(CASES)


@pytest.fixture(params=["model", pytest.param("kernel", marks=pytest.mark.kernel)])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Model("6.18.19") if request.param == "model" else RunningKernel() as machine:
        yield machine


def statmount(machine: Machine, id: int, mask: int, bufsize: int = 4096, **request: int) -> dict[str, Any]:
    said = machine.call("sh1", "statmount", {"mnt_id": id, "param": mask, **request}, bufsize, 0)
    assert said.errno is None, said
    found: dict[str, Any] = said.value
    return found


def unique_id(machine: Machine, path: str) -> int:
    found: int = machine.call("sh1", "statx", f.AT_FDCWD, path, 0).value["mnt_id_unique"]
    return found


def test_the_mount_under_the_root_is_its_own_parent_and_has_no_path(machine: Machine) -> None:
    if isinstance(machine, RunningKernel):
        skip_without_root("the bottom stays below what was copied")
    below = statmount(machine, unique_id(machine, "/"), f.STATMOUNT_MNT_BASIC)["mnt_parent_id"]
    found = statmount(machine, below, f.STATMOUNT_MNT_BASIC | f.STATMOUNT_MNT_POINT)
    assert found["mask"] == f.STATMOUNT_MNT_BASIC
    assert found["mnt_parent_id"] == found["mnt_id"] == below


@pytest.mark.parametrize(
    ("mask", "bufsize", "size"),
    [
        (0, 4, 4),
        (0, 511, 511),
        (0, 4096, 512),
        (f.STATMOUNT_FS_SUBTYPE, 500, 501),
        (f.STATMOUNT_FS_SUBTYPE, 4096, 513),
        (f.STATMOUNT_MNT_ROOT, 4096, 515),
        (f.STATMOUNT_MNT_ROOT | f.STATMOUNT_FS_TYPE, 4096, 521),
    ],
)
def test_the_size_is_what_is_filled_of_the_buffer(
    machine: Machine, mask: int, bufsize: int, size: int
) -> None:
    assert statmount(machine, unique_id(machine, "/"), mask, bufsize)["size"] == size


@pytest.mark.parametrize(("bufsize", "mask"), [(8, 0), (9, 0x02), (10, 0x1002)])
def test_a_short_buffer_has_the_low_bytes_of_the_mask(machine: Machine, bufsize: int, mask: int) -> None:
    wanted = f.STATMOUNT_MNT_BASIC | f.STATMOUNT_SUPPORTED_MASK
    assert statmount(machine, unique_id(machine, "/"), wanted, bufsize) == {"size": bufsize, "mask": mask}
