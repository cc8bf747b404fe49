"""``vfslab check`` and ``vfslab record``: transcripts on a real kernel, compared with the model or kept."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vfslab.cli_input import Trouble, called, check_release, read_transcript, shown, trouble_with

if TYPE_CHECKING:
    from vfslab.oracle.compare import Comparison

VM_HELP = "boot this kernel image in a VM, and ask it instead of the running kernel"


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The two commands and their options."""
    parser = commands.add_parser("check", help="run transcripts on both, and tell what differs")
    parser.add_argument("files", metavar="FILE", nargs="+", help="a transcript, - for standard input")
    parser.add_argument("--release", metavar="R", help="the kernel release to model (default: the nearest)")
    parser.add_argument("--vm", metavar="VMLINUZ", help=VM_HELP)
    parser.set_defaults(run=check)

    parser = commands.add_parser("record", help="run transcripts on a kernel, and keep what it answers")
    parser.add_argument("files", metavar="FILE", nargs="+", help="a transcript")
    parser.add_argument(
        "-o", dest="out", metavar="DIR", required=True, help="write DIR/KERNEL/FOLDER/FILE.json"
    )
    parser.add_argument("--vm", metavar="VMLINUZ", help=VM_HELP)
    parser.set_defaults(run=record)


def check(args: argparse.Namespace) -> int:
    """Tell what differs; 1 where anything does."""
    check_release(args.release)
    texts = [(name, read_transcript(name)) for name in args.files]
    status = 0
    for name, comparison in _in_vm(args, texts) if args.vm else _here(args, texts):
        both = f"the model of {comparison.release} and Linux {comparison.kernel}"
        if comparison.differences:
            status = 1
            print(f"{called(name)}: {both} differ")
            for difference in comparison.differences:
                print(shown(difference))
        else:
            print(f"{called(name)}: {both} agree, commands compared: {len(comparison.commands)}")
    return status


def _here(args: argparse.Namespace, texts: list[tuple[str, str]]) -> Iterator[tuple[str, Comparison]]:
    from vfslab.oracle.compare import check
    from vfslab.oracle.live import NotAllowed, SandboxEnded

    for name, text in texts:
        try:
            yield name, check(text, args.release)
        except NotAllowed as reason:
            raise Trouble(f"the running kernel cannot be asked: {reason}") from None
        except SandboxEnded as ended:
            raise Trouble(f"{called(name)}: the sandbox ended: {ended}") from None


def _in_vm(args: argparse.Namespace, texts: list[tuple[str, str]]) -> Iterator[tuple[str, Comparison]]:
    from vfslab.oracle.compare import check_run
    from vfslab.oracle.outcome import read_commands
    from vfslab.oracle.vm import VM, Transcript, VMFailed

    transcripts = [Transcript(called(name), read_commands(text)) for name, text in texts]
    try:
        with VM(Path(args.vm), transcripts) as vm:
            for (name, _), run in zip(texts, vm.runs(), strict=True):
                yield name, check_run(run, args.release)
    except VMFailed as reason:
        raise Trouble(shown(str(reason))) from None


def record(args: argparse.Namespace) -> int:
    """Write a recording for each file, called by its folder and its name."""
    from vfslab.oracle.live import NotAllowed, SandboxEnded
    from vfslab.oracle.outcome import read_commands
    from vfslab.oracle.recording import record_here, record_in_vm, write
    from vfslab.oracle.vm import Transcript, VMFailed

    paths = [Path(name).resolve() for name in args.files]
    names = [f"{path.parent.name}/{path.stem}" for path in paths]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Trouble(f"two transcripts would be called {shown(', '.join(twice))}")
    transcripts = [
        Transcript(name, read_commands(read_transcript(file)))
        for name, file in zip(names, args.files, strict=True)
    ]
    taken = record_in_vm(Path(args.vm), transcripts) if args.vm else record_here(transcripts)
    try:
        for recording in taken:
            print(shown(str(write(recording, Path(args.out)))))
    except NotAllowed as reason:
        raise Trouble(f"the running kernel cannot be asked: {reason}") from None
    except (SandboxEnded, VMFailed) as reason:
        raise Trouble(shown(str(reason))) from None
    except OSError as error:
        raise trouble_with(args.out, error) from None
    return 0
