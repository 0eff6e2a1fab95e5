"""Hygiene of the committed notebooks; that they run is nbval's part."""

import io
import re
import subprocess
import sys
from base64 import b64decode
from itertools import pairwise

import nbformat
import pytest
from notebook_code import NOTEBOOKS, all_notebooks
from PIL import Image

ROOT = NOTEBOOKS.parent
EACH = pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
SECTIONS = ["Where we stand", "The paper", "Build it", "Prove it", "Train it", "Play", "claimed, measured", "Timeline",
            "Exercises", "What is still missing"]


def read(path):
    return nbformat.read(path, as_version=4)


def test_build_finds_them_fit():
    check = subprocess.run([sys.executable, NOTEBOOKS / "build.py", "--check"], capture_output=True, text=True,
                           check=False)
    assert check.returncode == 0, check.stderr
    assert check.stdout.count("fit to be committed") == len(all_notebooks())


def test_ruff_is_content():
    ruff = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", ROOT], capture_output=True, text=True,
                          check=False)
    assert ruff.returncode == 0, ruff.stdout


@EACH
def test_pictures_have_alternative_text(path):
    pictures = [output for cell in read(path).cells if cell.cell_type == "code" for output in cell.outputs
                if "image/png" in output.get("data", {})]
    assert pictures
    for output in pictures:
        assert len(output.metadata["image/png"]["alt"]) > 20
        assert "<Figure" not in output.data["text/plain"]


@EACH
def test_pictures_are_opaque(path):
    """So that they can be read on a dark page too: nothing of the page shines through."""
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                picture = Image.open(io.BytesIO(b64decode(output.data["image/png"]))).convert("RGBA")
                assert picture.getchannel("A").getextrema()[0] == 255
                assert min(picture.getpixel((0, 0))) > 250  # white, up to a palette's rounding


@EACH
def test_headings_form_one_outline(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


@EACH
def test_nothing_is_shown_that_needs_a_kernel(path):
    """GitHub shows the stored outputs: pictures, tables and text, no widget."""
    shown = {kind for cell in read(path).cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert shown <= {"image/png", "text/plain", "text/markdown"}
    assert "widgets" not in read(path).metadata


@EACH
def test_cells_are_short_and_introduced(path):
    cells = read(path).cells
    for before, cell in zip([None, *cells], cells, strict=False):
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 30, cell.source
            assert before is not None and before.cell_type == "markdown", f"no sentence before:\n{cell.source[:200]}"


@EACH
def test_outputs_do_not_scroll(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            lines = sum(output.text.count("\n") for output in cell.outputs if output.output_type == "stream")
            assert lines <= 25, cell.source[:200]


@EACH
def test_anatomy(path):
    cells = read(path).cells
    assert re.match(r"# \d+ · ", cells[0].source)
    for word in ("**The question:**", "**You need:**", "**Run time:**", "colab-badge.svg", path.name):
        assert word in cells[0].source
    headings = re.findall(r"^## (.*)$", "\n".join(cell.source for cell in cells if cell.cell_type == "markdown"), re.M)
    places = [next((i for i, heading in enumerate(headings) if section in heading), None) for section in SECTIONS]
    assert None not in places, dict(zip(SECTIONS, places, strict=True))
    assert places == sorted(places), headings


@EACH
def test_no_notebook_takes_longer_than_four_minutes(path):
    assert float(read(path).metadata["course"]["run_time"].split()[0]) <= 4


def test_all_together_take_less_than_25_minutes():
    assert sum(float(read(path).metadata["course"]["run_time"].split()[0]) for path in all_notebooks()) <= 25


@EACH
def test_proofs_are_tagged(path):
    tags = {tag for cell in read(path).cells for tag in cell.metadata.get("tags", [])}
    assert {"setup", "hand-built", "proof"} <= tags


def test_importing_helpers_is_silent_and_changes_nothing():
    modules = ", ".join(path.stem for path in (ROOT / "helpers").glob("[a-z]*.py"))
    code = ("import matplotlib, torch; before = dict(matplotlib.rcParams), torch.get_num_threads(); "
            f"from helpers import {modules}, exercises; "
            "assert before == (dict(matplotlib.rcParams), torch.get_num_threads())")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT,
                         check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_readme_lists_every_notebook_and_its_commands_name_real_files():
    readme = (ROOT / "README.md").read_text()
    for path in all_notebooks():
        assert f"notebooks/{path.name})" in readme
    for linked in re.findall(r"\]\((?!http)([^)]+)\)|pip install (?:-r )(\S+) -r (\S+)", readme):
        for name in filter(None, linked):
            assert (ROOT / name).exists(), name


def test_every_badge_and_first_cell_give_the_same_address_and_version():
    texts = [(ROOT / "README.md").read_text()]
    for path in all_notebooks():
        cells = read(path).cells
        texts += [cells[0].source, next(cell.source for cell in cells if cell.cell_type == "code")]
    badges = re.findall(r"research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/([\w.-]+)/notebooks", "\n".join(texts))
    fetched = re.findall(r'COURSE, VERSION = "([^"]+)", "([^"]+)"', "\n".join(texts))
    assert len(badges) == len(fetched) == len(all_notebooks())
    assert len({*badges, *fetched}) == 1
    assert set(re.findall(r"github\.com/([\w.-]+/[\w.-]+)/actions/", texts[0])) == {badges[0][0]}


def test_the_first_cell_is_the_same_in_every_notebook():
    assert len({next(cell.source for cell in read(path).cells if cell.cell_type == "code")
                for path in all_notebooks()}) == 1
