"""Inside a browser there is no process, no C library and no matplotlib: the lessons must not need them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

import notebook_tools

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow

# vfslab's own imports are refused; what IPython and the widgets import is Pyodide's business.
REFUSING = """
import builtins, os, sys
import ipywidgets, anywidget
REFUSED = {"subprocess", "ctypes", "multiprocessing", "pty", "matplotlib", "graphviz"}
imported = builtins.__import__
def refuse(name, globals=None, *rest, **more):
    asking = (globals or {}).get("__name__", "")
    if asking.partition(".")[0] == "vfslab" and name.partition(".")[0] in REFUSED:
        raise ImportError(f"{asking} imports {name}", name=name)
    return imported(name, globals, *rest, **more)
def watch(event, args):
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"):
        raise RuntimeError(f"{event}: there are no processes")
builtins.__import__ = refuse
sys.addaudithook(watch)
"""
VIEWS = """
from vfslab import Model, Playground, Session, Stepper, lock_plot, show
import vfslab.views.magic
session = Session(Model(recording=True))
list(session.run_transcript("sh1# mkdir /mnt\\nsh1# mount -t tmpfs disk /mnt"))
snapshot = session.snapshot()
timeline = session.machine.timelines[-1]
for made in (show(snapshot), Stepper(timeline), lock_plot(timeline)):
    bundle = made._repr_mimebundle_()
    words = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    assert "No picture" in words or "No picture" in str(made.data), words
Playground()._repr_mimebundle_()
"""


def lesson_imports() -> str:
    """The import statements of all lessons."""
    found = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in notebook_tools.read(path).cells:
            if cell.cell_type == "code":
                tree = ast.parse(TransformerManager().transform_cell(cell.source))
                found |= {
                    ast.unparse(node)
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                }
    return "\n".join(sorted(found))


@pytest.mark.parametrize("code", [lesson_imports(), VIEWS], ids=["imports of the lessons", "views"])
def test_no_process_and_no_package_is_needed(code: str) -> None:
    command = [sys.executable, "-c", REFUSING + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import vfslab.oracle.vm", "vfslab.oracle.vm imports subprocess"),
        ("import os; os.fork()", "there are no processes"),
    ],
)
def test_the_refusal_refuses(code: str, says: str) -> None:
    command = [sys.executable, "-c", REFUSING + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert says in done.stderr
