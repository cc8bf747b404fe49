"""The sequels of OPEN_TREE_NAMESPACE in 7.0.13 to 7.3: files as roots, covers, unbindable copies, new calls."""

import fcntl
import os
from collections.abc import Callable
from typing import Any

from mounts import (
    AT_FDCWD,
    AT_RECURSIVE,
    CLONE_NEWNS,
    MS_BIND,
    MS_UNBINDABLE,
    OPEN_TREE_CLONE,
    OPEN_TREE_NAMESPACE,
    SCRATCH,
    answer,
    apart,
    call,
    fs_context,
    has_open_tree_namespace,
    listmount,
    mount,
    name_of,
    new_tmpfs,
    new_user_namespace,
    open_tree,
    privately,
    report,
    setns,
    statmount,
    umount,
    unique_id,
    unshare,
    write,
)

UNSHARE_EMPTY_MNTNS = 0x00100000
FSMOUNT_NAMESPACE = 2
MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_BENEATH = 0x4, 0x200
PIDFD_GET_MNT_NAMESPACE = 0xFF03

SOURCE, PLACE = f"{SCRATCH}/source", f"{SCRATCH}/source/place"


def answer_or(function: Callable[[], Any]) -> Any:
    """What it returns, or the name of the errno."""
    try:
        return function()
    except OSError as error:
        return name_of(error)


# --- directories only: 805d5a2b7928 -----------------------------------------------------


def file_as_root() -> str:
    """What "/" is, where the source is a regular file."""
    write(f"{SCRATCH}/file", "text")
    try:
        setns(open_tree(AT_FDCWD, f"{SCRATCH}/file", OPEN_TREE_NAMESPACE))
    except OSError as error:
        return name_of(error)
    return "a directory" if os.path.isdir("/") else "a file"


# --- covered mounts stay covered: 0febe278ec45 ------------------------------------------


def cover() -> None:
    """A secret, and a mount that covers it."""
    os.mkdir(SOURCE)
    mount("source", SOURCE, "tmpfs")
    os.mkdir(PLACE)
    os.mkdir(f"{SOURCE}/bare")
    write(f"{PLACE}/secret", "")
    mount("cover", PLACE, "tmpfs")


def reveals(source: str, flags: int) -> str:
    """What a new user namespace gets to see that makes a mount namespace of ``source``."""
    new_user_namespace()
    try:
        setns(open_tree(AT_FDCWD, source, OPEN_TREE_NAMESPACE | flags))
    except OSError as error:
        return name_of(error)
    return "reveals the secret" if os.path.exists("/place/secret") else "ok"


def covered() -> dict[str, str]:
    cover()
    said = {
        "alone": apart(reveals, SOURCE, 0),
        "recursive": apart(reveals, SOURCE, AT_RECURSIVE),
        "nothing_mounted_below": apart(reveals, f"{SOURCE}/bare", 0),
        "alone_as_owner": answer(open_tree, AT_FDCWD, SOURCE, OPEN_TREE_NAMESPACE),
    }

    def with_a_mount_namespace(action: Callable[[], Any]) -> str:
        new_user_namespace(CLONE_NEWNS)
        return answer(action)

    for name, action in (
        ("alone_with_a_mount_namespace_of_its_own", lambda: open_tree(AT_FDCWD, SOURCE, OPEN_TREE_NAMESPACE)),
        ("umount_with_a_mount_namespace_of_its_own", lambda: umount(PLACE)),
    ):
        said[name] = apart(with_a_mount_namespace, action)
    mount(None, PLACE, None, MS_UNBINDABLE)
    said["recursive_cover_unbindable"] = apart(reveals, SOURCE, AT_RECURSIVE)
    return said


# --- a copied mount stays unbindable: 1ab8904ae61b --------------------------------------


def unbindable_copy() -> dict[str, str]:
    cover()
    mount(None, SOURCE, None, MS_UNBINDABLE)
    mount(None, PLACE, None, MS_UNBINDABLE)
    os.mkdir(f"{SCRATCH}/other")

    def copy() -> dict[str, str]:
        unshare(CLONE_NEWNS)
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            (line,) = [line for line in table if f" {SOURCE} " in line]
        return {
            "mountinfo": "unbindable" if " unbindable " in line else "private",
            "bind_mount": answer(mount, SOURCE, f"{SCRATCH}/other", None, MS_BIND),
        }

    return apart(copy)


def unbindable_and_locked() -> str:
    """OPEN_TREE_CLONE of a tree in which a mount is both."""
    cover()
    mount(None, PLACE, None, MS_UNBINDABLE)
    new_user_namespace(CLONE_NEWNS)
    return answer(open_tree, AT_FDCWD, SOURCE, OPEN_TREE_CLONE | AT_RECURSIVE)


# --- the new calls of 7.1: 9d4e752a24f7, 5e8969bd1927, ccfac16e0be5 ----------------------


def empty_namespace() -> dict[str, Any] | str:
    try:
        unshare(UNSHARE_EMPTY_MNTNS)
    except OSError as error:
        return name_of(error)
    said: dict[str, Any] = {
        "root": statmount(unique_id("/"))["fs_type"],
        "mounts": len(listmount()),
        "entries": os.listdir("/"),
        "mkdir": answer(os.mkdir, "/new"),
        "umount": answer(umount, "/"),
        "mount": answer(mount, "new", "/", "tmpfs"),
    }
    said["root_after_mount"] = statmount(unique_id("/"))["fs_type"]
    # there is no /proc in here
    setns(fcntl.ioctl(os.pidfd_open(os.getpid()), PIDFD_GET_MNT_NAMESPACE))
    said["root_after_setns"] = statmount(unique_id("/"))["fs_type"]
    said["mkdir_after_setns"] = answer(os.mkdir, "/new")
    return said


def fsmount_namespace() -> list[str] | str:
    """The filesystem of the mount that the new namespace shows, and of the one beneath it."""

    def both() -> list[str]:
        namespace = call("fsmount", fs_context("tmpfs"), FSMOUNT_NAMESPACE, 0)
        (root,) = [statmount(mnt, fd=namespace) for mnt in listmount(fd=namespace)]
        return [root["fs_type"], statmount(root["mnt_parent_id"], fd=namespace)["fs_type"]]

    return answer_or(both)


def beneath_the_root() -> str:
    """What "/" is when a tmpfs was put beneath the root and the root was taken off."""

    def put() -> str:
        namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_BENEATH
        call("move_mount", new_tmpfs(), b"", AT_FDCWD, b"/", flags)
        umount("/")
        setns(namespace)
        return statmount(unique_id("/"))["fs_type"]

    return answer_or(put)


known = privately(has_open_tree_namespace)
facts = {
    "open_tree_namespace_known": known,
    "unbindable_copy": privately(unbindable_copy),
    "unbindable_and_locked": privately(unbindable_and_locked),
    "empty_namespace": privately(empty_namespace),
    "fsmount_namespace": privately(fsmount_namespace),
    "beneath_the_root": privately(beneath_the_root),
}
if known:
    facts |= {"file_as_root": privately(file_as_root), "covered": privately(covered)}
report(facts)
