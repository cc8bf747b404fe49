"""Small worlds of mounts as transcripts: run, looked at, and drawn from a seed, line by line.

What is asked about them is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from random import Random

from vfslab.model import Model
from vfslab.shell.answer import escaped
from vfslab.shell.session import Session
from vfslab.snapshot import Snapshot

LEVELS = range(1, 5)
NAMES = ("data", "home", "media", "mnt", "opt", "run", "srv", "usb", "var", "www")
SOURCES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TRIES = 60

# What a mount is known by in a question: the first shell of its namespace, and its path there.
Spot = tuple[str, str]


class World:
    """A model with a session, in which ``lines`` have been run; ``failed`` are those that were refused."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.model = Model()
        self.session = Session(self.model)
        self.failed: list[str] = []
        for line in lines:
            self.run(line)

    def run(self, line: str) -> str:
        """Run one line; what is wrong with it, "" where nothing is. Raises TranscriptError."""
        wrong = ""
        for result in self.session.run_transcript(line):
            if result.status:
                self.failed.append(line)
                said = result.stderr.strip().splitlines() or ["it fails"]
                wrong = wrong or f"`{escaped(result.command)[:80]}` is refused: {escaped(said[0])[:200]}"
        return wrong

    @property
    def snapshot(self) -> Snapshot:
        return self.model.snapshot()

    @property
    def spots(self) -> Counter[Spot]:
        """Where mounts are, and how many at each spot."""
        snapshot = self.snapshot
        found: Counter[Spot] = Counter()
        seen = set()
        for task in snapshot.tasks.values():
            if task.ns not in seen:
                seen.add(task.ns)
                found.update((task.name, path) for _, path in snapshot.visible(task.pid))
        return found

    def first_shell(self, shell: str) -> str:
        """The first shell in the namespace of ``shell``; ``shell`` itself where there is no such one."""
        tasks = self.snapshot.tasks.values()
        spaces = {task.name: task.ns for task in tasks}
        return next((name for name, ns in spaces.items() if ns == spaces.get(shell)), shell)

    @property
    def stacked(self) -> bool:
        """Whether several mounts share one spot, which a path alone cannot tell apart."""
        return max(self.spots.values()) > 1


def appear(before: World, after: World) -> frozenset[Spot]:
    """The spots that only ``after`` has."""
    return frozenset(after.spots - before.spots)


class Author:
    """Writes a transcript from a seed, each line tried out as it is written."""

    def __init__(self, random: Random, level: int) -> None:
        self.random = random
        self.level = level
        self.lines: list[str] = []
        self.world = World(())
        self.tops = [f"/{name}" for name in random.sample(NAMES, 3 + level // 2)]
        self._number = count()
        self.add(f"sh1# mkdir {' '.join(self.tops)}")

    def add(self, line: str) -> bool:
        """Write the line, unless it is refused or puts a mount over another: then nothing has happened."""
        if self.world.run(line) or self.world.stacked:
            self.world = World(self.lines)
            return False
        self.lines.append(line)
        return True

    def source(self) -> str:
        """A name for a filesystem that has had none of these yet."""
        number = next(self._number)
        return SOURCES[number % 26] + (str(number // 26) if number >= 26 else "")

    def begin(self) -> None:
        """A shared filesystem with two directories, bound somewhere else."""
        home, other = self.random.sample(self.tops, 2)
        self.add(f"sh1# mount -t tmpfs {self.source()} {home}")
        self.add(f"sh1# mkdir {home}/x {home}/y")
        self.add(f"sh1# mount --make-shared {home}")
        self.add(f"sh1# mount --bind {home} {other}")

    def shell(self) -> str:
        return self.random.choice(self.world.session.shells)

    def mounts(self, shell: str) -> list[str]:
        """The paths of the mounts that the shell sees, but the root."""
        own = self.world.first_shell(shell)
        return [path for name, path in self.world.spots if name == own and path != "/"]

    def free(self, shell: str) -> list[str]:
        """Directories that the shell sees and on which nothing is mounted."""
        own = self.world.first_shell(shell)
        taken = set(self.mounts(shell))
        inner = [f"{path}/{name}" for path in taken for name in "xy"]
        places = [path for path in (*self.tops, *inner) if path not in taken]
        model = self.world.model
        return sorted(path for path in places if not model.call(own, "stat", path).errno)

    def mount(self) -> str:
        """A line that mounts a new filesystem on an inner directory, where there is one."""
        shell = self.shell()
        free = self.free(shell)
        inner = [path for path in free if path.count("/") > 1]
        return f"{shell}# mount -t tmpfs {self.source()} {self.random.choice(inner or free or ['/'])}"

    def bind(self, option: str = "--bind") -> str:
        shell = self.shell()
        free = self.free(shell)
        places = self.mounts(shell), [path for path in free if path in self.tops] or free
        if not all(places):
            return f"{shell}# true"
        return f"{shell}# mount {option} {' '.join(map(self.random.choice, places))}"

    def retype(self) -> str:
        """A line that gives a mount another propagation type."""
        types = ("shared", "slave", "private", "unbindable")[: 3 + (self.level > 2)]
        shell = self.shell()
        mounts = self.mounts(shell)
        return f"{shell}# mount --make-{self.random.choice(types)} {self.random.choice(mounts or ['/'])}"

    def unshare(self) -> str:
        shell = f"sh{len(self.world.session.shells) + 1}"
        how = self.random.choice(("", " --propagation unchanged", " --propagation slave"))
        return f"{shell}# unshare -m{how}"

    def umount(self) -> str:
        shell = self.shell()
        mounts = self.mounts(shell)
        return f"{shell}# umount {self.random.choice(mounts or ['/'])}"

    def middle(self) -> None:
        """Some lines that make it interesting; more at a higher level."""
        ways = [self.retype, self.retype, self.bind]
        if self.level > 1:
            ways += [self.mount, self.retype]
        if self.level > 2:
            ways.append(lambda: self.bind("--rbind"))
        self.add(self.retype())
        if self.level > 1:
            self.add(self.unshare())
        wanted = len(self.lines) + self.level
        for _ in range(TRIES):
            if len(self.lines) >= wanted:
                return
            line = self.random.choice(ways)()
            before = self.world.snapshot
            if self.add(line) and self.world.snapshot == before:
                self.lines.pop()
            elif self.lines[-1] == line:
                self._follow(line)

    def _follow(self, line: str) -> None:
        """What makes a line matter: a place to mount on inside a new mount; peers for a slave."""
        shell, _, command = line.partition("# ")
        *_, option, path = command.split()
        if "-t tmpfs" in command:
            self.add(f"{shell}# mkdir {path}/x")
        free = [top for top in self.tops if top in self.free(shell)]
        if option == "--make-slave" and self.level > 2 and free and self.random.random() < 0.5:
            self.add(f"{shell}# mount --make-shared {path}")
            self.add(f"{shell}# mount --bind {path} {self.random.choice(free)}")

    def last(self, ways: Sequence[str]) -> str:
        """A line for the end, of one of those ways; it is not run."""
        way = self.random.choice(ways)
        return getattr(self, way)() if way != "rbind" else self.bind("--rbind")
