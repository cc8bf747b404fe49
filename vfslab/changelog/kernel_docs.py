"""ac8389617279, the four of exportfs, b0f5804b4178 and ba4c74f80ef3: comments and what they describe.

How a comment is read is known to ``vfslab.blocks.kdoc``; the comments are in ``kernel_doc_texts``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vfslab.blocks.kdoc import Warned, blocks, common_run, warnings
from vfslab.kernel.effects import Code, Step
from vfslab.mechanism import Mechanism

from . import kernel_doc_texts as texts
from .fix import Changed, Fix
from .search import both
from .sides import Sides

LONGEST_RUN = 12
"""So many words in a row may stand in two files."""


@dataclass
class Docs:
    """A file that is looked through. ``warned`` is all that is said of it."""

    blocks: int = 0
    warned: list[str] = field(default_factory=list)
    _source: str = ""


def kernel_doc(docs: Docs) -> Code:
    """Look at every block of the file."""
    for doc, target in blocks(docs._source):
        docs.blocks += 1
        docs.warned += [sentence(one) for one in warnings(doc, target)]
        yield Step("kernel-doc", f"the comment of {doc.name} is held against {target.name}")


def twice(docs: Docs) -> Code:
    """Look for words that stand in the comments too."""
    run = common_run(docs._source, texts.eleven_members().replace("*", " ").replace("@", " "))
    if len(run.split()) > LONGEST_RUN:
        docs.warned.append(f"twice: {run}")
    yield Step("reader", f"{len(run.split())} words in a row stand in both files")


def sentence(warned: Warned) -> str:
    """A warning in a line."""
    return f"{warned.block}: {warned.kind}: {warned.name}"


def _sides(
    commit: str, before: Callable[[], str], after: Callable[[], str], look: Callable[[Docs], Code]
) -> Sides:
    def make(side: str, _: object) -> Mechanism:
        text = before() if side == "before" else after()
        others = texts.RIGHT if look is kernel_doc else ""
        return Mechanism(
            title=f"the words of {commit}",
            state=lambda: Docs(_source=text + others),
            tasks=(("kernel-doc", (("look", look),)),),
            at_end=lambda docs: docs.warned,
        )

    return Sides(commit, make)


NAMES_MATCH = "what is described is what there is, no more and no less"


def _fix(
    commit: str,
    title: str,
    author: str,
    what: str,
    before: Callable[[], str],
    after: Callable[[], str],
    section: str,
    *,
    rule: str = NAMES_MATCH,
    date: str = "2026-02-09",
    release: str = "7.0-rc1",
    look: Callable[[Docs], Code] = kernel_doc,
) -> Fix:
    sides = _sides(commit, before, after, look)
    return Fix(
        commit=commit,
        title=title,
        author=author,
        date=date,  # of the merge; the author's is not known here
        since="the code that was written without it",
        releases=(release,),
        what=what,
        rule=rule,
        changed=(Changed(before, after),),
        scenario=sides,
        find=both(sides),
        notebook="18-words-and-tests.ipynb",
        section=section,
        no_evidence="comments are not compiled",
        covers=(title,),
        area="vfs",
    )


EXPORTFS = "Eleven members"
FIXES = (
    _fix(
        "ac8389617279",
        "iomap: Describe @private in iomap_readahead()",
        "Hongbo Li",
        "a parameter was added, and its description was not",
        texts.iomap_readahead_of_two,
        texts.iomap_readahead,
        "A parameter more",
        date="2026-02-25",
        release="7.0-rc2",
    ),
    _fix(
        "5e7fa6bfa9b5",
        "exportfs: Fix kernel-doc output for get_name()",
        "André Almeida",
        "a constant that has something glued to it comes out as something else",
        texts.get_name_glued,
        texts.get_name,
        EXPORTFS,
        rule="what is marked as a constant is one",
    ),
    _fix(
        "fc76b5968a43",
        "exportfs: Mark struct export_operations functions at kernel-doc",
        "André Almeida",
        "the names of members are nothing but words, so nothing is said of any member",
        texts.members_unmarked,
        texts.members_marked,
        EXPORTFS,
        rule="what is said of a member is marked as that",
    ),
    _fix(
        "7a6f811e2c06",
        "exportfs: Complete kernel-doc for struct export_operations",
        "André Almeida",
        "four of the members have no description",
        texts.seven_members,
        texts.eleven_members,
        EXPORTFS,
    ),
    _fix(
        "f9a6a3fec23a",
        "docs: exportfs: Use source code struct documentation",
        "André Almeida",
        "the same is written in two files, and only one of them is near the code",
        texts.exporting_rst_again,
        texts.exporting_rst,
        EXPORTFS,
        rule="each fact is written once",
        look=twice,
    ),
    _fix(
        "b0f5804b4178",
        "fs: Describe @isnew parameter in ilookup5_nowait()",
        "Bagas Sanjaya",
        "a function answers more than its description says",
        texts.ilookup5_nowait_silent,
        texts.ilookup5_nowait,
        "Between a comment and its function",
    ),
    _fix(
        "ba4c74f80ef3",
        "VFS: fix __start_dirop() kernel-doc warnings",
        "Bagas Sanjaya",
        "a helper has come between a comment and its function",
        texts.start_dirop_above_another,
        texts.start_dirop,
        "Between a comment and its function",
        rule="a comment stands directly above what it names",
    ),
)
