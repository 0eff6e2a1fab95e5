"""Hygiene of the committed notebooks; that they run is nbval's part."""

import ast
import io
import re
import subprocess
import sys
from base64 import b64decode
from itertools import pairwise

import anatomy
import build
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_code import NOTEBOOKS, all_notebooks
from PIL import Image

ROOT = NOTEBOOKS.parent
EACH = pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
SECTIONS = ["Where we stand", "in one minute", "See it", "Build it", "Walk through it", "Train it", "Play",
            "Check yourself", anatomy.LABORATORY, "Prove it", "claimed, measured", "Timeline", "Exercises",
            "What is still missing"]
VERDICTS = {"yes", "**no**", "undecided", "not tested"}
HELPERS = [path.read_text() for path in (ROOT / "helpers").rglob("*.py")]


def read(path):
    return nbformat.read(path, as_version=4)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def pictures(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


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
    found = [output for cell in code(read(path).cells) for output in pictures(cell)]
    assert found
    for output in found:
        assert len(output.metadata["image/png"]["alt"]) > 20
        for text in (output.metadata["image/png"]["alt"], output.data["text/plain"]):
            assert "<Figure" not in text and not re.search(r"&#?\w+;", text), text


@EACH
def test_pictures_are_opaque(path):
    """So that they can be read on a dark page too: nothing of the page shines through."""
    for cell in code(read(path).cells):
        for output in pictures(cell):
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
def test_cells_are_short(path):
    """Of 30 lines at most, unless a cell is folded or nothing but one class."""
    for cell in code(read(path).cells):
        if anatomy.is_folded(cell):
            continue
        body = ast.parse(cell.source).body
        alone = len(body) == 1 and isinstance(body[0], ast.ClassDef)
        assert alone or len(cell.source.splitlines()) <= 30, cell.source


@EACH
def test_folded_cells_are_marked_as_such(path):
    """By the tag, by the first line, and for JupyterLab and Colab."""
    for cell in code(read(path).cells):
        assert anatomy.is_folded(cell) == cell.source.startswith("#@title "), cell.source
        if anatomy.is_folded(cell):
            assert cell.metadata.get("jupyter", {}).get("source_hidden") is True, cell.source
            assert cell.metadata.get("cellView") == "form", cell.source


@EACH
def test_outputs_do_not_scroll(path):
    for cell in code(read(path).cells):
        lines = sum(output.text.count("\n") for output in cell.outputs if output.output_type == "stream")
        assert lines <= 25, cell.source[:200]


@EACH
def test_head(path):
    cells = read(path).cells
    assert re.match(r"# \d+ · ", cells[0].source)
    for word in ("**The question:**", "**You need:**", "**Run time:**", "colab-badge.svg", path.name):
        assert word in cells[0].source
    assert len(code(cells)[0].source.splitlines()) <= 8


@EACH
def test_anatomy(path):
    """Everything in which a notebook is not a lesson and a laboratory yet, in one list."""
    found = "\n".join(complaints(read(path)))
    assert not found, found


def complaints(notebook):
    """What a notebook lacks or has too much of, as sentences."""
    headings = [part.heading for part in anatomy.sections(notebook)]
    places = [next((i for i, heading in enumerate(headings) if name in heading), None) for name in SECTIONS]
    if None in places or places != sorted(places):
        yield f"the sections should be {SECTIONS}, and are {headings[1:]}"
    for word in ("**Reading time:**", "**Paper"):
        if word not in notebook.cells[0].source:
            yield f"the head does not have {word}"
    yield from over_budget(notebook)
    yield from too_late_to_drag(notebook)
    yield from anatomy.rebound(notebook)
    answers = anatomy.section(notebook, "Check yourself").text.count("<details>")
    if answers < 5:
        yield f"“Check yourself” has {answers} folded answers, not five"
    first = anatomy.section(notebook, "Exercises").text.split("**2.")[0]
    if "build it yourself" not in first.lower():
        yield "the first exercise is not “build it yourself”"
    yield from wrong_claims(notebook)


def over_budget(notebook):
    lesson, laboratory = anatomy.divided(notebook)
    for what, has, most in (("cells in the lesson", len(lesson), 50),
                            ("words in the lesson", anatomy.words(lesson), 2800),
                            ("open lines of code in the lesson", anatomy.open_lines(lesson), 240),
                            ("cells in the laboratory", len(laboratory), 40),
                            ("words in the laboratory", anatomy.words(laboratory), 2000),
                            ("cells in the section between them", len(anatomy.own(notebook)), 18),
                            ("words in the section between them", anatomy.words(anatomy.own(notebook)), 700)):
        if has > most:
            yield f"{has} {what}, more than {most}"


def too_late_to_drag(notebook):
    """A picture in “See it”; an explorer in “Walk through it”, before any long training; none in the laboratory."""
    cells = code(notebook.cells)
    makers = anatomy.explorer_makers([*HELPERS, *(cell.source for cell in cells)])
    if not any(pictures(cell) for cell in anatomy.section(notebook, "See it").code):
        yield "“See it” shows no picture"
    trained = [i for i, cell in enumerate(cells) if "training.train(" in cell.source]
    walked = [cells.index(cell) for cell in anatomy.section(notebook, "Walk through it").code
              if anatomy.shows_explorer(cell, makers)]
    if not walked:
        yield "“Walk through it” has nothing to drag"
    elif trained and trained[0] < walked[0]:
        yield "a training comes before the first thing to drag in “Walk through it”"
    if any(anatomy.shows_explorer(cell, makers) for cell in anatomy.divided(notebook)[1]):
        yield "the laboratory has an explorer"


def wrong_claims(notebook):
    """At most six claims of the paper and three of ours, in brackets; every verdict one of four."""
    outputs = [output for cell in code(notebook.cells) for output in cell.outputs]
    texts = [output.get("data", {}).get("text/markdown", "") for output in outputs]
    tables = [text for text in texts if text.startswith("| the paper said")]
    if len(tables) != 1:
        yield f"{len(tables)} tables of claims"
    rows = [row for table in tables for row in table.splitlines()[2:]]
    ours = [row for row in rows if row.startswith("| (")]
    if len(ours) > 3 or len(rows) - len(ours) > 6:
        yield f"{len(rows) - len(ours)} claims of the paper and {len(ours)} of ours, more than six and three"
    verdicts = {row.rstrip("| ").rsplit(" | ", 1)[-1] for row in rows}
    if not verdicts <= VERDICTS:
        yield f"verdicts {verdicts - VERDICTS}"


@EACH
def test_no_notebook_takes_longer_than_four_minutes(path):
    assert float(read(path).metadata["course"]["run_time"].split()[0]) <= 4


def test_all_together_take_less_than_22_minutes():
    assert sum(float(read(path).metadata["course"]["run_time"].split()[0]) for path in all_notebooks()) <= 22


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
            heading = name[1:].replace("-", " ").capitalize()
            assert f"\n## {heading}\n" in readme if name.startswith("#") else (ROOT / name).exists(), name


def test_every_badge_and_first_cell_give_the_same_address_and_version():
    texts = [(ROOT / "README.md").read_text()]
    for path in all_notebooks():
        cells = read(path).cells
        texts += [cells[0].source, code(cells)[0].source]
        for place in (f"/{path.name}) |", f"/{path.stem}.html)"):
            assert place in texts[0], f"the README's table links to it on the site and in Colab: {place}"
    badges = re.findall(r"research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/([\w.-]+)/notebooks", "\n".join(texts))
    fetched = re.findall(r"--branch (\S+) https://github\.com/(\S+)\.git how-gpt", "\n".join(texts))
    assert len(fetched) == len(all_notebooks()) and len(badges) == 2 * len(fetched) + 1
    assert len({*badges, *((address, version) for version, address in fetched)}) == 1
    assert set(re.findall(r"github\.com/([\w.-]+/[\w.-]+)/actions/", texts[0])) == {badges[0][0]}
    sites = re.findall(r"https://([\w-]+\.github\.io(?:/[\w.-]+)?)/[^/)]*\)", texts[0])
    assert set(sites) == {build.site_of(badges[0][0])} and len(sites) > len(fetched)


def test_the_first_cell_and_what_is_said_of_it_are_the_same_in_every_notebook():
    said = set()
    for path in all_notebooks():
        cells = read(path).cells
        first = cells.index(code(cells)[0])
        said.add((cells[first - 1].source, cells[first].source))
    assert len(said) == 1


@pytest.mark.parametrize(("source", "read", "bound"), [
    ("y = x + 1\nx = y", "x", "x y"),
    ("count += 1", "count", "count"),
    ("for i in items:\n    total = i\nprint(total)", "items print", "i total"),
    ("import a.b, c as d\nfrom e import f\na, d, f", "", "a d f"),
    ("def f(n, m=k):\n    s = n + g\n    return f(s)", "g k", "f"),
    ("class A(B):\n    size = k\n    def get(self):\n        return other", "B k other", "A"),
    ("y = [i * k for i in rows for j in i]\nz = lambda v, w=u: v + w + q", "k rows u q", "y z"),
    ("with open(p) as file, other(file) as b:\n    if (n := len(file)) > 1:\n        b.x[n] = n", "open p other len",
     "file b n"),
    ("try:\n    a\nexcept E as error:\n    error", "a E", "error"),
    ("y: int = {k: v for k, v in z}\n(p, *q), r.s = y", "int z r", "y p q"),
])
def test_names_that_a_cell_reads_and_binds(source, read, bound):
    found = anatomy.Names(ast.parse(source))
    assert (found.read, found.bound) == (set(read.split()), set(bound.split()))


def small(*cells):
    """A notebook of such cells: strings that begin with ## are text."""
    return new_notebook(cells=[new_markdown_cell(cell) if cell.startswith("##") else new_code_cell(cell)
                               for cell in cells])


def test_a_name_that_is_bound_again_is_found():
    notebook = small("import x", "## One", "i = x.f()", "i", "## Two", "for i in x:\n    j = i", "## Three", "j = 1")
    assert list(anatomy.rebound(notebook)) == ["“Two” binds i again, which a cell of “One” reads"]


def test_a_notebook_is_divided_and_counted():
    one = "## One\n\nA [link](https://a.b/c) of $x + y$ <b>five</b> words.\n```\n## no heading\n```\n\n"
    notebook = small(f"{one}## Two\n| -- | three |", "a = 1\n\nb = 2",
                     f"## {anatomy.LABORATORY}\n\nYou may stop here.", "c = 3")
    assert [part.heading for part in anatomy.sections(notebook)] == ["", "One", "Two", anatomy.LABORATORY]
    lesson, laboratory = anatomy.divided(notebook)
    assert (len(lesson), anatomy.words(lesson), anatomy.open_lines(lesson)) == (2, 8, 2)
    assert (len(laboratory), anatomy.words(laboratory), anatomy.open_lines(laboratory)) == (2, 6, 1)
    old = small("explore.explore(draw)", "## Later", "d = 4")
    assert [len(part) for part in anatomy.divided(old)] == [1, 2]


def test_an_explorer_is_found_also_where_a_function_makes_it():
    makers = anatomy.explorer_makers(["def walk(net):\n    explore.explore(net.draw)", "def other():\n    pass"])
    assert makers == {"explore", "walk"}
    assert anatomy.shows_explorer(new_code_cell("diagrams.walk(net)"), makers)
    assert not anatomy.shows_explorer(new_code_cell("from helpers import explore"), makers)


def test_the_readme_says_where_it_installs_and_its_windows_line_works_in_powershell():
    readme = (ROOT / "README.md").read_text()
    lines = re.findall(r"```powershell\n(.*?)\n```", readme, flags=re.S)
    assert len(lines) == 1 and "&&" not in lines[0] and "activate" not in lines[0].lower()
    assert all(part.split()[0] in ("python", r".venv\Scripts\python.exe") for part in lines[0].split("; "))
    for place in ("Python 3.11 to 3.14", "Linux", "Windows for x64", "Apple silicon", "Intel", "Windows on ARM"):
        assert place in readme, place
    names = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line}
    assert f"`{' '.join(sorted(names))}`" in readme, "the same packages without versions"
