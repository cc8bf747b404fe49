"""a41dbf5e004e: create_new_namespace() holds namespace_sem from its first copy to its end.

Both versions of the function are kernel code; here is what shows the bug.
"""

from __future__ import annotations

from vfslab.kernel.create_namespace import (
    copy_onto_root,
    create_new_namespace,
    create_new_namespace_in_two_sections,
)
from vfslab.scenario import Scenario

from .fix import Changed, Fix
from .search import explored

COMMIT = "a41dbf5e004e"
SCENARIO = Scenario(
    """sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0
sh1# R = open_tree AT_FDCWD / 0
sh1# umount -l /
sh1# setns N CLONE_NEWNS
sh1# mount --make-shared /
""",
    (
        ("sh1", ("open_tree R '' AT_EMPTY_PATH,OPEN_TREE_NAMESPACE",)),
        ("sh2", ("unshare CLONE_NEWNS",)),
    ),
)

FIX = Fix(
    commit=COMMIT,
    title="mount: hold namespace_sem across copy in create_new_namespace()",
    author="Christian Brauner",
    date="2026-02-14",
    since="7.0-rc1 (9b8a0ba68246)",
    releases=("7.0-rc2",),
    what="a failed OPEN_TREE_NAMESPACE frees the copy of the root and leaves it in the ring of its peers",
    rule="no mount points at one that has been freed",
    changed=(
        Changed(create_new_namespace_in_two_sections, create_new_namespace),
        Changed(None, copy_onto_root),
    ),
    scenario=SCENARIO,
    find=explored(SCENARIO, COMMIT),
    notebook="06-one-lock.ipynb",
    section="One failing call",
    reproducers=("create_new_namespace_cleanup",),
    no_evidence="no image of 7.0-rc1 is left; 7.1.13 with KASAN and the old function died as the model does",
)
