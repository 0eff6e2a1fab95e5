"""Cells out of order, before the first one, and after a restart: a message that names the cell to run."""

import re

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from notebook_code import NOTEBOOKS, all_notebooks

from helpers import missing_names

CELLS = ["import math", "x = math.pi", "x = 2 * math.pi", "print(x)", "x = 0"]


@pytest.fixture
def shell(tmp_path):
    """An IPython beside a notebook of CELLS, with the explanations switched on twice."""
    notebook = nbformat.v4.new_notebook()
    for number, source in enumerate(CELLS):
        notebook.cells += [nbformat.v4.new_markdown_cell(f"## Part {number}\n```\n# no heading\n```"),
                           nbformat.v4.new_code_cell(source)]
    nbformat.write(notebook, tmp_path / "one.ipynb")
    shell = InteractiveShell.instance()
    missing_names.explain(tmp_path)
    missing_names.explain(tmp_path)
    yield lambda source: shell.run_cell(source, store_history=True)
    shell.set_custom_exc((), None)
    InteractiveShell.clear_instance()


def test_the_last_maker_above_the_cell_is_named_once(shell, capsys):
    assert isinstance(shell("print(x)").error_in_exec, NameError)
    said = capsys.readouterr().out
    assert said.count("under the heading “Part 2” and begins with “x = 2 * math.pi”.") == 1
    assert "Traceback" not in said and "Part 1" not in said


def test_of_a_changed_cell_the_first_maker(shell, capsys):
    shell("import math")
    shell("print(x, 'changed')")
    assert "“Part 1”" in capsys.readouterr().out


@pytest.mark.parametrize("source", ["print(nowhere)", "print(x.y)", "1 / 0",
                                    "def f():\n    print(x)\n    x = 1\nf()"])
def test_other_errors_look_as_always(source, shell, capsys):
    if source.startswith("print(x"):
        shell("x = 1")
    assert shell(source).error_in_exec is not None
    said = capsys.readouterr().out
    assert "heading" not in said and "Traceback" in said


def test_afterwards_all_is_as_it_was(shell, capsys):
    shell("print(x)")
    assert shell("x = 3").success and shell("print(x)").success
    assert isinstance(shell("1 / 0").error_in_exec, ZeroDivisionError)


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
def test_the_head_says_what_to_run_after_a_restart(path):
    """A kernel that has just been started knows nothing that could speak."""
    cells = nbformat.read(path, as_version=4).cells
    first = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    assert "Run it first, after a restart of the kernel too" in cells[first - 1].source


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem)
def test_a_cell_that_is_run_too_early_names_one_above_it_that_makes_what_it_needs(path):
    """The first cell, then all others from the last to the first: the worst order there is."""
    notebook = nbformat.read(path, as_version=4)
    first, *others = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [first, *reversed(others)]
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    refused = 0
    for number, cell in enumerate(others):
        for output in cell.outputs:
            if output.output_type == "error":
                refused += 1
                said = "\n".join(output.traceback)
                needed, begins = re.search(r"no '(\w+)' yet\. .* begins with “(.*)”\.\n", said).groups()
                assert any(missing_names.makes(above.source, needed) and above.source.strip().startswith(begins)
                           for above in others[:number]), said
                assert "Run All Above" in said
    assert refused > len(others) / 2
    assert not any(output.output_type == "error" for output in first.outputs)
