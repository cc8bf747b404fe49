"""46329a9dd74b, acct(2) begins to go: what a deprecation may change, in a Kconfig entry.

The entries are own ones, in Kconfig's language; what the system call answers is in the recordings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides


def bsd_process_acct_inviting() -> str:
    """The entry as it was."""
    return """
config BSD_PROCESS_ACCT
	bool "BSD Process Accounting"
	depends on MULTIUSER
	help
		A line for each process that ends, written by the kernel into a file.
		This is a good idea, so say Y.
"""


def bsd_process_acct() -> str:
    """The entry as it is."""
    return """
config BSD_PROCESS_ACCT
	bool "BSD Process Accounting (DEPRECATED)"
	depends on MULTIUSER
	default n
	help
		A line for each process that ends, written by the kernel into a file.
		It is old and slow; with eBPF you can count what you like. Say N.
"""


OTHERS = """
config TASKSTATS
	bool "Export task statistics through netlink"
	depends on NET && MULTIUSER
	help
		Numbers of tasks that end, for whoever asks. If unsure, say N.

config AUDIT
	bool "Auditing support"
	depends on NET
	default y
	help
		Say Y if you want to know who did what.
"""

GOING = frozenset({"BSD_PROCESS_ACCT"})
"""What it has been decided is to go."""


class Option(NamedTuple):
    """An entry: its prompt, what it is without an answer, what it needs, and what a reader is told."""

    name: str
    prompt: str
    default: str
    depends: str
    help: str


def options(kconfig: str) -> dict[str, Option]:
    """The entries of a Kconfig text by name."""
    found = {}
    for entry in re.split(r"^config ", kconfig, flags=re.MULTILINE)[1:]:
        name, _, rest = entry.partition("\n")
        head, _, told = rest.partition("\thelp\n")
        line = {word: value for word, _, value in (one.strip().partition(" ") for one in head.splitlines())}
        found[name] = Option(
            name,
            line.get("bool", "").strip('"'),
            line.get("default", "n"),
            line.get("depends", "").removeprefix("on "),
            " ".join(told.split()),
        )
    return found


def behaviour(option: Option) -> tuple[str, str]:
    """What a deprecation must leave alone: what is built where nobody answers, and where it can be built."""
    return option.default, option.depends


@dataclass
class Menu:
    """The menu that somebody goes through who builds a kernel. ``invites`` are the entries that say Y."""

    entries: int = 0
    invites: list[str] = field(default_factory=list)
    warns: list[str] = field(default_factory=list)
    _text: str = ""


def menuconfig(menu: Menu) -> Code:
    """Read each entry as whoever builds a kernel reads it."""
    for option in options(menu._text).values():
        menu.entries += 1
        if re.search(r"\bsay Y\b", option.help, re.IGNORECASE) or option.default == "y":
            menu.invites.append(option.name)
        if "DEPRECATED" in option.prompt:
            menu.warns.append(option.name)
        yield Step("menuconfig", f"{option.name}: {option.prompt}, {option.default}")


def says_so(menu: Menu) -> list[str]:
    """A rule: what is to go says so where it is chosen, and invites nobody."""
    silent = [f"{name} is to go and does not say so" for name in sorted(GOING - set(menu.warns))]
    return silent + [f"{name} is to go and says Y" for name in menu.invites if name in GOING]


def _make(side: str, _: object) -> Mechanism:
    entry = bsd_process_acct_inviting() if side == "before" else bsd_process_acct()
    return Mechanism(
        title="the menu of a kernel's options",
        state=lambda: Menu(_text=OTHERS + entry),
        tasks=(("builder", (("make menuconfig", menuconfig),)),),
        at_end=says_so,
    )


SIDES = Sides("46329a9dd74b", _make)

FIX = Fix(
    commit="46329a9dd74b",
    title="acct(2): begin the deprecation of legacy BSD process accounting",
    author="Jeff Layton",
    date="2026-01-06",
    since="before git",
    releases=("7.0-rc1",),
    what="an interface that nobody wants to keep is recommended to whoever builds a kernel",
    rule="what is to go says so where it is chosen, and goes on working as it did",
    changed=(Changed(bsd_process_acct_inviting, bsd_process_acct),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="18-words-and-tests.ipynb",
    section="The beginning of an end",
    reproducers=("accounting",),
    no_evidence="the call answers the same before and after; the text is in no kernel that runs",
    area="vfs",
)
