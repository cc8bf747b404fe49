"""Loading: a kernel made from a table shows that table again, and keeps the kernel's rules."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mountinfo_tables import OWN, kept, read, tables
from random_commands import SETUP, SHELLS
from test_random import commands
from vfslab import invariants
from vfslab.kernel.releases import RELEASES
from vfslab.load import LoadError, load
from vfslab.model import Model
from vfslab.mountinfo import Entry, format, parse
from vfslab.shell.session import Session
from vfslab.snapshot import Snapshot
from vfslab.take import take

RELEASE = "7.0"


def as_far_as_a_kernel_goes(text: str) -> str:
    """``text`` without tags that nobody knows, and with the same options for all mounts of a filesystem."""
    first: dict[tuple[str, str], str] = {}
    return format(
        entry._replace(
            tags=tuple(tag for tag in entry.tags if "tomorrow" not in tag),
            super_options=first.setdefault((entry.dev, entry.fstype), entry.super_options),
        )
        for entry in parse(text)
    )


def shows_itself_again(text: str, release: str = RELEASE) -> None:
    kernel = load(Snapshot.from_mountinfo(text), release)
    assert take(kernel).mountinfo(1) == as_far_as_a_kernel_goes(text)
    assert invariants.check(kernel) == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", ["desktop", "docker-host", "container"])
def test_a_kept_table_shows_itself_again(name: str, release: str) -> None:
    shows_itself_again(kept(name), release)


@pytest.mark.skipif(not OWN.exists(), reason="there is no /proc")
def test_the_table_of_this_machine_shows_itself_again() -> None:
    shows_itself_again(read(OWN))


@given(tables())
def test_any_table_shows_itself_again(entries: list[Entry]) -> None:
    assume(not any("//" in entry.mountpoint for entry in entries))
    try:
        shows_itself_again(format(entries))
    except LoadError as error:
        assume(not any(words in str(error) for words in ("on one place", "different masters", "in a file")))
        raise


@given(st.lists(st.tuples(st.sampled_from(SHELLS), commands()), max_size=40))
@settings(max_examples=60)
def test_what_a_model_went_through_can_be_loaded(walk: list[tuple[str, str]]) -> None:
    with Model() as model:
        session = Session(model)
        for command in SETUP:
            session.run("sh1", command)
        for shell, command in walk:
            session.run(shell, command)
        seen = take(model.kernel)
        namespaces = {task.ns for task in seen.tasks.values()}
        attached = {id: mount for id, mount in seen.mounts.items() if mount.ns in namespaces}
        standing = {place.mount for task in seen.tasks.values() for place in (task.root, task.cwd)}
        masters = {mount.master_mount for mount in attached.values()} - {0}
        assume(standing | masters <= attached.keys())
        spaces = {id: row._replace(owner=0) for id, row in seen.namespaces.items() if id in namespaces}
        seen = Snapshot(attached, spaces, seen.tasks)
        assert take(load(seen, RELEASE)).normalise() == seen.normalise()


SLAVES = """\
20 1 0:39 / / rw,relatime - tmpfs tmpfs rw
21 20 0:40 / /a rw,relatime shared:7 master:5 propagate_from:2 - tmpfs A rw
22 20 0:40 /sub /b rw,relatime master:5 propagate_from:2 - tmpfs A rw
23 20 0:40 / /c rw,relatime shared:2 - tmpfs A rw
24 20 0:41 / /d rw,relatime master:9 - tmpfs D rw
"""


def test_a_master_that_is_not_listed_is_elsewhere() -> None:
    shows_itself_again(SLAVES)
    snapshot = take(load(Snapshot.from_mountinfo(SLAVES), RELEASE))
    outside = [mount for mount in snapshot.mounts.values() if mount.ns == 2 and mount.shared]
    assert [(mount.group, mount.master, mount.root, mount.source) for mount in outside] == [
        (5, 2, "/", "A"),
        (9, 0, "/", "D"),
    ]


CHROOT = """\
31 20 0:40 / /a rw,relatime - tmpfs A rw
32 31 0:41 / /a/b rw,relatime - tmpfs B rw
33 20 0:42 / / rw,relatime - tmpfs C rw
"""


def test_a_root_that_is_a_directory_is_called_by_the_paths_of_the_reader() -> None:
    shows_itself_again(CHROOT)
    kernel = load(Snapshot.from_mountinfo(CHROOT), RELEASE)
    assert [str(mount) for mount in kernel.mounts.values()] == [
        "mount 20 ((not listed) on /)",
        "mount 31 (A on /a)",
        "mount 32 (B on /a/b)",
        "mount 33 (C on /)",
    ]


def test_numbers_of_the_table_are_not_given_out_again() -> None:
    with Model(kernel=load(Snapshot.from_mountinfo(SLAVES), RELEASE)) as model:
        session = Session(model)
        session.run("sh1", "mount -t tmpfs new /c")
        *old, new, copy = parse(session.mountinfo("sh1"))
    assert format(old) == SLAVES
    assert (new.mountpoint, copy.mountpoint) == ("/c", "/a")
    assert len({entry.mount_id for entry in (*old, new, copy)}) == 7
    assert (new.tags, new.dev, copy.tags[0]) == (("shared:10",), "0:44", "shared:12")


def line(number: int, parent: int, mountpoint: str, *tags: str, root: str = "/") -> str:
    return " ".join((f"{number} {parent} 0:1 {root} {mountpoint} rw", *tags, "- tmpfs x rw\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are no mounts in it"),
        (
            line(2, 1, "/") + line(3, 9, "/a"),
            "it is not whole: the parent of mount 3 x on /a, mount 9, is not listed",
        ),
        (
            line(2, 1, "/") + line(3, 2, "/a") + line(4, 2, "/a"),
            "mount 4 x on /a and mount 3 are on one place of mount 2",
        ),
        (
            line(2, 1, "/") + line(3, 2, "/n", root="mnt:[1]") + line(4, 3, "/n/x"),
            "mount 4 x on /n/x lies in a file",
        ),
        (
            line(2, 1, "/", "shared:1", "master:2") + line(3, 2, "/a", "shared:1"),
            "the members of peer group 1 have different masters",
        ),
        (
            line(2, 1, "/", "shared:1", "master:2") + line(3, 2, "/a", "shared:2", "master:1"),
            "peer group 1 is in a cycle of masters",
        ),
    ],
)
def test_what_cannot_be_true(text: str, said: str) -> None:
    with pytest.raises(LoadError) as error:
        load(Snapshot.from_mountinfo(text), RELEASE)
    assert str(error.value) == said


def test_a_release_that_is_not_modelled() -> None:
    with pytest.raises(ValueError, match=r"no release '2\.6'"):
        load(Snapshot.from_mountinfo(SLAVES), "2.6")
