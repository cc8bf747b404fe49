"""The playground and an exercise in a real JupyterLab: typed, undone, stepped, asked of the kernel."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import lab

pytestmark = [pytest.mark.browser, pytest.mark.dot, pytest.mark.slow]
lab.skip_without_playwright()

from playwright.sync_api import Browser, Locator, Page, expect  # noqa: E402 (where it is there)

CELLS = [
    'from vfslab import Playground\nPlayground("Docker")',
    'from vfslab.exercises import check\ncheck("05.1", ...)',
]
TABLE = "1 0 0:1 / / rw shared:1 - tmpfs root rw\n2 1 0:2 / /a rw - ext4 /dev/sda rw\n"


@pytest.fixture(scope="module")
def notebook(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with lab.notebook(browser, tmp_path_factory.mktemp("lab"), CELLS, ".vf-play-ground") as page:
        yield page


@pytest.fixture
def ground(notebook: Page) -> Locator:
    """The playground, at the start of the Docker preset."""
    found = notebook.locator(".vf-play-ground")
    for start in ("an empty root", "Docker"):
        found.get_by_label("Start").select_option(start)
        expect(found.get_by_label("Start")).to_have_value(start)
        expect(found.locator(".vf-typed")).to_have_count(0)
    return found


def type_in(ground: Locator, shell: str, command: str) -> None:
    prompt = ground.get_by_label(f"Command for {shell}")
    prompt.fill(command)
    prompt.press("Enter")
    expect(prompt).to_have_value("")


def test_what_is_typed_is_done_and_drawn(ground: Locator) -> None:
    type_in(ground, "sh1", "mkdir /home/x")
    type_in(ground, "sh1", "mount -t tmpfs X /home/x")
    expect(ground.locator(".vf-typed")).to_have_count(2)
    expect(ground.locator(".vf-view svg")).to_contain_text("tmpfs X")
    expect(ground.get_by_label("The mounts as text")).to_contain_text("/data/x")


def test_a_refusal_is_explained(ground: Locator) -> None:
    type_in(ground, "sh2", "umount /nope")
    expect(ground.locator(".vf-entry.vf-failed")).to_contain_text("remedy: make nope there first")


def test_half_a_command_is_a_mistake_and_no_entry(ground: Locator) -> None:
    type_in(ground, "sh1", "echo 'half")
    expect(ground.get_by_role("alert")).to_contain_text("never closed")
    expect(ground.locator(".vf-typed")).to_have_count(0)


def test_undo_and_redo(ground: Locator) -> None:
    type_in(ground, "sh1", "mkdir /home/x")
    expect(ground.locator(".vf-typed")).to_have_count(1)
    ground.get_by_role("button", name="Undo", exact=True).click()
    expect(ground.locator(".vf-typed")).to_have_count(0)
    ground.get_by_role("button", name="Redo", exact=True).click()
    expect(ground.locator(".vf-typed")).to_have_count(1)


def test_the_arrow_brings_back_what_was_typed(ground: Locator) -> None:
    type_in(ground, "sh1", "mkdir /home/y")
    prompt = ground.get_by_label("Command for sh1")
    prompt.press("ArrowUp")
    expect(prompt).to_have_value("mkdir /home/y")


def test_what_the_kernel_did_is_stepped(ground: Locator) -> None:
    type_in(ground, "sh2", "unshare -m")
    expect(ground.locator(".vf-typed")).to_have_count(1)
    ground.get_by_role("button", name="What the kernel did").click()
    stepper = ground.locator(".vf-below .vfslab-stepper")
    expect(stepper).to_contain_text("unshare(CLONE_NEWNS)")
    stepper.get_by_role("button", name="Next", exact=True).click()
    expect(stepper.locator(".vf-count")).to_contain_text("step 1 of")


def test_it_is_run_on_this_kernel_or_says_why_not(ground: Locator) -> None:
    type_in(ground, "sh1", "mkdir /home/x")
    ground.get_by_role("button", name="Run it on my kernel").click()
    said = ground.locator(".vf-below [role=status]")
    expect(said).to_contain_text("Linux", timeout=lab.WAIT) if os.geteuid() == 0 else expect(
        said
    ).not_to_be_empty()


def test_a_pasted_table(ground: Locator) -> None:
    ground.get_by_text("Paste a mountinfo").click()
    table, begin = ground.get_by_label("A mountinfo"), ground.get_by_role("button", name="Begin with it")
    table.fill("rubbish")
    begin.click()
    expect(ground.get_by_role("alert")).to_contain_text("expected a mount id")
    table.fill(TABLE)
    begin.click()
    expect(ground.locator(".vf-note").first).to_have_text("2 mounts: 1 tmpfs, 1 ext4; 1 shared, 1 private.")
    ground.get_by_text("Paste a mountinfo").click()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_no_accessibility_fault_and_nothing_wider_than_its_place(
    notebook: Page, ground: Locator, dark: bool, width: int
) -> None:
    with lab.looking(notebook, width, dark):
        type_in(ground, "sh1", "mkdir /home/x")
        assert lab.faults(notebook, ".vf-play-ground") == []
        assert ground.evaluate("ground => ground.scrollWidth <= ground.clientWidth")


def test_an_exercise_without_an_answer_gives_a_hint(notebook: Page) -> None:
    expect(notebook.locator(".jp-OutputArea-output").last).to_contain_text("05.1: no answer yet.")
