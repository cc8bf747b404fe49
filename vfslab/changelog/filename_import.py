"""0cf1149673da and eight more, 41670a5900a8: a pathname is copied from user space once, for itself alone.

The user's memory can be written by another thread at any time. What a struct filename is made of, and who
frees it, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides

# --- the name is imported again when the server says that it is stale


@dataclass
class UserMemory:
    """A pathname in user space; how often each of its bytes has been copied."""

    text: str = "/a"
    reads: int = 0


@dataclass
class Server:
    """A server that says ESTALE so many times; the paths that were looked up on it, in their order."""

    stale: int = 1
    walked: list[str] = field(default_factory=list)


@dataclass
class Lookup:
    """One system call with one pathname, and what it acted on; nothing is audited."""

    user: UserMemory = field(default_factory=UserMemory)
    server: Server = field(default_factory=Server)
    acted_on: str = ""


def getname(state: Lookup, function: str) -> Code:
    """Copy the pathname into the kernel."""
    state.user.reads += 1
    name = state.user.text
    yield Step(function, f"copies the pathname from user space: {name}")
    return name


def filename_lookup(state: Lookup, function: str, name: str) -> Code:
    """Look the path up; gives whether the server said ESTALE."""
    state.server.walked.append(name)
    estale = state.server.stale > 0
    state.server.stale -= estale
    yield Step(function, f"looks up {name}: {'ESTALE' if estale else 'found'}")
    return estale


def do_faccessat_importing_again(state: Lookup, function: str = "do_faccessat") -> Code:
    """The label to go back to stands before the copy."""
    lookup_reval = False
    while True:
        name = yield from getname(state, function)
        estale = yield from filename_lookup(state, function, name)
        if not estale or lookup_reval:
            break
        lookup_reval = True
    state.acted_on = name
    yield Step(function, f"acts on {name}")


def do_faccessat(state: Lookup, function: str = "do_faccessat") -> Code:
    """The label to go back to stands behind the copy."""
    lookup_reval = False
    name = yield from getname(state, function)
    while True:
        estale = yield from filename_lookup(state, function, name)
        if not estale or lookup_reval:
            break
        lookup_reval = True
    state.acted_on = name
    yield Step(function, f"acts on {name}")


def another_thread(state: Lookup) -> Code:
    """Writes another path of the same length into the same memory."""
    state.user.text = "/b"
    yield Step("user space", "writes /b over the pathname")


def one_path(state: Lookup) -> Iterator[str]:
    """A rule: both attempts of a call look up the same path."""
    if len(set(state.server.walked)) > 1:
        first, last = state.server.walked
        yield f"one call looks up {first}, then {last}, and acts on {state.acted_on}"


# The nine that had the copy inside the loop.
IMPORTED_AGAIN = (
    "do_faccessat",
    "do_fchmodat",
    "do_fchownat",
    "do_utimes_path",
    "chdir",
    "chroot",
    "user_statfs",
    "do_sys_truncate",
    "do_readlinkat",
)


def _retrying(side: str, function: str) -> Mechanism:
    code = do_faccessat_importing_again if side == "before" else do_faccessat
    return Mechanism(
        title=f"{function}() on a server that says ESTALE once, and a thread that writes",
        state=Lookup,
        tasks=(
            ("caller", ((f"{function}(/a)", partial(code, function=function)),)),
            ("thread", (("a store to the pathname", another_thread),)),
        ),
        at_end=one_path,
    )


IMPORT_ONCE = Sides("0cf1149673da", _retrying, IMPORTED_AGAIN)


# --- the audit log: is the same address the same argument?


@dataclass
class Record:
    """A name in the audit log, and the address in user space that it came from."""

    name: str
    uptr: int


@dataclass
class AuditedCall:
    """A call with two pathnames, each an address and a text; what the audit log has of them."""

    arguments: tuple[tuple[int, str], ...]
    records: list[Record] = field(default_factory=list)


def audit_reusename(state: AuditedCall, uptr: int) -> Record | None:
    """The record that came from the same address, if there is one."""
    return next((record for record in state.records if record.uptr == uptr), None)


def getname_flags_reusing(state: AuditedCall, argument: tuple[int, str]) -> Code:
    """What came from the same address goes for the same argument."""
    uptr, text = argument
    record = audit_reusename(state, uptr)
    if record is not None:
        yield Step("getname_flags", f"takes the record of {record.name} for this argument, too")
        return
    state.records.append(Record(text, uptr))
    yield Step("getname_flags", f"copies {text} and makes a record of it")


def getname_flags(state: AuditedCall, argument: tuple[int, str]) -> Code:
    """Each argument is copied, and has a record of its own."""
    uptr, text = argument
    state.records.append(Record(text, uptr))
    yield Step("getname_flags", f"copies {text} and makes a record of it")


def do_renameat2(import_name: Callable[[AuditedCall, tuple[int, str]], Code], state: AuditedCall) -> Code:
    """rename(2) imports both its names."""
    for argument in state.arguments:
        yield from import_name(state, argument)


def a_record_each(state: AuditedCall) -> Iterator[str]:
    """A rule: what the log says depends on values and positions of the arguments alone."""
    said = [record.name for record in state.records]
    given = [text for _, text in state.arguments]
    if said != given:
        yield f"arguments {' and '.join(given)} leave {len(said)} of {len(given)} records"


# Addresses are small numbers here; what matters is whether they are the same.
ARGUMENTS = (
    ((1000, "p"), (2000, "q")),
    ((1000, "p"), (2000, "p")),
    ((1000, "p"), (1000, "p")),
)


def _auditing(side: str, arguments: tuple[tuple[int, str], ...]) -> Mechanism:
    import_name = getname_flags_reusing if side == "before" else getname_flags
    addresses = "one address" if arguments[0][0] == arguments[1][0] else "two addresses"
    call = f"rename({', '.join(text for _, text in arguments)})"
    return Mechanism(
        title=f"{call} from {addresses}",
        state=partial(AuditedCall, arguments),
        tasks=(("caller", ((call, partial(do_renameat2, import_name)),)),),
        at_end=a_record_each,
    )


REUSE = Sides("41670a5900a8", _auditing, ARGUMENTS)


FIXES = (
    Fix(
        commit="0cf1149673da",
        title="do_faccessat(): import pathname only once",
        author="Al Viro",
        date=DATE,
        since="3.8 (the retry on ESTALE)",
        releases=RELEASES,
        what="a call that is tried again on ESTALE reads its pathname a second time, and may read another",
        rule="each byte of user memory is read at most once by a call, so all its attempts take one path",
        changed=(Changed(do_faccessat_importing_again, do_faccessat),),
        scenario=IMPORT_ONCE,
        find=both(IMPORT_ONCE),
        notebook="16-names-owners-scopes.ipynb",
        section="One name, read twice",
        no_evidence="it takes a network filesystem whose server says ESTALE at the right moment",
        area="vfs",
        others=commits("67591df968f4", "1ee5220eb364"),
        pull=PULL,
    ),
    Fix(
        commit="41670a5900a8",
        title="get rid of audit_reusename()",
        author="Al Viro",
        date=DATE,
        since="3.7",
        releases=RELEASES,
        what="two arguments that come from one address share one record in the audit log",
        rule="what the audit log says depends on the values and positions of arguments, not on addresses",
        changed=(Changed(getname_flags_reusing, getname_flags),),
        scenario=REUSE,
        find=both(REUSE),
        notebook="16-names-owners-scopes.ipynb",
        section="The same pointer, the same argument?",
        no_evidence="it takes an audit daemon with rules, and its log",
        area="vfs",
        pull=PULL,
    ),
)
