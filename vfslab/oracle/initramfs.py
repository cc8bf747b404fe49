"""An initramfs with this Python, vfslab and a program to start, built from nothing but files that are here.

What the interpreter needs is asked of the interpreter itself: one is started, told
to import what the guest will, and lists the files it has loaded; the dynamic loader
lists the libraries. Everything keeps its path, so that the interpreter finds its
own there as it does here. What the program does, and how it is booted, is not known here.
Sources: newc in cpio(5); Documentation/driver-api/early-userspace/buffer-format.rst; ld.so(8).
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import py_compile
import re
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
LAB = "/lab"

# views want a browser's packages, and the guest draws nothing
LEFT_OUT = ("views",)

# Found by name when text is first encoded, never imported.
CODECS = ("encodings.ascii", "encodings.latin_1", "encodings.utf_8")

# Asked by name, for a module may put another in its own place: collections.abc does.
PROBE = """
import sys
from importlib.machinery import PathFinder
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
for name in list(sys.modules):
    package = name.rpartition(".")[0]
    path = getattr(sys.modules.get(package), "__path__", None)
    spec = PathFinder.find_spec(name, path) if path or not package else None
    if spec and spec.origin:
        print(spec.origin)
"""
_LIBRARY = re.compile(r"\t(?:.* => )?(/.*) \(0x[0-9a-f]+\)")

DIRECTORY, FILE, DEVICE = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFCHR | 0o600


class CannotBuild(Exception):
    """This Python cannot be put into an initramfs, and why."""


class Archive:
    """A cpio archive of the newc kind, as the kernel unpacks it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._names: set[str] = set()

    def directory(self, path: str) -> None:
        """A directory, and those above it."""
        self._parents(f"{path}/")

    def device(self, path: str, major: int, minor: int) -> None:
        """A character device."""
        self._parents(path)
        self._add(path, DEVICE, b"", (major, minor))

    def file(self, path: str, content: bytes) -> None:
        """A file that everybody may read and execute. The first of two with one path stays."""
        self._parents(path)
        if path not in self._names:
            self._add(path, FILE, content)

    def compressed(self) -> bytes:
        """The archive, with its end, as gzip packs it fast."""
        self._add("TRAILER!!!", 0, b"")
        return gzip.compress(b"".join(self._parts), compresslevel=1, mtime=0)

    def _parents(self, path: str) -> None:
        for folder in reversed(Path(path + "x").parents):
            if str(folder) != "/" and str(folder) not in self._names:
                self._add(str(folder), DIRECTORY, b"")

    def _add(self, path: str, mode: int, content: bytes, device: tuple[int, int] = (0, 0)) -> None:
        self._names.add(path)
        name = os.fsencode(path.lstrip("/")) + b"\0"
        inode = 0 if path == "TRAILER!!!" else len(self._names)
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._parts += [_padded(header), _padded(content)]


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def build(modules: Iterable[str], program: str) -> bytes:
    """A compressed initramfs in which ``program``, Python source, is /init.

    It can import vfslab but its views, and ``modules`` with what they import at their
    top. /dev/console is there, and nothing is mounted. Raises CannotBuild.
    """
    archive = Archive()
    archive.directory("/proc")
    archive.directory("/mnt")
    archive.device("/dev/console", 5, 1)
    python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    if not _is_elf(python):
        raise CannotBuild(f"{python} is no ELF program")
    loaded = _loaded(python, modules)
    binaries = [python, *(path for path in loaded if not path.endswith(".py"))]
    for path in (*binaries, *_libraries(python, binaries)):
        archive.file(path, Path(path).read_bytes())
    cache = Path("/etc/ld.so.cache")
    if cache.exists():
        archive.file(str(cache), cache.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, "compiled")
        for path in loaded:
            if path.endswith(".py") and not Path(path).is_relative_to(PACKAGE):
                _add_module(archive, Path(path), path, compiled)
        for source in sorted(PACKAGE.rglob("*.py")):
            inside = source.relative_to(PACKAGE)
            if inside.parts[0] not in LEFT_OUT:
                _add_module(archive, source, f"{LAB}/vfslab/{inside}", compiled)
    archive.file("/init", f"#!{python} -IS\n{program}".encode())
    return archive.compressed()


def extra(files: dict[str, bytes]) -> bytes:
    """A compressed archive to go behind another, with more files: path -> content."""
    archive = Archive()
    for path, content in files.items():
        archive.file(path, content)
    return archive.compressed()


def _add_module(archive: Archive, source: Path, path: str, compiled: Path) -> None:
    """A module, and what it compiles to, valid whatever the time: to compile there takes seconds."""
    archive.file(path, source.read_bytes())
    py_compile.compile(
        str(source),
        cfile=str(compiled),
        dfile=path,
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    archive.file(importlib.util.cache_from_source(path), compiled.read_bytes())


def _loaded(python: str, modules: Iterable[str]) -> list[str]:
    """The files of the modules that an interpreter has loaded when it has imported ``modules``."""
    listed = subprocess.run(
        [python, "-IS", "-c", PROBE, str(PACKAGE.parent), *CODECS, *modules],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise CannotBuild(f"{python} cannot import what the guest needs: {listed.stderr.strip()}")
    return [path for path in listed.stdout.splitlines() if os.path.isabs(path)]


def _is_elf(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def _libraries(python: str, binaries: Iterable[str]) -> list[str]:
    """What the dynamic loader loads for an interpreter and its extension modules, itself included."""
    loader = _loader(python)
    if loader is None:
        return []
    found = {loader: None}
    for binary in binaries:
        listed = subprocess.run([loader, "--list", binary], capture_output=True, text=True, check=False)
        if listed.returncode:
            raise CannotBuild(f"{loader} --list {binary}: {(listed.stderr or listed.stdout).strip()}")
        found |= {match[1]: None for match in map(_LIBRARY.fullmatch, listed.stdout.splitlines()) if match}
    return list(found)


def _loader(program: str) -> str | None:
    """The dynamic loader that a 64-bit ELF program names, None where it is static. elf(5): PT_INTERP."""
    data = Path(program).read_bytes()
    (table,) = struct.unpack_from("=Q", data, 32)
    size, count = struct.unpack_from("=HH", data, 54)
    for start in range(table, table + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("=IIQQQQ", data, start)
        if kind == 3:
            return data[offset : offset + length].rstrip(b"\0").decode()
    return None
