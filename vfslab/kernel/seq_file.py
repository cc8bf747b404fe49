"""seq_file: a text made record by record, handed out in pieces through a buffer.

What the records are is the business of the iterator; nothing here knows mounts.
Source: fs/seq_file.c, seq_read_iter().
"""

from __future__ import annotations

from .effects import Code
from .globals import Globals


class SeqFile:
    """struct seq_file over the text that ``show`` gives."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, k: Globals, size: int) -> Code:
        yield from ()
        piece, self.text = self.text[:size], self.text[size:]
        return piece
