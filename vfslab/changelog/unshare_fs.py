"""6c4b2243cb6c: unshare(2) hands copy_mnt_ns() a copy of the caller's root and cwd, never those in use.

Both versions of the function are kernel code; here is what shows the bug.
"""

from __future__ import annotations

from vfslab.kernel.nsproxy import unshare_fs, unshare_fs_if_shared
from vfslab.scenario import Scenario

from .fix import Changed, Fix
from .search import explored

COMMIT = "6c4b2243cb6c"
SCENARIO = Scenario(
    """sh1# unshare -U -r -m --propagation unchanged
sh1# mkdir /a
sh1# mount -t tmpfs A /a
sh1# cd /a
""",
    (("sh1", ("unshare CLONE_NEWNS,CLONE_NEWUTS",)),),
)

FIX = Fix(
    commit=COMMIT,
    title="unshare: fix unshare_fs() handling",
    author="Al Viro",
    date="2026-02-07",
    since="2.6.16, with unshare(2) itself",
    releases=("7.0-rc2", "6.19.9", "6.18.19", "6.12.78", "6.6.130", "6.1.167", "5.15.203", "5.10.253"),
    what="an unshare(2) that fails leaves its caller's root and cwd on mounts that are in no namespace",
    rule="a call that fails changes nothing",
    changed=(Changed(unshare_fs_if_shared, unshare_fs),),
    scenario=SCENARIO,
    find=explored(SCENARIO, COMMIT),
    notebook="05-thrown-out.ipynb",
    section="The call that fails",
    evidence=("new-namespaces/fails-after-the-copy-6.18",),
    reproducers=("unshare_fs",),
)
