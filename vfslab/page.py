"""A change, or a transcript, as one HTML file: it needs neither a kernel, nor a server, nor a network.

What is shown is made by ``vfslab.views`` and ``vfslab.changelog``; here it is put into an order for a
reader. Text from outside is text in the page, too.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from vfslab.changelog import Fix, evidence
from vfslab.changelog.facts import facts
from vfslab.kernel.releases import DEFAULT_RELEASE
from vfslab.model import Model
from vfslab.shell.answer import answer
from vfslab.shell.session import Session
from vfslab.shell.transcript import parse
from vfslab.take import take
from vfslab.views import palette
from vfslab.views.compare import compare
from vfslab.views.diagram import Diagram
from vfslab.views.engine import EngineError
from vfslab.views.patch import Patch
from vfslab.views.stepper import Stepper

STEPPERS = 40
"""A page of a transcript steps through at most so many calls, the last ones."""

# Whoever prefers dark pages gets one; the button turns it round. Paper is light, shows where a stepper that
# nobody has moved ends, opens what is folded, and has one legend; afterwards all is as it was.
_SCRIPT = """
const root = document.documentElement;
const dark = (on) => { root.dataset.jpThemeLight = on ? "false" : "true"; };
const isDark = () => root.dataset.jpThemeLight === "false";
dark(matchMedia("(prefers-color-scheme: dark)").matches);
document.querySelector(".theme").addEventListener("click", () => dark(!isDark()));
const press = (stepper, key) => stepper.dispatchEvent(new KeyboardEvent("keydown", { key }));
let restore = [];
addEventListener("beforeprint", () => {
  const before = isDark();
  dark(false);
  restore = [() => dark(before)];
  const legends = [...document.querySelectorAll(".vf-folded:has(> .vf-stage)")];
  const unneeded = [...legends.slice(1), ...document.querySelectorAll(".vf-folded:has(.vf-source)")];
  for (const one of document.querySelectorAll("details")) {
    const open = one.open;
    one.open = !unneeded.includes(one);
    restore.push(() => { one.open = open; });
  }
  for (const one of document.querySelectorAll(".vfslab-stepper[data-step='0']")) {
    press(one, "End");
    restore.push(() => press(one, "Home"));
  }
});
addEventListener("afterprint", () => {
  for (const back of restore) back();
  restore = [];
});
"""


def page_of_fix(fix: Fix) -> str:
    """The HTML of a change: where it breaks, both sides in lockstep, the patch, what kernels said."""
    return _page(f"{fix.commit} {fix.title}", "".join(_fix(fix)))


def page_of_transcript(text: str, title: str, release: str = DEFAULT_RELEASE) -> str:
    """The HTML of a transcript: each command with what it says, and the steps of its calls.

    Raises TranscriptError for what is no transcript, ValueError for a release that is not modelled.
    """
    with Model(release, recording=True) as model:
        session = Session(model)
        told: list[tuple[str, str, list[str]]] = []
        for line in parse(text):
            seen = len(model.timelines)
            result = session.run_line(line)
            if result is None:
                continue
            steppers = [Stepper(timeline).html() for timeline in model.timelines[seen:] if len(timeline) > 2]
            told.append((f"{line.shell}# {line.command}", answer(result), steppers))
        end = Diagram(take(model.kernel))
    left_out = max(0, sum(len(steppers) for *_, steppers in told) - STEPPERS)
    return _page(title, "".join([*_transcript(told, left_out, title, release), *_end(end)]))


def index(fixes: Sequence[Fix], notebooks: Mapping[str, str] | None = None) -> str:
    """The HTML of a list: lesson after lesson, and below each the changes that it is about, with their pages.

    ``notebooks`` has the title of each notebook that is in the folder "notebooks" beside it, by its name.
    """
    titles = {Path(fix.notebook).stem: "" for fix in fixes} | dict(notebooks or {})
    lessons = "".join(
        f"<li>{_lesson(name, titles[name], name in (notebooks or {}))}{_changes(fixes, name)}</li>"
        for name in sorted(titles)
    )
    return _page(
        "vfslab",
        "<h1>The Linux kernel's mount code in miniature</h1>"
        "<p>The lessons, with the pictures and steppers that their cells made. Below each are the changes "
        "of the kernel that it is about: a page shows where the old code breaks, both sides step by step, "
        f'and what real kernels said.</p><ol class="lessons">{lessons}</ol>',
    )


def _lesson(name: str, title: str, is_there: bool) -> str:
    number, _, words = name.partition("-")
    text = _text(f"{number} {title or words.replace('-', ' ').capitalize()}")
    return f'<h2><a href="notebooks/{_text(name)}.html">{text}</a></h2>' if is_there else f"<h2>{text}</h2>"


def _changes(fixes: Sequence[Fix], notebook: str) -> str:
    rows = "".join(
        f'<li><code>{fix.commit}</code> <a href="{fix.commit}.html">{_text(fix.title)}</a>'
        f"<br>{_text(fix.what)}</li>"
        for fix in fixes
        if Path(fix.notebook).stem == notebook
    )
    return f"<ul>{rows}</ul>" if rows else ""


def _fix(fix: Fix) -> Iterator[str]:
    yield f"<h1>{_text(fix.title)}</h1>"
    yield _list(
        {
            "commit": fix.commit,
            "author, date": f"{fix.author}, {fix.date}",
            "bug since": fix.since,
            "mended in": ", ".join(fix.releases),
            "what goes wrong": fix.what,
            "the rule": fix.rule,
        }
    )
    before, after = fix.find("before"), fix.find("after")
    yield "<h2>Where it breaks</h2>"
    yield f'<p class="broken">{_text(before.broken or "")}</p>'
    yield (
        f"<p>A search that does not know where the bug is looked at {before.states:,} states until it found "
        f"this. After the change it looked at {after.states:,}, and the rule is kept in all of them.</p>"
    )
    if before.timeline is not None:
        yield Stepper(before.timeline).html()
        yield "<h2>Before and after, step by step</h2>"
        yield compare(fix.world("before").timeline(), fix.world("after").timeline()).html()
    yield f"<h2>The change</h2>{Patch(fix).html()}"
    if hasattr(fix.scenario, "transcript"):
        yield f"<h2>The scenario</h2>{_pre(fix.scenario.transcript)}"
    yield "<h2>What real kernels said</h2>"
    yield from _kernels(fix)
    yield f"<details><summary>A program that shows it again</summary>{_pre(before.replay)}</details>"
    yield f"<p>The lesson about it is {_text(fix.notebook)}, <em>{_text(fix.section)}</em>.</p>"


def _kernels(fix: Fix) -> Iterator[str]:
    if fix.no_evidence:
        yield f"<p>What cannot be shown: {_text(fix.no_evidence)}.</p>"
    if fix.evidence:
        yield _pre(repr(evidence(fix)))
    for name in fix.reproducers:
        for kernel, said in facts(name).items():
            yield f"<details><summary>Linux {_text(kernel)}, {_text(name)}.py</summary>"
            yield f"{_pre(json.dumps(said, indent=1))}</details>"


def _transcript(
    told: list[tuple[str, str, list[str]]], left_out: int, title: str, release: str
) -> Iterator[str]:
    yield f"<h1>{_text(title)}</h1><p>A transcript, run in the miniature kernel {_text(release)}.</p>"
    yield "<h2>The commands</h2>"
    if left_out:
        yield f"<p>The steps of the first {left_out} calls are left out: a page steps through {STEPPERS}.</p>"
    for command, said, steppers in told:
        yield f"<h3>{_text(command)}</h3>"
        printed = said.removeprefix(command).lstrip("\n")
        if printed.strip():
            yield _pre(printed)
        kept = steppers[min(left_out, len(steppers)) :]
        left_out -= len(steppers) - len(kept)
        if kept:
            yield f"<details><summary>step by step</summary>{''.join(kept)}</details>"


def _end(end: Diagram) -> Iterator[str]:
    yield "<h2>At the end</h2>"
    try:
        yield end.html()
    except EngineError as error:
        yield f"<p>No picture: {_text(str(error))}.</p>{_pre(repr(end))}"


def _page(title: str, body: str) -> str:
    style = palette.style("body") + files("vfslab").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{style}</style></head><body><main>"
        f'<button class="theme" type="button">dark / light</button>{body}'
        "<footer>Made with vfslab, the Linux kernel's mount code in miniature.</footer>"
        f"</main><script>{_SCRIPT}</script></body></html>\n"
    )


def _list(rows: dict[str, str]) -> str:
    return (
        "<dl>"
        + "".join(f"<dt>{_text(key)}</dt><dd>{_text(value)}</dd>" for key, value in rows.items())
        + "</dl>"
    )


def _pre(text: str) -> str:
    # It scrolls, so the keyboard has to get there.
    return f'<pre tabindex="0">{_text(text)}</pre>'


def _text(text: str) -> str:
    return html.escape(text)
