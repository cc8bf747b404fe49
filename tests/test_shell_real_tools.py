"""The tables in ``tests/shell`` held against the tools of this machine, where they are the same versions.

Each scene runs in a mount namespace of its own whose root is a tmpfs with nothing
but the tools. Needs root, for the scenes ask mount(8) itself and not the kernel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shell_tables import Scene, scenes, undisturbed

pytestmark = pytest.mark.slow

VERSIONS = {
    "mount": "util-linux 2.38.1",
    "ls": "(GNU coreutils) 9.1",
    "diff": "(GNU diffutils) 3.8",
    "bash": "version 5.2",
}
UTIL_LINUX = ("mount", "umount", "findmnt", "mountpoint", "unshare", "pivot_root")
COREUTILS = ("chroot", "mkdir", "rmdir", "touch", "rm", "ls", "cat", "mv", "ln")
PROGRAMS = (*UTIL_LINUX, *COREUTILS, "diff", "bash")
SCENES = scenes()

BUILD_ROOT = """
set -e
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir .tools proc run old
cp -a "$2"/. .tools
ln -s .tools/lib .tools/lib64 .tools/usr .
mount -t proc proc proc
pivot_root . old
exec /.tools/bin/bash /.tools/scene
"""
LEAVE_OLD_ROOT = """
cd /
PATH=/.tools/bin
umount -l /old
rmdir /old
unset OLDPWD
"""


def why_not() -> str | None:
    """Why the real tools cannot be asked here, None when they can."""
    if os.geteuid() != 0:
        return "needs root"
    for program in (*PROGRAMS, "ldd"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    for program, version in VERSIONS.items():
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        if version not in said:
            return f"{program} is not {version}: {said.partition(chr(10))[0]}"
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() or None


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs, the libraries they load and a UTF-8 locale."""
    if reason := why_not():
        pytest.skip(f"the real tools cannot be asked: {reason}")
    folder = tmp_path_factory.mktemp("tools")
    wanted = {}
    for program in PROGRAMS:
        found = os.path.realpath(shutil.which(program) or "")
        wanted[folder / "bin" / program] = found
        linked = subprocess.run(["ldd", found], capture_output=True, text=True, check=True).stdout
        wanted |= {folder / library[1:]: library for library in re.findall(r"/[^ ]+", linked)}
    for copy, original in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(original, copy)
    for directory in ("lib", "lib64", "usr"):
        (folder / directory).mkdir(exist_ok=True)
    locale = Path("/usr/lib/locale/C.utf8")
    if locale.is_dir():
        shutil.copytree(locale, folder / locale.relative_to("/"))
    return folder


def ask(scene: Scene, tools: Path, root: Path) -> list[tuple[str, int, str, str]]:
    """The scene's commands, each with the status, output and errors of the real tools."""
    lines = [LEAVE_OLD_ROOT]
    for row in scene.rows:
        lines += ["echo @@; echo @@ >&2", row.command, 'echo "@$?"']
    (tools / "scene").write_text("\n".join(lines) + "\n", encoding="utf-8")
    root.mkdir()
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", BUILD_ROOT, "sh", str(root), str(tools)],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
        timeout=60,
        check=False,
    )
    outputs, errors = done.stdout.split("@@\n")[1:], done.stderr.split("@@\n")[1:]
    assert len(outputs) == len(errors) == len(scene.rows), done.stderr
    answers = []
    for row, output, error in zip(scene.rows, outputs, errors, strict=True):
        stdout, _, status = output.rpartition("@")
        said = re.sub(r"(?m)^/\.tools/scene: line \d+: ", "sh1: ", error)
        answers.append((row.command, int(status), stdout, said))
    return answers


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_the_tables_are_what_the_real_tools_say(scene: Scene, tools: Path, tmp_path: Path) -> None:
    recorded = [(row.command, row.status, row.stdout, row.stderr) for row in scene.rows]
    assert undisturbed(lambda attempt: ask(scene, tools, tmp_path / f"root{attempt}"), recorded) == recorded
