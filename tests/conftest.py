"""What the whole suite shares: the needs behind the markers, and Hypothesis' profiles.

A test marked ``dot``, ``kernel``, ``browser``, ``lite`` or ``vm`` is skipped, with the reason,
where this machine lacks what it needs. ``VFSLAB_REQUIRE="kernel browser"`` names
the markers for which such a skip is a failure: CI must not pass by leaving out.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline, as nothing here asserts times. Every run makes the same examples, unless one goes searching:
# pytest --hypothesis-profile=search
settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("default")


def _without_dot() -> str | None:
    from vfslab.views.engine import EngineError, find_dot

    try:
        find_dot()
    except EngineError as error:
        return str(error)
    return None


def _without_kernel() -> str | None:
    from vfslab.oracle.live import available

    return available()


def _without_browser() -> str | None:
    if shutil.which("chromium") is None:
        return "chromium is not on PATH"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    return None


def _without_vm() -> str | None:
    from vfslab.oracle.vm import QEMU

    folder = os.environ.get("VFSLAB_VM_KERNELS")
    if folder is None:
        return "VFSLAB_VM_KERNELS names no folder of kernel images (tests/fetch_kernels.py gets some)"
    if not list(Path(folder).glob("vmlinuz*")):
        return f"VFSLAB_VM_KERNELS: there is no vmlinuz* in {folder}"
    return None if shutil.which(QEMU) else f"{QEMU} is not on PATH"


def _without_lite() -> str | None:
    if shutil.which("npm") is None:
        return "npm is not on PATH"
    if importlib.util.find_spec("jupyterlite_pyodide_kernel") is None:
        return "jupyterlite-pyodide-kernel is not installed"
    return None


NEEDS = {
    "dot": _without_dot,
    "kernel": _without_kernel,
    "browser": _without_browser,
    "lite": _without_lite,
    "vm": _without_vm,
}


@functools.cache
def missing(marker: str) -> str | None:
    """Why this machine cannot serve tests with this marker, None where it can."""
    return NEEDS[marker]()


def required() -> frozenset[str]:
    """The markers named by $VFSLAB_REQUIRE. Raises UsageError for a name that is no need."""
    names = frozenset(os.environ.get("VFSLAB_REQUIRE", "").split())
    if unknown := names - NEEDS.keys():
        raise pytest.UsageError(
            f"VFSLAB_REQUIRE: {' '.join(sorted(unknown))}: expected some of {' '.join(NEEDS)}"
        )
    return names


def pytest_configure(config: pytest.Config) -> None:
    required()
    # Notebooks that are compared find none of the answers that somebody gave in them.
    answers = tempfile.TemporaryDirectory()
    config.add_cleanup(answers.cleanup)
    os.environ["VFSLAB_ANSWERS"] = answers.name


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in NEEDS:
        if item.get_closest_marker(marker) and (reason := missing(marker)):
            if marker in required():
                pytest.fail(f"{marker} is required by VFSLAB_REQUIRE, but {reason}", pytrace=False)
            pytest.skip(f"{marker}: {reason}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the chromium that tests marked ``browser`` drive."""
    path = shutil.which("chromium")
    assert path, "a test that opens chromium must be marked browser"
    return path
