"""Every rule holds in a busy state, and each is seen to break when exactly it is broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vfslab import invariants
from vfslab.kernel import Kernel
from vfslab.kernel.flags import MNT_UMOUNT, T_SHARED, T_UNBINDABLE
from vfslab.kernel.objects import Mount, Mountpoint, Path
from vfslab.model import Model
from vfslab.shell.session import Session

# A peer group of three with two slaves of which one is shared, a stack, and a lazily unmounted cwd.
BUSY = """
mkdir /a /b /c /s /t /z
mount -t tmpfs disk /a
mount --make-shared /a
mount --bind /a /b
mount --bind /a /c
mount --bind /a /s
mount --make-slave /s
mount --make-shared /s
mount --bind /a /t
mount --make-slave /t
mkdir /a/x
mount -t tmpfs X /a/x
mount -t tmpfs top /c/x
mount -t tmpfs gone /z
sh2# cd /z
sh1# umount -l /z
sh3# unshare -m --propagation unchanged
"""


@pytest.fixture
def kernel() -> Kernel:
    model = Model()
    for result in Session(model).run_transcript(BUSY):
        assert result.status == 0, result
    return model.kernel


def at(kernel: Kernel, path: str) -> Mount:
    """The first mount of the first namespace whose mountpoint is a directory of that name."""
    for mount in kernel.init_ns.mounts.values():
        if mount.mnt_mountpoint.d_name == path:
            return mount
    raise LookupError(path)


def test_a_busy_state_keeps_every_rule(kernel: Kernel) -> None:
    assert invariants.check(kernel) == []
    assert sum(1 for mount in kernel.mounts.values() if mount.mnt_flags & MNT_UMOUNT) == 1


def dangling(kernel: Kernel) -> None:
    del kernel.mounts[at(kernel, "t").id]


def ring(kernel: Kernel) -> None:
    at(kernel, "a").mnt_share_next.mnt_share_prev = at(kernel, "t")


def group(kernel: Kernel) -> None:
    at(kernel, "t").mnt_group_id = at(kernel, "a").mnt_group_id
    at(kernel, "t").mnt_t_flags |= T_SHARED


def common_master(kernel: Kernel) -> None:
    at(kernel, "b").mnt_master = at(kernel, "s")


def contiguous(kernel: Kernel) -> None:
    first, second = at(kernel, "s"), at(kernel, "t")
    outsider = at(kernel, "b")
    for mount in (first, second):
        mount.mnt_slave_next = mount.mnt_slave_prev = None
    master = at(kernel, "a")
    master.mnt_slave_list = first
    first.mnt_slave_next, outsider.mnt_slave_prev = outsider, first
    outsider.mnt_slave_next, second.mnt_slave_prev = second, outsider
    second.mnt_group_id = first.mnt_group_id


def shared(kernel: Kernel) -> None:
    at(kernel, "a").mnt_t_flags &= ~T_SHARED


def unbindable(kernel: Kernel) -> None:
    at(kernel, "a").mnt_t_flags |= T_UNBINDABLE


def slave_list(kernel: Kernel) -> None:
    at(kernel, "t").mnt_master = at(kernel, "b")


def master(kernel: Kernel) -> None:
    heir = at(kernel, "s")
    assert heir.mnt_master is not None
    heir.mnt_master.mnt_t_flags &= ~T_SHARED


def unmounted(kernel: Kernel) -> None:
    at(kernel, "s").mnt_flags |= MNT_UMOUNT


def tree(kernel: Kernel) -> None:
    at(kernel, "b").mnt_mountpoint.d_mountpoint = Mountpoint(at(kernel, "b").mnt_mountpoint)


def pins(kernel: Kernel) -> None:
    root = at(kernel, "t").mnt_root
    root.d_mountpoint = Mountpoint(root)


def membership(kernel: Kernel) -> None:
    del kernel.init_ns.mounts[at(kernel, "t").id]


def reservation(kernel: Kernel) -> None:
    kernel.init_ns.pending_mounts = 3


def tasks(kernel: Kernel) -> None:
    mount = at(kernel, "t")
    kernel.init.fs.pwd = Path(mount, mount.mnt_root)
    del kernel.mounts[mount.id]


def namespace_references(kernel: Kernel) -> None:
    kernel.init_ns.count += 1


def superblock_references(kernel: Kernel) -> None:
    kernel.init.fs.root.mnt.mnt_sb.s_active += 1


def references(kernel: Kernel) -> None:
    at(kernel, "a").mnt_count += 1


BREAKERS: dict[str, list[Callable[[Kernel], None]]] = {
    "dangling": [dangling],
    "ring": [ring],
    "group": [group],
    "common master": [common_master],
    "contiguous": [contiguous],
    "shared": [shared],
    "unbindable": [unbindable],
    "slave list": [slave_list],
    "master": [master],
    "unmounted": [unmounted],
    "tree": [tree],
    "pins": [pins],
    "membership": [membership, reservation],
    "tasks": [tasks],
    "namespace references": [namespace_references],
    "references": [references],
    "superblock references": [superblock_references],
}


def test_every_rule_has_a_breaker() -> None:
    assert [rule.name for rule in invariants.RULES] == list(BREAKERS)


@pytest.mark.parametrize(
    ("name", "breaker"),
    [(name, breaker) for name, breakers in BREAKERS.items() for breaker in breakers],
    ids=[breaker.__name__ for breakers in BREAKERS.values() for breaker in breakers],
)
def test_a_broken_rule_is_named(kernel: Kernel, name: str, breaker: Callable[[Kernel], None]) -> None:
    breaker(kernel)
    broken = [violation for violation in invariants.check(kernel) if violation.rule.name == name]
    assert broken
    assert str(broken[0]).startswith(f"{name}: ")
