"""Times system calls of the running kernel through libc: python -I kernel_calls.py

In a sandbox such as the oracle's agent makes, with the agent's own calls. It prints a line when it is
ready, and then for each list of calls that it reads what each of them took: seconds spent inside
libc, what it answered. A call is [name, args, value]; an argument {"fd": n} is the descriptor that was
got where the caller's list had the value n.
Ends with a message and status 1 where namespaces are forbidden.
"""

import ctypes
import json
import os
import sys
import time

sys.path.insert(0, os.path.abspath(f"{__file__}/../../.."))

from vfslab.oracle import agent, agent_calls
from vfslab.oracle.agent_libc import libc


class Timed:
    """A function of libc; all of them add up in ``spent`` how long they take."""

    spent = 0.0

    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        start = time.perf_counter()
        try:
            return self.function(*args)
        finally:
            Timed.spent += time.perf_counter() - start


def time_libc():
    """Put a clock around what the agent calls by ctypes: all calls that concern mounts and names."""
    for name, function in list(vars(libc).items()):
        if isinstance(function, ctypes._CFuncPtr):
            setattr(libc, name, Timed(function))


def play(calls):
    """The time and the answer of each call."""
    known = {}
    found = []
    for name, wanted, value in calls:
        args = [
            known.get(arg["fd"], arg["fd"]) if isinstance(arg, dict) and "fd" in arg else arg
            for arg in wanted
        ]
        Timed.spent = 0.0
        kind, answer = agent_calls.answer(name, args)
        if kind == "value" and name in agent_calls.GIVERS:
            known[value] = answer
        found.append([Timed.spent, answer if kind == "errno" else None])
    return found


def in_child(calls):
    """A fresh sandbox for the calls, which dies with a child."""
    out, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        try:
            agent.leave_user_and_pid_namespace()
            agent.enter()
        except agent.Refused as refused:
            print(*refused.args, file=sys.stderr, flush=True)
            os._exit(1)
        answer = json.dumps(play(calls)).encode()
        with open(pipe, "wb") as stream:
            stream.write(answer)
        os._exit(0)
    os.close(pipe)
    with open(out, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit("no sandbox could be made")
    return answer.decode()


def main():
    time_libc()
    in_child([])
    print("ready", flush=True)
    for line in sys.stdin:
        print(in_child(json.loads(line)), flush=True)


main()
