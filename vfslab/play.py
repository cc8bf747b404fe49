"""A playground's memory: what was typed from which start, undone and redone, and what may be asked of it.

How it looks is not known here. The state is always that of the start with all lines that are done run
again, so going back needs no inverse of anything.
"""

from __future__ import annotations

from typing import NamedTuple

from vfslab.drive.timeline import Timeline
from vfslab.kernel.releases import DEFAULT_RELEASE
from vfslab.load import load
from vfslab.model import Model
from vfslab.presets import PRESETS
from vfslab.shell.answer import answer
from vfslab.shell.session import CommandResult, Session
from vfslab.shell.transcript import TranscriptError, parse
from vfslab.snapshot import Snapshot

MOUNTS_REPLAYED = 2_000
"""A start with more mounts cannot be gone back to: making it again would be felt."""


class Entry(NamedTuple):
    """A line that was run: who typed it, and what came of it, as text."""

    shell: str
    command: str
    said: str
    failed: bool


class Play:
    """A session that can go back.

    ``steps`` are what the kernel did last: the longest system call of the last line that made one.
    ``start`` is a name of ``PRESETS``, or a Snapshot, of a pasted mountinfo for example. Raises ValueError
    for an unknown name, and LoadError for rows that cannot all be true.
    """

    def __init__(self, start: str | Snapshot = "an empty root", release: str = DEFAULT_RELEASE) -> None:
        if isinstance(start, str) and start not in PRESETS:
            raise ValueError(f"no start {start!r}; there are {', '.join(PRESETS)}")
        self.start = start
        self.release = release
        self.done: list[Entry] = []
        self.undone: list[Entry] = []
        self._begin()

    def _begin(self) -> None:
        kernel = None if isinstance(self.start, str) else load(self.start, self.release)
        self.model = Model(self.release, recording=False, kernel=kernel)
        self.session = Session(self.model)
        if isinstance(self.start, str):
            self.session.run_transcript(PRESETS[self.start].transcript)
        self.model.recording = True
        self.steps: Timeline | None = None

    def run(self, shell: str, command: str) -> Entry:
        """Type ``command`` in ``shell``.

        Raises TranscriptError for half a command, for more than one line and for a shell's name that is none;
        then nothing has happened.
        """
        lines = parse(f"{shell}# {command}\n")
        if [line.shell for line in lines] != [shell]:
            raise TranscriptError(1, 1, "one line at one prompt is wanted")
        entry = self._run(shell, command)
        self.undone.clear()
        return entry

    def _run(self, shell: str, command: str) -> Entry:
        self.model.timelines.clear()
        self.session.start(shell)
        result: CommandResult = self.session.run(shell, command)
        said = answer(result).partition("\n")[2]
        self.steps = max(self.model.timelines, key=len, default=self.steps)
        entry = Entry(shell, command, said, bool(result.status))
        self.done.append(entry)
        return entry

    def undo(self) -> Entry | None:
        """Take the last line back; None where there is none, or the start is too large to go back to."""
        if not self.done or not self.can_go_back:
            return None
        *lines, last = self.done
        self.undone.append(last)
        self.done = []
        self._begin()
        for line in lines:
            self._run(line.shell, line.command)
        return last

    def redo(self) -> Entry | None:
        """Type the line again that was taken back last; None where there is none."""
        if not self.undone:
            return None
        again = self.undone.pop()
        return self._run(again.shell, again.command)

    @property
    def can_go_back(self) -> bool:
        return isinstance(self.start, str) or len(self.start.mounts) <= MOUNTS_REPLAYED

    @property
    def snapshot(self) -> Snapshot:
        """The state now."""
        return self.model.snapshot()

    @property
    def transcript(self) -> str:
        """Everything as a transcript, the start included; of a pasted table a remark stands for it."""
        if isinstance(self.start, str):
            start = PRESETS[self.start].transcript
        else:
            start = (
                f"# begins with a mountinfo of {len(self.start.mounts)} lines, which is not part of this\n"
            )
        return start + "".join(f"{line.shell}# {line.command}\n" for line in self.done)

    def continue_with(self, transcript: str) -> None:
        """Type all lines of a transcript. Raises TranscriptError before anything is typed."""
        for line in parse(transcript):
            if line.words:
                self.run(line.shell, line.command)

    def on_this_kernel(self) -> str:
        """Run the same on the kernel of this machine, in a sandbox, and say what differs.

        Never raises: where the machine forbids it, or there is nothing to be run, that is what is said.
        """
        from vfslab.oracle.compare import check
        from vfslab.oracle.live import NotAllowed, SandboxEnded

        if not isinstance(self.start, str):
            return "A pasted table cannot be made again on a kernel: begin with a preset."
        try:
            found = check(self.transcript, self.release)
        except (NotAllowed, SandboxEnded) as reason:
            return f"The running kernel cannot be asked: {reason}."
        if not found.differences:
            return f"Linux {found.kernel} and the model of {found.release} agree on every command."
        return f"Linux {found.kernel} says otherwise:\n" + "\n".join(found.differences)
