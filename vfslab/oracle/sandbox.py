"""A sandbox as a pair of ends: processes over there, messages from here.

Starts ``agent.py``, exchanges one message at a time with one of its shells, and
ends it all whatever happens. It does not know what the messages mean, and it
changes nothing of the caller's: every namespace is made by the agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vfslab.oracle.permission import explain

if TYPE_CHECKING:
    import subprocess

AGENT = Path(__file__).with_name("agent.py")
MAX_LIMIT = 1_000_000.0


class NotAllowed(Exception):
    """This machine does not let us make a sandbox: which permission is missing, and what to do."""


class SandboxEnded(Exception):
    """The sandbox is gone: closed, killed, past its lifetime, or stuck in a call."""


class Sandbox:
    """The processes of one sandbox. It starts with one shell, "sh1".

    ``call_limit`` is the time one exchange may take, ``lifetime`` the time after which
    the agent ends everything by itself, both in seconds. Raises NotAllowed where the
    machine forbids it, SandboxEnded when it dies while it starts.
    """

    def __init__(self, call_limit: float, lifetime: float) -> None:
        if not (0 < call_limit <= MAX_LIMIT and 0 < lifetime <= MAX_LIMIT):
            raise ValueError(f"a time limit is more than 0 and at most {MAX_LIMIT:g} seconds")
        if sys.platform != "linux":
            raise NotAllowed(f"this is {sys.platform}, not Linux. To allow it: run it on Linux.")
        self.lock = threading.RLock()
        self._call_limit = call_limit
        self._owner = os.getpid()
        self._ended = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._control, control = socket.socketpair()
        near, far = socket.socketpair()
        self._channels = {"sh1": near}
        self._pids: dict[str, tuple[int, int]] = {}
        try:
            with control, far:
                self._agent = _spawn(control.fileno(), far.fileno(), lifetime, self._errors)
        except OSError as error:
            self._hang_up()
            raise NotAllowed(
                f"the sandbox could not be started: {error}. To allow it: use Linux 5.3 or later, "
                "with a /dev/null, and an interpreter that is a program of its own (sys.executable)."
            ) from error
        self._await_ready()

    @property
    def shells(self) -> tuple[str, ...]:
        """The shells that live, in the order in which they were started."""
        return tuple(self._channels)

    def __contains__(self, shell: str) -> bool:
        return shell in self._channels

    def fork(self, shell: str) -> None:
        """Let sh1 fork a child that answers to the name ``shell``. Raises SandboxEnded."""
        errno = self._become_two("sh1", shell, ["fork"])
        if errno:
            raise self._gone(f"{shell} could not be started: fork: {errno}")

    def clone(self, parent: str, shell: str, flags: int) -> str | None:
        """Let ``parent`` clone a child; the errno where the kernel refuses it. Raises SandboxEnded."""
        return self._become_two(parent, shell, ["clone", flags])

    def _become_two(self, parent: str, shell: str, request: list[Any]) -> str | None:
        near, far = socket.socketpair()
        with self.lock, far:
            kind, value = self.ask(parent, request, far.fileno())
            if kind == "errno":
                near.close()
                return str(value)
            self._channels[shell] = near
            # it answers once it is what it is to be
            self.pids(shell)
        return None

    def pids(self, shell: str) -> tuple[int, int]:
        """The pid of a shell as shells see it, and as the procfs outside shows it. Raises SandboxEnded."""
        if shell not in self._pids:
            _, (inside, outside) = self.ask(shell, ["pids"])
            self._pids[shell] = inside, outside
        return self._pids[shell]

    def exit(self, shell: str) -> None:
        """End a shell other than sh1; return when it is reaped. Raises SandboxEnded."""
        with self.lock:
            pid, _ = self.pids(shell)
            self.ask(shell, ["exit"])
            self._channels.pop(shell).close()
            self.ask("sh1", ["wait", pid])
            del self._pids[shell]

    def ask(self, shell: str, request: list[Any], descriptor: int | None = None) -> tuple[str, Any]:
        """One request, one answer: its kind ("value" or "errno") and what it is.

        Raises SandboxEnded. Whatever breaks an exchange off ends the sandbox, for
        nobody could tell what state it is in.
        """
        with self.lock:
            if self._ended:
                raise SandboxEnded(self._ended)
            channel = self._channels[shell]
            message = json.dumps(request).encode() + b"\n"
            try:
                channel.settimeout(self._call_limit)
                if descriptor is None:
                    channel.sendall(message)
                else:
                    socket.send_fds(channel, [message], [descriptor])
                kind, value = json.loads(_receive(channel, self._call_limit))
            except TimeoutError:
                raise self._gone(f"{shell}: {request[0]} took longer than {self._call_limit:g} s") from None
            except (OSError, EOFError):
                raise self._gone(self._last_words() or f"{shell} died") from None
            except BaseException:
                self.end(f"{shell}: {request[0]} was interrupted")
                raise
            return kind, value

    def end(self, reason: str = "the sandbox was closed") -> None:
        """Hang up, which the keeper answers by killing; return when all of it is reaped.

        May be called again; the first reason stays.
        """
        from subprocess import TimeoutExpired

        # after a fork of this interpreter the sandbox is still the parent's
        if os.getpid() != self._owner:
            return
        with self.lock:
            if self._ended:
                return
            self._ended = reason
            self._hang_up()
            try:
                self._agent.wait(self._call_limit)
            except TimeoutExpired:
                self._agent.kill()
                self._agent.wait()

    def _await_ready(self) -> None:
        try:
            kind, *rest = json.loads(_receive(self._control, self._call_limit))
        except TimeoutError:
            raise self._gone(f"the sandbox did not start within {self._call_limit:g} s") from None
        except (OSError, EOFError):
            raise self._gone("the sandbox did not start") from None
        except BaseException:
            self.end()
            raise
        if kind == "refused":
            self.end()
            raise NotAllowed(explain(*rest))
        if kind != "ready":
            raise self._gone(f"the sandbox did not start: {rest[0]}")

    def _last_words(self) -> str:
        """Ask the keeper to end the sandbox; what it knows about the end, or nothing."""
        try:
            self._control.shutdown(socket.SHUT_WR)
            return str(json.loads(_receive(self._control, self._call_limit))[-1])
        except (OSError, EOFError):
            return ""

    def _gone(self, reason: str) -> SandboxEnded:
        """End the sandbox; the exception to raise, with what the agent wrote to stderr."""
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        self.end(f"{reason}\n{said}" if said else reason)
        return SandboxEnded(self._ended)

    def _hang_up(self) -> None:
        # a fork of this interpreter may hold copies, which close() alone would leave open
        for channel in (self._control, *self._channels.values()):
            # ENOTCONN: the other end is closed already
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)
            channel.close()
        self._errors.close()


def _spawn(control: int, shell: int, lifetime: float, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the agent with its ends of the two sockets and a descriptor that tells when we die."""
    import subprocess

    this_process = os.pidfd_open(os.getpid())
    passed = (control, shell, this_process)
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(AGENT), *map(str, passed), str(lifetime)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=passed,
            cwd="/",
            # a Ctrl-C is for the notebook, not for the sandbox
            start_new_session=True,
        )
    finally:
        os.close(this_process)


def _receive(channel: socket.socket, limit: float) -> bytes:
    """The next line; one that follows it at once (what became of sh1, refused) tells nothing new.

    Raises TimeoutError, or EOFError when the other end is closed before the line is whole.
    """
    deadline = time.monotonic() + limit
    parts: list[bytes] = []
    while not parts or not parts[-1].endswith(b"\n"):
        channel.settimeout(max(deadline - time.monotonic(), 0.001))
        part = channel.recv(1 << 20)
        if not part:
            raise EOFError
        parts.append(part)
    return b"".join(parts).partition(b"\n")[0]
