"""The ``%%mnt`` cell magic: what it prints, which machine it runs on, what it says where it cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell

from vfslab.model import Model
from vfslab.oracle.live import NotAllowed, RunningKernel
from vfslab.shell.session import Session
from vfslab.views import magic
from vfslab.views.stepper import Stepper

Cell = Callable[[str, str], tuple[str, str]]


@pytest.fixture
def shell() -> InteractiveShell:
    made = InteractiveShell()
    made.extension_manager.load_extension("vfslab")
    return made


@pytest.fixture
def cell(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Cell:
    """Runs a ``%%mnt`` cell; gives what it printed and what it complained of."""

    def run(options: str, text: str) -> tuple[str, str]:
        result = shell.run_cell(f"%%mnt {options}\n{text}")
        assert result.success, "a transcript never raises"
        return capsys.readouterr()

    return run


ANSWERS = [
    ("nothing to say", "mkdir /mnt", "sh1# mkdir /mnt\n"),
    ("comments and blank lines are not answered", "# a\n\nmkdir /mnt # b", "sh1# mkdir /mnt # b\n"),
    (
        "output",
        "mkdir /mnt\nmount -t tmpfs A /mnt\nfindmnt -n -o TARGET,SOURCE",
        "sh1# mkdir /mnt\nsh1# mount -t tmpfs A /mnt\n"
        "sh1# findmnt -n -o TARGET,SOURCE\n/      tmpfs\n└─/mnt A\n",
    ),
    (
        "a refusal, with the errno and the check",
        "rmdir /nope",
        "sh1# rmdir /nope\nrmdir: failed to remove '/nope': No such file or directory\n"
        "    status 1, ENOENT: lookup: there is no nope in /\n    remedy: make nope there first\n",
    ),
    ("an unknown command", "frob", "sh1# frob\nsh1: frob: command not found\n    status 127\n"),
    ("a second shell", "mkdir /a\nsh2# ls /", "sh1# mkdir /a\nsh2# ls /\na\n"),
    ("control characters as escapes", "mkdir '/\x1b[31m'", "sh1# mkdir '/\\x1b[31m'\n"),
]


@pytest.mark.parametrize(("text", "printed"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_answer(cell: Cell, text: str, printed: str) -> None:
    assert cell("--echo", text) == (printed, "")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("mkdir /a\nmount -t tmpfs A /a\ncd /a", ""),
        ("mkdir /a\nls /a", "sh1# ls /a\n"),
        ("ls /\nls", "sh1# ls /\nsh1# ls\n"),
        ("mkdir -v /a", "sh1# mkdir -v /a\nmkdir: created directory '/a'\n"),
        ("mkdir /a\nfrob\ncd /", "sh1# frob\nsh1: frob: command not found\n    status 127\n"),
    ],
)
def test_only_questions_failures_and_output_are_repeated(cell: Cell, text: str, printed: str) -> None:
    assert cell("", text) == (printed, "")


MISTAKES = [
    ("", "mkdir 'a", "line 1, column 7"),
    ("", "mkdir a\n\nsh2# mkdir 'b", "line 3, column 12"),
    ("--bogus", "pwd", "unrecognized arguments: --bogus"),
    ("--as", "pwd", "--as"),
    ("--as 'a b'", "pwd", "'a b' is not a name"),
    ("--as '", "pwd", "No closing quotation"),
    ("--release 1.0", "pwd", "there is no release '1.0' here, only "),
    ("--release", "pwd", "--release: expected one argument"),
    ("--live --release 7.0", "pwd", "leave --release and --check out"),
    ("--live --check", "pwd", "leave --release and --check out"),
    ("--continue", "pwd", "there is no machine to go on with"),
    ("--continue --live", "pwd", "only --as may stand with it"),
    ("--continue --release 7.0", "pwd", "only --as may stand with it"),
    ("--con", "pwd", "unrecognized arguments: --con"),
]


@pytest.mark.parametrize(("options", "text", "said"), MISTAKES)
def test_mistake_is_one_clear_line_and_nothing_runs(cell: Cell, options: str, text: str, said: str) -> None:
    printed, complaint = cell(options, text)
    assert printed == ""
    assert said in complaint
    assert complaint.startswith("%%mnt: ")
    assert complaint.count("\n") == 1


def test_a_cell_that_cannot_be_read_leaves_the_machine_as_it_was(cell: Cell) -> None:
    cell("", "mkdir /a")
    assert cell("--continue", "mkdir /b\nmkdir 'c")[0] == ""
    assert cell("--continue", "ls /")[0] == "sh1# ls /\na\n"


def test_each_cell_starts_anew_unless_it_continues(cell: Cell) -> None:
    cell("", "mkdir /a")
    assert cell("--continue", "ls /")[0] == "sh1# ls /\na\n"
    assert cell("", "ls /")[0] == "sh1# ls /\n"


def test_release_is_the_model_s(cell: Cell, shell: InteractiveShell) -> None:
    cell("--release 6.18 --as old", "pwd")
    assert shell.user_ns["old"].machine.release == "6.18"


def test_a_named_session_can_be_stepped_and_outlives_the_next_cell(
    cell: Cell, shell: InteractiveShell
) -> None:
    cell("--as lesson", "mkdir /mnt\nmount -t tmpfs A /mnt")
    cell("", "mkdir /other")
    session = shell.user_ns["lesson"]
    assert isinstance(session, Session)
    assert isinstance(session.machine, Model)
    assert session.run("sh1", "ls /").stdout == "mnt\n"
    timeline = session.machine.timelines[-1]
    assert timeline.title in repr(Stepper(timeline))


def test_a_machine_nobody_named_is_closed_by_the_next_cell(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Model] = []

    def close(model: Model) -> None:
        closed.append(model)

    monkeypatch.setattr(Model, "close", close)
    cell("", "pwd")
    cell("--as kept", "pwd")
    assert len(closed) == 1
    cell("", "pwd")
    assert len(closed) == 1


TRANSCRIPT = (
    "mkdir /mnt\nmount -t tmpfs A /mnt\nmount --make-shared /mnt\nsh2# unshare -m\nmount --bind /x /mnt"
)


@pytest.mark.kernel
def test_live_runs_on_the_running_kernel(cell: Cell, shell: InteractiveShell) -> None:
    printed, complaint = cell("--live --as real", TRANSCRIPT)
    assert complaint == ""
    assert printed.endswith("    status 32, ENOENT\n"), "a real kernel tells no reason"
    with shell.user_ns["real"].machine as machine:
        assert isinstance(machine, RunningKernel)


@pytest.mark.kernel
def test_check_says_that_both_agree(cell: Cell) -> None:
    printed, complaint = cell("--check", TRANSCRIPT)
    assert complaint == ""
    assert printed.endswith("model and kernel agree\n")


@pytest.mark.kernel
def test_check_prints_what_differs(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = RunningKernel.call

    def lying(self: RunningKernel, shell: str, name: str, *args: object) -> object:
        answer = honest(self, shell, name, *args)
        return answer._replace(errno="EPERM") if name == "rmdir" else answer

    monkeypatch.setattr(RunningKernel, "call", lying)
    printed, _ = cell("--check", "rmdir /nope")
    assert "model and kernel differ\n1: sh1# rmdir /nope\n  model:  ENOENT" in printed
    assert "  kernel: EPERM" in printed


def _forbidden(*_: object, **__: object) -> None:
    raise NotAllowed("user namespaces are off: sysctl kernel.unprivileged_userns_clone=1")


def test_where_the_kernel_may_not_be_asked_live_says_why(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magic, "RunningKernel", _forbidden)
    assert cell("--live", "pwd") == (
        "",
        "%%mnt: user namespaces are off: sysctl kernel.unprivileged_userns_clone=1\n",
    )


def test_where_the_kernel_may_not_be_asked_the_model_still_answers(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vfslab.oracle.compare.RunningKernel", _forbidden)
    printed, complaint = cell("--check", "mkdir /a\nls /")
    assert complaint == ""
    assert printed.startswith("sh1# ls /\na\nnot compared, the running kernel cannot be asked: ")
