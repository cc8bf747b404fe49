"""ordering: loads and stores of several threads that machines may carry out in another order than written.

All ways to carry them out are tried. Memory is one: a store is seen by all others at once, which not every
machine promises. What the locations are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

Value: TypeAlias = "int | str | None"

STRENGTH = ("relaxed", "consume", "acquire")
"""The orders of a load, the weakest first."""


class Store(NamedTuple):
    """``location`` = ``value``. With "release" all that is written before it is done before it."""

    location: str
    value: Value
    order: str = "relaxed"

    def __str__(self) -> str:
        plain = f"{self.location} = {self.value}"
        return plain if self.order == "relaxed" else f"{plain} [{self.order}]"


class Load(NamedTuple):
    """``into`` = ``location``; with ``base`` the location is a field of what that register points at.

    With "acquire" all that is written behind it is done behind it, with "consume" only loads whose ``base``
    it loads, with "relaxed" not even these on every machine.
    """

    into: str
    location: str
    order: str = "relaxed"
    base: str | None = None

    def __str__(self) -> str:
        place = self.location if self.base is None else f"{self.base}->{self.location}"
        plain = f"{self.into} = {place}"
        return plain if self.order == "relaxed" else f"{plain} [{self.order}]"


class Branch(NamedTuple):
    """What is written behind it is only done where the register is not 0 or None."""

    register: str

    def __str__(self) -> str:
        return f"if ({self.register})"


Instruction: TypeAlias = Store | Load | Branch


class Program(NamedTuple):
    """What each thread is to do, and what the locations hold at first; others hold None."""

    threads: Mapping[str, Sequence[Instruction]]
    memory: Mapping[str, Value]


class Machine(NamedTuple):
    """``keeps`` are the pairs of kinds that it leaves in their order, ("Load", "Store") for example.

    ``dependencies`` says whether a load waits for the address that it loads from; where it does not, it may
    give what was there earlier.
    """

    name: str
    keeps: frozenset[tuple[str, str]] = frozenset()
    dependencies: bool = True


X86 = Machine("x86", frozenset({("Load", "Load"), ("Load", "Store"), ("Store", "Store")}))
ARM64 = Machine("arm64")
ALPHA = Machine("alpha", dependencies=False)
MACHINES = (X86, ARM64, ALPHA)


class Place(NamedTuple):
    """An instruction: its thread, and its number in it, from 0."""

    thread: str
    number: int


class Position:
    """A program under way: ``memory``, ``registers``, the places that are ``done``, the threads ``over``."""

    def __init__(self, program: Program, machine: Machine) -> None:
        self.program, self.machine = program, machine
        self.memory = dict(program.memory)
        self.registers: dict[str, Value] = {}
        self.done: set[Place] = set()
        self.over: set[str] = set()
        self._early: dict[Place, dict[str, Value]] = {}

    def copy(self) -> Position:
        """Another that stands where this one does."""
        other = Position(self.program, self.machine)
        other.memory, other.registers = dict(self.memory), dict(self.registers)
        other.done, other.over = set(self.done), set(self.over)
        other._early = dict(self._early)
        return other

    def key(self) -> object:
        """Equal for positions from which all goes the same way."""
        early = frozenset((place, frozenset(memory.items())) for place, memory in self._early.items())
        known = frozenset(self.memory.items()), frozenset(self.registers.items())
        return known, frozenset(self.done), frozenset(self.over), early

    def left(self) -> Iterator[Place]:
        """The places that are not done and may come to be."""
        for thread, code in self.program.threads.items():
            if thread not in self.over:
                for number in range(len(code)):
                    if Place(thread, number) not in self.done:
                        yield Place(thread, number)

    def may(self, place: Place) -> bool:
        """Whether the machine may carry the instruction out now."""
        if place in self.done or place.thread in self.over:
            return False
        code = self.program.threads[place.thread]
        earlier = (number for number in range(place.number) if Place(place.thread, number) not in self.done)
        return not any(held_back(code[number], code[place.number], self.machine) for number in earlier)

    def execute(self, place: Place) -> None:
        """Carry it out. Raises ValueError where the machine may not."""
        if not self.may(place):
            raise ValueError(f"{place.thread} cannot do number {place.number} now")
        self.done.add(place)
        match self.program.threads[place.thread][place.number]:
            case Store(location, value):
                self.memory[location] = value
            case Branch(register):
                if not self.registers.get(register):
                    self._stop(place)
            case Load() as load:
                self._load(place, load)

    def _load(self, place: Place, load: Load) -> None:
        if load.base is not None and load.base not in self.registers:
            self._early[place] = dict(self.memory)
            return
        self.registers[load.into] = self._value(load, self.memory)
        for early, memory in list(self._early.items()):
            waiting = self.program.threads[early.thread][early.number]
            if isinstance(waiting, Load) and waiting.base == load.into and early.thread == place.thread:
                self.registers[waiting.into] = self._value(waiting, memory)
                del self._early[early]

    def _value(self, load: Load, memory: Mapping[str, Value]) -> Value:
        if load.base is None:
            return memory.get(load.location)
        pointer = self.registers[load.base]
        return None if pointer is None else memory.get(f"{pointer}.{load.location}")

    def _stop(self, branch: Place) -> None:
        """The branch is not taken: what was loaded behind it ahead of time is forgotten."""
        self.over.add(branch.thread)
        for number, instruction in enumerate(self.program.threads[branch.thread]):
            if number > branch.number and isinstance(instruction, Load):
                self.registers.pop(instruction.into, None)
                self._early.pop(Place(branch.thread, number), None)


def held_back(first: Instruction, second: Instruction, machine: Machine) -> bool:
    """Whether the machine does ``second`` only after ``first``, which stands before it in the same thread."""
    if isinstance(first, Branch):
        return not isinstance(second, Load)  # loads are done on suspicion, nothing else is
    if isinstance(second, Branch):
        return isinstance(first, Load) and first.into == second.register
    kinds = type(first).__name__, type(second).__name__
    if kinds in machine.keeps or (isinstance(second, Store) and second.order == "release"):
        return True
    if isinstance(first, Load):
        if first.order == "acquire":
            return True
        if isinstance(second, Load) and second.base == first.into:
            return machine.dependencies or first.order == "consume"
    return first.location == second.location and not _based(first) and not _based(second)


def _based(instruction: Load | Store) -> bool:
    return isinstance(instruction, Load) and instruction.base is not None


Outcome: TypeAlias = tuple[tuple[str, Value], ...]


class Outcomes(dict[Outcome, tuple[Place, ...]]):
    """Each outcome, the registers with their values, with a shortest order of instructions to it."""

    def way(self, wanted: Callable[[dict[str, Value]], bool]) -> tuple[Place, ...] | None:
        """An order of instructions to an outcome that is wanted, None where there is none."""
        return next((way for outcome, way in self.items() if wanted(dict(outcome))), None)


def outcomes(program: Program, machine: Machine) -> Outcomes:
    """All that the registers may hold in the end, a register that nothing was loaded into being left out.

    Raises ValueError where two loads have one register, for outcomes could not be told apart.
    """
    loads = [one.into for code in program.threads.values() for one in code if isinstance(one, Load)]
    if len(set(loads)) < len(loads):
        raise ValueError(f"two loads go into one register: {', '.join(loads)}")
    found = Outcomes()
    seen: set[object] = set()
    todo: list[tuple[Position, tuple[Place, ...]]] = [(Position(program, machine), ())]
    while todo:
        position, way = todo.pop(0)
        if position.key() in seen:
            continue
        seen.add(position.key())
        ready = [place for place in position.left() if position.may(place)]
        if not ready:
            found.setdefault(tuple(sorted(position.registers.items())), way)
        for place in ready:
            following = position.copy()
            following.execute(place)
            todo.append((following, (*way, place)))
    return found
