"""Cache lines: who holds a copy, what an access costs, and whose fault a miss is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.blocks.mesi import Access, Caches, Touch, take_turns


def outcomes(script: str, place: dict[str, int]) -> list[str]:
    """What each access of a script came to: "0Wa" is a write of field a by CPU 0."""
    caches = Caches(place)
    done = [
        (caches.write if word[1] == "W" else caches.read)(int(word[0]), word[2:]) for word in script.split()
    ]
    return [f"{access.outcome}, {access.why}" if access.why else access.outcome for access in done]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("0Ra 0Ra", ["read miss, first", "hit"]),
        ("0Ra 0Wa", ["read miss, first", "hit"]),  # exclusive: nobody to ask
        ("0Ra 1Ra 0Wa", ["read miss, first", "read miss, first", "upgrade"]),
        ("0Wa 1Ra 0Ra", ["write miss, first", "read miss, first", "hit"]),
        ("0Wa 1Ra 0Wa", ["write miss, first", "read miss, first", "upgrade"]),
        ("0Ra 1Wa 0Ra", ["read miss, first", "write miss, first", "read miss, sharing"]),
        ("0Ra 1Wb 0Ra", ["read miss, first", "write miss, first", "read miss, false sharing"]),
        ("0Ra 1Wb 1Wa 0Ra", ["read miss, first", "write miss, first", "hit", "read miss, sharing"]),
        ("0Wa 1Wb 0Wa", ["write miss, first", "write miss, first", "write miss, false sharing"]),
        ("0Ra 1Wc 0Ra", ["read miss, first", "write miss, first", "hit"]),  # another line
        ("0Ra 1Wd 0Ra", ["read miss, first", "write miss, first", "hit"]),  # a line of its own
    ],
)
def test_what_an_access_comes_to(script: str, expected: list[str]) -> None:
    assert outcomes(script, {"a": 0, "b": 0, "c": 1}) == expected


def test_what_a_miss_was_lost_to() -> None:
    caches = Caches({"a": 0, "b": 0, "c": 0})
    caches.read(0, "a")
    caches.write(1, "b")
    caches.write(1, "c")
    assert caches.read(0, "a") == Access("read miss", "false sharing", frozenset({"b", "c"}))
    assert caches.invalidations == 1
    assert caches.transfers == 3


steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.booleans()), max_size=60)


@given(steps)
def test_one_writer_or_many_readers(script: list[tuple[int, str, bool]]) -> None:
    caches = Caches({"a": 0, "b": 0, "c": 1})
    for cpu, name, write in script:
        (caches.write if write else caches.read)(cpu, name)
        for line in caches.lines.values():
            assert len(line.holders) == 1 or set(line.holders.values()) == {"S"}


@given(steps)
def test_misses_and_their_causes_against_the_whole_history(script: list[tuple[int, str, bool]]) -> None:
    place = {"a": 0, "b": 0, "c": 1}
    caches = Caches(place)
    for now, (cpu, name, write) in enumerate(script):
        access = (caches.write if write else caches.read)(cpu, name)
        line = [step for step in script[:now] if place[step[1]] == place[name]]
        own = [at for at, step in enumerate(line) if step[0] == cpu]
        since = line[own[-1] + 1 :] if own else []
        written = {other for _, other, wrote in since if wrote}
        if not own:
            why = "first"
        elif written:
            why = "sharing" if name in written else "false sharing"
        else:
            why = ""
        assert access.why == why
        assert access.outcome == {True: "write miss", False: "read miss"}[write] or not why


@pytest.mark.parametrize(
    ("grain", "order"), [("access", "0a 1a 0b 1b"), ("burst", "0a 0b 1a 1b"), ("round", "0a 0b 1a 1b")]
)
def test_turns(grain: str, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    caches = Caches()
    monkeypatch.setattr(caches, "read", lambda cpu, name: seen.append(f"{cpu}{name}"))
    take_turns(caches, [[Touch("a"), Touch("b")]], (0, 1), 1, grain)  # type: ignore[arg-type]
    assert " ".join(seen) == order


def test_the_transfers_of_turns_are_counted() -> None:
    caches = Caches()
    assert take_turns(caches, [[Touch("a", write=True)]], range(3), 2, "round") == 6
    assert take_turns(caches, [[Touch("a")]], range(3), 2, "round") == 2
