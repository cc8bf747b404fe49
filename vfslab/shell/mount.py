"""mount(8): the table of mounts, and mount(2) the classic way.

Paths go to the kernel as they were given, where libmount would make them
canonical first, so that "." and ".." mean what the kernel makes of them. There
is no fstab and there are no block devices. Behaviour and words: util-linux
2.38.1, ``sys-utils/mount.c`` and ``libmount/src/context_mount.c``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vfslab.kernel.flags import MS_BIND, MS_MOVE, MS_REMOUNT, MS_SILENT
from vfslab.machine import Answer
from vfslab.shell import mount_options, mount_table
from vfslab.shell.files import ancestors
from vfslab.shell.messages import visible
from vfslab.shell.mount_explain import explain
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Exit, Process, Tool

_OPERATIONS = ("bind", "move", "rbind")
_TAG = re.compile(r"(LABEL|UUID|PARTLABEL|PARTUUID|ID)=")
MOUNT_FAILED = 32


@dataclass
class Request:
    """What one run of mount asks for. ``source`` is None where none was named."""

    source: str | None
    target: str
    types: str | None
    options: mount_options.Options
    fake: bool = False

    @property
    def kernel_source(self) -> str:
        return "none" if self.source is None else self.source

    @property
    def only_propagation(self) -> bool:
        """Whether types are changed and nothing is mounted: mnt_context_propagation_only()."""
        quiet = self.options.flags & ~MS_SILENT == 0
        return bool(self.options.propagation) and self.source is None and self.types is None and quiet

    @property
    def binds_with_flags(self) -> bool:
        """Whether a new bind is to have flags of its own, for which it takes a remount."""
        new_bind = self.options.flags & (MS_BIND | MS_REMOUNT) == MS_BIND
        return new_bind and bool(self.options.flags & mount_options.BIND_SETTABLE)


def mount(process: Process, arguments: Arguments) -> int:
    """mount(8)."""
    operations = {option.name for option in arguments.options if option.name in _OPERATIONS}
    if len(operations) > 1:
        process.warn(f"mutually exclusive arguments: {' '.join(f'--{name}' for name in _OPERATIONS)}")
        return 1
    source, target = arguments.last("source"), arguments.last("target")
    words = _words(arguments)
    if source is None and target is None and not arguments.operands and not arguments.has("all"):
        if words:
            process.misuse("bad usage")
        _list(process, arguments.last("types"))
        return 0
    if operations and (arguments.has("types") or arguments.has("all") or source is not None):
        process.misuse("bad usage")
    if arguments.has("all"):
        return 0  # all of a fstab that has no lines
    request = _request(process, arguments, words)
    _perform(process, request)
    if arguments.has("verbose"):
        _report(process, request)
    return 0


def _words(arguments: Arguments) -> list[str]:
    """All options in the order given, those with a flag of their own too."""
    words: list[str] = []
    for option in arguments.options:
        name = option.name
        if name == "options":
            words += (option.value or "").split(",")
        elif name in _OPERATIONS:
            words.append(name)
        elif name == "read-only":
            words.append("ro")
        elif name == "read-write":
            words.append("rw")
        elif name == "mkdir":
            words.append(mount_options.MKDIR)
        elif name.startswith("make-"):
            words.append(name.removeprefix("make-"))
    return words


def _request(process: Process, arguments: Arguments, words: list[str]) -> Request:
    """Who is to be mounted where, with the table's help where one of them is not named."""
    source, target, operands = arguments.last("source"), arguments.last("target"), arguments.operands
    missing = "can't find in /etc/fstab"
    if len(operands) == 2 and source is None and target is None:
        source, target = operands
    elif len(operands) == 1 and (source is None or target is None):
        if target is None:
            target = operands[0]
        else:
            source = operands[0]
    elif operands:
        process.misuse("bad usage")
    elif target is None:
        missing = f"can't find mount source {source} in /etc/fstab"
    elif source is None:
        missing = "can't find mount point in /etc/fstab"

    types = arguments.last("types")
    options = mount_options.parse(words)
    named_by_flags = any(o.name in _OPERATIONS or o.name.startswith("make-") for o in arguments.options)
    if target is not None and source is None and options.flags & MS_REMOUNT:
        entries = process.mounts()
        entry = mount_table.find_target(entries, process.absolute(target))
        if entry is None:
            entry = mount_table.find_source(entries, target)
            target = entry.mountpoint if entry else target
        if entry:
            source = entry.source
            options = mount_options.parse([*mount_table.options(entry).split(","), *words])
    elif target is None or (source is None and not named_by_flags):
        process.warn(f"{target if target is not None else source}: {missing}.")
        raise Exit(1)
    if source is not None and _TAG.match(source):
        process.warn(f"{target}: can't find {source}.")
        raise Exit(1)
    assert target is not None
    return Request(source, target, types, options, arguments.has("fake"))


def _perform(process: Process, request: Request) -> None:
    """The calls of one mount: itself, changes of its type, what a bind ignored."""
    options = request.options
    if options.mkdir and process.call("stat", request.target).errno == "ENOENT":
        _make_target(process, request.target)
    if not request.only_propagation:
        _mount_itself(process, request)
    later = list(options.propagation)
    if request.binds_with_flags:
        later.append(options.flags | MS_REMOUNT)
    for more in later:
        answer = _call(process, request, "none", None, more, None)
        if not answer.errno:
            continue
        if request.only_propagation:
            explain(process, request.source, request.target, None, more, answer)
        else:
            # libmount has a number for it (MNT_ERR_APPLYFLAGS), the C library no words for that number
            trouble = "filesystem was mounted, but any subsequent operation failed: Unknown error 5005"
            process.fail(answer, f"{request.target}: {trouble}.")
        raise Exit(MOUNT_FAILED)


def _mount_itself(process: Process, request: Request) -> None:
    options = request.options
    if options.flags & MS_MOVE and not options.flags & MS_BIND and request.source is None:
        process.warn(f"{request.target}: mount failed: Invalid argument.")
        raise Exit(1)
    if options.flags & (MS_BIND | MS_MOVE | MS_REMOUNT):
        types: list[str | None] = [None]
    elif request.types is None or request.types == "auto" or request.types.startswith("no"):
        _refuse_device(process, request)
        return
    else:
        types = [*request.types.split(",")]
    for fstype in types:
        silent = MS_SILENT if len(types) > 1 else 0
        answer = _call(process, request, request.kernel_source, fstype, options.flags | silent, options.data)
        if answer.errno not in ("ENODEV", "EINVAL"):
            break
    if answer.errno:
        fstype = types[0] if len(types) == 1 else None
        asked = options.flags | (MS_REMOUNT if request.binds_with_flags else 0)
        explain(process, request.source, request.target, fstype, asked, answer)
        raise Exit(MOUNT_FAILED)


def _refuse_device(process: Process, request: Request) -> None:
    """Without a type the source has to be a block device, and there are none."""
    answer = process.call("stat", request.target)
    if not answer.errno:
        answer = process.call("stat", request.kernel_source)
    if not answer.errno:
        answer = Answer(errno="ENOTBLK")
    explain(process, request.source, request.target, None, request.options.flags, answer)
    raise Exit(MOUNT_FAILED)


def _call(
    process: Process, request: Request, source: str, fstype: str | None, ms_flags: int, data: str | None
) -> Answer:
    if request.fake:
        return Answer()
    return process.call("mount", source, request.target, fstype, ms_flags, data)


def _make_target(process: Process, target: str) -> None:
    for directory in ancestors(target):
        answer = process.call("mkdir", directory)
        if answer.errno and not process.stat(directory):
            process.fail(answer, f"{target}: mount point does not exist.")
            raise Exit(1)


def _report(process: Process, request: Request) -> None:
    source, target, done = request.kernel_source, request.target, request.options.flags
    if done & MS_MOVE:
        process.print(f"mount: {source} moved to {target}.")
    elif done & MS_BIND:
        process.print(f"mount: {source} bound on {target}.")
    elif request.options.propagation:
        if source != "none":
            process.print(f"mount: {source} mounted on {target}.")
        process.print(f"mount: {target} propagation flags changed.")
    else:
        process.print(f"mount: {source} mounted on {target}.")


def _list(process: Process, types: str | None) -> None:
    for entry in process.mounts():
        if types is None or mount_table.matches(entry.fstype, types):
            where = f"{visible(entry.source)} on {visible(entry.mountpoint)}"
            process.print(f"{where} type {entry.fstype} ({mount_table.options(entry)})")


TOOLS = (
    Tool(
        "mount",
        mount,
        "[-l] [-t TYPES] | [-t TYPE] [-o OPTIONS] SOURCE TARGET | --bind|--rbind|--move SOURCE TARGET"
        " | --make-[r]shared|slave|private|unbindable TARGET | -o remount[,OPTIONS] TARGET",
        flags("-a --all", "-c --no-canonicalize", "-f --fake", "-i --internal-only", "-l --show-labels")
        + flags("-m --mkdir=?", "-n --no-mtab", "-o --options=", "-r --read-only", "-s", "-t --types=")
        + flags("--source=", "--target=", "-v --verbose", "-w --read-write --rw")
        + flags("-B --bind", "-M --move", "-R --rbind")
        + flags(*(f"--make-{word}" for word in mount_options.PROPAGATION))
        + UTIL_LINUX,
        flags("-F --fork", "-T --fstab=", "-L --label=", "-U --uuid=", "-N --namespace=", "-O --test-opts=")
        + flags("--options-mode=", "--options-source=", "--options-source-force", "--target-prefix="),
    ),
)
