"""A call of the seam with any arguments at all, spelled from ``vfslab.calls``.

For the model alone: what a kernel answers to most of these depends on the machine, and some of them
the model says it does not know. What no rule of ``random_commands`` would give is given here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vfslab.calls import CALLS, REQUIRED, Parameter

Choose = Callable[[Sequence[str]], str]

FDS = ("F", "G", "H", "C", "C", "N", "T")
TAKES = {
    "mount": 1,
    "umount2": 2,
    "pivot_root": 1,
    "open_tree": 2,
    "move_mount": 2,
    "fsopen": 2,
    "fsconfig": 6,
    "fsmount": 2,
    "mount_setattr": 4,
    "statmount": 2,
    "listmount": 2,
    "statx": 1,
    "openat": 3,
    "read": 4,
    "setns": 4,
    "unshare": 1,
    "rename": 1,
    "mkdir": 1,
    "unlink": 1,
    "rmdir": 1,
    "mknod": 1,
    "symlink": 1,
    "chdir": 1,
}
# by the parameter's name; another string is any of STRINGS
STRINGS_FOR = {
    "filesystemtype": ("tmpfs", "ramfs", "proc", "sysfs", "ext4", "fuse.", "nullfs", "NULL"),
    "fsname": ("tmpfs", "tmpfs", "ramfs", "proc", "sysfs", "ext4", "nullfs", "fuse.", "NULL"),
    "key": (
        "size",
        "mode",
        "uid",
        "gid",
        "nr_inodes",
        "nr_blocks",
        "huge",
        "mpol",
        "source",
        "ro",
        "rw",
        "hidepid",
        "subset",
        "inode64",
        "sync",
        "k",
        "NULL",
    ),
    "value": (
        "1m",
        "0x10",
        "0",
        "9",
        "07",
        "never",
        "pid",
        "invisible",
        "local",
        "x",
        "50%",
        "NULL",
        "''",
        "99999999999999999999",
        "4096",
    ),
    "data": (
        "size=1m,mode=0700",
        "uid=5",
        "hidepid=2",
        "mpol=local",
        "subset=pid",
        "size=1x",
        "huge=always",
        "nr_inodes=99999999999999999",
        "source=x",
        "NULL",
        "NULL",
    ),
    "target": ("x", "/a", "/l", "/a/l", "..", "/nope"),
}
NUMBERS = ("0", "1", "7", "8", "24", "32", "64", "520", "4096", "5000", "99999999")


def any_call(paths: Sequence[str]) -> Callable[[Choose], str]:
    """How to spell one, over those paths."""
    names = tuple(name for name, times in TAKES.items() for _ in range(times))

    def spell(choose: Choose) -> str:
        name = choose(names)
        call = CALLS[name]
        keep = f"{choose(FDS)} = " if call.gives == "fd" and choose("yn") == "y" else ""
        places = [place for parameter in call.parameters for place in parameter.fields or (parameter,)]
        words = [word(place, choose, paths) for place in places if place.default == REQUIRED]
        words += [
            f"{place.name}={word(place, choose, paths)}"
            for place in places
            if place.default != REQUIRED and choose(often(place)) == "y"
        ]
        return f"{keep}syscall {name} {' '.join(words)}"

    return spell


def often(place: Parameter) -> str:
    """Letters of which y is to give a place that may be left off: what must fit another is given less."""
    return "yn" if place.name in ("key", "value", "attr_set", "attr_clr") else "ynnnnnn"


def word(place: Parameter, choose: Choose, paths: Sequence[str]) -> str:
    """Any value of that place."""
    match place.kind:
        case "path":
            return choose(paths)
        case "string":
            return choose(STRINGS_FOR[place.name])
        case "fd":
            return choose((*FDS, *place.words, *place.words, "0", "-1"))
        case "flags":
            return choose((some(place.words, choose), some(place.words, choose), "0", "0x40000000"))
    return choose((*place.words, *NUMBERS))


def some(words: Iterable[str], choose: Choose) -> str:
    """One to three of the words, or 0 where there are none."""
    words = tuple(words)
    return ",".join(choose(words) for _ in choose(("a", "a", "ab", "abc"))) if words else "0"
