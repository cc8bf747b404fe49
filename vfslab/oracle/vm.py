"""A kernel in a VM: a kernel image booted under QEMU, asked, and ended.

Builds an initramfs with the guest's program, the transcripts and programs to run, boots the image
and reads the answers, which come from the code that asks the running kernel
(``guest`` in there). The processor is emulated, so that neither this kernel nor
the caller's permissions matter. What the answers are good for is not known here.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from vfslab.oracle.compare import visible
from vfslab.oracle.initramfs import CannotBuild, build, extra
from vfslab.oracle.outcome import Command, Run, from_json

QEMU = "qemu-system-x86_64"
PROGRAM = "import sys\nsys.path.insert(0, '/lab')\nfrom vfslab.oracle import guest\nguest.main()\n"
# What the guest imports, and what it imports only when it first needs it.
MODULES = ("vfslab.oracle.guest", "subprocess")
BATCH = "/batch.json"
# where the programs lie in the guest, and what they may import but what the guest does itself
PROGRAMS = "/programs"
PROGRAM_MODULES = (
    "ctypes",
    "errno",
    "fcntl",
    "json",
    "re",
    "select",
    "socket",
    "struct",
    "threading",
    "time",
)
RECORD_SEPARATOR = b"\x1e"

# panic=-1 reboots at once, which -no-reboot makes the end of QEMU
COMMAND_LINE = "console=ttyS0 quiet panic=-1 oops=panic"
MOST_LINES = 12
_CRASH = re.compile(r"Kernel panic|BUG:|Oops:|Unable to mount root")


class VMFailed(Exception):
    """No answer from the kernel in the VM: what is missing or what happened, and the console's last words."""


class Transcript(NamedTuple):
    """What to run in a VM, and what to call it where it fails."""

    name: str
    commands: Sequence[Command]


class Output(NamedTuple):
    """What a program wrote, and its exit status; the signal that ended it, negated."""

    status: int
    stdout: str
    stderr: str


class VM:
    """The kernel of the file ``image``, booted to run ``transcripts``, each in a sandbox of its own.

    Behind them ``programs`` run, files in Python, as root and each in a process of its own, which is ended
    after ``program_limit`` seconds. They may import the files beside them, and of Python's modules
    PROGRAM_MODULES. ``options`` go onto the kernel's command line.

    ``release`` and ``version`` are its uname -r and -v, ``emulator`` is what runs it.
    ``boot_limit`` is the time until it has booted, ``answer_limit`` the time between two
    answers, in seconds. Ended by ``close``, and when a with statement is left. Raises
    VMFailed where it does not boot, and in ``runs`` where it does not go on.
    """

    def __init__(
        self,
        image: Path,
        transcripts: Sequence[Transcript],
        boot_limit: float = 180.0,
        answer_limit: float = 300.0,
        programs: Sequence[Path] = (),
        program_limit: int = 240,
        options: str = "",
    ) -> None:
        self._image = image
        self._transcripts = transcripts
        self._programs = programs
        self._program_limit = program_limit
        self._options = options
        self._answer_limit = answer_limit
        self._received = b""
        self._folder = tempfile.TemporaryDirectory(prefix="vfslab-vm-")
        try:
            self.emulator, self._process = self._start()
            self.release, self.version = self._receive("ready", boot_limit, "while it booted")
        except BaseException:
            self.close()
            raise

    def runs(self) -> Iterator[Run]:
        """The answers to the transcripts, in their order, each as soon as it is there. To be read once."""
        for transcript in self._transcripts:
            (outcomes,) = self._receive("run", self._answer_limit, f"in {transcript.name}")
            yield from_json(self.release, outcomes)

    def outputs(self) -> Iterator[Output]:
        """What the programs wrote, in their order. To be read once, behind ``runs``."""
        for program in self._programs:
            (output,) = self._receive("output", self._answer_limit, f"in {program.name}")
            yield Output(*output)

    def close(self) -> None:
        """End the VM and remove its files. May be called again."""
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> tuple[str, subprocess.Popen[bytes]]:
        """The name of the emulator, and the emulator with the answers for its standard output."""
        image_release(self._image)
        qemu = shutil.which(QEMU)
        if qemu is None:
            raise VMFailed(f"{QEMU} is not on PATH (Debian: apt install qemu-system-x86)")
        try:
            initramfs = build((*MODULES, *(PROGRAM_MODULES if self._programs else ())), PROGRAM)
        except CannotBuild as reason:
            raise VMFailed(f"no initramfs can be made with this Python: {reason}") from None
        batch = {
            "transcripts": [transcript.commands for transcript in self._transcripts],
            "programs": [f"{PROGRAMS}/{program.name}" for program in self._programs],
            "program_limit": self._program_limit,
        }
        files = {BATCH: json.dumps(batch).encode()}
        for folder in {program.parent for program in self._programs}:
            files |= {f"{PROGRAMS}/{path.name}": path.read_bytes() for path in folder.glob("*.py")}
        initrd = Path(self._folder.name, "initrd")
        initrd.write_bytes(initramfs + extra(files))
        version = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True).stdout
        with open(self._path("stderr"), "wb") as errors:
            process = subprocess.Popen(
                [
                    *(qemu, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1", "-m", "2048"),
                    *("-nodefaults", "-no-reboot", "-display", "none", "-kernel", str(self._image)),
                    *("-initrd", str(initrd), "-append", f"{COMMAND_LINE} {self._options}"),
                    # a comma in an option's value is doubled
                    *("-serial", f"file:{str(self._path('console')).replace(',', ',,')}"),
                    *("-chardev", "stdio,id=answers,signal=off", "-serial", "chardev:answers"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                # a Ctrl-C is for whoever waits, and then close() comes
                start_new_session=True,
            )
        return version.partition("\n")[0].partition(" (")[0], process

    def _receive(self, wanted: str, limit: float, when: str) -> list[Any]:
        """The next message, which must be of the kind ``wanted``. Raises VMFailed."""
        deadline = time.monotonic() + limit
        assert self._process.stdout is not None
        parts = [self._received]
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise self._failed(f"no answer within {limit:g} s {when}")
            part = os.read(self._process.stdout.fileno(), 1 << 20)
            if not part:
                raise self._failed(f"it ended {when}")
            parts.append(part)
        line, _, self._received = b"".join(parts).partition(b"\n")
        # whatever a firmware may have written before
        message: list[Any] = json.loads(line.rpartition(RECORD_SEPARATOR)[2])
        kind, *rest = message
        if kind != wanted:
            raise self._failed(f"{' '.join(map(str, rest)) or kind} {when}")
        return rest

    def _failed(self, what: str) -> VMFailed:
        """End the VM; the exception to raise, with what was said last."""
        self._process.kill()
        self._process.wait()
        said = [
            f"  {name}: {visible(line)}"
            for name in ("stderr", "console")
            for line in _telling(_text(self._path(name)).splitlines())
        ]
        return VMFailed("\n".join([f"the VM of {self._image} failed: {what}", *said]))

    def _path(self, name: str) -> Path:
        return Path(self._folder.name, name)


def image_release(image: Path) -> str:
    """The uname -r that a kernel image will have. Raises VMFailed for a file that cannot be booted here.

    From the header of a bzImage: HdrS at 0x202, and at 0x20e where the version begins
    behind 0x200. Documentation/arch/x86/boot.rst.
    """
    machine = platform.machine()
    if machine != "x86_64":
        raise VMFailed(f"a kernel image of x86_64 cannot run the Python of this machine, which is {machine}")
    try:
        with open(image, "rb") as file:
            head = file.read(0x10000)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise VMFailed(f"{image}: {reason}") from None
    if head[0x202:0x206] != b"HdrS":
        raise VMFailed(f"{image} is no kernel image of x86_64 (a bzImage, which distributions call vmlinuz)")
    version = head[0x200 + int.from_bytes(head[0x20E:0x210], "little") :].partition(b"\0")[0]
    return version.decode(errors="replace").partition(" ")[0]


def _telling(lines: list[str]) -> list[str]:
    """The lines that tell most: from the first that speaks of a crash, else the last."""
    for number, line in enumerate(lines):
        if _CRASH.search(line):
            return lines[number : number + MOST_LINES]
    return lines[-MOST_LINES:]


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
