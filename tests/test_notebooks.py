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
    "11-numbers-that-do-not-fit.ipynb": 0,
    "12-what-a-value-promises.ipynb": 0,
    "13-who-waits-for-whom.ipynb": 0,
    "14-publish-then-look.ipynb": 0,
    "15-counting-the-cost.ipynb": 0,
    "16-names-owners-scopes.ipynb": 0,
    "17-twenty-thousand-edits.ipynb": 0,
    "18-words-and-tests.ipynb": 0,
    "19-playground.ipynb": 0,
    "20-practice.ipynb": 0,
}

# What code makes true, and a notebook's first cell then says, of real kernels; the first that is found.
KERNELS = [
    (
        r"^%%mnt --check|\bPlayground\(",
        "*This notebook can ask the kernel of your machine. Where that is not allowed, as on Binder, "
        "the answer says why.*",
    ),
    (
        r"\b(evidence|facts|measured)\(",
        "*What real kernels say here was recorded on them; the kernel of your machine is not asked.*",
    ),
    ("", "*Here the model runs alone; the kernel of your machine is not asked.*"),
]

# What IPython adds to Python and a lesson may use.
MAGICS = {"%%mnt", "%load_ext"}

# What tells in whose folders or in which process an output was made.
MACHINE = re.compile(rf"site-packages|/ipykernel_\d|\b0x[0-9a-f]{{6,}}|{re.escape(str(ROOT))}\b")


@pytest.fixture(params=EXEMPT)
def path(request: pytest.FixtureRequest) -> Path:
    return FOLDER / request.param


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    return notebook_tools.read(path)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def words(value: object) -> Iterator[str]:
    """Every string in a structure of dicts and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from words(item)
    elif isinstance(value, list):
        for item in value:
            yield from words(item)


def magics(source: str) -> list[str]:
    """What a cell asks of IPython beyond Python: "%name", "%%name", "!" for a program of the machine."""
    found = []
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name("get_ipython")), attr=method), args=args
            ):
                name = args[0].value if isinstance(args[0], ast.Constant) else "?"
                prefix = {"run_line_magic": f"%{name}", "run_cell_magic": f"%%{name}"}
                found.append(prefix.get(method, "!"))
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("mount = 1\nmount % 2", []),
        ("'!ls'", []),
        ("%%mnt\nsh1# mount --bind a b\nsh2# ls !", ["%%mnt"]),
        ("%load_ext vfslab", ["%load_ext"]),
        ("if True:\n    %cd /", ["%cd"]),
        ("took = %timeit -o pass", ["%timeit"]),
        ("!mount", ["!"]),
        ("out = !mount", ["!"]),
        ("!!mount", ["!"]),
        ("%%bash\nmount", ["%%bash"]),
        ("print?", ["%pinfo"]),
    ],
)
def test_magics_are_seen_wherever_ipython_sees_them(source: str, expected: list[str]) -> None:
    assert magics(source) == expected


def test_the_table_names_every_notebook() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.ipynb")) == sorted(EXEMPT)


def test_no_cell_asks_the_machine_instead_of_vfslab(notebook: NotebookNode) -> None:
    assert {name for cell in code_cells(notebook) for name in magics(cell.source)} <= MAGICS


def test_the_first_cell_says_where_kernels_answers_come_from(notebook: NotebookNode) -> None:
    code = "\n".join(cell.source for cell in code_cells(notebook))
    expected = next(word for pattern, word in KERNELS if re.search(pattern, code, re.MULTILINE))
    assert [word for _, word in KERNELS if word in notebook.cells[0].source] == [expected]


def test_every_cell_ran_once_in_order(notebook: NotebookNode) -> None:
    # nbval does not compare a cell whose count is missing.
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_exempt_cells_are_counted(path: Path, notebook: NotebookNode) -> None:
    exempt = [cell for cell in code_cells(notebook) if notebook_tools.tags(cell) & notebook_tools.EXEMPT]
    assert len(exempt) == EXEMPT[path.name]


def test_every_tag_by_which_nbval_exempts_is_counted() -> None:
    assert metadata_tags.keys() - {"nbval-check-output"} == notebook_tools.EXEMPT


def test_exemptions_are_tags_not_comments(notebook: NotebookNode) -> None:
    # nbval also reads comments, which no count would see.
    assert not [
        line
        for cell in code_cells(notebook)
        for line in cell.source.splitlines()
        if line.lstrip(" #").strip() in comment_markers
    ]


def test_errors_are_meant(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        if any(output.output_type == "error" for output in cell.outputs):
            assert "raises-exception" in notebook_tools.tags(cell), cell.source


def test_no_output_shows_the_machine_it_was_made_on(notebook: NotebookNode) -> None:
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not [match.group() for word in words(outputs) for match in MACHINE.finditer(word)]


def test_committed_form_is_the_normal_form(path: Path, notebook: NotebookNode) -> None:
    committed = path.read_text(encoding="utf-8")
    assert committed == notebook_tools.text(notebook_tools.normalise(notebook)), "run `make notebooks`"


def executed(tmp_path: Path, *cells: tuple[str, list[str]]) -> Path:
    """A notebook of code cells with tags, with what front ends add, executed and saved in its normal form."""
    path = tmp_path / "lesson.ipynb"
    notebook = new_notebook(
        cells=[
            new_code_cell(source, metadata={"tags": tags, "collapsed": False}, execution_count=7)
            for source, tags in cells
        ],
        metadata={"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3.5"}},
    )
    path.write_text(notebook_tools.text(notebook), encoding="utf-8")
    assert notebook_tools.main([str(path)]) == 0
    return path


@pytest.mark.slow
def test_two_executions_give_the_same_bytes(tmp_path: Path) -> None:
    path = executed(
        tmp_path,
        ("import os\nfor i in range(3):\n    print(i, flush=True)", []),
        ("import ipywidgets\nipywidgets.HTML('<b>x</b>')", []),
        ("os.getpid()", ["nbval-ignore-output"]),
    )
    first = path.read_text(encoding="utf-8")
    assert notebook_tools.main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == first
    assert notebook_tools.main(["--check", str(path)]) == 0

    cells = notebook_tools.read(path).cells
    assert [cell.id for cell in cells] == ["cell-01", "cell-02", "cell-03"]
    assert [cell.execution_count for cell in cells] == [1, 2, 3]
    assert cells[0].outputs[0].text == "0\n1\n2\n"
    assert list(cells[1].outputs[0].data) == ["text/plain"]
    assert cells[2].outputs == []


@pytest.mark.slow
def test_check_writes_nothing_and_fails_on_a_stale_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = executed(tmp_path, ("print('now')", []))
    stale = path.read_text(encoding="utf-8").replace('"now\\n"', '"then\\n"')
    path.write_text(stale, encoding="utf-8")
    assert notebook_tools.main(["--check", str(path)]) == 1
    assert path.read_text(encoding="utf-8") == stale
    assert "lesson.ipynb: an execution would change it" in capsys.readouterr().err


@pytest.mark.slow
def test_a_failing_cell_leaves_the_notebook_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = executed(tmp_path, ("pass", []))
    broken = path.read_text(encoding="utf-8").replace('"pass"', '"1 / 0"')
    path.write_text(broken, encoding="utf-8")
    assert notebook_tools.main([str(path)]) == 1
    assert path.read_text(encoding="utf-8") == broken
    assert "ZeroDivisionError" in capsys.readouterr().err
