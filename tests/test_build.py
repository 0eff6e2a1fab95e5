"""notebooks/build.py, on small notebooks of its own."""

import importlib.util

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_code import NOTEBOOKS

HEAD = "# 7 · Test\n\n- **Run time:** 0.0 min on two cores. [badge](https://colab.research.google.com/github/A/b/blob/main/x)"
README = "# Course\n\n| notebook | run time |\n| --- | --- |\n| [07_test.ipynb](notebooks/07_test.ipynb) | 9.9 min |\n"


@pytest.fixture
def build(monkeypatch, tmp_path):
    """The module, working on a folder of its own that holds one notebook; `build.make` writes its cells."""
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(module, "README", tmp_path / "README.md")
    monkeypatch.setenv("COURSE_REFERENCE_RUN", "")  # build.execute sets it; put back afterwards
    module.README.write_text(README)
    module.path = tmp_path / "07_test.ipynb"

    def make(*sources):
        cells = [new_markdown_cell(HEAD), *(new_code_cell(source) for source in sources)]
        nbformat.write(new_notebook(cells=cells), module.path)

    module.make = make
    return module


def outputs(build):
    return [output for cell in nbformat.read(build.path, as_version=4).cells if cell.cell_type == "code"
            for output in cell.outputs]


def test_a_good_notebook_is_executed_normalised_and_fit(build):
    build.make("print('one')\nprint('two')", "object()")
    build.execute(build.path)
    first, second = outputs(build)
    assert first.text == "one\ntwo\n"
    assert second.data["text/plain"] == "<object at 0x...>"
    assert list(build.check(build.path)) == []
    run_time = nbformat.read(build.path, as_version=4).metadata.course.run_time
    assert f"| {run_time} |" in build.README.read_text()
    before = build.path.read_text()
    build.keep_outputs(build.path)
    assert build.path.read_text() == before


def test_widgets_leave_a_picture_and_no_state(build):
    build.make("import os, sys\nsys.path.insert(0, os.environ['ROOT'])\nfrom helpers import explore\n"
               "explore.explore(lambda axes, n=1: axes.set_title(n), 'A test.', n=(0, 9))")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROOT", str(NOTEBOOKS.parent))
        build.execute(build.path)
    assert set(outputs(build)[0].data) == {"image/png", "text/plain"}
    assert "widget-view" not in build.path.read_text() and "widget-state" not in build.path.read_text()
    assert "widgets" not in nbformat.read(build.path, as_version=4).metadata
    assert list(build.check(build.path)) == []


@pytest.mark.parametrize(("source", "said"), [
    ("1 / 0", "code cell 2 ends in ZeroDivisionError: division by zero"),
    ("import warnings\nwarnings.warn('old')", "code cell 2 writes to stderr: .*old"),
    ("import ipywidgets\nout = ipywidgets.Output()\ndisplay(out)\nwith out:\n    1 / 0", "hides ZeroDivisionError"),
])
def test_errors_and_warnings_are_refused_and_the_notebook_stays(build, source, said):
    build.make("1 + 1", source)
    before = build.path.read_text()
    with pytest.raises(build.BuildError, match=said):
        build.execute(build.path)
    assert build.path.read_text() == before


def edited(build, change):
    build.make("print('a')", "2")
    build.execute(build.path)
    notebook = nbformat.read(build.path, as_version=4)
    change(notebook)
    nbformat.write(notebook, build.path)
    return " ".join(build.check(build.path))


@pytest.mark.parametrize(("change", "said"), [
    (lambda nb: nb.cells[1].update(source="print('b')"), "its code has changed"),
    (lambda nb: nb.cells[1].update(execution_count=5), "execution count 5"),
    (lambda nb: nb.metadata.update(widgets={}), "normal form"),
    (lambda nb: nb.cells[1].metadata.update(execution={"t": 1}), "normal form"),
    (lambda nb: nb.cells[0].update(source=nb.cells[0].source.replace("Run time:** ", "Run time:** 9")), "its head"),
    (lambda nb: nb.cells[1].outputs[0].update(name="stderr"), "writes to stderr"),
    (lambda nb: nb.cells[1].outputs[0].update(text="x" * 1_100_000), "more than 1,000,000"),
])
def test_check_finds(build, change, said):
    assert said in edited(build, change)


def test_check_compares_with_the_readme(build):
    build.make("1")
    build.execute(build.path)
    build.README.write_text(README)
    assert "the README does not give" in " ".join(build.check(build.path))


def test_prose_may_change_without_a_run_and_code_may_not(build):
    build.make("print('a')")
    build.execute(build.path)
    notebook = nbformat.read(build.path, as_version=4)
    notebook.cells.append(new_markdown_cell("More words."))
    nbformat.write(notebook, build.path)
    build.keep_outputs(build.path)
    assert list(build.check(build.path)) == []
    notebook.cells[1].source = "print('b')"
    nbformat.write(notebook, build.path)
    with pytest.raises(build.BuildError, match="execute it"):
        build.keep_outputs(build.path)


def test_a_notebook_without_its_row_in_the_readme(build):
    build.make("1")
    build.README.write_text("# Course\n")
    with pytest.raises(build.BuildError, match="one row of the README"):
        build.execute(build.path)


BADGE = "[![tests](https://github.com/A/b/actions/workflows/tests.yml/badge.svg)](https://elsewhere.org/A/b)"


def test_address_and_version_go_into_every_badge_and_first_cell(build):
    build.make('COURSE, VERSION = "A/b", "main"\nif False:\n    print(COURSE)')
    build.README.write_text(f"{BADGE}\n{README}")
    build.execute(build.path)
    build.readdress("me/my-course", "v1.2")
    text, readme = build.path.read_text(), build.README.read_text()
    assert "colab.research.google.com/github/me/my-course/blob/v1.2/x" in text
    assert 'COURSE, VERSION = \\"me/my-course\\", \\"v1.2\\"' in text
    assert "github.com/me/my-course/actions/workflows/tests.yml/badge.svg)](https://elsewhere.org/A/b)" in readme
    assert list(build.check(build.path)) == []
    for wrong in (("nonsense", "v1"), ("me/my-course", "v 1")):
        with pytest.raises(build.BuildError, match="owner/repository"):
            build.readdress(*wrong)


def test_address_is_taken_from_git(build):
    build.make('COURSE, VERSION = "A/b", "main"')
    build.execute(build.path)
    with pytest.raises(build.BuildError, match="not on github"):
        build.readdress()
    for arguments in (["init", "-q", "-b", "spring"], ["remote", "add", "origin", "git@github.com:we/the-course.git"],
                      ["-c", "user.name=t", "-c", "user.email=t@e.org", "commit", "-q", "--allow-empty", "-m", "x"]):
        build.git(*arguments)
    build.readdress()
    assert 'VERSION = \\"we/the-course\\", \\"spring\\"' in build.path.read_text()
    build.git("tag", "v2.0")
    build.readdress()
    assert "github/we/the-course/blob/v2.0/x" in build.path.read_text()


def test_unknown_notebook(build):
    with pytest.raises(build.BuildError, match="begins with 42"):
        build.chosen(["42"])
