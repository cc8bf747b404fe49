"""Reading the tables in ``tests/shell``: commands and what the real tools answered.

Each file holds scenes; a scene begins with a "#" line, its title, and runs in one
shell from an empty root. After a command, "$ mkdir /a", stand its output ("| text"),
its errors ("! text") and, unless it succeeded, its status and the errno behind it
("= 32 ENOENT", "-" where no system call is to blame). Answers were recorded from
util-linux 2.38.1, GNU coreutils 9.1, diffutils 3.8 and bash 5.2 on Linux 6.18.44.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

FOLDER = Path(__file__).parent / "shell"
Answers = TypeVar("Answers")


class Row(NamedTuple):
    """A command and what came of it."""

    command: str
    status: int
    errno: str | None
    stdout: str
    stderr: str


class Scene(NamedTuple):
    """Commands that follow each other in one shell."""

    name: str
    rows: tuple[Row, ...]


def scenes() -> list[Scene]:
    """The scenes of all files, called "file: title"."""
    return [scene for path in sorted(FOLDER.glob("*.txt")) for scene in _scenes(path)]


def _scenes(path: Path) -> list[Scene]:
    found = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        title, *lines = block.strip("\n").split("\n")
        assert title.startswith("# "), f"{path.name}: a scene without a title: {title}"
        rows: list[Row] = []
        for line in lines:
            mark, text = line[:1], line[2:]
            row = rows.pop() if mark != "$" else Row(text, 0, None, "", "")
            if mark == "|":
                row = row._replace(stdout=f"{row.stdout}{text}\n")
            elif mark == "!":
                row = row._replace(stderr=f"{row.stderr}{text}\n")
            elif mark == "=":
                status, errno = text.split()
                row = row._replace(status=int(status), errno=None if errno == "-" else errno)
            else:
                assert mark == "$", f"{path.name}: not a line of a scene: {line}"
            rows.append(row)
        found.append(Scene(f"{path.stem}: {title[2:]}", tuple(rows)))
    return found


def undisturbed(ask: Callable[[int], Answers], recorded: Answers) -> Answers:
    """What ``ask(attempt)`` says of a real kernel, asked again, three times at most, where it differs.

    findmnt and umount -R go by mount id, and mount ids are the whole machine's: a process
    that unmounts something meanwhile, another worker of this suite for one, gives lower ones back.
    """
    for attempt in range(3):
        answers = ask(attempt)
        if answers == recorded:
            break
    return answers
