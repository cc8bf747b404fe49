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
SHARED_ROOT = """sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0
sh1# R = open_tree AT_FDCWD / 0
sh1# umount -l /
sh1# setns N CLONE_NEWNS
sh1# mount --make-shared /
"""
REFUSED = "open_tree R '' AT_EMPTY_PATH,OPEN_TREE_NAMESPACE"
SCENARIO = Scenario(SHARED_ROOT, (("sh1", (REFUSED,)), ("sh2", ("unshare CLONE_NEWNS",))))

# What the root is to the copy that is left behind, and who trips over it: in each a call is made twice.
VARIANTS = {
    "a peer": Scenario(SHARED_ROOT, (("sh1", (REFUSED, REFUSED)),)),
    "a master, of another owner's copy": Scenario(
        SHARED_ROOT + "sh2# unshare -U -r\n", (("sh2", (REFUSED, REFUSED)),)
    ),
    "a slave of what is elsewhere": Scenario(
        SHARED_ROOT + "sh2# unshare -m --propagation unchanged\nsh2# mount --make-slave /\n",
        (("sh2", (REFUSED, REFUSED)),),
    ),
    "private": Scenario(
        SHARED_ROOT.replace("--make-shared", "--make-private"), (("sh1", (REFUSED, REFUSED)),)
    ),
}

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
