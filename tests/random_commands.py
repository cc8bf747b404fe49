"""Commands for random walks: which there are, over which paths and shells.

Few names and shallow paths on purpose: mounts must meet to be interesting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

SHELLS = ("sh1", "sh2", "sh3")
DIRECTORIES = ("/a", "/b", "/c", "/a/x", "/a/y", "/b/x", "/c/x", "/a/x/z", "/d", "/d/old")
PATHS = (*DIRECTORIES, "/", ".", "..", "/..", "/nope", "/f")
TYPES = ("shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable")
FILES = ("/f", "/g", "/a/f", "/b/x/f", "f", "/a")
FLAGS = (
    "ro",
    "rw",
    "nosuid",
    "nodev,noexec",
    "noatime",
    "relatime",
    "strictatime",
    "nodiratime",
    "nosuid,ro",
    "sync",
)
SETUP = ("mkdir -p " + " ".join(DIRECTORIES), "touch /f /g")

Choose = Callable[[tuple[str, ...]], str]


class Rule(NamedTuple):
    """A kind of command, how often it is wanted, and how to spell one."""

    name: str
    weight: float
    spell: Callable[[Choose], str]


RULES = (
    Rule("tmpfs", 6, lambda choose: f"mount -t tmpfs {choose(('A', 'B', 'C'))} {choose(PATHS)}"),
    Rule("bind", 6, lambda choose: f"mount --bind {choose(PATHS)} {choose(PATHS)}"),
    Rule("rbind", 3, lambda choose: f"mount --rbind {choose(PATHS)} {choose(PATHS)}"),
    Rule("move", 3, lambda choose: f"mount --move {choose(PATHS)} {choose(PATHS)}"),
    Rule("type", 8, lambda choose: f"mount --make-{choose(TYPES)} {choose(PATHS)}"),
    Rule("umount", 4, lambda choose: f"umount {choose(PATHS)}"),
    Rule("umount -l", 3, lambda choose: f"umount -l {choose(PATHS)}"),
    Rule("cd", 3, lambda choose: f"cd {choose(PATHS)}"),
    Rule("pivot_root", 2, lambda choose: f"pivot_root {choose(PATHS)} {choose(PATHS)}"),
    Rule(
        "unshare", 0.7, lambda choose: f"unshare -m --propagation {choose(('private', 'slave', 'unchanged'))}"
    ),
    Rule("chroot", 0.3, lambda choose: f"chroot {choose(PATHS)}"),
    Rule("mkdir", 4, lambda choose: f"mkdir -p {choose(DIRECTORIES)}"),
    Rule("rmdir", 1, lambda choose: f"rmdir {choose(PATHS)}"),
    Rule("ls", 1, lambda choose: f"ls {choose(PATHS)}"),
    Rule("pwd", 0.5, lambda choose: "pwd"),
    Rule("remount,bind", 0.8, lambda choose: f"mount -o remount,bind,{choose(FLAGS)} {choose(PATHS)}"),
    Rule("remount", 0.4, lambda choose: f"mount -o remount,{choose(FLAGS)} {choose(PATHS)}"),
    Rule("tmpfs -o", 0.5, lambda choose: f"mount -t tmpfs -o {choose(FLAGS)} D {choose(PATHS)}"),
    Rule("bind -o", 0.4, lambda choose: f"mount --bind -o {choose(FLAGS)} {choose(PATHS)} {choose(PATHS)}"),
    Rule(
        "bind and type",
        0.6,
        lambda choose: f"mount --rbind --make-{choose(TYPES)} {choose(PATHS)} {choose(PATHS)}",
    ),
    Rule("ramfs", 0.3, lambda choose: f"mount -t ramfs E {choose(PATHS)}"),
    Rule("bind of files", 0.4, lambda choose: f"mount --bind {choose(FILES)} {choose(FILES)}"),
    Rule("umount of files", 0.3, lambda choose: f"umount {choose(FILES)}"),
    Rule("touch", 0.5, lambda choose: f"touch {choose(FILES)}"),
    Rule("rm -r", 0.2, lambda choose: f"rm -r {choose(PATHS)}"),
    Rule("diff -r", 0.2, lambda choose: f"diff -r {choose(PATHS)} {choose(PATHS)}"),
)

# A table this large says no more than a small one, and rbind doubles.
MOST_MOUNTS = 300
