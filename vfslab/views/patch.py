"""A change as two columns: the functions as they were, and as they are, with what differs marked.

The text twin is a unified diff. What the functions do is not known here.
"""

from __future__ import annotations

import difflib
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfslab.changelog import Fix

_STYLE = (
    "<style>.vf-patch{display:grid;grid-template-columns:1fr 1fr;gap:0 1em;font-size:12px;overflow-x:auto}"
    ".vf-patch>div{min-width:0}.vf-patch p{margin:0 0 .4em;font-size:12px;font-weight:600}"
    "div.vf-patch pre{margin:0;white-space:pre-wrap;line-height:1.35;font-size:11px}"
    "div.vf-patch pre span{word-break:normal;overflow-wrap:anywhere}"
    ".vf-patch span{display:block;border-left:3px solid transparent;padding-left:4px}"
    ".vf-patch .vf-gone,.vf-patch .vf-new{font-weight:600}"
    ".vf-patch .vf-gone{border-color:#b3261e}.vf-patch .vf-new{border-color:#1b6e3c}"
    "@media(max-width:700px){.vf-patch{grid-template-columns:1fr}}</style>"
)


class Patch:
    """The functions that ``fix`` changed, before and after, side by side; as text their difference."""

    def __init__(self, fix: Fix) -> None:
        self.commit = fix.commit
        self.before = fix.source("before").splitlines()
        self.after = fix.source("after").splitlines()

    def __repr__(self) -> str:
        if not self.before:
            return "\n".join(self.after)
        lines = difflib.unified_diff(self.before, self.after, "before", f"after {self.commit}", lineterm="")
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self) -> str:
        """Two columns; one where there was nothing before."""
        left: list[str] = []
        right: list[str] = []
        matcher = difflib.SequenceMatcher(None, self.before, self.after, autojunk=False)
        for kind, first, end, new_first, new_end in matcher.get_opcodes():
            gone, new = ("same", "same") if kind == "equal" else ("gone", "new")
            left += [_line(gone, line) for line in self.before[first:end]]
            right += [_line(new, line) for line in self.after[new_first:new_end]]
        columns = [("before", left)] if self.before else []
        columns.append((f"after {self.commit}", right))
        body = "".join(
            f"<div><p>{html.escape(title)}</p><pre>{''.join(lines)}</pre></div>" for title, lines in columns
        )
        return f'{_STYLE}<div class="vf-patch">{body}</div>'


_SIGNS = {"same": "  ", "gone": "- ", "new": "+ "}


def _line(look: str, text: str) -> str:
    return f'<span class="vf-{look}">{_SIGNS[look]}{html.escape(text)}</span>'
