"""249013e673fc, a helper that nobody calls: found by who calls whom, in a tree of a few own lines.

How callers are found is known to ``vfslab.blocks.callers``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vfslab.blocks.callers import functions, unused_helpers
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from .fix import Changed, Fix
from .search import both
from .sides import Sides


def fsnotify_h_with_sb_error() -> str:
    """The header, with a helper for reports of a broken filesystem."""
    return """
static inline void fsnotify_inode(struct inode *inode, int mask)
{
	fsnotify(mask, inode);
}

static inline void fsnotify_sb_error(struct super_block *sb, struct inode *inode, int error)
{
	struct fs_error_report report = { error, inode, sb };

	fsnotify(FS_ERROR, &report);
}
"""


def fsnotify_h() -> str:
    """The header without it."""
    return """
static inline void fsnotify_inode(struct inode *inode, int mask)
{
	fsnotify(mask, inode);
}
"""


EXT4_ASKS_FSNOTIFY = """
void ext4_error(struct super_block *sb, int error)
{
	fsnotify_sb_error(sb, NULL, error);
}

void ext4_unlink(struct inode *inode)
{
	fsnotify_inode(inode, FS_DELETE);
}
"""

EXT4_ASKS_FSERROR = """
/* was fsnotify_sb_error(sb, NULL, error), which told at once, wherever that was */
void ext4_error(struct super_block *sb, int error)
{
	fserror_report(sb, error);
}

void ext4_unlink(struct inode *inode)
{
	fsnotify_inode(inode, FS_DELETE);
}
"""

RELEASES = ("6.18", "7.0-rc1")


@dataclass
class Tree:
    """A tree under review. ``unused`` are the helpers of headers that nobody calls, with who keeps them."""

    functions: int = 0
    unused: dict[str, str] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)


def review(tree: Tree) -> Code:
    """Look for every helper's callers."""
    tree.functions = len(functions(tree._files))
    yield Step("review", f"{tree.functions} functions are known")
    tree.unused = unused_helpers(tree._files)
    yield Step("review", f"helpers without a caller: {', '.join(tree.unused) or 'none'}")


def each_is_called(tree: Tree) -> list[str]:
    """A rule: every helper of a header is called by somebody who is called."""
    return [f"{name}() is called by {by or 'nobody'}" for name, by in tree.unused.items()]


def files(side: str, release: str) -> dict[str, str]:
    """The tree of a release. The change is of a time when nothing called the helper any more."""
    ext4 = EXT4_ASKS_FSNOTIFY if release == "6.18" else EXT4_ASKS_FSERROR
    header = fsnotify_h() if side == "after" and release != "6.18" else fsnotify_h_with_sb_error()
    return {"include/linux/fsnotify.h": header, "fs/ext4/super.c": ext4}


def _make(side: str, release: str) -> Mechanism:
    return Mechanism(
        title=f"who calls whom in {release}",
        state=lambda: Tree(_files=files(side, release)),
        tasks=(("reviewer", (("review", review),)),),
        at_end=each_is_called,
    )


SIDES = Sides("249013e673fc", _make, RELEASES)

FIX = Fix(
    commit="249013e673fc",
    title="fsnotify: drop unused helper",
    author="Darrick J. Wong",
    date="2026-02-25",  # of the merge; the author's is not known here
    since="7.0-rc1 (81d2e13a57c9)",
    releases=("7.0-rc2",),
    what="a helper is left over whose last callers have gone to another one",
    rule="every helper of a header is called by somebody who is called",
    changed=(Changed(fsnotify_h_with_sb_error, fsnotify_h),),
    scenario=SIDES,
    find=both(SIDES),
    notebook="17-twenty-thousand-edits.ipynb",
    section="Who calls it?",
    reproducers=("fserror_names",),
    no_evidence="an inline function leaves no symbol; what took its place does",
    area="vfs",
)
