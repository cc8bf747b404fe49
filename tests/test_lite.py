"""What lite/build.py makes of Pyodide's lock, of wheels and of outputs; what vfslab says inside a browser."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import timelines
from vfslab.oracle.own import emscripten_table
from vfslab.snapshot import Snapshot
from vfslab.views import engine, wasm
from vfslab.views.plots import lock_plot

_SPEC = importlib.util.spec_from_file_location("lite_build", Path(__file__).parents[1] / "lite" / "build.py")
assert _SPEC
assert _SPEC.loader
build = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(build)


def package(name: str, *depends: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "file_name": f"{name}.whl",
        "sha256": "theirs",
        "depends": [*depends],
    }


LOCK = {
    "info": {"python": "3.14.2"},
    "packages": {
        one["name"]: one
        for one in (package("a", "b_c"), package("b-c", "d"), package("d"), package("e", "a"))
    },
}
ELSEWHERE = "https://example.org/full"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], set()),
        (["d"], {"d"}),
        (["B_C"], {"b-c", "d"}),
        (["a"], {"a", "b-c", "d"}),
        (["e", "d"], {"a", "b-c", "d", "e"}),
    ],
)
def test_closure(names: list[str], found: set[str]) -> None:
    assert build.closure(LOCK["packages"], names) == found


def test_closure_ends_in_a_ring_and_names_what_is_missing() -> None:
    ring = {"a": package("a", "b"), "b": package("b", "a", "gone")}
    with pytest.raises(KeyError, match="gone"):
        build.closure(ring, ["a"])
    assert build.closure(ring | {"gone": package("gone")}, ["a"]) == {"a", "b", "gone"}


def test_rewrite() -> None:
    added = build.entry("f", "2", "f.whl", "ours", ["d"], ["f"])
    made = build.rewrite(LOCK, {"d": ("d-2.whl", "ours")}, [added], ELSEWHERE)
    assert made["info"] == LOCK["info"]
    assert {name: (one["file_name"], one["sha256"]) for name, one in made["packages"].items()} == {
        "a": (f"{ELSEWHERE}/a.whl", "theirs"),
        "b-c": (f"{ELSEWHERE}/b-c.whl", "theirs"),
        "d": ("d-2.whl", "ours"),
        "e": (f"{ELSEWHERE}/e.whl", "theirs"),
        "f": ("f.whl", "ours"),
    }
    assert LOCK["packages"]["d"] == package("d")
    with pytest.raises(KeyError, match="gone"):
        build.rewrite(LOCK, {"gone": ("gone.whl", "ours")}, [], ELSEWHERE)


BROWSER = {"python_version": "3.14", "sys_platform": "emscripten", "os_name": "posix"}


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("psygnal>=0.8", ["psygnal"]),
        ("Typing_Extensions (>=4.2)", ["typing-extensions"]),
        ('colorama; sys_platform == "win32"', []),
        ('pexpect; sys_platform != "win32" and sys_platform != "emscripten"', []),
        ('watchfiles; extra == "dev"', []),
        ('tomli; python_version < "3.11"', []),
        ("widgetsnbextension~=4.0", []),
    ],
)
def test_requirements(line: str, names: list[str]) -> None:
    metadata = f"Metadata-Version: 2.1\nName: x\nRequires-Dist: {line}\n\nRequires-Dist: not this\n"
    assert build.requirements(metadata, BROWSER, build.NOT_IN_A_KERNEL) == names


PLOT = '<img src="data:image/svg+xml;base64,{}">'


def notebook(*outputs: tuple[str, str]) -> dict[str, Any]:
    data = [{"data": {"text/plain": [words], "text/html": [drawn]}} for words, drawn in outputs]
    return {"cells": [{"cell_type": "markdown"}, {"outputs": [*data, {"text": "printed"}]}]}


@pytest.mark.parametrize(
    ("notebooks", "found"),
    [
        ([], {}),
        ([notebook(("words", PLOT.format(1)))], {"words": PLOT.format(1)}),
        ([notebook(("words", PLOT.format(1)))] * 2, {"words": PLOT.format(1)}),
        (
            [notebook(("words", PLOT.format(1)), ("words", PLOT.format(2)), ("more", PLOT.format(3)))],
            {"more": PLOT.format(3)},
        ),
        ([notebook(("words", "<div>no plot</div>"))], {}),
    ],
    ids=["none", "one", "the same twice", "two under the same words", "no plot"],
)
def test_pictures(notebooks: list[dict[str, Any]], found: dict[str, str]) -> None:
    by_digest = {hashlib.sha256(words.encode()).hexdigest(): drawn for words, drawn in found.items()}
    assert build.pictures(notebooks) == by_digest


# --- what vfslab says in there


def test_a_plot_is_the_published_one_or_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    plot = lock_plot(timelines.copy_of_namespace())

    def offline(name: str) -> None:
        raise wasm.NotLoaded(f"{name} is not in this site")

    monkeypatch.setattr(wasm, "HERE", True)
    monkeypatch.setattr(wasm, "load", offline)
    monkeypatch.setattr(wasm, "drawn", {repr(plot): "<img>"}.get)
    assert plot._repr_mimebundle_() == {"text/html": "<img>", "text/plain": repr(plot)}
    monkeypatch.setattr(wasm, "drawn", {}.get)
    said = f"{plot!r}\n\nNo picture: matplotlib is not in this site."
    assert plot._repr_mimebundle_() == {"text/plain": said}


@pytest.mark.parametrize("failed", [wasm.NotLoaded("viz-js is being loaded"), ValueError("syntax error")])
def test_what_viz_js_cannot_draw_is_said(monkeypatch: pytest.MonkeyPatch, failed: Exception) -> None:
    def fail(source: str, how: str) -> str:
        raise failed

    monkeypatch.setattr(wasm, "HERE", True)
    monkeypatch.setattr(wasm, "render", fail)
    engine._in_browser.cache_clear()
    with pytest.raises(engine.EngineError, match=str(failed)):
        engine.svg("digraph {}")
    with pytest.raises(engine.EngineError, match="as SVG alone"):
        engine.png("digraph {}")


def test_the_mounts_of_emscripten() -> None:
    def mount(point: str, kind: str, *below: Any) -> Any:
        constructor = types.SimpleNamespace(name=kind)
        return types.SimpleNamespace(
            mountpoint=point, mounts=below, type=types.SimpleNamespace(constructor=constructor)
        )

    home = mount("/home", "Object", mount("/home/a", "dt"))
    table = emscripten_table(mount("/", "Object", home, mount("/drive", "dt")))
    fields = [line.split() for line in table.splitlines()]
    assert [(int(one[0]), int(one[1]), one[4], one[8]) for one in fields] == [
        (1, 0, "/", "memfs"),
        (2, 1, "/home", "memfs"),
        (3, 2, "/home/a", "javascript"),
        (4, 1, "/drive", "javascript"),
    ]
    assert len(Snapshot.from_mountinfo(table, "self").mounts) == 4


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("npm-of-nowhere", "pack"), "npm-of-nowhere is not on PATH; npm comes with Node.js"),
        ((sys.executable, "-c", "import sys; sys.exit('no such package')"), "failed:\nno such package"),
    ],
)
def test_what_is_missing_is_said(command: tuple[str, ...], says: str, tmp_path: Path) -> None:
    with pytest.raises(build.Missing, match=says):
        build.run(*command, cwd=tmp_path)
