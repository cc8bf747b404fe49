"""``vfslab why`` and ``vfslab spread``: mount tables of real machines, and questions about them."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from typing import TYPE_CHECKING

from vfslab.cli_input import OWN_MOUNTINFO, Trouble, called, check_release, read, read_mountinfo, shown

if TYPE_CHECKING:
    from vfslab.spread import Spread


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The two commands and their options."""
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

    spread = commands.add_parser("spread", help="tell where a mount made at a path would appear")
    spread.add_argument("path", metavar="PATH", help="where the mount would be made")
    spread.add_argument(
        "tables",
        metavar="MOUNTINFO",
        nargs="*",
        help="the mountinfo of a process in each namespace; the mount is made in that of the first"
        " (default: all processes of this machine, and the own namespace)",
    )
    spread.add_argument("--release", metavar="R", help="the kernel release to model (default: the nearest)")
    spread.set_defaults(run=tell_spread)


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


def tell_spread(args: argparse.Namespace) -> int:
    """Tell where the mount appears; 1 where none can be made."""
    release = release_or_nearest(args.release)
    if args.tables:
        print(answer := _spread(args.path, _named_tables(args), release))
    else:
        answer = _spread_here(args.path, release)
    return 0 if answer.refusal is None else 1


def _spread_here(path: str, release: str) -> Spread:
    """Ask all processes of this machine, and once more where a mount was made in between."""
    from vfslab.oracle.own import all_mounts
    from vfslab.oracle.sandbox import NotAllowed

    if not os.path.exists(path):
        raise Trouble(f"{shown(path)}: {os.strerror(errno.ENOENT)}")
    for again in (True, True, False):
        try:
            tables = all_mounts()
            print(answer := _spread(os.path.realpath(path), tables.texts, release))
            if tables.unread:
                print(f"processes that may not be asked: {tables.unread}; root may ask all")
            return answer
        except NotAllowed as reason:
            raise Trouble(str(reason)) from None
        except Trouble:
            if not again:
                raise
    raise AssertionError("the last attempt gives an answer or raises")


def _spread(path: str, texts: dict[str, str], release: str) -> Spread:
    from vfslab.spread import spread

    try:
        return spread(path, texts, release)
    except ValueError as error:
        raise Trouble(shown(str(error))) from None


def _named_tables(args: argparse.Namespace) -> dict[str, str]:
    if not args.path.startswith("/"):
        raise Trouble(f"{shown(args.path)}: where tables are named, the path has to start with /")
    texts: dict[str, str] = {}
    for name in args.tables:
        if name in texts:
            raise Trouble(f"{called(name)}: named twice")
        texts[name] = os.fsdecode(read(name))
    return texts


def release_or_nearest(release: str | None) -> str:
    """The release to model: as asked for, else the nearest to the running kernel's. Raises Trouble."""
    from vfslab.oracle.compare import nearest_release

    check_release(release)
    return release or nearest_release(os.uname().release)
