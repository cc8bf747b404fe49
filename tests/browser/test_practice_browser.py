"""Practice in a real JupyterLab: a cell and the panel, answered right and wrong, kept, taken home, loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab
from vfslab.exercises import Answers, Verdict
from vfslab.practice import practice

pytestmark = [pytest.mark.browser, pytest.mark.dot, pytest.mark.slow]
lab.skip_without_playwright()

from playwright.sync_api import Browser, Locator, Page, expect  # noqa: E402 (where it is there)

QUESTION = practice("next state", 7)
WRONG = next(iter(QUESTION.traps()))
CELLS = [
    "from vfslab.practice import Answers, Panel, practice\nanswers = Answers()\n"
    "question = practice('next state', seed=7, answers=answers)",
    f"question.check({QUESTION.reference!r})",
    f"question.check({WRONG.answer!r})",
    "answers",
    "Panel()",
]


@pytest.fixture(scope="module")
def notebook(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with lab.notebook(browser, tmp_path_factory.mktemp("lab"), CELLS, ".vf-practice") as page:
        yield page


@pytest.fixture
def panel(notebook: Page) -> Locator:
    """The panel, at the question that the cells ask."""
    found = notebook.locator(".vf-practice")
    for kind, words in (("types", "Which types stand in"), ("next state", "At which places do")):
        found.get_by_label("Kind of question").select_option(kind)
        expect(found.get_by_label("Question", exact=True)).to_contain_text(words)
    found.get_by_label("Seed").fill("7")
    found.get_by_label("Seed").press("Enter")
    expect(found.get_by_label("Question", exact=True)).to_have_text(QUESTION.question)
    return found


def outputs(notebook: Page, number: int) -> Locator:
    return notebook.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def test_a_cell_is_answered_right_and_wrong(notebook: Page) -> None:
    expect(outputs(notebook, 1)).to_contain_text("next state:1:7: right.")
    expect(outputs(notebook, 2)).to_contain_text(WRONG.words)


def test_the_link_of_a_cell_saves_the_answers(notebook: Page, tmp_path: Path) -> None:
    with notebook.expect_download() as caught:
        outputs(notebook, 3).get_by_text("Download 2 answers").click()
    caught.value.save_as(tmp_path / "home.json")
    answers = Answers(tmp_path / "home.json")
    assert [record.right for record in answers] == [True, False]


def test_the_panel_is_answered_wrong_and_right(panel: Locator) -> None:
    answer, verdict = panel.get_by_label("Answer", exact=True), panel.get_by_role("status")
    answer.fill(WRONG.answer)
    answer.press("Enter")
    expect(verdict).to_contain_text(WRONG.words)
    answer.fill(QUESTION.reference)
    panel.get_by_role("button", name="Check").click()
    expect(verdict).to_contain_text("right.")
    expect(panel.locator(".vf-head")).to_contain_text("1 answered right")
    panel.get_by_role("button", name="Hint").click()
    expect(verdict).to_contain_text("no answer yet.")


def test_what_is_typed_is_text(panel: Locator) -> None:
    panel.get_by_label("Answer", exact=True).fill("\"><img src=x onerror='document.title=1'>")
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_role("status")).to_contain_text("is no place such as")
    assert panel.locator("img[src=x]").count() == 0


def test_another_question(panel: Locator) -> None:
    panel.get_by_role("button", name="Next question").click()
    expect(panel.get_by_label("Seed")).to_have_value("8")
    expect(panel.get_by_label("Question", exact=True)).not_to_have_text(QUESTION.question)
    panel.get_by_label("Kind of question").select_option("repair")
    expect(panel.get_by_label("Answer", exact=True)).to_have_value(practice("repair", 0).start)
    panel.get_by_label("Answer", exact=True).fill(practice("repair", 0).reference)
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_role("status")).to_contain_text("right.")


def test_a_seed_that_is_none(panel: Locator) -> None:
    panel.get_by_label("Seed").fill("seven")
    panel.get_by_label("Seed").press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("a seed is a whole number")


def test_answers_are_taken_home_and_loaded(panel: Locator, notebook: Page, tmp_path: Path) -> None:
    panel.get_by_label("Answer", exact=True).fill(QUESTION.reference)
    panel.get_by_role("button", name="Check").click()
    expect(panel.get_by_role("status")).to_contain_text("right.")
    with notebook.expect_download() as caught:
        panel.get_by_text("Download the answers").click()
    caught.value.save_as(tmp_path / "home.json")
    home = Answers(tmp_path / "home.json")
    assert QUESTION.key in home.right
    home.add("command:1:0", "x", Verdict(True, "right"))
    field = panel.get_by_label("A file of answers to be loaded")
    field.set_input_files(tmp_path / "home.json")
    expect(panel.get_by_role("alert")).to_contain_text("1 answer is new.")
    (tmp_path / "foreign.json").write_text(json.dumps({"cells": []}))
    field.set_input_files(tmp_path / "foreign.json")
    expect(panel.get_by_role("alert")).to_contain_text("is no file of answers")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_no_accessibility_fault_and_nothing_wider_than_its_place(
    notebook: Page, panel: Locator, dark: bool, width: int
) -> None:
    with lab.looking(notebook, width, dark):
        panel.get_by_role("button", name="Hint").click()
        expect(panel.get_by_role("status")).to_contain_text("no answer yet.")
        assert lab.faults(notebook, ".vf-practice") == []
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
