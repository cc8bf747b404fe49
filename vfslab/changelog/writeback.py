"""9eed043d10f1: whoever waits for writeback is woken and warned about, also where 0 says "never".

One task waits, another writes chunk after chunk; time goes on with the chunks. The hung task detector
itself is not here: it is who is meant to see the wake-ups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from vfslab.drive.schedule import Schedule
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

HZ = 250
START = 1000
DEFAULT_HUNG_TASK_TIMEOUT = 120

# Whether the detector is compiled in, its sysctl, how many chunks are written, jiffies for each.
Setting = tuple[bool, int, int, int]


@dataclass
class WbCompletion:
    """struct wb_completion: how much is still to be done, and when who waits last ran, and began."""

    cnt: int = 1
    progress_stamp: int = 0
    wait_start: int = 0


@dataclass
class Writeback:
    """A piece of work in ``chunks``, each of which takes ``chunk`` jiffies, and who waits for all of it.

    ``wakeups`` are the jiffies since the last sign of progress at each wake-up but the last, which says
    that all is done; ``messages`` the whole seconds of waiting at each message.
    """

    detect_hung_task: bool
    sysctl_hung_task_timeout_secs: int
    chunks: int
    chunk: int
    jiffies: int = START
    woken: bool = False
    wakeups: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    done: WbCompletion = field(default_factory=lambda: WbCompletion(cnt=2))


def wb_wait_for_completion_cb_without_off(wb: Writeback) -> Code:
    """What who waits asks itself each time it is woken, as it was. Gives whether all is done."""
    timeout = wb.sysctl_hung_task_timeout_secs
    waited_secs = (wb.jiffies - wb.done.wait_start) // HZ
    wb.done.progress_stamp = wb.jiffies
    if waited_secs > timeout:
        wb.messages.append(waited_secs)
        yield Step("wb_wait_for_completion_cb", f"a message: {waited_secs} s have been waited")
    return wb.done.cnt == 0


def wb_wait_for_completion_cb(wb: Writeback) -> Code:
    """What who waits asks itself each time it is woken. Gives whether all is done."""
    timeout = wb.sysctl_hung_task_timeout_secs
    waited_secs = (wb.jiffies - wb.done.wait_start) // HZ
    wb.done.progress_stamp = wb.jiffies
    if timeout and waited_secs > timeout:
        wb.messages.append(waited_secs)
        yield Step("wb_wait_for_completion_cb", f"a message: {waited_secs} s have been waited")
    return wb.done.cnt == 0


def writeback_sb_inodes_without_off(wb: Writeback) -> Code:
    """Write chunk after chunk, as it was: a waiter is woken after half the timeout without a sign of life."""
    for _ in range(wb.chunks):
        wb.jiffies += wb.chunk
        yield Step("writeback_sb_inodes", f"a chunk is written, at jiffy {wb.jiffies}")
        elapsed = wb.jiffies - wb.done.progress_stamp
        if wb.done.progress_stamp and elapsed > HZ * wb.sysctl_hung_task_timeout_secs // 2:
            wb.wakeups.append(elapsed)
            yield wake_up_all(wb, f"woken, {elapsed} jiffies after it last ran")


def writeback_sb_inodes(wb: Writeback) -> Code:
    """Write chunk after chunk: a waiter is woken after half the timeout, if there is one."""
    for _ in range(wb.chunks):
        wb.jiffies += wb.chunk
        yield Step("writeback_sb_inodes", f"a chunk is written, at jiffy {wb.jiffies}")
        timeout = wb.sysctl_hung_task_timeout_secs
        elapsed = wb.jiffies - wb.done.progress_stamp
        if timeout and wb.done.progress_stamp and elapsed > HZ * timeout // 2:
            wb.wakeups.append(elapsed)
            yield wake_up_all(wb, f"woken, {elapsed} jiffies after it last ran")


def wake_up_all(wb: Writeback, why: str) -> Step:
    """Whoever waits may go on."""
    wb.woken = True
    return Step("wake_up_all", f"whoever waits is {why}")


def wb_wait_for_completion(wb: Writeback, asks: str) -> Code:
    """Wait until all is written; ``asks`` is the side of the callback."""
    callback = wb_wait_for_completion_cb if asks == "after" else wb_wait_for_completion_cb_without_off
    wb.done.cnt -= 1
    wb.done.wait_start = wb.jiffies
    while True:
        wb.woken = False
        if (yield from callback(wb)):
            return
        yield Wait("wb_wait_for_completion", "the wait queue", lambda: wb.woken, lambda: "the flusher")


def wb_do_writeback(wb: Writeback, writes: str) -> Code:
    """The flusher: write, and say that all is done; ``writes`` is the side of the writing function."""
    yield from (writeback_sb_inodes if writes == "after" else writeback_sb_inodes_without_off)(wb)
    wb.done.cnt -= 1
    yield wake_up_all(wb, "woken: all is done")


def contract(wb: Writeback) -> Iterator[str]:
    """The rule: without a timeout nothing is woken and nothing said; with one, not before its time."""
    timeout = wb.sysctl_hung_task_timeout_secs
    if not wb.detect_hung_task or not timeout:
        off = "the timeout is 0" if wb.detect_hung_task else "there is no hung task detector"
        if wb.wakeups:
            yield f"{off}, and a waiter is woken after {wb.wakeups[0]} jiffies"
        if wb.messages:
            yield f"{off}, and a wait of {wb.messages[0]} s is complained about"
        return
    for elapsed in wb.wakeups:
        if 2 * elapsed <= HZ * timeout:
            yield f"the timeout is {timeout} s, and a waiter is woken after {elapsed} jiffies"
    for waited in wb.messages:
        if waited <= timeout:
            yield f"the timeout is {timeout} s, and a wait of {waited} s is complained about"


def _make(side: str, given: Setting) -> Mechanism:
    """On side "v1" a detector that is not compiled in counts as 120 s, on "v2" its users go with it."""
    detect, sysctl, chunks, chunk = given
    timeout = sysctl if detect else DEFAULT_HUNG_TASK_TIMEOUT if side == "v1" else 0
    code = "after" if side == "after" or (side == "v2" and not detect) else "before"
    return Mechanism(
        title=f"{chunks} chunks of {chunk} jiffies, "
        + (f"a timeout of {sysctl} s" if detect else "no hung task detector"),
        state=lambda: Writeback(detect, timeout, chunks, chunk),
        tasks=(
            ("sync", (("sync", partial(wb_wait_for_completion, asks=code)),)),
            ("flusher", (("write back", partial(wb_do_writeback, writes=code)),)),
        ),
        rule=contract,
    )


def ended(side: str, timeout: int, chunks: int, chunk: int, detect_hung_task: bool = True) -> Writeback:
    """How it ends if a waiter that is woken runs at once."""
    world = _make(side, (detect_hung_task, timeout, chunks, chunk))()
    schedule = Schedule(world)
    while options := schedule.options():
        schedule.take(options[0])
    state: Writeback = world.kernel
    return state


SIDES = Sides(
    "9eed043d10f1",
    _make,
    (
        (False, 0, 3, 200),
        (False, 0, 4, 8000),
        (True, 0, 3, 200),
        (True, 1, 4, 100),
        (True, 1, 3, 400),
        (True, 120, 3, 12_000),
    ),
    other=("v1", "v2"),
)

FIX = Fix(
    commit="9eed043d10f1",
    title="writeback: Fix wakeup and logging timeouts for !DETECT_HUNG_TASK",
    author="Huacai Chen",
    date="2026-02-25",  # of the merge; the author's is not known here
    since="6.19 (1888635532fb, d6e621590764)",
    releases=("7.0-rc2", "6.19.x"),
    what="with a timeout of 0 every written chunk wakes who waits, and every wait of a second is logged",
    rule="a timeout of 0 means never",
    changed=(
        Changed(wb_wait_for_completion_cb_without_off, wb_wait_for_completion_cb),
        Changed(writeback_sb_inodes_without_off, writeback_sb_inodes),
    ),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="Zero means off",
    no_evidence="how often a kernel thread wakes another is not told to user space, and it would take one of"
    " the few kernels from 6.19 to 7.0-rc1",
    area="vfs",
)
