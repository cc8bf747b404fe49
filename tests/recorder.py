"""A machine that does nothing but keep what it was asked: for tests of what commands ask."""

from __future__ import annotations

from typing import Any

from vfslab.calls import CALLS
from vfslab.machine import Answer, Stat

TABLE = "20 1 0:1 / / rw - tmpfs tmpfs rw\n21 20 0:2 / /a ro,relatime - tmpfs A rw,size=2048k\n"


class Recorder:
    """A machine on which every path is a directory and every call succeeds, and which keeps the calls.

    ``refuse`` answers the n-th mount(2), counted from 1, with an errno.
    """

    release = "recorder"

    def __init__(self, refuse: dict[int, str] | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.started: list[str] = []
        self.ended: list[str] = []
        self.number = 99
        self.refuse = refuse or {}

    def start(self, shell: str) -> None:
        self.started.append(shell)

    def call(self, shell: str, name: str, *args: Any) -> Answer:
        if name in ("stat", "lstat"):
            return Answer(Stat(1, hash(args), True))
        if name == "mountinfo":
            return Answer(TABLE)
        if name == "getcwd":
            return Answer("/")
        self.calls.append((name, *args))
        made = sum(call[0] == "mount" for call in self.calls)
        errno = self.refuse.get(made) if name == "mount" else None
        return Answer(self._value(name), errno, errno and "check: why")

    def _value(self, name: str) -> Any:
        """A number of its own for each descriptor and each id, from 100."""
        self.number += 1
        match CALLS[name].gives:
            case "fd" | "id":
                return self.number
            case "text":
                return "some text"
            case "list":
                return [self.number, self.number + 1]
            case "record":
                return {"mnt_id": 7, "mnt_id_unique": self.number, "mount_root": True}
        return None

    def exit(self, shell: str) -> None:
        self.ended.append(shell)

    def close(self) -> None:
        pass

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        pass
