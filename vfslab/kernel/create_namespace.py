"""Namespaces made of a tree, handed out as a descriptor: OPEN_TREE_NAMESPACE, FSMOUNT_NAMESPACE.

Source: fs/namespace.c, create_new_namespace(), open_new_namespace().
"""

from __future__ import annotations

from .effects import Code
from .globals import Globals
from .objects import Path
from .tasks import Task


def open_new_namespace(k: Globals, task: Task, path: Path, *, recurse: bool) -> Code:
    """A file of a new namespace that shows a copy of ``path``."""
    yield from ()
    raise ValueError("OPEN_TREE_NAMESPACE: not modelled yet")
