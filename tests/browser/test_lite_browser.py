"""The JupyterLite site that `make lite` builds: Python inside chromium, nothing asked of any other machine.

The site is built once and served from the loopback address; every request beyond is refused and listed.
"""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lab
import timelines
from vfslab.mechanism import BoxTimeline
from vfslab.views import dot, engine
from vfslab.views.frames import frames

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.lite, pytest.mark.slow, pytest.mark.timeout(600)]
lab.skip_without_playwright()

from playwright.sync_api import Browser, Page, Route, expect  # noqa: E402 (where it is there)

NOTEBOOKS = ROOT / "notebooks"
LESSON = "03-copying-a-namespace.ipynb"
APPEND = """sources => {
  const { sharedModel } = window.jupyterapp.shell.currentWidget.context.model;
  const cells = sources.map(source => ({ cell_type: 'code', source, metadata: { trusted: true } }));
  sharedModel.insertCells(sharedModel.cells.length, cells);
}"""
OUTPUTS = """() => {
  const { model } = window.jupyterapp.shell.currentWidget.context;
  return model.toJSON().cells.filter(cell => cell.cell_type === 'code').map(cell => cell.outputs);
}"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make lite` builds it."""
    out = tmp_path_factory.mktemp("lite") / "site"
    command = [sys.executable, str(ROOT / "lite" / "build.py"), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """A server of static files, and the address of the site on it."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def away() -> list[str]:
    """What the page has asked of other machines."""
    return []


def source(name: str, number: int) -> str:
    """A code cell of a lesson."""
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return "".join([cell for cell in cells if cell["cell_type"] == "code"][number]["source"])


@pytest.fixture(scope="module")
def lesson(browser: Browser, address: str, away: list[str]) -> Iterator[Page]:
    """A lesson, with a cell of the first and the playground at its end, all of it run."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(lab.WAIT)

    def refuse(route: Route) -> None:
        if route.request.url.startswith((f"{address}/", "data:", "blob:")):
            route.continue_()
        else:
            away.append(route.request.url)
            route.abort()

    context.route("**/*", refuse)
    page = context.new_page()
    page.goto(f"{address}/lab/index.html?path={LESSON}", timeout=lab.WAIT)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=lab.WAIT)
    mounts = f"from vfslab import own_mounts, show\n{source('00-start-here.ipynb', 1)}"
    page.evaluate(APPEND, [mounts, source("19-playground.ipynb", 0)])
    lab.run_all(page)
    yield page
    context.close()


def test_a_saved_stepper_steps_before_its_cell_is_run(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(lab.WAIT)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{address}/lab/index.html?path=03-copying-a-namespace.ipynb")
    stepper = page.locator(".vfslab-page .vfslab-stepper").first
    stepper.get_by_role("button", name="Next", exact=True).click()
    expect(stepper).to_have_attribute("data-step", "1")
    assert failed == []
    page.close()


@pytest.fixture(scope="module")
def outputs(lesson: Page) -> list[list[dict[str, Any]]]:
    """The outputs of each code cell."""
    found: list[list[dict[str, Any]]] = lesson.evaluate(OUTPUTS)
    return found


def shown(outputs: list[list[dict[str, Any]]], start: str) -> list[str]:
    """The HTML of the outputs that begin so."""
    pages = ["".join(one.get("data", {}).get("text/html", "")) for cell in outputs for one in cell]
    return [page for page in pages if page.startswith(start)]


@pytest.mark.browser
def test_every_cell_runs(outputs: list[list[dict[str, Any]]]) -> None:
    assert [one for cell in outputs for one in cell if one["output_type"] == "error"] == []
    said = "".join(one["text"] for cell in outputs for one in cell if one["output_type"] == "stream")
    assert "the running kernel cannot be asked: this is emscripten, not Linux" in said


@pytest.mark.browser
def test_diagrams_are_drawn(outputs: list[list[dict[str, Any]]]) -> None:
    pictures = shown(outputs, '<div class="vfslab-picture"><img src="data:image/svg+xml')
    assert "/drive" in pictures[-1]  # of the browser's own Python


@pytest.mark.browser
def test_a_plot_is_the_published_one(outputs: list[list[dict[str, Any]]]) -> None:
    lesson = json.loads((NOTEBOOKS / LESSON).read_text(encoding="utf-8"))
    published = shown([cell.get("outputs", []) for cell in lesson["cells"]], "<img ")
    assert published
    assert shown(outputs, "<img ") == published


@pytest.mark.browser
def test_the_stepper_steps(lesson: Page) -> None:
    stepper = lesson.locator(".vfslab-stepper").first
    stepper.scroll_into_view_if_needed()
    expect(stepper).to_have_attribute("data-step", "0")
    expect(stepper.locator(":scope > .vf-stage > svg")).to_be_visible()
    stepper.focus()
    lesson.keyboard.press("ArrowRight")
    expect(stepper).to_have_attribute("data-step", "1")
    lesson.keyboard.press("Home")
    expect(stepper).to_have_attribute("data-step", "0")


@pytest.mark.browser
def test_the_playground_answers(lesson: Page) -> None:
    ground = lesson.locator(".vf-play-ground")
    ground.scroll_into_view_if_needed()
    prompt = ground.get_by_label("Command for sh1")
    for typed, command in enumerate(("mkdir /lite", "mount -t tmpfs site /lite"), 1):
        prompt.fill(command)
        prompt.press("Enter")
        expect(ground.locator(".vf-typed")).to_have_count(typed, timeout=lab.WAIT)
    expect(ground.get_by_label("The mounts as text")).to_contain_text("/lite")
    expect(ground.locator(".vf-view svg")).to_contain_text("tmpfs site")


@pytest.mark.browser
def test_nothing_was_asked_of_other_machines(lesson: Page, away: list[str]) -> None:
    assert away == []


# --- the same pictures


def shape(svg: str) -> tuple[list[str], list[tuple[str | None, str | None]], list[str]]:
    """The names of a drawing's elements, the id and title of each group, and its texts, in their order."""
    root = ET.fromstring(svg[svg.index("<svg") :])
    groups = [(group.get("id"), group.findtext(f"{SVG}title")) for group in root.iter(f"{SVG}g")]
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    return [element.tag.removeprefix(SVG) for element in root.iter()], groups, texts


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """Placed sources, those of steppers among them, and two that Graphviz places itself."""
    made = [dot.legend(), dot.source(timelines.propagation()[-1].snapshot, legend=True)]
    for timeline in (timelines.copy_of_namespace(), timelines.sixty_mounts(), timelines.refusal()):
        assert not isinstance(timeline, BoxTimeline)
        union, compact, *_ = frames(timeline)
        assert union is not None
        made.append(dot.write(union, compact=compact))
    assert all(engine._PLACED.search(one) for one in made)
    return [*made, "digraph { a -> b [label=x] }", "digraph { a [shape=plain label=<<b>a</b> &amp; b>] }"]


@pytest.mark.dot
def test_viz_js_draws_what_dot_draws(site: Path, sources: list[str], tmp_path: Path) -> None:
    with zipfile.ZipFile(site / "static" / "pyodide" / "vfslab_lite.zip") as archive:
        archive.extract("vfslab_lite/viz-global.js", tmp_path)
    (tmp_path / "viz.cjs").write_text((Path(__file__).with_name("viz.js")).read_text())
    asked = [("nop2" if engine._PLACED.search(one) else "dot", one) for one in sources]
    command = ["node", str(tmp_path / "viz.cjs"), str(tmp_path / "vfslab_lite" / "viz-global.js")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    for text, drawn in zip(sources, json.loads(done.stdout), strict=True):
        own = engine.svg(text)
        assert shape(drawn) == shape(own)
        if engine._PLACED.search(text):  # then it has kept the places
            assert ET.fromstring(drawn[drawn.index("<svg") :]).get("viewBox") == ET.fromstring(own).get(
                "viewBox"
            )
