"""Build the lessons as a JupyterLite site, in which Python runs inside the browser: python lite/build.py OUT

What is needed comes from the package indexes that npm and pip are set up for. Pyodide
names the wheels of its own distribution in a lock file. The pure ones of them that are
needed here are taken from the index, which has the same versions in other builds, so
the lock is rewritten; the others stay where the distribution has them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NPM = ("spdx-license-list", "@viz-js/viz")
OF_PYODIDE = ("micropip", "ipython", "jedi", "six", "typing-extensions")
"""What the kernel, or one of the packages below, needs of Pyodide's distribution."""
ADDED = ("anywidget", "comm", "ipywidgets", "psygnal", "simpy")
"""What the lessons need besides; ``lab`` of pyproject.toml has the same, and what these need."""
NOT_IN_A_KERNEL = frozenset(("jupyterlab-widgets", "widgetsnbextension"))
"""What ipywidgets brings for the page around the kernel, which has it already."""
PRELOADED = ("vfslab", "vfslab-lite", "ipython", "jedi", *ADDED)
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
LICENCES = (
    ("pyodide", "MPL-2.0", "static/pyodide/*.mjs, *.wasm", "https://github.com/pyodide/pyodide"),
    ("CPython", "PSF-2.0", "in pyodide.asm.wasm and python_stdlib.zip", "https://www.python.org"),
    ("@viz-js/viz", "MIT", "vfslab_lite/viz-global.js in vfslab_lite.zip", "https://viz-js.com"),
    ("Graphviz", "EPL-2.0", "in viz-global.js", "https://www.graphviz.org"),
    ("Expat", "MIT", "in viz-global.js", "https://libexpat.github.io"),
)


class Missing(Exception):
    """Something that the build needs is not there: what, and what to do."""


def canonical(name: str) -> str:
    """A package's name as indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def closure(packages: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """``names`` and all that they depend on in a lock's ``packages``. Raises KeyError for others."""
    found: set[str] = set()
    waiting = [canonical(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [canonical(one) for one in packages[name]["depends"]]
    return found


def entry(
    name: str, version: str, file: str, digest: str, depends: Iterable[str], imports: Iterable[str]
) -> Any:
    """A package of a lock; ``digest`` is the SHA-256 of ``file`` in hexadecimal digits."""
    return {
        "name": name,
        "version": version,
        "file_name": file,
        "sha256": digest,
        "depends": sorted(depends),
        "imports": sorted(imports),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def rewrite(
    lock: Mapping[str, Any],
    local: Mapping[str, tuple[str, str]],
    added: Iterable[Mapping[str, Any]],
    elsewhere: str,
) -> dict[str, Any]:
    """The lock of a site that holds some of the packages.

    ``local`` gives the file and the digest of each package that it holds in another build; ``added`` are
    entries of packages that ``lock`` does not know. All others have their address below ``elsewhere``.
    Raises KeyError for a local package that the lock does not have.
    """
    packages = {
        name: package | {"file_name": f"{elsewhere}/{package['file_name']}"}
        for name, package in lock["packages"].items()
    }
    for name, (file, digest) in local.items():
        packages[name] = packages[name] | {"file_name": file, "sha256": digest}
    packages |= {package["name"]: dict(package) for package in added}
    return {**lock, "packages": packages}


def requirements(metadata: str, environment: Mapping[str, str], without: Collection[str] = ()) -> list[str]:
    """The names of what a wheel with this METADATA requires where the markers mean ``environment``."""
    from packaging.requirements import Requirement

    found = []
    for text in HeaderParser().parsestr(metadata).get_all("Requires-Dist", []):
        required = Requirement(text)
        name = canonical(required.name)
        if name not in without and (
            required.marker is None or required.marker.evaluate({**environment, "extra": ""})
        ):
            found.append(name)
    return found


def pictures(notebooks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The plots in the outputs of ``notebooks``: their HTML under the SHA-256 of the words beside them.

    Words that stand beside two different pictures are left out.
    """
    found: dict[str, set[str]] = {}
    for notebook in notebooks:
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                data = {form: "".join(text) for form, text in output.get("data", {}).items()}
                if data.get("text/html", "").startswith('<img src="data:image/svg+xml'):
                    digest = hashlib.sha256(data["text/plain"].encode()).hexdigest()
                    found.setdefault(digest, set()).add(data["text/html"])
    return {digest: drawn.pop() for digest, drawn in found.items() if len(drawn) == 1}


def run(*command: str | Path, cwd: Path) -> str:
    """What a program prints on its standard output. Raises Missing where it is not there or fails."""
    try:
        done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise Missing(
            f"{command[0]} is not on PATH; npm comes with Node.js (Debian: apt install npm)"
        ) from None
    except subprocess.CalledProcessError as failed:
        said = (failed.stderr.strip() or failed.stdout.strip()).splitlines()
        raise Missing(f"{Path(command[0]).name} {command[1]} failed:\n" + "\n".join(said[-12:])) from None
    return done.stdout


def npm(package: str, folder: Path) -> Path:
    """The files of a package of the npm registry, unpacked below ``folder``."""
    files = run("npm", "pack", "--silent", package, cwd=folder).split()
    unpacked = folder / files[-1].removesuffix(".tgz")
    with tarfile.open(folder / files[-1]) as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked / "package"


def wheels(names: Iterable[str], python: str, folder: Path) -> list[Path]:
    """The pure wheels of ``names`` for a Python version, from the index that pip is set up for."""
    folder.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += [f"--python-version={python}", "--implementation=py", "--abi=none", "--platform=any"]
    run(*command, f"--dest={folder}", *names, cwd=folder)
    return sorted(folder.glob("*.whl"))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def described(wheel: Path, environment: Mapping[str, str]) -> Any:
    """The entry of a lock for a wheel that Pyodide's distribution does not have."""
    name, version = wheel.name.split("-")[:2]
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{name}-{version}.dist-info/METADATA").decode()
        tops = {file.partition("/")[0] for file in archive.namelist() if file.endswith(".py")}
    depends = requirements(metadata, environment, NOT_IN_A_KERNEL)
    imports = [top.removesuffix(".py") for top in tops if not top.endswith((".dist-info", ".data"))]
    return entry(canonical(name), version, wheel.name, digest(wheel), depends, imports)


def recordings() -> list[Path]:
    """What real kernels said to the litmus files that the lessons show; vfslab looks for it beside itself."""
    from vfslab.changelog import fixes

    cases = {case for fix in fixes() for case in fix.evidence}
    return [path for case in sorted(cases) for path in sorted(ROOT.glob(f"tests/recordings/*/{case}.json"))]


def lite_package(viz: Path, notebooks: Iterable[Path], folder: Path) -> Any:
    """Write ``vfslab_lite``: viz-js, the plots of the lessons, recordings. Gives its entry in the lock."""
    drawn = pictures(json.loads(path.read_text(encoding="utf-8")) for path in notebooks)
    archive = folder / "vfslab_lite.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("vfslab_lite/__init__.py", '"""What vfslab uses inside a browser."""\n')
        made.writestr("vfslab_lite/pictures.json", json.dumps(drawn))
        made.write(viz / "dist" / "viz-global.js", "vfslab_lite/viz-global.js")
        for path in recordings():
            made.write(path, path.relative_to(ROOT))
    return entry("vfslab-lite", "0", archive.name, digest(archive), (), ("vfslab_lite",))


def stage_pyodide(work: Path, version: str, elsewhere: str) -> None:
    """Fill ``work/static/pyodide`` with Pyodide, the wheels, and the lock that names them."""
    pyodide = npm(f"pyodide@{version}", work)
    home = work / "site" / "static" / "pyodide"
    home.mkdir(parents=True)
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"):
        shutil.copy(pyodide / name, home)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    wanted = {name: lock["packages"][name]["version"] for name in closure(lock["packages"], OF_PYODIDE)}
    python = lock["info"]["python"].rpartition(".")[0]
    environment = {
        "python_version": python,
        "python_full_version": lock["info"]["python"],
        "sys_platform": "emscripten",
        "platform_system": "Emscripten",
        "os_name": "posix",
    }
    pinned = [f"{name}=={number}" for name, number in wanted.items()]
    local, added = {}, []
    for wheel in wheels([*pinned, *ADDED], python, work / "wheels"):
        shutil.copy(wheel, home)
        name = canonical(wheel.name.partition("-")[0])
        if name in wanted:
            local[name] = (wheel.name, digest(wheel))
        else:
            added.append(described(wheel, environment))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={home}", ROOT, cwd=work)
    added += [described(own, environment) for own in home.glob("vfslab-*.whl")]
    added.append(lite_package(npm("@viz-js/viz", work), sorted((ROOT / "notebooks").glob("*.ipynb")), home))
    rewritten = rewrite(lock, local, added, elsewhere)
    here = closure(rewritten["packages"], PRELOADED)
    away = sorted(name for name in here if "/" in rewritten["packages"][name]["file_name"])
    if away:
        raise Missing(
            f"these would be loaded from the network: {', '.join(away)}; add them to OF_PYODIDE or ADDED"
        )
    (home / "pyodide-lock.json").write_text(json.dumps(rewritten), encoding="utf-8")


def stage_notebooks(folder: Path) -> None:
    """The lessons as files of the site; what their saved outputs do is trusted, as the site's own."""
    folder.mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["metadata"]["trusted"] = True
                for output in cell["outputs"]:
                    # A server joins the lines of a file; this site has none, and commas would stand between.
                    data = output.get("data", {})
                    data |= {form: "".join(text) for form, text in data.items() if isinstance(text, list)}
        notebook["metadata"]["kernelspec"] = KERNEL  # JupyterLab asks for one where it does not know the name
        (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")


def write_licences(texts: Path, folder: Path) -> None:
    """Say what was copied under which licence, with the text of each."""
    folder.mkdir()
    lines = ["What this site holds besides the lessons, and under which licence.", ""]
    for name, licence, where, home in LICENCES:
        lines.append(f"{name}: {licence} ({licence}.txt), {where}; source: {home}")
        text = json.loads((texts / "licenses" / f"{licence}.json").read_text(encoding="utf-8"))["licenseText"]
        (folder / f"{licence}.txt").write_text(text, encoding="utf-8")
    lines += [
        "viz-global.js: Copyright (c) Michael Daines; it names what it contains in its first lines",
        "vfslab: GPL-2.0-or-later (vfslab.txt); its wheel is its source",
        "the other wheels in static/pyodide hold their licences themselves, in their .dist-info",
        "JupyterLab and its extensions: third-party-licenses.json beside their scripts",
    ]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", folder / "vfslab.txt")


def build(out: Path) -> None:
    """Build the site in ``out``, in place of what is there. Raises Missing."""
    try:
        from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION
    except ImportError as missing:
        raise Missing(f"the package {missing.name} is missing; pip install 'vfslab[lite]'") from None
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        site = work / "site"
        stage_pyodide(work, PYODIDE_VERSION, PYODIDE_CDN_URL)
        stage_notebooks(work / "lessons")
        settings = json.loads((ROOT / "lite" / "jupyter-lite.json").read_text(encoding="utf-8"))
        kernel = settings["jupyter-config-data"]["litePluginSettings"][
            "@jupyterlite/pyodide-kernel-extension:kernel"
        ]
        kernel["loadPyodideOptions"] = {"packages": [*PRELOADED]}
        (site / "jupyter-lite.json").write_text(json.dumps(settings), encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "jupyterlite_core.app", "build", "--no-sourcemaps"]
        command += ["--no-unused-shared-packages", "--apps=lab", "--contents", work / "lessons"]
        run(*command, "--lite-dir", site, "--output-dir", out, cwd=site)
        write_licences(npm("spdx-license-list", work), out / "licences")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Build the lessons as a site that needs no server of its own."
    )
    parser.add_argument("out", type=Path, help="the folder to build in; what is there is replaced")
    out = parser.parse_args().out
    try:
        build(out.resolve())
    except Missing as missing:
        sys.exit(f"lite/build.py: {missing}")
    print(f"{out}: serve it with python -m http.server --bind 127.0.0.1 -d {os.path.relpath(out)}")


if __name__ == "__main__":
    main()
