"""6cbfdf89470e: who allocates the bytes that an access control list becomes.

A caller that wants the list as bytes, as FUSE does, in three shapes. Filesystems, and what the entries
allow, are not here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.drive.schedule import Schedule
from vfslab.kernel.effects import Alloc, Check, Code, Refused, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_MASK, ACL_OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
ACL_UNDEFINED_ID = 0xFFFFFFFF
POSIX_ACL_XATTR_VERSION = 2
PAGE_SIZE, ERANGE = 4096, 34

NO_MEMORY = Check("ENOMEM", "fuse_set_acl", "there is no memory for the buffer", "free some memory")
TOO_BIG = Check("E2BIG", "fuse_set_acl", "the list has {0} bytes, more than a page", "use fewer entries")
TOO_SMALL = Check("ERANGE", "posix_acl_to_xattr", "the buffer is too small", "none: it cannot happen")


class Entry(NamedTuple):
    """struct posix_acl_entry: whom it is about, and what that one may do."""

    e_tag: int
    e_perm: int
    e_id: int = ACL_UNDEFINED_ID


def acl(a_count: int) -> tuple[Entry, ...]:
    """A list with so many entries: the three of the mode bits; from 4 on a mask, the others users with names.

    Raises ValueError for fewer than 3.
    """
    if a_count < 3:
        raise ValueError(f"a list has 3 entries at least, not {a_count}")
    users = tuple(Entry(ACL_USER, 6, 1000 + number) for number in range(a_count - 4))
    mask = (Entry(ACL_MASK, 7),) if a_count > 3 else ()
    return (Entry(ACL_USER_OBJ, 7), *users, Entry(ACL_GROUP_OBJ, 5), *mask, Entry(ACL_OTHER, 4))


def encoded(entries: tuple[Entry, ...]) -> bytes:
    """The list as an extended attribute: 32 bits of version, then for each a tag, permissions and an id."""
    head = struct.pack("<I", POSIX_ACL_XATTR_VERSION)
    return head + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@dataclass
class Buffer:
    """Memory of a length; ``data`` is what has been written into it."""

    length: int
    data: bytes = b""


@dataclass
class SetAcl:
    """One call of fuse_set_acl(). ``value`` and ``size`` are its variables.

    ``calls`` are the functions of posix_acl.c that it called, ``decided`` its conditions and what they came
    to. ``made`` and ``freed`` count buffers, ``sent`` is the length of what the server got.
    """

    a_count: int
    value: Buffer | None = None
    size: int = 0
    made: int = 0
    freed: int = 0
    sent: int | None = None
    calls: list[str] = field(default_factory=list)
    decided: list[tuple[str, bool]] = field(default_factory=list)

    def is_so(self, words: str, condition: bool) -> bool:
        """The condition, noted."""
        self.decided.append((words, condition))
        return condition


def posix_acl_xattr_size(call: SetAcl) -> int:
    """How many bytes the list will have."""
    call.calls.append("posix_acl_xattr_size")
    return 4 + 8 * call.a_count


def posix_acl_to_xattr_into(call: SetAcl, value: Buffer | None, size: int) -> int:
    """Fill a buffer of the caller's, as it was. Gives the size, also without a buffer, or -ERANGE."""
    call.calls.append("posix_acl_to_xattr")
    data = encoded(acl(call.a_count))
    if value is None:
        return len(data)
    if len(data) > size:
        return -ERANGE
    value.data = data
    return len(data)


def posix_acl_to_xattr(call: SetAcl) -> Code:
    """A new buffer with the list, and its size; None and 0 where there is no memory. The caller frees it."""
    call.calls.append("posix_acl_to_xattr")
    data = encoded(acl(call.a_count))
    if (yield Alloc("posix_acl_to_xattr", "the buffer")):
        return None, 0
    call.made += 1
    return Buffer(len(data), data), len(data)


def fuse_set_acl_with_size(call: SetAcl) -> Code:
    """Send a list to the server, as it was: size, limit, buffer, fill. Raises Refused."""
    call.size = posix_acl_xattr_size(call)
    yield Step("fuse_set_acl", f"the list will have {call.size} bytes")
    if call.is_so("size > PAGE_SIZE", call.size > PAGE_SIZE):
        raise Refused(TOO_BIG, call.size)
    yield from kmalloc(call)
    ret = posix_acl_to_xattr_into(call, call.value, call.size)
    yield Step("posix_acl_to_xattr", "the buffer is filled")
    if call.is_so("ret < 0", ret < 0):
        kfree(call)
        raise Refused(TOO_SMALL)
    yield from fuse_setxattr(call)


def fuse_set_acl(call: SetAcl) -> Code:
    """Send a list to the server: a filled buffer, then the limit. Raises Refused."""
    call.value, call.size = yield from posix_acl_to_xattr(call)
    if call.is_so("!value", call.value is None):
        raise Refused(NO_MEMORY)
    yield Step("posix_acl_to_xattr", f"there is a buffer with a list of {call.size} bytes")
    if call.is_so("size > PAGE_SIZE", call.size > PAGE_SIZE):
        size = call.size
        kfree(call)
        raise Refused(TOO_BIG, size)
    yield from fuse_setxattr(call)


def fuse_set_acl_with_probe(call: SetAcl) -> Code:
    """The same in the shape of getxattr(2): ask how much it is, then ask again. Raises Refused."""
    call.size = posix_acl_to_xattr_into(call, None, 0)
    yield Step("posix_acl_to_xattr", f"the list will have {call.size} bytes")
    if call.is_so("size < 0", call.size < 0):
        raise Refused(TOO_SMALL)
    if call.is_so("size > PAGE_SIZE", call.size > PAGE_SIZE):
        raise Refused(TOO_BIG, call.size)
    yield from kmalloc(call)
    ret = posix_acl_to_xattr_into(call, call.value, call.size)
    yield Step("posix_acl_to_xattr", "the buffer is filled")
    if call.is_so("ret < 0", ret < 0):
        kfree(call)
        raise Refused(TOO_SMALL)
    yield from fuse_setxattr(call)


def kmalloc(call: SetAcl) -> Code:
    """A buffer of ``size`` bytes. Raises Refused: ENOMEM."""
    if call.is_so("!value", bool((yield Alloc("fuse_set_acl", "the buffer")))):
        raise Refused(NO_MEMORY)
    call.value = Buffer(call.size)
    call.made += 1
    yield Step("kmalloc", f"there is a buffer of {call.size} bytes")


def fuse_setxattr(call: SetAcl) -> Code:
    """Send the buffer, and free it."""
    call.sent = call.size
    yield Step("fuse_setxattr", f"{call.size} bytes are sent to the server")
    kfree(call)
    yield Step("kfree", "the buffer is freed")


def kfree(call: SetAcl) -> None:
    """The buffer is gone, and with it what the variables are about."""
    call.freed += 1
    call.value, call.size = None, 0


SHAPES: dict[str, Callable[[SetAcl], Code]] = {
    "probe": fuse_set_acl_with_probe,
    "before": fuse_set_acl_with_size,
    "after": fuse_set_acl,
}


def size_is_of_the_buffer(call: SetAcl) -> Iterator[str]:
    """The rule: the size that a caller has is that of the buffer that it has."""
    length = 0 if call.value is None else call.value.length
    if call.size != length:
        yield f"size is {call.size}, and the buffer " + ("is not there" if not length else f"has {length}")


def freed_once(call: SetAcl) -> Iterator[str]:
    """In the end each buffer has been freed once."""
    if call.made != call.freed:
        yield f"{call.made} buffers were made, {call.freed} freed"


def mechanism(side: str, a_count: int) -> Mechanism:
    """A list with so many entries goes to the server."""
    return Mechanism(
        title=f"a list with {a_count} entries",
        state=lambda: SetAcl(a_count),
        tasks=(("setfacl", (("fuse_set_acl", SHAPES[side]),)),),
        rule=size_is_of_the_buffer,
        at_end=freed_once,
    )


COUNTS = (5, 3, 24, 511, 512)
SIDES = Sides("6cbfdf89470e", mechanism, COUNTS, other=("probe",))


class Shape(NamedTuple):
    """A shape: calls of posix_acl.c, conditions, those that never hold, states with a size of no buffer."""

    calls: int
    conditions: tuple[str, ...]
    never: tuple[str, ...]
    disagree: int


def shape(side: str) -> Shape:
    """The shape, tried with lists of all lengths in COUNTS, with memory and without."""
    seen: dict[str, set[bool]] = {}
    calls = disagree = 0
    for count in COUNTS:
        for fail in (False, True):
            world = mechanism(side, count)()
            schedule = Schedule(world)
            states = 0
            while options := schedule.options(faults=fail):
                schedule.take(options[-1])
                states += schedule.inside and any(size_is_of_the_buffer(world.kernel))
            for words, outcome in world.kernel.decided:
                seen.setdefault(words, set()).add(outcome)
            calls, disagree = max(calls, len(world.kernel.calls)), max(disagree, states)
    never = tuple(words for words, outcomes in seen.items() if True not in outcomes)
    return Shape(calls, tuple(seen), never, disagree)


FIX = Fix(
    commit="6cbfdf89470e",
    title="posix_acl: make posix_acl_to_xattr() alloc the buffer",
    author="Miklos Szeredi",
    date="2026-01-15",
    since="before git",
    releases=("7.0-rc1",),
    what="eleven callers compute a size, make a buffer of it, and look for an error that cannot come",
    rule="the size that a caller has is that of the buffer that it has",
    changed=(
        Changed(posix_acl_to_xattr_into, posix_acl_to_xattr),
        Changed(fuse_set_acl_with_size, fuse_set_acl),
    ),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="Who allocates",
    reproducers=("acl_sizes",),
    area="vfs",
)
