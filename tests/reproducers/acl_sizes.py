"""6cbfdf89470e, posix_acl_to_xattr: how many bytes does the kernel give back for an access control list?

The change is one of shape: the answers are the same before it and after it.
"""

import os
import struct

from mounts import SCRATCH, name_of, privately, report

ACCESS = "system.posix_acl_access"
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER, NO_ID = 1, 2, 4, 16, 32, 0xFFFFFFFF


def with_entries(count):
    users = [(USER, 6, 1000 + number) for number in range(count - 4)]
    mask = [(MASK, 7, NO_ID)] if count > 3 else []
    entries = [(USER_OBJ, 7, NO_ID), *users, (GROUP_OBJ, 5, NO_ID), *mask, (OTHER, 4, NO_ID)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def back(path):
    try:
        return os.getxattr(path, ACCESS)
    except OSError as error:
        return name_of(error)


def experiment():
    found = {}
    for count in (3, 5, 24):
        path = f"{SCRATCH}/{count}"
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            os.setxattr(path, ACCESS, with_entries(count))
        except OSError as error:
            found[f"{count} entries"] = {"setxattr": name_of(error)}
            continue
        got = back(path)
        found[f"{count} entries"] = {
            "setxattr": "ok",
            "mode": oct(os.stat(path).st_mode & 0o7777),
            "getxattr": got if isinstance(got, str) else len(got),
            "the same bytes": got == with_entries(count),
        }
    with_five = back(f"{SCRATCH}/5")
    found["bytes of 5 entries"] = with_five if isinstance(with_five, str) else with_five.hex(" ", 4)
    return found


report(privately(experiment))
