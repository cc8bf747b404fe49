"""46329a9dd74b, acct(2) is going: the call answers as it always did, before and after.

It is made in a PID namespace of its own, so that no accounting of the machine is switched off.
"""

import ctypes
import errno
import os

from mounts import report

CLONE_NEWPID = 0x20000000
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def acct() -> str:
    """Switch accounting off."""
    return "ok" if libc.acct(None) == 0 else errno.errorcode[ctypes.get_errno()]


def in_a_child(privileged: bool) -> str:
    """What the call answers in the first process of a new PID namespace."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        if libc.unshare(CLONE_NEWPID):
            os.write(write, b"no namespace")
            os._exit(1)
        if os.fork() == 0:
            if not privileged:
                os.setuid(NOBODY)
            os.write(write, acct().encode())
            os._exit(0)
        os.wait()
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(read, 100).decode()


report({"as_root": in_a_child(True), "as_nobody": in_a_child(False)})
