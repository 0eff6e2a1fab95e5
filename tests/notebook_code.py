"""Run the tagged code cells of a notebook outside Jupyter, as they stand or with a fault put in."""

import contextlib
import io
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from helpers import start

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def all_notebooks():
    return start.notebooks(NOTEBOOKS)


def tagged(name, tags):
    """The sources of a notebook's code cells that carry one of the tags, in order."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells
            if cell.cell_type == "code" and set(tags) & set(cell.metadata.get("tags", []))]


def run_tagged(name, tags=("setup", "hand-built", "proof"), right="", wrong=""):
    """Execute the tagged cells, with the text `right` replaced by `wrong`; returns the namespace and what was printed.

    The text to be replaced must stand in them exactly once.
    """
    cells = tagged(name, tags)
    if right:
        count = sum(cell.count(right) for cell in cells)
        assert count == 1, f"{right!r} stands {count} times in the tagged cells of {name}"
    namespace, printed = {"__name__": "notebook"}, io.StringIO()
    exec("import os, sys", namespace)
    with contextlib.redirect_stdout(printed):
        for number, cell in enumerate(cells):
            code = cell.replace(right, wrong) if right else cell
            exec(compile(code, f"{name}, tagged cell {number}", "exec"), namespace)
    return namespace, printed.getvalue()
