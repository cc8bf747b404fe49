"""How wide a text is, so that cards can be made to fit before anything is drawn.

The widths are those of Helvetica, which the faces that browsers and Graphviz put
in its place (Arial, Liberation Sans, Arimo) were drawn to share.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=10_000)
def text_width(text: str, font: float = 10.0, bold: bool = False) -> float:
    """The width of ``text`` in points, in letters of ``font`` points. What is not Latin is taken as wide."""
    widths = _BOLD if bold else _PLAIN
    return sum(widths.get(char) or _guess(char) for char in text) * font / 1000


def _guess(char: str) -> int:
    return 1000 if unicodedata.east_asian_width(char) in "WF" else 667


def _table(chars_by_width: dict[int, str]) -> dict[str, int]:
    return {char: width for width, chars in chars_by_width.items() for char in chars}


_PLAIN = _table(
    {
        191: "'",
        222: "ijl",
        260: "|",
        278: " !,./:;I[\\]ft",
        333: "()-`r",
        334: "{}",
        355: '"',
        389: "*",
        469: "^",
        500: "Jcksvxyz",
        556: "#$?L_abdeghnopqu0123456789",
        584: "+<=>~−",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1000: "…",
        1015: "@",
    }
)
_BOLD = _table(
    {
        238: "'",
        278: " ,./I\\ijl",
        280: "|",
        333: "!()-:;[]`ft",
        389: "*r{}",
        474: '"',
        500: "z",
        556: "#$J_aceksvxy0123456789",
        584: "+<=>^~−",
        611: "?FLTZbdghnopqu",
        667: "EPSVXY",
        722: "&ABCDHKNRU",
        778: "GOQw",
        833: "M",
        889: "%m",
        944: "W",
        975: "@",
        1000: "…",
    }
)
