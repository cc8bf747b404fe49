"""What a newcomer types: `make lab` and its refusals, the server's settings, what CI does not let pass."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKE = shutil.which("make")
needs_make = pytest.mark.skipif(MAKE is None, reason="make is missing")


def clean_environment(**changed: str) -> dict[str, str]:
    """The environment without what an outer make or a user's Jupyter would add, and with ``changed``."""
    foreign = ("MAKE", "MFLAGS", "JUPYTER")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)} | changed


# A Python that fails at the n-th question: is it new enough, can it make virtual environments?
TOO_OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *version_info*) exit 0;; *) exit 1;; esac\n'


@needs_make
@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "There is no ./python here. Name a Python 3.11 or newer"),
        (TOO_OLD, "vfslab needs Python 3.11 or newer, and ./python is older"),
        (WITHOUT_VENV, "./python cannot make virtual environments: its venv module is missing"),
    ],
    ids=["missing", "too old", "without venv"],
)
@pytest.mark.parametrize("target", ["lab", "test", "check"])
def test_make_says_which_python_it_needs(
    tmp_path: Path, target: str, script: str | None, message: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if script:
        (tmp_path / "python").write_text(script)
        (tmp_path / "python").chmod(0o755)
    done = subprocess.run(
        ["make", target, "PYTHON=./python", "UV="],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert message in done.stderr
    assert not (tmp_path / ".venv").exists()


def jupyter_environment(folder: Path, **changed: str) -> dict[str, str]:
    """An environment in which Jupyter finds nobody's settings and writes only below ``folder``."""
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    return clean_environment(**own, **changed)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make lab`, without a browser, in the environment that runs this test."""
    command = ["make", "-o", f"{sys.prefix}/installed-lab", "lab", f"VENV={sys.prefix}"]
    process = subprocess.Popen(
        [*command, "LAB_ARGS=--no-browser --ip=127.0.0.1 --port=0"],
        cwd=ROOT,
        env=jupyter_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate()


def fetch(address: str) -> bytes:
    """What a server that has just said its address answers; it says so before it listens."""
    while True:
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.read()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)


@needs_make
@pytest.mark.slow
@pytest.mark.timeout(90)
def test_make_lab_opens_the_first_notebook(lab: subprocess.Popen[str]) -> None:
    assert lab.stdout
    said = []
    for line in lab.stdout:
        said.append(line)
        if found := re.search(r"(http://\S+)/lab/tree/00-start-here\.ipynb\?token=(\w+)", line):
            break
    else:
        pytest.fail("".join(said))
    assert "Exception while loading config" not in "".join(said)
    base, token = found.groups()
    notebook = json.loads(fetch(f"{base}/api/contents/00-start-here.ipynb?token={token}"))["content"]
    # JupyterLab shows the saved pictures of a trusted notebook only.
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["metadata"].get("trusted") for cell in code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "nodelay"),
    [
        (False, "1"),
        # Where the server no longer has what the settings build on, it starts all the same. The 0 is what it
        # does by itself: the day this is 1, jupyter/jupyter_server_config.py has nothing left to do.
        (True, "0"),
    ],
    ids=["settings", "settings that fail"],
)
def test_kernel_answers_are_not_delayed(tmp_path: Path, broken: bool, nodelay: str) -> None:
    settings = (ROOT / "jupyter" / "jupyter_server_config.py").read_text(encoding="utf-8")
    if broken:
        settings = settings.replace("import ZMQChannelsWebsocketConnection", "import GoneConnection")
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "jupyter_server_config.py").write_text(settings, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "nodelay_probe.py")],
        cwd=tmp_path,
        env=jupyter_environment(tmp_path, JUPYTER_CONFIG_PATH=str(tmp_path / "settings")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [nodelay], done.stderr
    assert ("Exception while loading config" in done.stderr) == broken


FETCHED = re.compile(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?https?:|import\(["']https?:""")


@pytest.mark.slow
def test_an_exported_notebook_fetches_nothing_and_keeps_its_steppers(tmp_path: Path) -> None:
    name = "05-thrown-out"
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    subprocess.run(
        [*command, str(ROOT / "notebooks" / f"{name}.ipynb")],
        env=jupyter_environment(tmp_path, JUPYTER_CONFIG_PATH=str(ROOT / "jupyter")),
        capture_output=True,
        check=True,
    )
    page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
    assert FETCHED.findall(page) == []
    saved = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", ())]
    steppers = ["data-vfslab=" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert page.count('class="vfslab-page"') == sum(steppers) > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("require", "outcome", "message"),
    [
        ("", "1 skipped", "browser: chromium is not on PATH"),
        ("browser", "1 error", "browser is required by VFSLAB_REQUIRE, but chromium is not on PATH"),
        ("kernel", "1 skipped", "browser: chromium is not on PATH"),
        ("chrome", "", "VFSLAB_REQUIRE: chrome: expected some of dot kernel browser"),
    ],
)
def test_a_required_marker_cannot_be_skipped(
    tmp_path: Path, require: str, outcome: str, message: str
) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_page.py").write_text(
        "import pytest\n\n@pytest.mark.browser\ndef test_page():\n    raise AssertionError('it ran')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=clean_environment(PATH=str(tmp_path), VFSLAB_REQUIRE=require),
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout
    assert message in done.stdout + done.stderr
    assert (done.returncode == 0) == (outcome == "1 skipped")
