"""51a146e0595c: the old way into a filesystem, and the shim that made it look like the new one.

A model of its own: parameters go to a filesystem one by one (fs_context) or, through the shim, as
one comma-separated page. mount(2) for user space is the same on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .fix import Changed, Fix
from .search import tried
from .sides import Side

PAGE_SIZE = 4096


class Parameter(NamedTuple):
    """One fsconfig(2): its command, key and value; a descriptor or a blob has no text."""

    command: str
    key: str
    value: str | None = None


# What a filesystem got of the parameters, or the errno of the one that was refused.
Answer = dict[str, str | None] | str


def legacy_parse_param(parameters: tuple[Parameter, ...]) -> Answer:
    """Through the shim: everything is text in one page, read again by the filesystem's own parser."""
    page: list[str] = []
    for command, key, value in parameters:
        if command not in ("FSCONFIG_SET_FLAG", "FSCONFIG_SET_STRING"):
            return "EOPNOTSUPP"
        word = key if value is None else f"{key}={value}"
        if "," in word:
            return "EINVAL"
        if len(",".join([*page, word])) + 2 > PAGE_SIZE:
            return "EINVAL"
        page.append(word)
    return parse_page(",".join(page))


def parse_page(page: str) -> Answer:
    """The filesystem's parser of the time: words between commas."""
    found: dict[str, str | None] = {}
    for word in filter(None, page.split(",")):
        key, equals, value = word.partition("=")
        found[key] = value if equals else None
    return found


def vfs_parse_fs_param(parameters: tuple[Parameter, ...]) -> Answer:
    """Without it: the filesystem is given each parameter as it is."""
    return {key: value if command != "FSCONFIG_SET_FD" else "a file" for command, key, value in parameters}


CALLS = (
    (Parameter("FSCONFIG_SET_FLAG", "ro"),),
    (Parameter("FSCONFIG_SET_STRING", "size", "1m"), Parameter("FSCONFIG_SET_FLAG", "sync")),
    (Parameter("FSCONFIG_SET_STRING", "name", "a,b"),),
    (Parameter("FSCONFIG_SET_FD", "wfdno"),),
    (Parameter("FSCONFIG_SET_STRING", "long", "x" * PAGE_SIZE),),
)


def is_lost(side: Side, parameters: tuple[Parameter, ...]) -> str | None:
    """A rule: a filesystem gets the parameters that its caller gave."""
    given = vfs_parse_fs_param(parameters)
    parse: Callable[[tuple[Parameter, ...]], Answer]
    parse = legacy_parse_param if side == "before" else vfs_parse_fs_param
    got = parse(parameters)
    if got == given:
        return None
    command, key, value = parameters[0]
    shown = "" if value is None else f" {value[:12]}"
    return f"{command} {key}{shown} does not reach the filesystem: {got}"


FIX = Fix(
    commit="51a146e0595c",
    title="fs: Remove internal old mount API code",
    author="Eric Sandeen",
    date="2025-12-12",
    since="5.1, with the new interface beside it",
    releases=("7.0-rc1",),
    what="a filesystem with the old interface gets its parameters as one page of text, where not all fits",
    rule="a filesystem gets the parameters that its caller gave",
    changed=(Changed(legacy_parse_param, vfs_parse_fs_param),),
    scenario=CALLS,
    find=tried(
        CALLS, is_lost, "from vfslab.changelog.legacy_mount import *\nprint(is_lost({side}, {input}))\n"
    ),
    notebook="09-small-changes.ipynb",
    section="Two ways in",
    reproducers=("legacy_mount_api",),
    no_evidence="it takes a filesystem with the old interface: 9p was the last, no kernel at hand has it",
)
