"""Commands about processes and their namespaces: clone, exit, unshare, nsenter, setpriv.

unshare, nsenter and setpriv change this very shell, which goes on as it then is, where
the real ones would start another program so. Root is the one user there is. Words and
exit statuses: util-linux 2.38.1; clone and exit are the shell's own.
"""

from __future__ import annotations

import re

from vfslab.calls import CALLS, CLONE_FLAGS, Call
from vfslab.kernel.flags import (
    AT_FDCWD,
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_PRIVATE,
    MS_REC,
    MS_SHARED,
    MS_SLAVE,
    O_RDONLY,
)
from vfslab.machine import Answer
from vfslab.shell.call_words import arguments, shell_name, usage, vocabulary
from vfslab.shell.messages import strerror
from vfslab.shell.options import Arguments, flags
from vfslab.shell.process import UTIL_LINUX, Exit, Process, Tool

# a program that may be named: this shell is it
SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")
CAPABILITIES = ("sys_admin", "sys_chroot")
_PROPAGATION = {
    "slave": MS_REC | MS_SLAVE,
    "private": MS_REC | MS_PRIVATE,
    "shared": MS_REC | MS_SHARED,
    "unchanged": 0,
}
# nsenter's namespaces in its order: their option, their flag, their file
_ENTERED = (("user", CLONE_NEWUSER, "ns/user"), ("mount", CLONE_NEWNS, "ns/mnt"))
_CLONE = Call(CALLS["clone"].parameters[:1], "nothing", "")


def clone(process: Process, given: Arguments) -> int:
    """clone(2): a new shell, in new namespaces where flags ask for them."""
    if not given.operands:
        process.misuse("missing SHELL")
    shell = shell_name(process, given.operands[0])
    (clone_flags,) = arguments(process, _CLONE, given.operands[1:])
    if unknown := clone_flags & ~CLONE_FLAGS:
        process.misuse(f"no shell can be made with the flags {unknown:#x}")
    answer = process.call("clone", clone_flags, shell)
    if answer.errno:
        process.fail(answer, strerror(answer.errno))
        return 1
    process.shells.start(shell, process.shell)
    return 0


def exit_(process: Process, given: Arguments) -> int:
    """The end of this shell, with all that it held."""
    if process.shell == process.shells.living[0]:
        process.warn("the first shell is the parent of all others: it stays until the end")
        return 1
    process.machine.exit(process.shell)
    process.shells.end(process.shell)
    return 0


def program(process: Process, operands: tuple[str, ...], message: str) -> None:
    """End the command where another program than a shell is to be run: ``message`` says that of "{}"."""
    if operands and (operands[0] not in SHELLS or operands[1:]):
        process.warn(message.format(operands[0]))
        raise Exit(127)


def unshare(process: Process, given: Arguments) -> int:
    """unshare(1): move this shell to new namespaces, then change the propagation of its mounts."""
    propagation = "private"
    for option in given.options:
        if option.name == "propagation":
            propagation = option.value or ""
            if propagation not in _PROPAGATION:
                process.warn(f"unsupported propagation mode: {propagation}")
                return 1
        elif option.value is not None:
            process.misuse(f"a namespace cannot be kept in a file here: --{option.name} takes no argument")
    if given.has("user") and not given.has("map-root-user"):
        process.misuse("--user alone would make a user who is not root: the model knows root alone, add -r")
    program(process, given.operands, "failed to execute {}: only this shell goes on in the new namespace")
    namespaces = CLONE_NEWNS if given.has("mount") else 0
    namespaces |= CLONE_NEWUSER if given.has("map-root-user") else 0
    if not namespaces:
        return 0
    answer = process.call("unshare", namespaces)
    if answer.errno:
        process.fail(answer, f"unshare failed: {strerror(answer.errno)}")
        return 1
    if given.has("mount") and _PROPAGATION[propagation]:
        answer = process.call("mount", "none", "/", None, _PROPAGATION[propagation], None)
    if answer.errno:
        process.fail(answer, f"cannot change root filesystem propagation: {strerror(answer.errno)}")
        return 1
    return 0


def nsenter(process: Process, given: Arguments) -> int:
    """nsenter(1): enter the namespaces of another shell, or of a file.

    It tries all but the user namespace first, then the user namespace, then again what was refused.
    """
    program(process, given.operands, "failed to execute {}: only this shell goes on in the namespace")
    opened: list[tuple[int, str, int]] = []
    for option, kind, name in _ENTERED:
        if given.has(option):
            path = given.last(option) or _path_of(process, given.last("target"), name)
            answer = process.call("openat", AT_FDCWD, path, O_RDONLY)
            if answer.errno:
                process.fail(answer, f"cannot open {path}: {strerror(answer.errno)}")
                _close(process, [fd for _, _, fd in opened])
                return 1
            opened.append((kind, name, answer.value))
    for kind, name, fd in [entry for entry in opened if entry[0] != CLONE_NEWUSER]:
        if not process.call("setns", fd, kind).errno:
            opened.remove((kind, name, fd))
            _close(process, [fd])
    answer = Answer()
    while opened and not answer.errno:
        kind, name, fd = opened[0]
        answer = process.call("setns", fd, kind)
        if answer.errno:
            process.fail(answer, f"reassociate to namespace '{name}' failed: {strerror(answer.errno)}")
        else:
            opened.pop(0)
            _close(process, [fd])
    _close(process, [fd for _, _, fd in opened])
    return 1 if answer.errno else 0


def _path_of(process: Process, target: str | None, name: str) -> str:
    if target is None:
        process.warn(f"neither filename nor target pid supplied for {name}")
        raise Exit(1)
    if not re.fullmatch(r"sh[1-9][0-9]*", target):
        process.warn(f"'{target}' is no shell: the target is sh1, sh2, …")
        raise Exit(1)
    return f"/proc/{target}/{name}"


def _close(process: Process, descriptors: list[int]) -> None:
    """What the real program's end closes."""
    for fd in descriptors:
        process.call("close", fd)


def setpriv(process: Process, given: Arguments) -> int:
    """setpriv(1): drop capabilities for good. They are gone at once, the real ones with the next program."""
    program(process, given.operands, "failed to execute {}: only this shell goes on with what it has left")
    dropped = []
    for word in (given.last("bounding-set") or "").split(","):
        sign, name = word[:1], word[1:]
        if sign not in ("+", "-") and word:
            process.warn("bad capability string")
            return 1
        if sign == "+":
            process.misuse(f"'{word}': capabilities are only dropped here")
        if word and name not in CAPABILITIES:
            process.misuse(f"'{word}': the capabilities that are known here are {' and '.join(CAPABILITIES)}")
        dropped += [f"CAP_{name.upper()}"] if word else []
    if not dropped:
        return 0
    answer = process.call("capset", dropped)
    if answer.errno:
        process.fail(answer, f"apply bounding set: {strerror(answer.errno)}")
        return 1
    return 0


TOOLS = (
    Tool(
        "clone",
        clone,
        "\n".join(
            [f"SHELL {usage(_CLONE)}", "  a new shell that is a child of this one", *vocabulary(_CLONE)]
        ),
        flags("--help"),
        usage_status=2,
    ),
    Tool("exit", exit_, "", usage_status=2, builtin=True),
    Tool(
        "unshare",
        unshare,
        "[-r] [-m] [--propagation private|shared|slave|unchanged]",
        flags("-m --mount=?", "-U --user=?", "-r --map-root-user", "--propagation=") + UTIL_LINUX,
        flags("-u --uts=?", "-i --ipc=?", "-n --net=?", "-p --pid=?", "-C --cgroup=?")
        + flags("-T --time=?", "-f --fork", "-c --map-current-user", "--map-auto")
        + flags("--map-user=", "--map-group=", "--map-users=", "--map-groups=", "--kill-child=?")
        + flags("--mount-proc=?", "--setgroups=", "--keep-caps", "-R --root=", "-w --wd=", "-S --setuid=")
        + flags("-G --setgid=", "--monotonic=", "--boottime="),
        permute=False,
    ),
    Tool(
        "nsenter",
        nsenter,
        "[-t SHELL] [-U] [-m] [--user=FILE] [--mount=FILE]",
        flags("-t --target=", "-m --mount=?", "-U --user=?", "--preserve-credentials", "-F --no-fork")
        + UTIL_LINUX,
        flags(
            "-a --all", "-u --uts=?", "-i --ipc=?", "-n --net=?", "-p --pid=?", "-C --cgroup=?", "-T --time=?"
        )
        + flags(
            "-S --setuid=", "-G --setgid=", "-r --root=?", "-w --wd=?", "-W --wdns=?", "-Z --follow-context"
        ),
        permute=False,
    ),
    Tool(
        "setpriv",
        setpriv,
        "--bounding-set=-CAPABILITY[,-CAPABILITY]...\n  CAPABILITY: " + ", ".join(CAPABILITIES),
        flags("--bounding-set=") + UTIL_LINUX,
        flags("-d --dump", "--nnp --no-new-privs", "--ambient-caps=", "--inh-caps=", "--list-caps")
        + flags("--ruid=", "--euid=", "--rgid=", "--egid=", "--reuid=", "--regid=", "--clear-groups")
        + flags("--keep-groups", "--init-groups", "--groups=", "--securebits=", "--pdeathsig=")
        + flags("--selinux-label=", "--apparmor-profile=", "--reset-env"),
        permute=False,
    ),
)
