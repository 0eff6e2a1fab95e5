"""The static site: one real notebook becomes a page with sliders, which is opened in Chromium from a server and from
disk. The other pages are made from the stored outputs alone."""

import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading

import anatomy
import frames
import pages
import pytest
from browser import chromium, find_browser, needed
from notebook_code import NOTEBOOKS, all_notebooks
from PIL import Image

from helpers import explore

ROOT = NOTEBOOKS.parent
NAME = "07_layernorm_ba_2016"  # the one whose sliders move
AXE = """async () => (await axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a',
    'wcag21aa', 'wcag22aa']}})).violations.map(each => each.id + ': ' + each.nodes[0].html)"""
FAULTS = """() => { const ids = [...document.querySelectorAll('[id]')].map(each => each.id), faults = [];
    if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the page');
    if (new Set(ids).size !== ids.length) faults.push('an id twice');
    for (const image of document.images)
        if (image.getAttribute('alt') === null || !image.alt && !image.closest('.thumbnail, .crop'))
            faults.push('no text for ' + image.src);
    for (const link of document.querySelectorAll('a[href^="#"]'))
        if (!document.getElementById(decodeURIComponent(link.hash.slice(1)))) faults.push('dead ' + link.hash);
    return faults; }"""
STATE = """box => { const picture = box.querySelector('.whole'), slider = box.querySelector('input[type=range]');
    return [picture.currentSrc.split('/').pop(), picture.alt, slider.getAttribute('aria-valuetext'),
            box.querySelector('output').textContent, box.querySelector('.shown')?.textContent]; }"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course with short trainings and few pictures for an explorer, and KaTeX and axe from npm."""
    needed(shutil.which("npm"), "Node", "COURSE_NEED_NODE")
    copy = tmp_path_factory.mktemp("course") / "course"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))
    anatomy.shorten(copy)
    (copy / "notebooks" / "site" / "stops.json").write_text(json.dumps({"most": 40, "fewest": 2}))
    npm = subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=copy / "notebooks" / "site",
                         check=False)
    needed(npm.returncode == 0, "package of Node to be had", "COURSE_NEED_NODE")
    with pytest.MonkeyPatch.context() as patch:  # the module in this process, too, finds them
        patch.setattr(pages, "HERE", copy / "notebooks" / "site")
        patch.setattr(pages, "KATEX", pages.HERE / "node_modules" / "katex" / "dist")
        yield copy


def build(course, *arguments):
    return subprocess.run([sys.executable, course / "notebooks" / "build.py", *arguments], capture_output=True,
                          text=True, check=False, cwd=course)


@pytest.fixture(scope="module")
def moving(course, tmp_path_factory):
    """A site of one notebook with all its sliders."""
    folder = tmp_path_factory.mktemp("site") / "moving"
    run = build(course, "--site", folder, "--cache", folder.parent / "cache", NAME[:2])
    assert run.returncode == 0, run.stderr[-3000:]
    return folder, run.stdout


@pytest.fixture(scope="module")
def address(moving):
    """A server of that site on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet.of(moving[0])) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    @classmethod
    def of(cls, folder):
        return functools.partial(cls, directory=folder)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def browser():
    needed(find_browser(), "Chromium or Chrome", "COURSE_NEED_BROWSER")
    with chromium() as browser:
        yield browser


def opened(browser, url, **options):
    """A page, and the lists of what it asks for and of what it complains."""
    page = browser.new_context(**options).new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.goto(url, wait_until="load")
    return page, asked, said


@pytest.mark.parametrize("place", ["server", "disk"])
def test_sliders_move_by_mouse_and_keyboard(place, moving, address, browser):
    base = address if place == "server" else moving[0].as_uri()
    page, asked, said = opened(browser, f"{base}/{NAME}.html", viewport={"width": 1280, "height": 900})
    boxes = page.locator(".explorer:has(input[type=range])").all()
    assert len(boxes) >= 3
    for box in boxes:
        slider = box.locator("input[type=range]").first
        slider.scroll_into_view_if_needed()
        picture = box.locator(".whole").element_handle()
        page.wait_for_function("image => image.complete && image.naturalWidth", arg=picture)
        first = box.evaluate(STATE)
        slider.focus()
        page.keyboard.press("End")
        page.keyboard.press("Home")
        page.wait_for_function("([box, first]) => box.querySelector('.whole').alt !== first",
                               arg=[box.element_handle(), first[1]])
        other = box.evaluate(STATE)
        assert other[0] != first[0] and other[2] != first[2] and other[3] == other[2]
        assert (first[4] is None) == (other[4] is None)
        slider.evaluate("(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
                        slider.get_attribute("value"))
        page.wait_for_function("([box, first]) => box.querySelector('.whole').alt === first",
                               arg=[box.element_handle(), first[1]])
        assert box.evaluate(STATE) == first
        edge, last = slider.bounding_box(), slider.get_attribute("max")
        starts_last = slider.get_attribute("value") == last
        page.mouse.click(edge["x"] + (3 if starts_last else edge["width"] - 3), edge["y"] + edge["height"] / 2)
        assert slider.input_value() == ("0" if starts_last else last)
        page.wait_for_function("([box, first]) => box.querySelector('.whole').alt !== first",
                               arg=[box.element_handle(), first[1]])
        assert box.evaluate(STATE)[0] != first[0]
    page.wait_for_timeout(500)
    assert not said and all(url.startswith((base, "data:")) for url in asked), (said, asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", NAME])
def test_pages_are_sound_and_accessible(name, scheme, course, moving, browser):
    for width in (390, 1280):
        page, asked, said = opened(browser, f"{moving[0].as_uri()}/{name}.html", color_scheme=scheme,
                                   viewport={"width": width, "height": 844})
        assert page.evaluate(FAULTS) == [] and not said
        assert all(url.startswith((moving[0].as_uri(), "data:")) for url in asked)
        page.evaluate((course / "notebooks" / "site" / "node_modules" / "axe-core" / "axe.min.js").read_text())
        assert page.evaluate(AXE) == []
        page.context.close()


def two_panels(columns):
    """An explorer of two frames, as `frames.record` describes it."""
    return {"controls": [{"name": "n", "label": "n", "kind": "slider", "values": ["1", "2"], "start": 0}],
            "frames": ["a.webp", "b.webp"], "captions": ["", ""], "alt": "Two panels.", "width": 900, "height": 300,
            "columns": columns, "whole": True}


def test_a_phone_sees_panels_one_below_the_other(course, browser, tmp_path):
    path = course / "notebooks" / f"{NAME}.ipynb"
    explorer = explore.Explorer(lambda axes, n=1: axes[0].plot([n, 1]), {"n": (1, 2)}, (9, 3), (1, 2), (2, 1))
    (left, cut), (begin, right) = frames.columns(explorer, 1800, 900)
    assert (left, right) == (0, 900) and 500 < cut == begin < 700
    (tmp_path / "assets").mkdir()
    for name, colour in (("a.webp", "red"), ("b.webp", "blue")):
        Image.new("RGB", (900, 300), colour).save(tmp_path / "assets" / name)
    described = {(NAME, *first_picture(path)): two_panels([[left, cut], [begin, right]])}
    pages.write_site(tmp_path, [path], described, "a/b", "main")
    page, _, said = opened(browser, f"{tmp_path.as_uri()}/{NAME}.html", viewport={"width": 390, "height": 844})
    one, other = page.locator(".frame.divided .crop").all()
    assert one.is_visible() and other.is_visible() and not said
    assert other.bounding_box()["y"] >= one.bounding_box()["y"] + one.bounding_box()["height"] - 1
    wide, _, _ = opened(browser, f"{tmp_path.as_uri()}/{NAME}.html", viewport={"width": 1280, "height": 844})
    assert not wide.locator(".frame.divided .crop").first.is_visible()


def test_without_a_script_the_first_picture_is_there(moving, browser):
    page, _, said = opened(browser, f"{moving[0].as_uri()}/{NAME}.html", java_script_enabled=False)
    assert page.locator(".explorer img.whole").first.is_visible() and not said
    assert page.locator(".explorer input:enabled, .explorer select:enabled").count() == 0


def test_the_second_time_the_pictures_come_from_the_cache(course, moving, tmp_path):
    _, said = moving
    assert re.search(rf"{NAME}\.ipynb: \d+ explorers, \d+ pictures", said)
    run = build(course, "--site", tmp_path / "again", "--cache", moving[0].parent / "cache", NAME[:2])
    assert run.returncode == 0 and re.search(r"pictures, [01] s", run.stdout), run.stdout + run.stderr
    before, after = ({file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
                     for folder in (moving[0], tmp_path / "again"))
    assert before == after


def test_the_cache_keeps_only_the_last_pictures_of_a_notebook(tmp_path, monkeypatch):
    path, cache = all_notebooks()[0], tmp_path / "cache"
    monkeypatch.setattr(frames, "run", lambda *arguments: [])
    for code in ("before", "after"):
        monkeypatch.setattr(frames, "fingerprint", lambda *arguments, code=code: code)
        frames.record(path, tmp_path, cache)
        (cache / "of_another-1").mkdir(exist_ok=True)
    assert {each.name for each in cache.iterdir()} == {f"{path.stem}-after", "of_another-1"}


def test_all_pages_from_the_stored_outputs(course, tmp_path):
    """Every formula can be set, every picture has its text, every link leads somewhere."""
    run = build(course, "--site", tmp_path / "site", "--still")
    assert run.returncode == 0, run.stderr[-3000:]
    made = {file.name for file in (tmp_path / "site").glob("*.html")}
    assert made == {"index.html", *(f"{path.stem}.html" for path in all_notebooks())}
    for file in (tmp_path / "site").glob("*.html"):
        text = file.read_text()
        assert len(text) < 3_000_000 and "<!--formula" not in text
        for link, place in re.findall(r'(?:href|src)="(?!https:|data:|#)([^"#]+)#?([^"]*)"', text):
            assert (tmp_path / "site" / link).exists(), (file.name, link)
            assert not place or f'id="{place}"' in (tmp_path / "site" / link).read_text(), (file.name, link, place)
        assert not re.findall(r'(?:src|<link[^>]*href)="https?:[^"]*', text)
        folded = re.findall(r'<details class="source">\s*<summary>Code: imports</summary>', text)
        assert len(folded) == text.count("Code: imports") == (file.stem != "index"), file.name
    index = (tmp_path / "site" / "index.html").read_text()
    assert index.count("After it you can explain") == len(all_notebooks())


def test_what_is_wrong_is_said(course, tmp_path):
    notebook = course / "notebooks" / "03_lstm_graves_2013.ipynb"
    good = notebook.read_text()
    try:
        notebook.write_text(good.replace("$\\\\", "$\\\\nonsense \\\\", 1))
        run = build(course, "--site", tmp_path / "site", "--still", "03")
    finally:
        notebook.write_text(good)
    assert run.returncode != 0 and "notebooks/03_lstm_graves_2013.ipynb" in run.stderr and "nonsense" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(("values", "count", "start", "kept"), [
    (range(151), 4, 7, [0, 7, 100, 150]), (range(10), 3, 0, [0, 4, 9]), (range(5), 5, 2, [0, 1, 2, 3, 4]),
    ([3], 1, 3, [3]), (range(9), 3, 8, [0, 4, 8]),
])
def test_thinned_sliders_keep_their_ends_and_where_they_start(values, count, start, kept):
    assert frames.evenly(list(values), count, start) == kept


def test_an_unknown_explorer_or_a_wrong_number_of_frames_is_refused(course, tmp_path):
    path = course / "notebooks" / f"{NAME}.ipynb"
    one = {**two_panels([]), "frames": ["a.webp"]}
    with pytest.raises(pages.SiteError, match="2 combinations, but 1 frames"):
        pages.write_site(tmp_path, [path], {(NAME, *first_picture(path)): one}, "a/b", "main")
    with pytest.raises(pages.SiteError, match="no pictures for the explorers"):
        pages.write_site(tmp_path, [path], {(NAME, 0, 0): one}, "a/b", "main")


def first_picture(path):
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        for place, output in enumerate(cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                return number, place
    raise AssertionError("no picture")
