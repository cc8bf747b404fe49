"""Exercises of the lessons about the mount fixes, 05 to 10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vfslab.changelog.create_new_namespace import SCENARIO as ONE_LOCK
from vfslab.changelog.open_tree_namespace import CLASSIC
from vfslab.changelog.parsers import scoped, set_mhash_entries, set_mhash_entries_simple
from vfslab.changelog.sequels import covered_stays_covered
from vfslab.drive.schedule import Schedule
from vfslab.scenario import Scenario

from .attempt import attempt, lines
from .exercise import Exercise, one_of

IN_A_WORLD_OF_ITS_OWN = """sh1# unshare -U -r -m --propagation unchanged
sh1# mkdir /a
sh1# mount -t tmpfs A /a
sh1# N = openat AT_FDCWD /proc/self/ns/mnt 0
sh1# cd /a
"""
THROWN_OUT = (
    IN_A_WORLD_OF_ITS_OWN
    + "sh1# sysctl -w user.max_uts_namespaces=0\nsh1# syscall unshare CLONE_NEWNS,CLONE_NEWUTS\n"
)


def home_again(answer: object) -> str | None:
    tried = attempt("6.18", THROWN_OUT, answer)
    task = tried.model.shells["sh1"]
    away = [
        word
        for word, path in (("root", task.fs.root), ("cwd", task.fs.pwd))
        if path.mnt.mnt_ns is not task.mnt_ns
    ]
    return tried.wrong or (f"{' and '.join(away)} stand outside of the namespace." if away else None)


def another_limit(answer: object) -> str | None:
    limit, flag = _pair(answer, "the name of a limit and the name of a flag")
    if limit == "user.max_uts_namespaces":
        return "that is the one of the lesson."
    call = f"sh1# sysctl -w {limit}=0\n"
    tried = attempt("6.18", IN_A_WORLD_OF_ITS_OWN, call, f"sh1# syscall unshare CLONE_NEWNS,{flag}\n")
    task = tried.model.shells["sh1"]
    if tried.wrong:
        return tried.wrong
    if task.fs.root.mnt.mnt_ns is task.mnt_ns:
        return f"with {limit}=0 and {flag} the caller still stands in its namespace."
    return None


MOUNTED_ELSEWHERE = (
    "sh1# mkdir /a\nsh1# touch /f\nsh3# unshare -m --propagation private\nsh3# mount -t tmpfs A /a\n"
)


def takes_the_inode_lock_first(answer: object) -> str | None:
    (line,) = lines(answer).splitlines()
    world = Scenario(MOUNTED_ELSEWHERE, (("sh2", (line,)),))()
    schedule = Schedule(world)
    while options := schedule.options():
        schedule.take(options[0])
    if any(held.startswith("i_rwsem") and taken == "namespace_sem" for held, taken in schedule.edges):
        return None
    told = ", ".join(f"{edge.taken} while it holds {edge.held}" for edge in schedule.edges.values())
    return f"this call takes {told or 'no lock while it holds another'}."


def leaves_nothing_behind(answer: object) -> str | None:
    left_out = lines(answer).strip()
    kept = [line for line in ONE_LOCK.before.splitlines() if line != left_out]
    if len(kept) == len(ONE_LOCK.before.splitlines()):
        return "there is no such line in the scenario."
    found = replace(ONE_LOCK, before="\n".join([*kept, ""]), release="7.0-rc1").explore()
    return found.broken and f"without it: {found.broken}."


TWELVE = (
    "sh1# mkdir /srv /other\nsh1# mount -t tmpfs S /srv\nsh1# mkdir /srv/a /srv/b\n"
    "sh1# mount -t tmpfs A /srv/a\nsh1# mount -t tmpfs B /srv/b\nsh2# pwd\n"
    + "".join(f"sh1# mkdir /other/{n}\nsh1# mount -t tmpfs O /other/{n}\n" for n in range(8))
)


def copies_of_twelve(answer: object) -> str | None:
    classic, by_tree = _pair(answer, "two numbers")
    for number, ways in (
        (classic, CLASSIC),
        (by_tree, ("N = open_tree AT_FDCWD /srv OPEN_TREE_NAMESPACE,AT_RECURSIVE", "setns N CLONE_NEWNS")),
    ):
        done = attempt("7.0", TWELVE, "sh1# true")
        made = done.model.kernel.last_mount_id
        again = attempt("7.0", TWELVE, "\n".join(f"sh1# {command}" for command in ways))
        created = again.model.kernel.last_mount_id - made
        if type(number) is not int or number != created:
            way = "the classic way" if ways is CLASSIC else "OPEN_TREE_NAMESPACE"
            return f"{number!r} is not what {way} makes."
    return None


def read_again(used_up: int, late: str = "") -> int:
    """How often 6.18 reads a mount that is made when ``used_up`` ids have been taken and dropped."""
    world = Scenario(
        "sh1# mkdir /b /c\nsh1# T = openat AT_FDCWD /proc/self/mounts 0\nsh1# read T 65536\n"
        + "sh1# open_tree AT_FDCWD / OPEN_TREE_CLONE\n" * used_up
        + "sh1# mount -t tmpfs B /b\n"
        + late,
        (("sh1", ("read T 65536",) * (used_up + 4)),),
        release="6.18",
    )
    told = [frame.sentence for frame in world.timeline() if frame.function == "m_show"]
    return sum("(B)" in sentence for sentence in told)


def times_read(answer: object) -> str | None:
    times = read_again(40)
    if type(answer) is not int:
        raise TypeError("a whole number is wanted")
    return None if answer == times else "the model of 6.18 counts otherwise. What is X - L?"


def read_once(answer: object) -> str | None:
    tried = attempt("6.18", "sh1# mkdir /b /c\n", answer)
    if tried.wrong:
        return tried.wrong
    times = read_again(5, lines(answer))
    return None if times == 1 else f"the mount on /b is read {times} times."


def another_descriptor(answer: object) -> str | None:
    line = lines(answer).strip()
    if "pipe" in line:
        return "that is the one of the lesson."
    call = "sh1# statmount 0 STATMOUNT_MNT_BASIC flags=STATMOUNT_BY_FD mnt_fd=P\n"
    tried = attempt("7.0-rc1", "sh1# mkdir /a\n", line, call)
    if tried.wrong:
        return tried.wrong
    return None if tried.model.oops else "7.0-rc1 answers, and goes on. Is the descriptor called P?"


def misread(answer: object) -> str | None:
    if not isinstance(answer, str):
        raise TypeError("a text is wanted")
    old, new = set_mhash_entries_simple(answer), set_mhash_entries(answer)
    if len(answer) < 6:
        return "it has fewer than six characters."
    if new.handled:
        return f"the new parser takes it as {new.stored}."
    return None if old.stored and old.stored < 16 else f"the old parser stores {old.stored}."


def worked_on(stop: int) -> list[int]:
    """The items that are worked on behind a scope that is left by break at item ``stop``."""
    done = []
    for item in range(1, 5):
        for _ in scoped([]):
            if item == stop:
                break
        done.append(item)
    return done


def items(answer: object) -> str | None:
    if not isinstance(answer, list) or not answer:
        raise TypeError("a list of numbers is wanted")
    return None if answer == worked_on(3) else "which loop does that break leave?"


A = "sh1# mkdir -p /a/secret\nsh1# mount -t tmpfs A /a\n"
RECURSIVELY = "sh2# N = open_tree AT_FDCWD / OPEN_TREE_NAMESPACE,AT_RECURSIVE\n"


def shows_the_covered(answer: object) -> str | None:
    tried = attempt("7.1", A, answer, "sh2# unshare -U -r\n" + RECURSIVELY + "sh2# setns N CLONE_NEWNS\n")
    if tried.wrong:
        return tried.wrong
    kernel = tried.model.kernel
    task = tried.model.shells["sh2"]
    if "A" not in [mount.mnt_devname for mount in kernel.mounts.values()]:
        return "there is no cover any more, for anybody."
    seen = [mount.mnt_devname for mount in kernel.mounts.values() if mount.mnt_ns is task.mnt_ns]
    return "sh2 is still in the first namespace." if task.mnt_ns is kernel.init_ns else _covered(seen)


def _covered(sources: list[str]) -> str | None:
    return "the copy has the cover, too." if "A" in sources else None


UNCOVERS = Scenario(
    A + "sh2# unshare -U -r\n", (("sh2", ("N = open_tree AT_FDCWD / OPEN_TREE_NAMESPACE",)),), release="7.1"
)
HARMLESS = Scenario(
    A + "sh2# unshare -U -r\n",
    (("sh2", ("N = open_tree AT_FDCWD / OPEN_TREE_NAMESPACE,AT_RECURSIVE",)),),
    release="7.1",
)


def finds_the_hole(answer: object) -> str | None:
    if not callable(answer):
        raise TypeError("a function of a Schedule that yields sentences is wanted")
    rule: Callable[[Schedule], Any] = answer
    for world, holds in ((UNCOVERS, False), (replace(UNCOVERS, release="7.2.12"), True), (HARMLESS, True)):
        try:
            broken = world.explore(lambda schedule: list(rule(schedule) or ())).broken
        except Exception as error:  # whatever the reader's code does wrong is told to the reader
            return f"it raises {type(error).__name__}: {error}."
        if holds and broken:
            return f"it complains where all is well: {broken}."
        if not holds and not broken:
            return "it does not see that 7.1 shows what was covered."
    return None


def _pair(answer: object, what: str) -> tuple[Any, Any]:
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(f"{what} are wanted, as a pair")
    return answer


EXERCISES = (
    Exercise(
        key="05.1",
        question="Which lines bring the process home after the failed call? It keeps a descriptor of its "
        "mount namespace, `N`.",
        judge=home_again,
        hint="Which call sets root and working directory to the root of a namespace?",
        because="It never left its namespace; setns into it sets root and cwd to the namespace's root.",
        reference="setns N CLONE_NEWNS",
    ),
    Exercise(
        key="05.2",
        question="Which other limit, set to 0, throws the process out, with which flag in the place of "
        "CLONE_NEWUTS? Answer with the pair.",
        judge=another_limit,
        hint="Which other namespaces are made after the mounts were copied?",
        because="Every namespace that is made after the mounts can be the one that fails.",
        reference=("user.max_ipc_namespaces", "CLONE_NEWIPC"),
    ),
    Exercise(
        key="06.1",
        question="On `/a` something is mounted in another namespace. Which system call on `/a` takes the "
        "lock of an inode first and `namespace_sem` second, as the fixed code does? Write it as a line.",
        judge=takes_the_inode_lock_first,
        hint="What has to be taken off when a directory goes?",
        because="If the new code took them the other way round, the two could wait for each other.",
        reference="rmdir /a",
    ),
    Exercise(
        key="06.2",
        question="Which line of the scenario, left out, lets the failing call of 7.0-rc1 leave nothing "
        "behind?",
        judge=leaves_nothing_behind,
        hint="`print(change.scenario.before)` shows them. Who is in a ring?",
        because="The root has to be shared: a private mount is in no ring, so its copy is in none.",
        reference="sh1# mount --make-shared /",
    ),
    Exercise(
        key="06.3",
        question="A machine shows 12 mounts, 3 of them are `/srv` and what is mounted in it. How many "
        "mounts does each way make, the classic one and OPEN_TREE_NAMESPACE with AT_RECURSIVE? Answer with "
        "the pair.",
        judge=copies_of_twelve,
        hint="There is one that nobody sees, at the bottom.",
        because="One way pays for what the machine shows, the other for what the container shows.",
        reference=(16, 4),
    ),
    Exercise(
        key="07.1",
        question="40 detached trees are made and dropped, then a mount is made. How often is it read "
        "in 6.18?",
        judge=times_read,
        hint="The position is one behind the last mount, L + 1. Which id does the new mount have?",
        because="Once for each id between the position and the mount.",
        reference=41,
    ),
    Exercise(
        key="07.2",
        question="Five ids have been used up, B was mounted on `/b`. Which line, run before anybody reads "
        "on, lets 6.18 read B only once? There is an empty directory `/c`.",
        judge=read_once,
        hint="What does m_next do to the position when there is a next mount?",
        because="With a second late mount m_next puts the position right.",
        reference="mount -t tmpfs C /c",
    ),
    Exercise(
        key="08.1",
        question="Which other descriptor kills 7.0-rc1? Write the line that makes it, as `P = …`.",
        judge=another_descriptor,
        hint="What else is a file that no user can find by a path?",
        because="It lies on a mount that the kernel made for itself.",
        reference="P = memfd_create",
    ),
    Exercise(
        key="08.2",
        question="The namespace's counter stands 0x108 bytes behind its beginning. At which address would "
        "ERR_PTR(-ENOENT) be read? Answer as `hex` does.",
        judge=one_of(
            hex(-2 + 0x108),
            ("0xf2", "that is EINVAL's, which is 22."),
            otherwise="ENOENT is 2; it is negative.",
        ),
        hint="ENOENT is 2.",
        because="An error pointer plus the offset: a small address, which looks like a null pointer's.",
        reference="0x106",
    ),
    Exercise(
        key="09.1",
        question="Write a word of at least six characters for `mhash_entries=` that the old parser takes for "
        "a number below 16, but not 0, and that the new one refuses.",
        judge=misread,
        hint="Where does the old parser stop?",
        because="It stops at the first character that is no digit, and is content.",
        reference="8thousand",
    ),
    Exercise(
        key="09.2",
        question="For each item of 1, 2, 3, 4: in a scope with a lock, if the item is 3: break; behind the "
        "scope: work on the item. Which items are worked on? Answer with the list.",
        judge=items,
        hint="`break` leaves the innermost loop, seen or not.",
        because="It leaves the hidden loop of the scope only, so every item is worked on.",
        reference=[1, 2, 3, 4],
    ),
    Exercise(
        key="10.1",
        question="AT_RECURSIVE copies the cover along. Which line of sh1 beforehand lets sh2 see the secret "
        "in 7.1 even so?",
        judge=shows_the_covered,
        hint="What is left out of a copy?",
        because="Unbindable mounts were left out of the copy; since 7.2.12 they are copied.",
        reference="mount --make-unbindable /a",
    ),
    Exercise(
        key="10.2",
        question="Write the rule with which `explore` finds the hole of 7.1, and nothing in 7.2.12: a "
        "function of a Schedule that yields a sentence for each thing that is wrong.",
        judge=finds_the_hole,
        hint="`schedule.kernel.mounts` are all mounts; `children(mount)` of `vfslab.kernel.links` are those "
        "on it.",
        because="What is covered for one must be covered in every copy that a less privileged one gets.",
        reference=covered_stays_covered,
    ),
)
