"""c0aac5975baf and 5854fc6391e9: what many CPUs write gets a cache line of its own.

One is a member of a structure, the reference count of namespaces, the other a variable of the kernel,
cdev_lock. What they count and protect is not modelled, only who touches them and what lies beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vfslab.blocks.layout import LINE, Layout, Member, lay_out
from vfslab.blocks.mesi import READ_MISS, Caches
from vfslab.kernel.effects import Acquire, Code, Release, Step
from vfslab.mechanism import Mechanism

from .cached import Cached, nothing_in_vain
from .fix import Changed, Fix
from .search import both
from .sides import Sides

# The tail of struct ns_common: the tree of all namespaces was small, and grew between 6.18 and 7.0.
TREE_6_18 = (Member("ns_id", 8), Member("ns_tree_node", 24), Member("ns_list_node", 16))
TREE_7_0 = (Member("ns_id", 8), Member("ns_tree", 152, 8))


# --- struct ns_common


def ns_common_packed(tree: Sequence[Member] = TREE_6_18) -> Layout:
    """The reference count lies between what is read."""
    return lay_out(
        "ns_common",
        [
            Member("ns_type", 4),
            Member("stashed", 8),
            Member("ops", 8),
            Member("inum", 4),
            Member("__ns_ref", 4),
            *tree,
        ],
    )


def ns_common(tree: Sequence[Member] = TREE_6_18) -> Layout:
    """The reference count is a structure of its own, aligned to a line, and so padded to one."""
    count = lay_out("count", [Member("__ns_ref", 4)], align=LINE)
    return lay_out(
        "ns_common",
        [
            count.as_member("__ns_ref"),
            Member("ns_type", 4),
            Member("stashed", 8),
            Member("ops", 8),
            Member("inum", 4),
            *tree,
        ],
    )


def read_misses(side: str, cpus: int = 8, rounds: int = 1000) -> int:
    """How often ``cpus`` that read ``ops`` have to fetch it, while another takes and drops a reference.

    The namespace begins where struct pid_namespace has it, and in every round each CPU has its turn.
    """
    caches = Caches(_namespace_lines(side))
    for _ in range(rounds):
        caches.write(cpus, "__ns_ref")
        caches.write(cpus, "__ns_ref")
        for cpu in range(cpus):
            caches.read(cpu, "ops")
    return caches.counts[READ_MISS]


PID_NAMESPACE_NS = {"before": 112, "after": 256}
"""Where struct pid_namespace has its ns_common: 6.18.5 and 7.0."""


def _namespace_lines(side: str) -> dict[str, int]:
    layout = ns_common_packed() if side == "before" else ns_common()
    return layout.lines(PID_NAMESPACE_NS[side] % LINE)


def _reads_namespace(state: Cached) -> Code:
    for name in ("ops", "inum"):
        yield Step("ns_get_path", state.touch(0, name))


def _clones(state: Cached) -> Code:
    yield Step("__ns_ref_get", state.touch(1, "__ns_ref", write=True))


def _exits(state: Cached) -> Code:
    yield Step("__ns_ref_put", state.touch(1, "__ns_ref", write=True))


def namespace_users(side: str, _: None) -> Mechanism:
    """A CPU that looks at a namespace twice, and one that takes and drops references to it."""
    return Mechanism(
        title="a namespace that is looked at and counted",
        state=lambda: Cached().placed(_namespace_lines(side)),
        tasks=(
            ("CPU 0", (("open(/proc/1/ns/pid)", _reads_namespace), ("open again", _reads_namespace))),
            ("CPU 1", (("clone(2)", _clones), ("exit(2)", _exits))),
        ),
        rule=nothing_in_vain,
    )


NAMESPACE = Sides("c0aac5975baf", namespace_users)


# --- cdev_lock among the kernel's variables

# What lies in its line on 6.18.5; whose the 20 bytes before it are is not known.
_NEIGHBOURS = (Member("bdi_seq", 8), Member("sb_lock", 4), Member("others", 20, 4))


def cdev_lock_anywhere() -> Layout:
    """The linker puts the lock behind whatever was there."""
    return lay_out(".data", [*_NEIGHBOURS, Member("cdev_lock", 4)])


def cdev_lock_aligned() -> Layout:
    """The lock begins a line, in a section where everything does: nothing follows it in its line."""
    lock = lay_out("lock", [Member("cdev_lock", 4)], align=LINE)
    return lay_out(".data", [*_NEIGHBOURS, lock.as_member("cdev_lock")])


def _held(cpu: int, lock: str, function: str) -> Callable[[Cached], Code]:
    def code(state: Cached) -> Code:
        yield Acquire(function, lock)
        yield Step(function, state.touch(cpu, lock, write=True))
        yield Release(function, lock)
        yield Step(function, state.touch(cpu, lock, write=True))

    return code


def lock_users(side: str, _: None) -> Mechanism:
    """A CPU that opens a character device, and one that goes through superblocks; each twice."""
    layout = cdev_lock_anywhere() if side == "before" else cdev_lock_aligned()
    opens, walks = _held(0, "cdev_lock", "chrdev_open"), _held(1, "sb_lock", "iterate_supers")
    return Mechanism(
        title="two locks that have nothing to do with each other",
        state=lambda: Cached().placed(layout.lines()),
        tasks=(
            ("CPU 0", (("open(/dev/null)", opens), ("open(/dev/zero)", opens))),
            ("CPU 1", (("sync(2)", walks), ("sync(2) again", walks))),
        ),
        rule=nothing_in_vain,
    )


LOCKS = Sides("5854fc6391e9", lock_users)


FIXES = (
    Fix(
        commit="c0aac5975baf",
        title="ns: pad refcount",
        author="Mateusz Guzik",
        date="2025-12",
        since="2020 (the count is in ns_common)",
        releases=("7.0-rc1",),
        what="every clone and exit takes the line away from all who only look at a namespace",
        rule="no CPU loses a line to others who write nothing that it looks at",
        changed=(Changed(ns_common_packed, ns_common),),
        scenario=NAMESPACE,
        find=both(NAMESPACE),
        notebook="15-counting-the-cost.ipynb",
        section="A count and its neighbours",
        reproducers=("layouts",),
        covers=("(namespace reference count padded to its own cache line)",),
        area="vfs",
    ),
    Fix(
        commit="5854fc6391e9",
        title="fs: annotate cdev_lock with __cacheline_aligned_in_smp",
        author="Mateusz Guzik",
        date="2025-12-03",
        since="before git",
        releases=("7.0-rc1",),
        what="opening a character device and walking the superblocks fight over one line",
        rule="no CPU loses a line to others who write nothing that it looks at",
        changed=(Changed(cdev_lock_anywhere, cdev_lock_aligned),),
        scenario=LOCKS,
        find=both(LOCKS),
        notebook="15-counting-the-cost.ipynb",
        section="Two locks in one line",
        reproducers=("layouts",),
        no_evidence="addresses of variables are root's to see, and only where the kernel lists them",
        covers=("(cdev_lock cache-line aligned)",),
        area="vfs",
    ),
)
