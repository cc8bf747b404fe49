"""The committed notebooks keep the rules that give nbval's comparison its meaning; nbval itself runs them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbval.plugin import comment_markers, metadata_tags

import notebook_tools

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"

# How many cells of each notebook nbval does not compare: their answers depend on the machine.
EXEMPT = {
    "00-start-here.ipynb": 2,
    "01-mounts-binds-trees.ipynb": 0,
    "02-peer-groups.ipynb": 0,
    "03-copying-a-namespace.ipynb": 1,
    "04-why-einval.ipynb": 0,
    "05-thrown-out.ipynb": 0,
    "06-one-lock.ipynb": 0,
    "07-the-table-that-does-not-end.ipynb": 0,
    "08-asking-by-descriptor.ipynb": 0,
    "09-small-changes.ipynb": 0,
    "10-what-came-after.ipynb": 0,
    "12-what-a-value-promises.ipynb": 0,
    "16-names-owners-scopes.ipynb": 0,
