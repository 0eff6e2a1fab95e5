"""Notebooks in a real JupyterLab in a real browser: all cells run, sliders and text boxes move the picture, the
keyboard reaches every slider, and what is written can be read on a dark page too.
"""

import os
from pathlib import Path

import psutil
import pytest
from browser import Slider, find_browser, opened, run_all

SLIDERS = {"00_story_so_far": ["order"], "01_bptt_boden_2001": ["weight scale"],
           "02_rnn_mikolov_2010": ["place", "weight"],
           "03_lstm_graves_2013": ["forget bias", "chosen cell"],
           "04_gru_cho_2014": ["sentence", "chosen unit", "beam width"],
           "05_attention_bahdanau_2015": ["decoder step", "sentence"],
           "06_batchnorm_ioffe_2015": ["depth", "others"],
           "07_layernorm_ba_2016": ["time step", "weight scale"],
           "08_transformer_vaswani_2017": ["d k", "position"],
           "09_gpt_radford_2018": ["temperature", "top k"]}
NAMES = {"00_story_so_far": "order", "02_rnn_mikolov_2010": "place", "03_lstm_graves_2013": "chosen cell",
         "04_gru_cho_2014": "chosen unit", "05_attention_bahdanau_2015": "decoder step",
         "06_batchnorm_ioffe_2015": "others", "07_layernorm_ba_2016": "time step",
         "09_gpt_radford_2018": "temperature"}  # a slider beside a text box for a name


TO_ITS_CELL = """number => { const handle = document.querySelectorAll('.noUi-handle')[number];
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.node.contains(handle));
    notebook.mode = 'command'; notebook.activeCell.node.focus(); }"""
FOCUSED = "number => document.activeElement === document.querySelectorAll('.noUi-handle')[number]"
READOUT = "number => document.querySelectorAll('.noUi-handle')[number].closest('.widget-slider').innerText"
DARK = "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
CONTRASTS = """() => {  // of each text of the explorers with what is behind it, as the WCAG define it
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = colour => { const [r, g, b] = parts(colour).map(v => linear(v / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = node => { const colour = getComputedStyle(node).backgroundColor;
        return parts(colour)[3] === 0 ? behind(node.parentElement) : colour; };
    const texts = '.widget-label, .widget-readout, .widget-html-content, .widget-html-content b, input[type=text]';
    const written = node => (node.innerText || node.value || '').trim();
    return [...document.querySelectorAll(texts)].filter(written).map(node => {
        const page = light(behind(node));
        const [dark, bright] = [light(getComputedStyle(node).color), page].sort((a, b) => a - b);
        return [(bright + 0.05) / (dark + 0.05), written(node), page]; }); }"""


@pytest.fixture
def browser_or_reason():
    if find_browser() is None:
        reason = "no Chromium or Chrome on this machine: install one to test the sliders in a browser"
        pytest.fail(reason) if os.environ.get("COURSE_NEED_BROWSER") else pytest.skip(reason)


def move(page, label):
    """Move a slider a step, to its end and back: the picture changes each time, and comes back."""
    slider = Slider(page, label)
    first, start = slider.wait_for_picture(bool), slider.readout()
    slider.press("ArrowLeft")
    moved = slider.wait_for_picture(lambda pixels: pixels != first)
    assert slider.readout() != start
    slider.press("Home")
    slider.wait_for_picture(lambda pixels: pixels not in (first, moved))
    for _ in range(200):
        if slider.readout() == start:
            break
        slider.press("ArrowRight")
    slider.wait_for_picture(lambda pixels: pixels == first)


def type_names(page, label):
    """Type into the text box beside a slider: a name changes the picture, an unknown symbol is said."""
    slider = Slider(page, label)
    first, box = slider.wait_for_picture(bool), slider.cell.locator("input[type=text]").first
    box.fill("hugo")
    other = slider.wait_for_picture(lambda pixels: pixels != first)
    box.fill("a9")
    slider.cell.get_by_text("The model never saw '9'").wait_for(timeout=20_000)
    assert slider.pixels() == other
    box.fill("olivia")
    slider.wait_for_picture(lambda pixels: pixels not in (first, other))


def reach_by_keyboard(page):
    """From its cell, Tab comes to every slider, and the arrow keys move it. Returns how many there are."""
    count = page.locator(".noUi-handle").count()
    for number in range(count):
        page.evaluate(TO_ITS_CELL, number)
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate(FOCUSED, number):
                break
        assert page.evaluate(FOCUSED, number), page.evaluate(READOUT, number)
        before, seen = page.evaluate(READOUT, number), set()
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight"):  # it may stand at either end
            page.keyboard.press(key)
            seen.add(page.evaluate(READOUT, number))
        assert len(seen) > 1, before
    return count


def read_in_the_dark(page):
    """In JupyterLab's dark theme every label, number, caption and error message has a contrast of at least 4.5."""
    boxes = page.locator(".widget-text input")
    if boxes.count():
        boxes.first.fill("a9")
        page.get_by_text("The model never saw '9'").first.wait_for(timeout=20_000)
    page.evaluate(DARK)
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_timeout(500)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 2 and max(page_light for _, _, page_light in found) < 0.2, "not a dark page"
    assert min(found)[0] >= 4.5, min(found)


def kernel_memory(folder):
    """Bytes that the kernel working in a folder holds."""
    return sum(process.memory_info().rss for process in psutil.process_iter(["cmdline"])
               if "ipykernel_launcher" in process.info["cmdline"] and Path(process.cwd()).is_relative_to(folder))


def drag(page, label, folder):
    """Move a slider 30 times a second for 10 seconds: no backlog, no growing memory, and the last value is shown."""
    slider = Slider(page, label)
    wanted = [slider.wait_for_picture(bool)]
    slider.press("ArrowRight")
    wanted.append(slider.wait_for_picture(lambda pixels: pixels != wanted[0]))
    for held in range(330):
        if held == 30:
            before = kernel_memory(folder)
        slider.press("ArrowRight" if held % 2 else "ArrowLeft")
        page.wait_for_timeout(30)
    slider.wait_for_picture(lambda pixels: pixels == wanted[1], seconds=1)
    page.wait_for_timeout(1000)  # a backlog would go on drawing
    assert slider.pixels() == wanted[1]
    assert before > 0 and kernel_memory(folder) < before + 30e6
    slider.press("ArrowLeft")


@pytest.mark.parametrize("name", SLIDERS)
def test_controls_move_the_picture(browser_or_reason, name, tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_DRIVE_CONTROLS", raising=False)  # as a reader has it
    with opened(tmp_path, f"{name}.ipynb") as page:
        assert run_all(page), page.evaluate("window.errors")
        for label in SLIDERS[name]:
            move(page, label)
        if name in NAMES:
            type_names(page, NAMES[name])
        if name == "01_bptt_boden_2001":
            drag(page, "weight scale", tmp_path)
        assert reach_by_keyboard(page)
        read_in_the_dark(page)
        assert page.evaluate("window.errors") == []
