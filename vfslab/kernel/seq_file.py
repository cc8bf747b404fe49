"""seq_file: a text made record by record, handed out in pieces through a buffer.

What the records are is the business of the iterator, four functions that know them; nothing here
knows mounts. Source: fs/seq_file.c, seq_read_iter(), mangle_path().
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import refusals
from .effects import Alloc, Code, Refused, Step
from .locking import holding

PAGE_SIZE = 4096


class Shown(NamedTuple):
    """What a show function wrote. ``skip`` is SEQ_SKIP: the text needed its room, but is dropped."""

    text: bytes
    skip: bool = False


class SeqOperations(NamedTuple):
    """struct seq_operations. Each is called with the SeqFile; ``next``, ``show`` and ``stop`` with a record.

    ``start`` and ``next`` give a record, None behind the last, and leave ``index`` at a place from which
    ``start`` can go on; ``show`` gives what it wrote.
    """

    start: Callable[[SeqFile], Code]
    next: Callable[[SeqFile, Any], Code]
    show: Callable[[SeqFile, Any], Code]
    stop: Callable[[SeqFile, Any], Code]


class SeqFile:
    """struct seq_file. Between two reads it keeps ``index`` and what is left in the buffer, no more.

    ``buffer`` is what has been made and not been read yet, ``size`` how much the buffer may
    hold, 0 while there is none; ``read_pos`` is how much has been read. ``private`` belongs to the iterator,
    ``lock`` is the name of the mutex that each read holds.
    """

    __slots__ = ("buffer", "index", "lock", "op", "private", "read_pos", "size")

    def __init__(self, op: SeqOperations, private: Any, name: str) -> None:
        self.op = op
        self.private = private
        self.lock = f"seq_file.lock({name})"
        self.index = 0
        self.read_pos = 0
        self.size = 0
        self.buffer = b""


def seq_read_iter(m: SeqFile, count: int) -> Code:
    """read(2): at most ``count`` bytes, first those that are left in the buffer. Raises ENOMEM."""
    if not count:
        return b""
    return (yield from holding("seq_read_iter", m.lock, read_locked(m, count)))


def read_locked(m: SeqFile, count: int) -> Code:
    """The part of seq_read_iter() under the mutex. Without anything read yet it starts from the beginning."""
    if m.read_pos == 0:
        m.index, m.buffer = 0, b""
    if not m.size:
        yield from seq_buf_alloc(m, PAGE_SIZE)
    copied, m.buffer = m.buffer[:count], m.buffer[count:]
    if not m.buffer:
        room = count - len(copied)
        try:
            yield from fill(m, room)
        except Refused:
            if not copied:
                raise
        copied, m.buffer = copied + m.buffer[:room], m.buffer[room:]
    m.read_pos += len(copied)
    return copied


def seq_buf_alloc(m: SeqFile, size: int) -> Code:
    """A buffer of that size in the place of the old one."""
    m.size = 0
    if (yield Alloc("seq_buf_alloc", f"a buffer of {size} bytes")):
        raise Refused(refusals.NO_MEMORY, f"a buffer of {size} bytes")
    m.size = size
    yield Step("seq_buf_alloc", f"the text is made in a buffer of {size} bytes")


def fill(m: SeqFile, room: int) -> Code:
    """Put the next record that shows something into the empty buffer, then more while they fit.

    For one that does not fit the buffer doubles; no more are added once ``room`` is full.
    """
    op = m.op
    v = yield from op.start(m)
    while v is not None:
        shown = yield from op.show(m, v)
        if len(shown.text) >= m.size:
            yield from op.stop(m, v)
            yield from seq_buf_alloc(m, m.size * 2)
            v = yield from op.start(m)
        elif shown.skip or not shown.text:
            v = yield from op.next(m, v)
        else:
            break
    else:
        yield from op.stop(m, v)
        return
    text = shown.text
    while True:
        v = yield from op.next(m, v)
        if v is None or len(text) >= room:
            break
        shown = yield from op.show(m, v)
        if len(text) + len(shown.text) >= m.size:
            break
        if not shown.skip:
            text += shown.text
    yield from op.stop(m, v)
    m.buffer = text


def octal_escapes(characters: str) -> dict[int, str]:
    """A table for str.translate(): each of them as a backslash and three octal digits (mangle_path)."""
    return {ord(char): f"\\{ord(char):03o}" for char in characters}
