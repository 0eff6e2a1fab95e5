"""Notebooks in a real JupyterLab in a real browser: the lessons run (with short trainings, since nbval runs them in
full), the keyboard reaches every slider, sliders and text boxes move the picture, folded cells are closed, and what is
written can be read on a dark page too.
"""

import importlib.util
from pathlib import Path

import anatomy
import nbformat
import psutil
import pytest
from browser import Slider, TextBox, chromium, find_browser, jupyterlab, needed, notebook_page, run_all
from nbformat.v4 import new_code_cell, new_notebook
from notebook_code import NOTEBOOKS, all_notebooks
from test_entries import many

TO_ITS_CELL = """handle => { const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.node.contains(handle));
    notebook.mode = 'command'; notebook.activeCell.node.focus(); }"""
FOCUSED = "handle => document.activeElement === handle"
FOLDED = """() => {  // of each folded cell: whether one sees its code, the bar in its place, its output
    const seen = (cell, part) => [...cell.node.querySelectorAll(part)].some(node => node.offsetParent);
    const parts = ['.jp-InputArea-editor', '.jp-InputPlaceholder', '.jp-OutputArea-output'];
    return window.jupyterapp.shell.currentWidget.content.widgets
        .filter(cell => (cell.model.getMetadata('tags') || []).includes('folded'))
        .map(cell => parts.map(part => seen(cell, part))); }"""
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
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


@pytest.fixture(scope="module")
def open_lesson(tmp_path_factory):
    """One browser and one JupyterLab over a copy of the course, whose notebooks end with their lessons. A function that
    opens one of them: `with open_lesson(name) as page`."""
    needed(find_browser(), "Chromium or Chrome", "COURSE_NEED_BROWSER")
    folder = tmp_path_factory.mktemp("lab")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_DRIVE_CONTROLS", raising=False)  # as a reader has it
        with jupyterlab(folder) as lab, chromium() as browser:
            anatomy.shorten(folder / "course")
            for path in all_notebooks():
                notebook = nbformat.read(path, as_version=4)
                notebook.cells = anatomy.divided(notebook)[0]
                nbformat.write(notebook, folder / "course" / "notebooks" / path.name)

            def open_one(name):
                return notebook_page(lab, browser, f"{name}.ipynb")

            open_one.folder = folder / "course" / "notebooks"
            yield open_one


def move(page, slider):
    """From its cell, Tab comes to the slider; with the arrow keys the picture changes, and comes back."""
    handle = slider.row.locator(".noUi-handle")
    handle.evaluate(TO_ITS_CELL)
    for _ in range(30):
        page.keyboard.press("Tab")
        if handle.evaluate(FOCUSED):
            break
    assert handle.evaluate(FOCUSED), slider.label
    first, start = slider.wait_for_picture(bool), slider.readout()
    there, back = "ArrowRight", "ArrowLeft"
    steps, changed = 0, False
    while not changed and steps < 10:  # a single step may change too little to be seen
        page.keyboard.press(there)
        if slider.readout() == start:  # it stands at its upper end
            there, back = back, there
            page.keyboard.press(there)
        changed = slider.wait_for_another(first, seconds=1)
        steps += 1
    assert changed, slider.label
    for _ in range(steps):
        page.keyboard.press(back)
    slider.wait_for_picture(lambda pixels: pixels == first)
    assert slider.readout() == start


def type_names(page, box):
    """A name changes the picture, an unknown symbol is said, and what stood there before brings back the picture."""
    first, before = box.wait_for_picture(bool), box.typed()
    box.type("hugo")
    other = box.wait_for_picture(lambda pixels: pixels != first)
    box.type("a9")
    box.output.get_by_text("The model never saw '9'").wait_for(timeout=20_000)
    assert box.pixels() == other
    box.type(before)
    box.wait_for_picture(lambda pixels: pixels == first)


def read_in_the_dark(page):
    """In JupyterLab's dark theme every label, number, caption and error message has a contrast of at least 4.5."""
    for box in TextBox.all_of(page):
        box.type("a9")
        box.output.get_by_text("The model never saw '9'").wait_for(timeout=20_000)
        break
    page.evaluate(THEME, "JupyterLab Dark")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_timeout(500)
    found = page.evaluate(CONTRASTS)
    page.evaluate(THEME, "JupyterLab Light")  # the server keeps it
    assert len(found) > 2 and max(page_light for _, _, page_light in found) < 0.2, "not a dark page"
    assert min(found)[0] >= 4.5, min(found)


def kernel_memory(folder):
    """Bytes that the kernel working in a folder holds."""
    return sum(process.memory_info().rss for process in psutil.process_iter(["cmdline"])
               if "ipykernel_launcher" in process.info["cmdline"] and Path(process.cwd()).is_relative_to(folder))


def drag(page, slider, folder):
    """Move a slider 30 times a second for 10 seconds: no backlog, no growing memory, and the last value is shown."""
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


@pytest.mark.parametrize("name", [path.stem for path in all_notebooks()])
def test_controls_move_the_picture(open_lesson, name):
    with open_lesson(name) as page:
        assert run_all(page), page.evaluate("window.errors")
        for parts in page.evaluate(FOLDED):
            assert parts[:2] == [False, True]
        sliders = list(Slider.all_of(page))
        assert sliders
        for slider in sliders:
            move(page, slider)
        for box in TextBox.all_of(page):
            type_names(page, box)
        if name == "01_bptt_boden_2001":
            drag(page, next(slider for slider in sliders if slider.label == "weight scale"), open_lesson.folder)
        read_in_the_dark(page)
        assert page.evaluate("window.errors") == []


SMALL = ["import sys; sys.path.insert(0, '..')\nimport matplotlib.pyplot as plt\nfrom helpers import explore, figures",
         "#@title A slider\nexplore.explore(lambda axes, n=1: axes.set_title(n), 'A number.', n=(0, 9))",
         "#@title A picture\nfigures.show(plt.figure(), 'Nothing.')"]


def write_small(path, sources):
    """A notebook as the build would write it; cells with a title are folded."""
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    for cell in notebook.cells:
        cell.metadata["tags"] = ["folded"] if cell.source.startswith("#@title") else []
    nbformat.write(build.normalise(notebook), path)


def test_folded_cells_are_closed_and_show_what_they_do(open_lesson):
    write_small(open_lesson.folder / "folded.ipynb", SMALL)
    with open_lesson("folded") as page:
        assert page.evaluate(FOLDED) == [[False, True, False]] * 2
        assert run_all(page), page.evaluate("window.errors")
        assert page.evaluate(FOLDED) == [[False, True, True]] * 2
        assert page.locator(".jp-InputPlaceholder").first.inner_text().startswith("#@title A slider")
        move(page, *Slider.all_of(page))
        page.locator(".jp-InputPlaceholder").first.click()
        page.wait_for_timeout(200)
        assert [parts[0] for parts in page.evaluate(FOLDED)] == [True, False]
        assert page.evaluate("window.errors") == []


IMAGES = """() => [...document.querySelectorAll('.jp-OutputArea-child img')].filter(image => image.offsetParent)
    .map(image => [image.closest('.jupyter-widgets') !== null, image.getBoundingClientRect().width])"""
SAVE = "async () => await window.jupyterapp.commands.execute('docmanager:save')"


def test_a_saved_notebook_shows_its_picture_without_a_kernel_too(open_lesson):
    """While the sliders are alive theirs is the only picture; without them the still one is there."""
    write_small(open_lesson.folder / "saved.ipynb", SMALL[:2])
    with open_lesson("saved") as page:
        assert run_all(page), page.evaluate("window.errors")
        page.locator(".course-live img").wait_for(timeout=20_000)
        alive = page.evaluate(IMAGES)
        page.evaluate(SAVE)
    with open_lesson("saved") as page:
        page.get_by_text("model not found").wait_for(timeout=20_000)
        saved = page.evaluate(IMAGES)
    assert [in_widget for in_widget, _ in alive] == [True]
    assert [in_widget for in_widget, _ in saved] == [False]
    assert saved[0][1] == alive[0][1] > 300, "as large as the one that moves"


BELOW = """async number => { const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = number;
    return await window.jupyterapp.commands.execute('notebook:run-all-below'); }"""
OUTPUTS = """() => [...document.querySelectorAll('.jp-OutputArea-output pre')].map(node => node.innerText).join(' ')"""


def test_a_list_of_the_readers_own_is_uploaded_and_learned(open_lesson):
    """What notebook 9 invites to, in letters that none of the names has."""
    committed = nbformat.read(NOTEBOOKS / "09_gpt_radford_2018.ipynb", as_version=4)
    own = [cell for cell in anatomy.own(committed) if cell.cell_type == "code"]
    model = [cell for cell in anatomy.divided(committed)[0] if cell.cell_type == "code"]
    model = [model[0], *(cell for cell in model if {"setup", "hand-built"} & set(cell.metadata.get("tags", [])))]
    notebook = new_notebook(cells=[*model, *own], metadata=committed.metadata)
    nbformat.write(notebook, open_lesson.folder / "own.ipynb")
    entries = many("αβγδεζ", 260)
    with open_lesson("own") as page:
        assert run_all(page), page.evaluate("window.errors")
        with page.expect_file_chooser() as waiting:
            page.get_by_role("button", name="Upload a list").click()
        file = {"name": "greek.txt", "mimeType": "text/plain", "buffer": "\r\n".join(entries).encode("utf-8-sig")}
        waiting.value.set_files(file)
        page.get_by_text("260 different entries").wait_for(timeout=20_000)
        assert page.evaluate(BELOW, len(model) + 1), page.evaluate("window.errors")
        said = page.evaluate(OUTPUTS)
        sample = said.split("nats per symbol")[1].split(" of 20 stand")[0].split()[:-1]
        assert sample.count("·") == 19 and set("".join(sample)) <= set("αβγδεζ*·")
        box, = (box for box in TextBox.all_of(page) if box.label == "beginning")
        first = box.wait_for_picture(bool)
        box.type("γδ")
        box.wait_for_picture(lambda pixels: pixels != first)
        box.type("a")
        box.output.get_by_text("The model never saw 'a'").wait_for(timeout=20_000)
        assert page.evaluate("window.errors") == []
