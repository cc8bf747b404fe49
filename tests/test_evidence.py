"""What real kernels said of each mount fix, before it and after it: in recordings, and the running kernel."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import take_evidence
from vfslab.changelog import fixes
from vfslab.changelog.facts import RECORDED, facts
from vfslab.oracle.recording import kernel_version

RECORDINGS = sorted(RECORDED.glob("*/*.json"))
# they look at how the machine was booted
BOOTS = {path.stem for path in take_evidence.BOOTS}
WITH_MODULES = {take_evidence.WITH_MODULES.stem}
REPRODUCERS = {path.stem for path in take_evidence.reproducers()} | BOOTS | WITH_MODULES
EARLIER = "earlier recording, image not at hand"
RUNNING = kernel_version(os.uname().release)


def load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


# --- the recordings ---------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_recording_is_what_it_should_be(path: Path) -> None:
    recording = load(path)
    assert list(recording) == ["kernel", "reproducer", "taken", "facts"]
    assert (recording["kernel"], recording["reproducer"]) == (path.parent.name, path.stem)
    assert recording["reproducer"] in REPRODUCERS
    taken = recording["taken"]
    assert taken in (take_evidence.RUNNING, take_evidence.IMAGE) or taken.startswith(EARLIER)
    assert recording["facts"]


def test_every_reproducer_was_asked_of_every_kernel_at_hand() -> None:
    at_hand: dict[str, set[str]] = {}
    for path in RECORDINGS:
        if not load(path)["taken"].startswith(EARLIER):
            at_hand.setdefault(path.parent.name, set()).add(path.stem)
    asked = {version: found - WITH_MODULES for version, found in at_hand.items()}
    # it was booted without the options
    assert asked.pop("6.18.44") == REPRODUCERS - WITH_MODULES - BOOTS
    assert asked == dict.fromkeys(("6.18.5", "7.0.13", "7.1.13", "7.2.12"), REPRODUCERS - WITH_MODULES)
    assert {version for version, found in at_hand.items() if found >= WITH_MODULES} == {"6.18.5", "7.2.12"}


def test_the_oldest_kernel_comes_first() -> None:
    assert list(facts("statmount_by_fd")) == [
        *("6.18.5", "6.18.44", "7.0.10", "7.0.13", "7.1.13", "7.1.13-lab", "7.2.12", "7.3.4")
    ]


def test_a_reproducer_that_there_is_not() -> None:
    with pytest.raises(
        ValueError, match=r"no recordings of 'no_such'; there are those of .*boot_params, cost, "
    ):
        facts("no_such")


# --- before and after -------------------------------------------------------------------

BROKEN = {"0": 1, "1": 2, "10": 11, "100": 101, "1000": 1001}
ONCE = dict.fromkeys(BROKEN, 1)
GONE = ["mount of the root", "mount of the cwd", "getcwd", "file by its path", "lines of mountinfo"]
KASAN = ["BUG: KASAN: slab-use-after-free in __list_add_valid_or_report+0x4a/0x12a"]
EMPTY = {
    **{"root": "nullfs", "mounts": 1, "entries": [], "mkdir": "ENOENT", "umount": "EINVAL", "mount": "ok"},
    # the process stands beneath the new mount until it enters the namespace once more
    **{"root_after_mount": "nullfs", "root_after_setns": "tmpfs", "mkdir_after_setns": "ok"},
}
GOES_ON = ["poll", "restart_syscall"]
CLOSED = ["ok", "ok", "ELOOP"]
REVEALS = "reveals the secret"

# What a fix changed: reproducer, fact, kernels before it and what they say, the same after it
DIFFERENCES = [
    # 4a403d7aa907: a late mount is shown once for every id that was used up, then once
    ("proc_mount_iteration", "times_shown_by_ids_used_up", "6.18.5", BROKEN, "6.18.44 7.0.10 7.3.4", ONCE),
    # two late mounts hide it: the cursor is put right between them
    ("proc_mount_iteration", "times_shown_of_two_late_mounts", "6.18.5", [1, 1], "6.18.44 7.2.12", [1, 1]),
    ("endless_mountinfo", "end_of_file", "6.18.5", False, "6.18.44 7.0.13 7.1.13 7.2.12", True),
    # a41dbf5e004e: the freed copy in the ring of peers is walked into, then there is none
    ("create_new_namespace_cleanup", "kernel_complains", "7.1.13-lab", KASAN, "7.0.10 7.1.13 7.3.4", []),
    # 81f16c9778d7: a pipe was the end of the kernel, then it is refused
    ("statmount_by_fd", "answers/pipe", "7.1.13-lab", None, "7.0.10 7.1.13 7.2.12 7.3.4", "EINVAL"),
    # 0e5032237ee5: a mount that is in no namespace can be asked about
    ("statmount_by_fd", "statmount_by_fd_known", "6.18.5 6.18.44", False, "7.0.10 7.3.4", True),
    (
        *("statmount_by_fd", "answers/mount that was taken off", "6.18.44", None),
        *("7.0.10 7.2.12", "ok -MNT_POINT -MNT_NS_ID"),
    ),
    # fccbe38a5d06: "you may not" is told from "there is none", but not by listmount
    ("statmount_eperm", "statmount_where_not_allowed", "6.18.5", "ENOENT", "6.18.44 7.0.10 7.3.4", "EPERM"),
    ("statmount_eperm", "listmount_where_not_allowed", "6.18.5", "ENOENT", "6.18.44 7.0.10 7.3.4", "ENOENT"),
    ("statmount_eperm", "statmount_where_there_is_none", "6.18.5", "ENOENT", "6.18.44 7.3.4", "ENOENT"),
    # 9b8a0ba68246: the call is there, and makes the copy of the root and of the source
    ("open_tree_namespace", "open_tree_namespace_known", "6.18.5 6.18.44", False, "7.0.10 7.3.4", True),
    ("open_tree_namespace", "shape/mounts_made_alone", "6.18.44", None, "7.0.13 7.1.13 7.2.12", 2),
    ("open_tree_namespace", "shape/inside/below_the_root", "6.18.44", None, "7.0.10 7.2.12", "nullfs"),
    # 6c4b2243cb6c: a failed call moved its caller's root and cwd, then it moves nothing
    *[
        ("unshare_fs", f"failing/{kind}/changed", "6.18.5", GONE, "6.18.44 7.0.10 7.1.13 7.3.4", [])
        for kind in ("uts", "ipc", "cgroup", "net")
    ],
    ("unshare_fs", "failing/uts/answer", "6.18.5", "ENOSPC", "6.18.44 7.2.12", "ENOSPC"),
    ("unshare_fs", "failing/uts/mount_there", "6.18.5", "ENOENT", "6.18.44 7.2.12", "ok"),
    # with two users of the fs_struct there was a copy, and nothing broke
    ("unshare_fs", "with_a_second_thread/changed", "6.18.5", [], "6.18.44 7.2.12", []),
    # 3f320e5c2eca: what the parser understood of a number counted, then the whole word is refused
    ("boot_params", "mhash_entries=8192/entries", "6.18.5", 8192, "7.0.13 7.1.13 7.2.12", 8192),
    ("boot_params", "mhash_entries=8k/entries", "6.18.5", 8, "7.0.13 7.1.13 7.2.12", 4096),
    ("boot_params", "mphash_entries=64garbage/entries", "6.18.5", 64, "7.0.13 7.2.12", 4096),
    ("boot_params", "mhash_entries=8k/in_the_environment_of_init", "6.18.5", False, "7.0.13 7.2.12", True),
    ("boot_params", "mphash_entries=/kernel_calls_it_unknown", "6.18.5", False, "7.0.13 7.2.12", True),
    # 4a1ddb0f1c48: no difference, which is its point
    ("pidfd_namespaces", "process_gone", "6.18.5", "ESRCH", "7.0.13 7.3.4", "ESRCH"),
    # 51a146e0595c: without 9p, the last filesystem behind the shim, no difference
    ("legacy_mount_api", "9p", "6.18.5", "ENODEV", "7.0.13 7.2.12", "ENODEV"),
    ("legacy_mount_api", "mount(2)", "6.18.5", ["ok", "ok"], "7.0.13 7.2.12", ["ok", "ok"]),
    # cb184dd19154: which way FUSE is asked, and what that costs the user
    ("file_getattr", "requests", "6.18.5", ["FS_IOC_FSGETXATTR"], "6.18.44 7.3.4", ["FS_IOC_GETFLAGS"]),
    ("file_getattr", "requests", "6.18.5", ["FS_IOC_FSGETXATTR"], "7.0.10 7.2.12", ["FS_IOC_GETFLAGS"]),
    ("file_getattr", "seen/xflags", "6.18.5", 8, "6.18.44 7.0.13 7.1.13 7.3.4", 8),
    ("file_getattr", "seen/projid", "6.18.5", 777, "6.18.44 7.0.10 7.0.13 7.1.13 7.2.12 7.3.4", 0),
    ("file_getattr", "seen/extsize", "6.18.5", 65536, "6.18.44 7.0.10 7.0.13 7.1.13 7.2.12 7.3.4", 0),
    # 6cbfdf89470e: no difference
    ("acl_sizes", "3 entries/getxattr", "6.18.5", "ENODATA", "7.0.13 7.2.12", "ENODATA"),
    ("acl_sizes", "5 entries/getxattr", "6.18.5", 44, "7.0.13 7.2.12", 44),
    ("acl_sizes", "24 entries/getxattr", "6.18.5", 196, "7.0.13 7.2.12", 196),
    # 294f54f849d8: who reports failed writes has a worker for them; 7.0-rc1, which had none, is not at hand
    *[
        ("fserror_symbols", name, "6.18.5 6.18.44", False, "7.0.10 7.0.13 7.1.13 7.2.12 7.3.4", True)
        for name in ("fserror_report", "iomap_fail_ioends", "fserror_event")
    ],
    # fdcfce93073d: no difference, for a second mistake puts the first one right
    ("epoll_nesting", "cycle/3", "6.18.5 6.18.44", CLOSED, "7.0.13 7.2.12", CLOSED),
    # 0f5bb0cfb0b4: of a minimum of 4 GiB nothing was left
    ("fitrim", "minlen/4294967296/trimmed", "6.18.5", 16693248, "7.2.12", 0),
    ("fitrim", "minlen/4294967295/trimmed", "6.18.5", 0, "7.2.12", 0),
    ("fitrim", "minlen/1099511627776/minlen", "6.18.5", 4096, "7.2.12", 1 << 40),
    # 0f166bf1d6d8: no difference on 64-bit machines
    ("deadlines", "stopped/poll", "6.18.5 6.18.44", GOES_ON, "7.0.13 7.1.13 7.2.12", GOES_ON),
    # in no entry of the changelog: the sum of seconds and microseconds wrapped around
    (
        "deadlines",
        "select/-2^63 s, -1000000 us",
        "6.18.5 6.18.44 7.0.13",
        "sleeps",
        "7.1.13 7.2.12",
        "EINVAL",
    ),
    ("deadlines", "select/-1 s", "6.18.5 6.18.44 7.0.13", "EINVAL", "7.1.13 7.2.12", "EINVAL"),
    # b29a0a37f46b, 63ad216fbfe2: as mhash_entries=
    ("hash_entries", "dhash_entries=1024k/entries", "6.18.5", 1024, "7.0.13 7.1.13 7.2.12", 262144),
    ("hash_entries", "ihash_entries=12abc/entries", "6.18.5", 16, "7.0.13 7.1.13 7.2.12", 131072),
    ("hash_entries", f"ihash_entries={'9' * 23}/entries", "6.18.5", 8388608, "7.0.13 7.2.12", 131072),
    ("hash_entries", "dhash_entries=abc/kernel_calls_it_unknown", "6.18.5", False, "7.0.13 7.2.12", True),
    # c0aac5975baf: the count lay between what is read, then it has a line of its own
    ("layouts", "structures/ns_common/__ns_ref", "6.18.5 6.18.44", 28, "7.0.10 7.0.13 7.2.12 7.3.4", 0),
    ("layouts", "structures/ns_common/size", "6.18.5 6.18.44", 80, "7.0.10 7.0.13 7.1.13 7.2.12", 256),
    # 5854fc6391e9: two of others' variables were in the line of cdev_lock
    ("layouts", "lines/cdev_lock/others", "6.18.5", ["bdi_seq.0 +0", "sb_lock +8"], "7.0.13 7.1.13", []),
    # 6d864a1b1825: a later commit of 7.0 took a sequence count away, and shrank the structure
    ("layouts", "pidmap_lock_seq", "6.18.5", True, "7.0.13 7.1.13 7.2.12", False),
    ("layouts", "structures/pid/size", "6.18.5 6.18.44", 144, "7.0.10 7.0.13 7.3.4", 128),
    # 249013e673fc: what took the helper's place; the helper itself was never a symbol
    ("fserror_names", "fserror_report", "6.18.5 6.18.44", False, "7.0.10 7.0.13 7.1.13 7.2.12 7.3.4", True),
    ("fserror_names", "fsnotify_sb_error", "6.18.5 6.18.44", False, "7.0.13 7.1.13 7.2.12", False),
    # 46329a9dd74b: no difference, for words alone have changed
    ("accounting", "as_root", "6.18.5 6.18.44", "ok", "7.0.13 7.1.13 7.2.12 7.3.4", "ok"),
    ("accounting", "as_nobody", "6.18.5 6.18.44", "EPERM", "7.0.13 7.1.13 7.2.12", "EPERM"),
    # 805d5a2b7928: the root of a process was a file
    ("sequels", "file_as_root", "7.0.10", "a file", "7.0.13 7.1.13 7.2.12 7.3.4", "ENOTDIR"),
    # 0febe278ec45: who left the cover behind, or had it left behind, saw what it covers
    ("sequels", "covered/alone", "7.0.10 7.0.13 7.1.13", REVEALS, "7.2.12 7.3.4", "EINVAL"),
    ("sequels", "covered/recursive_cover_unbindable", "7.0.10 7.0.13 7.1.13", REVEALS, "7.2.12 7.3.4", "ok"),
    ("sequels", "covered/recursive", "7.0.10 7.1.13", "ok", "7.2.12 7.3.4", "ok"),
    ("sequels", "covered/nothing_mounted_below", "7.0.10 7.1.13", "ok", "7.2.12 7.3.4", "ok"),
    ("sequels", "covered/alone_as_owner", "7.0.13 7.1.13", "ok", "7.2.12", "ok"),
    # 1ab8904ae61b: a copied mount lost the mark
    (
        "sequels",
        "unbindable_copy/mountinfo",
        "6.18.5 6.18.44 7.1.13",
        "private",
        "7.2.12 7.3.4",
        "unbindable",
    ),
    ("sequels", "unbindable_copy/bind_mount", "6.18.5 6.18.44 7.1.13", "ok", "7.2.12 7.3.4", "EINVAL"),
    ("sequels", "unbindable_and_locked", "6.18.5 7.0.10 7.1.13", "ok", "7.2.12 7.3.4", "EPERM"),
    # 9d4e752a24f7, 5e8969bd1927, ccfac16e0be5: new in 7.1
    ("sequels", "empty_namespace", "6.18.44 7.0.10 7.0.13", "EINVAL", "7.1.13 7.2.12", EMPTY),
    ("sequels", "fsmount_namespace", "6.18.44 7.0.10 7.0.13", "EINVAL", "7.1.13 7.2.12", ["tmpfs", "nullfs"]),
    ("sequels", "beneath_the_root", "6.18.44 7.0.10 7.0.13", "EINVAL", "7.1.13 7.2.12 7.3.4", "tmpfs"),
    # 8c888b31903c: wherever the text lies, the longest path is as long as ever
    *[
        ("names", f"stat/{length}", "6.18.5 6.18.44", answer, "7.0.13 7.1.13", answer)
        for length, answer in ((4048, "ok"), (4095, "ok"), (4096, "ENAMETOOLONG"))
    ],
    ("names", "names_cache/object_size", "6.18.5 6.18.44", 4096, "7.0.13 7.1.13 7.2.12", 192),
    # 0787a93baa1a: what is no filesystem type is no path either
    ("names", "sysfs/empty", "6.18.5 6.18.44", "ENOENT", "7.0.13 7.1.13", "EINVAL"),
    ("names", "sysfs/4096", "6.18.5 6.18.44", "ENAMETOOLONG", "7.0.13 7.1.13", "EINVAL"),
    ("names", "sysfs/4095", "6.18.5 6.18.44", "EINVAL", "7.0.13 7.1.13", "EINVAL"),
    ("names", "sysfs/proc", "6.18.5 6.18.44", "ok", "7.0.13 7.1.13", "ok"),
]


def fact(found: Any, path: str) -> Any:
    """The fact at a path of keys, None where that kernel does not state it."""
    for key in path.split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return found


@pytest.mark.parametrize(
    ("reproducer", "path", "before", "expected_before", "after", "expected_after"),
    DIFFERENCES,
    ids=[f"{row[0]}-{row[1]}" for row in DIFFERENCES],
)
def test_what_a_fix_changed(
    reproducer: str, path: str, before: str, expected_before: Any, after: str, expected_after: Any
) -> None:
    found = facts(reproducer)
    assert {version: fact(found[version], path) for version in before.split()} == dict.fromkeys(
        before.split(), expected_before
    )
    assert {version: fact(found[version], path) for version in after.split()} == dict.fromkeys(
        after.split(), expected_after
    )


def test_a_failing_call_uses_up_one_mount() -> None:
    found = facts("create_new_namespace_cleanup")
    made = [said["mounts_made_by_calls"] for said in found.values() if said["open_tree_namespace_known"]]
    assert made == [[200, 200]] * 6


def test_the_tables_end_where_the_kernel_is_repaired() -> None:
    lines = {version: said["lines"] for version, said in facts("endless_mountinfo").items()}
    assert lines.pop("6.18.5") == 2000
    assert set(lines.values()) == {1}


# What lies beneath the root of the process and is copied, too: the bottom mount; on nullfs the initramfs.
HIDDEN = {"6.18.5": 1, "6.18.44": 1, "7.0.13": 2, "7.1.13": 2, "7.2.12": 2}
# mounts made, of all those of the namespace
COSTS = {
    "unshare": lambda mounts: mounts,
    "classic": lambda mounts: mounts + 1,
    "OPEN_TREE_NAMESPACE": lambda mounts: 2,
    "FSMOUNT_NAMESPACE": lambda mounts: 3,
    "UNSHARE_EMPTY_MNTNS": lambda mounts: 1,
}
KNOWN_SINCE = {
    "OPEN_TREE_NAMESPACE": {"7.0.13", "7.1.13", "7.2.12"},
    "FSMOUNT_NAMESPACE": {"7.1.13", "7.2.12"},
    "UNSHARE_EMPTY_MNTNS": {"7.1.13", "7.2.12"},
}


@pytest.mark.parametrize("recipe", COSTS)
def test_mounts_made_as_the_table_grows(recipe: str) -> None:
    known = set()
    for version, said in facts("cost").items():
        for row in said["by_size_of_the_table"]:
            if "errno" not in row[recipe]:
                known.add(version)
                mounts = row["mounts_visible"] + HIDDEN[version]
                assert row[recipe]["mounts_made"] == COSTS[recipe](mounts)
                assert all(time > 0 for time in row[recipe]["microseconds"].values())
    assert known == KNOWN_SINCE.get(recipe, set(facts("cost")))


# --- the index --------------------------------------------------------------------------


def test_the_index_speaks_of_every_change_and_every_reproducer() -> None:
    index = (take_evidence.REPRODUCERS / "README.md").read_text(encoding="utf-8")
    missing = {change.commit for change in fixes() if change.area == "mount"} - set(
        re.findall("[0-9a-f]{12}", index)
    )
    assert missing == set()
    assert set(re.findall(r"`(\w+)\.py`", index)) == REPRODUCERS


# --- the running kernel -----------------------------------------------------------------

# cost.py measures times, and counts mounts that anybody on the machine makes meanwhile
ASKED = sorted(REPRODUCERS - BOOTS - WITH_MODULES - {"cost"})


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="the recordings are root's")
@pytest.mark.skipif(not (RECORDED / RUNNING).is_dir(), reason=f"there are no recordings of Linux {RUNNING}")
@pytest.mark.parametrize("reproducer", ASKED)
def test_the_running_kernel_says_what_was_recorded(reproducer: str) -> None:
    path = take_evidence.REPRODUCERS / f"{reproducer}.py"
    assert take_evidence.run_here(path) == facts(reproducer)[RUNNING]
