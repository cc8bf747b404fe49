"""A real JupyterLab for a headless chromium: start it, open a notebook, run it, theme it.

The server gets folders of its own for settings, so that nobody's settings matter and
none are changed. Knows Jupyter and the browser, and nothing of what is shown.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
WAIT = 90_000
"""Milliseconds: far more than is needed on a quiet machine."""

RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await app.commands.execute('notebook:run-all-cells');
}"""
HIDE_FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
THEME = "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})"


def skip_without_playwright() -> None:
    """Skip the module that is being imported where Playwright is not installed, unless it is required."""
    if importlib.util.find_spec("playwright") is None and "browser" not in os.environ.get(
        "VFSLAB_REQUIRE", ""
    ):
        pytest.skip("playwright is not installed", allow_module_level=True)


def launch(playwright: Playwright, chromium: str) -> Browser:
    """A headless chromium."""
    return playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)


@contextlib.contextmanager
def server(folder: Path, state: Path) -> Iterator[str]:
    """A JupyterLab that serves ``folder`` and keeps its settings in ``state``; gives its address."""
    env = _environment(state)
    for name, values in SETTINGS.items():
        path = state / "settings_dir/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
    address = f"http://127.0.0.1:{port}"
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            _await(address, process, state / "log")
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _environment(state: Path) -> dict[str, str]:
    """This process's environment, with all of Jupyter's own folders below ``state``."""
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"]
    names += ["JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]
    return os.environ | {name: str(state / name.partition("_")[2].lower()) for name in names}


def trust(path: Path, state: Path) -> None:
    """Let the server that keeps its settings in ``state`` trust the notebook at ``path``."""
    command = [sys.executable, "-m", "jupyter", "trust", str(path)]
    subprocess.run(command, env=_environment(state), check=True, capture_output=True)


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT / 1000
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def write_notebook(path: Path, *cells: str, output: dict[str, str] | None = None) -> None:
    """A notebook of code ``cells`` at ``path``, as if each had been run and displayed ``output``, if any."""
    outputs = [nbformat.v4.new_output("display_data", output)] if output else []
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, outputs=outputs) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)


def watch(page: Page, address: str, found: list[str]) -> None:
    """Put into ``found`` what ``page`` asks for beyond ``address``, and script errors but JupyterLab's."""
    inside = (address, address.replace("http", "ws", 1), "data:", "blob:", "about:")

    def request(asked: Any) -> None:
        if not asked.url.startswith(inside):
            found.append(asked.url)

    page.on("request", request)

    def error(raised: Any) -> None:
        if f"{address}/static/lab/" not in (raised.stack or ""):  # JupyterLab's own errors are not ours
            found.append(f"error: {raised.stack or raised}")

    page.on("pageerror", error)


def open_notebook(page: Page, address: str, name: str) -> None:
    """Open the notebook called ``name`` and wait until it is there."""
    page.goto(f"{address}/lab/tree/{name}?reset", timeout=WAIT)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT)


def run_all(page: Page) -> None:
    """Run all cells of the notebook in front."""
    page.evaluate(RUN_ALL)


@contextlib.contextmanager
def notebook(browser: Browser, folder: Path, cells: Sequence[str], shows: str) -> Iterator[Page]:
    """A notebook of ``cells`` in a JupyterLab of its own, all run, once ``shows``, a selector, is there.

    It asks for nothing beyond its server, and no script fails: that is asserted in the end.
    """
    served, state = folder / "notebooks", folder / "state"
    served.mkdir()
    write_notebook(served / "x.ipynb", *cells)
    with server(served, state) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(WAIT)
        wrong: list[str] = []
        watch(page, address, wrong)
        open_notebook(page, address, "x.ipynb")
        run_all(page)
        page.wait_for_selector(shows, timeout=WAIT)
        yield page
        assert wrong == []
        page.close()


@contextlib.contextmanager
def looking(page: Page, width: int, dark: bool) -> Iterator[None]:
    """The page of a ``notebook`` in that width and theme, and as it was afterwards."""
    page.set_viewport_size({"width": width, "height": 1400})
    set_theme(page, dark)
    yield
    page.set_viewport_size({"width": 1280, "height": 1400})
    set_theme(page, False)


def faults(page: Page, within: str | None = None) -> list[tuple[str, str]]:
    """The accessibility faults that axe-core finds, in the elements of a selector: impact, and what helps."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=within).response["violations"]
    return [(fault["impact"], fault["help"]) for fault in found]


def toggle_files(page: Page) -> None:
    """Fold the file browser away, or unfold it."""
    page.evaluate(HIDE_FILES)


def set_theme(page: Page, dark: bool) -> None:
    """Give the whole application JupyterLab's dark or light theme."""
    page.evaluate(THEME, "JupyterLab Dark" if dark else "JupyterLab Light")
    light = "false" if dark else "true"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached", timeout=WAIT)
