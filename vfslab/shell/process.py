"""What one command sees while it runs: its shell's system calls, its output, its failure.

The commands themselves, and which machine answers the calls, are not known here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from vfslab import mountinfo
from vfslab.calls import CALLS
from vfslab.machine import Answer, Machine, Stat
from vfslab.shell.messages import strerror
from vfslab.shell.names import NAME, Kept, Shells
from vfslab.shell.options import Arguments, Flag, UsageError, flags, getopt

_NAMED_DESCRIPTOR = re.compile(rf"^/proc/self/fd/(?P<name>{NAME.pattern})(?=/|$)")
UTIL_LINUX = flags("-h --help", "-V --version")
COREUTILS = flags("--help", "--version")


class Exit(Exception):
    """The command ends here with ``status``; what it had to say is said."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Tool(NamedTuple):
    """A command: its name, its function, how it is called, and which flags there are.

    ``flags`` is what it does, ``beyond`` what the real tool does besides.
    ``usage_status`` is its exit status when called wrongly, ``permute`` whether
    flags may follow operands, ``builtin`` whether the shell itself does it.
    ``call`` says that it is a system call: its words are arguments as they stand, and
    what it gives may be kept under a name.
    """

    name: str
    run: Callable[[Process, Arguments], int]
    usage: str
    flags: tuple[Flag, ...] = ()
    beyond: tuple[Flag, ...] = ()
    usage_status: int = 1
    permute: bool = True
    builtin: bool = False
    call: bool = False


@dataclass
class Process:
    """One run of one command in one shell.

    ``refused`` is the first refusal that made the command fail, None while there is none.
    ``keep`` is the name under which to keep what a call gives.
    """

    machine: Machine
    shell: str
    tool: Tool
    shells: Shells
    keep: str | None = None
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    refused: Answer | None = None

    @property
    def names(self) -> dict[str, Kept]:
        """What this shell keeps under names."""
        return self.shells.names(self.shell)

    def call(self, name: str, *args: Any) -> Answer:
        """Make a system call; see ``vfslab.calls``.

        In a path a name stands for its descriptor: /proc/self/fd/F. Raises Exit where it stands for none.
        """
        kinds = [parameter.kind for parameter in CALLS[name].parameters]
        numbered = [
            self.with_numbers(arg) if kind == "path" and arg else arg
            for kind, arg in zip(kinds, args, strict=True)
        ]
        return self.machine.call(self.shell, name, *numbered)

    def with_numbers(self, path: str) -> str:
        """``path`` with the number of a descriptor in the place of its name. Raises Exit without one."""
        return _NAMED_DESCRIPTOR.sub(self._number, path, count=1)

    def _number(self, path: re.Match[str]) -> str:
        kept = self.names.get(path["name"])
        if kept is None or not kept.descriptor:
            self.warn(f"{path[0]}: no descriptor is kept under the name {path['name']}")
            raise Exit(self.tool.usage_status)
        return f"/proc/self/fd/{kept.number}"

    def stat(self, path: str) -> Stat | None:
        """What stat(2) says of ``path``, None when it fails."""
        answer = self.call("stat", path)
        return None if answer.errno else answer.value

    def print(self, line: str) -> None:
        """A line of standard output."""
        self.out.append(f"{line}\n")

    def warn(self, message: str) -> None:
        """A line of standard error, behind the command's name."""
        prefix = f"{self.shell}: " if self.tool.builtin else ""
        self.err.append(f"{prefix}{self.tool.name}: {message}\n")

    def fail(self, refused: Answer, message: str) -> None:
        """Say why a system call that was refused makes the command fail."""
        self.warn(message)
        self.refused = self.refused or refused

    def misuse(self, message: str) -> NoReturn:
        """The command was called wrongly: say how, point to the help, end."""
        self.warn(message)
        if self.tool.builtin:
            self.err.append(f"{self.tool.name}: usage: {self.tool.name} {self.tool.usage}\n")
        else:
            speaker = "diff: " if self.tool.name == "diff" else ""
            self.err.append(f"{speaker}Try '{self.tool.name} --help' for more information.\n")
        raise Exit(self.tool.usage_status)

    def mounts(self) -> list[mountinfo.Entry]:
        """The shell's /proc/self/mountinfo, read. Raises Exit when the machine refuses it."""
        answer = self.call("mountinfo")
        if answer.errno:
            self.fail(answer, f"/proc/self/mountinfo: {strerror(answer.errno)}")
            raise Exit(1)
        return mountinfo.parse(answer.value)

    def absolute(self, path: str) -> str:
        """``path`` made absolute and freed of ".", ".." and doubled slashes, as by realpath(3).

        The text alone decides: a symbolic link is taken for a directory. A relative path
        stays as it is while the cwd has no name.
        """
        if not path.startswith("/"):
            cwd = self.call("getcwd")
            if cwd.errno or not cwd.value.startswith("/"):
                return path
            path = f"{cwd.value}/{path}"
        return posixpath.normpath("/" + path.lstrip("/"))


def execute(process: Process, args: list[str]) -> int:
    """Run the process's tool: read its flags, call its function; its exit status."""
    tool = process.tool
    try:
        if tool.call and args != ["--help"]:
            return tool.run(process, Arguments((), tuple(args)))
        try:
            arguments = getopt((*tool.flags, *tool.beyond), args, tool.permute)
        except UsageError as error:
            process.misuse(str(error))
        for given in arguments.options:
            if given.name == "help":
                process.print(f"Usage: {tool.name} {tool.usage}")
                return 0
            if given.name == "version":
                process.print(f"{tool.name} from vfslab")
                return 0
            if flag := next((flag for flag in tool.beyond if flag.name == given.name), None):
                spelling = f"--{flag.long[0]}" if flag.long else f"-{flag.short}"
                process.misuse(f"option '{spelling}' of the real {tool.name} is not modelled here")
        return tool.run(process, arguments)
    except Exit as end:
        return end.status
