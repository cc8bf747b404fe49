"""Exported pages opened from disk, with the network off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lab
from vfslab.changelog import fix
from vfslab.page import index, page_of_fix, page_of_transcript

pytestmark = [pytest.mark.browser, pytest.mark.dot, pytest.mark.slow]
lab.skip_without_playwright()

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 (where it is there)
from playwright.sync_api import Browser, Page, expect  # noqa: E402 (where it is there)

TRANSCRIPT = "sh1# mkdir /a\nsh1# mount -t tmpfs A /a\nsh2# unshare -m\nsh1# umount /b\n"
PAGES = {
    "mounts": lambda: page_of_fix(fix("a41dbf5e004e")),
    "boxes": lambda: page_of_fix(fix("ef0b64741a53")),
    "transcript": lambda: page_of_transcript(TRANSCRIPT, "three commands"),
    "index": lambda: index([fix("a41dbf5e004e")], {"05-thrown-out": "Thrown out"}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    for name, page in PAGES.items():
        (made / f"{name}.html").write_text(page(), encoding="utf-8")
    return made


@pytest.fixture(params=[("light", 1280), ("dark", 800)], ids=lambda param: param[0])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that prefers a scheme, has no network, and on which nothing goes wrong."""
    scheme, width = request.param
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield opened
    assert wrong == []
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_accessibility_fault(page: Page, folder: Path, name: str) -> None:
    page.goto(f"file://{folder}/{name}.html")
    faults = Axe().run(page).response["violations"]
    assert [(fault["impact"], fault["help"]) for fault in faults] == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_page(page: Page, folder: Path, name: str) -> None:
    page.goto(f"file://{folder}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", ["mounts", "boxes"])
def test_it_is_stepped(page: Page, folder: Path, name: str) -> None:
    page.goto(f"file://{folder}/{name}.html")
    stepper = page.locator(".vfslab-stepper").first
    stepper.get_by_role("button", name="Next", exact=True).click()
    expect(stepper.locator(".vf-count").first).to_contain_text("step 1 of")
    stepper.focus()
    page.keyboard.press("End")
    expect(stepper.get_by_role("button", name="Next", exact=True)).to_be_disabled()


def test_dark_and_light(page: Page, folder: Path) -> None:
    page.goto(f"file://{folder}/mounts.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.get_by_role("button", name="dark / light").click()
    assert page.evaluate(ground) != before
