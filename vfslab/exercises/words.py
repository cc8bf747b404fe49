"""Lesson 18: words and tests. Answers are given to the linter, to the unpacker, and to the sums."""

from __future__ import annotations

import stat
from typing import Any

from vfslab.blocks.cpio import KERNEL, PATH_MAX, Entry, newc, unpack
from vfslab.blocks.ints import INT_MAX, u8
from vfslab.blocks.kdoc import check
from vfslab.changelog.initramfs_names import BLIND_SPOT, long_name

from .exercise import Exercise

PROTOTYPE = "int fill(struct page *page, int first, int last);"
KINDS = {
    "file": stat.S_IFREG | 0o644,
    "directory": stat.S_IFDIR | 0o755,
    "symlink": stat.S_IFLNK | 0o777,
}


def _block(answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "a comment in a string, please."
    found = sorted(f"{one.kind} {one.name}" for one in check(f"{answer.strip()}\n{PROTOTYPE}"))
    if not answer.strip().startswith("/**"):
        return "it begins with /** and ends with */."
    kinds = sorted(one.split()[0] for one in found)
    if kinds == ["extra", "twice"]:
        return None
    return f"the linter says: {', '.join(found) or 'nothing'}."


def _entry(answer: Any) -> str | None:
    namesize, size, kind = answer
    if kind not in KINDS or not 0 < namesize < 10_000 or not 0 <= size < 10_000:
        return "the size of the name and of the data, and one of file, directory, symlink."
    name = long_name(b"odd", namesize)
    archive = newc([Entry(name, b"d" * size, KINDS[kind]), Entry(b"next", b"!")])
    right, wrong = unpack(archive, KERNEL), unpack(archive, BLIND_SPOT["one byte too generous"])
    if right == wrong:
        return f"both unpackers make the same of it: {len(right.created)} files."
    return None


def _kind(answer: Any) -> str | None:
    if answer not in KINDS:
        return "one of file, directory, symlink."
    made = [
        bool(unpack(newc([Entry(b"odd", b"d" * size, KINDS[answer])])).created)
        for size in (PATH_MAX, PATH_MAX + 1)
    ]
    if made == [True, False]:
        return None
    return f"a {answer} is {'created' if made[0] else 'skipped'} with 4096 bytes and with 4097 alike."


def _percents(answer: Any) -> str | None:
    low, high = answer
    right = tuple((after / 465 - 1) * 100 for after in (510, 560))
    if all(abs(one - other) < 0.06 for one, other in zip((low, high), right, strict=True)):
        return None
    return f"465 thousand and {low} % are {465 * (1 + low / 100):.0f} thousand."


def _memo(answer: Any) -> str | None:
    if isinstance(answer, bool) or not isinstance(answer, int):
        return "a whole number, please."
    kept = int(u8(INT_MAX))
    return None if answer == kept + 1 else f"what is kept is {kept}, and one is added to it."


EXERCISES = (
    Exercise(
        key="18.1",
        question=(
            f"Write a comment block for `{PROTOTYPE}` of which the linter says just two things: "
            "one parameter is described twice, and one that is gone is still described."
        ),
        judge=_block,
        hint="Begin with /** and a line ' * fill - ...', and describe page, first and last.",
        because="Nobody has to read anything for it: both are found by names alone.",
        reference=(
            "/**\n * fill - write\n * @page: it\n * @first: from\n"
            " * @first: on\n * @last: to\n * @old: gone\n */"
        ),
    ),
    Exercise(
        key="18.2",
        question=(
            "test_fname_path_max passes for an unpacker that takes names of 4097 bytes. Give an entry that "
            "tells it from the right one: the size of its name, of its data, and file, directory or symlink."
        ),
        judge=_entry,
        hint="Why is the directory of the test skipped even by an unpacker without a limit?",
        because="The directory of the test has data, and a directory with data is skipped whatever its name.",
        reference=(4097, 0, "directory"),
    ),
    Exercise(
        key="18.3",
        question=(
            "The title speaks of the file size. What is skipped for one above PATH_MAX and for none below: "
            "file, directory or symlink?"
        ),
        judge=_kind,
        hint="Whose data are a path?",
        because="What a link leads to is a path, and has to fit; nobody minds the size of a file.",
        reference="symlink",
    ),
    Exercise(
        key="18.4",
        question=(
            "465 thousand operations a second became 510 to 560 thousand; the summary says 10 to 16 %. "
            "What are the two numbers in percent, to one digit behind the point?"
        ),
        judge=_percents,
        hint="510 / 465 is how many times as much?",
        because="The upper number is a fifth, not a sixth: the source is the table in the patch.",
        reference=(9.7, 20.4),
    ),
    Exercise(
        key="18.5",
        question=(
            "ep_loop_check_proc() answers INT_MAX, and a u8 keeps it. One more is what the next walk sees: "
            "how much is that?"
        ),
        judge=_memo,
        hint="A u8 keeps the lowest eight bits.",
        because="256 is over the limit, so the loop is refused: two mistakes, and one hides the other.",
        reference=256,
    ),
)
