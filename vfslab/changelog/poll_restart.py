"""0f166bf1d6d8: a poll that is interrupted keeps its deadline, in as many bits as a machine word has.

The clock counts the time since boot, and jumps. What is polled is not here: nothing ever comes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.blocks.ints import MACHINE_32, MACHINE_64, CType, Machine, s64
from vfslab.blocks.layout import Member, lay_out
from vfslab.drive.run import run
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

NSEC_PER_SEC = 1_000_000_000


class Timespec64(NamedTuple):
    """A time: 64 bits of seconds on every machine, and nanoseconds."""

    tv_sec: int
    tv_nsec: int

    def __str__(self) -> str:
        return f"{self.tv_sec}.{self.tv_nsec // 100_000_000} s"


def later(time: Timespec64, milliseconds: int) -> Timespec64:
    """The time that comes so many milliseconds later."""
    nanoseconds = time.tv_nsec + milliseconds % 1000 * 1_000_000
    seconds = time.tv_sec + milliseconds // 1000 + nanoseconds // NSEC_PER_SEC
    return Timespec64(int(s64(seconds)), nanoseconds % NSEC_PER_SEC)


@dataclass
class RestartBlock:
    """What is kept of a call that goes on after a signal: two longs before the change, then a time."""

    tv_sec: int | None = None
    tv_nsec: int | None = None
    end_time: Timespec64 | None = None


@dataclass
class Poll:
    """A task that calls poll(2) for ``timeout`` milliseconds, and the clock.

    ``end_time`` is the deadline as the call computes it, ``waits_until`` that of the sleep under way,
    ``returned`` when the call returned.
    """

    now: Timespec64
    timeout: int
    signal_pending: bool = False
    restart_block: RestartBlock = field(default_factory=RestartBlock)
    end_time: Timespec64 | None = None
    waits_until: Timespec64 | None = None
    returned: Timespec64 | None = None
    _word: CType = MACHINE_64.unsigned_long


def do_sys_poll(poll: Poll, end_time: Timespec64) -> Code:
    """Sleep until then, or until a signal comes; whether one did."""
    poll.waits_until = end_time
    yield Step("do_sys_poll", f"sleeps until {end_time}")
    yield Wait(
        "do_sys_poll",
        "a signal, or the end of its time",
        lambda: poll.signal_pending or poll.now >= end_time,
    )
    if poll.now >= end_time:
        poll.returned = poll.now
        yield Step("do_sys_poll", f"its time is over; it is {poll.now}")
        return False
    poll.signal_pending = False
    yield Step("do_sys_poll", f"a signal has come; it is {poll.now}")
    return True


# --- the deadline is kept and taken up again, before and after


def sys_poll_words(poll: Poll) -> Code:
    """poll(2): where a signal comes, seconds and nanoseconds are kept as two unsigned longs."""
    end_time = poll.end_time = later(poll.now, poll.timeout)
    if (yield from do_sys_poll(poll, end_time)):
        poll.restart_block.tv_sec = int(poll._word(end_time.tv_sec))
        poll.restart_block.tv_nsec = int(poll._word(end_time.tv_nsec))
        yield Step("sys_poll", f"keeps {poll.restart_block.tv_sec} seconds in {poll._word.bits} bits")
        yield from do_restart_poll_words(poll)


def do_restart_poll_words(poll: Poll) -> Code:
    """The call goes on: the deadline is put together again."""
    assert poll.restart_block.tv_sec is not None and poll.restart_block.tv_nsec is not None
    to = Timespec64(poll.restart_block.tv_sec, poll.restart_block.tv_nsec)
    yield from do_sys_poll(poll, to)


def sys_poll(poll: Poll) -> Code:
    """poll(2): where a signal comes, the deadline is kept."""
    end_time = poll.end_time = later(poll.now, poll.timeout)
    if (yield from do_sys_poll(poll, end_time)):
        poll.restart_block.end_time = end_time
        yield Step("sys_poll", f"keeps {poll.restart_block.end_time}")
        yield from do_restart_poll(poll)


def do_restart_poll(poll: Poll) -> Code:
    """The call goes on: with the deadline."""
    assert poll.restart_block.end_time is not None
    to = poll.restart_block.end_time
    yield from do_sys_poll(poll, to)


# --- who else is at work


def stop_and_continue(poll: Poll) -> Code:
    """SIGSTOP and SIGCONT: no handler runs, the call goes on by itself."""
    if poll.returned is None:
        poll.signal_pending = True
        yield Step("signal_wake_up", "SIGSTOP, then SIGCONT")


def time_passes(poll: Poll) -> Code:
    """The clock goes on to the deadline."""
    yield Wait("clock", "a deadline", lambda: poll.end_time is not None)
    assert poll.end_time is not None
    poll.now = poll.end_time
    yield Step("clock", f"it is {poll.now}")


def the_deadline_stays(poll: Poll) -> Iterator[str]:
    """The rule: each sleep is until the deadline of the call."""
    if poll.waits_until != poll.end_time:
        yield f"it sleeps until {poll.waits_until}, and is to sleep until {poll.end_time}"


CALLS: dict[str, Callable[[Poll], Code]] = {
    "before": sys_poll_words,
    "after": sys_poll,
    "signed": sys_poll_words,
}


def mechanism(side: str, given: tuple[int, int]) -> Mechanism:
    """``given`` are the bits of a machine word, and the seconds since boot at which poll(2) is called."""
    bits, uptime = given
    machine = MACHINE_64 if bits == MACHINE_64.long.bits else MACHINE_32
    return Mechanism(
        title=f"poll, {bits} bits, {uptime} s after boot",
        state=lambda: Poll(Timespec64(uptime, 0), 400, _word=word(machine, side)),
        tasks=(
            ("child", (("poll(NULL, 0, 400)", CALLS[side]),)),
            ("parent", (("kill(child, SIGSTOP); kill(child, SIGCONT)", stop_and_continue),)),
            ("clock", (("time passes", time_passes),)),
        ),
        rule=the_deadline_stays,
    )


def word(machine: Machine, side: str) -> CType:
    """What seconds are kept in: an unsigned long, and on the side "signed" a long."""
    return machine.long if side == "signed" else machine.unsigned_long


def restored(machine: Machine, tv_sec: int, side: str = "before") -> int:
    """Until which second a poll goes on that was to end at ``tv_sec`` and is interrupted."""
    poll = Poll(Timespec64(tv_sec - 1, 0), 1000, signal_pending=True, _word=word(machine, side))
    run(CALLS[side](poll))
    assert poll.waits_until is not None
    return poll.waits_until.tv_sec


def poll_part(pointer: int, align_of_64: int, side: str) -> int:
    """How large the part of poll(2) in struct restart_block is, by the size of a pointer and of a long.

    ``align_of_64`` is what a 64-bit number is aligned to: 4 on i386, 8 on ARM and on 64-bit machines.
    """
    seconds = [Member("tv_sec", pointer), Member("tv_nsec", pointer)]
    if side == "after":
        end_time = lay_out("timespec64", [Member("tv_sec", 8, align_of_64), Member("tv_nsec", pointer)])
        seconds = [end_time.as_member("end_time")]
    fixed = [Member("ufds", pointer), Member("nfds", 4), Member("has_timeout", 4)]
    return lay_out("poll", fixed + seconds).size


SHOWN = (32, 1 << 32)
UPTIMES = (0, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 5, 1 << 40)
SIDES = Sides(
    "0f166bf1d6d8",
    mechanism,
    (SHOWN, *(given for given in itertools.product((64, 32), UPTIMES) if given != SHOWN)),
    other=("signed",),
)

FIX = Fix(
    commit="0f166bf1d6d8",
    title="select: store end_time as timespec64 in restart block",
    author="Thomas Weißschuh",
    date="2026-02-09",  # of the merge; the author's is not known here
    since="before 64-bit times",
    releases=("7.0-rc1",),
    what="on a 32-bit machine a deadline loses its upper half when a signal interrupts poll(2)",
    rule="a deadline is the same after a signal as it was before",
    changed=(Changed(sys_poll_words, sys_poll), Changed(do_restart_poll_words, do_restart_poll)),
    scenario=SIDES,
    find=both(SIDES),
    notebook="11-numbers-that-do-not-fit.ipynb",
    section="A deadline in a drawer",
    reproducers=("deadlines", "layouts"),
    no_evidence="it takes a 32-bit machine that has been up for 136 years; how calls go on is seen on any",
    area="vfs",
)
