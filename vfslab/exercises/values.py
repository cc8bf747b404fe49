"""Exercises of notebook 12: what a value promises. Each answer is tried out on the mechanism it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vfslab.changelog import file_getattr, minix, posix_acl, writeback
from vfslab.drive.run import run

from .exercise import Exercise


def _asked(answer: Any) -> str | None:
    if not callable(answer):
        return "give a function of the byte, `def asked(byte): ...`."
    for byte in range(256):
        call = file_getattr.Getattr("fuse", byte)
        run(file_getattr.file_getattr_uninitialised(call))
        said, wrong = _called(answer, byte)
        if wrong:
            return f"for the byte {byte} it raises {wrong}."
        if said != call.requests[0]:
            return f"with {byte} all over the stack the server is asked {call.requests[0]}, not {said!r}."
    return None


def asked(byte: int) -> str:
    """The reference for 12.1: flags_valid is the lowest bit of its byte."""
    return file_getattr.FS_IOC_GETFLAGS if byte & 1 else file_getattr.FS_IOC_FSGETXATTR


def _quiet(answer: Any) -> str | None:
    numbers = isinstance(answer, tuple) and all(type(value) is int and value >= 0 for value in answer)
    if not numbers or len(answer) != 3:
        return "give three whole numbers, (timeout in seconds, chunks, jiffies for each chunk)."
    timeout, chunks, chunk = answer
    if chunks > 20_000:
        return "20000 chunks are enough."
    wb = writeback.ended("after", timeout, chunks, chunk)
    if not wb.wakeups:
        return "nobody is woken before all is done."
    if wb.messages:
        return f"after {wb.messages[0]} s there is a message."
    return None


def _careful(answer: Any) -> str | None:
    if not callable(answer):
        return "give a function of the bits and of s_ninodes, `def new_inode(bits, s_ninodes): ...`."
    for text in minix.BITMAPS:
        wrong = _tried(answer, text)
        if wrong:
            return f"bitmap {text}, inodes 1 to {minix.NINODES}: {wrong}."
    return None


def _tried(allocate: Callable[..., Any], text: str) -> str | None:
    bits = [int(bit) for bit in text]
    sb = minix.MinixSb(minix.NINODES, [])
    for _ in range(4):
        before = list(bits)
        clear = [number for number, bit in enumerate(bits) if not bit]
        said, wrong = _called(allocate, bits, minix.NINODES)
        if wrong:
            return f"it raises {wrong}"
        if type(said) is not int and said not in ("ENOSPC", "EFSCORRUPTED"):
            return f"{said!r} is neither a number nor one of the two errnos"
        free = tuple(number for number in clear if sb.exists(number))
        impossible = tuple(number for number in clear if not sb.exists(number))
        sb.answers.append(minix.Answer(free, impossible, said))
        if type(said) is int and 0 <= said < len(before):
            before[said] = 1
        broken = next(minix.errno_says_what_is_wrong(sb), None)
        if broken:
            return broken
        if bits != before:
            return f"{said} leaves the bits as {''.join(map(str, bits))}"
    return None


def new_inode(bits: list[int], s_ninodes: int) -> int | str:
    """The reference for 12.3: look whether it can be, then set."""
    if 0 not in bits:
        return "ENOSPC"
    number = bits.index(0)
    if not 1 <= number <= s_ninodes:
        return "EFSCORRUPTED"
    bits[number] = 1
    return number


def _longest(answer: Any) -> str | None:
    if type(answer) is not int or answer < 3:
        return "give a number of entries; a list has three at least."
    if answer > 10_000:
        return "that is more than a page."
    results = [run(posix_acl.fuse_set_acl(posix_acl.SetAcl(count))).errno for count in (answer, answer + 1)]
    if results[0]:
        return f"{results[0]}: {answer} entries have {len(posix_acl.encoded(posix_acl.acl(answer)))} bytes."
    return None if results[1] else "one more still goes."


def _called(function: Callable[..., Any], *args: Any) -> tuple[Any, str]:
    """What the reader's function says, and what it raises, which may be anything."""
    try:
        return function(*args), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


EXERCISES = (
    Exercise(
        key="12.1",
        question=(
            "Write a function `asked(byte)`: what does the old kernel ask a FUSE server, FS_IOC_GETFLAGS or"
            " FS_IOC_FSGETXATTR, if that byte lies all over the stack?"
        ),
        judge=_asked,
        hint="flags_valid has one bit. Which one of its byte?",
        because="128 bytes go each way; a kernel that zeroes its stack always goes one way, which is luck.",
        reference=asked,
    ),
    Exercise(
        key="12.2",
        question=(
            "Find a timeout, a number of chunks and the jiffies for each with which a waiter is woken on its"
            " way, and nothing is logged. (A second has 250 jiffies.)"
        ),
        judge=_quiet,
        hint="It is woken after half the timeout. When is the first message?",
        because="That is what the wake-ups are for: the detector sees life, and nobody is alarmed.",
        reference=(120, 70, 250),
    ),
    Exercise(
        key="12.3",
        question=(
            "Write `new_inode(bits, s_ninodes)`, where bits is a list of 0 and 1: it sets a bit and returns"
            ' its number, or returns "ENOSPC" or "EFSCORRUPTED" and leaves bits as they are.'
        ),
        judge=_careful,
        hint="Which test has to come before the bit is set?",
        because="All 64 bitmaps, four calls each: the errno is right, and no failure has eaten a bit.",
        reference=new_inode,
    ),
    Exercise(
        key="12.4",
        question="How many entries has the longest list that fuse_set_acl() still sends?",
        judge=_longest,
        hint="It sends a page at most, and a page has 4096 bytes.",
        because="4 + 8 * 511 is 4092; the four bytes that are left are no entry.",
        reference=511,
    ),
)
