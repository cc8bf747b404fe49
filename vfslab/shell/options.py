"""Command-line options as getopt_long(3) of glibc reads them, with its words.

A command declares its flags and gets back what was given. What flags mean, and
what a command prints besides, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class UsageError(Exception):
    """Options that cannot be read; the text is getopt's message without the command's name."""


class Flag(NamedTuple):
    """One option: the name the command knows it by, its letters and its long names."""

    name: str
    short: str
    long: tuple[str, ...]
    argument: Literal["none", "required", "optional"]


class Given(NamedTuple):
    """One option as given; ``value`` is None where there is none."""

    name: str
    value: str | None


class Arguments(NamedTuple):
    """A command's arguments: the options in the order given, then the operands."""

    options: tuple[Given, ...]
    operands: tuple[str, ...]

    def has(self, name: str) -> bool:
        return any(option.name == name for option in self.options)

    def last(self, name: str) -> str | None:
        """The value of the last option of that name."""
        return next((option.value for option in reversed(self.options) if option.name == name), None)


def flags(*spellings: str) -> tuple[Flag, ...]:
    """Flags from their spellings, such as "-t --types=", "-w --rw --read-write" or "--mkdir=?".

    A flag is known by its first long name, or else by its letter. An optional
    argument ("=?") goes with the long names alone.
    """
    table = []
    for spelling in spellings:
        argument: Literal["none", "required", "optional"] = "none"
        if spelling.endswith("="):
            argument = "required"
        elif spelling.endswith("=?"):
            argument = "optional"
        names = spelling.rstrip("=?").split()
        long = tuple(name[2:] for name in names if name.startswith("--"))
        short = "".join(name[1:] for name in names if not name.startswith("--"))
        table.append(Flag(long[0] if long else short, short, long, argument))
    return tuple(table)


def getopt(table: Sequence[Flag], args: Sequence[str], permute: bool = True) -> Arguments:
    """Read ``args``; options may follow operands unless ``permute`` is false.

    Long options may be shortened as long as they stay unambiguous. Raises UsageError.
    """
    options: list[Given] = []
    operands: list[str] = []
    rest = list(args)
    while rest:
        arg = rest.pop(0)
        if arg == "--":
            operands += rest
            break
        if arg.startswith("--"):
            options.append(_long(table, arg, rest))
        elif arg.startswith("-") and arg != "-":
            options += _short(table, arg, rest)
        else:
            operands.append(arg)
            if not permute:
                operands += rest
                break
    return Arguments(tuple(options), tuple(operands))


def _long(table: Sequence[Flag], arg: str, rest: list[str]) -> Given:
    name, equals, value = arg[2:].partition("=")
    found = [(flag, long) for flag in table for long in flag.long if long.startswith(name)]
    exact = [(flag, long) for flag, long in found if long == name]
    if not found:
        raise UsageError(f"unrecognized option '{arg}'")
    if not exact and len({flag for flag, _ in found}) > 1:
        possible = " ".join(f"'--{long}'" for _, long in found)
        raise UsageError(f"option '{arg}' is ambiguous; possibilities: {possible}")
    flag, long = (exact or found)[0]
    if equals and flag.argument == "none":
        raise UsageError(f"option '--{long}' doesn't allow an argument")
    if equals:
        return Given(flag.name, value)
    if flag.argument != "required":
        return Given(flag.name, None)
    if not rest:
        raise UsageError(f"option '--{long}' requires an argument")
    return Given(flag.name, rest.pop(0))


def _short(table: Sequence[Flag], arg: str, rest: list[str]) -> list[Given]:
    options = []
    letters = arg[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = next((flag for flag in table if letter in flag.short), None)
        if flag is None:
            raise UsageError(f"invalid option -- '{letter}'")
        value = None
        if flag.argument == "required":
            if not letters and not rest:
                raise UsageError(f"option requires an argument -- '{letter}'")
            value, letters = letters or rest.pop(0), ""
        options.append(Given(flag.name, value))
    return options
