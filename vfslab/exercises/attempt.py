"""Answers that are shell lines: run on the model behind what has happened so far.

What a good outcome is, is for the exercises to say.
"""

from __future__ import annotations

from typing import NamedTuple

from vfslab.model import Model
from vfslab.shell.session import Session


class Attempt(NamedTuple):
    """A model in which the lines were run, and what went wrong with them, "" where nothing did."""

    model: Model
    wrong: str


def lines(answer: object) -> str:
    """The answer as a transcript. Raises TypeError or ValueError for what has no lines of text."""
    if not isinstance(answer, str):
        raise TypeError("lines of the shell are wanted, as one text")
    if not answer.strip():
        raise ValueError("there is no line in it")
    return "".join(f"{line.strip()}\n" for line in answer.splitlines() if line.strip())


def attempt(release: str, before: str, answer: object, after: str = "") -> Attempt:
    """Run ``before``, the lines of the answer and ``after``; stop at a line of the answer that fails.

    Raises TypeError or ValueError for what is no text of shell lines.
    """
    model = Model(release)
    session = Session(model)
    session.run_transcript(before)
    for result in session.run_transcript(lines(answer)):
        if result.status:
            return Attempt(model, f"`{result.command}` fails: {result.stderr.strip().splitlines()[0]}.")
    session.run_transcript(after)
    return Attempt(model, "")
