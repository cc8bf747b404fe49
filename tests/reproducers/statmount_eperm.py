"""fccbe38a5d06, EPERM of statmount: is "you may not" told from "there is none"?

A user namespace asks about a mount namespace of its parent, by the id of that namespace.
"""

from mounts import (
    CLONE_NEWNS,
    answer,
    apart,
    listmount,
    new_user_namespace,
    privately,
    report,
    statmount,
    unique_id,
)

# far beyond what a counter reaches
NO_NAMESPACE = 1 << 40


def ask_from_below() -> dict[str, str]:
    mnt = unique_id("/")
    namespace = statmount(mnt)["mnt_ns_id"]

    def ask() -> dict[str, str]:
        new_user_namespace(CLONE_NEWNS)
        return {
            "statmount_where_not_allowed": answer(lambda: statmount(mnt, ns=namespace)),
            "listmount_where_not_allowed": answer(lambda: listmount(mnt=mnt, ns=namespace)),
            "statmount_where_there_is_none": answer(lambda: statmount(mnt, ns=NO_NAMESPACE)),
        }

    return apart(ask)


report(privately(ask_from_below))
