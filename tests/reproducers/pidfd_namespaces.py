"""4a1ddb0f1c48, the misleading break of pidfs: the ioctls of that switch say the same before and after."""

import fcntl
import os

from mounts import answer, report

# PIDFD_GET_CGROUP_NAMESPACE and on, in the order of their numbers
NAMES = ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts")
PIDFS_IOCTL_MAGIC = 0xFF


def request(name: str) -> int:
    return PIDFS_IOCTL_MAGIC << 8 | NAMES.index(name) + 1


def opened(pidfd: int, name: str) -> str:
    """Does the ioctl open the namespace that /proc shows? Or the errno."""
    files: list[int] = []
    said = answer(lambda: files.append(fcntl.ioctl(pidfd, request(name))))
    if said != "ok":
        return said
    same = os.path.sameopenfile(files[0], os.open(f"/proc/self/ns/{name}", os.O_RDONLY))
    return "the namespace of /proc" if same else "another namespace"


def of_a_process_that_is_gone() -> str:
    child = os.fork()
    if child == 0:
        os._exit(0)
    pidfd = os.pidfd_open(child)
    os.waitpid(child, 0)
    return answer(fcntl.ioctl, pidfd, request("user"))


own = os.pidfd_open(os.getpid())
report({"opened": {name: opened(own, name) for name in NAMES}, "process_gone": of_a_process_that_is_gone()})
