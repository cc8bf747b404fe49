"""explore and the campaign on many processes: the same as on one, whatever is cut, killed or interrupted."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import campaign
from campaign_journal import Journal, NotThisCampaign
from campaign_progress import Progress
from campaign_walks import OtherWorker, Plan, Walked, plan, run_walk
from vfslab.changelog import fix
from vfslab.drive.explore import Bounds, Explored, explore
from vfslab.drive.schedule import World
from vfslab.kernel.effects import Acquire, Alloc, Code, Release, Step
from vfslab.mechanism import Mechanism
from vfslab.oracle.compare import nearest_release
from vfslab.scenario import Scenario

TESTS = Path(__file__).parent

# Small worlds for explore: tasks that take locks, want memory and raise counters, some of them wrongly.


@dataclass
class Counters:
    raised: list[int] = field(default_factory=lambda: [0])
    done: int = 0


def work(words: tuple[str, ...], state: Counters) -> Code:
    """Take (``+A``) and give back (``-A``) locks, want ``memory``, raise the counter in two steps."""
    for word in words:
        if word[0] == "+":
            yield Acquire("work", word[1:])
        elif word[0] == "-":
            yield Release("work", word[1:])
        elif word == "memory":
            if (yield Alloc("work", "a note")):
                return None
        else:
            value = state.raised[0]
            yield Step("work", "reads")
            state.raised[0] = value + 1
            state.done += 1
            yield Step("work", "writes")
    return None


def lost(state: Counters) -> Iterator[str]:
    if state.raised[0] != state.done:
        yield f"raised {state.done} times, and it is {state.raised[0]}"


def working(*tasks: tuple[str, ...], everywhere: bool = False) -> Mechanism:
    return Mechanism(
        title="they work",
        state=Counters,
        tasks=tuple(
            (f"t{number}", (("work()", partial(work, words)),)) for number, words in enumerate(tasks)
        ),
        at_end=lost,
        everywhere=everywhere,
    )


LOCKED = ("+A", "raise", "-A", "memory", "+B", "-B")
WELL = working(LOCKED, LOCKED)
LARGE = working(LOCKED, LOCKED, LOCKED)
RACE = working(LOCKED, ("memory", "raise"))
RING = working(("+A", "+B", "-B", "-A"), ("+B", "+A", "-A", "-B"))
MOUNTS = "sh1# mkdir /a /b\nsh1# mount -t tmpfs A /a\nsh1# mount --make-shared /a\n"
BOTH_BIND = Scenario(
    MOUNTS, (("sh1", ("mount /a /b NULL MS_BIND NULL",)), ("sh2", ("umount2 /a MNT_DETACH",)))
)
# of each kind of answer one; a scenario, mechanisms, and what the changelog has of both
WORLDS = {
    "well": WELL,
    "large": LARGE,
    "race": RACE,
    "ring": RING,
    "scenario": BOTH_BIND,
    "changelog's scenario": fix("a41dbf5e004e").world("before"),
}


class Instead(Executor):
    """One process, but everything is submitted before anything is done, and the last is done first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Backwards(self)
        self.waiting.append((future, partial(fn, *args, **kwargs)))
        return future


class Backwards(Future[Any]):
    def __init__(self, executor: Instead) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> Any:
        while self._executor.waiting:
            future, call = self._executor.waiting.pop()
            if future.set_running_or_notify_cancel():
                future.set_result(call())
        return super().result(timeout)


def pieces() -> st.SearchStrategy[tuple[str, ...]]:
    sections = ("raise", "memory", "+A raise -A", "+B -B", "+A +B -B -A", "+B +A raise -A -B", "+B -A")
    section = st.sampled_from([tuple(words.split()) for words in sections])
    return st.lists(section, min_size=1, max_size=2).map(lambda sections: sum(sections, ()))


@pytest.mark.slow
@settings(max_examples=60)
@given(
    tasks=st.lists(pieces(), min_size=1, max_size=3),
    everywhere=st.booleans(),
    chunk=st.none() | st.integers(1, 40),
    threads=st.integers(0, 4),
    faults=st.integers(0, 2),
    states=st.integers(1, 200),
)
def test_any_chunks_and_workers_find_the_same(
    tasks: list[tuple[str, ...]], everywhere: bool, chunk: int | None, threads: int, faults: int, states: int
) -> None:
    make = working(*tasks, everywhere=everywhere)
    bounds = Bounds(faults=faults, states=states)
    with ThreadPoolExecutor(threads) if threads else Instead() as executor:
        assert explore(make, bounds=bounds, executor=executor, chunk=chunk) == explore(make, bounds=bounds)


def test_the_worlds_end_in_different_ways() -> None:
    found = {name: WORLDS[name].explore() for name in ("well", "race", "ring")}
    assert [(name, answer.broken and answer.broken.split()[0]) for name, answer in found.items()] == [
        ("well", None),
        ("race", "raised"),
        ("ring", "deadlock:"),
    ]


def test_a_chunk_has_a_path() -> None:
    with pytest.raises(ValueError, match="at least one path, not 0"):
        RING.explore(chunk=0)


def test_progress_counts_states_and_levels() -> None:
    told: list[tuple[int, int]] = []
    found = WELL.explore(progress=lambda states, level: told.append((states, level)))
    assert told == sorted(told, key=lambda pair: (pair[1], pair[0]))
    assert told[-1][0] == found.states


class Interrupted(Exception):
    pass


def stopping_after(paths: int, error: type[BaseException] = Interrupted) -> Callable[[int, int], None]:
    count = itertools.count(1)

    def progress(states: int, level: int) -> None:
        if next(count) == paths:
            raise error

    return progress


def test_what_is_not_begun_is_taken_back_at_an_interrupt() -> None:
    executor = Instead()
    futures: list[Future[Any]] = []

    class Kept(Executor):
        """Does the path of the first level and one of the two of the second."""

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if len(futures) < 2:
                futures.append(campaign.Here().submit(fn, *args, **kwargs))
            else:
                futures.append(executor.submit(fn, *args, **kwargs))
            return futures[-1]

    with pytest.raises(KeyboardInterrupt):
        WELL.explore(executor=Kept(), chunk=1, progress=stopping_after(2, KeyboardInterrupt))
    assert [future.cancelled() for future in futures] == [False, False, True]


# Checkpoints.


@pytest.mark.slow
@settings(max_examples=40)
@given(name=st.sampled_from(["well", "race", "ring"]), stops=st.lists(st.integers(1, 120), max_size=4))
def test_an_interrupted_search_goes_on(
    name: str, stops: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("search") / "checkpoint"
    for paths in stops:
        try:
            found = WORLDS[name].explore(checkpoint=file, progress=stopping_after(paths))
        except Interrupted:
            continue
        assert found == WORLDS[name].explore()
    assert WORLDS[name].explore(checkpoint=file) == WORLDS[name].explore()
    assert [entry.name for entry in file.parent.iterdir()] == ["checkpoint"]


def test_a_finished_level_is_not_walked_again(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    levels: list[int] = []
    with pytest.raises(Interrupted):
        WELL.explore(checkpoint=file, progress=stopping_after(60))
    finished = len(json.loads(file.read_text())["witness"][0].split())
    assert finished > 2
    WELL.explore(checkpoint=file, progress=lambda _, level: levels.append(level))
    assert levels[0] == finished + 1


def test_more_states_go_on_where_fewer_stopped(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    assert not WELL.explore(checkpoint=file, bounds=Bounds(states=30)).complete
    assert WELL.explore(checkpoint=file) == WELL.explore()


def no_rule(schedule: Any) -> list[str]:
    return []


FOREIGN: list[tuple[str, Callable[[Path], Explored], str]] = [
    ("world", lambda file: RACE.explore(checkpoint=file), "its world is"),
    ("rule", lambda file: WELL.explore(no_rule, checkpoint=file), "its rule is"),
    ("faults", lambda file: WELL.explore(checkpoint=file, bounds=Bounds(faults=2)), "failures is 1, not 2"),
    (
        "choices",
        lambda file: WELL.explore(checkpoint=file, bounds=Bounds(choices=9)),
        "choices is 400, not 9",
    ),
]


@pytest.mark.parametrize(("what", "search", "message"), FOREIGN, ids=[row[0] for row in FOREIGN])
def test_a_foreign_checkpoint_is_refused(
    what: str, search: Callable[[Path], Explored], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoint"
    WELL.explore(checkpoint=file, bounds=Bounds(states=10))
    kept = file.read_bytes()
    with pytest.raises(ValueError, match=f"is the checkpoint of another search: .*{message}"):
        search(file)
    assert file.read_bytes() == kept


def test_a_world_that_behaves_differently_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function calls is not looked into: a path that is walked again shows it."""
    file = tmp_path / "checkpoint"

    def make() -> World:
        return RACE()

    explore(make, checkpoint=file, bounds=Bounds(states=30))
    monkeypatch.setitem(globals(), "RACE", WELL)
    with pytest.raises(ValueError, match="another search: one of its paths leads elsewhere here"):
        explore(make, checkpoint=file)
    monkeypatch.setitem(globals(), "RACE", working(("raise",)))
    with pytest.raises(ValueError, match="another search: one of its paths cannot be walked here"):
        explore(make, checkpoint=file)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"search": {}, "seen": 3}'])
def test_what_is_no_checkpoint(text: str, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_text(text)
    with pytest.raises(ValueError, match="is no checkpoint of a search"):
        WELL.explore(checkpoint=file)
    assert file.read_text() == text


# Processes.


def pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.mark.slow
def test_processes_find_the_same() -> None:
    with pool() as executor:
        for make in WORLDS.values():
            assert make.explore(executor=executor) == make.explore()


@pytest.mark.slow
def test_a_pool_that_loses_a_process_says_so_and_the_checkpoint_has_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    after = itertools.count()
    with pool() as executor:
        victim = executor.submit(os.getpid).result()

        def progress(states: int, level: int) -> None:
            if next(after) == 60:
                os.kill(victim, signal.SIGKILL)

        with pytest.raises(BrokenExecutor, match=r"a worker of the pool died .* checkpoint="):
            LARGE.explore(executor=executor, checkpoint=file, progress=progress)
    levels: list[int] = []
    assert LARGE.explore(checkpoint=file, progress=lambda _, level: levels.append(level)) == LARGE.explore()
    assert levels[0] > 1


SEARCH = """
import sys
from concurrent.futures import ProcessPoolExecutor
from test_cluster import BOTH_BIND
if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        while True:
            BOTH_BIND.explore(executor=executor, progress=lambda *_: print("on", flush=True))
"""


@pytest.mark.slow
def test_ctrl_c_ends_a_search_and_its_processes(tmp_path: Path) -> None:
    script = tmp_path / "search.py"
    script.write_text(SEARCH)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )
    assert process.stdout is not None
    try:
        for _ in range(20):
            assert process.stdout.readline() == "on\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        # SIGINT that is not caught, as a shell expects of it
        assert process.returncode == -signal.SIGINT
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        process.kill()


# A Dask cluster.


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    cluster = partial(distributed.LocalCluster, n_workers=3, threads_per_worker=1, dashboard_address=None)
    with cluster() as started, distributed.Client(started) as client:
        yield client


def kill_a_worker(client: Any) -> None:
    pid = next(iter(client.run(os.getpid).values()))
    os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_a_cluster_finds_the_same(client: Any, name: str) -> None:
    assert WORLDS[name].explore(executor=client.get_executor()) == WORLDS[name].explore()


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_search(client: Any) -> None:
    after = itertools.count()

    def progress(states: int, level: int) -> None:
        if next(after) == 40:
            kill_a_worker(client)

    found = BOTH_BIND.explore(executor=client.get_executor(), chunk=2, progress=progress)
    assert found == BOTH_BIND.explore()
    assert next(after) > 41


NOTEBOOK = """
import distributed
from vfslab.drive.explore import explore
from vfslab.kernel.effects import Step
from vfslab.mechanism import Mechanism
from test_cluster import BOTH_BIND

class Counter:
    def __init__(self):
        self.value = self.done = 0

def raise_it(state):
    value = state.value
    yield Step("raise_it", "reads")
    state.value = value + 1
    state.done += 1
    yield Step("raise_it", "writes")

def lost(state):
    if state.value != state.done:
        yield "lost"

race = Mechanism(title="race", state=Counter, at_end=lost,
                 tasks=tuple((name, (("raise_it()", lambda state: raise_it(state)),)) for name in "ab"))
rule = lambda schedule: ["4 mounts"] if len(schedule.kernel.mounts) > 3 else []
with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
    executor = client.get_executor()
    assert race.explore(executor=executor) == race.explore()
    assert BOTH_BIND.explore(rule, executor=executor) == BOTH_BIND.explore(rule)
    print(race.explore(executor=executor).broken, BOTH_BIND.explore(rule, executor=executor).broken)
"""


@pytest.mark.slow
def test_what_a_notebook_defines_goes_to_a_cluster() -> None:
    pytest.importorskip("distributed", reason="distributed is not installed")
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        check=False,
    )
    assert (done.stdout, done.returncode) == ("lost 4 mounts\n", 0), done.stderr


# The campaign.

# Against itself a model gives no difference, against another release many.
ITSELF = plan(5, 30, "7.0", "model 7.0")
OTHER = plan(5, 30, "7.0", "model 6.18")


def total(report: campaign.Report) -> tuple[Any, ...]:
    return report.walks, report.commands, str(report), report.different


def run(
    wanted: Plan,
    commands: int,
    by: campaign.Workers | None = None,
    file: Path | None = None,
    keep_going: bool = False,
    progress: Progress | None = None,
) -> tuple[Any, ...]:
    with Journal(file, wanted) as journal:
        return total(
            campaign.campaign(
                wanted,
                commands,
                journal,
                by or campaign.Workers(campaign.Here(), 1),
                progress or Progress(commands, stream=io.StringIO()),
                keep_going,
            )
        )


class Stops(Progress):
    """Is interrupted after so many walks."""

    def __init__(self, walks: int) -> None:
        super().__init__(1, stream=io.StringIO())
        self._walks = walks

    def update(self, commands: int, differences: int) -> None:
        self._walks -= 1
        if self._walks < 0:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [ITSELF, OTHER], ids=["no difference", "differences"])
@pytest.mark.parametrize("keep_going", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_walks_side_by_side_come_to_the_same(wanted: Plan, keep_going: bool, threads: int) -> None:
    with ThreadPoolExecutor(threads) as executor:
        by = campaign.Workers(executor, 3 * threads)
        found = run(wanted, 400, by, keep_going=keep_going)
    assert found == run(wanted, 400, keep_going=keep_going)
    assert bool(found[-1]) == (wanted is OTHER)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_interrupted_and_torn_anywhere_it_comes_to_the_same(seed: int, tmp_path: Path) -> None:
    chance, file, commands = random.Random(seed), tmp_path / "journal", 500
    for _ in range(2):
        with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
            run(ITSELF, commands, campaign.Workers(executor, 4), file, progress=Stops(chance.randrange(4)))
        whole = file.read_bytes()
        file.write_bytes(whole[: chance.randint(0, len(whole))])
    assert run(ITSELF, commands, file=file) == run(ITSELF, commands)
    # and what is finished is not run again
    before = file.read_bytes()
    assert run(ITSELF, commands, file=file) == run(ITSELF, commands)
    assert file.read_bytes() == before


@pytest.mark.slow
def test_the_campaign_on_a_cluster_that_loses_a_worker(client: Any, tmp_path: Path) -> None:
    class Kills(Progress):
        walks = 0

        def update(self, commands: int, differences: int) -> None:
            self.walks += 1
            if self.walks == 3:
                kill_a_worker(client)

    file, progress = tmp_path / "journal", Kills(1500, stream=io.StringIO())
    by = campaign.Workers(client.get_executor(pure=False), 9)
    assert run(ITSELF, 1500, by, file, progress=progress) == run(ITSELF, 1500)
    assert progress.walks > 9
    numbers = [json.loads(line)["number"] for line in file.read_text().splitlines()[1:]]
    assert sorted(set(numbers)) == sorted(numbers)
    assert run(ITSELF, 1500, file=file) == run(ITSELF, 1500)


def program(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TESTS / "campaign.py"), *options]
    environment = os.environ | {"PYTHONPATH": str(TESTS.parent)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.slow
@pytest.mark.kernel
def test_the_running_kernel_on_a_cluster() -> None:
    pytest.importorskip("distributed", reason="distributed is not installed")
    options = ("--commands", "400", "--seed", "3")
    here, there = program(*options), program(*options, "--cluster", "local:2")
    assert (here.returncode, there.returncode) == (0, 0), here.stderr + there.stderr
    assert "no difference" in there.stdout
    assert here.stdout.splitlines()[1:] == there.stdout.splitlines()[1:]


@pytest.mark.slow
def test_a_difference_ends_the_program(tmp_path: Path) -> None:
    against = "7.0" if nearest_release(os.uname().release).startswith("6") else "6.18"
    options = ("--against", against, "--commands", "600", "--resume", str(tmp_path / "journal"))
    first, again = program(*options), program(*options)
    assert first.returncode == again.returncode == 1
    assert first.stderr == again.stderr
    assert "sh1# mkdir -p" in first.stderr
    assert "1 walk with a difference" in first.stdout
    other = program(*options, "--seed", "2")
    assert other.returncode == 1
    assert "is the journal of another campaign: its seed is 1, not 2" in other.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cluster", "local:0"), "local:N takes a number of processes, not '0'"),
        (("--cluster", "local:two"), "local:N takes a number of processes, not 'two'"),
        (("--vm", "vmlinuz", "--cluster", "local:2"), "--vm runs all walks in one boot"),
        (("--vm", "vmlinuz", "--resume", "file"), "--vm runs all walks in one boot"),
    ],
)
def test_options_that_do_not_go(
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["campaign.py", *options])
    with pytest.raises(SystemExit):
        campaign.arguments()
    assert message in capsys.readouterr().err


# The journal.

PLAN = Plan(1, 80, "7.0", "7.0.1", "grammar", "sources")
WALK = Walked(0, {"mount": 3}, {"mount": 1}, {"success": 1, "EINVAL": 2}, ["1: differs"], "sh1# mount\n")


@pytest.mark.parametrize("field", Plan._fields)
def test_the_journal_of_another_campaign_is_refused(field: str, tmp_path: Path) -> None:
    file = tmp_path / "journal"
    Journal(file, PLAN).close()
    other = PLAN._replace(**{field: "other"})
    with pytest.raises(NotThisCampaign, match=f"its {field} is {getattr(PLAN, field)}, not other"):
        Journal(file, other)


@pytest.mark.slow
def test_a_journal_torn_anywhere_has_the_walks_that_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with Journal(file, PLAN) as journal:
        for number in range(2):
            journal.append(WALK._replace(number=number))
    whole = file.read_bytes()
    for length in range(len(whole) + 1):
        file.write_bytes(whole[:length])
        with Journal(file, PLAN) as journal:
            finished = max(whole[:length].count(b"\n") - 1, 0)
            assert journal.walks == {number: WALK._replace(number=number) for number in range(finished)}
            for number in range(finished, 2):
                journal.append(WALK._replace(number=number))
        assert file.read_bytes() == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("what is this", "is no journal of a campaign"),
        ("what is this\n", "line 1 of .* is none of a campaign's journal"),
        ('{"campaign": 3}\n', "line 1 of"),
        ("{}\n", "line 1 of"),
        ("BEGINNING{\n{}\n", "line 2 of"),
        ('BEGINNING{"number": 1}\n', "line 2 of"),
        ("BEGINNINGnull\n", "line 2 of"),
    ],
)
def test_what_is_no_journal_is_left_alone(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "journal"
    file.write_text(text.replace("BEGINNING", json.dumps({"campaign": PLAN._asdict()}) + "\n"))
    kept = file.read_bytes()
    with pytest.raises(NotThisCampaign, match=message):
        Journal(file, PLAN)
    assert file.read_bytes() == kept


def test_two_campaigns_do_not_write_one_journal(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal", PLAN), pytest.raises(NotThisCampaign, match="another campaign"):
        Journal(tmp_path / "journal", PLAN)


@pytest.mark.parametrize(
    ("field", "message"), [("vfslab", "has vfslab .*, not older"), ("grammar", "has grammar .*, not older")]
)
def test_a_worker_with_other_sources_does_not_walk(field: str, message: str) -> None:
    with pytest.raises(OtherWorker, match=message):
        run_walk(ITSELF._replace(**{field: "older"}), 0)


# Its progress.


def test_progress_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 10.0, 20.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    progress = Progress(1000, finished=500, stream=stream)
    for commands, differences in [(10, 0), (90, 1), (100, 1)]:
        progress.update(commands, differences)
    progress.close()
    assert stream.getvalue().splitlines() == [
        "600 of 1000 commands, 10 a second, differences so far: 1, 40 s left",
        "700 of 1000 commands, 10 a second, differences so far: 1, 30 s left",
    ]


def test_progress_on_a_terminal() -> None:
    pytest.importorskip("tqdm", reason="tqdm is not installed")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    progress = Progress(1000, finished=500, stream=stream)
    progress.update(250, 2)
    progress.close()
    last = stream.getvalue().split("\r")[-1]
    assert "75%" in last and "750/1000" in last and "differences=2" in last
