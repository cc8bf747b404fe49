"""The stepper: a Timeline under the hand, forward and back, in a notebook or in an exported page.

All frames are made here, once, and stepped in the browser by ``stepper.js``, which
is the same in a widget and in a page without a kernel. anywidget is imported when
a stepper is first displayed.
"""

from __future__ import annotations

import hashlib
import html
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vfslab.mechanism import BoxTimeline
from vfslab.views import dot, engine, palette
from vfslab.views.frames import Frames, frames
from vfslab.views.scene import asset, data_uri, key, script, stage

if TYPE_CHECKING:
    from vfslab.drive import Timeline

TEXT_STEPS = 40
"""The text twin names at most so many steps."""


class Stepped:
    """What is stepped through in a notebook: as a widget, the same as a page without a kernel, and as text.

    ``shown`` is what a page steps through, ``text`` its twin. Where no picture can be made, for want of a
    Graphviz program or because there is too much to be read, all the rest is there and a note says why.
    """

    def __init__(self, shown: Frames, text: str) -> None:
        union, compact, self.data, first, legend = shown
        self.text = self.data["text"] = text
        self.svg = ""
        self.id = "vf-" + hashlib.sha256(json.dumps(self.data).encode()).hexdigest()[:10]
        if union is not None:
            try:
                self.svg = stage(engine.svg(dot.write(union, compact=compact)), self.id, first)
                self.data["legend"] = key(f"{self.id}-key", legend)
            except engine.EngineError as error:
                self.data["notes"].append(f"No picture: {error}.")

    @cached_property
    def widget(self) -> Any:
        """It as a Jupyter widget. Raises ImportError where anywidget is not installed."""
        import anywidget
        import traitlets

        class StepperWidget(anywidget.AnyWidget):
            _esm = script()
            _css = _sheet()
            data = traitlets.Dict().tag(sync=True)
            svg = traitlets.Unicode().tag(sync=True)
            place = traitlets.Int(0).tag(sync=True)

        widget = StepperWidget(data=self.data, svg=self.svg)
        widget.add_class("vfslab-stepper-widget")
        return widget

    def html(self) -> str:
        """It as a piece of a page that needs neither kernel nor network.

        Where scripts are not run it shows the state before the first step and the steps as text.
        """
        picture = ""
        if self.svg:
            source = html.escape(data_uri(self.svg))
            picture = f'<img src="{source}" alt="the state before the first step" style="max-width:100%">'
        data = json.dumps(self.data).replace("<", "\\u003c")
        return (
            f'<div class="vfslab-page" data-vfslab="{self.id}">'
            f"<style>{_sheet()}</style>"
            f'<div class="vf-still">{picture}<pre>{html.escape(self.text)}</pre></div>'
            f'<script type="application/json">{data}</script>'
            f'<script type="module">{script()}\n'
            f"document.querySelectorAll(\"[data-vfslab='{self.id}']\").forEach(adopt);</script></div>"
        )

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            bundle, metadata = self.widget._repr_mimebundle_()
        except ImportError:  # without anywidget the page serves
            bundle, metadata = {}, {}
        return {**bundle, "text/plain": self.text, "text/html": self.html()}, metadata


class Stepper(Stepped):
    """``timeline`` under the hand."""

    def __init__(self, timeline: Timeline) -> None:
        shown = frames(timeline)
        super().__init__(shown, _text(timeline, shown.data))


def _sheet() -> str:
    return palette.style(".vfslab-stepper") + asset("stepper.css")


def _text(timeline: Timeline, data: dict[str, Any]) -> str:
    """The steps as lines: what the call was, what happened, how it ended.

    Of mounts locks and allocations are left out, which are most of the steps there.
    """
    left_out = set() if isinstance(timeline, BoxTimeline) else {"lock", "memory"}
    rows = [
        row
        for row in data["frames"]
        if row["function"] and ("broken" in row["events"] or not left_out & set(row["events"]))
    ]
    width = max((len(row["function"]) for row in rows[:TEXT_STEPS]), default=0)
    task = max((len(row["task"]) for row in rows[:TEXT_STEPS]), default=0)
    task += 2 if task else 0
    lines = []
    for row in rows[:TEXT_STEPS]:
        lines.append(f"{row['number']:>5}  {row['task']:<{task}}{row['function']:<{width}}  {row['says']}")
        if "broken" in row["events"]:
            lines.append(f"    !  rule broken: {row['broken']}")
    if len(rows) > TEXT_STEPS:
        lines.append(f"       ... and {len(rows) - TEXT_STEPS} more")
    end = [data["frames"][-1]["says"]]
    if len(rows) > TEXT_STEPS and timeline[-1].broken:
        end.append(f"rule broken: {timeline[-1].broken}")
    return "\n".join([f"{timeline.title}: {len(timeline) - 1} steps", *lines, *end, *data["notes"]])
