"""From a slider step to the new picture in the page: milliseconds, in JupyterLab in a real browser.

    python tests/benchmark_sliders.py [notebook [label of a slider ...]]

Run by hand on a quiet machine. For each slider, 20 single presses (median and 95th percentile),
then a burst of 20 presses within a second: how many pictures were shown, and how long after the last press the last
one came. Times are taken in the page with its own clock, from the key press to the next frame after the new picture was
loaded and decoded. Nothing polls meanwhile: on a small machine that alone would slow the kernel.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from browser import Slider, opened, run_all

WATCH = """box => {
    if (!window.shown) {
        window.shown = [];
        document.addEventListener('keydown', () => { window.pressed = performance.now(); }, {capture: true}); }
    if (box.watched) return;  // several sliders may drive one picture
    box.watched = true;
    const note = () => window.shown.push(performance.now());
    box.querySelector('img').addEventListener('load', () => requestAnimationFrame(note)); }"""


def single(slider, presses=20):
    """Milliseconds from key to picture for single presses, back and forth."""
    page, times = slider.page, []
    for i in range(presses):
        before = page.evaluate("window.shown.length")
        slider.press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_timeout(400)
        times.append(page.evaluate(f"window.shown[{before}] - window.pressed"))
    return times


def burst(slider, presses=20):
    """Pictures shown during a burst, and milliseconds from the last press to the last picture."""
    page = slider.page
    before = page.evaluate("window.shown.length")
    for i in range(presses):
        slider.press("ArrowLeft" if i % 2 else "ArrowRight")
        page.wait_for_timeout(40)
    page.wait_for_timeout(1500)
    return page.evaluate("window.shown.length") - before, page.evaluate("window.shown.at(-1) - window.pressed")


def main(notebook="01_bptt_boden_2001.ipynb", *labels):
    labels = labels or ("steps back", "hidden size", "weight scale", "input scale")
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), notebook) as page:
        assert run_all(page), page.evaluate("window.errors")
        print(f"{'slider':<14}{'median':>8}{'95 %':>8}   burst: pictures, lag of the last")
        for label in labels:
            slider = Slider(page, label)
            slider.wait_for_picture(bool)
            slider.press("ArrowRight")
            page.wait_for_timeout(500)
            slider.cell.locator(".jp-OutputArea-output").first.evaluate(WATCH)
            times = single(slider)
            pictures, lag = burst(slider)
            tail = statistics.quantiles(times, n=20, method="inclusive")[-1]
            print(f"{label:<14}{statistics.median(times):8.0f}{tail:8.0f}   {pictures}, {lag:.0f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
