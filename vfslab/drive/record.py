"""record: kernel code to its end, writing down every effect and what it changed.

What is written down is a ``Timeline``; what it is good for is not known here.
"""

from __future__ import annotations

import gc
from types import GeneratorType

from ..kernel import Kernel
from ..kernel.effects import Acquire, Alloc, Code, Effect, Oops, Refused, Release, Step
from ..kernel.tasks import Task
from ..take import Look, look, note
from .run import Result
from .timeline import Place, Recording, Timeline

CHANGE_NOTHING = frozenset({Acquire, Release, Alloc})


class Recorder:
    """Watches a kernel while code runs in it, and writes down what changes.

    ``pid`` is whose code it is; it may be set to another's between two effects.

    A Step names the mounts that it touched, and those are looked at again; one
    that names none may have touched tasks and namespaces, which are looked at.
    """

    def __init__(self, kernel: Kernel, pid: int) -> None:
        self.kernel = kernel
        self.pid = pid
        self.kept = Recording({id: note(mount) for id, mount in kernel.mounts.items()}, pid)
        self._looked: Look | None = None
        # Bound once: this is where a recording spends its time.
        self.keep_effect = self.kept.effects.append
        self._keep_note = self.kept.noted.append
        self._mounts = kernel.mounts
        self.write(None)

    def write(self, effect: Effect | None) -> None:
        """Keep one effect and what it touched; None is the return."""
        self.keep_effect(effect)
        if self.pid != self.kept.pid:
            self.kept.pids[len(self.kept.effects) - 1] = self.pid
        if isinstance(effect, Step) and (ids := effect.mounts):
            self.keep(ids)
        elif type(effect) not in CHANGE_NOTHING:
            self._look_around()

    def keep(self, ids: tuple[int, ...]) -> None:
        """Keep the mounts as they are now, None of one that is gone."""
        get, keep = self._mounts.get, self._keep_note
        for id in ids:
            mount = get(id)
            keep(None if mount is None else note(mount))

    def at(self, place: Place | None) -> None:
        """Keep where the next effect was yielded."""
        if place is not None:
            self.kept.places[len(self.kept.effects)] = place

    def timeline(self, title: str, result: Result | None) -> Timeline:
        """What has been written down so far."""
        return Timeline(title, self.kept.pid, self.kept, Result() if result is None else result)

    def _look_around(self) -> None:
        """Keep the tasks and namespaces if any of them is another than at the last look."""
        looked = look(self.kernel)
        if looked != self._looked:
            self._looked = self.kept.looks[len(self.kept.effects) - 1] = looked


def innermost(code: Code) -> Place | None:
    """Where code under way stands: the function that yielded last, and the line. None where it is over."""
    inner: object = code
    while isinstance(inner, GeneratorType):
        frame, inner = inner.gi_frame, inner.gi_yieldfrom
    return None if frame is None else (frame.f_code, frame.f_lineno)


def record(kernel: Kernel, task: Task, code: Code, title: str = "", *, places: bool = False) -> Timeline:
    """Drive ``code``, which ``task`` runs in ``kernel``, to its end and keep every step.

    ``title`` says what it is, for instance "unshare(CLONE_NEWNS)". With ``places`` it is kept where in the
    source each step was made.
    """
    collecting = gc.isenabled()
    # Everything written down is kept: a collection in between finds nothing, and costs a third of the whole.
    gc.disable()
    try:
        recorder = Recorder(kernel, task.pid)
        write, step, keep_effect, keep = recorder.write, code.__next__, recorder.keep_effect, recorder.keep
        while places:
            effect = step()
            recorder.at(innermost(code))
            write(effect)
        while True:
            effect = step()
            # What ``write`` does, without a call for each of the most frequent: a twentieth of the whole.
            if type(effect) in CHANGE_NOTHING:
                keep_effect(effect)
            elif type(effect) is Step and effect.mounts:
                keep_effect(effect)
                keep(effect.mounts)
            else:
                write(effect)
    except StopIteration as stop:
        result = Result(stop.value)
    except Refused as refusal:
        result = Result(None, refusal)
    except Oops as oops:
        result = Result(None, None, oops)
    finally:
        if collecting:
            gc.enable()
    write(None)
    return recorder.timeline(title, result)
