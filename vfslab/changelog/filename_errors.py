"""2e2d64aea5c5 and eleven more: an error in the place of a pathname goes through the path functions.

What the functions do with a name, and who frees it, is not known here.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from vfslab.kernel.effects import Code, Oops, Step
from vfslab.mechanism import Mechanism

from .filename_series import DATE, PULL, RELEASES, commits
from .fix import Changed, Fix
from .search import both
from .sides import Sides


class Err(NamedTuple):
    """An error pointer, in the place of a pathname, a file or a path."""

    errno: str


Name: TypeAlias = str | Err


@dataclass
class Walks:
    """What importing the pathname gave; the paths that were walked, and what each function answered."""

    name: Name
    walked: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


def _walk(state: Walks, function: str) -> Code:
    if isinstance(state.name, Err):
        raise Oops("set_nameidata", f"a read behind the error pointer {state.name.errno}")
    state.walked.append(state.name)
    state.answers.append("found")
    yield Step(function, f"walks {state.name}")


def filename_lookup(state: Walks) -> Code:
    """An error for a name is the answer."""
    if isinstance(state.name, Err):
        state.answers.append(state.name.errno)
        yield Step("filename_lookup", f"gives {state.name.errno} back")
        return
    yield from _walk(state, "filename_lookup")


def vfs_path_parent_lookup(state: Walks) -> Code:
    """An error for a name is the answer."""
    if isinstance(state.name, Err):
        state.answers.append(state.name.errno)
        yield Step("vfs_path_parent_lookup", f"gives {state.name.errno} back")
        return
    yield from _walk(state, "vfs_path_parent_lookup")


def do_filp_open(state: Walks) -> Code:
    """Takes a pathname, and nothing else."""
    yield from _walk(state, "do_filp_open")


def do_file_open(state: Walks) -> Code:
    """An error for a name is the answer."""
    if isinstance(state.name, Err):
        state.answers.append(state.name.errno)
        yield Step("do_file_open", f"gives {state.name.errno} back")
        return
    yield from _walk(state, "do_file_open")


def errors_travel(state: Walks) -> Iterator[str]:
    """A rule: each function that is given an error gives it back, and touches nothing."""
    if isinstance(state.name, Err):
        for answer in state.answers:
            if answer != state.name.errno:
                yield f"given {state.name.errno}, a path function says {answer}"
        if state.walked:
            yield f"given {state.name.errno}, a path function walks {state.walked[0]}"


# What copying the path gave: a path, or the error in its place.
GIVEN = ("/a", "ENOENT", "EFAULT", "ENAMETOOLONG", "ENOMEM")


def _walking(side: str, given: str) -> Mechanism:
    name: Name = given if given.startswith("/") else Err(given)
    last = ("do_file_open()", do_filp_open if side == "before" else do_file_open)
    lookups = (("filename_lookup()", filename_lookup), ("vfs_path_parent_lookup()", vfs_path_parent_lookup))
    return Mechanism(
        title=f"three path functions are given {given}",
        state=partial(Walks, name),
        tasks=(("caller", (*lookups, last)),),
        rule=errors_travel,
    )


TRAVEL = Sides("2e2d64aea5c5", _walking, GIVEN)


# --- what the callers save: each is the bare bones of a kernel function, with errors as values

Open: TypeAlias = Callable[[Name], Any]


def do_sys_openat2_checking(name: Name, install: Callable[[Any], int], open_it: Open) -> int | Err:
    """Looks at the name before it is used, and at the file after."""
    if isinstance(name, Err):
        return name
    file = open_it(name)
    if isinstance(file, Err):
        return file
    return install(file)


def do_sys_openat2(name: Name, install: Callable[[Any], int], open_it: Open) -> int | Err:
    """Looks at the file: an error for a name has become an error for a file."""
    file = open_it(name)
    if isinstance(file, Err):
        return file
    return install(file)


def filp_open_checking(name: Name, open_it: Open) -> Any:
    """Looks at the name before it is used."""
    file: Any = name
    if not isinstance(name, Err):
        file = open_it(name)
    return file


def filp_open(name: Name, open_it: Open) -> Any:
    """Has nothing to look at."""
    return open_it(name)


CALLERS = ((do_sys_openat2_checking, do_sys_openat2), (filp_open_checking, filp_open))


def branches(function: Callable[..., Any]) -> int:
    """How many times the source of the function branches."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return sum(isinstance(node, (ast.If, ast.IfExp, ast.While)) for node in ast.walk(tree))


FIX = Fix(
    commit="2e2d64aea5c5",
    title="do_filp_open(): DTRT when getting ERR_PTR() as pathname",
    author="Al Viro",
    date=DATE,
    since="before git",
    releases=RELEASES,
    what="of all functions that take a pathname, one follows an error in its place",
    rule="a function that is given an error for a name gives that error back, and touches nothing",
    changed=(
        Changed(do_filp_open, do_file_open),
        Changed(do_sys_openat2_checking, do_sys_openat2),
        Changed(filp_open_checking, filp_open),
    ),
    scenario=TRAVEL,
    find=both(TRAVEL),
    notebook="16-names-owners-scopes.ipynb",
    section="Errors travel",
    no_evidence="every caller checked the name itself, so no program could bring it about",
    area="vfs",
    others=(*commits("58a49cc9ebb1", "ba33ac100d3f"), *commits("541003b576c3", "88b33614f9ca")),
    pull=PULL,
)
