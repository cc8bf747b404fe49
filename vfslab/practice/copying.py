"""A system call that copies a tree with a function of the reader's, and the search for where that goes wrong.

The judge is the model: its copy_tree, its invariants, its explore. Locked mounts and files of mount
namespaces, which copy_tree treats apart, are in none of the trees here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

from vfslab.drive.explore import Bounds, explore, replay
from vfslab.drive.run import Result
from vfslab.drive.schedule import Call, Job, Schedule, World
from vfslab.drive.subject import MOUNTS, Kept
from vfslab.kernel.clone import copy_tree
from vfslab.kernel.effects import MOUNT_LOCK, Acquire, Code, Refused, Release, Step
from vfslab.kernel.file_table import fd_install
from vfslab.kernel.flags import CL_COPY_UNBINDABLE
from vfslab.kernel.globals import Globals
from vfslab.kernel.locking import empty_mnt_ns, under_namespace_sem
from vfslab.kernel.namei import user_path_at
from vfslab.kernel.namespace import alloc_mnt_ns
from vfslab.kernel.objects import Dentry, Mount, Path
from vfslab.kernel.open_tree import detached_file, keep_detached
from vfslab.kernel.syscalls import enter
from vfslab.kernel.tasks import Task
from vfslab.kernel.vfsmount import holding_path

from .worlds import World as Shells

# A copy_tree: globals, source, dentry, flags.
CopyTree = Callable[[Globals, Mount, Dentry, int], Code]
EFFECTS_MOST = 2000
"""More effects of one call are taken for a loop that does not end."""
STEPS_SHOWN = 14
BOUNDS = Bounds(faults=1, choices=200, states=2000)
_A = ("sh1# mkdir /a", "sh1# mount -t tmpfs A /a", "sh1# mkdir /a/x /a/y /a/z")
_B = "sh1# mount -t tmpfs B /a/x"
_C = "sh1# mount -t tmpfs C /a/y"


class Tree(NamedTuple):
    """Lines that make the tree, what is copied of it, and with which flags."""

    lines: tuple[str, ...]
    path: str = "/a"
    flags: int = 0

    @property
    def words(self) -> str:
        flags = "CL_COPY_UNBINDABLE" if self.flags else "no flags"
        lines = "\n".join(f"  {line}" for line in self.lines)
        return f"{lines}\nand a copy of {self.path}, with {flags}"


# From small to large: the first one that shows a fault is told.
TREES = (
    Tree(_A),
    Tree((*_A, _B)),
    Tree(_A, "/a/x"),
    Tree((*_A, "sh1# mount --make-shared /a")),
    Tree((*_A, _B, "sh1# mount --make-shared /a/x")),
    Tree((*_A, _B, "sh1# mount --make-unbindable /a/x")),
    Tree((*_A, _B, "sh1# mount --make-unbindable /a/x"), flags=CL_COPY_UNBINDABLE),
    Tree((*_A, "sh1# mkdir /a/y/e", "sh1# mount --bind /a/y /a/x")),
    Tree((*_A, _B, _C)),
    Tree((*_A, _B, "sh1# mkdir /a/x/d", "sh1# mount -t tmpfs D /a/x/d")),
    Tree((*_A, _B, _C, "sh1# mount --make-unbindable /a/x")),
    Tree((*_A, "sh1# mount --make-shared /a", "sh1# mkdir /b", "sh1# mount --bind /a /b", _B)),
    Tree((*_A, _B, "sh1# mount --make-shared /a/x", "sh2# unshare -m --propagation slave"), "/a"),
    Tree(
        (*_A, _B, "sh1# mkdir /a/x/d", "sh1# mount -t tmpfs D /a/x/d", "sh1# mount --make-unbindable /a/x"),
    ),
    Tree(
        (*_A, _B, "sh1# mkdir /a/x/d", "sh1# mount -t tmpfs D /a/x/d", "sh1# mount --make-unbindable /a/x/d"),
        flags=CL_COPY_UNBINDABLE,
    ),
    Tree((*_A, _B, "sh1# mkdir /a/x/d", "sh1# mount -t tmpfs D /a/x/d", _C)),
)


class Unlocked(list[str]):
    """What was done without mount_lock, in a sentence each."""


class Watched:
    """MOUNTS, and that mounts are attached and taken off under mount_lock only."""

    def __init__(self) -> None:
        self.unlocked = Unlocked()

    everywhere = MOUNTS.everywhere
    halted = staticmethod(MOUNTS.halted)
    kept = staticmethod(MOUNTS.kept)
    difference = staticmethod(MOUNTS.difference)
    writer = staticmethod(MOUNTS.writer)

    def broken(self, schedule: Schedule) -> Iterator[str]:
        yield from self.unlocked
        yield from MOUNTS.broken(schedule)


def watched(code: Code, unlocked: Unlocked) -> Code:
    """The code as it is, with a note of each step that wants mount_lock and has it not.

    Raises ValueError where it does not end.
    """
    held: list[str] = []
    answer: Any = None
    number = 0
    while True:
        try:
            effect = code.send(answer)
        except StopIteration as stop:
            return stop.value
        number += 1
        if number > EFFECTS_MOST:
            raise ValueError("it goes on without end")
        if isinstance(effect, Step) and effect.function in ("attach_mnt", "umount_tree"):
            if MOUNT_LOCK not in held and not unlocked:
                unlocked.append(f"{effect.function}() changes the tree, and mount_lock is not held")
        elif isinstance(effect, Release) and effect.lock in held:
            held.remove(effect.lock)
        answer = yield effect
        if isinstance(effect, Acquire):
            held.append(effect.lock)


def open_copy(k: Globals, task: Task, tree: Tree, copy_tree: CopyTree, unlocked: Unlocked) -> Code:
    """open_tree(2) with OPEN_TREE_CLONE in short: a descriptor of a copy, made by ``copy_tree``."""
    path = user_path_at(k, task, tree.path)

    def copied() -> Code:
        ns = yield from alloc_mnt_ns(k, task.user_ns, anon=True)

        def body() -> Code:
            code = copy_tree(k, path.mnt, path.dentry, tree.flags)
            if not hasattr(code, "send"):
                raise TypeError("a function that yields is wanted: a generator")
            try:
                copy = yield from watched(code, unlocked)
            except Refused:
                empty_mnt_ns(k, ns)
                raise
            if not isinstance(copy, Mount):
                raise TypeError(f"copy_tree() has to return a mount, not {type(copy).__name__}")
            yield from keep_detached(k, ns, copy)
            return copy

        copy = yield from under_namespace_sem(k, "get_detached_copy", body())
        return detached_file(Path(copy, path.dentry))

    file = yield from holding_path(k, path, copied)
    return fd_install(task, file)


def _world(tree: Tree, copy_tree: CopyTree) -> World:
    shells = Shells(tree.lines)
    kernel, task, subject = shells.model.kernel, shells.model.shells["sh1"], Watched()

    def begin() -> Call:
        code = enter(kernel, open_copy(kernel, task, tree, copy_tree, subject.unlocked))
        return Call(f"copy of {tree.path}", code, _forget)

    return World(kernel, [Job(task, [begin])], subject)


def _forget(result: Result) -> None:
    """Nobody waits for the result: the state has what matters."""


@cache
def _expected(tree: Tree) -> Kept:
    """What the state is where the model's copy_tree has made the copy."""
    schedule = Schedule(_world(tree, copy_tree))
    while options := schedule.options():
        schedule.take(options[0])
    return MOUNTS.kept(schedule.kernel)


class Counterexample(NamedTuple):
    """A tree, the rule that breaks there, and the steps that lead there."""

    tree: Tree
    broken: str
    steps: tuple[str, ...]

    @property
    def words(self) -> str:
        shown = self.steps[-STEPS_SHOWN:]
        left_out = ["  ..."] if len(shown) < len(self.steps) else []
        steps = ["The shortest way there:", *left_out, *(f"  {step}" for step in shown)] if shown else []
        return "\n".join([f"take this tree:\n{self.tree.words}.", *steps, f"{self.broken}."])


def counterexample(copy_tree: CopyTree) -> Counterexample | None:
    """The smallest tree, and the shortest way with at most one lack of memory, where it goes wrong.

    Raises nothing of what the function raises: that is a counterexample, too.
    """
    for tree in TREES:
        make = partial(_world, tree, copy_tree)

        def as_the_model(schedule: Schedule, tree: Tree = tree) -> Iterator[str]:
            if any(result.errno is None for _, result in schedule.jobs[0].results):
                have, want = MOUNTS.kept(schedule.kernel), _expected(tree)
                if have != want:
                    yield f"the model makes another copy: {MOUNTS.difference(have, want)}"

        try:
            found = explore(make, rule=as_the_model, bounds=BOUNDS)
        except Exception as error:  # whatever the reader's code does wrong is told to the reader
            return Counterexample(tree, f"it raises {type(error).__name__}: {str(error)[:200]}", ())
        if found.broken is not None:
            steps = [frame.sentence for frame in replay(make, found.path) if frame.effect is not None]
            return Counterexample(tree, found.broken, tuple(steps))
    return None
