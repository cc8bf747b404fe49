"""Detached trees in the views: a cluster and a block of their own, named as what they are."""

from __future__ import annotations

from vfslab.kernel.flags import AT_FDCWD, AT_RECURSIVE, CLONE_NEWNS, CLONE_NEWUSER, MS_SHARED, OPEN_TREE_CLONE
from vfslab.model import Model
from vfslab.snapshot import Snapshot
from vfslab.views import dot
from vfslab.views.text import tree


def detached() -> Snapshot:
    model = Model()
    for call in (
        ("mkdir", "/a"),
        ("mount", "A", "/a", "tmpfs", 0, None),
        ("mount", None, "/a", None, MS_SHARED, None),
        ("mount", "B", "/a", "tmpfs", 0, None),
        ("open_tree", AT_FDCWD, "/a/..", OPEN_TREE_CLONE | AT_RECURSIVE),
        ("clone", CLONE_NEWNS | CLONE_NEWUSER, "sh2"),
    ):
        assert model.call("sh1", *call).errno is None
    return model.snapshot()


def test_the_text_twin_names_a_detached_tree_and_an_owner() -> None:
    lines = tree(detached()).splitlines()
    assert "detached tree 2" in lines
    assert "mount namespace 3, owned by user namespace 1: sh2" in lines


def test_the_picture_has_a_cluster_for_a_detached_tree() -> None:
    source = dot.source(detached())
    assert "detached tree 2" in source
    assert "mount namespace 3, owned by user namespace 1: sh2" in source


def test_the_root_of_a_detached_tree_is_shown_though_something_covers_it() -> None:
    model = Model()
    for call in (
        ("mkdir", "/a"),
        ("mount", "A", "/a", "tmpfs", 0, None),
        ("chdir", "/a"),
        ("mount", "B", "/a", "tmpfs", 0, None),
        ("open_tree", AT_FDCWD, ".", OPEN_TREE_CLONE | AT_RECURSIVE),
    ):
        assert model.call("sh1", *call).errno is None
    block = tree(model.snapshot()).split("detached tree")[1]
    assert "A:/" in block and "B:/" in block
