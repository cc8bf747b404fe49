"""``vfslab page``: a change or a transcript as one HTML file. See ``page``."""

from __future__ import annotations

import argparse
import html
import re
from pathlib import Path
from typing import Any

from vfslab.cli_input import Trouble, called, check_release, read_transcript, shown, trouble_with

_COMMIT = re.compile("[0-9a-f]{7,40}")


def add_parser(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    page = commands.add_parser("page", help="write a change, or a transcript, as one HTML page")
    page.add_argument(
        "what",
        metavar="COMMIT|FILE",
        nargs="?",
        help="a commit of the changelog, or a transcript, - for stdin",
    )
    page.add_argument("--all", action="store_true", help="a page for each change, and an index of them")
    page.add_argument(
        "-o",
        metavar="OUT",
        dest="out",
        required=True,
        help="the file to write, - for stdout; with --all a folder",
    )
    page.add_argument("--release", metavar="R", help="the kernel release to model, for a transcript")
    page.set_defaults(run=_page)


def _page(args: argparse.Namespace) -> int:
    if args.all == (args.what is not None):
        raise Trouble("name a commit or a transcript, or ask for --all")
    if args.all:
        return _all(Path(args.out))
    text = _of_transcript(args) if _is_file(args.what) else _of_change(args)
    if args.out == "-":
        print(text, end="")
        return 0
    _write(Path(args.out), text)
    return 0


def _all(folder: Path) -> int:
    from vfslab.changelog import fixes
    from vfslab.page import index, page_of_fix

    notebooks = {path.stem: _heading(path) for path in folder.glob("notebooks/*.html")}
    _write(folder / "index.html", index(fixes(), notebooks))
    for fix in fixes():
        _write(folder / f"{fix.commit}.html", page_of_fix(fix))
    return 0


def _heading(path: Path) -> str:
    """The first heading of an exported notebook as text, "" where there is none."""
    found = re.search(r"<h1[^>]*>(.*?)(<a class=\"anchor|</h1>)", path.read_text(encoding="utf-8"), re.DOTALL)
    return html.unescape(re.sub("<[^>]*>", "", found[1])) if found else ""


def _write(path: Path, text: str) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise trouble_with(str(path), error) from None


def _is_file(what: str) -> bool:
    return what == "-" or not _COMMIT.fullmatch(what) or Path(what).is_file()


def _of_transcript(args: argparse.Namespace) -> str:
    from vfslab.kernel.releases import DEFAULT_RELEASE
    from vfslab.page import page_of_transcript

    check_release(args.release)
    return page_of_transcript(
        read_transcript(args.what), Path(called(args.what)).name, args.release or DEFAULT_RELEASE
    )


def _of_change(args: argparse.Namespace) -> str:
    from vfslab.changelog import fixes
    from vfslab.page import page_of_fix

    if args.release is not None:
        raise Trouble("--release goes with a transcript: a change brings its own")
    found = [fix for fix in fixes() if fix.commit.startswith(args.what[:12])]
    if len(found) != 1:
        raise Trouble(f"no change {shown(args.what)!r} has a module; `vfslab fixes` lists them")
    try:
        return page_of_fix(found[0])
    except FileNotFoundError as missing:
        raise Trouble(str(missing)) from None
