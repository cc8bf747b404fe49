"""1fa4e69a54a2: who reads a pointer and follows it needs no more than that dependency.

The pointer is that of an inode to its file locks. Besides what was before and after there are two readers
that look at a flag first, as the next change of the same series does. What a machine may reorder is in
``vfslab.blocks.ordering``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vfslab.blocks.ordering import (
    MACHINES,
    STRENGTH,
    Branch,
    Instruction,
    Load,
    Machine,
    Place,
    Position,
    Program,
    Store,
    Value,
    outcomes,
)
from vfslab.drive.schedule import Choice
from vfslab.kernel.effects import Code, Step, Wait
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix, Found
from .search import tried
from .sides import Side, Sides

NOTHING_YET = "whatever was there"
ROOM = "ctx"
BY_NAME = {machine.name: machine for machine in MACHINES}


def locks_get_lock_context() -> tuple[Instruction, ...]:
    """The first lock of an inode: a context is set up, then published, and a flag says so after that."""
    return (
        Store(f"{ROOM}.flc_posix", "an empty list"),
        Store("i_flctx", ROOM, "release"),
        Store("i_opflags", "IOP_FLCTX", "release"),
    )


def locks_inode_context_acquiring() -> tuple[Instruction, ...]:
    """smp_load_acquire() of the pointer; then the list is walked."""
    return (
        Load("ctx", "i_flctx", "acquire"),
        Branch("ctx"),
        Load("list", "flc_posix", base="ctx"),
    )


def locks_inode_context() -> tuple[Instruction, ...]:
    """READ_ONCE() of the pointer; then the list is walked, through that pointer."""
    return (
        Load("ctx", "i_flctx", "consume"),
        Branch("ctx"),
        Load("list", "flc_posix", base="ctx"),
    )


def locks_inode_context_by_flag(order: str) -> tuple[Instruction, ...]:
    """The flag first; where it is set, the pointer, and the list through it."""
    return (
        Load("flag", "i_opflags", order),
        Branch("flag"),
        Load("ctx", "i_flctx", "consume"),
        Branch("ctx"),
        Load("list", "flc_posix", base="ctx"),
    )


READERS: dict[str, Callable[[], tuple[Instruction, ...]]] = {
    "before": locks_inode_context_acquiring,
    "after": locks_inode_context,
    "relaxed flag": partial(locks_inode_context_by_flag, "relaxed"),
    "acquired flag": partial(locks_inode_context_by_flag, "acquire"),
}

# How many instructions that order something a load of that order costs on each architecture;
# smp_load_acquire() is an instruction of its own on arm64, and READ_ONCE() has a barrier on Alpha.
BARRIERS = {
    "x86": {"relaxed": 0, "consume": 0, "acquire": 0},
    "arm64": {"relaxed": 0, "consume": 0, "acquire": 1},
    "power": {"relaxed": 0, "consume": 0, "acquire": 1},
    "alpha": {"relaxed": 0, "consume": 1, "acquire": 1},
}


def barriers(reader: Sequence[Instruction], architecture: str) -> int:
    """How many such instructions the reader executes."""
    costs = BARRIERS[architecture]
    return sum(costs[one.order] for one in reader if isinstance(one, Load))


def program(reader: Sequence[Instruction]) -> Program:
    """The two together, in an inode without any lock."""
    threads = {"writer": locks_get_lock_context(), "reader": tuple(reader)}
    return Program(threads, {"i_flctx": None, "i_opflags": 0, f"{ROOM}.flc_posix": NOTHING_YET})


def half_seen(registers: dict[str, Any]) -> bool:
    """Whether the reader saw it published, by whichever sign, and not what was published."""
    return bool(registers.get("ctx") or registers.get("flag")) and registers.get("list") != "an empty list"


def way_to_half_seen(side: str, machine: str) -> tuple[Place, ...] | None:
    """An order of instructions in which the reader sees what is half done, None where there is none."""
    return outcomes(program(READERS[side]()), BY_NAME[machine]).way(half_seen)


def surprises(reader: Sequence[Instruction]) -> tuple[str, ...]:
    """The machines on which the reader may see what is half done."""
    return tuple(
        machine.name for machine in MACHINES if outcomes(program(reader), machine).way(half_seen) is not None
    )


# --- the program as tasks: an instruction is a task of its own, that waits until the machine may do it


@dataclass
class Registers:
    """What memory holds, and what was loaded so far."""

    memory: dict[str, Value]
    registers: dict[str, Value] = field(default_factory=dict)
    _position: Any = None


def start(reader: Sequence[Instruction], machine: Machine) -> Registers:
    position = Position(program(reader), machine)
    return Registers(position.memory, position.registers, position)


def execute(state: Registers, place: Place) -> Code:
    """One instruction, as soon as the machine may do it; none where its branch was not taken."""
    position: Position = state._position
    instruction = position.program.threads[place.thread][place.number]
    yield Wait(
        place.thread,
        "what it may not pass",
        lambda: place.thread in position.over or position.may(place),
        lambda: place.thread,
    )
    if place.thread in position.over:
        yield Step(place.thread, f"skips {instruction}: the branch was not taken")
        return
    position.execute(place)
    yield Step(place.thread, f"does {instruction}: {_came_of_it(position, instruction)}")


def _came_of_it(position: Position, instruction: Instruction) -> str:
    if isinstance(instruction, Load):
        return str(position.registers.get(instruction.into, "read ahead of its address"))
    if isinstance(instruction, Branch):
        return "taken" if position.registers.get(instruction.register) else "not taken"
    return "done"


def nothing_half_seen(state: Registers) -> Iterator[str]:
    """Who sees it published sees what was published."""
    if half_seen(state.registers):
        signs = " and ".join(sign for sign in ("flag", "ctx") if state.registers.get(sign))
        yield f"the reader has seen {signs}, and finds: {state.registers.get('list')}"


def make(side: str, machine: str) -> Mechanism:
    """The first lock of an inode, while somebody asks for its locks."""
    reader = READERS[side]()
    tasks = tuple(
        (f"{thread} {number + 1}", ((str(instruction), partial(_one, place=Place(thread, number))),))
        for thread, code in program(reader).threads.items()
        for number, instruction in enumerate(code)
    )
    return Mechanism(
        title=f"locks of an inode, asked for on {machine} while the first is made",
        state=lambda: start(reader, BY_NAME[machine]),
        tasks=tasks,
        at_end=nothing_half_seen,
    )


def _one(state: Registers, place: Place) -> Code:
    return execute(state, place)


SIDES = Sides("1fa4e69a54a2", make, tuple(BY_NAME), other=("relaxed flag", "acquired flag"))


def choices(side: str, way: Sequence[Place]) -> tuple[Choice, ...]:
    """The choices with which the tasks of that side go that way: each begins, does its instruction, ends.

    Instructions behind a branch that is not taken come last, and do nothing.
    """
    threads = program(READERS[side]()).threads
    jobs = [Place(thread, number) for thread, code in threads.items() for number in range(len(code))]
    rest = [place for place in jobs if place not in way]
    return tuple(Choice(jobs.index(place)) for place in (*way, *rest) for _ in range(3))


# --- an order that nobody needs


def weakened(reader: Sequence[Instruction], number: int) -> tuple[Instruction, ...] | None:
    """The reader with one of its loads ordered one step less; None where there is nothing to take away."""
    one = reader[number]
    if not isinstance(one, Load) or one.order == STRENGTH[0]:
        return None
    less = one._replace(order=STRENGTH[STRENGTH.index(one.order) - 1])
    return (*reader[:number], less, *reader[number + 1 :])


def needless(side: str, number: int) -> str | None:
    """A rule: no load is ordered more than it has to be, on the machine that needs it most."""
    reader = READERS[side]()
    if number >= len(reader) or (weaker := weakened(reader, number)) is None or surprises(weaker):
        return None
    instruction = weaker[number]
    assert isinstance(instruction, Load)
    return f"{reader[number]} may as well be {instruction.order}: no machine sees anything else"


def seen_half_done(side: str, machine: str) -> str | None:
    """A rule: nobody sees it published without what was published."""
    if way_to_half_seen(side, machine) is None:
        return None
    return f"on {machine} the reader may see it published, and not what was published"


def find(side: Side) -> Found:
    """First whether anything may be seen half done, on any machine; if not, whether less would do."""
    again = "from vfslab.changelog import locks_context\nprint(locks_context.{rule}({{side}}, {{input}}))\n"
    wrong = tried(BY_NAME, seen_half_done, again.format(rule="seen_half_done"))(side)
    if wrong.broken is not None:
        return wrong
    return tried(range(len(READERS[side]())), needless, again.format(rule="needless"))(side)


FIX = Fix(
    commit=SIDES.commit,
    title="filelock: use a consume fence in locks_inode_context()",
    author="Mateusz Guzik",
    date="2025-12-03",
    since="6.2",
    releases=("7.0-rc1",),
    what="a pointer is loaded with an order for all that follows, though all that follows goes through it",
    rule="who sees it published sees what was published, and no load is ordered more than that takes",
    changed=(Changed(locks_inode_context_acquiring, locks_inode_context),),
    scenario=SIDES,
    find=find,
    notebook="14-publish-then-look.ipynb",
    section="A pointer, and what lies behind it",
    no_evidence="no answer of a kernel depends on it; what differs is an instruction, on some machines",
    area="vfs",
    covers=("(consume fence in locks_inode_context())",),
)
