"""Where a mount made at a path would appear: in which namespaces, on which paths, and why not in the others.

Asked of a model that is loaded with the mountinfo of each namespace. Where the tables come from
is not known here, nor who reads the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from .kernel import Refused
from .kernel.namei import user_path_at
from .kernel.objects import Mount
from .kernel.peers import is_shared, receivers
from .kernel.tasks import Task
from .kernel.vfsmount import path_put
from .load import NOT_LISTED, load
from .mountinfo import printable
from .shell.answer import escaped
from .snapshot import Snapshot
from .suppose import Supposing

_WIDEST = 40
_HERE = "here"


class Appearance(NamedTuple):
    """A place where the mount is seen.

    ``table`` is the name of the table of which ``path`` is a path; ``how`` the mount got there: "here", "peer
    (shared:5)" or "slave (master:5)". ``beneath`` names the mount that hides it; empty where nothing does.
    """

    table: str
    path: str
    how: str
    beneath: str


class Absence(NamedTuple):
    """A table in which the mount is not seen, or a mount of it that gets no copy, and why."""

    table: str
    reason: str


@dataclass(frozen=True)
class Spread:
    """Where a mount made at ``path`` appears. ``refusal`` is why none can be made there, None where one can.

    ``place`` names the mount that the path lies on, with its propagation type; ``shared`` tells
    whether namespaces that were not looked at may receive a copy, too.
    """

    path: str
    refusal: Refused | None
    place: str = ""
    shared: bool = False
    appearances: tuple[Appearance, ...] = ()
    absences: tuple[Absence, ...] = ()

    def __str__(self) -> str:
        return "\n".join(escaped(line, keep="") for line in self._lines())

    def _lines(self) -> Iterator[str]:
        path = printable(self.path)
        if self.refusal is not None:
            yield f"nothing can be mounted on {path}: {self.refusal.errno}"
            yield f"    check:  {self.refusal.reason}"
            yield f"    remedy: {self.refusal.remedy}"
            return
        yield f"{path} lies on {self.place}; a mount made there appears:"
        yield from _columns(
            [
                (
                    at.table,
                    printable(at.path),
                    f"{at.how}, hidden beneath {at.beneath}" if at.beneath else at.how,
                )
                for at in self.appearances
            ]
        )
        if self.absences:
            yield "and it does not appear:"
            yield from _columns([(absence.table, absence.reason) for absence in self.absences])
        if self.shared:
            yield "a namespace that is not listed may receive it, too"


def spread(path: str, tables: Mapping[str, str], release: str) -> Spread:
    """Where a mount appears that is made at ``path`` in the first of ``tables``, by a model of ``release``.

    ``tables`` are mountinfo texts of one machine, by names for people. The path is supposed to exist.
    Raises MountinfoError for a text that is none, ValueError for texts that cannot all be true,
    or that do not tell what the path lies on.
    """
    first = next(iter(tables))
    if not tables[first].strip():
        raise ValueError(f"the table of {first} is empty")
    told = {name: text for name, text in tables.items() if text.strip()}
    model = Supposing(load(Snapshot.join(told), release))
    answer = _Question(model, path, list(told)).answer()
    empty = [Absence(name, "the table is empty") for name in tables if name not in told]
    return replace(answer, absences=(*answer.absences, *empty))


class _Question:
    def __init__(self, model: Supposing, path: str, tables: list[str]) -> None:
        self.model = model
        self.path = path
        self.tables = tables

    def answer(self) -> Spread:
        known = set(self.model.kernel.mounts)
        self.model.call(self.tables[0], "mount", "new", self.path, "tmpfs", 0, None)
        if self.model.refusal is not None:
            return Spread(self.path, self.model.refusal)
        copies = [mount for id, mount in self.model.kernel.mounts.items() if id not in known]
        origin = copies[0].mnt_parent
        if origin.mnt_devname == NOT_LISTED:
            there = f"mount {origin.mnt_id}, of which {self.tables[0]} sees only a directory"
            raise ValueError(f"{self.path} lies on {there}: where that sends mounts to is not known")
        after = self.model.snapshot()
        appearances = [each for copy in copies for each in self._appearances(after, origin, copy)]
        return Spread(
            self.path,
            None,
            f"{origin}, {_propagation(origin)}",
            is_shared(origin),
            tuple(sorted(appearances, key=self._order)),
            tuple(self._absences(origin, copies, {each.table for each in appearances})),
        )

    def _order(self, each: Appearance) -> tuple[int, bool, str]:
        return self.tables.index(each.table), each.how != _HERE, each.path

    def _appearances(self, after: Snapshot, origin: Mount, copy: Mount) -> Iterator[Appearance]:
        parent = copy.mnt_parent
        how = f"slave (master:{parent.mnt_master.mnt_group_id})" if parent.mnt_master is not None else ""
        if parent is origin:
            how = _HERE
        elif parent.mnt_group_id == origin.mnt_group_id:
            how = f"peer (shared:{parent.mnt_group_id})"
        for table in self.tables:
            task = self.model.shells[table]
            if task.mnt_ns is copy.mnt_ns:
                path = after.path(copy.id, after.tasks[task.pid].root)
                if path is not None:
                    yield Appearance(table, path, how, self._beneath(task, path, copy))

    def _beneath(self, task: Task, path: str, copy: Mount) -> str:
        """What a walk to the path finds in place of the copy."""
        try:
            found = user_path_at(self.model.kernel, task, path)
        except Refused:
            return "what hides the way to it"
        path_put(self.model.kernel, found)
        return "" if found.mnt is copy else found.mnt.name

    def _absences(self, origin: Mount, copies: list[Mount], seen: set[str]) -> Iterator[Absence]:
        got = sorted({copy.mnt_parent for copy in copies}, key=lambda mount: mount.mnt_id)
        left_out = [mount for mount in receivers(origin) if mount not in got]
        for table in self.tables:
            ns = self.model.shells[table].mnt_ns
            reasons = [_out_of_what_it_shows(mount) for mount in left_out if mount.mnt_ns is ns]
            if ns.root is not None and ns.root.mnt_devname == NOT_LISTED:
                reasons.append(_not_known(ns.root))
            elif table not in seen:
                reasons += [_out_of_sight(parent) for parent in got if parent.mnt_ns is ns]
                reasons = reasons or [_nothing_received(origin)]
            yield from (Absence(table, reason) for reason in reasons)


def _out_of_what_it_shows(receiver: Mount) -> str:
    shows = printable(receiver.mnt_root.path())
    return f"{receiver.name} would receive it, but shows only {shows} of its filesystem"


def _not_known(bottom: Mount) -> str:
    return f"its root is a directory of mount {bottom.mnt_id}, which is not listed: nothing is known of it"


def _out_of_sight(receiver: Mount) -> str:
    return f"{receiver.name} receives it, where no path from this root leads"


def _nothing_received(origin: Mount) -> str:
    if is_shared(origin):
        return f"none of its mounts receives from peer group {origin.mnt_group_id}"
    return f"{origin.name} is not shared and sends nothing"


def _propagation(mount: Mount) -> str:
    words = [f"shared:{mount.mnt_group_id}"] if is_shared(mount) else []
    if mount.mnt_master is not None:
        words.append(f"master:{mount.mnt_master.mnt_group_id}")
    return " ".join(words) or "private"


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The rows with their columns under each other; a word that is very long pushes only its own line."""
    rows = [tuple(escaped(word, keep="") for word in row) for row in rows]
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        *words, last = row
        yield "    " + "".join(f"{word:{width}}  " for word, width in zip(words, widths, strict=False)) + last
