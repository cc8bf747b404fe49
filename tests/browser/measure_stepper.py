"""make benchmark: how long a step of the stepper takes in a real JupyterLab at 60 mounts.

    python tests/browser/measure_stepper.py

Each step is one press of the key ArrowRight or ArrowLeft. "changed" is the time
until classes, words, style and layout are done, after which the browser's next
frame shows them; "painted" is the time until that frame is out, the wait for it
included. Prints figures for the table of tests/benchmarks as JSON; ends with the reason where it cannot.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import lab
from conftest import missing

FRAME = 16.0
"""Milliseconds that a screen of 60 Hz shows one picture."""

CELL = "Stepper(timelines.sixty_mounts())"

# Steps forward to the end and back; for each step, milliseconds until it has changed and until it is painted.
STEPS = """async () => {
  const stepper = document.querySelector('.vfslab-stepper');
  const svg = stepper.querySelector('.vf-stage > svg');
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const found = [];
  stepper.focus();
  for (const key of ['ArrowRight', 'ArrowLeft']) {
    for (let step = '', before = null; step !== before;) {
      before = svg.dataset.step;
      await painted();
      const start = performance.now();
      stepper.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      svg.getBoundingClientRect();
      const changed = performance.now() - start;
      await painted();
      step = svg.dataset.step;
      if (step !== before) found.push([changed, performance.now() - start]);
    }
  }
  return found;
}"""


def measure() -> list[tuple[float, float]]:
    """Milliseconds until changed and until painted, for every step there and back."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        folder, state = Path(name, "notebooks"), Path(name, "state")
        folder.mkdir()
        state.mkdir()
        path = f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})"
        imports = "import timelines\nfrom vfslab.views.stepper import Stepper"
        lab.write_notebook(folder / "x.ipynb", path, imports, CELL)
        with lab.server(folder, state) as address, sync_playwright() as driver:
            browser = lab.launch(driver, shutil.which("chromium") or "")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            lab.open_notebook(page, address, "x.ipynb")
            lab.run_all(page)
            page.wait_for_selector(".vfslab-stepper svg[data-step]", timeout=lab.WAIT)
            page.wait_for_timeout(2000)  # until JupyterLab has nothing else to do
            found = [(changed, shown) for changed, shown in page.evaluate(STEPS)]
            browser.close()
    return found


def figures(kind: str, times: list[float], most: float | None) -> list[object]:
    """What was timed, its median and 95th percentile in ms, that in frames, and the most it should be."""
    late = statistics.quantiles(times, n=20)[-1]
    return [kind, statistics.median(times), late, late / FRAME, most]


def main() -> None:
    if reason := missing("browser"):
        sys.exit(reason)
    times = measure()
    changed = figures("changed", [changed for changed, _ in times], 1)
    painted = figures("painted, waiting included", [shown for _, shown in times], None)
    print(json.dumps([changed, painted]))


if __name__ == "__main__":
    main()
