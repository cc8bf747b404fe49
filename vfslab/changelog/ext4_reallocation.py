"""0c90eed1b953: ext4 takes a dying inode out of the hash before it frees its number.

The sequel of ``inode_hash``: there whoever makes an inode has learnt to wait for a dying one. Here that
meets a journal, which has waits of its own. Each of the two is here as it was and as it is, so that all four
kernels can be made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vfslab.blocks.waitgraph import WaitGraph
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .inode_hash import INSERTS, Insert, new_inode, one_of_each
from .inodes import OLD_INO, EvictInode, Inode, Inodes, iput_final, remove_inode_hash, unlock_new_inode
from .search import both
from .sides import Sides

COMMIT = "commit"
HANDLES = "open handles"


@dataclass
class Transaction:
    """The transaction: ``t_state``, who has a handle on it, whether somebody waits for its commit."""

    t_state: str = "T_RUNNING"
    t_updates: list[str] = field(default_factory=list)
    commit_wanted: bool = False


@dataclass
class Ext4(Inodes):
    """The hash, a transaction, and who waits for whom."""

    transaction: Transaction = field(default_factory=Transaction)
    graph: WaitGraph = field(default_factory=WaitGraph)
    at_work: set[str] = field(default_factory=lambda: {"evict", "create"})


def one_file() -> Ext4:
    """A file of a directory that is synchronous has just lost its last name."""
    state = Ext4(["old"], {OLD_INO}, {"old": Inode(OLD_INO)})
    state.graph.holds("evict", _in_hash("old"))
    return state


def _in_hash(name: str) -> str:
    return f"{name} in the hash"


def sleep(state: Ext4, task: str, function: str, resource: str, ready: Callable[[], bool]) -> Code:
    """Wait, and say so in the graph while it lasts."""
    state.graph.waits(task, resource)

    def holders() -> str:
        return " and ".join(state.graph.holders.get(resource, ("nobody",)))

    yield Wait(function, resource, ready, holders)
    state.graph.woken(task)


# --- the journal


def ext4_journal_start(state: Ext4, task: str) -> Code:
    """A handle on the running transaction; while it is being committed there is none to be had."""
    if state.transaction.t_state == "T_LOCKED":
        yield from sleep(
            state, task, "start_this_handle", COMMIT, lambda: state.transaction.t_state != "T_LOCKED"
        )
    state.transaction.t_updates.append(task)
    state.graph.holds(task, HANDLES)
    yield Step("ext4_journal_start", "gets a handle")


def ext4_journal_stop(state: Ext4, task: str, h_sync: bool) -> Code:
    """The handle is given back; with ``h_sync`` the transaction is to be on disk before this returns."""
    transaction = state.transaction
    transaction.t_updates.remove(task)
    state.graph.drops(task, HANDLES)
    yield Step("ext4_journal_stop", "gives its handle back")
    if h_sync:
        transaction.commit_wanted = True
        state.graph.holds("jbd2", COMMIT)
        yield Step("jbd2_log_start_commit", "a commit is asked for")
        yield from sleep(state, task, "jbd2_log_wait_commit", COMMIT, lambda: not transaction.commit_wanted)


def kjournald2(state: Ext4) -> Code:
    """The thread of the journal: once asked, it closes the transaction, waits for its handles, writes it."""
    transaction = state.transaction
    yield Wait("kjournald2", "work", lambda: transaction.commit_wanted or not state.at_work)
    if not transaction.commit_wanted:
        return
    transaction.t_state = "T_LOCKED"
    yield Step("jbd2_journal_commit_transaction", "the transaction takes no new handles")
    yield from sleep(state, "jbd2", "jbd2_journal_wait_updates", HANDLES, lambda: not transaction.t_updates)
    transaction.t_state, transaction.commit_wanted = "T_RUNNING", False
    state.graph.drops("jbd2", COMMIT)
    yield Step("jbd2_journal_commit_transaction", "the transaction is on disk; there is a new one")


# --- the end of a file


def ext4_clear_inode_leaving_it(state: Ext4, name: str) -> Code:
    """All I/O on the inode is done, and what ext4 has in memory of it goes."""
    state.inodes[name].i_state.add("I_CLEAR")
    yield Step("ext4_clear_inode", f"nothing of {name} is to be written any more")


def ext4_clear_inode(state: Ext4, name: str) -> Code:
    """The same, and it leaves the hash: whoever gets its number has nothing to wait for."""
    state.inodes[name].i_state.add("I_CLEAR")
    yield Step("ext4_clear_inode", f"nothing of {name} is to be written any more")
    yield from remove_inode_hash(state, name)


def ext4_evict_inode(clear_inode: EvictInode) -> EvictInode:
    """Free the inode on disk, within a transaction that is waited for, as the file is synchronous."""

    def evict_inode(state: Ext4, name: str) -> Code:
        yield from ext4_journal_start(state, "evict")
        yield from clear_inode(state, name)
        if name not in state.inode_hashtable:
            state.graph.drops("evict", _in_hash(name))
        state.numbers_in_use.discard(state.inodes[name].i_ino)
        yield Step("ext4_free_inode", f"number {state.inodes[name].i_ino} is free in the bitmap")
        yield from ext4_journal_stop(state, "evict", h_sync=True)

    return evict_inode


def unlink(state: Ext4, clear_inode: EvictInode) -> Code:
    """The last user of the file is gone."""
    yield from iput_final(state, "old", ext4_evict_inode(clear_inode))
    if "evict" in state.graph.holders.get(_in_hash("old"), ()):
        state.graph.drops("evict", _in_hash("old"))
    state.at_work.discard("evict")


# --- a new file


def ext4_create(state: Ext4, insert: Insert) -> Code:
    """A new file, made under a handle."""
    yield from ext4_journal_start(state, "create")
    yield from new_inode(state)
    yield from _watched(state, insert)
    yield from unlock_new_inode(state, "new")
    yield from ext4_journal_stop(state, "create", h_sync=False)
    state.at_work.discard("create")


def _watched(state: Ext4, insert: Insert) -> Code:
    """The VFS knows nothing of the graph here: its one wait is entered from outside."""
    for effect in insert(state, "new"):
        if isinstance(effect, Wait):
            state.graph.waits("create", _in_hash("old"))
        yield effect
        if isinstance(effect, Wait):
            state.graph.woken("create")


# --- the rules and the kernels


def nobody_in_a_ring(state: Ext4) -> Iterator[str]:
    """The graph of waits has no ring, at any time."""
    if cycle := state.graph.cycle():
        yield f"a ring of waits: {cycle}"


def both_rules(state: Ext4) -> Iterator[str]:
    yield from one_of_each(state)
    yield from nobody_in_a_ring(state)


VFS = {"old VFS": INSERTS["before"], "new VFS": INSERTS["after"]}
EXT4: dict[str, EvictInode] = {"old ext4": ext4_clear_inode_leaving_it, "new ext4": ext4_clear_inode}


def kernel(vfs: str, ext4: str) -> Mechanism:
    """One of the four kernels. Raises KeyError for names that ``VFS`` and ``EXT4`` do not have."""
    insert, clear_inode = VFS[vfs], EXT4[ext4]
    return Mechanism(
        title=f"{vfs}, {ext4}: a synchronous file dies while another is created",
        state=one_file,
        tasks=(
            ("evict", (("unlink()", lambda state: unlink(state, clear_inode)),)),
            ("create", (("creat()", lambda state: ext4_create(state, insert)),)),
            ("jbd2", (("kjournald2()", kjournald2),)),
        ),
        rule=both_rules,
    )


def make(side: str, vfs: str) -> Mechanism:
    return kernel(vfs, "old ext4" if side == "before" else "new ext4")


SIDES = Sides("0c90eed1b953", make, ("new VFS",))

FIX = Fix(
    commit=SIDES.commit,
    title="ext4: fix deadlock on inode reallocation",
    author="Jan Kara",
    date="2026-03-20",
    since="7.0-rc1 (88ec797c4680)",
    releases=("7.0",),
    what="who creates a file waits for a dying inode, with a handle for which that inode's end has to wait",
    rule="nobody waits, in a ring, for itself",
    changed=(Changed(ext4_clear_inode_leaving_it, ext4_clear_inode),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="13-who-waits-for-whom.ipynb",
    section="The wait that was let in",
    no_evidence="the kernels between 7.0-rc1 and 7.0 are not at hand, and the deadlock needs luck",
    area="vfs",
    sequel=True,
)
