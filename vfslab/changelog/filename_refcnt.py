"""9fa3ec84587c, 741c97fecb6a: a path of io_uring, copied by one thread and used by another.

Both designs with both kinds of counter, so that it can be seen which of them needs what. What the path
says, and where its text lies, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from vfslab.blocks.refcount import Refcount, atomic_dec_and_test, atomic_inc, plain_dec_and_test, plain_inc
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES
from .fix import Changed, Fix
from .search import both
from .sides import Sides

SUBMITTER, WORKER = "submitter", "worker"


@dataclass
class Request:
    """A request of io_uring with a struct filename: its counter, and who has the references that it counts.

    ``audit`` says whether the log is on, ``audited_by`` whose audit context has the name,
    ``performed_by`` who used it.
    """

    audit: bool = True
    refcnt: Refcount = field(default_factory=Refcount)
    holders: dict[str, str] = field(default_factory=dict)
    audited_by: str = ""
    performed_by: str = ""
    freed: int = 0
    queued: bool = False


def putname_atomic(state: Request, function: str) -> Code:
    """Let go of a reference; whoever is the last frees the name."""
    if state.refcnt.count != 1 and not (yield from atomic_dec_and_test(state.refcnt, function)):
        return
    state.freed += 1
    yield Step(function, "frees the name")


def putname(state: Request, function: str) -> Code:
    """Let go of a reference; whoever is the last frees the name. All are of one thread."""
    if state.refcnt.count != 1 and not (yield from plain_dec_and_test(state.refcnt, function)):
        return
    state.freed += 1
    yield Step(function, "frees the name")


Inc: TypeAlias = Callable[[Refcount, str], Code]
Put: TypeAlias = Callable[[Request, str], Code]
Thread: TypeAlias = "Callable[[Request, Counter], Code]"


class Counter(NamedTuple):
    """How references are taken and let go of."""

    inc: Inc
    put: Put


ATOMIC = Counter(atomic_inc, putname_atomic)
PLAIN = Counter(plain_inc, putname)


def _audit_getname(state: Request, counter: Counter, thread: str) -> Code:
    """The thread's audit context notes the name, and holds a reference until the thread's call ends."""
    if state.audit:
        yield from counter.inc(state.refcnt, "audit_getname")
        state.holders["audit"] = state.audited_by = thread
        yield Step("audit_getname", f"notes the name in the audit context of the {thread}")


def _audit_free_names(state: Request, counter: Counter, thread: str) -> Code:
    """At the end of the thread's call."""
    if state.holders.get("audit") == thread:
        del state.holders["audit"]
        yield from counter.put(state, "audit_free_names")


def _perform(state: Request, counter: Counter) -> Code:
    state.performed_by = WORKER
    yield Step("do_file_open", "opens the file")
    del state.holders["request"]
    yield from counter.put(state, "putname")


def submit_with_getname(state: Request, counter: Counter) -> Code:
    """Copy the name and tell the audit log at once; then let the request go."""
    state.holders["request"] = SUBMITTER
    yield Step("getname", "copies the name from user space")
    yield from _audit_getname(state, counter, SUBMITTER)
    state.holders["request"] = WORKER
    state.queued = True
    yield Step("io_queue_iowq", "lets the worker have the request")
    yield from _audit_free_names(state, counter, SUBMITTER)


def work_with_name(state: Request, counter: Counter) -> Code:
    """The name is complete: use it."""
    yield Wait("io_wq_worker", "a request", lambda: state.queued, lambda: SUBMITTER)
    yield from _perform(state, counter)


def submit_with_delayed_getname(state: Request, counter: Counter) -> Code:
    """Copy the name and tell nobody; then let the request go."""
    state.holders["request"] = SUBMITTER
    yield Step("delayed_getname", "copies the name from user space")
    state.holders["request"] = WORKER
    state.queued = True
    yield Step("io_queue_iowq", "lets the worker have the request")


def work_with_delayed_filename(state: Request, counter: Counter) -> Code:
    """Complete the name where it is used, then use it."""
    yield Wait("io_wq_worker", "a request", lambda: state.queued, lambda: SUBMITTER)
    yield from _audit_getname(state, counter, WORKER)
    yield from _perform(state, counter)
    yield from _audit_free_names(state, counter, WORKER)


def audited_where_performed(state: Request) -> Iterator[str]:
    """Rule i: a name is in the audit context of the thread that uses it."""
    if state.audited_by and state.performed_by not in ("", state.audited_by):
        yield f"i: the {state.audited_by} has the name in its audit context, the {state.performed_by} uses it"


def freed_once(state: Request) -> Iterator[str]:
    """Rule ii: every name is freed exactly once."""
    if state.freed != 1:
        yield f"ii: the name is freed {state.freed} times"


def one_thread(state: Request) -> Iterator[str]:
    """Rule iii: at any time all references are held by one thread."""
    if len(set(state.holders.values())) > 1:
        yield "iii: both threads hold a reference at the same time"


RULES = {"i": audited_where_performed, "ii": freed_once, "iii": one_thread}

OLD: tuple[Thread, Thread] = (submit_with_getname, work_with_name)
NEW: tuple[Thread, Thread] = (submit_with_delayed_getname, work_with_delayed_filename)


def request(
    design: tuple[Thread, Thread],
    counter: Counter,
    rules: tuple[Callable[[Request], Iterator[str]], ...] = tuple(RULES.values()),
    audit: bool = True,
) -> Mechanism:
    """One request in a design, OLD or NEW, with a counter, ATOMIC or PLAIN, under some rules."""
    submit, work = design
    return Mechanism(
        title=f"a request with a path, audit {'on' if audit else 'off'}",
        state=partial(Request, audit),
        tasks=(
            (SUBMITTER, (("io_uring_enter()", lambda state: submit(state, counter)),)),
            (WORKER, (("io_wq_worker()", lambda state: work(state, counter)),)),
        ),
        rule=lambda state: (one for rule in rules if rule is one_thread for one in rule(state)),
        at_end=lambda state: (one for rule in rules if rule is not one_thread for one in rule(state)),
    )


def no_atomics(state: Request) -> Iterator[str]:
    """A rule: a counter that one thread has at a time is changed by plain loads and stores."""
    if state.refcnt.atomics:
        yield f"{state.refcnt.atomics} atomic operations on a counter that one thread has"


def _delayed(side: str, audit: bool) -> Mechanism:
    return request(OLD if side == "before" else NEW, ATOMIC, audit=audit)


def _counted(side: str, audit: bool) -> Mechanism:
    design = OLD if side == "without delayed_filename" else NEW
    counter = ATOMIC if side == "before" else PLAIN
    return request(design, counter, (freed_once, no_atomics), audit)


DELAYED = Sides("9fa3ec84587c", _delayed, (False, True))
COUNTED = Sides("741c97fecb6a", _counted, (False, True), other=("without delayed_filename",))

_NOTEBOOK = "16-names-owners-scopes.ipynb"

FIXES = (
    Fix(
        commit="9fa3ec84587c",
        title="allow incomplete imports of filenames",
        author="Al Viro",
        date=DATE,
        since="5.6 (io_uring opens files)",
        releases=RELEASES,
        what="io_uring tells the audit context of the thread that asks of a path that another thread uses",
        rule="a name is audited where it is used, and one thread at a time holds all references to it",
        changed=(
            Changed(submit_with_getname, submit_with_delayed_getname),
            Changed(work_with_name, work_with_delayed_filename),
        ),
        scenario=DELAYED,
        find=both(DELAYED),
        notebook=_NOTEBOOK,
        section="Who owns a name",
        no_evidence="it takes an audit log, and a race of two threads that no program can steer",
        area="vfs",
        pull=PULL,
    ),
    Fix(
        commit="741c97fecb6a",
        title="struct filename ->refcnt doesn't need to be atomic",
        author="Al Viro",
        date=DATE,
        since="6.6 (03adc61edad4)",
        releases=RELEASES,
        what="the counter of every pathname is changed atomically, for the sake of io_uring alone",
        rule="a counter that one thread has at a time needs no atomic operation",
        changed=(Changed(putname_atomic, putname),),
        scenario=COUNTED,
        find=both(COUNTED),
        notebook=_NOTEBOOK,
        section="Who owns a name",
        no_evidence="two atomic operations less cannot be seen from user space",
        area="vfs",
        pull=PULL,
    ),
)
