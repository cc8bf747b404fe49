"""Why this machine refuses a sandbox, in words, and what to do about it.

Takes the step that was refused and its errno, looks at the switches that are
known to cause it, and gives back a sentence. It starts nothing and changes
nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

DENIED = ("EPERM", "EACCES")


class Cause(NamedTuple):
    """A file under /proc that holds the line ``text`` where namespaces are refused.

    It answers for a step that begins with ``step`` and was refused with one of ``errnos``.
    """

    step: str
    errnos: tuple[str, ...]
    path: str
    text: str
    why: str
    remedy: str


CAUSES = (
    Cause(
        "unshare(CLONE_NEWUSER",
        ("ENOSPC",),
        "sys/user/max_user_namespaces",
        "\n0\n",
        "user namespaces are switched off: /proc/sys/user/max_user_namespaces is 0",
        "as root, sysctl user.max_user_namespaces=10000",
    ),
    Cause(
        "unshare(CLONE_NEWNS",
        ("ENOSPC",),
        "sys/user/max_mnt_namespaces",
        "\n0\n",
        "mount namespaces are switched off: /proc/sys/user/max_mnt_namespaces is 0",
        "as root, sysctl user.max_mnt_namespaces=10000",
    ),
    Cause(
        "unshare(CLONE_NEWUSER",
        DENIED,
        "sys/kernel/unprivileged_userns_clone",
        "\n0\n",
        "user namespaces are for root only: /proc/sys/kernel/unprivileged_userns_clone is 0",
        "as root, sysctl kernel.unprivileged_userns_clone=1",
    ),
    Cause(
        "",
        DENIED,
        "sys/kernel/apparmor_restrict_unprivileged_userns",
        "\n1\n",
        "AppArmor restricts user namespaces: /proc/sys/kernel/apparmor_restrict_unprivileged_userns is 1",
        "as root, sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    Cause(
        "",
        DENIED,
        "self/status",
        "\nSeccomp:\t2\n",
        "a seccomp filter is active, as in a container",
        "start the container with --cap-add SYS_ADMIN or --security-opt seccomp=unconfined",
    ),
)
# (step, errno) where no file tells
OTHERWISE = {
    ("unshare", "ENOSPC"): (
        "a limit on namespaces is reached",
        "raise it in /proc/sys/user, or nest fewer namespaces",
    ),
    ("unshare", "EINVAL"): ("this kernel is built without such namespaces", "use another kernel"),
    ("mount(/,", "EINVAL"): ("this process is in a chroot, at no mount", "run it outside of the chroot"),
    ("getcwd(2)", "ENOSYS"): (
        "the number of this call is not known for such a machine or interpreter",
        "use a 64-bit interpreter, or add the number to NUMBERS in vfslab/oracle/agent_libc.py",
    ),
    ("open(/proc", "ENOENT"): ("no procfs is mounted on /proc", "mount one"),
}
UNKNOWN = (
    "a security module or a container forbids it, or this process is in a chroot",
    "run it as root, or where user namespaces are allowed",
)


def explain(step: str, errno: str, proc: Path = Path("/proc")) -> str:
    """What was asked, the errno, why it was refused, and what to do.

    ``step`` is the agent's name for what the kernel refused, ``errno`` a name such as "EPERM".
    """
    found = [
        (cause.why, cause.remedy)
        for cause in CAUSES
        if step.startswith(cause.step)
        and errno in cause.errnos
        and cause.text in "\n" + _text(proc / cause.path)
    ]
    if not found:
        found = [
            text for (start, code), text in OTHERWISE.items() if step.startswith(start) and errno == code
        ]
    whys, remedies = zip(*(found or [UNKNOWN]), strict=True)
    return f"{step}: {errno} ({'; '.join(whys)}). To allow it: {'; or '.join(remedies)}."


def _text(path: Path) -> str:
    """The text of a file; nothing where it does not exist or may not be read."""
    try:
        return path.read_text()
    except OSError:
        return ""
