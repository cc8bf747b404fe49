"""88ec797c4680: whoever makes an inode waits until a dying one with its number has left the hash.

Here are the hash of inodes, its lookups, and the way of an inode out of it; nothing of what a filesystem
does meanwhile but that it frees the number. What became of that in ext4 is in ``ext4_reallocation``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from vfslab.kernel.effects import Acquire, Check, Code, Refused, Release, Step, Wait
from vfslab.mechanism import Mechanism, Operation

from .fix import Changed, Fix
from .search import both
from .sides import Sides

EBUSY_TWIN = Check("EBUSY", "insert_inode_locked", "there is an inode {0} already", "use another number")
ESTALE_CREATING = Check("ESTALE", "find_inode_fast", "inode {0} is being created", "look again later")
ESTALE_DELETED = Check("ESTALE", "ext4_iget", "inode {0} has no links", "use a file that exists")

OLD_INO, OTHER_INO = 12, 13


@dataclass
class Inode:
    """``wake_ups`` counts how often those who sleep on it were woken."""

    i_ino: int
    i_state: set[str] = field(default_factory=set)
    wake_ups: int = 0


@dataclass
class Inodes:
    """One chain of the hash, in its order, and the numbers that are in use on disk."""

    inode_hashtable: list[str]
    numbers_in_use: set[int]
    inodes: dict[str, Inode]


def one_inode() -> Inodes:
    """A file with number 12, which has just lost its last name and its last user."""
    return Inodes(["old"], {OLD_INO}, {"old": Inode(OLD_INO)})


Insert: TypeAlias = Callable[[Any, str], Code]
EvictInode: TypeAlias = Callable[[Any, str], Code]


def i_lock(name: str) -> str:
    return f"i_lock({name})"


def same_number(state: Inodes, i_ino: int) -> list[str]:
    """The inodes with that number in the chain, as it is now."""
    return [name for name in state.inode_hashtable if state.inodes[name].i_ino == i_ino]


# --- the way out


def iput_final(state: Inodes, name: str, evict_inode: EvictInode) -> Code:
    """The last user is gone: the inode is freed."""
    yield Acquire("iput_final", i_lock(name))
    state.inodes[name].i_state.add("I_FREEING")
    yield Step("iput_final", f"the inode {name} is being freed, and still in the hash")
    yield Release("iput_final", i_lock(name))
    yield from evict_inode(state, name)
    yield from remove_inode_hash(state, name)
    yield Acquire("evict", i_lock(name))
    state.inodes[name].wake_ups += 1
    yield Step("evict", f"whoever waits for {name} is woken")
    yield Release("evict", i_lock(name))


def remove_inode_hash(state: Inodes, name: str) -> Code:
    """Out of the hash; nothing happens to one that is out already."""
    yield Acquire("remove_inode_hash", "inode_hash_lock")
    yield Acquire("remove_inode_hash", i_lock(name))
    if name in state.inode_hashtable:
        state.inode_hashtable.remove(name)
        yield Step("remove_inode_hash", f"the inode {name} leaves the hash")
    yield Release("remove_inode_hash", i_lock(name))
    yield Release("remove_inode_hash", "inode_hash_lock")


def free_number(state: Inodes, name: str) -> Code:
    """A filesystem's ``evict_inode``: the number is free on disk."""
    state.numbers_in_use.discard(state.inodes[name].i_ino)
    yield Step("evict_inode", f"number {state.inodes[name].i_ino} is free on disk")


# --- waiting for it


def wait_on_freeing_inode_in_rcu(state: Inodes, name: str, hash_locked: bool) -> Code:
    """Sleep until the inode has left the hash, outside the locks; the caller reads under RCU."""
    inode, function = state.inodes[name], "__wait_on_freeing_inode"
    if name not in state.inode_hashtable:
        yield Release(function, i_lock(name))
        return
    seen = inode.wake_ups
    yield Release(function, i_lock(name))
    yield Release(function, "rcu_read_lock")
    if hash_locked:
        yield Release(function, "inode_hash_lock")
    yield Wait(function, f"the end of {name}", lambda: inode.wake_ups > seen, lambda: "evict")
    if hash_locked:
        yield Acquire(function, "inode_hash_lock")
    yield Acquire(function, "rcu_read_lock", shared=True)


def wait_on_freeing_inode(state: Inodes, name: str, hash_locked: bool, rcu_locked: bool) -> Code:
    """Sleep until the inode has left the hash, outside the locks that the caller says it holds."""
    inode, function = state.inodes[name], "__wait_on_freeing_inode"
    if name not in state.inode_hashtable:
        yield Release(function, i_lock(name))
        return
    seen = inode.wake_ups
    yield Release(function, i_lock(name))
    if rcu_locked:
        yield Release(function, "rcu_read_lock")
    if hash_locked:
        yield Release(function, "inode_hash_lock")
    yield Wait(function, f"the end of {name}", lambda: inode.wake_ups > seen, lambda: "evict")
    if hash_locked:
        yield Acquire(function, "inode_hash_lock")
    if rcu_locked:
        yield Acquire(function, "rcu_read_lock", shared=True)


def wait_on_new_inode(state: Inodes, name: str) -> Code:
    """Sleep until whoever makes the inode has made it."""
    inode = state.inodes[name]
    yield Wait("wait_on_new_inode", f"{name} to be ready", lambda: "I_NEW" not in inode.i_state)


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


def unlock_new_inode(state: Inodes, name: str) -> Code:
    """The inode is made."""
    yield Acquire("unlock_new_inode", i_lock(name))
    state.inodes[name].i_state -= {"I_NEW", "I_CREATING"}
    yield Step("unlock_new_inode", f"the inode {name} is ready")
    yield Release("unlock_new_inode", i_lock(name))


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


# --- a lookup by number, as for a file handle


def find_inode_fast(state: Inodes, i_ino: int, hash_locked: bool) -> Code:
    """The inode with that number, None where there is none; waits for one that dies, then looks again."""
    yield Acquire("find_inode_fast", "rcu_read_lock", shared=True)
    while found := same_number(state, i_ino):
        name = found[0]
        yield Acquire("find_inode_fast", i_lock(name))
        if "I_FREEING" in state.inodes[name].i_state:
            yield from wait_on_freeing_inode(state, name, hash_locked, rcu_locked=True)
            continue
        yield Release("find_inode_fast", i_lock(name))
        yield Release("find_inode_fast", "rcu_read_lock")
        if "I_CREATING" in state.inodes[name].i_state:
            if hash_locked:
                yield Release("iget_locked", "inode_hash_lock")
            raise Refused(ESTALE_CREATING, i_ino)
        return name
    yield Release("find_inode_fast", "rcu_read_lock")
    return None


def open_by_handle(state: Inodes) -> Code:
    """Somebody has kept the handle of the file that dies: iget_locked(), which then finds no links."""
    if (yield from find_inode_fast(state, OLD_INO, hash_locked=False)) is None:
        yield Acquire("iget_locked", "inode_hash_lock")
        if (yield from find_inode_fast(state, OLD_INO, hash_locked=True)) is None:
            state.inodes["read"] = Inode(OLD_INO, {"I_NEW"})
            state.inode_hashtable.append("read")
            yield Step("iget_locked", "the inode read is in the hash, to be read from disk")
        yield Release("iget_locked", "inode_hash_lock")
    if "read" not in state.inodes:
        return
    yield from remove_inode_hash(state, "read")
    yield from unlock_new_inode(state, "read")
    raise Refused(ESTALE_DELETED, OLD_INO)


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
