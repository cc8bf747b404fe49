"""``vfslab why``: a machine's mount table and a command, and what becomes of it."""

from __future__ import annotations

import argparse
import os
import sys

from vfslab.cli_input import OWN_MOUNTINFO, Trouble, called, check_release, read_mountinfo, shown


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    why = commands.add_parser(
        "why",
        help="tell why a mount command fails on a machine, or what it would do",
        usage="vfslab why [-h] [--mountinfo FILE] [--release R] [--file PATH]... -- COMMAND...",
    )
    why.add_argument(
        "--mountinfo",
        metavar="FILE",
        help=f"the machine's table (default: standard input, on a terminal {OWN_MOUNTINFO})",
    )
    why.add_argument("--release", metavar="R", help="the kernel release to model (default: the nearest)")
    why.add_argument(
        "--file", metavar="PATH", action="append", default=[], help="PATH is a file and no directory"
    )
    why.add_argument(
        "words",
        metavar="COMMAND",
        nargs=argparse.REMAINDER,
        help="mount --move /a /b, umount /a, …; in one word a whole transcript",
    )
    why.set_defaults(run=explain_why)


def explain_why(args: argparse.Namespace) -> int:
    """Explain; 1 where the command is refused."""
    from vfslab.shell.transcript import TranscriptError
    from vfslab.why import NothingToExplain, explain

    name = args.mountinfo or (OWN_MOUNTINFO if sys.stdin.isatty() else "-")
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    release = release_or_nearest(args.release)
    snapshot = read_mountinfo(name)
    try:
        explanation = explain(words, snapshot, release, args.file)
    except (NothingToExplain, TranscriptError) as reason:
        raise Trouble(shown(str(reason))) from None
    except ValueError as error:
        raise Trouble(f"{called(name)}: {shown(str(error))}") from None
    print(explanation)
    return 0 if explanation.succeeds else 1


def release_or_nearest(release: str | None) -> str:
    """The release to model: as asked for, else the nearest to the running kernel's. Raises Trouble."""
    from vfslab.oracle.compare import nearest_release

    check_release(release)
    return release or nearest_release(os.uname().release)
