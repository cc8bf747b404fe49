"""The copy of a namespace, step by step: nine runs over one example, as kernels' function traces have them.

The runs were first worked out from the source with another, smaller model; the order of functions agrees
with function traces of 6.18.5 and 7.1.13.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golden_traces import EXAMPLE, short, without_memory_for
from vfslab.changelog import create_new_namespace, unshare_fs
from vfslab.drive.timeline import Timeline
from vfslab.invariants import check_inside
from vfslab.scenario import Scenario

UTS = "struct uts_namespace"
UNSHARE = Scenario(EXAMPLE + "sh2# pwd\n", (("sh1", ("unshare CLONE_NEWNS,CLONE_NEWUTS",)),))
BY_TREE = Scenario(EXAMPLE, (("sh1", ("open_tree AT_FDCWD /srv OPEN_TREE_NAMESPACE",)),))
OTHER_OWNER = EXAMPLE + "sh2# unshare -U -r\n"
REFUSED = Scenario(create_new_namespace.SHARED_ROOT, (("sh1", (create_new_namespace.REFUSED,)),))

COPY = """\
sem             clone_mnt              7 (1)
sem             clone_mnt              8 (2)
sem+mlock       copy_tree              8 (7)
sem             clone_mnt              9 (3)
sem+mlock       copy_tree              9 (8)
sem             clone_mnt              10 (4)
sem+mlock       copy_tree              10 (8)
sem             clone_mnt              11 (5)
sem+mlock       copy_tree              11 (10)
sem             clone_mnt              12 (6)
sem+mlock       copy_tree              12 (8)
"""
LOCK = "sem+mlock       lock_mnt_tree          7 8 9 10 11 12\n"
MOVE = """\
sem             copy_mnt_ns
sem             mnt_add_to_ns          7 8 9 10 11 12
sem             copy_mnt_ns             (8 2)
sem             copy_mnt_ns             (12 6)
"""
SWITCH = """\
-               create_new_namespaces
-               switch_task_namespaces
"""
COPIED_FS = "-               unshare_fs\n"
UNDO = """\
sem+mlock       umount_tree            7 8 9 10 11 12
sem+mlock       bulk_make_private      8 10
sem+mlock       umount_tree            8 9 10 11 12
-               free_mnt_ns
-               namespace_unlock
-               cleanup_mnt            7
-               cleanup_mnt            9
-               cleanup_mnt            10
-               cleanup_mnt            11
"""

RUNS: list[tuple[str, Callable[[], Timeline], str]] = [
    ("unshare", UNSHARE.timeline, COPIED_FS + COPY + MOVE + SWITCH),
    (
        "unshare fails before the fix: 8 and 12 stay, for the caller stands on them",
        lambda: without_memory_for(UNSHARE.reverted(unshare_fs.COMMIT), UTS),
        COPY + MOVE + UNDO,
    ),
    (
        "unshare fails after it: the copied fs_struct goes, and 8 and 12 with it",
        lambda: without_memory_for(UNSHARE, UTS),
        COPIED_FS
        + COPY
        + MOVE
        + UNDO
        + "-               cleanup_mnt            8\n-               cleanup_mnt            12\n",
    ),
    (
        "unshare of another owner",
        Scenario(OTHER_OWNER, (("sh2", ("unshare CLONE_NEWNS,CLONE_NEWUTS",)),)).timeline,
        COPIED_FS + COPY + LOCK + MOVE + SWITCH,
    ),
    (
        "OPEN_TREE_NAMESPACE in two sections",
        BY_TREE.reverted(create_new_namespace.COMMIT).timeline,
        """\
sem             clone_mnt              7 (1)
inode+sem       clone_mnt              8 (6)
inode+sem+mlock create_new_namespace   8 (7)
inode+sem       mnt_add_to_ns          7 8
""",
    ),
    (
        "OPEN_TREE_NAMESPACE",
        BY_TREE.timeline,
        """\
inode+sem       clone_mnt              7 (1)
inode+sem       clone_mnt              8 (6)
inode+sem+mlock create_new_namespace   8 (7)
inode+sem       mnt_add_to_ns          7 8
""",
    ),
    (
        "OPEN_TREE_NAMESPACE of another owner",
        Scenario(OTHER_OWNER, (("sh2", ("open_tree AT_FDCWD /srv OPEN_TREE_NAMESPACE",)),)).timeline,
        """\
inode+sem       clone_mnt              7 (1)
inode+sem       clone_mnt              8 (6)
inode+sem+mlock create_new_namespace   8 (7)
inode+sem+mlock lock_mnt_tree          7 8
inode+sem       mnt_add_to_ns          7 8
""",
    ),
    (
        "OPEN_TREE_NAMESPACE refused, in two sections: the copy is freed where it stands",
        REFUSED.reverted(create_new_namespace.COMMIT).timeline,
        """\
sem             clone_mnt              3 (1)
-               free_mnt_ns
-               cleanup_mnt            3
""",
    ),
    (
        "OPEN_TREE_NAMESPACE refused: the copy is undone",
        REFUSED.timeline,
        """\
inode+sem       clone_mnt              3 (1)
inode+sem+mlock umount_tree            3
inode+sem+mlock bulk_make_private      3
-               free_mnt_ns
-               namespace_unlock
-               cleanup_mnt            3
""",
    ),
]


@pytest.mark.parametrize(("run", "steps"), [run[1:] for run in RUNS], ids=[run[0] for run in RUNS])
def test_its_steps(run: Callable[[], Timeline], steps: str) -> None:
    assert "\n".join(short(run())) + "\n" == steps


VARIANTS = [
    ("a peer", "mnt_share of mount 1", "__list_add_valid_or_report"),
    ("a master, of another owner's copy", "mnt_slave_list of mount 1", "hlist_add_head"),
    ("a slave of what is elsewhere", "mnt_slave_list of mount 1", "hlist_add_behind"),
    ("private", None, None),
]


@pytest.mark.parametrize(("root", "dangling", "dies_in"), VARIANTS, ids=[case[0] for case in VARIANTS])
def test_what_is_left_behind_depends_on_the_root(
    root: str, dangling: str | None, dies_in: str | None
) -> None:
    scenario = create_new_namespace.VARIANTS[root]
    before = scenario.reverted(create_new_namespace.COMMIT)
    assert (before.explore().broken or "").startswith(f"dangling: {dangling}" if dangling else "")
    oops = before.timeline().result.oops
    assert (oops and oops.function) == dies_in
    assert scenario.explore().broken is None
    world = scenario()
    assert list(check_inside(world.kernel)) == []
