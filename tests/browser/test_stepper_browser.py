"""The stepper in a real JupyterLab, and in an exported page with the network off.

One server, one browser and one run of one notebook serve the whole module. Every
test begins with the first stepper at its first frame.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lab
import test_locks
import timelines
from vfslab.views.frames import frames
from vfslab.views.stepper import Stepper

pytestmark = [pytest.mark.browser, pytest.mark.dot, pytest.mark.slow]
lab.skip_without_playwright()

from playwright.sync_api import Browser, Locator, Page, expect  # noqa: E402 (where it is there)

CELLS = [
    "import timelines\nfrom vfslab.views.diagram import show\nfrom vfslab.views.stepper import Stepper",
    "Stepper(timelines.copy_of_namespace())",
    "Stepper(timelines.propagation())",
    "Stepper(timelines.sixty_mounts())",
    "Stepper(timelines.refusal())",
    "show(timelines.propagation()[-1].snapshot, legend=True)",
]
CHECKS = Path(__file__).with_name("checks.js").read_text()
WIDTHS = (1280, 800)
LAST = -1


@functools.cache
def data() -> dict[str, Any]:
    """What the first stepper steps through."""
    return frames(timelines.copy_of_namespace()).data


def check(name: str) -> str:
    """One of the checks in checks.js, as a function that the page applies to a stepper."""
    return f"stepper => ({CHECKS}).{name}(stepper)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("notebooks")
    path = str(Path(timelines.__file__).parent)
    lab.write_notebook(made / "x.ipynb", f"import sys\nsys.path.insert(0, {path!r})", *CELLS)
    return made


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What the page in JupyterLab has asked for beyond its server, and the errors of its scripts."""
    return []


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab with the notebook, and with two that were run and saved: one is trusted, one is not."""
    state = tmp_path_factory.mktemp("state")
    page = {"text/html": Stepper(timelines.copy_of_namespace()).html()}
    for name in ("trusted", "untrusted"):
        lab.write_notebook(folder / f"{name}.ipynb", f"# {name}", output=page)
    lab.trust(folder / "trusted.ipynb", state)
    with lab.server(folder, state) as started:
        yield started


@pytest.fixture(scope="module")
def notebook(browser: Browser, address: str, asked: list[str]) -> Iterator[Page]:
    """The notebook in JupyterLab, all its cells run."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(lab.WAIT)
    lab.watch(page, address, asked)
    lab.open_notebook(page, address, "x.ipynb")
    lab.run_all(page)
    page.wait_for_function("document.querySelectorAll('.vfslab-stepper').length === 4", timeout=lab.WAIT)
    page.wait_for_selector(".vfslab-picture img", state="attached", timeout=lab.WAIT)
    yield page
    page.close()


@pytest.fixture
def stepper(notebook: Page) -> Locator:
    """The first stepper, at its first frame and with the focus."""
    notebook.set_viewport_size({"width": 1280, "height": 900})
    found = notebook.locator(".vfslab-stepper").first
    found.focus()
    notebook.keyboard.press("Home")
    at(found, 0)
    return found


def at(stepper: Locator, number: int) -> None:
    """The stepper is at that step, from the end where it is negative: so says it to everybody."""
    last = len(data()["frames"]) - 1
    number %= last + 1
    expect(stepper.locator(":scope > .vf-stage > svg")).to_have_attribute("data-step", str(number))
    expect(stepper).to_have_attribute("data-step", str(number))
    expect(stepper.locator(".vf-count")).to_have_text(f"step {number} of {last}")
    expect(stepper.get_by_role("slider")).to_have_value(str(number))
    expect(stepper.locator("[aria-live=polite]")).to_have_text(data()["frames"][number]["says"])


def drawn(stepper: Locator) -> set[str]:
    """The parts that are there now."""
    parts = stepper.locator(":scope > .vf-stage [data-part]:not(.absent)")
    return set(parts.evaluate_all("all => all.map(part => part.dataset.part)"))


def expected(number: int) -> set[str]:
    """The parts that are there at a step, from the same data by another way."""
    return {
        part
        for part, track in data()["tracks"].items()
        if "absent" not in [entry[1] for entry in track if entry[0] <= number][-1].split()
    }


BUTTONS = [
    (["Next"], 1),
    (["Next", "Next", "Next", "Previous"], 2),
    (["Next", "Previous"], 0),
]


@pytest.mark.parametrize(("names", "number"), BUTTONS)
def test_buttons(stepper: Locator, names: list[str], number: int) -> None:
    for name in names:
        stepper.get_by_role("button", name=name, exact=True).click()
    at(stepper, number)


KEYS = [
    (["ArrowRight"], 1),
    (["ArrowRight"] * 5 + ["ArrowLeft"] * 2, 3),
    (["End"], LAST),
    (["End", "ArrowRight"], LAST),
    (["ArrowLeft"], 0),
    (["End", "Home"], 0),
]


@pytest.mark.parametrize(("keys", "number"), KEYS, ids=str)
def test_keys(stepper: Locator, notebook: Page, keys: list[str], number: int) -> None:
    cells = notebook.locator(".jp-Cell").count()
    for key in keys:
        notebook.keyboard.press(key)
    at(stepper, number)
    assert notebook.locator(".jp-Cell").count() == cells, "no key reaches the notebook"


def test_keys_work_after_a_button_has_gone_grey(stepper: Locator, notebook: Page) -> None:
    stepper.get_by_role("button", name="Next", exact=True).click()
    stepper.get_by_role("button", name="Previous", exact=True).click()
    at(stepper, 0)
    notebook.keyboard.press("ArrowRight")
    at(stepper, 1)


def test_slider(stepper: Locator, notebook: Page) -> None:
    slider = stepper.get_by_role("slider", name="Step")
    box = slider.bounding_box()
    assert box
    notebook.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    at(stepper, LAST)
    notebook.keyboard.press("ArrowLeft")
    at(stepper, LAST - 1)


def test_play_and_pause(stepper: Locator, notebook: Page) -> None:
    stepper.get_by_role("button", name="Play", exact=True).click()
    notebook.wait_for_function("document.querySelector('.vfslab-stepper').dataset.step >= 2")
    stepper.get_by_role("button", name="Pause", exact=True).click()
    number = int(stepper.get_attribute("data-step") or -1)
    expect(stepper.get_by_role("button", name="Play", exact=True)).to_be_visible()
    notebook.wait_for_timeout(1500)
    at(stepper, number)


def test_space_plays_and_an_arrow_stops(stepper: Locator, notebook: Page) -> None:
    notebook.keyboard.press(" ")
    notebook.wait_for_function("document.querySelector('.vfslab-stepper').dataset.step >= 1")
    notebook.keyboard.press("Home")
    notebook.wait_for_timeout(1500)
    at(stepper, 0)


@pytest.mark.parametrize("kind", ["new", "lock", "task", "picture"])
def test_next_event(stepper: Locator, kind: str) -> None:
    stepper.get_by_role("combobox", name="Event to jump to").select_option(kind)
    numbers = [number for number, row in enumerate(data()["frames"]) if kind in row["events"]]
    for number in numbers[:2]:
        stepper.get_by_role("button", name="Next event").click()
        at(stepper, number)
    stepper.focus()
    stepper.press("PageUp")
    at(stepper, numbers[0])


def test_every_step_shows_what_is_there_and_nothing_else(stepper: Locator, notebook: Page) -> None:
    for number in range(len(data()["frames"])):
        assert drawn(stepper) == expected(number), f"step {number}"
        notebook.keyboard.press("ArrowRight")
    for number in reversed(range(len(data()["frames"]) - 1)):
        notebook.keyboard.press("ArrowLeft")
        assert drawn(stepper) == expected(number), f"back at step {number}"


def test_no_mount_moves(stepper: Locator, notebook: Page) -> None:
    places = """stepper => Object.fromEntries([...stepper.querySelectorAll('.mount')].map(
      g => [g.dataset.part, g.querySelector('.card').getAttribute('d')]))"""
    first = stepper.evaluate(places)
    notebook.keyboard.press("End")
    assert stepper.evaluate(places) == first
    height = stepper.bounding_box()
    notebook.keyboard.press("Home")
    assert stepper.bounding_box() == height


def test_locks_are_told_in_words(stepper: Locator, notebook: Page) -> None:
    for place in range(len(data()["frames"])):
        held = stepper.locator(".vf-lock", has_text="held").locator(".vf-code").all_inner_texts()
        assert held == timelines.held_at(data()["locks"], place)
        notebook.keyboard.press("ArrowRight")


def test_a_click_on_a_bar_goes_to_its_step(stepper: Locator) -> None:
    bar = stepper.locator(".vf-bar").first
    box = bar.bounding_box()
    assert box is not None
    steps = len(data()["frames"])
    for number in (20, 3, 0, steps - 1):
        bar.click(position={"x": box["width"] * (number + 0.5) / steps, "y": box["height"] / 2})
        at(stepper, number)
    cursor = bar.locator(".vf-cursor").bounding_box()
    assert cursor is not None
    assert cursor["x"] + cursor["width"] >= box["x"] + box["width"] - 3


def test_another_speed_counts_at_once(stepper: Locator) -> None:
    stepper.get_by_role("combobox", name="Speed").select_option("0.5")
    stepper.get_by_role("button", name="Play", exact=True).click()
    at(stepper, 0)
    stepper.get_by_role("combobox", name="Speed").select_option("4")
    expect(stepper).to_have_attribute("data-step", "4", timeout=1900)
    stepper.get_by_role("button", name="Pause", exact=True).click()
    stepper.get_by_role("combobox", name="Speed").select_option("1")


def test_every_control_has_a_name_and_a_visible_focus(stepper: Locator) -> None:
    for control in stepper.locator("button, input, select").all():
        assert (control.get_attribute("aria-label") or "").strip()
        if control.is_enabled():
            control.focus()
            control.press("Shift")  # a key: from now on the browser shows the focus
            style = control.evaluate(
                "c => getComputedStyle(c).outlineStyle + getComputedStyle(c).outlineWidth"
            )
            assert style == "solid3px"
    assert stepper.get_attribute("aria-label") == f"Stepper: {data()['title']}"


def test_a_refusal_ends_with_its_reason(notebook: Page) -> None:
    stepper = notebook.locator(".vfslab-stepper").nth(3)
    stepper.focus()
    notebook.keyboard.press("End")
    expect(stepper.locator("[aria-live=polite]")).to_contain_text("ENOENT")
    notebook.keyboard.press("Home")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", range(4), ids=["copy", "propagation", "sixty", "refusal"])
def test_no_text_is_clipped(notebook: Page, which: int, width: int) -> None:
    notebook.set_viewport_size({"width": width, "height": 900})
    stepper = notebook.locator(".vfslab-stepper").nth(which)
    stepper.focus()
    notebook.keyboard.press("Home")
    while True:
        assert stepper.evaluate(check("clipped")) == []
        assert stepper.evaluate(check("tooWide")) == []
        number = stepper.get_attribute("data-step")
        notebook.keyboard.press("ArrowRight")
        if stepper.get_attribute("data-step") == number:
            break


def test_a_diagram_is_not_wider_than_its_cell(notebook: Page) -> None:
    notebook.set_viewport_size({"width": 800, "height": 900})
    image = notebook.locator(".vfslab-picture img")
    image.scroll_into_view_if_needed()
    widths = image.evaluate(
        "i => [i.naturalWidth, i.offsetWidth, i.closest('.jp-OutputArea-output').clientWidth]"
    )
    assert widths[0] > widths[1], "it is a picture, and has been made to fit"
    assert widths[1] <= widths[2]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_screenshots_in_both_themes(
    notebook: Page, width: int, dark: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pictures for people, in $VFSLAB_SCREENSHOTS or a temporary folder; what can be measured is asserted."""
    folder = os.environ.get("VFSLAB_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots")
    notebook.set_viewport_size({"width": width, "height": 900})
    lab.set_theme(notebook, dark)
    lab.toggle_files(notebook)
    for which, name in enumerate(["copy", "propagation", "sixty"]):
        stepper = notebook.locator(".vfslab-stepper").nth(which)
        stepper.focus()
        notebook.keyboard.press("Home")
        for _ in range(24):
            notebook.keyboard.press("ArrowRight")
        stepper.scroll_into_view_if_needed()
        path = Path(folder) / f"{name}-{width}-{'dark' if dark else 'light'}.png"
        stepper.screenshot(path=path, animations="disabled")
        assert stepper.evaluate(check("hardToRead")) == []
    lab.toggle_files(notebook)
    lab.set_theme(notebook, dark=False)


def test_nothing_beyond_the_server_was_asked_for_and_no_script_failed(
    stepper: Locator, asked: list[str]
) -> None:
    assert asked == []


# --- without a kernel


@pytest.fixture
def saved(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    lab.open_notebook(page, address, request.param)
    yield page
    page.close()


@pytest.mark.parametrize("saved", ["trusted.ipynb"], indirect=True)
def test_a_saved_notebook_steps_before_a_cell_is_run(saved: Page) -> None:
    stepper = saved.locator(".vfslab-stepper")
    stepper.get_by_role("button", name="Next", exact=True).click()
    at(stepper, 1)
    saved.keyboard.press("End")
    at(stepper, LAST)
    assert stepper.evaluate(check("clipped")) == []


@pytest.mark.parametrize("saved", ["untrusted.ipynb"], indirect=True)
def test_a_notebook_that_is_not_trusted_shows_the_first_state(saved: Page) -> None:
    expect(saved.locator(".vf-still img")).to_be_visible()
    expect(saved.locator(".vf-still pre")).to_contain_text(
        f"{data()['title']}: {len(data()['frames']) - 1} steps"
    )
    expect(saved.locator(".vfslab-stepper")).to_have_count(0)


# --- exported pages


@pytest.fixture(scope="module")
def exported(folder: Path) -> Path:
    """The notebook as nbconvert exports it, with the one setting that puts pages before widgets."""
    priority = ["text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"]
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "html",
        "--execute",
        "x.ipynb",
        "--output",
        "out.html",
    ]
    command.append(f"--NbConvertBase.display_data_priority={priority}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "out.html"


@pytest.fixture
def offline(browser: Browser, exported: Path) -> Iterator[Page]:
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(exported.as_uri(), wait_until="domcontentloaded")
    yield page
    context.close()


def test_an_exported_page_steps_with_the_network_off(offline: Page) -> None:
    stepper = offline.locator(".vfslab-stepper").first
    at(stepper, 0)
    stepper.get_by_role("button", name="Next", exact=True).click()
    at(stepper, 1)
    stepper.focus()
    offline.keyboard.press("End")
    at(stepper, LAST)
    assert drawn(stepper) == expected(len(data()["frames"]) - 1)
    assert offline.locator(".vfslab-stepper").count() == 4
    assert stepper.evaluate(check("clipped")) == []


def test_without_scripts_the_first_state_and_the_steps_are_shown(browser: Browser, exported: Path) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(exported.as_uri(), wait_until="domcontentloaded")
    still = page.locator(".vf-still").first
    expect(still.locator("img")).to_be_visible()
    expect(still.locator("pre")).to_contain_text(f"{data()['title']}: {len(data()['frames']) - 1} steps")
    context.close()


def test_a_mount_that_is_clicked_is_followed(stepper: Locator) -> None:
    stepper.page.keyboard.press("End")
    stepper.locator(":scope > .vf-stage .mount:not(.absent)").last.click()
    known = stepper.locator(".vf-known")
    expect(known).to_contain_text("tmpfs")
    changes = stepper.locator(".vf-changes button")
    first = changes.first.text_content()
    assert first is not None
    changes.first.click()
    at(stepper, int(first))
    stepper.get_by_label("Follow through the steps").select_option("")
    expect(known).to_be_hidden()


def test_the_step_that_breaks_a_rule_is_jumped_to_and_told(browser: Browser, tmp_path: Path) -> None:
    timeline = test_locks.found()
    path = tmp_path / "broken.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{Stepper(timeline).html()}", encoding="utf-8")
    page = browser.new_page(offline=True)
    page.goto(path.as_uri())
    shown = page.locator(".vfslab-stepper")
    (number,) = (frame.index for frame in timeline if frame.breaks)
    says = shown.locator(".vf-broken[role=status]")
    expect(says).to_have_text("No rule is broken so far.")
    shown.get_by_role("button", name="Next event").click()
    expect(shown).to_have_attribute("data-step", str(number))
    expect(says).to_have_text(f"Rule broken: {timeline[number].breaks}")
    assert shown.evaluate(check("tooWide")) == []
    page.close()


def test_zoom(stepper: Locator) -> None:
    drawing = stepper.locator(":scope > .vf-stage > svg")
    before = drawing.bounding_box()
    stepper.get_by_role("button", name="Larger").click()
    after = drawing.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"]
    stepper.get_by_role("button", name="Smaller").click()
    assert drawing.bounding_box() == before


def test_the_source_is_at_the_line_of_the_step(stepper: Locator) -> None:
    cloned = next(row["number"] for row in data()["frames"] if row["function"] == "clone_mnt")
    for _ in range(cloned):
        stepper.page.keyboard.press("ArrowRight")
    at(stepper, cloned)
    stepper.get_by_text("Source", exact=True).click()
    expect(stepper.locator(".vf-source .vf-line")).to_contain_text("yield Step(")
    stepper.get_by_text("Source", exact=True).click()
