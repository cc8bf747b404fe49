"""fdcfce93073d, ep_loop_check_proc: which links between epoll descriptors are refused?

Nothing is expected to differ between kernels: what was wrong inside is not seen outside. Needs no privilege.
"""

from itertools import pairwise

from mounts import answer, apart, checked, libc, report

EPOLL_CTL_ADD = 1
NO_EVENTS = bytes(12)


def epolls(count: int) -> list[int]:
    return [checked(libc.epoll_create1(0)) for _ in range(count)]


def watch(watcher: int, watched: int) -> None:
    checked(libc.epoll_ctl(watcher, EPOLL_CTL_ADD, watched, NO_EVENTS))


def itself() -> str:
    (one,) = epolls(1)
    return answer(watch, one, one)


def cycle(length: int) -> list[str]:
    """The answers to the links of a chain, and to the one that closes it."""
    made = epolls(length)
    return [answer(watch, *link) for link in pairwise([*made, made[0]])]


def chain(length: int, bottom_up: bool) -> list[str]:
    links = list(pairwise(epolls(length + 1)))
    return [answer(watch, *link) for link in (reversed(links) if bottom_up else links)]


report(
    {
        "itself": apart(itself),
        "cycle": {str(length): apart(cycle, length) for length in range(2, 6)},
        "chain": {"top_down": apart(chain, 8, False), "bottom_up": apart(chain, 8, True)},
    }
)
