"""Exercises: reference answers pass, no answer and rubbish get words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vfslab.exercises import Exercise, check, exercises, one_of

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
each = pytest.mark.parametrize("exercise", exercises().values(), ids=lambda exercise: exercise.key)


@pytest.mark.slow
@each
def test_its_reference_is_right(exercise: Exercise) -> None:
    verdict = check(exercise.key, exercise.reference)
    assert verdict.right, verdict.words


SOME = [..., "rubbish"]
MORE = [None, "", -1, 2.5, []]


@each
@pytest.mark.parametrize(
    "answer", [*SOME, *(pytest.param(answer, marks=pytest.mark.slow) for answer in MORE)], ids=str
)
def test_no_answer_and_rubbish_get_words(exercise: Exercise, answer: object) -> None:
    if type(answer) is type(exercise.reference) and answer == exercise.reference:
        pytest.skip("it is the answer")
    verdict = check(exercise.key, answer)
    assert not verdict.right
    assert len(verdict.words) > len(exercise.key) + 12


@each
def test_its_notebook_asks_it(exercise: Exercise) -> None:
    number = exercise.key.partition(".")[0]
    (path,) = NOTEBOOKS.glob(f"{number}-*.ipynb")
    cells = json.loads(path.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert any(f'check("{exercise.key}"' in source for source in code)
    assert any(exercise.question in text for text in words)


def test_what_is_no_exercise() -> None:
    with pytest.raises(ValueError, match="no exercise"):
        check("99.9")


def test_a_question_with_one_answer() -> None:
    judge = one_of(3, (4, "one too many."), otherwise="count again.")
    assert [judge(answer) for answer in (3, 4, 5, True)] == [
        None,
        "one too many.",
        "count again.",
        "count again.",
    ]
