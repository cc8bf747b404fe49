"""For every check that a system call can fail, the smallest transcript that ends in it.

The transcripts are in ``smallest.mnt`` beside this module; the checks are the rows of
``vfslab.kernel.refusals``. What comes of a transcript, the model is asked anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from .kernel.effects import Check
from .kernel.refusals import rows
from .kernel.releases import DEFAULT_RELEASE
from .model import Model
from .shell.answer import escaped
from .shell.session import CommandResult, Session

# The rows that no transcript ends in.
UNREACHABLE = MappingProxyType(
    {
        "PATH_TOO_LONG": "it takes a path of 4,096 bytes",
        "NAME_TOO_LONG": "it takes a name of 256 bytes",
        "STRING_TOO_LONG": "it takes a string of 256 bytes",
        "SUPERBLOCK_READ_ONLY_DIFFERS": "it takes a block device",
        "NO_MEMORY": "there is always memory, unless a driver says otherwise",
        "NO_SUCH_PROCESS": "a shell has a name for as long as it lives",
        "NAMESPACE_EMPTY": "it takes a namespace that another task is leaving at that moment",
        "COPY_OF_UNBINDABLE": "whoever copies a tree has asked the same of its root before",
        "CLONE_UNKNOWN_FLAG": "clone(2) knows all flags that the shell gives",
        "SETNS_ANONYMOUS": "no file leads to the namespace of a detached tree",
    }
)


class Smallest(NamedTuple):
    """The transcript for the row ``name`` of the refusals, and the release that has the check."""

    name: str
    row: Check
    release: str
    transcript: str

    def run(self) -> CommandResult:
        """What the last command of the transcript comes to in the model."""
        with Model(self.release) as model:
            return Session(model).run_transcript(self.transcript)[-1]

    def __str__(self) -> str:
        """Errno, kernel function, condition and remedy, with the mounts of the transcript, and that."""
        refused = self.run()
        where = "" if self.release == DEFAULT_RELEASE else f" (Linux {self.release})"
        said = f"{refused.errno} {refused.reason}{where}\n  remedy: {refused.remedy}"
        return "\n".join([escaped(said), *(f"    {line}" for line in self.transcript.splitlines())])


@cache
def smallest() -> MappingProxyType[str, Smallest]:
    """The transcripts by the names of their rows, in the order of the rows."""
    text = files(__package__).joinpath("smallest.mnt").read_text(encoding="utf-8")
    found = {}
    for block in text.split("\n## ")[1:]:
        head, _, transcript = block.partition("\n")
        name, _, release = head.partition(" ")
        found[name] = release or DEFAULT_RELEASE, transcript.strip()
    return MappingProxyType(
        {name: Smallest(name, row, *found[name]) for name, row in rows() if name in found}
    )


def of_module(module: ModuleType, *errnos: str) -> Iterator[Smallest]:
    """Those for the rows that ``module``, one of ``vfslab.kernel.refusals``, has for these errnos."""
    own = vars(module)
    return (
        case
        for case in smallest().values()
        if case.name.partition("[")[0] in own and case.row.errno in errnos
    )
