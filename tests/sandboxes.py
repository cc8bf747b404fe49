"""What the tests of the running kernel share: calls by short names, a mark to find sandbox processes by,
and other callers.

A process of a sandbox inherits the environment of the one who made it, so a
variable in it finds them all, orphans included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vfslab.kernel.flags import MS_BIND, MS_MOVE
from vfslab.machine import Machine

Call = tuple[Any, ...]

ROOT = Path(__file__).parent.parent
MARK = "VFSLAB_TEST_SANDBOX"
NOBODY = 65534


def tmpfs(target: str, source: str = "none") -> Call:
    return "mount", source, target, "tmpfs", 0, None


def bind(source: str | None, target: str, recursive: int = 0) -> Call:
    return "mount", source, target, None, MS_BIND | recursive, None


def move(source: str, target: str) -> Call:
    return "mount", source, target, None, MS_MOVE, None


def make(type_: int, target: str) -> Call:
    return "mount", None, target, None, type_, None


def succeed(machine: Machine, shell: str, *calls: Call) -> None:
    for call in calls:
        assert machine.call(shell, *call).errno is None, call


# every case starts with the directories /d and /e, the file /f and a tmpfs on /m that holds /m/x
START: tuple[Call, ...] = (
    ("mkdir", "/d"),
    ("mkdir", "/e"),
    ("mknod", "/f"),
    ("mkdir", "/m"),
    tmpfs("/m", "M"),
    ("mkdir", "/m/x"),
)


def new_mark() -> str:
    return uuid.uuid4().hex


def marked(mark: str) -> dict[int, str]:
    """The living processes (no zombies) whose environment holds ``mark``: pid -> role.

    The role is "agent" or "parent"; the test's own process does not count.
    """
    wanted = f"{MARK}={mark}".encode()
    found = {}
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit() or int(directory.name) == os.getpid():
            continue
        try:
            if wanted in (directory / "environ").read_bytes().split(b"\0"):
                command = (directory / "cmdline").read_bytes()
                found[int(directory.name)] = "agent" if b"agent.py" in command else "parent"
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or is somebody else's
    return found


def status(pid: int, field: str) -> str:
    """A field of /proc/PID/status: proc_pid_status(5)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return line.partition(":")[2].strip()
    raise KeyError(field)


def agents(mark: str) -> dict[str, int]:
    """The processes of a sandbox with sh1 to sh3, by name; told apart by who is whose child."""
    pids = sorted(pid for pid, role in marked(mark).items() if role == "agent")
    parents = {pid: int(status(pid, "PPid")) for pid in pids}
    keeper = next(pid for pid in pids if parents[pid] not in pids)
    first = next(pid for pid in pids if parents[pid] == keeper)
    others = [pid for pid in pids if parents[pid] == first]
    return {"keeper": keeper, "sh1": first, **{f"sh{n}": pid for n, pid in enumerate(others, 2)}}


def eventually(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true value of ``condition()``, or its last value when the time is over."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return value


def python(
    code: str, *, before: Sequence[str] = (), executable: str = sys.executable, mark: str = "", **options: Any
) -> subprocess.Popen[str]:
    """Another interpreter that runs ``code``, started through the command ``before``."""
    return subprocess.Popen(
        [*before, executable, "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            MARK: mark,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def output(process: subprocess.Popen[str]) -> str:
    """What it printed, once it ended well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def python_for_nobody() -> str | None:
    """An interpreter that uid 65534 may execute and that can import vfslab, None where there is none."""
    for candidate in (sys.executable, shutil.which("python3"), "/usr/bin/python3"):
        if not candidate:
            continue
        try:
            tried = python(
                "import vfslab.oracle.live", executable=candidate, user=NOBODY, group=NOBODY, cwd="/"
            )
        except PermissionError:
            continue
        tried.communicate(timeout=60)
        if tried.returncode == 0:
            return candidate
    return None
