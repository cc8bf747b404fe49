"""Why a sandbox is refused, in words: one row for each cause that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfslab.oracle.permission import explain

NEWUSER = "unshare(CLONE_NEWUSER)"
NEWNS = "unshare(CLONE_NEWNS)"
FILTER = {"self/status": "Name:\tpython\nSeccomp:\t2\nSeccomp_filters:\t1\n"}
NO_FILTER = {"self/status": "Name:\tpython\nSeccomp:\t0\nSeccomp_filters:\t0\n"}
USERNS_LIMIT = "sys/user/max_user_namespaces"
MNTNS_LIMIT = "sys/user/max_mnt_namespaces"
DEBIAN = "sys/kernel/unprivileged_userns_clone"
APPARMOR = "sys/kernel/apparmor_restrict_unprivileged_userns"


@pytest.mark.parametrize(
    ("step", "errno", "files", "why", "remedy"),
    [
        (
            NEWUSER,
            "ENOSPC",
            {USERNS_LIMIT: "0\n"},
            "user namespaces are switched off",
            "max_user_namespaces=1",
        ),
        (NEWUSER, "ENOSPC", {USERNS_LIMIT: "10\n"}, "a limit on namespaces is reached", "raise it"),
        (
            NEWNS,
            "ENOSPC",
            {MNTNS_LIMIT: "0\n", USERNS_LIMIT: "0\n"},
            "mount namespaces are sw",
            "max_mnt_name",
        ),
        (
            NEWUSER,
            "EPERM",
            {DEBIAN: "0\n"},
            "user namespaces are for root only",
            "unprivileged_userns_clone=1",
        ),
        (NEWUSER, "EPERM", {DEBIAN: "1\n"}, "a security module or a container forbids it", "as root"),
        ("write(/proc/self/uid_map)", "EPERM", {APPARMOR: "1\n"}, "AppArmor restricts", "userns=0"),
        (NEWNS, "EACCES", {APPARMOR: "1\n"}, "AppArmor restricts", "userns=0"),
        (NEWNS, "EPERM", {APPARMOR: "0\n"}, "a security module or a container forbids it", "as root"),
        (NEWNS, "EPERM", FILTER, "a seccomp filter is active", "--cap-add SYS_ADMIN"),
        (NEWNS, "EPERM", NO_FILTER, "a security module or a container forbids it", "as root"),
        (NEWUSER, "EPERM", {APPARMOR: "1\n", **FILTER}, "AppArmor restricts", "seccomp=unconfined"),
        (NEWUSER, "EPERM", {APPARMOR: "1\n", **FILTER}, "; a seccomp filter is active", "; or start"),
        (NEWUSER, "EINVAL", {}, "this kernel is built without such namespaces", "another kernel"),
        ("mount(/, MS_REC|MS_PRIVATE)", "EINVAL", {}, "this process is in a chroot, at no mount", "outside"),
        ("open(/proc)", "ENOENT", {}, "no procfs is mounted on /proc", "mount one"),
        ("pivot_root", "EPERM", {}, "a security module or a container forbids it", "as root"),
    ],
)
def test_explain(tmp_path: Path, step: str, errno: str, files: dict[str, str], why: str, remedy: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = explain(step, errno, tmp_path)
    assert said.startswith(f"{step}: {errno} (")
    reasons, separator, remedies = said.partition("). To allow it: ")
    assert separator
    assert why in reasons
    assert remedy in remedies
