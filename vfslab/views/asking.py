"""A widget whose page asks and shows what Python answers: state goes there, messages come here.

What is asked and answered is not known here. anywidget is imported when one is first displayed.
"""

from __future__ import annotations

from typing import Any, Protocol

from vfslab.views import palette
from vfslab.views.scene import asset, script


class Asked(Protocol):
    """``state`` is what the page shows; ``answer`` does what it asks, and may change the state."""

    @property
    def state(self) -> dict[str, Any]: ...

    def answer(self, message: dict[str, Any]) -> None: ...


def widget(asked: Asked, module: str, *sheets: str) -> Any:
    """It as a Jupyter widget, shown by the ``module`` with the style ``sheets`` beside the stepper's.

    Raises ImportError where anywidget is not installed.
    """
    import anywidget
    import traitlets

    class AskingWidget(anywidget.AnyWidget):
        _esm = script("asking.js", module)
        _css = palette.style(".vfslab-stepper") + "".join(map(asset, ("stepper.css", *sheets)))
        state = traitlets.Dict().tag(sync=True)

    made = AskingWidget(state=asked.state)
    made.add_class("vfslab-stepper-widget")

    def told(_: object, message: dict[str, Any], __: object) -> None:
        asked.answer(message)
        made.state = asked.state

    made.on_msg(told)
    return made
