"""0787a93baa1a, 9b323d2f4740: the name of a filesystem type is a string, and no pathname.

sysfs(2), option 1, has nothing to do with /sys: it gives the number of a filesystem type. Which types a
kernel has is not known here, but for some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from vfslab.drive.run import run
from vfslab.kernel.effects import Check, Code, Refused, Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides

PATH_MAX = 4096
FILE_SYSTEMS = ("sysfs", "tmpfs", "bdev", "proc")

EMPTY = Check("ENOENT", "getname", "the path is empty", "give a path")
TOO_LONG = Check("ENAMETOOLONG", "getname", "the path has {0} characters", "take a shorter path")
UNKNOWN = Check("EINVAL", "fs_index", "no filesystem type has that name", "see /proc/filesystems")


@dataclass
class SysfsCall:
    """What sysfs(2) is asked for, and what it answers: a number, or the name of an error."""

    name: str
    answer: str = ""


def _refuse(state: SysfsCall, check: Check, *names: object) -> Code:
    state.answer = check.errno
    yield Step(check.function, f"says {check.errno}")
    raise Refused(check, *names)


def _find(state: SysfsCall) -> Code:
    if state.name not in FILE_SYSTEMS:
        yield from _refuse(state, UNKNOWN)
    state.answer = str(FILE_SYSTEMS.index(state.name))
    yield Step("fs_index", f"gives {state.answer}")


def fs_index_of_pathname(state: SysfsCall) -> Code:
    """The name comes in by getname(), which knows what paths may be like."""
    if not state.name:
        yield from _refuse(state, EMPTY)
    if len(state.name) >= PATH_MAX:
        yield from _refuse(state, TOO_LONG, len(state.name))
    yield Step("getname", f"copies {len(state.name)} characters")
    yield from _find(state)


def fs_index(state: SysfsCall) -> Code:
    """The name comes in by strndup_user(), which knows a limit."""
    if len(state.name) >= PATH_MAX:
        yield from _refuse(state, UNKNOWN)
    yield Step("strndup_user", f"copies {len(state.name)} characters")
    yield from _find(state)


def unknown_is_einval(state: SysfsCall) -> Iterator[str]:
    """A rule: what is no filesystem type is EINVAL, whatever is wrong with it."""
    expected = str(FILE_SYSTEMS.index(state.name)) if state.name in FILE_SYSTEMS else "EINVAL"
    if state.answer != expected:
        yield f"sysfs(1, {len(state.name)} characters) says {state.answer}"


ASKED = {"proc": "proc", "nosuch": "nosuch", "empty": "", "4095": "x" * 4095, "4096": "x" * 4096}


def _asking(side: str, what: str) -> Mechanism:
    code = fs_index_of_pathname if side == "before" else fs_index
    return Mechanism(
        title=f"sysfs(1, {what})",
        state=partial(SysfsCall, ASKED[what]),
        tasks=(("caller", (("sysfs()", code),)),),
        at_end=unknown_is_einval,
    )


SYSFS = Sides("0787a93baa1a", _asking, tuple(ASKED))


def answers(side: str) -> dict[str, str]:
    """What sysfs(2) says to each of ``ASKED`` on a side."""
    code = fs_index_of_pathname if side == "before" else fs_index
    return {what: run(code(SysfsCall(name))).errno or "ok" for what, name in ASKED.items()}


FIX = Fix(
    commit="0787a93baa1a",
    title="sysfs(2): fs_index() argument is _not_ a pathname",
    author="Al Viro",
    date=DATE,
    since="before git",
    releases=RELEASES,
    what="sysfs(2) takes the name of a filesystem type for a path, and says of it what is said of paths",
    rule="what is no filesystem type is EINVAL, whatever is wrong with it",
    changed=(Changed(fs_index_of_pathname, fs_index),),
    scenario=SYSFS,
    find=both(SYSFS),
    notebook="16-names-owners-scopes.ipynb",
    section="Not everything is a path",
    reproducers=("names",),
    area="vfs",
    others=commits("9b323d2f4740"),
    pull=PULL,
)
