"""Executes notebooks and brings them into the one form in which they are committed.

    python tests/notebook_tools.py [--check] NOTEBOOK…

Two executions give the same bytes: what a kernel or a front end adds of its own
(model ids, timestamps, versions, random cell ids) is dropped or numbered. A cell
whose answer depends on the machine carries ``nbval-ignore-output`` and is
committed without output. With ``--check`` nothing is written; the exit status is
1 if an execution would change a notebook.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# What an author says about a cell; "jupyter" holds what is folded away at first.
KEPT_METADATA = ("jupyter", "tags")

# nbval's tags. The output of a cell with one of the first three is not compared, so none is kept.
MACHINE_DEPENDENT = frozenset({"nbval-ignore-output", "nbval-skip", "pytest-validate-ignore-output"})
EXEMPT = MACHINE_DEPENDENT | {"raises-exception", "nbval-raises-exception"}


def tags(cell: NotebookNode) -> frozenset[str]:
    """The tags of a cell."""
    return frozenset(cell.metadata.get("tags", ()))


def read(path: Path) -> NotebookNode:
    """The notebook at ``path``, in format 4. Raises nbformat's errors for what is no notebook."""
    return nbformat.read(path, as_version=4)


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run all cells in ``folder`` with this interpreter's kernel; the outputs go into ``notebook``.

    Raises CellExecutionError for an exception in a cell that is not tagged for it.
    """
    client = NotebookClient(
        notebook,
        kernel_name=KERNELSPEC["name"],
        resources={"metadata": {"path": str(folder)}},
        timeout=120,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    with tempfile.TemporaryDirectory() as answers:
        client.execute(env=os.environ | {"VFSLAB_ANSWERS": answers})
    return notebook


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Bring ``notebook`` into the committed form, in place: only what a reader sees and nbval compares."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNELSPEC))
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        kept = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
        cell.metadata = NotebookNode(kept)
        if cell.cell_type == "code":
            if tags(cell) & MACHINE_DEPENDENT:
                cell.outputs = []
            for output in cell.outputs:
                # Without the kernel that made it a widget is nothing; its twins in text and HTML stay.
                output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def text(notebook: NotebookNode) -> str:
    """The bytes of a committed notebook, as text."""
    return nbformat.writes(notebook) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute and save, or check, the notebooks named; the exit status."""
    parser = argparse.ArgumentParser(description="Execute notebooks and save them in their committed form.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    options = parser.parse_args(arguments)
    status = 0
    for path in options.notebooks:
        before = path.read_text(encoding="utf-8")
        try:
            after = text(normalise(execute(read(path), path.parent)))
        except CellExecutionError as error:
            print(f"{path}: a cell failed\n{error}", file=sys.stderr)
            status = 1
            continue
        if before == after:
            print(f"{path}: as it was")
        elif options.check:
            print(f"{path}: an execution would change it; run `make notebooks`", file=sys.stderr)
            status = 1
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{path}: written")
    return status


if __name__ == "__main__":
    sys.exit(main())
