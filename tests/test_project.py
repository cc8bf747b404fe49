"""The project's files agree with each other, and every module imports only what its place allows."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import notebook_tools

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_LINES: list[str] = ENVIRONMENT["dependencies"]


def extra(name: str) -> dict[str, SpecifierSet]:
    """The requirements of an extra of pyproject.toml: name -> versions."""
    requirements = map(Requirement, PROJECT["optional-dependencies"][name])
    return {requirement.name: requirement.specifier for requirement in requirements}


# Dependencies: pyproject.toml, environment.yml and the imports made.

CONDA_NAMES = {"graphviz": "python-graphviz", "matplotlib": "matplotlib-base"}
ONLY_ON_PYPI = {"graphviz-pure"}  # conda-forge's graphviz is the program, as graphviz-pure is here
ONLY_ON_CONDA = {"python", "pip", "graphviz"}

# Packages whose import name is not their own, and packages that others bring along.
DISTRIBUTIONS = {
    "IPython": "ipykernel",
    "jupyter_server": "jupyterlab",
    "tornado": "jupyterlab",
    "traitlets": "ipywidgets",
    "yaml": "pyyaml",
}
IN_PYODIDE = {"js", "pyodide", "pyodide_js"}  # its own modules; no package of them is installed
NOT_IMPORTED = {
    "graphviz-pure",  # a program
    "ipykernel",  # a program
    "jupyterlab",  # a program
    "matplotlib",  # for the reader's own plots
}


def test_conda_installs_what_pip_installs() -> None:
    conda = {
        requirement.name: requirement.specifier
        for requirement in map(Requirement, (re.sub("^python=", "python==", line) for line in CONDA_LINES))
        if requirement.name not in ONLY_ON_CONDA
    }
    pip = {
        CONDA_NAMES.get(name, name): versions
        for name, versions in extra("lab").items()
        if name not in ONLY_ON_PYPI
    }
    assert conda == pip


def test_conda_takes_everything_from_conda_forge() -> None:
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert all(isinstance(line, str) for line in CONDA_LINES), "a pip: section"
    assert {re.split("[=<>]", line)[0] for line in CONDA_LINES} >= ONLY_ON_CONDA


def test_conda_names_a_python_that_the_package_accepts() -> None:
    (python,) = (line for line in CONDA_LINES if line.startswith("python="))
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_the_core_depends_on_nothing() -> None:
    assert PROJECT["dependencies"] == []


# Imports.

# A part imports from its own line and from the lines before it; "" is what `import vfslab` offers.
PARTS = [
    {"kernel"},
    {"mountinfo", "patched", "whole"},
    {"snapshot", "snapshot_diff", "snapshot_json", "snapshot_normal", "snapshot_text"},
    {"take"},
    {"load"},
    {"invariants"},
    {"drive"},
    {"boxes", "staged"},
    {"mechanism"},
    {"blocks"},
    {"lockstep"},
    {"calls"},
    {"spell"},
    {"machine"},
    {"model"},
    {"suppose"},
    {"consequences"},
    {"shell"},
    {"scenario", "smallest", "spread", "why"},
    {"oracle"},
    {"presets"},
    {"play"},
    {"views"},
    {"changelog"},
    {"exercises", "page"},
    {"practice"},
    {""},
    {"cli_input"},
    {"cli_check", "cli_fixes", "cli_page", "cli_why"},
    {"cli"},
    {"__main__"},
]
SOURCES = sorted((ROOT / "vfslab").rglob("*.py"))
TEST_SOURCES = sorted((ROOT / "tests").rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """The part of vfslab that a module belongs to; "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


@cache
def imports(path: Path) -> frozenset[str]:
    """The absolute names of the modules that the file at ``path`` imports, at its top or when first used."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8")), package))


def _imports(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = importlib.util.resolve_name("." * level + (module or ""), package)
            for alias in aliases:
                inner = ROOT.joinpath(*base.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                yield f"{base}.{alias.name}" if is_module else base
        case ast.If(test=ast.Name("TYPE_CHECKING")):
            return  # only annotations, never run
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, package)


def foreign(modules: frozenset[str]) -> set[str]:
    """The top-level packages among ``modules`` that are neither Python's nor vfslab's."""
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"vfslab"} - IN_PYODIDE


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os, graphviz.backend", {"os", "graphviz.backend"}),
        ("def draw():\n    import graphviz", {"graphviz"}),
        ("from vfslab.machine import Answer", {"vfslab.machine"}),
        ("from ..kernel import flags", {"vfslab.kernel.flags"}),
        ("from ..kernel.flags import MS_BIND", {"vfslab.kernel.flags"}),
        ("from . import engine", {"vfslab.views.engine"}),
        ("if TYPE_CHECKING:\n    import IPython", set()),
    ],
)
def test_every_way_to_import_is_seen(source: str, expected: set[str]) -> None:
    assert set(_imports(ast.parse(source), "vfslab.views")) == expected


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_one_way(path: Path) -> None:
    own = part(module_name(path))
    lines = [number for number, parts in enumerate(PARTS) if own in parts]
    assert lines, f"give {own} its place in PARTS"
    used = {part(name) for name in imports(path) if name.partition(".")[0] == "vfslab"}
    assert used <= set().union(*PARTS[: lines[0] + 1])


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_only_views_import_packages(path: Path) -> None:
    allowed = extra("lab").keys() if part(module_name(path)) == "views" else set()
    assert {DISTRIBUTIONS.get(name, name) for name in foreign(imports(path))} <= allowed


@pytest.mark.parametrize("module", ["vfslab", "vfslab.cli", "vfslab.views"])
def test_packages_are_imported_when_first_used(module: str) -> None:
    code = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert foreign(frozenset(loaded.split())) == set()


def test_tests_import_only_what_the_extras_name() -> None:
    own = {path.stem for path in TEST_SOURCES} | {"tests", "benchmarks"}
    used = set().union(*(foreign(imports(path)) for path in TEST_SOURCES)) - own
    named = extra("lab") | extra("test") | extra("cluster") | extra("browser")
    assert {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in used} <= named.keys()


def test_every_package_of_the_lab_is_used() -> None:
    used = set().union(*(foreign(imports(path)) for path in SOURCES))
    assert {DISTRIBUTIONS.get(name, name) for name in used} >= extra("lab").keys() - NOT_IMPORTED


def test_notebooks_import_only_what_the_lab_installs() -> None:
    cells = [
        cell.source
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in notebook_tools.read(path).cells
        if cell.cell_type == "code"
    ]
    trees = [ast.parse(TransformerManager().transform_cell(source)) for source in cells]
    used = foreign(frozenset(name for tree in trees for name in _imports(tree, "")))
    assert {DISTRIBUTIONS.get(name, name) for name in used} <= extra("lab").keys()


# Binder.

BINDER = ROOT / "binder"


def test_binder_installs_the_extra_and_nothing_else() -> None:
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if not line.startswith("#")]
    assert sorted(named) == sorted(PROJECT["optional-dependencies"]["lab"])


def test_binder_has_no_file_that_asks_for_more() -> None:
    # apt.txt, start, environment.yml and others: each would make the image larger or the start slower.
    assert sorted(path.name for path in BINDER.iterdir()) == ["postBuild", "requirements.txt", "runtime.txt"]


def test_binder_names_a_python_that_the_package_accepts() -> None:
    runtime = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip()
    assert runtime.removeprefix("python-") in SpecifierSet(PROJECT["requires-python"])
    assert f"python={runtime.removeprefix('python-')}" in CONDA_LINES


def test_what_the_base_image_has_is_left_as_it_is() -> None:
    # A floor above it would install Jupyter twice: once in the base image, once on top of it.
    repo2docker = pytest.importorskip("repo2docker")
    runtime = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip()
    conda = Path(repo2docker.__file__).parent / "buildpacks" / "conda"
    base = (conda / f"environment.py-{runtime.removeprefix('python-')}-linux-64.lock").read_text()
    has = dict(re.findall(r"/([a-z_]+)-([0-9][0-9.]*)-[^/]*\.conda#", base))
    assert {name for name, versions in extra("lab").items() if name in has and has[name] in versions} == {
        "ipykernel",
        "ipywidgets",
        "jupyterlab",
    }
    assert not {name for name, versions in extra("lab").items() if name in has and has[name] not in versions}


@pytest.fixture(scope="module")
def build_plan() -> str:
    """What repo2docker would do with this repository: its log, then the Dockerfile."""
    if importlib.util.find_spec("repo2docker") is None:
        pytest.skip("jupyter-repo2docker is missing")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr + re.sub(r" --chown=\S+", "", done.stdout)  # the ids of who runs this


# The steps of the Dockerfile that are ours, in their order. What is installed comes before the repository is
# copied, so that it is a layer that a change of the code leaves as it is.
PLAN = [
    "Building conda environment for python=3.12",
    "COPY src/binder/requirements.txt ${REPO_DIR}/binder/requirements.txt",
    "USER ${NB_USER}",
    '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
    "USER root",
    "COPY src/ ${REPO_DIR}/",
    "USER ${NB_USER}",
    "RUN chmod +x binder/postBuild",
    "RUN ./binder/postBuild",
]


def test_binders_build_plan(build_plan: str) -> None:
    place = 0
    for step in PLAN:
        place = build_plan.find(step, place)
        assert place >= 0, step
        place += len(step)
    assert "USER" not in build_plan[place:], "postBuild and what is started are not root's"


@pytest.mark.parametrize(
    "unwanted",
    [
        "environment.yml",
        "pip install --no-cache-dir .",
        "apt.txt",
        "requirements3.txt",
        "unspecified",
        "src/pyproject",
    ],
)
def test_binder_takes_no_other_file(build_plan: str, unwanted: str) -> None:
    assert unwanted not in build_plan


def test_post_build_stops_where_something_fails() -> None:
    script = BINDER / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


@pytest.mark.slow
def test_post_build_prepares_what_a_reader_would_wait_for(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "bin").mkdir()
    # pip's part would change the environment of these tests; what it was asked for is kept.
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = pip ] && exec echo "$@"\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    shutil.copytree(ROOT / "binder", tmp_path / "kit" / "binder")
    shutil.copytree(
        ROOT / "vfslab", tmp_path / "kit" / "vfslab", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "notebooks", tmp_path / "kit" / "notebooks")
    path = os.pathsep.join([str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["./binder/postBuild"],
        cwd=tmp_path / "kit",
        env={"PATH": path, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "-m pip install --no-cache-dir --no-deps -e ." in done.stdout
    assert list(home.glob(".cache/matplotlib/fontlist-*.json"))
    assert list(tmp_path.glob("kit/vfslab/kernel/__pycache__/namespace*.pyc"))
    assert done.stdout.count("Signing notebook") == len(list((ROOT / "notebooks").glob("*.ipynb")))


# What the repository holds.


@cache
def repository_files() -> list[Path]:
    """What git tracks or would add: every file that a commit could hold."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git work tree")
    # As CI may run as another user than the one who cloned, git is told to trust the folder.
    git = ["git", "-c", "safe.directory=*"]
    command = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()]


def holders(word: str) -> list[Path]:
    """The files of the repository that contain ``word``."""
    return [path.relative_to(ROOT) for path in repository_files() if word.encode() in path.read_bytes()]


# In pieces, or this file would hold them.
REGISTRIES = [
    ".".join(labels)
    for labels in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("anaconda", "org"),
    ]
]


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_registry(host: str) -> None:
    assert holders(host) == []


FOLDERS = [ROOT, ROOT.parent / "shared", ROOT.parent / ".library", Path(sys.base_prefix)]


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_no_file_names_a_folder_of_this_machine(folder: Path) -> None:
    if len(folder.parts) < 3:
        pytest.skip(f"{folder} is any machine's")
    assert holders(f"{folder}/") == []


def test_no_lock_file_is_committed() -> None:
    # They record the address of the registry that they were made from.
    lock = re.compile(r".*\.lock|pylock(\..*)?\.toml|package-lock\.json|conda-lock\.ya?ml")
    assert [path for path in repository_files() if lock.fullmatch(path.name)] == []


def test_the_readme_points_only_at_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
