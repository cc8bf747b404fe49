"""WaitGraph: rings of tasks that wait for each other, against a search of all ways."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.waitgraph import Cycle, Edge, WaitGraph

RINGS = [
    ([], None),
    ([("a", "lock", "b")], None),
    ([("a", "lock", "a")], "a --lock--> a"),
    ([("a", "lock", "b"), ("b", "commit", "a")], "a --lock--> b --commit--> a"),
    ([("a", "x", "b"), ("b", "y", "c")], None),
    ([("a", "x", "b"), ("b", "y", "c"), ("c", "z", "a")], "a --x--> b --y--> c --z--> a"),
    # one who is not in the ring waits for one who is
    ([("d", "w", "a"), ("a", "x", "b"), ("b", "y", "a")], "a --x--> b --y--> a"),
]


@pytest.mark.parametrize(("waits", "ring"), RINGS)
def test_cycles(waits: list[tuple[str, str, str]], ring: str | None) -> None:
    cycle = WaitGraph.of(waits).cycle()
    assert (None if cycle is None else str(cycle)) == ring


def test_what_is_let_go_is_no_longer_waited_for() -> None:
    graph = WaitGraph()
    for task in ("a", "b"):
        graph.holds(task, "handles")
    graph.holds("a", "handles")
    graph.waits("a", "commit")
    graph.holds("jbd2", "commit")
    graph.waits("jbd2", "handles")
    assert graph.edges() == (
        Edge("a", "commit", "jbd2"),
        Edge("jbd2", "handles", "a"),
        Edge("jbd2", "handles", "b"),
    )
    assert str(graph.cycle()) == "a --commit--> jbd2 --handles--> a"
    graph.drops("a", "handles")
    assert graph.cycle() is None
    graph.woken("jbd2")
    graph.drops("b", "handles")
    assert graph.edges() == (Edge("a", "commit", "jbd2"),)
    assert "handles" not in graph.holders


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda graph: graph.drops("a", "lock"), "a does not hold lock"),
        (lambda graph: graph.woken("a"), "a does not wait"),
    ],
)
def test_what_is_not_so_cannot_end(wrong: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong(WaitGraph())  # type: ignore[operator]


TASKS = "abcde"


@given(st.dictionaries(st.sampled_from(TASKS), st.sets(st.sampled_from(TASKS), max_size=3)))
def test_any_graph(waits: dict[str, set[str]]) -> None:
    graph = WaitGraph()
    for task, holders in waits.items():
        graph.waits(task, f"what {task} wants")
        for holder in holders:
            graph.holds(holder, f"what {task} wants")
    # every sequence of different tasks in which each waits for the next, and the last for the first
    rings = [
        order
        for length in range(1, len(TASKS) + 1)
        for order in itertools.permutations(TASKS, length)
        if all(
            next_ in waits.get(task, ()) for task, next_ in zip(order, (*order[1:], order[0]), strict=True)
        )
    ]
    cycle = graph.cycle()
    assert (cycle is None) == (not rings)
    if cycle is not None:
        assert isinstance(cycle, Cycle)
        assert tuple(edge.task for edge in cycle) in rings
        assert len(cycle) == min(map(len, rings))
        assert set(cycle) <= set(graph.edges())
