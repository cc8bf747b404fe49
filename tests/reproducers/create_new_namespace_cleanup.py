"""a41dbf5e004e, namespace_sem across the copy: what does a failing OPEN_TREE_NAMESPACE leave behind?

The bottom mount is put into a peer group; then open_tree(2) copies it and fails, for its source is in no
namespace. 7.0-rc1 leaves the freed copy in the ring of peers, and the next unshare(2) walks into it: a kernel
with KASAN or checks of its lists complains. Run it on no such kernel but in a VM.
"""

import os
import time

from mounts import (
    AT_EMPTY_PATH,
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_SHARED,
    OPEN_TREE_NAMESPACE,
    answer,
    apart,
    go_to_the_bottom,
    has_open_tree_namespace,
    mount,
    mounts_ever_made,
    open_tree,
    privately,
    report,
    statmount,
    unique_id,
    unshare,
)

CALLS = 200
COMPLAINTS = ("BUG", "KASAN", "corruption", "WARNING", "Oops")


def said(log: int) -> list[str]:
    """What the kernel has complained of since it was asked last."""
    found = []
    while True:
        try:
            line = os.read(log, 8192).decode(errors="replace").partition(";")[2].partition("\n")[0]
        except BlockingIOError:
            return found
        found += [line] if any(word in line for word in COMPLAINTS) else []


def failing_calls() -> dict[str, object]:
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(log, 0, os.SEEK_END)
    old_root = os.open("/", os.O_PATH)
    go_to_the_bottom()
    mount(None, "/", None, MS_SHARED)

    def fail() -> str:
        return answer(open_tree, old_root, "", OPEN_TREE_NAMESPACE | AT_EMPTY_PATH)

    def fail_as_another_user() -> str:
        unshare(CLONE_NEWUSER)
        return fail()

    facts: dict[str, object] = {"bottom": statmount(unique_id("/"))["fs_type"], "answer": fail()}
    # a freed mount is gone only after a grace period of RCU
    time.sleep(1)
    facts["unshare_afterwards"] = apart(answer, unshare, CLONE_NEWNS)
    before = mounts_ever_made()
    answers = {fail() for _ in range(CALLS)}
    facts["answers"] = sorted(answers)
    facts["mounts_made_by_calls"] = [mounts_ever_made() - before - 1, CALLS]
    facts["answer_in_a_new_user_namespace"] = apart(fail_as_another_user)
    time.sleep(1)
    facts["kernel_complains"] = said(log)
    return facts


known = privately(has_open_tree_namespace)
report({"open_tree_namespace_known": known, **(privately(failing_calls) if known else {})})
