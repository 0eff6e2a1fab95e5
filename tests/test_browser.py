"""Notebook 01 in a real JupyterLab in a real browser: all cells run, and a slider moves the picture."""

import os

import pytest
from browser import Slider, find_browser, opened, run_all


@pytest.fixture
def browser_or_reason():
    if find_browser() is None:
        reason = "no Chromium or Chrome on this machine: install one to test the sliders in a browser"
        pytest.fail(reason) if os.environ.get("COURSE_NEED_BROWSER") else pytest.skip(reason)


def test_the_weight_scale_slider_moves_the_picture(browser_or_reason, tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_DRIVE_CONTROLS", raising=False)  # as a reader has it
    with opened(tmp_path, "01_bptt_boden_2001.ipynb") as page:
        assert run_all(page), page.evaluate("window.errors")
        slider = Slider(page, "weight scale")
        first, start = slider.wait_for_picture(bool), slider.readout()
        slider.press("ArrowRight")
        moved = slider.wait_for_picture(lambda pixels: pixels != first)
        assert slider.readout() != start
        slider.press("End")
        slider.wait_for_picture(lambda pixels: pixels not in (first, moved))
        for _ in range(100):
            if slider.readout() == start:
                break
            slider.press("ArrowLeft")
        slider.wait_for_picture(lambda pixels: pixels == first)
        assert page.evaluate("window.errors") == []
