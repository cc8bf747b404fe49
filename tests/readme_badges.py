"""Writes the addresses behind the README's Binder badges: one for the kit, one for each notebook.

    python tests/readme_badges.py

The repository's public address stands in pyproject.toml, under project.urls, and nowhere else by hand.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BADGE = "https://mybinder.org/badge_logo.svg"
DEFINITION = re.compile(r"^\[(?:binder.*|badge)\]: .*\n", re.MULTILINE)


def repository() -> str:
    """The account and the name of the repository on GitHub, as in "account/name"."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["urls"]["Repository"]).removeprefix("https://github.com/")


def address(notebook: str) -> str:
    """Where Binder opens the notebook called ``notebook``."""
    return f"https://mybinder.org/v2/gh/{repository()}/HEAD?urlpath=lab/tree/notebooks/{notebook}"


def definitions() -> str:
    """Markdown's definitions of all the addresses, a line each."""
    names = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    lines = [f"[badge]: {BADGE}", f"[binder]: {address(names[0])}"]
    lines += [f"[binder-{name[:2]}]: {address(name)}" for name in names]
    return "".join(f"{line}\n" for line in lines)


def written(readme: str) -> str:
    """The text of the README with the addresses at its end."""
    return DEFINITION.sub("", readme).rstrip("\n") + "\n\n" + definitions()


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
