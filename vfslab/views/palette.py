"""The one set of colours: Okabe and Ito's, chosen so that colour-blind readers can tell them apart.

DOT, the style sheet and plots take their colours from here. A colour never says
anything alone: whoever uses one also writes a word, a symbol or another line style.
"""

from __future__ import annotations

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
BLUISH_GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
REDDISH_PURPLE = "#CC79A7"

# Without yellow, which as a line on white cannot be seen, and vermillion, which is kept for what goes wrong.
GROUPS = (BLUE, ORANGE, BLUISH_GREEN, REDDISH_PURPLE, SKY_BLUE)

# Text, lines and grounds, on paper.
INK = "#1B2733"
MUTED = "#5F6B76"
PAPER = "#FFFFFF"
PANEL = "#F4F6F8"
RULE = "#C9D0D6"
NEW = "#D6ECF9"
CHANGED = "#FBF3BF"
LEAVING = "#FADCC8"
COVERED = "#E6EAED"

_LIGHT = {"ink": INK, "muted": MUTED, "paper": PAPER, "panel": PANEL, "rule": RULE}
_LIGHT |= {"new": NEW, "changed": CHANGED, "leaving": LEAVING, "covered": COVERED, "wrong": VERMILLION}
_LIGHT |= {"accent": BLUE, "on-accent": PAPER}
_DARK = {"ink": "#E8EDF1", "muted": "#A3AFB9", "paper": "#1D242B", "panel": "#14191E", "rule": "#3A4650"}
_DARK |= {"new": "#123E57", "changed": "#4D4514", "leaving": "#5C2E12", "covered": "#2C343B", "wrong": ORANGE}
_DARK |= {"accent": SKY_BLUE, "on-accent": "#10151A"}

# How the hosts of a page say that it is dark: JupyterLab, Notebook and exported pages; VS Code.
_DARK_HOSTS = ("[data-jp-theme-light='false']", "body[data-vscode-theme-kind*='dark']")


def group_slot(group: int) -> int:
    """The place of a peer group's colour in ``GROUPS``: the same group has the same colour everywhere."""
    return (group - 1) % len(GROUPS)


def style(selector: str) -> str:
    """A style sheet that gives ``selector`` all colours as variables, for light and for dark pages."""
    groups = {f"group-{slot}": colour for slot, colour in enumerate(GROUPS)}
    dark = ", ".join(f"{host} {selector}" for host in _DARK_HOSTS)
    return _rule(selector, _LIGHT | groups) + _rule(dark, _DARK)


def _rule(selector: str, colours: dict[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--vf-{name}: {colour};' for name, colour in colours.items())} }}\n"
