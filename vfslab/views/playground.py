"""The playground: commands at three prompts, the mounts as they are, and what the kernel did.

What was typed and what comes of it is ``vfslab.play``'s; here it is turned into what a page shows, and what
a page asks into calls. anywidget is imported when a playground is first displayed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any

from vfslab.drive.timeline import Timeline
from vfslab.kernel.releases import DEFAULT_RELEASE, RELEASES
from vfslab.play import Play
from vfslab.presets import PRESETS
from vfslab.shell.answer import escaped
from vfslab.snapshot import Snapshot
from vfslab.views import dot, engine, text
from vfslab.views import picture as pictures
from vfslab.views.asking import widget
from vfslab.views.frames import MOUNTS_MAX
from vfslab.views.scene import looks, stage
from vfslab.views.stepper import Stepper

SHELLS = ("sh1", "sh2", "sh3")
LINES = 400
"""The text of a large table is cut to so many lines; a search finds the others."""
PASTED = "a pasted mountinfo"


class Playground:
    """A place to try commands out. ``start`` and ``release`` are those of ``Play``."""

    def __init__(self, start: str | Snapshot = "an empty root", release: str = DEFAULT_RELEASE) -> None:
        self.play = Play(start, release)
        self._before: Snapshot | None = None
        self._asked: dict[str, Any] = {"wrong": "", "search": "", "steps": None, "live": "", "shown": 0}

    def answer(self, message: dict[str, Any]) -> None:
        """Do what the page asks: ``do`` says what, the rest is what it takes. A mistake is shown there."""
        self._asked["wrong"] = ""
        act = self._acts.get(str(message.get("do")))
        if act is None:
            self._asked["wrong"] = f"there is nothing called {message.get('do')!r} to do"
            return
        try:
            act(message)
        except ValueError as mistake:
            self._asked["wrong"] = escaped(str(mistake))

    @cached_property
    def _acts(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        return {
            "run": lambda message: self._change(
                lambda: self.play.run(str(message["shell"]), str(message["command"]))
            ),
            "undo": lambda message: self._change(self.play.undo),
            "redo": lambda message: self._change(self.play.redo),
            "start": lambda message: self._begin(str(message["start"])),
            "release": lambda message: self._begin(self.play.start, str(message["release"])),
            "paste": lambda message: self._begin(Snapshot.from_mountinfo(str(message["text"]))),
            "load": lambda message: self._load(str(message["text"])),
            "search": lambda message: self._asked.update(search=str(message["text"])),
            "steps": lambda message: self._show(steps=self.play.steps),
            "live": lambda message: self._show(live=self.play.on_this_kernel()),
        }

    def _change(self, act: Callable[[], object]) -> None:
        before = self.play.snapshot
        act()
        self._before = before
        self._show()

    def _begin(self, start: str | Snapshot, release: str | None = None) -> None:
        if start == PASTED:
            return
        self.play = Play(start, release or self.play.release)
        self._before = None
        self._show()

    def _load(self, transcript: str) -> None:
        fresh = Play("an empty root", self.play.release)
        fresh.continue_with(transcript)
        self.play, self._before = fresh, None
        self._show()

    def _show(self, steps: Timeline | None = None, live: str = "") -> None:
        """What stands below from now on."""
        stepped = None if steps is None else Stepper(steps)
        told = stepped and {"data": stepped.data, "svg": stepped.svg}
        self._asked.update(steps=told, live=live, shown=self._asked["shown"] + 1)

    @property
    def state(self) -> dict[str, Any]:
        """All that the page shows."""
        play = self.play
        snapshot = play.snapshot
        svg, note = self._picture(snapshot)
        return {
            **self._start(),
            "releases": [*RELEASES],
            "release": play.release,
            "shells": [*dict.fromkeys((*SHELLS, *play.session.shells))],
            "entries": [entry._asdict() for entry in play.done],
            "undo": bool(play.done) and play.can_go_back,
            "redo": bool(play.undone),
            "steppable": play.steps is not None,
            "svg": svg,
            "note": note,
            "tree": found(text.tree(snapshot), self._asked["search"]),
            "transcript": play.transcript,
            "wrong": self._asked["wrong"],
            "shown": self._asked["shown"],
            "live": self._asked["live"],
            "steps": self._asked["steps"],
        }

    def _start(self) -> dict[str, Any]:
        """Where it began, and what there is to begin with."""
        start = self.play.start
        if isinstance(start, str):
            return {"starts": [*PRESETS], "start": start, "says": PRESETS[start].says}
        return {"starts": [*PRESETS, PASTED], "start": PASTED, "says": summary(start)}

    def _picture(self, snapshot: Snapshot) -> tuple[str, str]:
        count = len(snapshot.mounts)
        if count > MOUNTS_MAX:
            return "", f"No picture: there are {count:,} mounts, {MOUNTS_MAX} can be drawn."
        now = pictures.picture(snapshot)
        before = None if self._before is None else pictures.picture(self._before)
        marked = pictures.mark(now, before, None)
        compact = dot.is_large(now)
        try:
            drawn = engine.svg(dot.write(marked, compact=compact))
        except engine.EngineError as error:
            return "", f"No picture: {error}."
        prefix = "vf-" + hashlib.sha256(drawn.encode()).hexdigest()[:10]
        return stage(drawn, prefix, looks(marked, marked, compact)), ""

    @cached_property
    def widget(self) -> Any:
        """It as a Jupyter widget. Raises ImportError where anywidget is not installed."""
        return widget(self, "playground.js", "playground.css")

    def __repr__(self) -> str:
        said = "".join(f"{entry.shell}# {entry.command}\n{entry.said}" for entry in self.play.done)
        return f"{said}{text.tree(self.play.snapshot)}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle, metadata = self.widget._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}, metadata


def summary(snapshot: Snapshot) -> str:
    """A table in a line: how many mounts, of which types, and how they propagate."""
    mounts = snapshot.mounts.values()
    types = Counter(mount.fstype for mount in mounts)
    kinds = Counter("shared" if mount.shared else "slave" if mount.master else "private" for mount in mounts)
    told = ", ".join(f"{number:,} {name}" for name, number in types.most_common(5))
    more = f" and {len(types) - 5} more types" if len(types) > 5 else ""
    propagation = ", ".join(f"{number:,} {name}" for name, number in kinds.most_common())
    return f"{len(snapshot.mounts):,} mounts: {told}{more}; {propagation}."


def found(tree: str, wanted: str) -> str:
    """The lines of a tree with a word in them, at most ``LINES``, and how many there are besides."""
    lines = [line for line in tree.splitlines() if wanted in line] if wanted else tree.splitlines()
    if len(lines) <= LINES:
        return "\n".join(lines) if lines else f"nothing with {wanted!r} in it"
    return "\n".join([*lines[:LINES], f"... and {len(lines) - LINES:,} lines more: search for a word"])
