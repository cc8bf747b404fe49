"""The command line: its forms, its exit statuses, and what it says when something is wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vfslab import cli
from vfslab.kernel.releases import RELEASES
from vfslab.mountinfo import parse

TRANSCRIPT = """\
# a mount that propagates
sh1# mkdir /a /b
sh1# mount -t tmpfs A /a
sh1# mount --make-shared /a
sh2# unshare -m --propagation slave
sh1# mkdir /a/x
sh1# mount -t tmpfs X /a/x
sh2# umount /nope
frobnicate
"""
MOUNTINFO = """\
20 1 0:39 / / rw,relatime - tmpfs tmpfs rw
21 20 0:40 / /a rw,relatime shared:1 - tmpfs A rw
22 20 0:40 / /b rw,relatime shared:1 - tmpfs A rw
"""


@pytest.fixture
def transcript(tmp_path: Path) -> str:
    path = tmp_path / "a.mnt"
    path.write_text(TRANSCRIPT, encoding="utf-8")
    return str(path)


@pytest.fixture
def mountinfo(tmp_path: Path) -> str:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTINFO, encoding="utf-8")
    return str(path)


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("release", [None, *RELEASES])
def test_run_json_has_the_form_that_is_fixed(
    transcript: str, release: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--release", release] if release else []
    assert cli.main(["run", transcript, "--json", *chosen]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["release", "commands", "mountinfo"]
    assert printed["release"] == (release or "7.0")
    assert [list(command) for command in printed["commands"]] == [
        ["shell", "command", "status", "errno", "stdout", "stderr", "reason", "remedy"]
    ] * 8
    assert printed["commands"][0] == {
        "shell": "sh1",
        "command": "mkdir /a /b",
        "status": 0,
        "errno": None,
        "stdout": "",
        "stderr": "",
        "reason": None,
        "remedy": None,
    }
    umount, unknown = printed["commands"][-2:]
    assert (umount["shell"], umount["status"], umount["errno"]) == ("sh2", 32, "ENOENT")
    assert umount["stderr"] == "umount: /nope: no mount point specified.\n"
    assert umount["reason"]
    assert (unknown["shell"], unknown["status"], unknown["errno"], unknown["reason"]) == (
        "sh1",
        127,
        None,
        None,
    )
    tables = {shell: parse(text) for shell, text in printed["mountinfo"].items()}
    assert list(tables) == ["sh1", "sh2"]
    assert [[entry.mountpoint for entry in entries] for entries in tables.values()] == [
        ["/", "/a", "/a/x"]
    ] * 2


def test_run_prints_for_people(transcript: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", transcript]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("sh1# mkdir /a /b\nsh1# mount -t tmpfs A /a\n")
    assert (
        "sh2# umount /nope\numount: /nope: no mount point specified.\n    status 32, ENOENT: " in printed.out
    )
    assert printed.out.endswith("sh1# frobnicate\nsh1: frobnicate: command not found\n    status 127\n")


def test_run_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"mkdir /\xc3\xa9\nls /")
    assert cli.main(["run", "-"]) == 0
    assert capsys.readouterr().out == "sh1# mkdir /é\nsh1# ls /\né\n"


def test_run_of_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    feed(monkeypatch, b"")
    assert cli.main(["run", "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["commands"] == []
    assert list(printed["mountinfo"]) == ["sh1"]


def test_a_terminal_is_not_sent_what_it_would_obey(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"mkdir '/\x1b[31m'\nls /")
    assert cli.main(["run", "-"]) == 0
    assert capsys.readouterr().out == "sh1# mkdir '/\\x1b[31m'\nsh1# ls /\n\\x1b[31m\n"


@pytest.mark.kernel
def test_run_live(transcript: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--live", "--json", transcript]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["release"] == os.uname().release
    assert [command["errno"] for command in printed["commands"]] == [None] * 6 + ["ENOENT", None]
    assert {command["reason"] for command in printed["commands"]} == {None}
    assert list(printed["mountinfo"]) == ["sh1", "sh2"]


@pytest.mark.kernel
def test_check_agrees(transcript: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", transcript, transcript]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{transcript}: the model of ")
    assert lines[0].endswith(f" and Linux {os.uname().release} agree, commands compared: 8")


def test_check_tells_what_differs(
    transcript: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from vfslab.oracle import compare

    asked = []

    def check(text: str, release: str | None = None) -> compare.Comparison:
        asked.append((text, release))
        return compare.Comparison("7.1", "7.1.13", [], ["1: sh1# mkdir /a /b\n  model: success"])

    monkeypatch.setattr(compare, "check", check)
    assert cli.main(["check", transcript, "--release", "7.1"]) == 1
    assert asked == [(TRANSCRIPT, "7.1")]
    assert capsys.readouterr().out == (
        f"{transcript}: the model of 7.1 and Linux 7.1.13 differ\n1: sh1# mkdir /a /b\n  model: success\n"
    )


@pytest.mark.parametrize("command", [["check"], ["run", "--live"]])
def test_a_machine_that_forbids_it(
    command: list[str], transcript: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from vfslab.oracle import compare, live

    class Forbidden:
        def __init__(self) -> None:
            raise live.NotAllowed("user namespaces are switched off")

    monkeypatch.setattr(live, "RunningKernel", Forbidden)
    monkeypatch.setattr(compare, "RunningKernel", Forbidden)
    assert cli.main([*command, transcript]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"vfslab {command[0]}: the running kernel cannot be asked: user namespaces are switched off\n"
    )


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"mkdir /a\nmkdir '/b", "line 2, column 7: this ' is never closed"),
        (b"mkdir /a\nls /a | cat", "line 2, column 7: unquoted '|': there are no pipes"),
        (b"mkdir /a\nls \xff", "line 2, column 4: byte 0xff is not UTF-8"),
        (b"mkdir /a\n\x7fELF\0", "line 2, column 5: NUL character"),
    ],
)
def test_a_transcript_that_cannot_be_read(
    command: str, data: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b"mkdir /a")
    bad.write_bytes(data)
    files = [str(good), str(bad)] if command == "check" else [str(bad)]
    assert cli.main([command, *files]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"vfslab {command}: {bad}: {said}")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("command", ["run", "check", "show", "why --mountinfo", "spread /mnt"])
@pytest.mark.parametrize(
    ("name", "said"), [("nope", "No such file or directory"), (".", "Is a directory"), ("a\0b", "null byte")]
)
def test_a_file_that_cannot_be_read(
    command: str, name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command.split(), f"{tmp_path}/{name}"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"vfslab {command.split(maxsplit=1)[0]}: {tmp_path}/")
    assert said in printed.err


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_release_that_is_not_modelled(
    command: str, transcript: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, transcript, "--release", "2.6"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"vfslab {command}: there is no release '2.6' here, only {', '.join(RELEASES)}\n"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["frobnicate"],
        ["run"],
        ["check"],
        ["run", "--frobnicate", "-"],
        ["run", "--live", "--release", "7.0", "-"],
        ["show", "--dot", "--svg", "x", "-"],
        ["why", "--move", "/a", "/b"],
        ["spread"],
    ],
)
def test_arguments_that_make_no_sense(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: vfslab")


def test_show_prints_the_tree_and_the_groups(mountinfo: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vfslab.snapshot import Snapshot
    from vfslab.views.text import tree

    assert cli.main(["show", mountinfo]) == 0
    assert capsys.readouterr().out == tree(Snapshot.from_mountinfo(MOUNTINFO)) + "\n"


def test_show_dot(mountinfo: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vfslab.snapshot import Snapshot
    from vfslab.views import dot

    assert cli.main(["show", "--dot", mountinfo]) == 0
    assert capsys.readouterr().out == dot.source(Snapshot.from_mountinfo(MOUNTINFO)) + "\n"


def test_show_json_can_be_read_back(mountinfo: str, capsys: pytest.CaptureFixture[str]) -> None:
    from vfslab.snapshot import Snapshot

    assert cli.main(["show", "--json", mountinfo]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert Snapshot.from_json(printed) == Snapshot.from_mountinfo(MOUNTINFO)


@pytest.mark.dot
def test_show_svg(mountinfo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.svg"
    assert cli.main(["show", mountinfo, "--svg", str(out), "--json"]) == 0
    assert out.read_text(encoding="utf-8").startswith("<svg")
    assert "mounts" in json.loads(capsys.readouterr().out)
    assert cli.main(["show", mountinfo, "--svg", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(["show", mountinfo, "--svg", "-"]) == 0
    assert capsys.readouterr().out.startswith("<svg")


@pytest.mark.dot
def test_show_svg_into_no_place(mountinfo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", mountinfo, "--svg", str(tmp_path / "nope" / "out.svg")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_show_svg_without_graphviz(
    mountinfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFSLAB_DOT", str(tmp_path / "no-dot"))
    assert cli.main(["show", mountinfo, "--svg", str(tmp_path / "out.svg")]) == 2
    assert "VFSLAB_DOT" in capsys.readouterr().err
    assert not (tmp_path / "out.svg").exists()


@pytest.mark.parametrize("form", [["--dot", "--json"], ["--svg", "-", "--json"]])
def test_show_two_things_at_once(form: list[str], mountinfo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", mountinfo, *form]) == 2
    assert "choose one" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_show_reads_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "--json"]) == 0
    own = parse(os.fsdecode(Path("/proc/self/mountinfo").read_bytes()))
    assert len(json.loads(capsys.readouterr().out)["mounts"]) == len(own)


def test_why_a_refusal(mountinfo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["why", "--mountinfo", mountinfo, "--release", "7.0", "--", "umount", "/a/x"]) == 1
    assert capsys.readouterr().out == (
        'umount2("/a/x", 0) = EINVAL\n'
        "    check:  can_umount: /a/x is not the root of a mount but a place in mount 21 (A on /a)\n"
        "    remedy: name a mountpoint: nothing is mounted on /a/x\n"
        "supposed: Linux 7.0; a caller with all rights; no symbolic links; /a/x is a directory that exists\n"
    )


def test_why_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, MOUNTINFO.encode())
    assert cli.main(["why", "mount", "--bind", "/a", "/c"]) == 0
    assert capsys.readouterr().out.startswith(
        'mount("/a", "/c", NULL, MS_BIND, NULL) = success\n    + A on /c: shared:1\nsupposed: Linux '
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_why_on_a_terminal_reads_the_own_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert cli.main(["why", "--", "mount", "-t", "tmpfs", "x", "/vfslab-nowhere"]) == 0
    assert "+ x on /vfslab-nowhere: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "arguments", "said"),
    [
        (b"", ["umount", "/a"], "standard input: there are no mounts in it"),
        (b"nonsense", ["umount", "/a"], "standard input: line 1, column 1: expected a mount id"),
        (
            MOUNTINFO.encode() * 2,
            ["umount", "/a"],
            "standard input: line 4, column 1: mount 20 is listed twice",
        ),
        (MOUNTINFO.encode(), ["--file", "/", "umount", "/a"], "standard input: / is a directory"),
        (MOUNTINFO.encode(), ["--release", "2.6", "umount", "/a"], "there is no release '2.6' here"),
        (MOUNTINFO.encode(), [], "no mount call is made: there is no command"),
        (MOUNTINFO.encode(), ["--"], "no mount call is made: there is no command"),
        (MOUNTINFO.encode(), ["ls"], "no mount call is made: the command only looks"),
        (MOUNTINFO.encode(), ["umount '/a"], "line 1, column 8: this ' is never closed"),
    ],
)
def test_why_it_cannot_tell(
    data: bytes,
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    feed(monkeypatch, data)
    assert cli.main(["why", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"vfslab why: {said}")
    assert printed.err.count("\n") == 1


@pytest.mark.slow
def test_a_large_table_is_a_matter_of_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (f"{n} 20 0:{n} / /m/{n} rw shared:{n} - tmpfs t rw\n" for n in range(30, 20_030))
    path = tmp_path / "large"
    path.write_text("20 1 0:20 / / rw shared:1 - tmpfs root rw\n" + "".join(lines), encoding="utf-8")
    started = time.monotonic()
    assert cli.main(["why", "--mountinfo", str(path), "--", "mount", "-t", "tmpfs", "x", "/m/777"]) == 0
    assert time.monotonic() - started < 20
    assert "    + x on /m/777: shared (a new peer group)" in capsys.readouterr().out
    started = time.monotonic()
    assert cli.main(["spread", "/m/777", str(path)]) == 0
    assert time.monotonic() - started < 20


def test_spread_over_tables_that_are_named(
    mountinfo: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"30 2 0:40 / / rw master:1 - tmpfs A rw\n")
    assert cli.main(["spread", "/a/x", mountinfo, "-", "--release", "7.0"]) == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "/a/x lies on mount 21 (A on /a), shared:1; a mount made there appears:",
        f"{mountinfo} /a/x here",
        f"{mountinfo} /b/x peer (shared:1)",
        "- /x slave (master:1)",
        "a namespace that is not listed may receive it, too",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_spread_over_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert cli.main(["spread", str(link)]) == 0
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith(f"{tmp_path} lies on mount ")
    assert second.split()[-2:] == [str(tmp_path), "here"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nope/nope"], "/nope/nope: No such file or directory"),
        (["mnt", "-"], "mnt: where tables are named, the path has to start with /"),
        (["/mnt", "-", "-"], "standard input: named twice"),
        (["/mnt", "-"], "the table of - is empty"),
        (["/mnt", "-", "--release", "2.6"], "there is no release '2.6' here"),
    ],
)
def test_spread_it_cannot_tell(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"")
    assert cli.main(["spread", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"vfslab spread: {said}")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"what is this", "line 1, column 1"),
        (b"20 1 0:39 / / rw - tmpfs tmpfs rw\n\x00\xff\xfe", "line 2, column 1"),
        (b"20 21 0:1 / / rw - tmpfs A rw\n21 20 0:1 / / rw - tmpfs A rw\n", "line 1, column 4"),
        (bytes(range(256)), "line 1, column 1"),
    ],
)
def test_a_mountinfo_that_cannot_be_read(
    data: bytes, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, data)
    assert cli.main(["show", "-"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"vfslab show: standard input: {place}")
    assert printed.err.count("\n") == 1


def python(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **more},
        check=False,
    )


def test_as_a_module(transcript: str) -> None:
    done = python("-m", "vfslab", "run", transcript)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sh1# mkdir /a /b\n")
    assert python("-m", "vfslab", "run", "/nope").returncode == 2


def test_an_output_that_knows_no_unicode(mountinfo: str) -> None:
    done = python("-m", "vfslab", "show", mountinfo, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u251c" in done.stdout


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "long.mnt"
    path.write_text("pwd\n" * 20_000, encoding="utf-8")
    command = [sys.executable, "-m", "vfslab", "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == b"sh1# pwd\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.BROKEN_PIPE


def test_help_imports_next_to_nothing() -> None:
    script = (
        "import sys; from vfslab.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('vfslab')))"
    )
    assert python("-c", script).stdout.endswith(
        "\n['vfslab', 'vfslab.cli', 'vfslab.cli_check', 'vfslab.cli_fixes', 'vfslab.cli_input', "
        "'vfslab.cli_page', 'vfslab.cli_why']\n"
    )


def test_run_does_not_import_what_draws(transcript: str) -> None:
    script = (
        "import sys; from vfslab.cli import main\n"
        f"main(['run', {transcript!r}])\n"
        "print([name for name in ('vfslab.views', 'graphviz', 'ipywidgets') if name in sys.modules])"
    )
    assert python("-c", script).stdout.endswith("\n[]\n")
