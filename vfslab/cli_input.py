"""What the command line reads and how it says what is wrong: shared by the modules of its commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfslab.snapshot import Snapshot

OWN_MOUNTINFO = "/proc/self/mountinfo"


class Trouble(Exception):
    """What ends the program with status 2; the text is for people."""


def read(name: str) -> bytes:
    """The bytes of a file, of standard input for -. Raises Trouble."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        raise trouble_with(name, error) from None


def read_transcript(name: str) -> str:
    """The text of a transcript that can be read to its end. Raises Trouble."""
    from vfslab.shell.transcript import TranscriptError, decode, parse

    try:
        text = decode(read(name))
        parse(text)
    except TranscriptError as error:
        raise Trouble(f"{called(name)}: {shown(str(error))}") from None
    return text


def read_mountinfo(name: str) -> Snapshot:
    """What a mountinfo that can be read shows. Raises Trouble."""
    from vfslab.mountinfo import MountinfoError
    from vfslab.snapshot import Snapshot

    text = os.fsdecode(read(name))
    try:
        return Snapshot.from_mountinfo(text)
    except MountinfoError as error:
        raise Trouble(f"{called(name)}: {shown(str(error))}") from None


def check_release(release: str | None) -> None:
    """Raise Trouble for a release that is not modelled."""
    from vfslab.kernel.releases import RELEASES

    if release is not None and release not in RELEASES:
        raise Trouble(f"there is no release {shown(release)!r} here, only {', '.join(RELEASES)}")


def trouble_with(file: str, error: OSError | ValueError) -> Trouble:
    """What to raise for a file that cannot be read or written."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Trouble(f"{called(file)}: {reason}")


def called(file: str) -> str:
    """How to call a file that was named on the command line."""
    return "standard input" if file == "-" else shown(file)


def shown(text: str) -> str:
    """``text`` with escapes for what a terminal would obey or could not show."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)
