"""Why a mount command fails on a machine, or what it would do there: a model of its mountinfo answers.

``explain`` runs the command and collects what there is to say; ``str`` of its answer
says it. What a mountinfo cannot tell is listed, never guessed.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .consequences import consequences
from .kernel.flags import (
    MNT_DETACH,
    MS_BIND,
    MS_MOVE,
    MS_PROPAGATION,
    MS_REC,
    MS_REMOUNT,
    OPEN_TREE_CLONE,
)
from .load import NOT_LISTED, load
from .shell.answer import escaped
from .shell.session import CommandResult, Session
from .shell.transcript import Line, parse
from .shell.words import WordError
from .snapshot import Snapshot
from .spell import spell
from .suppose import Made, Supposing, paths


class NothingToExplain(ValueError):
    """A command that makes no mount call, or none that can be read; the text is for people."""


@dataclass(frozen=True)
class Explanation:
    """What became of the mount calls of some commands in the model of a release.

    ``table`` is the mountinfo that the caller would read afterwards;
    ``changes`` are the lines of ``consequences``; ``supposed`` is what
    was taken to be so, ``unknown`` what the answer hangs on and no mountinfo tells.
    """

    release: str
    results: tuple[CommandResult, ...]
    made: tuple[Made, ...]
    table: str
    changes: tuple[str, ...]
    supposed: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def succeeds(self) -> bool:
        """Whether all the commands did what they were asked to."""
        return not self.results[-1].status

    def __str__(self) -> str:
        return "\n".join(escaped(line, keep="") for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for call in self.made:
            outcome = call.answer.errno or "success"
            yield f"{spell(call.name, call.args)} = {outcome}"
            if call.answer.errno:
                yield f"    check:  {call.answer.reason}"
                yield f"    remedy: {call.answer.remedy}"
        yield from (f"    {line}" for line in self.changes)
        supposed = (f"Linux {self.release}", "a caller with all rights", "no symbolic links", *self.supposed)
        yield f"supposed: {'; '.join(supposed)}"
        if self.succeeds and self.unknown:
            yield "what a mountinfo does not tell, and may be another answer:"
            yield from (f"    {line}" for line in self.unknown)


def explain(
    command: Sequence[str], snapshot: Snapshot, release: str, files: Iterable[str] = ()
) -> Explanation:
    """Run a command in a model of ``release`` with the mounts of ``snapshot``, as its first task.

    ``command`` is the words of one command, or one string: a transcript, of which the first command
    that fails is the last that runs. ``files`` are paths that are files and no directories.
    Raises NothingToExplain, LoadError for a snapshot that cannot be, ValueError for ``files`` that
    cannot be, TranscriptError for a transcript that cannot be read.
    """
    model = Supposing(load(snapshot, release), files)
    session = Session(model)
    before = model.snapshot()
    results = list(_run(session, command))
    if not model.made:
        raise NothingToExplain(_nothing(results))
    task = model.kernel.init
    after = model.snapshot()
    return Explanation(
        release,
        tuple(results),
        tuple(model.made),
        after.mountinfo(task.pid),
        tuple(consequences(before, after, task.pid)),
        tuple(model.supposed),
        tuple(_unknown(model.made, before, after)),
    )


def _run(session: Session, command: Sequence[str]) -> Iterator[CommandResult]:
    """Run one command after the other until one fails."""
    try:
        lines = [Line(1, "sh1", shlex.join(command), ())] if command else []
        if len(command) == 1:
            lines = parse(command[0])
        for line in lines:
            result = session.run(line.shell, line.command)
            yield result
            if result.status:
                return
    except WordError as error:
        raise NothingToExplain(error.message) from None


def _nothing(results: list[CommandResult]) -> str:
    said = results[-1].stderr.partition("\n")[0] if results else "there is no command"
    hint = ""
    if results and results[-1].command.startswith("mount ") and results[-1].status:
        hint = "; what is on a device is not known here, so name the type: mount -t TYPE"
    return f"no mount call is made: {said or 'the command only looks'}{hint}"


class _Unknown(NamedTuple):
    """Something that no mountinfo tells, and the calls whose answer hangs on it."""

    text: str
    matters: Callable[[str, tuple[Any, ...]], bool]


def _moves(name: str, args: tuple[Any, ...]) -> bool:
    return name == "move_mount" or (name == "mount" and bool(args[3] & MS_MOVE))


def _copies(name: str, args: tuple[Any, ...]) -> bool:
    binds = name == "mount" and args[3] & (MS_BIND | MS_REC | MS_REMOUNT) == MS_BIND
    return binds or (name == "open_tree" and bool(args[2] & OPEN_TREE_CLONE))


def _remounts(name: str, args: tuple[Any, ...]) -> bool:
    return name == "mount_setattr" or (name == "mount" and bool(args[3] & MS_REMOUNT))


def _is_new(name: str, args: tuple[Any, ...]) -> bool:
    other = MS_BIND | MS_MOVE | MS_PROPAGATION
    return name in ("fsopen", "fsconfig", "fsmount") or (name == "mount" and not args[3] & other)


_UNKNOWN = (
    _Unknown(
        "the working directory, from which relative paths start: / is taken for it",
        lambda name, args: any(not path.startswith("/") for path in paths(name, args)),
    ),
    _Unknown(
        "which mounts are locked where they are, as those are that a user namespace was given: EINVAL",
        lambda name, args: name in ("umount2", "pivot_root") or _moves(name, args) or _copies(name, args),
    ),
    _Unknown("which flags are locked: EPERM", _remounts),
    _Unknown("what is open for writing: EBUSY", _remounts),
    _Unknown(
        "who stands or has a file open on it, or on a counterpart that would go with it: EBUSY",
        lambda name, args: name == "umount2" and not args[1] & MNT_DETACH,
    ),
    _Unknown("what the filesystem itself says to its source and options", _is_new),
    _Unknown(
        "whether what the root mount lies on is shared: EINVAL", lambda name, args: name == "pivot_root"
    ),
)


def _unknown(made: list[Made], before: Snapshot, after: Snapshot) -> Iterator[str]:
    for unknown in _UNKNOWN:
        if any(unknown.matters(call.name, call.args) for call in made):
            yield unknown.text
    parents = [
        after.mounts[mount.parent] for mount in before.diff(after).added if mount.ns in before.namespaces
    ]
    yield from (
        f"mount {parent.mount_id}, in which the caller's root is a directory: whether it is shared"
        for parent in parents
        if parent.source == NOT_LISTED
    )
    if any(parent.shared for parent in parents):
        yield "the other mount namespaces, where copies may appear: vfslab spread looks there"
