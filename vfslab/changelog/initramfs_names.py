"""aaf76839616a, names of an initramfs: a test that pins the longest one, and what the test cannot see.

The unpacker is ``vfslab.blocks.cpio``; the archives are made here.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from vfslab.blocks.cpio import KERNEL, PATH_MAX, Entry, Limits, newc, unpack
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

DIRECTORY = stat.S_IFDIR | 0o755
DATA = b"nobody is ever going to unpack this\0"

# What a hand that slips may make of the unpacker.
UNPACKERS = {
    "as it is": KERNEL,
    "one byte too strict": Limits(name=PATH_MAX - 1),
    "gives up": Limits(fails=True),
    "forgets the data": Limits(data=False),
}
BLIND_SPOT = {
    "without a limit": Limits(name=(1 << 32) - 1),
    "one byte too generous": Limits(name=PATH_MAX + 1),
}

Test = Callable[[Limits], bool]


def long_name(start: bytes, namesize: int) -> bytes:
    """A name that fills ``namesize`` bytes with its NUL: slashes behind it do not change where it leads."""
    return start.ljust(namesize - 1, b"/")


# --- the tests


def test_extract(limits: Limits) -> bool:
    """A file and a directory come out."""
    out = unpack(newc([Entry(b"file", b"ASDF"), Entry(b"dir", mode=DIRECTORY)]), limits)
    return out.created == {b"file": b"ASDF", b"dir": b""} and not out.error


def test_fname_pad(limits: Limits) -> bool:
    """A name may have several NULs, so that its data begin at a page."""
    out = unpack(newc([Entry(b"padded".ljust(3985, b"\0"), b"data")]), limits)
    return out.created == {b"padded": b"data"} and not out.error


def test_fname_overrun(limits: Limits) -> bool:
    """A name without NUL is not taken."""
    return not unpack(newc([Entry(b"endless", b"", namesize=4)]), limits).created


def test_fname_path_max(limits: Limits) -> bool:
    """A name of 4097 bytes is skipped with its data, without an error; the next, of 4096, is created."""
    archive = newc(
        [
            Entry(long_name(b"fname_oversize", PATH_MAX + 1), DATA, DIRECTORY),
            Entry(long_name(b"fname_ok", PATH_MAX), b"", DIRECTORY),
        ]
    )
    out = unpack(archive, limits)
    return not out.error and b"fname_oversize" not in out.created and b"fname_ok" in out.created


def test_fname_path_max_without_data(limits: Limits) -> bool:
    """The same with a directory that could be created but for its name."""
    archive = newc(
        [
            Entry(long_name(b"fname_oversize", PATH_MAX + 1), b"", DIRECTORY),
            Entry(long_name(b"fname_ok", PATH_MAX), b"", DIRECTORY),
        ]
    )
    out = unpack(archive, limits)
    return not out.error and list(out.created) == [b"fname_ok"]


def suite_without_names() -> tuple[Test, ...]:
    """The tests there were."""
    return (test_extract, test_fname_pad, test_fname_overrun)


def suite() -> tuple[Test, ...]:
    """The tests there are."""
    return (test_extract, test_fname_pad, test_fname_overrun, test_fname_path_max)


# --- what is right


def behaves(limits: Limits) -> str:
    """What is wrong with an unpacker, "" where nothing is: names of each length, a file behind each."""
    for namesize in (1, 2, PATH_MAX - 1, PATH_MAX, PATH_MAX + 1):
        for data, mode in ((b"", DIRECTORY), (b"data", stat.S_IFREG | 0o644)):
            first = Entry(long_name(b"x", namesize), data, mode)
            out = unpack(newc([first, Entry(b"next", b"!")]), limits)
            if out.error or b"next" not in out.created:
                return f"behind a name of {namesize} bytes nothing is found"
            if (len(out.created) == 2) != (namesize <= PATH_MAX):
                return f"a name of {namesize} bytes is {'skipped' if namesize <= PATH_MAX else 'created'}"
    return ""


@dataclass
class Kunit:
    """A run of the tests over an unpacker. ``wrong`` is what it really does wrong."""

    unpacker: str
    wrong: str | None
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def _make(side: str, unpacker: str) -> Mechanism:
    limits = (UNPACKERS | BLIND_SPOT)[unpacker]
    tests = suite_without_names() if side == "before" else suite()
    if side == "without data":
        tests = (*tests, test_fname_path_max_without_data)

    def kunit(run: Kunit) -> Code:
        for test in tests:
            (run.passed if test(limits) else run.failed).append(test.__name__)
            yield Step("kunit", f"{'ok' if test(limits) else 'not ok'}: {test.__name__}")

    return Mechanism(
        title=f"tests of an unpacker: {unpacker}",
        state=lambda: Kunit(unpacker, behaves(limits) or None),
        tasks=(("kunit", (("run", kunit),)),),
        at_end=tells,
    )


def tells(run: Kunit) -> list[str]:
    """A rule: an unpacker that does wrong fails a test, one that does right fails none."""
    if run.wrong and not run.failed:
        return [f"all {len(run.passed)} tests pass, and {run.wrong}"]
    return [f"{name} fails for nothing" for name in run.failed if not run.wrong]


SIDES = Sides("aaf76839616a", _make, tuple(UNPACKERS), other=("without data",))

FIX = Fix(
    commit="aaf76839616a",
    title="initramfs_test: kunit test for cpio.filesize > PATH_MAX",
    author="David Disseldorp",
    date="2026-01-15",
    since="the tests themselves (6.14)",
    releases=("7.0-rc1",),
    what="no test says what becomes of a name that is too long, nor of what comes behind it",
    rule="an unpacker that does wrong fails a test",
    changed=(Changed(suite_without_names, suite), Changed(None, test_fname_path_max)),
    scenario=SIDES,
    find=both(SIDES),
    notebook="18-words-and-tests.ipynb",
    section="One byte too long",
    no_evidence="it runs in a kernel built for tests, while that boots",
    area="vfs",
)
