"""Which locks are held when, counted and drawn."""

from __future__ import annotations

from vfslab.kernel.flags import CLONE_NEWNS
from vfslab.model import Model
from vfslab.views.plots import Held, lock_plot, lock_spans


def unshared() -> Model:
    model = Model(recording=True)
    assert model.call("sh1", "unshare", CLONE_NEWNS).errno is None
    return model


def test_spans_cover_exactly_the_frames_that_hold_a_lock() -> None:
    timeline = unshared().timelines[-1]
    spans = lock_spans(timeline)
    for frame in timeline:
        held = {span.lock for span in spans if span.first <= frame.index < span.end}
        assert held == set(frame.locks), frame
    assert spans[0].lock == "namespace_sem"
    assert Held("mount_lock", spans[1].first, spans[1].end) == spans[1]


def test_a_call_without_locks_has_no_spans() -> None:
    model = Model(recording=True)
    model.call("sh1", "chdir", "/")
    plot = lock_plot(model.timelines[-1])
    assert plot.spans == []
    assert repr(plot) == 'locks held during chdir("/"), 2 steps'
    assert "<svg" in plot._repr_mimebundle_()["image/svg+xml"]


def test_equal_timelines_give_the_same_bytes() -> None:
    one, other = (lock_plot(unshared().timelines[-1])._repr_mimebundle_() for _ in range(2))
    assert one == other
    assert "namespace_sem" in one["image/svg+xml"]
    assert one["text/plain"].startswith("locks held during unshare(CLONE_NEWNS)")


def test_names_are_not_read_as_formulas() -> None:
    model = Model(recording=True)
    model.call("sh1", "mkdir", "/$a$")
    assert "$a$" in lock_plot(model.timelines[-1])._repr_mimebundle_()["image/svg+xml"]
