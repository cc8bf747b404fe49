"""The script that fetches kernel images, without the network: which package it takes, and what out of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import fetch_kernels

NAMES = """\
linux-image-6.18.5+deb13-cloud-amd64
linux-image-6.18.5+deb13-cloud-amd64-dbg
linux-image-7.1.13+deb13-amd64
linux-binary-7.1.13+deb13-cloud-amd64
linux-image-7.1.13+deb13-cloud-amd64
linux-binary-7.2.12+deb14-cloud-arm64
"""


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch) -> None:
    """apt programs that know NAMES and two archives."""
    said = {
        "apt-cache": NAMES,
        "apt-get": "Packages Debian bookworm-security http://archive/security/\n"
        "Packages Other bookworm http://other/\nPackages Debian bookworm http://archive/debian/\n",
    }

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=said[command[0]])

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.usefixtures("apt")
def test_the_package_of_a_version() -> None:
    assert fetch_kernels.package_of("6.18.5", []) == "linux-image-6.18.5+deb13-cloud-amd64"
    assert fetch_kernels.package_of("7.1.13", []) == "linux-binary-7.1.13+deb13-cloud-amd64"
    with pytest.raises(SystemExit, match=r"the archive has no kernel 7\.2\.12; it has 6\.18\.5, 7\.1\.13"):
        fetch_kernels.package_of("7.2.12", [])


@pytest.mark.usefixtures("apt")
def test_the_machine_s_own_archive_is_asked_and_nothing_of_the_machine_is_changed(tmp_path: Path) -> None:
    options = fetch_kernels.private_apt(tmp_path)
    lines = (tmp_path / "sources.list").read_text().splitlines()
    assert [line.split()[-3:] for line in lines] == [
        ["http://archive/debian/", suite, "main"] for suite in fetch_kernels.SUITES
    ]
    settings = dict(option.split("=", 1) for option in options[1::2])
    assert settings["Dir::Etc::sourceparts"] == "-"
    assert {Path(settings[name]).parent for name in ("Dir::Etc::sourcelist", "Dir::State::Lists")} == {
        tmp_path
    }


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is missing")
@pytest.mark.parametrize(
    "path", ["boot/vmlinuz-6.18.5+deb13-cloud-amd64", "usr/lib/modules/7.1.13+deb13-cloud-amd64/vmlinuz"]
)
def test_the_image_in_a_package(path: str, tmp_path: Path) -> None:
    control = tmp_path / "root" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text("Package: k\nVersion: 1\nArchitecture: all\nMaintainer: k <k@k>\nDescription: k\n")
    package = tmp_path / "k.deb"
    for name, content in (("usr/share/doc/vmlinuz", "no"), (path, "image")):
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True)
        file.write_text(content)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", tmp_path / "root", package],
        check=True,
        capture_output=True,
    )
    assert fetch_kernels.image_in(package) == b"image"
