"""Answers in a file: kept, taken home, loaded again, merged; and files that hold something else."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfslab.exercises import Answers, Verdict, check
from vfslab.exercises.answers import LONGEST, Record

records = st.lists(st.builds(Record, st.text(), st.text(), st.booleans(), st.text()), max_size=6)


def filled(rows: list[Record]) -> Answers:
    answers = Answers()
    for row in rows:
        answers.add(row.key, row.answer, Verdict(row.right, row.words))
    return answers


@given(records)
def test_what_is_written_is_read_again(rows: list[Record]) -> None:
    answers = filled(rows)
    again = Answers()
    assert again.load_text(answers.to_json()) == len(answers)
    assert [*again] == [*answers] == [*dict.fromkeys(rows)]


@given(records, records)
def test_nothing_is_lost_by_a_merge(one: list[Record], other: list[Record]) -> None:
    answers = filled(one)
    new = answers.load_text(filled(other).to_json())
    assert {*answers} == {*one, *other}
    assert [*answers][: len({*one})] == [*dict.fromkeys(one)]
    assert new == len({*other} - {*one})
    assert answers.load_text(filled(other).to_json()) == 0
    assert answers.right == {row.key for row in [*one, *other] if row.right}
    assert answers.open == {row.key for row in [*one, *other]} - answers.right


@given(records)
def test_the_link_is_the_file(rows: list[Record]) -> None:
    answers = filled(rows)
    found = re.search(r'href="data:application/json;base64,([^"]*)"', answers.link())
    assert found is not None
    assert base64.b64decode(found[1]).decode() == answers.to_json()


def test_a_file_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    answers = Answers(path)
    assert not path.exists()
    assert check("05.1", "setns N CLONE_NEWNS", answers=answers).right
    assert not check("05.1", "true", answers=answers).right
    check("05.1", answers=answers)
    again = Answers(path)
    assert [(record.key, record.answer, record.right) for record in again] == [
        ("05.1", "setns N CLONE_NEWNS", True),
        ("05.1", "true", False),
    ]
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers.json"]


def test_two_notebooks_with_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    one, other = Answers(path), Answers(path)
    one.add("a", "1", Verdict(True, "right"))
    other.add("b", "2", Verdict(False, "wrong"))
    one.add("c", "3", Verdict(True, "right"))
    assert {record.key for record in Answers(path)} == {"a", "b", "c"}


RECORD = '{"key": "a", "answer": "1", "right": true, "words": "w"}'


def text(rows: str, version: object = 1) -> str:
    return f'{{"format": "vfslab answers", "version": {version}, "answers": {rows}}}'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (text(f"[{RECORD}]")[:-9].encode(), "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"[]", "does not say 'vfslab answers'"),
        (b'{"cells": []}', "does not say 'vfslab answers'"),
        (b'"x"', "does not say"),
        (text("[]", 2).encode(), "version 2; version 1 is known here"),
        (text('{"a": 1}').encode(), "no list of answers"),
        (text(f"[{RECORD}, 3]").encode(), "answer 2 does not have just"),
        (text(f'[{RECORD[:-1]}, "more": 1}}]').encode(), "answer 1 does not have just"),
        (text(f"[{RECORD.replace('true', '1')}]").encode(), "answer 1 has a right that is no bool"),
        (text(f"[{RECORD.replace(chr(34) + '1' + chr(34), '1')}]").encode(), "has a answer that is no str"),
    ],
)
def test_a_damaged_or_foreign_file_is_told_and_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)):
        Answers(path)
    mine = filled([Record("a", "1", True, "w")])
    with pytest.raises(ValueError, match=re.escape(words)):
        mine.load(path)
    assert [record.key for record in mine] == ["a"]
    assert path.read_bytes() == content


def test_a_file_that_is_damaged_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    answers = Answers(path)
    answers.add("a", "1", Verdict(True, "right"))
    path.write_text("something of somebody else's")
    with pytest.raises(ValueError, match=r"answers\.json is no file of answers"):
        answers.add("b", "2", Verdict(True, "right"))
    assert path.read_text() == "something of somebody else's"
    assert answers.right == {"a", "b"}


def test_a_relative_path_begins_at_the_folder_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    for folder, path in (("elsewhere", "elsewhere/mine.json"), ("", "mine.json")):
        monkeypatch.setenv("VFSLAB_ANSWERS", folder)
        Answers("mine.json").add("05.1", "x", Verdict(True, "right"))
        assert len(Answers(tmp_path / path)) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Answers().load(tmp_path / "nowhere.json")


class Evil:
    def __repr__(self) -> str:
        raise RuntimeError


def repaired(k: int) -> int:
    return k


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("x" * 10_000, "x" * LONGEST),
        (Evil(), "<Evil>"),
        (repaired, "def repaired(k: int) -> int:\n    return k\n"),
        (eval("lambda: 3"), "<function>"),
        (["a", 1], "['a', 1]"),
        ("\ud800\x00", "\ud800\x00"),
    ],
    ids=["long", "repr raises", "function", "no source", "list", "surrogate"],
)
def test_any_answer_can_be_kept(tmp_path: Path, answer: object, kept: str) -> None:
    answers = Answers(tmp_path / "answers.json")
    answers.add("k", answer, Verdict(False, "w"))
    assert [record.answer for record in Answers(answers.path)] == [kept]


def test_what_is_shown_is_escaped() -> None:
    answers = filled([Record("<script>", "x", True, "w")])
    shown = answers._repr_mimebundle_()
    assert "<script>" not in shown["text/html"]
    assert "1 answered right, 0 still open, 1 answer in all" in shown["text/plain"]
    assert 'download="&quot;&gt;"' in answers.link('">')
    assert json.loads(answers.to_json())["format"] == "vfslab answers"
