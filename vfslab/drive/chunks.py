"""chunks: the paths of one level of a search, walked a few at a time by an Executor's workers.

What is at the end of a path is said by the function that is given; the order of the answers is
that of the paths, whoever is ready first. What a search is for is not known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Protocol, TypeVar

from .schedule import Choice


class End(Protocol):
    """What is at the end of a path; ``broken`` is None where nothing is."""

    @property
    def broken(self) -> str | None: ...


EndT = TypeVar("EndT", bound=End)
Path = tuple[Choice, ...]

# A level makes at least this many chunks, so that no worker idles while another still has many paths.
# A chunk of the most paths takes some tenths of a second, beside which handing it over is nothing.
_CHUNKS = 32
_MOST = 64


def walk_all(
    walk: Callable[[Path], EndT],
    paths: Sequence[Path],
    executor: Executor | None = None,
    chunk: int | None = None,
) -> Generator[EndT, None, None]:
    """``walk(path)`` for each of the paths, in their order; nothing behind the first that is broken.

    With an ``executor`` its workers take ``chunk`` paths at a time, by default what suits their number.
    To be closed by who does not go on to the end: that takes back what no worker has begun.

    Raises ValueError for a chunk of no path, and BrokenExecutor where a pool lost a worker.
    """
    if chunk is not None and chunk < 1:
        raise ValueError(f"a chunk has at least one path, not {chunk}")
    if executor is None:
        yield from _up_to_broken(walk, paths)
        return
    size = chunk or min(_MOST, -(-len(paths) // _CHUNKS))
    futures: deque[Future[list[EndT]]] = deque()
    try:
        for start in range(0, len(paths), size):
            futures.append(executor.submit(_walk_chunk, walk, paths[start : start + size]))
        while futures:
            yield from futures[0].result()
            futures.popleft()
    except BrokenExecutor as broken:
        raise type(broken)(
            f"a worker of the pool died while paths of {len(paths[0])} choices were walked, and such a pool "
            "does not start another: explore again, with checkpoint= from the last finished level"
        ) from broken
    finally:
        for future in futures:
            future.cancel()


def _walk_chunk(walk: Callable[[Path], EndT], paths: Sequence[Path]) -> list[EndT]:
    return list(_up_to_broken(walk, paths))


def _up_to_broken(walk: Callable[[Path], EndT], paths: Sequence[Path]) -> Iterator[EndT]:
    for path in paths:
        end = walk(path)
        yield end
        if end.broken is not None:
            return
