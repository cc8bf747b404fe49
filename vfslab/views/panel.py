"""A panel as a Jupyter widget: its state goes to the page, what the page asks goes to it.

What is asked and answered there is not known here. anywidget is imported when a panel is first displayed.
"""

from __future__ import annotations

from typing import Any, Protocol

from vfslab.snapshot import Snapshot
from vfslab.views import palette, text
from vfslab.views.diagram import Diagram
from vfslab.views.scene import asset, data_uri, script


class Shown(Protocol):
    """What a panel shows: ``state``, and ``answer`` to what the page asks."""

    @property
    def state(self) -> dict[str, Any]: ...

    def answer(self, message: dict[str, Any]) -> None: ...


def picture(snapshot: Snapshot) -> dict[str, str]:
    """The picture as the address of an image, and its text. Raises EngineError."""
    return {"image": data_uri(Diagram(snapshot).svg), "text": text.tree(snapshot)}


def widget(shown: Shown) -> Any:
    """A Jupyter widget of it. Raises ImportError where anywidget is not installed."""
    import anywidget
    import traitlets

    class PanelWidget(anywidget.AnyWidget):
        _esm = script("panel.js")
        _css = (
            palette.style(".vfslab-stepper")
            + asset("stepper.css")
            + asset("playground.css")
            + asset("panel.css")
        )
        state = traitlets.Dict().tag(sync=True)

    made = PanelWidget(state=shown.state)
    made.add_class("vfslab-stepper-widget")

    def asked(_: object, message: dict[str, Any], __: object) -> None:
        shown.answer(message)
        made.state = shown.state

    made.on_msg(asked)
    return made
