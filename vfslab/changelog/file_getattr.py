"""cb184dd19154: file_getattr(2) asked a filesystem with a structure of which nothing had been written.

The structure says in two bits in which of two ways the caller wants the attributes. What lay on the stack
before is an input here, and so is the filesystem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vfslab.blocks.leftover import declared, is_written
from vfslab.drive.run import run
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides

FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR = "FS_IOC_GETFLAGS", "FS_IOC_FSGETXATTR"
FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE = 0x10, 0x8

# struct file_kattr, 28 bytes: each field's first bit and its bits
LAYOUT = {
    "flags": (0, 32),
    "fsx_xflags": (32, 32),
    "fsx_extsize": (64, 32),
    "fsx_nextents": (96, 32),
    "fsx_projid": (128, 32),
    "fsx_cowextsize": (160, 32),
    "flags_valid": (192, 1),
    "fsx_valid": (193, 1),
}
SIZE = 28


@dataclass
class FileKattr:
    """struct file_kattr: the attributes in both of their forms, and which of them the caller wants."""

    flags: int = 0
    fsx_xflags: int = 0
    fsx_extsize: int = 0
    fsx_nextents: int = 0
    fsx_projid: int = 0
    fsx_cowextsize: int = 0
    flags_valid: int = 0
    fsx_valid: int = 0


@dataclass
class Getattr:
    """One call of file_getattr(2) for a file that is immutable, has an extent size and a project.

    ``fs`` is "fuse", which asks a server in user space, or "native", which knows by itself. ``stack`` is
    the byte that lies all over the stack. ``branched_on`` are the fields that decided something although
    nobody had written them: what KMSAN would report. ``requests`` are what the server got, ``file_attr``
    is what the user sees: xflags, extsize, nextents, projid, cowextsize.
    """

    fs: str
    stack: int
    fa: FileKattr | None = None
    branched_on: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    file_attr: tuple[int, ...] = ()


# What the file has, as FS_IOC_FSGETXATTR tells it; FS_IOC_GETFLAGS has no place for more than the flag.
STORED = FileKattr(
    flags=FS_IMMUTABLE_FL,
    fsx_xflags=FS_XFLAG_IMMUTABLE,
    fsx_extsize=65536,
    fsx_nextents=3,
    fsx_projid=777,
    fsx_valid=1,
)


def file_getattr_uninitialised(call: Getattr) -> Code:
    """The system call as it was: the structure is declared, and given away."""
    fa = call.fa = FileKattr(**declared(LAYOUT, bytes([call.stack]) * SIZE))
    yield Step("file_getattr", f"struct file_kattr is on the stack, flags_valid is {fa.flags_valid}")
    yield from vfs_fileattr_get(call, fa)
    yield from fileattr_to_file_attr(call, fa)


def file_getattr(call: Getattr) -> Code:
    """The system call as it is: everything is 0, and flags_valid is set."""
    fa = call.fa = FileKattr(flags_valid=1)
    yield Step("file_getattr", f"struct file_kattr is on the stack, flags_valid is {fa.flags_valid}")
    yield from vfs_fileattr_get(call, fa)
    yield from fileattr_to_file_attr(call, fa)


def file_getattr_zeroed(call: Getattr) -> Code:
    """The system call as it was, by a compiler that zeroes what is declared (CONFIG_INIT_STACK_ALL_ZERO)."""
    fa = call.fa = FileKattr()
    yield Step("file_getattr", f"struct file_kattr is on the stack, flags_valid is {fa.flags_valid}")
    yield from vfs_fileattr_get(call, fa)
    yield from fileattr_to_file_attr(call, fa)


def vfs_fileattr_get(call: Getattr, fa: FileKattr) -> Code:
    """Let the filesystem fill the structure."""
    if call.fs == "fuse":
        yield from fuse_fileattr_get(call, fa)
    else:
        fileattr_fill_xflags(fa)
        yield Step("fileattr_fill_xflags", "the filesystem fills every field, and has looked at none")


def fuse_fileattr_get(call: Getattr, fa: FileKattr) -> Code:
    """FUSE looks first, for what is wanted decides what the server is asked."""
    if not is_written(fa.flags_valid):
        call.branched_on.append("flags_valid")
    if fa.flags_valid:
        call.requests.append(FS_IOC_GETFLAGS)
        yield Step("fuse_priv_ioctl", f"the server is asked {FS_IOC_GETFLAGS}, and says immutable")
        fileattr_fill_flags(fa)
        yield Step("fileattr_fill_flags", "the flags are known; everything that they do not say is 0")
    else:
        call.requests.append(FS_IOC_FSGETXATTR)
        yield Step("fuse_priv_ioctl", f"the server is asked {FS_IOC_FSGETXATTR}, and says all it has")
        fileattr_fill_xflags(fa)
        yield Step("fileattr_fill_xflags", "extent size and project are known, too")


def fileattr_fill_flags(fa: FileKattr) -> None:
    """Fill the structure from the old word of flags."""
    vars(fa).update(vars(FileKattr(flags=FS_IMMUTABLE_FL, flags_valid=1, fsx_xflags=FS_XFLAG_IMMUTABLE)))


def fileattr_fill_xflags(fa: FileKattr) -> None:
    """Fill the structure from the newer record."""
    vars(fa).update(vars(STORED))


def fileattr_to_file_attr(call: Getattr, fa: FileKattr) -> Code:
    """Copy to the user what struct file_attr has."""
    call.file_attr = (fa.fsx_xflags, fa.fsx_extsize, fa.fsx_nextents, fa.fsx_projid, fa.fsx_cowextsize)
    yield Step("fileattr_to_file_attr", "the user gets xflags, extsize, nextents, projid and cowextsize")


SYSCALLS: dict[str, Callable[[Getattr], Code]] = {
    "before": file_getattr_uninitialised,
    "after": file_getattr,
    "zeroed": file_getattr_zeroed,
}


def requests(side: str, fs: str = "fuse") -> set[tuple[str, ...]]:
    """All that a server may be asked by the same call: one run for each byte that the stack may hold."""
    seen = set()
    for byte in range(256):
        call = Getattr(fs, byte)
        run(SYSCALLS[side](call))
        seen.add(tuple(call.requests))
    return seen


def undecided(call: Getattr) -> Iterator[str]:
    """The rule: what decides something has been written before."""
    for name in call.branched_on:
        yield f"fuse_fileattr_get goes by {name}, which nobody has written"


def _make(side: str, given: tuple[str, int]) -> Mechanism:
    fs, byte = given
    title = f"file_getattr on {fs}, {byte:#04x} on the stack"
    return Mechanism(
        title=title,
        state=lambda: Getattr(fs, byte),
        tasks=(("lsattr", ((title, SYSCALLS[side]),)),),
        rule=undecided,
    )


SIDES = Sides(
    "cb184dd19154",
    _make,
    tuple((fs, byte) for fs in ("fuse", "native") for byte in (0x00, 0xA5)),
    other=("zeroed",),
)

FIX = Fix(
    commit="cb184dd19154",
    title="fs: init flags_valid before calling vfs_fileattr_get",
    author="Edward Adam Davis",
    date="2026-02-25",  # of the merge; the author's is not known here
    since="6.17",
    releases=("7.0-rc2", "6.19.x", "6.18.x"),
    what="what FUSE asks its server for file_getattr(2) depends on what lay on the stack",
    rule="what decides something has been written before",
    changed=(Changed(file_getattr_uninitialised, file_getattr),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="12-what-a-value-promises.ipynb",
    section="The bit that nobody wrote",
    reproducers=("file_getattr",),
    area="vfs",
)
