"""The table of refusals: every row is whole, and says its sentences of the mounts that it is given."""

from __future__ import annotations

import re
import string

import pytest

from vfslab.kernel import Refused, refusals
from vfslab.kernel.effects import Check
from vfslab.model import Model
from vfslab.shell.answer import answer
from vfslab.shell.messages import strerror
from vfslab.shell.session import Session

ROWS = dict(refusals.rows())


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Check:
    return ROWS[request.param]


def test_an_errno_has_its_words(row: Check) -> None:
    assert not strerror(row.errno).startswith("Unknown")


def test_a_row_says_what_refuses_and_what_would_succeed(row: Check) -> None:
    for text in (row.condition, row.remedy):
        assert text and text == text.strip()
        assert not re.match(r"[A-Z][a-z]|.*\w\.$", text), "it follows a colon, and is no sentence of its own"


def test_the_remedy_names_nothing_that_the_condition_does_not(row: Check) -> None:
    def names(text: str) -> set[str]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}

    assert names(row.remedy) <= names(row.condition)
    numbers = sorted(names(row.condition))
    assert numbers == [str(number) for number in range(len(numbers))]
    refused = Refused(row, *(f"name{number}" for number in numbers))
    assert all(f"name{number}" in refused.reason for number in numbers)
    assert "{" not in refused.reason + refused.remedy


def refused(transcript: str) -> str:
    """What is said to the last command."""
    with Model() as model:
        return answer(Session(model).run_transcript(transcript)[-1])


SHARED = "mkdir /a /b\nmount -t tmpfs A /a\nmount --make-shared /a\nmkdir /a/x\nmount -t tmpfs X /a/x\n"


@pytest.mark.parametrize(
    ("transcript", "said"),
    [
        (
            f"{SHARED}mount --move /a/x /b",
            "    status 32, EINVAL: do_move_mount: mount 3 (A on /a), the parent of mount 4 (X on"
            " /a/x), is shared\n"
            "    remedy: make mount 3 (A on /a) private first: mount --make-private\n",
        ),
        (
            f"{SHARED}sh2# unshare -m --propagation slave\nsh2# cd /a/x\nsh1# umount /a/x",
            "    status 32, EBUSY: propagate_mount_busy: mount 8 (X on /a/x in namespace 2), which would go"
            " with mount 4 (X on /a/x), is in use\n"
            "    remedy: free mount 8 (X on /a/x in namespace 2) too; or make the parent of mount 4 (X on"
            " /a/x) private first; or take both away lazily, umount -l\n",
        ),
        (
            f"{SHARED}mkdir /a/x/y\nmount --bind /a/x/y /b\nmkdir /b/z\nmount --make-private /b/z",
            "    status 32, EINVAL: do_change_type: /b/z is not the root of a mount but a place in"
            " mount 5 (X on /b)\n"
            "    remedy: name the root of a mount; mount --bind /b/z /b/z makes it one\n",
        ),
        (
            "mkdir /a /b\nmount -t tmpfs A /a\ncd /a\numount -l /a\nmount --move . /b",
            "    status 32, EINVAL: do_move_mount: the source, mount 3 (A, attached nowhere), is not in the"
            " caller's mount namespace\n"
            "    remedy: name a mount of this namespace: no mount moves from one to another\n",
        ),
        (
            "mkdir '/a\x1b'\nrmdir '/a\x1b/c'",
            "    status 1, ENOENT: lookup: there is no c in /a\\x1b\n    remedy: make c there first\n",
        ),
    ],
)
def test_an_answer_names_the_mounts_by_their_places(transcript: str, said: str) -> None:
    assert refused(transcript).endswith(said)


def test_an_answer_tells_where_the_mounts_were_when_it_was_refused() -> None:
    with Model() as model:
        session = Session(model)
        refusal = session.run_transcript(f"{SHARED}mount --move /a/x /b")[-1]
        session.run("sh1", "umount -l /a")
        assert refusal.reason is not None
        assert "mount 4 (X on /a/x)" in refusal.reason
