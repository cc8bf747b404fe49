"""A Snapshot as the last line of a notebook cell: the diagram, and the tree as text with it."""

from __future__ import annotations

import html
from typing import Any

from vfslab.snapshot import Snapshot
from vfslab.views import dot, engine, text
from vfslab.views.scene import data_uri

MOUNTS_MAX = 1000
"""More are not drawn: such a picture would be some twenty metres high."""


class Diagram:
    """``snapshot`` drawn. The keywords are those of ``dot.source``.

    As text, and where no picture can be made, it is the tree of mounts and its peer groups.
    """

    def __init__(self, snapshot: Snapshot, **how: Any) -> None:
        self.snapshot = snapshot
        self._how = how

    @property
    def source(self) -> str:
        """The drawing in Graphviz' language."""
        return dot.source(self.snapshot, **self._how)

    @property
    def svg(self) -> str:
        """The drawing. Raises EngineError for too many mounts, and where there is no Graphviz program."""
        count = len(self.snapshot.mounts)
        if count > MOUNTS_MAX:
            raise engine.EngineError(f"there are {count:,} mounts, and {MOUNTS_MAX:,} can be drawn")
        return engine.svg(self.source)

    def html(self) -> str:
        """The drawing as an image that is never wider than its page, and its text. Raises EngineError."""
        count = len(self.snapshot.mounts)
        alt = f"Diagram of {count} mount{'s' * (count != 1)}; the same follows as text."
        style = "max-width: 100%; height: auto; border-radius: 10px"
        image = f'<img src="{html.escape(data_uri(self.svg))}" alt="{alt}" style="{style}">'
        words = f"<summary>The same as text</summary><pre>{html.escape(repr(self))}</pre>"
        return f'<div class="vfslab-picture">{image}<details>{words}</details></div>'

    def __repr__(self) -> str:
        return text.tree(self.snapshot)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"text/html": self.html(), "text/plain": repr(self)}
        except engine.EngineError as error:
            return {"text/plain": f"{self!r}\n\nNo picture: {error}."}


def show(snapshot: Snapshot, **how: Any) -> Diagram:
    """``snapshot`` as something that a notebook draws; the keywords are those of ``dot.source``."""
    return Diagram(snapshot, **how)
