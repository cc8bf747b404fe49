"""System calls as commands: open_tree, move_mount, fsopen, mount_setattr, statmount and the others.

The words are those of the man pages; a call that has the name of a command is spelled
behind "syscall". What a call gives is printed, or kept: ``F = open_tree AT_FDCWD /a OPEN_TREE_CLONE``.
A descriptor that no name keeps is closed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vfslab.calls import CALLS, Call, words
from vfslab.mountinfo import escape_path
from vfslab.shell.call_words import arguments, usage, vocabulary
from vfslab.shell.messages import strerror
from vfslab.shell.names import CLOSED, Kept
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import Process, Tool
from vfslab.spell import flag_words

REFUSED, MISUSED = 1, 2

# calls whose names are no commands
SPELLED = (
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "mount_setattr",
    "statmount",
    "listmount",
    "statx",
    "openat",
    "close",
    "fchdir",
    "read",
    "pipe",
    "memfd_create",
    "pidfd_open",
    "ns_get_mntns_id",
    "setns",
    "umount2",
)
# from what a call gives the number that a name keeps of it
_KEPT: dict[str, Callable[[Any], int | None]] = {
    "statx": lambda record: record["mnt_id_unique"],
    "listmount": lambda ids: ids[-1] if ids else None,
}
# the fields of struct statmount in its order, and how the numbers among them are printed
_STATMOUNT: dict[str, Callable[[Any], str]] = {
    "sb_dev_major": str,
    "sb_dev_minor": str,
    "sb_magic": hex,
    "sb_flags": lambda value: flag_words(value, words("SB_")),
    "fs_type": escape_path,
    "mnt_id": str,
    "mnt_parent_id": str,
    "mnt_id_old": str,
    "mnt_parent_id_old": str,
    "mnt_attr": lambda value: flag_words(value, words("MOUNT_ATTR_")),
    "mnt_propagation": lambda value: flag_words(value, words("MS_")),
    "mnt_peer_group": str,
    "mnt_master": str,
    "propagate_from": str,
    "mnt_root": escape_path,
    "mnt_point": escape_path,
    "mnt_ns_id": str,
    "fs_subtype": escape_path,
    "sb_source": escape_path,
    "mnt_opts": escape_path,
    "opt_array": lambda options: " ".join(map(escape_path, options)),
    "opt_sec_array": lambda options: " ".join(map(escape_path, options)),
    "supported_mask": hex,
    "mnt_uidmap": lambda lines: ",".join(map(escape_path, lines)),
    "mnt_gidmap": lambda lines: ",".join(map(escape_path, lines)),
}


def syscall(process: Process, given: Arguments) -> int:
    """syscall(2): any call of the table by its name."""
    if not given.operands:
        process.misuse("missing NAME")
    name, *rest = given.operands
    if name not in CALLS or name == "clone":
        known = ", ".join(call for call in CALLS if call != "clone")
        process.misuse(f"there is no call '{name}' here: {known}")
    return make(process, name, rest)


def make(process: Process, name: str, spelled: Sequence[str]) -> int:
    """Make a call of which the words are ``spelled``; keep or print what it gives."""
    call = CALLS[name]
    if process.keep and not (call.gives in ("fd", "id") or name in _KEPT):
        process.misuse(f"{name} gives no number that {process.keep} could keep")
    args = arguments(process, call, spelled)
    answer = process.call(name, *args)
    if answer.errno:
        process.fail(
            answer,
            f"{name}: {strerror(answer.errno)}" if process.tool.name != name else strerror(answer.errno),
        )
        return REFUSED
    if name == "close" and spelled[0] in process.names:
        process.names[spelled[0]] = Kept(CLOSED, True)
    if process.keep:
        return _keep(process, process.keep, call, number_of(name, answer.value))
    if call.gives == "fd":
        process.call("close", answer.value)
    else:
        _print(process, name, answer.value)
    return 0


def number_of(call: str, value: Any) -> int | None:
    """The number that a name keeps of what a call gave, None where there is none."""
    return _KEPT.get(call, int)(value)


def _keep(process: Process, name: str, call: Call, number: int | None) -> int:
    """Let ``name`` stand for the number, and close the descriptor for which it stood."""
    if number is None:
        process.warn(f"there is no id that {name} could keep")
        return REFUSED
    before = process.names.get(name)
    if before and before.is_open:
        process.call("close", before.number)
    process.names[name] = Kept(number, call.gives == "fd")
    return 0


def _print(process: Process, name: str, value: Any) -> None:
    """What a call gave, for people: a record as "field: value", a list as one to the line."""
    match value:
        case None:
            return
        case str() if CALLS[name].gives == "text":
            process.out.append(value)
        case dict() if name == "statmount":
            for field, form in _STATMOUNT.items():
                if field in value:
                    process.print(f"{field}: {form(value[field])}".rstrip(" "))
        case dict():
            for field, content in value.items():
                process.print(f"{field}: {_shown(content)}")
        case list():
            for content in value:
                process.print(str(content))
        case _:
            process.print(str(value))


def _shown(content: int | bool | None) -> str:
    """A field of a record: a number, yes or no, "-" for what the kernel does not tell."""
    if content is None:
        return "-"
    return ("no", "yes")[content] if isinstance(content, bool) else str(content)


def _tool(name: str) -> Tool:
    call = CALLS[name]
    said = [usage(call), f"  {call.purpose}", *vocabulary(call)]
    return Tool(
        name,
        lambda process, given: make(process, name, given.operands),
        "\n".join(filter(None, said)).lstrip(),
        flags("--help"),
        usage_status=MISUSED,
        call=True,
    )


TOOLS = (
    *map(_tool, SPELLED),
    Tool(
        "syscall",
        syscall,
        "NAME [ARGUMENT]...\n  a system call of which the name is a command's: syscall unshare CLONE_NEWNS",
        flags("--help"),
        usage_status=MISUSED,
        call=True,
    ),
)
