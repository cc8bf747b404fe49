"""A kernel in a VM: the initramfs, what is refused, and kernels that boot, answer, crash and hang.

Tests that boot a kernel want images: VFSLAB_VM_KERNELS names a folder of vmlinuz*, such as
tests/fetch_kernels.py fills.
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vfslab import cli
from vfslab.oracle import vm as vm_module
from vfslab.oracle.compare import check_run
from vfslab.oracle.initramfs import Archive, CannotBuild, build, extra
from vfslab.oracle.vm import VM, Output, Transcript, VMFailed, image_release

IMAGES = sorted(Path(os.environ.get("VFSLAB_VM_KERNELS", "/nonexistent")).glob("vmlinuz*"))

# --- the initramfs ----------------------------------------------------------------------


def unpacked(data: bytes) -> dict[str, tuple[int, tuple[int, int], bytes]]:
    """The entries of newc archives one behind the other: path -> mode, device, content. cpio(5)."""
    found = {}
    data = gzip.decompress(data)
    while data:
        assert data[:6] == b"070701"
        _, mode, _, _, _, _, size, _, _, major, minor, name_size, _ = (
            int(data[start : start + 8], 16) for start in range(6, 110, 8)
        )
        start = 110 + name_size + -(110 + name_size) % 4
        name = os.fsdecode(data[110 : 110 + name_size - 1])
        if name != "TRAILER!!!":
            assert name not in found
            found[name] = mode, (major, minor), data[start : start + size]
        data = data[start + size + -size % 4 :]
    return found


def test_an_archive_is_what_cpio_reads() -> None:
    archive = Archive()
    archive.directory("/proc")
    archive.device("/dev/console", 5, 1)
    archive.file("/a/b c/\udcff", b"12345")
    archive.file("/a/b c/\udcff", b"again")
    archive.file("/a/empty", b"")
    found = unpacked(archive.compressed() + extra({"/batch": b"[]"}))
    assert found == {
        "proc": (stat.S_IFDIR | 0o755, (0, 0), b""),
        "dev": (stat.S_IFDIR | 0o755, (0, 0), b""),
        "dev/console": (stat.S_IFCHR | 0o600, (5, 1), b""),
        "a": (stat.S_IFDIR | 0o755, (0, 0), b""),
        "a/b c": (stat.S_IFDIR | 0o755, (0, 0), b""),
        "a/b c/\udcff": (stat.S_IFREG | 0o755, (0, 0), b"12345"),
        "a/empty": (stat.S_IFREG | 0o755, (0, 0), b""),
        "batch": (stat.S_IFREG | 0o755, (0, 0), b"[]"),
    }


@pytest.mark.kernel
def test_the_interpreter_in_an_initramfs_runs_alone(tmp_path: Path) -> None:
    """In a chroot, with all that the guest imports: nothing of it is found outside."""
    program = (
        "import sys\nsys.path.insert(0, '/lab')\nimport vfslab.oracle.guest as guest\nprint(guest.BATCH)\n"
    )
    for name, (mode, _, content) in unpacked(build(vm_module.MODULES, program)).items():
        path = tmp_path / name
        if stat.S_ISDIR(mode):
            path.mkdir()
        elif stat.S_ISREG(mode):
            path.write_bytes(content)
            path.chmod(0o755)
    unshare = [] if os.geteuid() == 0 else ["unshare", "-r"]
    ran = subprocess.run(
        [*unshare, "chroot", tmp_path, "/init"],
        env={"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},  # where chroot is, unlike many a user's PATH
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("/batch.json\n", "")


def test_what_the_guest_imports_when_it_first_needs_it_is_there() -> None:
    """Modules are found by importing the guest; an import inside a function is not among them."""
    paths = [Path(name) for name in unpacked(build(vm_module.MODULES, ""))]
    there = {path.stem for path in paths} | {path.parent.name for path in paths}
    for module in ("guest", "live", "sandbox", "agent", "permission", "outcome"):
        path = Path(vm_module.__file__).with_name(f"{module}.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                    for name in names:
                        last = name.rpartition(".")[2]
                        assert last in there | set(sys.builtin_module_names), f"{module}: {name}"


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(CannotBuild, match="No module named 'none_such'"):
        build(["none_such"], "")


# --- what is refused without a boot -----------------------------------------------------

HEADER = bytes(0x202) + b"HdrS" + bytes(8) + b"\x20\0" + bytes(0x10) + b"7.1.13-test (builder) #1\0"
PWD = [Transcript("pwd", [("sh1", "pwd")])]


def test_the_release_of_an_image(tmp_path: Path) -> None:
    image = tmp_path / "vmlinuz"
    image.write_bytes(HEADER)
    assert image_release(image) == "7.1.13-test"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, ": No such file or directory"),
        (b"", " is no kernel image of x86_64 (a bzImage, which distributions call vmlinuz)"),
        (b"\x7fELF" + bytes(0x1000), " is no kernel image of x86_64"),
    ],
)
def test_what_is_no_image(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, transcript = tmp_path / "vm\x1blinuz", tmp_path / "a.mnt"
    transcript.write_text("pwd\n")
    if content is not None:
        image.write_bytes(content)
    for command in (["check"], ["record", "-o", str(tmp_path / "out")]):
        assert cli.main([*command, "--vm", str(image), str(transcript)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith(f"vfslab {command[0]}: {tmp_path}/vm\\x1blinuz{said}")


def test_an_emulator_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tmp_path / "vmlinuz"
    image.write_bytes(HEADER)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VMFailed, match=r"qemu-system-x86_64 is not on PATH \(Debian: apt install"):
        VM(image, PWD)


def test_a_machine_of_another_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(VMFailed, match="the Python of this machine, which is riscv64"):
        image_release(tmp_path)


# --- what does not go on ----------------------------------------------------------------


def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A stand-in for QEMU that writes to ``$console``; an image for it."""
    program = tmp_path / vm_module.QEMU
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Stand-in && exit\n'
        f'console=$(echo "$*" | sed "s/.*file:\\([^ ]*\\).*/\\1/")\n{script}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(vm_module, "build", lambda *_: b"")
    image = tmp_path / "vmlinuz"
    image.write_bytes(HEADER)
    return image


READY = """printf 'firmware says hello\\036["ready", "7.1.13", "#1"]\\n'"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no such option' >&2; exit 1", "it ended while it booted\n  stderr: no such option"),
        (
            "printf 'one\\r\\ntwo \\033[2J\\r\\n' > $console",
            r"it ended while it booted\n  console: one\n  console: two \\x1b\[2J$",
        ),
        ("exec sleep 60", "no answer within 0.5 s while it booted"),
        (f"{READY}; exec sleep 60", "no answer within 0.5 s in pwd"),
        (f"{READY}; echo oops > $console", "it ended in pwd\n  console: oops"),
        (f"""{READY}; printf '\\036["ended", "sh1 was killed"]\\n'; sleep 60""", "sh1 was killed in pwd"),
        (f"""{READY}; printf '\\036["error", "Traceback"]\\n'; sleep 60""", "Traceback in pwd"),
        ("seq 100 > $console", "while it booted\n  console: 89\n"),
        (
            "(echo up; echo BUG: what; seq 9; echo Kernel panic; seq 9) > $console",
            "while it booted\n  console: BUG: what\n  console: 1\n",
        ),
    ],
)
def test_what_is_said_of_a_vm_that_fails(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = emulator(tmp_path, monkeypatch, script)
    with (
        pytest.raises(VMFailed, match=f"^the VM of {image} failed: ") as caught,
        VM(image, PWD, boot_limit=0.5, answer_limit=0.5) as vm,
    ):
        list(vm.runs())
    assert re.search(said, str(caught.value))
    assert list(tmp_path.glob("vfslab-vm-*")) == []


def test_answers_that_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = '\\036["run", [{"run": "sh1# pwd", "printed": ["/"]}]]\\n'
    script = f"""{READY}; printf '\\036["r'; sleep 0.2; printf '{answer[7:]}{answer}'; exec sleep 60"""
    image = emulator(tmp_path, monkeypatch, script)
    with VM(image, PWD * 2) as vm:
        assert (vm.release, vm.version, vm.emulator) == ("7.1.13", "#1", "Stand-in")
        assert [run.outcomes[0].printed for run in vm.runs()] == [("/",), ("/",)]


def test_the_files_that_a_program_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the initramfs: itself and the Python that lies beside it."""
    output = '\\036["output", [0, "out", ""]]\\n'
    script = f"""{READY}; printf '{output}'; exec sleep 60"""
    image = emulator(tmp_path, monkeypatch, script)
    (tmp_path / "programs").mkdir()
    for name in ("one.py", "beside.py", "text"):
        (tmp_path / "programs" / name).write_text("pass\n")
    with VM(image, (), programs=[tmp_path / "programs" / "one.py"]) as vm:
        assert list(vm.outputs()) == [Output(0, "out", "")]
        (initrd,) = tmp_path.glob("vfslab-vm-*/initrd")
        found = unpacked(initrd.read_bytes())
    assert {name for name in found if name.startswith("programs/")} == {
        "programs/one.py",
        "programs/beside.py",
    }
    assert json.loads(found["batch.json"][2])["programs"] == ["/programs/one.py"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which(vm_module.QEMU) is None, reason=f"{vm_module.QEMU} is not on PATH")
def test_an_image_that_the_emulator_refuses(tmp_path: Path) -> None:
    image = tmp_path / "vmlinuz"
    image.write_bytes(HEADER + bytes(0x10000))
    with pytest.raises(VMFailed, match="it ended while it booted\n  stderr: qemu"):
        VM(image, PWD)


# --- kernels ----------------------------------------------------------------------------

TRANSCRIPT = """\
mkdir /a /a/old
mount -t tmpfs A /a
sh2# unshare -m --propagation unchanged
mkdir /a/old
pivot_root /a /a/old
sh2# umount /a
umount /none
ls /
"""


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize("image", IMAGES, ids=[image.name for image in IMAGES])
def test_a_kernel_answers_as_its_model(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, text in (("one", TRANSCRIPT), ("two", "mount --make-shared /\nmount --make-slave /\n")):
        files.append(str(tmp_path / name))
        Path(files[-1]).write_text(text)
    assert cli.main(["check", "--vm", str(image), *files]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{files[0]}: the model of ")
    assert first.endswith(f" and Linux {image_release(image)} agree, commands compared: 8")
    assert second.endswith("commands compared: 2")


@pytest.mark.vm
@pytest.mark.slow
def test_a_difference_is_told_from_a_vm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of an unbindable mount is unbindable since 7.2, and was not before."""
    transcript = tmp_path / "a.mnt"
    transcript.write_text("mount --make-unbindable /\nunshare -m --propagation unchanged\n")
    statuses = [
        cli.main(["check", "--vm", str(IMAGES[-1]), "--release", release, str(transcript)])
        for release in ("7.1", "7.2")
    ]
    assert sorted(statuses) == [0, 1]
    assert "unbindable" in capsys.readouterr().out


@pytest.mark.vm
@pytest.mark.slow
def test_a_kernel_that_panics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm_module, "PROGRAM", "raise SystemExit(3)\n")
    with pytest.raises(VMFailed) as caught:
        VM(IMAGES[0], PWD)
    assert "it ended while it booted" in str(caught.value)
    assert "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300" in str(caught.value)


@pytest.mark.vm
@pytest.mark.slow
def test_what_goes_wrong_in_the_guest_is_told() -> None:
    with (
        pytest.raises(VMFailed, match=r"(?s)Traceback .*WordError.* in broken"),
        VM(IMAGES[0], [*PWD, Transcript("broken", [("sh1", "'")])]) as vm,
    ):
        assert [check_run(run).differences for run in vm.runs()] == [[]]


PROGRAMS = {
    "beside.py": "WORD = 'beside'\n",
    "ends.py": "import os\nimport beside\nprint(beside.WORD, os.getuid(), open('/proc/cmdline').read())\n",
    "stops.py": "import sys\nsys.exit(0)\n",
    "fails.py": "import sys\nprint('so far')\nsys.exit('no further')\n",
    "breaks.py": "raise ValueError('what')\n",
    "hangs.py": "import time\nprint('here', flush=True)\ntime.sleep(600)\n",
}


@pytest.mark.vm
@pytest.mark.slow
def test_programs_run_in_the_guest(tmp_path: Path) -> None:
    for name, text in PROGRAMS.items():
        (tmp_path / name).write_text(text)
    programs = [tmp_path / name for name in PROGRAMS if name != "beside.py"]
    with VM(IMAGES[0], PWD, programs=programs, program_limit=5, options="one=1") as vm:
        assert [run.outcomes[0].printed for run in vm.runs()] == [("/",)]
        ends, stops, fails, breaks, hangs = vm.outputs()
    assert (ends.status, ends.stderr) == (0, "")
    assert re.fullmatch(r"beside 0 console=ttyS0 .* one=1\n\n", ends.stdout)
    assert stops == Output(0, "", "")
    assert fails == Output(1, "so far\n", "no further\n")
    assert breaks.status == 1
    assert breaks.stderr.endswith("ValueError: what\n")
    assert hangs == Output(-signal.SIGALRM, "here\n", "")
