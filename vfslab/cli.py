"""The command line: ``vfslab run``, ``check``, ``record``, ``show``, ``why``, ``spread``, ``fixes``,
``page``.

Reads files, calls the rest of vfslab and prints; nothing here knows how commands
run or how pictures are made. Each part is imported when a command needs it, so
that ``vfslab --help`` and errors are quick. Larger commands have modules of their
own beside this one.

Exit status: 0; 1 where check found a difference, or why or spread a refusal; 2 for what could
not be read, was not allowed or was asked for wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfslab import cli_check, cli_fixes, cli_page, cli_why
from vfslab.cli_input import (
    OWN_MOUNTINFO,
    Trouble,
    check_release,
    read_mountinfo,
    read_transcript,
    trouble_with,
)

if TYPE_CHECKING:
    from vfslab.machine import Machine
    from vfslab.snapshot import Snapshot

BROKEN_PIPE = 128 + 13


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the program's own); the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    try:
        args = parser.parse_args(argv)
        status: int = args.run(args)
        sys.stdout.flush()
    except Trouble as trouble:
        print(f"vfslab {args.command}: {trouble}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # whoever read us is gone; the interpreter must not try to flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vfslab", description="The Linux kernel's mount code in miniature, and the kernel underneath."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a transcript in the model, or on the running kernel")
    run.add_argument("file", metavar="FILE", help="the transcript (sh1# mount …), - for standard input")
    machine = run.add_mutually_exclusive_group()
    machine.add_argument("--release", metavar="R", help="the kernel release to model")
    machine.add_argument(
        "--live", action="store_true", help="run on the kernel of this machine, in a sandbox"
    )
    run.add_argument("--json", action="store_true", help="print one JSON object")
    run.set_defaults(run=_run)

    cli_check.add_parsers(commands)
    cli_fixes.add_parser(commands)
    cli_page.add_parser(commands)

    show = commands.add_parser("show", help="show the tree and the peer groups of a mountinfo")
    show.add_argument(
        "file", metavar="FILE", nargs="?", default=OWN_MOUNTINFO, help=f"default {OWN_MOUNTINFO}, - for stdin"
    )
    form = show.add_mutually_exclusive_group()
    form.add_argument("--dot", action="store_true", help="print it in Graphviz' language")
    form.add_argument("--svg", metavar="OUT", help="draw it into the file OUT, - for standard output")
    show.add_argument("--json", action="store_true", help="print the snapshot as one JSON object")
    show.set_defaults(run=_show)

    cli_why.add_parsers(commands)
    return parser


def _run(args: argparse.Namespace) -> int:
    from vfslab.oracle.live import SandboxEnded
    from vfslab.shell.answer import answer
    from vfslab.shell.session import Session

    text = read_transcript(args.file)
    try:
        with _machine(args) as machine:
            session = Session(machine)
            results = session.run_transcript(text)
            tables = {shell: session.mountinfo(shell) for shell in session.shells}
    except SandboxEnded as ended:
        raise Trouble(f"the sandbox ended: {ended}") from None
    if args.json:
        commands = [result._asdict() for result in results]
        _print_json({"release": machine.release, "commands": commands, "mountinfo": tables})
    else:
        for result in results:
            print(answer(result), end="")
    return 0


def _show(args: argparse.Namespace) -> int:
    if args.dot and args.json:
        raise Trouble("--dot and --json both print to standard output: choose one")
    if args.svg == "-" and args.json:
        raise Trouble("--svg - and --json both print to standard output: choose one")
    snapshot = read_mountinfo(args.file)
    if args.svg:
        _write_svg(args.svg, snapshot)
    if args.json:
        _print_json(snapshot.to_json())
    elif args.dot:
        from vfslab.views import dot

        print(dot.source(snapshot))
    elif not args.svg:
        from vfslab.views.text import tree

        print(tree(snapshot))
    return 0


def _machine(args: argparse.Namespace) -> Machine:
    if args.live:
        from vfslab.oracle.live import NotAllowed, RunningKernel

        try:
            return RunningKernel()
        except NotAllowed as reason:
            raise Trouble(f"the running kernel cannot be asked: {reason}") from None
    from vfslab.kernel.releases import DEFAULT_RELEASE
    from vfslab.model import Model

    check_release(args.release)
    return Model(args.release or DEFAULT_RELEASE)


def _write_svg(out: str, snapshot: Snapshot) -> None:
    from vfslab.views import dot, engine

    try:
        svg = engine.svg(dot.source(snapshot))
    except engine.EngineError as error:
        raise Trouble(str(error)) from None
    if out == "-":
        print(svg)
        return
    try:
        Path(out).write_text(svg, encoding="utf-8")
    except OSError as error:
        raise trouble_with(out, error) from None


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))
