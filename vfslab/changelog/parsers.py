"""3f320e5c2eca, 4a1ddb0f1c48 and f6a495484a27: three small changes, each a function before and after.

None of them touches mounts. Each is modelled by the few lines that it changed, and by what those lines do
to whoever depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vfslab.blocks.ints import u64
from vfslab.blocks.strtoul import NotParsed, kstrtoul, simple_strtoul

from .fix import Changed, Fix
from .search import tried
from .sides import Side

DEFAULT_ENTRIES = 4096


# --- boot parameters: mhash_entries=


class Parsed(NamedTuple):
    """What a boot parameter's handler stored, None for nothing; and whether it says that the word is its."""

    stored: int | None
    handled: bool


def set_mhash_entries_simple(text: str) -> Parsed:
    """With simple_strtoul(): reads as far as there are digits, wraps around, and is always content."""
    return Parsed(simple_strtoul(text), True)


def set_mhash_entries(text: str) -> Parsed:
    """With kstrtoul(): a whole number that fits and nothing behind it but one newline, or nothing at all."""
    try:
        return Parsed(kstrtoul(text), True)
    except NotParsed:
        return Parsed(None, False)


def entries(parsed: Parsed) -> int:
    """How many buckets the hash table is asked to have; 0 and nothing mean the default."""
    return parsed.stored or DEFAULT_ENTRIES


BOOT_WORDS = ("8192", "0x1000", "0", "010", "8k", "64garbage", "", "-1", "9" * 23, "12\n", "1 ")


def half_read(side: Side, text: str) -> str | None:
    """A rule: a number is stored only for a text that is that number."""
    parsed = (set_mhash_entries_simple if side == "before" else set_mhash_entries)(text)
    if parsed.stored is None:
        return None
    try:
        meant = int(text, 0) if not re.fullmatch(r"0[0-7]+", text.strip()) else int(text, 8)
    except ValueError:
        meant = None
    if meant == parsed.stored:
        return None
    return f"mhash_entries={text!r} stores {parsed.stored}"


# --- proc_fill_cache(): an entry, none, or an error


class Inode(NamedTuple):
    """What a directory listing says of an entry."""

    number: int


class Err(NamedTuple):
    """An error pointer: -errno in the place of an entry. Whoever follows it reads at a wild address."""

    errno: int


CACHE = {"1": Inode(100), "fd": Inode(101)}
I_INO_OFFSET = 48


def try_lookup_noperm(name: str) -> Inode | Err | None:
    """The entry; None for one that is not cached; an error for what is no single component."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return Err(-13)
    return CACHE.get(name)


class WildRead(Exception):
    """Memory was read at an address at which there is nothing."""


def follow(child: Inode | Err) -> int:
    """Read the inode number behind the pointer. Raises WildRead for an error pointer."""
    if isinstance(child, Err):
        raise WildRead(f"read at {u64(child.errno + I_INO_OFFSET):#x}")
    return child.number


def proc_fill_cache_unchecked(name: str) -> tuple[str, int]:
    """The name and its inode number; what is not cached is made. An error goes for an entry."""
    child = try_lookup_noperm(name)
    if child is None:
        child = Inode(1000 + len(name))
    return name, follow(child)


def proc_fill_cache(name: str) -> tuple[str, int]:
    """The same; for an error the number is 1, for a listing must not lose names."""
    child = try_lookup_noperm(name)
    if isinstance(child, Err):
        return name, 1
    if child is None:
        child = Inode(1000 + len(name))
    return name, follow(child)


def wild_read(side: Side, name: str) -> str | None:
    """A rule: an error pointer is never followed."""
    try:
        (proc_fill_cache_unchecked if side == "before" else proc_fill_cache)(name)
    except WildRead as wild:
        return f"proc_fill_cache({name!r}): {wild}"
    return None


# --- pidfs: which loop a break leaves


def scoped(trail: list[str]) -> Iterator[None]:
    """scoped_guard(): a loop that goes round once, with something released at its end."""
    trail.append("rcu_read_lock")
    yield
    trail.append("rcu_read_unlock")


def pidfd_ioctl_breaking(reference: bool, after_scope: bool = False) -> list[str]:
    """Leave by ``break`` where no reference can be had. With ``after_scope`` there is a line behind it."""
    trail: list[str] = []
    for _ in (None,):
        for _ in scoped(trail):
            if not reference:
                trail.append("rcu_read_unlock")
                break
            trail.append("take the namespace")
        if after_scope:
            trail.append("the line behind the scope")
        break
    return trail


def pidfd_ioctl(reference: bool, after_scope: bool = False) -> list[str]:
    """The same with the condition turned round: nothing leaves anything."""
    trail: list[str] = []
    for _ in scoped(trail):
        if reference:
            trail.append("take the namespace")
    if after_scope and reference:
        trail.append("the line behind the scope")
    return trail


def reaches_too_far(side: Side, reference: bool) -> str | None:
    """A rule for whoever adds a line: without a reference nothing behind the scope is run."""
    trail = (pidfd_ioctl_breaking if side == "before" else pidfd_ioctl)(reference, after_scope=True)
    if not reference and "the line behind the scope" in trail:
        return "break leaves the hidden loop only: the line behind the scope runs without a reference"
    return None


_PROGRAM = "from vfslab.changelog import parsers\nprint(parsers.{rule}({{side}}, {{input}}))\n"

FIXES = (
    Fix(
        commit="3f320e5c2eca",
        title="namespace: Replace simple_strtoul with kstrtoul to parse boot params",
        author="Thorsten Blum",
        date="2025-12-14",
        since="before git",
        releases=("7.0-rc1",),
        what="mhash_entries=8k gives a hash table of 8 buckets, and nothing is said",
        rule="a number is stored only for a text that is that number",
        changed=(Changed(set_mhash_entries_simple, set_mhash_entries),),
        scenario=BOOT_WORDS,
        find=tried(BOOT_WORDS, half_read, _PROGRAM.format(rule="half_read")),
        notebook="09-small-changes.ipynb",
        section="8k means 8",
        reproducers=("boot_params",),
    ),
    Fix(
        commit="f6a495484a27",
        title="proc: Fix pointer error dereference",
        author="Ethan Tidmore",
        date="2026-02-19",
        since="2006 (61a28784028e)",
        releases=("7.0-rc2", "6.19.6", "6.18.16"),
        what="an error from the lookup of a name is followed as if it were an entry",
        rule="an error pointer is never followed",
        changed=(Changed(proc_fill_cache_unchecked, proc_fill_cache),),
        scenario=("1", "fd", "new", ".", ".."),
        find=tried(("1", "fd", "new", ".", ".."), wild_read, _PROGRAM.format(rule="wild_read")),
        notebook="09-small-changes.ipynb",
        section="Three answers, two tests",
        no_evidence="the kernel makes all names that reach the function; user space cannot choose one",
    ),
    Fix(
        commit="4a1ddb0f1c48",
        title="pidfs: avoid misleading break",
        author="Christian Brauner",
        date="2026-02-24",
        since="7.0-rc1",
        releases=("7.0-rc2",),
        what="a break that seems to leave the switch leaves a loop that a macro hides",
        rule="without a reference nothing behind the scope is run, whatever line is added there",
        changed=(Changed(pidfd_ioctl_breaking, pidfd_ioctl),),
        scenario=(True, False),
        find=tried((True, False), reaches_too_far, _PROGRAM.format(rule="reaches_too_far")),
        notebook="09-small-changes.ipynb",
        section="Where does break go?",
        reproducers=("pidfd_namespaces",),
        no_evidence="the change has no effect as long as there is no line behind the scope",
    ),
)
