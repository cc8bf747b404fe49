"""Two timelines in lockstep in a real browser: a page with the network off, and a widget in JupyterLab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import lab
import test_lockstep
import timelines
from vfslab.views.compare import Comparison, compare

pytestmark = [pytest.mark.browser, pytest.mark.dot, pytest.mark.slow]
lab.skip_without_playwright()

from playwright.sync_api import Browser, Locator, Page, expect  # noqa: E402 (where it is there)

CHECKS = Path(__file__).with_name("checks.js").read_text()
CELL = """import test_lockstep
from vfslab.views.compare import compare
compare(test_lockstep.opened("7.0-rc1"), test_lockstep.opened("7.0"), ("7.0-rc1", "7.0"))"""


def shown() -> Comparison:
    return compare(test_lockstep.opened("7.0-rc1"), test_lockstep.opened("7.0"), ("7.0-rc1", "7.0"))


def wrong(name: str) -> str:
    """One of the checks in checks.js, as a function that the page applies to an element."""
    return f"element => ({CHECKS}).{name}(element)"


@contextmanager
def offline(browser: Browser, path: Path, comparison: Comparison) -> Iterator[Page]:
    """A page without a network that shows nothing but the comparison."""
    path.write_text(f"<!doctype html><meta charset='utf-8'>{comparison.html()}", encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    yield page
    context.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with offline(browser, tmp_path / "page.html", shown()) as opened:
        yield opened


def at(stepper: Locator, place: int) -> None:
    """Both sides, the slider and the count are at that place."""
    data = shown().data
    row = data["places"][place]
    expect(stepper).to_have_attribute("data-step", str(row["number"]))
    expect(stepper.get_by_role("slider", name="Place")).to_have_value(str(place))
    expect(stepper.locator(".vf-count").first).to_have_text(f"place {row['number']} of {data['last']}")
    for which, side in enumerate(data["sides"]):
        frame = side["frames"][row["at"][which]]
        panel = stepper.get_by_role("region", name=side["name"], exact=True)
        expect(panel.locator("[aria-live=polite]")).to_have_text(frame["says"])
        expect(panel.locator(".vf-count")).to_have_text(f"step {frame['number']} of {side['last']}")
        held = panel.locator(".vf-lock", has_text="held").locator(".vf-code").all_inner_texts()
        assert held == timelines.held_at(side["locks"], row["at"][which])
        expect(panel.locator(".vf-stage > svg")).to_have_attribute("data-step", str(frame["number"]))


def test_one_hand_moves_both(page: Page) -> None:
    stepper = page.locator(".vfslab-stepper")
    stepper.focus()
    last = len(shown().data["places"]) - 1
    for place in range(1, last + 1):
        page.keyboard.press("ArrowRight")
        at(stepper, place)
    page.keyboard.press("Home")
    stepper.get_by_role("button", name="Next", exact=True).click()
    at(stepper, 1)


def test_the_parting_is_one_key_away_and_told_in_words(page: Page) -> None:
    stepper = page.locator(".vfslab-stepper")
    stepper.focus()
    expect(stepper.get_by_role("status")).to_have_text("")
    page.keyboard.press("PageDown")
    at(stepper, shown().lockstep.parting or -1)
    expect(stepper.get_by_role("status")).to_have_text("▼ Here they part")
    expect(stepper.get_by_role("region", name="7.0-rc1")).to_contain_text("only here")
    expect(stepper.get_by_role("region", name="7.0", exact=True)).to_contain_text("waits")
    expect(stepper.locator(".vf-cell.vf-parts")).to_have_count(1)


def test_every_control_has_a_name(page: Page) -> None:
    for control in page.locator("button, input, select").all():
        assert (control.get_attribute("aria-label") or "").strip()
    assert page.locator("[id^=vf-] , svg [id]").count() == 0, "two drawings of one source share no id"


@pytest.mark.parametrize("width", [1600, 1280, 800, 480])
def test_nothing_is_clipped_and_narrow_pages_stack(page: Page, width: int) -> None:
    """Pictures for people as well, in $VFSLAB_SCREENSHOTS."""
    page.set_viewport_size({"width": width, "height": 900})
    stepper = page.locator(".vfslab-stepper")
    stepper.focus()
    for _ in shown().data["places"]:
        for side in stepper.locator(".vf-side").all():
            assert side.evaluate(wrong("clipped")) == []
        assert stepper.evaluate(wrong("tooWide")) == []
        assert stepper.evaluate(wrong("hardToRead")) == []
        page.keyboard.press("ArrowRight")
    boxes = [side.bounding_box() for side in stepper.locator(".vf-side").all()]
    assert boxes[0] and boxes[1]
    assert (boxes[0]["y"] != boxes[1]["y"]) == (width <= 800)
    if folder := os.environ.get("VFSLAB_SCREENSHOTS"):
        stepper.screenshot(path=Path(folder) / f"compare-{width}.png")


def test_nothing_moves_from_place_to_place(page: Page) -> None:
    stepper = page.locator(".vfslab-stepper")
    stepper.focus()
    height = stepper.bounding_box()
    for _ in shown().data["places"]:
        page.keyboard.press("ArrowRight")
        assert stepper.bounding_box() == height


def test_large_pictures_are_scrolled_together_to_what_is_new(browser: Browser, tmp_path: Path) -> None:
    large = compare(timelines.copy_of_namespace(9), timelines.copy_of_namespace(8))
    with offline(browser, tmp_path / "large.html", large) as page:
        page.locator(".vfslab-stepper").focus()
        page.keyboard.press("PageDown")  # they part: memory for the mount that only one copies
        page.keyboard.press("ArrowRight")
        expect(page.locator(".vf-side .mount.new").first).to_be_in_viewport()
        page.wait_for_function(
            """() => {
              const stages = [...document.querySelectorAll(".vf-side .vf-stage")];
              const [one, other] = stages.map(stage => stage.scrollTop);
              return one > 0 && one === other;
            }"""
        )


def test_a_widget_in_jupyterlab(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    tests = str(Path(test_lockstep.__file__).parent)
    lab.write_notebook(folder / "x.ipynb", f"import sys\nsys.path.insert(0, {tests!r})", CELL)
    asked: list[str] = []
    with lab.server(folder, tmp_path / "state") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        lab.watch(page, address, asked)
        lab.open_notebook(page, address, "x.ipynb")
        lab.run_all(page)
        stepper = page.locator(".vfslab-stepper-widget .vfslab-stepper")
        stepper.wait_for(timeout=lab.WAIT)
        stepper.focus()
        page.keyboard.press("PageDown")
        at(stepper, shown().lockstep.parting or -1)
        page.close()
    assert asked == []
