"""Inodes in memory: the hash in which they are found, their way out of it, and those who look for one.

Nothing of what a filesystem does is here but that it frees a number, nor how inodes get into the hash; that
is in ``inode_hash``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from vfslab.kernel.effects import Acquire, Check, Code, Refused, Release, Step, Wait

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


def unlock_new_inode(state: Inodes, name: str) -> Code:
    """The inode is made."""
    yield Acquire("unlock_new_inode", i_lock(name))
    state.inodes[name].i_state -= {"I_NEW", "I_CREATING"}
    yield Step("unlock_new_inode", f"the inode {name} is ready")
    yield Release("unlock_new_inode", i_lock(name))


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
