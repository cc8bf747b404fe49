"""The changelog: each entry of the feed of fs/namespace.c, and a module for each change that has one.

``feed.json`` is the list; a module beside this file that defines ``FIX``, or ``FIXES`` for several,
is found by itself. What a change is, and how it is shown, is in its module.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .evidence import Evidence, evidence
from .fix import Changed, Fix, Found
from .sides import Side, Sides

__all__ = [
    "Changed",
    "Entry",
    "Evidence",
    "Fix",
    "Found",
    "Side",
    "Sides",
    "entries",
    "evidence",
    "fix",
    "fixes",
]


class Entry(NamedTuple):
    """A line of the feed. ``commit`` is None where the feed gives none; ``fix`` where no module has it."""

    commit: str | None
    title: str
    area: str
    pull: str
    fix: Fix | None


@cache
def modules() -> dict[str, str]:
    """The name of the module of each change, by commit."""
    return {fix.commit: name for name, fix in _found()}


@cache
def _found() -> tuple[tuple[str, Fix], ...]:
    found: list[tuple[str, Fix]] = []
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(info.name)
        single = [module.FIX] if hasattr(module, "FIX") else []
        found += [(info.name, fix) for fix in (*single, *getattr(module, "FIXES", ()))]
    return tuple(found)


def fixes() -> tuple[Fix, ...]:
    """Every change that has a module: those of the feed in its order, then the sequels by date."""
    order = {commit: number for number, commit in enumerate(_feed_commits())}
    return tuple(sorted((fix for _, fix in _found()), key=lambda fix: (order.get(fix.commit, 999), fix.date)))


def fix(commit: str) -> Fix:
    """The change with that commit. Raises ValueError where no module has it."""
    for candidate in fixes():
        if candidate.commit == commit:
            return candidate
    known = ", ".join(candidate.commit for candidate in fixes())
    raise ValueError(f"no change {commit!r} has a module; there are {known}")


def entries() -> tuple[Entry, ...]:
    """The whole feed in its order, then the other commits that have a module, the sequels last."""
    commits = [(commit, title, fix) for fix in fixes() for commit, title in _commits(fix)]
    by_commit = {commit: fix for commit, _, fix in commits}
    by_title = {title: fix for fix in fixes() for title in fix.covers} | {
        title: fix for _, title, fix in commits
    }
    commit_of = {title: commit for commit, title, _ in commits}
    listed = [
        Entry(
            row["commit"] or commit_of.get(row["title"]),
            row["title"],
            row["area"],
            row["pull"],
            by_commit.get(row["commit"]) or by_title.get(row["title"]),
        )
        for row in _feed()
    ]
    known = {row.commit for row in listed}
    rest = [
        Entry(commit, title, fix.area, fix.pull, fix) for commit, title, fix in commits if commit not in known
    ]
    return (*listed, *sorted(rest, key=lambda entry: entry.pull == Fix.pull))


def _commits(fix: Fix) -> tuple[tuple[str, str], ...]:
    return ((fix.commit, fix.title), *fix.others)


@cache
def _feed() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(Path(__file__).with_name("feed.json").read_text())
    return rows


def _feed_commits() -> list[str]:
    return [row["commit"] for row in _feed()]
