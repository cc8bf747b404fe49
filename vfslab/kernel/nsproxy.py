"""How tasks get into namespaces and out of them: unshare(2), clone(2), setns(2), exit.

What a mount namespace is made of is ``namespace``'s.
Source: kernel/fork.c (ksys_unshare, copy_process), kernel/nsproxy.c (setns), fs/namespace.c (mntns_install),
kernel/user_namespace.c (userns_install), kernel/exit.c.
"""

from __future__ import annotations

from . import refusals
from .effects import Alloc, Code, NotModelled, Refused, Step
from .file_table import exit_files, fget
from .flags import (
    CLONE_EMPTY_MNTNS,
    CLONE_FS,
    CLONE_NEWNS,
    CLONE_NEWUSER,
    UNSHARE_EMPTY_MNTNS,
)
from .globals import Globals
from .links import topmost_overmount
from .namespace import copy_mnt_ns, put_mnt_ns
from .objects import MntNamespace, Path
from .other_namespaces import CLONE_FLAGS, MADE_HERE, create_other_namespaces, other_namespace
from .procfs import ptrace_may_access
from .tasks import FsStruct, Task, UserNamespace
from .user_namespace import create_user_ns
from .vfsmount import path_get, path_put

# Flags that are right for unshare(2) or clone(2) and concern nothing that is modelled.
ELSEWHERE = {
    "CLONE_NEWTIME": CLONE_FLAGS["time"],
    "CLONE_VM": 0x100,
    "CLONE_FILES": 0x400,
    "CLONE_SIGHAND": 0x800,
    "CLONE_THREAD": 0x10000,
    "CLONE_SYSVSEM": 0x40000,
    "CLONE_NEWPID": CLONE_FLAGS["pid"],
}
MADE_FLAGS = sum(CLONE_FLAGS[kind] for kind in MADE_HERE)


def refuse_elsewhere(flags: int) -> None:
    """Raises NotModelled for flags that a kernel would take and this one has nothing for."""
    names = [name for name, flag in ELSEWHERE.items() if flags & flag]
    if names:
        raise NotModelled("copy_namespaces", ", ".join(names))


def copy_fs_struct(fs: FsStruct) -> FsStruct:
    """A private copy, with references of its own."""
    return FsStruct(path_get(fs.root), path_get(fs.pwd))


def free_fs_struct(k: Globals, fs: FsStruct) -> None:
    """One user less; the last lets go of the two places."""
    fs.users -= 1
    if not fs.users:
        path_put(k, fs.root)
        path_put(k, fs.pwd)


def fs_copy(task: Task) -> Code:
    """The task's root and cwd in a copy nobody else sees. Raises ENOMEM."""
    if (yield Alloc("unshare_fs", "struct fs_struct")):
        raise Refused(refusals.NO_MEMORY, "struct fs_struct")
    fs = copy_fs_struct(task.fs)
    yield Step("unshare_fs", "the task's root and cwd are copied, to be moved over to the new namespace")
    return fs


def unshare_fs(task: Task, flags: int) -> Code:
    """The task's root and cwd in a copy nobody else sees, or None: neither is to change. Raises ENOMEM."""
    if not flags & CLONE_NEWNS and task.fs.users == 1:
        return None
    return (yield from fs_copy(task))


def unshare_fs_if_shared(task: Task, flags: int) -> Code:
    """The same as it was from 2.6.16 on: what nobody shares is not copied, although it is in use."""
    if task.fs.users == 1:
        return None
    return (yield from fs_copy(task))


def do_unshare(k: Globals, task: Task, flags: int) -> Code:
    """unshare(2) with CLONE_NEWNS, CLONE_NEWUSER, CLONE_FS, the flags of MADE_HERE.

    Since 7.1 UNSHARE_EMPTY_MNTNS, too.
    The task goes on in a copy of its mount namespace, as root of a new user namespace, with a root and cwd of
    its own. Raises EINVAL for an unknown flag, EPERM, ENOSPC, ENOMEM with nothing changed.
    """
    known = CLONE_NEWNS | CLONE_FS | CLONE_NEWUSER | MADE_FLAGS
    if k.release.empty_mntns:
        known |= UNSHARE_EMPTY_MNTNS
    refuse_elsewhere(flags)
    if flags & ~known:
        raise Refused(refusals.UNSHARE_UNKNOWN_FLAG, hex(flags))
    if flags & UNSHARE_EMPTY_MNTNS:
        flags |= CLONE_NEWNS
    fs = yield from (unshare_fs if k.release.unshare_copies_fs else unshare_fs_if_shared)(task, flags)
    try:
        user_ns = create_user_ns(k, task) if flags & CLONE_NEWUSER else task.user_ns
        ns = None
        if flags & (CLONE_NEWNS | MADE_FLAGS) and user_ns is task.user_ns and not task.capable(user_ns):
            raise Refused(refusals.UNSHARE_NOT_CAPABLE)
        if flags & CLONE_NEWNS:
            empty = bool(flags & UNSHARE_EMPTY_MNTNS)
            ns = yield from copy_mnt_ns(k, task.mnt_ns, user_ns, fs or task.fs, empty=empty)
        try:
            made = yield from create_other_namespaces(k, flags, user_ns)
        except Refused:
            if ns is not None:
                yield from put_mnt_ns(k, ns)
            raise
    except Refused:
        if fs is not None:
            free_fs_struct(k, fs)
        raise
    old_fs, old_ns = task.fs, task.mnt_ns
    if fs is not None:
        task.fs = fs
    if ns is not None:
        task.mnt_ns = ns
    task.others = task.others | made
    if ns is not None or made:
        yield Step("switch_task_namespaces", "the task is now in the new namespace")
    if flags & CLONE_NEWUSER:
        task.user_ns, task.dropped = user_ns, frozenset()
        yield Step("commit_creds", "the task is root of a user namespace of its own")
    if fs is not None:
        free_fs_struct(k, old_fs)
    if ns is not None:
        yield from put_mnt_ns(k, old_ns)


def do_clone(k: Globals, task: Task, flags: int, comm: str) -> Code:
    """clone(2) of a child called ``comm``.

    The flags are CLONE_NEWNS, CLONE_NEWUSER, CLONE_FS, those of MADE_HERE and, since 7.1, CLONE_EMPTY_MNTNS.

    Gives the new task. Raises EINVAL, EPERM, ENOSPC, ENOMEM; then there is no child.
    """
    known = (
        CLONE_NEWNS
        | CLONE_FS
        | CLONE_NEWUSER
        | MADE_FLAGS
        | (CLONE_EMPTY_MNTNS if k.release.empty_mntns else 0)
    )
    refuse_elsewhere(flags)
    if flags & ~known:
        raise Refused(refusals.CLONE_UNKNOWN_FLAG, hex(flags))
    if flags & CLONE_EMPTY_MNTNS:
        flags |= CLONE_NEWNS
    if flags & CLONE_FS and flags & (CLONE_NEWNS | CLONE_NEWUSER):
        raise Refused(refusals.CLONE_FS_AND_NAMESPACE)
    user_ns = create_user_ns(k, task) if flags & CLONE_NEWUSER else task.user_ns
    if flags & CLONE_FS:
        fs = task.fs
        fs.users += 1
    else:
        if (yield Alloc("copy_fs", "struct fs_struct")):
            raise Refused(refusals.NO_MEMORY, "struct fs_struct")
        fs = copy_fs_struct(task.fs)
    ns = task.mnt_ns
    try:
        if flags & (CLONE_NEWNS | MADE_FLAGS) and user_ns is task.user_ns and not task.capable(user_ns):
            raise Refused(refusals.CLONE_NOT_CAPABLE)
        if flags & CLONE_NEWNS:
            ns = yield from copy_mnt_ns(k, ns, user_ns, fs, empty=bool(flags & CLONE_EMPTY_MNTNS))
        else:
            ns.count += 1
        try:
            made = yield from create_other_namespaces(k, flags, user_ns)
        except Refused:
            yield from put_mnt_ns(k, ns)
            raise
    except Refused:
        free_fs_struct(k, fs)
        raise
    child = new_task(k, comm, fs, ns, user_ns)
    if user_ns is task.user_ns:
        child.dropped = task.dropped
    child.others = task.others | made
    inherit_files(task, child)
    yield Step("copy_process", f"{comm} is a child of {task.comm}")
    return child


def new_task(k: Globals, comm: str, fs: FsStruct, ns: MntNamespace, user_ns: UserNamespace) -> Task:
    """A task with the next pid, which takes over the caller's references to ``fs`` and ``ns``."""
    k.last_pid += 1
    task = k.tasks[k.last_pid] = Task(k.last_pid, comm, fs, ns, user_ns)
    return task


def inherit_files(task: Task, child: Task) -> None:
    """The child has the same descriptors, of the same files (copy_files)."""
    child.files = dict(task.files)
    for file in child.files.values():
        file.f_count += 1


def do_setns(k: Globals, task: Task, fd: int, nstype: int) -> Code:
    """setns(2) into the mount or user namespace of an nsfs file, or into those of a pidfd's task.

    ``nstype`` is 0 for any kind, or CLONE_NEW*, of which a pidfd takes several.
    Raises EBADF, EINVAL, EPERM.
    """
    dentry = fget(task, fd).f_path.dentry
    target = dentry.ns
    if isinstance(target, Task):
        return (yield from setns_pidfd(k, task, target, nstype))
    other = next((ns for ns in k.others if ns.file.dentry is dentry), None)
    if target is None and other is None:
        raise Refused(refusals.SETNS_NO_NAMESPACE, fd)
    if other is not None:
        kind = CLONE_FLAGS[other.kind]
    else:
        kind = CLONE_NEWNS if isinstance(target, MntNamespace) else CLONE_NEWUSER
    if nstype not in (0, kind):
        raise Refused(refusals.SETNS_OTHER_KIND, fd)
    if isinstance(target, MntNamespace):
        mntns_install(task, target, task.user_ns)
        yield from enter_mnt_ns(k, task, target)
    elif target is not None:
        userns_install(task, target)
        yield from enter_user_ns(task, target)
    elif other is not None:
        install_other(task, other.user_ns, task.user_ns)
        task.others = task.others | {other.kind: other.number}


def setns_pidfd(k: Globals, task: Task, other: Task, nstype: int) -> Code:
    """All namespaces that are asked for, or none; the task's rights are those of before."""
    others = [other_namespace(k, kind, other) for kind, flag in CLONE_FLAGS.items() if nstype & flag]
    if not nstype or nstype & ~(CLONE_NEWNS | CLONE_NEWUSER | sum(CLONE_FLAGS.values())):
        raise Refused(refusals.SETNS_PIDFD_FLAGS, hex(nstype))
    if k.tasks.get(other.pid) is not other:
        raise Refused(refusals.SETNS_PROCESS_GONE, other.comm)
    if not ptrace_may_access(task, other):
        raise Refused(refusals.SETNS_MAY_NOT_LOOK_INTO, other.comm)
    user_ns = task.user_ns
    if nstype & CLONE_NEWUSER:
        userns_install(task, other.user_ns)
        user_ns = other.user_ns
    if nstype & CLONE_NEWNS:
        # Beside another namespace a copy of the fs_struct is judged (prepare_nsset), which nobody shares.
        mntns_install(task, other.mnt_ns, user_ns, copied=nstype != CLONE_NEWNS)
    for entered in others:
        install_other(task, entered.user_ns, user_ns)
    if nstype & CLONE_NEWUSER:
        yield from enter_user_ns(task, other.user_ns)
    if nstype & CLONE_NEWNS:
        yield from enter_mnt_ns(k, task, other.mnt_ns)
    task.others = task.others | {entered.kind: entered.number for entered in others}


def install_other(task: Task, owner: UserNamespace, user_ns: UserNamespace) -> None:
    """Whether a task that will be in ``user_ns`` may enter a namespace of ``owner``'s. Raises EPERM."""
    if not (task.capable(owner) and task.capable(user_ns)):
        raise Refused(refusals.SETNS_OTHER_NOT_CAPABLE)


def mntns_install(task: Task, ns: MntNamespace, user_ns: UserNamespace, *, copied: bool = False) -> None:
    """Whether a task that will be in ``user_ns`` may enter; ``copied`` if with a copy of its fs_struct.

    Raises EPERM, EINVAL.
    """
    for owner, capability in (
        (ns.user_ns, "CAP_SYS_ADMIN"),
        (user_ns, "CAP_SYS_CHROOT"),
        (user_ns, "CAP_SYS_ADMIN"),
    ):
        if not task.capable(owner, capability):
            raise Refused(refusals.SETNS_NOT_CAPABLE, capability)
    if ns.anon:
        raise Refused(refusals.SETNS_ANONYMOUS)
    if task.fs.users > 1 and not copied:
        raise Refused(refusals.SETNS_SHARED_FS)


def userns_install(task: Task, user_ns: UserNamespace) -> None:
    """Whether the task may enter the user namespace. Raises EINVAL for its own, EPERM without rights."""
    if user_ns is task.user_ns:
        raise Refused(refusals.SETNS_OWN_USER_NAMESPACE)
    if task.fs.users > 1:
        raise Refused(refusals.SETNS_SHARED_FS)
    if not task.capable(user_ns):
        raise Refused(refusals.SETNS_NOT_CAPABLE, "CAP_SYS_ADMIN")


def enter_mnt_ns(k: Globals, task: Task, ns: MntNamespace) -> Code:
    """From now on in ``ns``, with root and cwd on the top of what is mounted on its root."""
    assert ns.root is not None, "a namespace in use has a root"
    top = topmost_overmount(ns.root)
    place = Path(top, top.mnt_root)
    old_ns, old_paths = task.mnt_ns, (task.fs.root, task.fs.pwd)
    ns.count += 1
    task.mnt_ns = ns
    task.fs.root, task.fs.pwd = path_get(place), path_get(place)
    yield Step(
        "mntns_install", "the task enters the namespace, its root and cwd on {others[0]}", (), (top.id,)
    )
    for path in old_paths:
        path_put(k, path)
    yield from put_mnt_ns(k, old_ns)


def enter_user_ns(task: Task, user_ns: UserNamespace) -> Code:
    """From now on root of ``user_ns``."""
    task.user_ns, task.dropped = user_ns, frozenset()
    yield Step("userns_install", "the task is root of another user namespace")


def do_capset(k: Globals, task: Task, names: list[str]) -> Code:
    """capset(2), only ever to give capabilities up, in the task's own user namespace."""
    task.dropped |= frozenset(names)
    yield Step("cap_capset", f"the task gives up {', '.join(sorted(names))}")


def do_exit(k: Globals, task: Task) -> Code:
    """The task ends: its descriptors, root, cwd and namespace lose a reference (exit_files, exit_fs, …)."""
    del k.tasks[task.pid]
    exit_files(k, task)
    free_fs_struct(k, task.fs)
    yield from put_mnt_ns(k, task.mnt_ns)
