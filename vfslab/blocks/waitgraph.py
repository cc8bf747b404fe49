"""waitgraph: who waits for what, who holds it, and whether that goes round in a ring.

Tasks and resources are names; what they are is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Edge(NamedTuple):
    """``task`` cannot go on until ``holder`` has let ``resource`` go."""

    task: str
    resource: str
    holder: str


class Cycle(tuple[Edge, ...]):
    """Edges each of which begins where the one before it ends, the first where the last does."""

    def __str__(self) -> str:
        return "".join(f"{edge.task} --{edge.resource}--> " for edge in self) + self[0].task


@dataclass
class WaitGraph:
    """``holders`` of each resource, and the resource that each sleeper is ``waiting`` for.

    A resource with several holders is waited for until all have let it go.
    """

    holders: dict[str, list[str]] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, waits: Iterable[tuple[str, str, str]]) -> WaitGraph:
        """The graph of waits as a driver tells them: a task, what it waits for, who holds that."""
        graph = cls()
        for task, resource, holder in waits:
            graph.waits(task, resource)
            graph.holds(holder, resource)
        return graph

    def holds(self, task: str, resource: str) -> None:
        """The task has the resource, alone or with others."""
        holders = self.holders.setdefault(resource, [])
        if task not in holders:
            holders.append(task)

    def drops(self, task: str, resource: str) -> None:
        """It has let it go. Raises ValueError where it does not hold it."""
        if task not in self.holders.get(resource, ()):
            raise ValueError(f"{task} does not hold {resource}")
        self.holders[resource].remove(task)
        if not self.holders[resource]:
            del self.holders[resource]

    def waits(self, task: str, resource: str) -> None:
        """The task sleeps until nobody holds the resource."""
        self.waiting[task] = resource

    def woken(self, task: str) -> None:
        """It sleeps no more. Raises ValueError where it did not."""
        if task not in self.waiting:
            raise ValueError(f"{task} does not wait")
        del self.waiting[task]

    def edges(self) -> tuple[Edge, ...]:
        """Who waits for whom, and for what."""
        return tuple(
            Edge(task, resource, holder)
            for task, resource in self.waiting.items()
            for holder in self.holders.get(resource, ())
        )

    def cycle(self) -> Cycle | None:
        """A shortest ring: none of its tasks will ever go on. None where there is none."""
        after: dict[str, list[Edge]] = {}
        for edge in self.edges():
            after.setdefault(edge.task, []).append(edge)
        ways: list[tuple[Edge, ...]] = [(edge,) for edges in after.values() for edge in edges]
        while ways:
            for way in ways:
                if way[-1].holder == way[0].task:
                    return Cycle(way)
            ways = [
                (*way, edge)
                for way in ways
                for edge in after.get(way[-1].holder, ())
                if edge.task not in {earlier.task for earlier in way}
            ]
        return None
