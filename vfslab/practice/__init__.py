"""Practice: questions without end, each made from a seed by the model, and tried out on it.

``practice`` gives one, ``Panel`` one after the other. The lessons' own exercises are in
``vfslab.exercises``.
"""

from __future__ import annotations

from vfslab.exercises import Answers

from .make import KINDS, practice
from .panel import Panel
from .question import Question, Trap
from .worlds import LEVELS

__all__ = ["KINDS", "LEVELS", "Answers", "Panel", "Question", "Trap", "practice"]
