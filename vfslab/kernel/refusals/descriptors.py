"""Why open_tree(2) refuses."""

from __future__ import annotations

from ..effects import Check

# open_tree(2)
OPEN_TREE_UNKNOWN_FLAG = Check(
    "EINVAL",
    "vfs_open_tree",
    "the flags {0} hold one that open_tree does not know here",
    "leave that flag out",
)
OPEN_TREE_RECURSIVE_ALONE = Check(
    "EINVAL",
    "vfs_open_tree",
    "AT_RECURSIVE says how much to copy, and nothing is to be copied",
    "add OPEN_TREE_CLONE, or leave AT_RECURSIVE out",
)
OPEN_TREE_CLONE_AND_NAMESPACE = Check(
    "EINVAL",
    "vfs_open_tree",
    "OPEN_TREE_CLONE and OPEN_TREE_NAMESPACE exclude each other",
    "give one of them",
)
OPEN_TREE_NOT_CAPABLE = Check(
    "EPERM",
    "may_mount",
    "the task lacks CAP_SYS_ADMIN over its mount namespace",
    "call as root of the namespace's owner, or without OPEN_TREE_CLONE",
)
OPEN_TREE_NAMESPACE_NOT_CAPABLE = Check(
    "EPERM", "vfs_open_tree", "the task lacks CAP_SYS_ADMIN in its own user namespace", "call as its root"
)
NAMESPACE_OF_NO_DIRECTORY = Check(
    "ENOTDIR",
    "create_new_namespace",
    "{0} is no directory, and the root of a namespace has to be one",
    "name a directory",
)
