"""Cells out of order, before the first one, and after a restart: a message that names the cell to run."""

import os
import re
import warnings

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from notebook_code import NOTEBOOKS, all_notebooks

from helpers import missing_names, start

CELLS = ["import math", "x = math.pi", "x = 2 * math.pi", "print(x)", "x = 0"]


def write_notebook(path):
    """A notebook of CELLS, each below a heading."""
    notebook = nbformat.v4.new_notebook()
    for number, source in enumerate(CELLS):
        notebook.cells += [nbformat.v4.new_markdown_cell(f"## Part {number}\n```\n# no heading\n```"),
                           nbformat.v4.new_code_cell(source)]
    nbformat.write(notebook, path)


@pytest.fixture
def ipython():
    """An IPython of its own; gives a function that runs a cell in it."""
    shell = InteractiveShell.instance()
    yield lambda source: shell.run_cell(source, store_history=True)
    shell.set_custom_exc((), None)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(tmp_path, ipython):
    """An IPython beside a notebook of CELLS, with the explanations switched on twice."""
    write_notebook(tmp_path / "one.ipynb")
    missing_names.explain(tmp_path)
    missing_names.explain(tmp_path)
    return ipython


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


BESIDE = {"empty": b"", "half-written": b'{"cells": [{"cell_type": "code", "sour', "no JSON": b"# 1\n", "number": b"7",
          "no cells": b'{"metadata": {}}', "cells of another kind": b'{"cells": {"a": 1}}',
          "odd cells": b'{"cells": [5, null, {"cell_type": "code"}, {"cell_type": "code", "source": 3}]}',
          "no UTF-8": '{"cells": [], "name": "Bodén"}'.encode("latin-1"), "too deep": b"[" * 100_000,
          "no Python": b'{"cells": [{"cell_type": "code", "source": "x = \\ud800"}]}'}


@pytest.mark.parametrize("name", BESIDE)
def test_whatever_lies_beside_the_notebook(name, shell, tmp_path, capsys):
    for stem in ("aaa", "zzz"):
        (tmp_path / f"{stem}.ipynb").write_bytes(BESIDE[name])
    shell("print(x)")
    said = capsys.readouterr()
    assert said.out.count("“Part 2”") == 1 and "Traceback" not in said.out and "Error" not in said.err


def test_what_lies_beside_the_notebook_and_is_no_file(shell, tmp_path, capsys):
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "dangling.ipynb").symlink_to(tmp_path / "nothing")
    (tmp_path / "round.ipynb").symlink_to(tmp_path / "round.ipynb")
    (tmp_path / "secret.ipynb").touch(mode=0o000)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ipynb")
    shell("print(x)")
    assert "“Part 2”" in capsys.readouterr().out


def test_a_folder_that_is_gone(shell, tmp_path, capsys):
    (tmp_path / "one.ipynb").unlink()
    tmp_path.rmdir()
    shell("print(x)")
    said = capsys.readouterr().out
    assert "Traceback" in said and "NameError" in said


@pytest.mark.parametrize("failure", [ZeroDivisionError, KeyboardInterrupt])
def test_a_failing_explanation_leaves_the_ordinary_traceback_and_stays_on(failure, shell, capsys, monkeypatch):
    def fail(*arguments):
        raise failure("in the explanation")

    with monkeypatch.context() as patch:
        patch.setattr(missing_names, "maker", fail)
        assert isinstance(shell("print(x)").error_in_exec, NameError)
    said = capsys.readouterr()
    assert "name 'x' is not defined" in said.out and "Traceback" in said.out
    assert "in the explanation" not in said.out and not said.err
    shell("print(x)")
    assert "“Part 2”" in capsys.readouterr().out


def test_a_name_that_the_reader_gave_something_else_is_no_hindrance(shell, capsys):
    shell("In = 5")
    shell("print(x)")
    assert "name 'x' is not defined" in capsys.readouterr().out


def test_odd_code_is_looked_at_in_silence():
    with warnings.catch_warnings(action="error"):
        assert missing_names.makes(r"x = '\d'", "x")
        for source in ("x = '\ud800'", "x = '\0'", "%time x = 1", "x = " + "(" * 10_000):
            assert not missing_names.makes(source, "x")


def test_nothing_is_said_about_a_notebook_of_which_no_cell_was_run(shell, capsys):
    shell("print(x, 'in a notebook of my own')")
    assert "name 'x' is not defined" in capsys.readouterr().out


def test_in_a_copy_of_a_notebook_too(shell, tmp_path, capsys):
    (tmp_path / "one.ipynb").rename(tmp_path / "one-Copy1.ipynb")
    shell("print(x)")
    assert "“Part 2”" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["current", "course"])
def test_by_default_both_the_current_folder_and_the_courses_are_looked_at(place, ipython, tmp_path, capsys,
                                                                          monkeypatch):
    folders = {name: tmp_path / name for name in ("current", "course")}
    for folder in folders.values():
        folder.mkdir()
    write_notebook(folders[place] / "one.ipynb")
    monkeypatch.chdir(folders["current"])
    monkeypatch.setattr(start, "NOTEBOOKS", folders["course"])
    missing_names.explain()
    ipython("print(x)")
    assert "“Part 2”" in capsys.readouterr().out


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
