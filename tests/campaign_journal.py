"""The journal of a campaign: a line of JSON for each walk that is finished, in a file that only grows.

Its first line says which campaign it is. A process that is killed while it writes leaves a torn last
line, which is dropped; the walk is run again.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from campaign_walks import Plan, Walked


class NotThisCampaign(Exception):
    """A file that cannot be gone on with: why."""


class Journal:
    """What is finished of a campaign, by number in ``walks``; in the file at ``path`` where there is one.

    One process at a time has the file. Raises NotThisCampaign for the journal of another
    campaign, what is no journal, and a file that another process has; OSError where it cannot be written.
    """

    def __init__(self, path: Path | None, plan: Plan) -> None:
        self.walks: dict[int, Walked] = {}
        self._path = path
        self._file = None
        if path is None:
            return
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            self._read(plan)
        except BaseException:
            self.close()
            raise

    def _read(self, plan: Plan) -> None:
        assert self._file is not None and self._path is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotThisCampaign(f"{self._path} is being written by another campaign") from None
        text = self._path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.splitlines()
        first = {"campaign": plan._asdict()}
        # A first line may be torn, too: as far as it goes it is the beginning of ours.
        if not lines and not _line(first).startswith(text):
            raise NotThisCampaign(f"{self._path} is no journal of a campaign")
        for number, line in enumerate(lines, 1):
            try:
                data = json.loads(line)
                if number == 1:
                    self._check(dict(data["campaign"]), plan)
                else:
                    walked = Walked.from_json(data)
                    self.walks[walked.number] = walked
            except (ValueError, TypeError, KeyError):
                raise NotThisCampaign(
                    f"line {number} of {self._path} is none of a campaign's journal"
                ) from None
        os.ftruncate(self._file, len(whole))
        if not lines:
            self._write(first)

    def _check(self, theirs: dict[str, object], plan: Plan) -> None:
        for name, ours in plan._asdict().items():
            if theirs.get(name) != ours:
                why = f"its {name} is {theirs.get(name)}, not {ours}"
                raise NotThisCampaign(f"{self._path} is the journal of another campaign: {why}")

    def append(self, walked: Walked) -> None:
        """Note a walk that is finished."""
        self.walks[walked.number] = walked
        if self._file is not None:
            self._write(walked._asdict())

    def _write(self, data: object) -> None:
        line = _line(data)
        assert self._file is not None
        if (written := os.write(self._file, line)) != len(line):
            raise OSError(f"only {written} of {len(line)} bytes could be written to {self._path}")

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _line(data: object) -> bytes:
    return json.dumps(data).encode() + b"\n"
