"""Repair the broken copy_tree: a function of five lines with a fault or two, to be written anew.

The answer is the function, or its text. What is wrong with one is found by trying it out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

from vfslab.kernel.effects import Code
from vfslab.kernel.globals import Globals
from vfslab.kernel.objects import Dentry, Mount

from . import kit
from .copying import TREES, CopyTree, Counterexample, counterexample
from .question import Question, Trap, short, told

KIND = "repair"
IMPORT = "from vfslab.practice.kit import *"


class Fault(NamedTuple):
    """Text that is replaced in the function, by what, and the words for who does not see it."""

    text: str
    by: str
    words: str


class Task(NamedTuple):
    """A function: its name, its text without a fault, its parameters, and the faults it may have.

    ``{child}`` and ``{copy}`` in the text are variables; the faults come from plain ones to subtle ones.
    """

    name: str
    parameters: int
    text: str
    faults: tuple[Fault, ...]


ATTACHED = '        yield from under_mount_lock("copy_tree", attach({copy}, copy, {child}.mnt_mountpoint))'
LOOP = Task(
    "copy_children",
    4,
    """def copy_children(k, source, copy, flags):
    for {child} in children(source):
        if is_unbindable({child}) and not flags & CL_COPY_UNBINDABLE:
            continue
        {copy} = yield from clone_mnt(k, {child}, {child}.mnt_root, flags)
        yield from under_mount_lock("copy_tree", attach({copy}, copy, {child}.mnt_mountpoint))
        yield from copy_children(k, {child}, {copy}, flags)
""",
    (
        Fault(
            "        yield from copy_children(k, {child}, {copy}, flags)\n",
            "",
            "what is mounted on a child is copied, too: a tree is deeper than one level.",
        ),
        Fault(
            "{child}.mnt_root, flags)",
            "{child}.mnt_root, flags | CL_PRIVATE)",
            "the copy of a shared mount joins the ring of its source: the flags decide, not the loop.",
        ),
        Fault(
            'under_mount_lock("copy_tree", attach({copy}, copy, {child}.mnt_mountpoint))',
            "attach({copy}, copy, {child}.mnt_mountpoint)",
            "a mount is attached under mount_lock: path walks look at the tree meanwhile.",
        ),
        Fault(
            "            continue\n", "            break\n", "behind a mount that is left out others follow."
        ),
        Fault(
            " and not flags & CL_COPY_UNBINDABLE",
            "",
            "with CL_COPY_UNBINDABLE, as a new namespace has it, unbindable mounts are copied.",
        ),
        Fault(
            "        if is_unbindable({child}) and not flags & CL_COPY_UNBINDABLE:\n            continue\n",
            "",
            "an unbindable mount is left out, unless CL_COPY_UNBINDABLE is given.",
        ),
        Fault(
            "copy_children(k, {child}, {copy}, flags)",
            "copy_children(k, {child}, copy, flags)",
            "what is mounted on a child hangs on the copy of that child.",
        ),
        Fault(
            "copy, {child}.mnt_mountpoint",
            "copy, copy.mnt_root",
            "the copy hangs at the place where the child hangs: its mountpoint.",
        ),
        Fault(
            "clone_mnt(k, {child}, {child}.mnt_root, flags)",
            "clone_mnt(k, {child}, {child}.mnt_sb.s_root, flags)",
            "a bind shows a part of its filesystem: the copy has the mount's root, not the filesystem's.",
        ),
        Fault(
            "            continue\n",
            "            yield from copy_children(k, {child}, copy, flags)\n            continue\n",
            "an unbindable mount is left out with all that is mounted on it.",
        ),
        Fault(
            f"{ATTACHED}\n        yield from copy_children(k, {{child}}, {{copy}}, flags)\n",
            f"        yield from copy_children(k, {{child}}, {{copy}}, flags)\n{ATTACHED}\n",
            "what is not attached yet when memory ends is not undone: attach first, then go below.",
        ),
        Fault(
            "copy_children(k, {child}, {copy}, flags)",
            "copy_children(k, {child}, {copy}, 0)",
            "the flags hold all the way down.",
        ),
    ),
)

FRAME = Task(
    "copy_tree",
    4,
    """def copy_tree(k, source, dentry, flags):
    {copy} = yield from clone_mnt(k, source, dentry, flags)
    try:
        yield from copy_children(k, source, {copy}, flags)
    except Refused:
        yield from under_mount_lock("copy_tree", umount_failed_tree(k, {copy}))
        raise
    return {copy}
""",
    (
        Fault(
            '        yield from under_mount_lock("copy_tree", umount_failed_tree(k, {copy}))\n',
            "",
            "where memory ends, the copies made so far are undone: nobody else knows of them.",
        ),
        Fault(
            "        raise\n",
            "        return None\n",
            "who called has to hear of the error: it is raised again behind the undoing.",
        ),
        Fault(
            "clone_mnt(k, source, dentry, flags)",
            "clone_mnt(k, source, source.mnt_root, flags)",
            "of a directory inside the mount that directory is copied: the dentry says where.",
        ),
        Fault(
            "clone_mnt(k, source, dentry, flags)",
            "clone_mnt(k, source, dentry, flags | CL_PRIVATE)",
            "the copy of a shared mount joins the ring of its source: the flags decide.",
        ),
        Fault(
            'under_mount_lock("copy_tree", umount_failed_tree(k, {copy}))',
            "umount_failed_tree(k, {copy})",
            "mounts are taken off under mount_lock, also where they are undone.",
        ),
        Fault(
            "copy_children(k, source, {copy}, flags)",
            "copy_children(k, source, {copy}, flags | CL_PRIVATE)",
            "the flags hold for all that is below, too.",
        ),
        Fault(
            "copy_children(k, source, {copy}, flags)",
            "copy_children(k, source, {copy}, CL_COPY_UNBINDABLE)",
            "the flags hold for all that is below, too: an unbindable mount is left out without the flag.",
        ),
        Fault(
            "        yield from copy_children(k, source, {copy}, flags)\n",
            "        pass\n",
            "a tree is copied, not a mount: what is below is missing.",
        ),
    ),
)
NAMES = (("child", "below"), ("child", "child_copy"), ("mount", "clone"), ("below", "its_copy"))


def question(seed: int, level: int) -> Question:
    """The question of that seed; from level 3 on there are two faults."""
    random = Random(f"{KIND} {level} {seed}")
    task = random.choice((LOOP, FRAME))
    names = dict(zip(("child", "copy"), random.choice(NAMES), strict=True))
    plain = task.faults[:4] if level == 1 else task.faults
    faults = random.sample(plain, 1 if level < 3 else 2)
    text = task.text
    for fault in faults:
        text = text.replace(fault.text, fault.by) if fault.text in text else text
    return _asked(seed, level, task, text.format(**names), task.text.format(**names))


def _asked(seed: int, level: int, task: Task, start: str, reference: str) -> Question:
    def judge(answer: object) -> str | None:
        found = counterexample(_whole(task, _function(answer, task)))
        if found is None:
            return None
        like = (fault.words for fault in task.faults if _of(task, fault) == found)
        return told(like, "some line does not do what copy_tree needs there:") + f"\nFor {found.words}"

    def traps() -> Iterator[Trap]:
        names = {"child": "child", "copy": "below"}
        for fault in task.faults:
            text = task.text.replace(fault.text, fault.by).format(**names)
            yield Trap(text, fault.words)

    return Question(
        kind=KIND,
        seed=seed,
        level=level,
        question=f"{IMPORT}\n\n{start}\nThis function is broken. Repair it, so that it copies as the kernel "
        "does, and leaves nothing behind where memory ends.",
        form=f"the function {task.name}, or its text",
        start=start,
        judge=judge,
        traps=traps,
        hint=f"It is tried with {len(TREES)} small trees, and with each allocation failing.",
        because="It makes the same copies as the model's copy_tree, undoes them where memory ends, and "
        "changes the tree under mount_lock only.",
        reference=reference,
    )


def _whole(task: Task, function: Callable[..., Any]) -> CopyTree:
    """The copy_tree with that function in its place."""
    if task is FRAME:
        return function

    def copy_tree(k: Globals, source: Mount, dentry: Dentry, flags: int) -> Code:
        copy = yield from kit.clone_mnt(k, source, dentry, flags)
        try:
            code = function(k, source, copy, flags)
            if not hasattr(code, "send"):
                raise TypeError("a function that yields is wanted: a generator")
            yield from code
        except kit.Refused:
            yield from kit.under_mount_lock("copy_tree", kit.umount_failed_tree(k, copy))
            raise
        return copy

    return copy_tree


@cache
def _of(task: Task, fault: Fault) -> Counterexample | None:
    """Where a function with that fault alone goes wrong."""
    text = task.text.replace(fault.text, fault.by).format(child="child", copy="below")
    return counterexample(_whole(task, _function(text, task)))


def _function(answer: object, task: Task) -> Callable[..., Any]:
    """The function that the answer is, or whose text it is.

    Of a text nothing is run but the definition. Raises TypeError or ValueError for anything else.
    """
    if isinstance(answer, str):
        answer = _defined(answer, task.name)
    if not callable(answer) or isinstance(answer, type):
        raise TypeError(f"the function {task.name}, or its text, is wanted")
    return answer


def _defined(text: str, name: str) -> Any:
    try:
        tree = ast.parse(short(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is no Python: {error}") from None
    tree.body = [line for line in tree.body if ast.unparse(line) != IMPORT]
    plain = [
        line
        for line in tree.body
        if isinstance(line, ast.FunctionDef)
        and not (line.decorator_list or line.args.defaults or line.args.kw_defaults or line.returns)
        and not any(arg.annotation for arg in line.args.args)
    ]
    if len(plain) != len(tree.body) or name not in [line.name for line in plain]:
        raise ValueError(f"nothing but the function {name} is wanted, without decorators and defaults")
    names = {known: getattr(kit, known) for known in kit.__all__}
    exec(compile(tree, "<answer>", "exec"), names)
    return names[name]
