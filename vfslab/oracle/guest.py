"""The first process of the VM: it mounts what the sandbox needs, runs transcripts and programs, sends the answers.

``vfslab.oracle.vm`` boots it as /init and reads what it sends. It imports all that it
will need at its top, for the initramfs holds nothing else.

Answers go out over a serial port of their own, which the kernel's messages never
reach: JSON behind an RS character, one a line, as in RFC 7464.
``["ready", uname -r, uname -v]``, for each transcript ``["run", outcomes]`` or
``["ended", why]``, for each program ``["output", [status, stdout, stderr]]``, at last ``["done"]``; or ``["error", traceback]``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import termios
import traceback
import tty
from pathlib import Path
from typing import IO, Any

from vfslab.oracle import agent, sandbox
from vfslab.oracle.agent_libc import libc, state
from vfslab.oracle.live import RunningKernel, SandboxEnded
from vfslab.oracle.outcome import run_commands, to_json

BATCH = "/batch.json"
PORT = "/dev/ttyS1"
RECORD_SEPARATOR = b"\x1e"

MS_BIND = 4096
MS_MOVE = 8192
RB_POWER_OFF = 0x4321FEDC

# The emulated processor is slow, and a call that hangs is the host's to give up.
CALL_LIMIT = 120.0


def prepare() -> None:
    """Mount what the agent asks for, and put a mount on top of the initramfs.

    The root of an initramfs is the one mount without a parent, which pivot_root(2)
    refuses (until 7.0 put a nullfs beneath it). Nothing else stays mounted on it: where
    paths of a foreign namespace begin, statmount(2) sees by the first mount on its root.
    """
    libc.mount(b"dev", b"/dev", b"devtmpfs", 0, None)
    libc.mount(b"/", b"/mnt", None, MS_BIND, None)
    libc.mount(b"/dev", b"/mnt/dev", None, MS_BIND, None)
    libc.umount2(b"/dev", 0)
    libc.mount(b"proc", b"/mnt/proc", b"proc", 0, None)
    os.chdir("/mnt")
    libc.mount(b".", b"/", None, MS_MOVE, None)
    os.chroot(".")


class ForkedAgent:
    """An agent that is a fork of this process: to start an interpreter takes most of a second in here.

    What ``vfslab.oracle.sandbox`` asks of a subprocess.Popen.
    """

    def __init__(self, control: int, shell: int, lifetime: float, errors: IO[bytes]) -> None:
        this_process = os.pidfd_open(os.getpid())
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.dup2(errors.fileno(), 2)
                agent.main(socket.socket(fileno=control), socket.socket(fileno=shell), this_process, lifetime)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        os.close(this_process)

    def wait(self, timeout: float) -> None:
        """Wait until it has ended."""
        os.waitpid(self._pid, 0)


def send(port: int, *message: Any) -> None:
    data = RECORD_SEPARATOR + json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(port, data) :]


def run_program(path: str, limit: int) -> tuple[int, str, str]:
    """Run a Python program in a fork, to the end or for ``limit`` seconds: exit status, and what it wrote.

    A process that it leaves behind stays.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                signal.alarm(limit)
                sys.path.insert(0, str(Path(path).parent))
                exec(compile(Path(path).read_text(), path, "exec"), {"__name__": "__main__"})
                status = 0
            except SystemExit as end:
                print(end.code, file=sys.stderr)
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return status, _content(out), _content(errors)


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def answer(port: int) -> None:
    """Run the batch."""
    uname = os.uname()
    send(port, "ready", uname.release, uname.version)
    batch = json.loads(Path(BATCH).read_text())
    for commands in batch["transcripts"]:
        try:
            with RunningKernel(CALL_LIMIT) as kernel:
                send(port, "run", to_json(run_commands(kernel, commands)))
        except SandboxEnded as ended:
            send(port, "ended", str(ended))
    for path in batch["programs"]:
        send(port, "output", run_program(path, batch["program_limit"]))
    send(port, "done")


def main() -> None:
    prepare()
    state.machine_is_ours = True
    sandbox._spawn = ForkedAgent  # type: ignore[assignment]
    port = os.open(PORT, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(port)
    try:
        answer(port)
    except BaseException:
        send(port, "error", traceback.format_exc())
    termios.tcdrain(port)
    libc.reboot(RB_POWER_OFF)
