"""The face that every change of the changelog shows, and what a search for its bug comes to.

What each change is stands in a module of its own beside this one; how searches are made is known to
``vfslab.drive`` and to those modules.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .sides import Side, Sides


class Changed(NamedTuple):
    """A function that the change changed: as it was, and as it is; None where there was none, or is none."""

    before: Callable[..., Any] | None
    after: Callable[..., Any] | None

    def source(self, side: Side) -> str:
        """The text of the function on that side, "" where there is none."""
        function = self.before if side == "before" else self.after
        return "" if function is None else inspect.getsource(function)


class Found(NamedTuple):
    """What a search came to.

    ``broken`` is the sentence of the rule that broke, None where it held in all ``states`` that were
    looked at. ``replay`` is a transcript or a Python program that shows the break again, ``timeline`` its
    steps where it has any.
    """

    broken: str | None
    states: int
    replay: str = ""
    timeline: Any = None


@dataclass(frozen=True, kw_only=True)
class Fix:
    """One change of the kernel: what it is, what it changed, and how its bug is found.

    ``commit`` has twelve digits; ``date`` is the author's, "2026-01-29", or "2026-01" where the day is not
    known, or the merge's where a module says so. ``since`` says when the bug came in, ``releases`` are the
    first that have the change, mainline first. ``what`` is the bug in a sentence, ``rule`` the invariant
    that ``before`` breaks and ``after`` keeps.
    ``find`` searches ``scenario`` on one side, without knowing where the bug is. ``evidence`` names the
    litmus files that real kernels were asked, before and after; ``reproducers`` names the programs whose
    facts are in ``facts``; ``no_evidence`` says what of the bug none of them can show, and why.
    ``covers`` are titles of other entries of the feed that belong to it; ``others`` are further commits with
    their titles, whether or not the feed lists them, and ``pull`` is where they came in.
    ``notebook`` is a file name, ``section`` a heading in it.
    """

    commit: str
    title: str
    author: str
    date: str
    since: str
    releases: tuple[str, ...]
    what: str
    rule: str
    changed: tuple[Changed, ...]
    scenario: Any
    find: Callable[[Side], Found]
    notebook: str
    section: str
    evidence: tuple[str, ...] = ()
    reproducers: tuple[str, ...] = ()
    no_evidence: str = ""
    covers: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    pull: str = "after 7.0"
    area: str = "mount"
    sequel: bool = False

    def world(self, side: Side) -> Any:
        """The scenario on that side of the change. Raises ValueError where there is none to be run."""
        if isinstance(self.scenario, Sides):
            return self.scenario.side(side)
        if not hasattr(self.scenario, "reverted"):
            raise ValueError(f"{self.commit} is shown by inputs, not by a scenario")
        return self.scenario.reverted(self.commit) if side == "before" else self.scenario

    def source(self, side: Side) -> str:
        """The changed functions on that side, one after the other."""
        return "\n\n".join(filter(None, (changed.source(side) for changed in self.changed)))
