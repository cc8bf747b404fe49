"""The figures that were published with the changes that promise speed, and what a count says of them.

A count has no seconds. It becomes a prediction with a price, and the price is read off other figures; nothing
was measured here.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Operations a second, before and after; ``workers`` did that many at once.

    Where they stand in line for one thing that does one operation after the other, ``workers`` is 1.
    """

    before: int
    after: int
    workers: int = 1

    @property
    def gain(self) -> float:
        """How much more, in percent."""
        return 100 * (self.after / self.before - 1)

    @property
    def takes(self) -> float:
        """What one operation took before, in nanoseconds."""
        return 1e9 * self.workers / self.before

    @property
    def saved(self) -> float:
        """What it takes less now, in nanoseconds: the price of whatever fell away."""
        return self.takes - 1e9 * self.workers / self.after

    @property
    def share(self) -> float:
        """The same as a part of what it took, in percent."""
        return 100 * self.saved / self.takes

    def predicted(self, price: float, fewer: float = 1.0) -> float:
        """The gain in percent if ``fewer`` of something that costs ``price`` nanoseconds fall away.

        Raises ValueError where nothing would be left.
        """
        left = self.takes - fewer * price
        if left <= 0:
            raise ValueError(f"an operation takes {self.takes:.0f} nanoseconds in all")
        return 100 * (self.takes / left - 1)


# 6d864a1b1825: 20 processes make a thread each and join it, in a loop; they stand in line for the lock
PIDMAP_LOCK = (Published(465_000, 510_000), Published(465_000, 560_000))
# 887e97745ec3: 24 cores open a file and close it, in a loop; three allocations of its inode
FILE_OPENS = (
    Published(3_233_740, 3_373_346, 24),
    Published(3_284_313, 3_518_711, 24),
    Published(3_505_545, 4_092_806, 24),
)
# 6784f2747225: how often the hint was right and wrong, on machines at work
DEVICE_CGROUP_HINT = (0, 2_631_904)
