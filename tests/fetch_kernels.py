"""Kernel images from Debian's archive, for a VM: python tests/fetch_kernels.py DIR [VERSION ...]

Writes DIR/vmlinuz-VERSION for each version ("7.1.13"), by default those that the recordings
name as Debian's. The machine's own apt configuration is read (for the archive's address and keys) and
not changed: lists and packages are kept below DIR. Needs apt and dpkg; root is not needed.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path

SUITES = ("trixie-backports", "sid")
VERSIONS = ("6.18.5", "7.0.13", "7.1.13", "7.2.12")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
IMAGE = re.compile(r"(?:\./)?(?:boot|(?:usr/)?lib/modules/.*)/vmlinuz[^/]*")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("versions", metavar="VERSION", nargs="*", default=VERSIONS)
    options = parser.parse_args()
    folder = options.folder.resolve()
    wanted = [version for version in options.versions if not (folder / f"vmlinuz-{version}").exists()]
    if not wanted:
        return
    apt = private_apt(folder / "apt")
    subprocess.run(["apt-get", *apt, "-q", "update"], check=True, stdout=subprocess.DEVNULL)
    for version in wanted:
        package = package_of(version, apt)
        subprocess.run(["apt-get", *apt, "-q", "download", package], check=True, cwd=folder / "apt")
        (archive,) = (folder / "apt").glob(f"{package}_*.deb")
        (folder / f"vmlinuz-{version}").write_bytes(image_in(archive))
        archive.unlink()
        print(folder / f"vmlinuz-{version}")


def private_apt(folder: Path) -> list[str]:
    """Options that let apt use ``folder`` and the suites that have kernels, and nothing else."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    keyring = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    sources = folder / "sources.list"
    sources.write_text("".join(f"deb {keyring}{archive()} {suite} main\n" for suite in SUITES))
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder,
        # the user of apt's own could not write below a folder of this user
        "APT::Sandbox::User": "",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def archive() -> str:
    """The address of Debian's archive, as this machine's apt knows it."""
    form = "$(CREATED_BY) $(ORIGIN) $(RELEASE) $(REPO_URI)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", form], check=True, capture_output=True, text=True
    )
    for line in listed.stdout.splitlines():
        created_by, origin, suite, address = line.split(" ", 3)
        if (created_by, origin) == ("Packages", "Debian") and not suite.endswith("-security"):
            return address
    sys.exit("this machine's apt knows no archive of Debian: is it one, and was apt-get update run?")


def package_of(version: str, apt: list[str]) -> str:
    """The package with the image of a version for virtual machines."""
    listed = subprocess.run(["apt-cache", *apt, "pkgnames"], check=True, capture_output=True, text=True)
    form = re.compile(r"linux-(?:binary|image)-(\d[\d.]*)\+deb\d+-cloud-amd64")
    # of two packages for one version the last is taken: linux-binary, which is small
    names = sorted(listed.stdout.split(), reverse=True)
    found = {match[1]: match[0] for match in map(form.fullmatch, names) if match}
    if version not in found:
        sys.exit(f"the archive has no kernel {version}; it has {', '.join(sorted(found, key=numbers))}")
    return found[version]


def numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def image_in(package: Path) -> bytes:
    """The kernel image that a package holds."""
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as files:
        for member in files:
            if member.isfile() and IMAGE.fullmatch(member.name):
                content = files.extractfile(member)
                assert content is not None
                return content.read()
    sys.exit(f"{package.name} holds no kernel image")


if __name__ == "__main__":
    main()
