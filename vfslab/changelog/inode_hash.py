"""88ec797c4680: whoever makes an inode waits until a dying one with its number has left the hash.

Here is how inodes get into the hash; how they leave it, and who looks for them, is in ``inodes``. What became
of it in ext4 is in ``ext4_reallocation``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from vfslab.kernel.effects import Acquire, Check, Code, Refused, Release, Step
from vfslab.mechanism import Mechanism, Operation

from .fix import Changed, Fix
from .inodes import (
    OLD_INO,
    OTHER_INO,
    Inode,
    Inodes,
    free_number,
    i_lock,
    iput_final,
    one_inode,
    open_by_handle,
    same_number,
    unlock_new_inode,
    wait_on_freeing_inode,
    wait_on_freeing_inode_in_rcu,
    wait_on_new_inode,
)
from .search import both
from .sides import Sides

EBUSY_TWIN = Check("EBUSY", "insert_inode_locked", "there is an inode {0} already", "use another number")
Insert: TypeAlias = Callable[[Any, str], Code]


# --- into the hash


def insert_inode_locked_skipping(state: Inodes, name: str) -> Code:
    """Put a new inode into the hash. Refuses with EBUSY where its number has one that lives."""
    while True:
        yield Acquire("insert_inode_locked", "inode_hash_lock")
        old = None
        for candidate in same_number(state, state.inodes[name].i_ino):
            yield Acquire("insert_inode_locked", i_lock(candidate))
            if "I_FREEING" in state.inodes[candidate].i_state:
                yield Release("insert_inode_locked", i_lock(candidate))
                continue
            old = candidate
            break
        if old is None:
            yield from _hash(state, name)
            return
        yield from _make_way(state, old)


def insert_inode_locked(state: Inodes, name: str) -> Code:
    """Put a new inode into the hash, after any that dies. Refuses with EBUSY where its number has one."""
    yield Acquire("insert_inode_locked", "inode_hash_lock")
    while True:
        old = None
        for candidate in same_number(state, state.inodes[name].i_ino):
            yield Acquire("insert_inode_locked", i_lock(candidate))
            old = candidate
            break
        if old is None:
            yield from _hash(state, name)
            return
        if "I_FREEING" in state.inodes[old].i_state:
            yield from wait_on_freeing_inode(state, old, hash_locked=True, rcu_locked=False)
            continue
        yield from _make_way(state, old)
        yield Acquire("insert_inode_locked", "inode_hash_lock")


def insert_inode_locked_as_posted(state: Inodes, name: str) -> Code:
    """As first posted: it waits with the helper of the lookups, which read under RCU."""
    yield Acquire("insert_inode_locked", "inode_hash_lock")
    while found := same_number(state, state.inodes[name].i_ino):
        yield Acquire("insert_inode_locked", i_lock(found[0]))
        if "I_FREEING" in state.inodes[found[0]].i_state:
            yield from wait_on_freeing_inode_in_rcu(state, found[0], hash_locked=True)
            continue
        yield from _make_way(state, found[0])
        yield Acquire("insert_inode_locked", "inode_hash_lock")
    yield from _hash(state, name)


def insert_inode_locked_trusting(state: Inodes, name: str) -> Code:
    """A tempting one: who has waited does not look again."""
    yield Acquire("insert_inode_locked", "inode_hash_lock")
    for found in same_number(state, state.inodes[name].i_ino):
        yield Acquire("insert_inode_locked", i_lock(found))
        if "I_FREEING" not in state.inodes[found].i_state:
            yield from _make_way(state, found)
            yield Acquire("insert_inode_locked", "inode_hash_lock")
            break
        yield from wait_on_freeing_inode(state, found, hash_locked=True, rcu_locked=False)
    yield from _hash(state, name)


def _hash(state: Inodes, name: str) -> Code:
    """Nobody has the number: in, and the lock back."""
    yield Acquire("insert_inode_locked", i_lock(name))
    state.inodes[name].i_state |= {"I_NEW", "I_CREATING"}
    state.inode_hashtable.append(name)
    yield Step("insert_inode_locked", f"the inode {name} is in the hash")
    yield Release("insert_inode_locked", i_lock(name))
    yield Release("insert_inode_locked", "inode_hash_lock")


def _make_way(state: Inodes, old: str) -> Code:
    """One that lives has the number: EBUSY, unless it turns out to be none."""
    creating = "I_CREATING" in state.inodes[old].i_state
    yield Release("insert_inode_locked", i_lock(old))
    yield Release("insert_inode_locked", "inode_hash_lock")
    if not creating:
        yield from wait_on_new_inode(state, old)
    if creating or old in state.inode_hashtable:
        raise Refused(EBUSY_TWIN, state.inodes[old].i_ino)


def create(state: Inodes, insert: Insert) -> Code:
    """A new file: the first free number, then into the hash with it."""
    yield from new_inode(state)
    yield from insert(state, "new")
    yield from unlock_new_inode(state, "new")


def new_inode(state: Inodes) -> Code:
    """An inode with the first number that is free on disk."""
    number = OTHER_INO if OLD_INO in state.numbers_in_use else OLD_INO
    state.numbers_in_use.add(number)
    state.inodes["new"] = Inode(number)
    yield Step("new_inode", f"a new inode gets number {number}")


# --- the rule and the mechanism


def most_alike(state: Inodes) -> int:
    """How many inodes of one number are in the hash."""
    return max(Counter(state.inodes[name].i_ino for name in state.inode_hashtable).values(), default=0)


def one_of_each(state: Inodes) -> Iterator[str]:
    """A number has one inode in the hash at most."""
    if most_alike(state) > 1:
        yield f"{most_alike(state)} inodes with number {OLD_INO} are in the hash"


INSERTS: dict[str, Insert] = {
    "before": insert_inode_locked_skipping,
    "after": insert_inode_locked,
    "as posted": insert_inode_locked_as_posted,
    "trusting": insert_inode_locked_trusting,
}
INPUTS = ("create", "create and open by handle")


def make(side: str, who: str) -> Mechanism:
    """A file dies while another is created, and perhaps looked up by its handle."""
    tasks: list[tuple[str, tuple[Operation, ...]]] = [
        ("evict", (("iput()", lambda state: iput_final(state, "old", free_number)),)),
        ("create", (("creat()", lambda state: create(state, INSERTS[side])),)),
    ]
    if who == INPUTS[1]:
        tasks.append(("open", (("open_by_handle_at()", open_by_handle),)))
    return Mechanism(
        title="a file dies while another gets its number",
        state=one_inode,
        tasks=tuple(tasks),
        rule=one_of_each,
    )


SIDES = Sides("88ec797c4680", make, INPUTS, other=("as posted", "trusting"))

FIX = Fix(
    commit=SIDES.commit,
    title="fs: make insert_inode_locked() wait for inode destruction",
    author="Mateusz Guzik",
    date="2026-01-14",
    since="2.6.30 (72a43d63cb51)",
    releases=("7.0-rc1",),
    what="a new inode goes into the hash beside a dying one with the same number",
    rule="a number has one inode in the hash at most",
    changed=(
        Changed(insert_inode_locked_skipping, insert_inode_locked),
        Changed(wait_on_freeing_inode_in_rcu, wait_on_freeing_inode),
    ),
    scenario=SIDES,
    find=both(SIDES),
    notebook="13-who-waits-for-whom.ipynb",
    section="Two with one number",
    no_evidence="the hash cannot be looked at, and whether a number comes back in time is chance",
    area="vfs",
)
