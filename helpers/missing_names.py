"""Cells run out of order: what to say instead of a bare NameError."""

import json
import re
import symtable
import warnings
from pathlib import Path

from IPython import get_ipython

from helpers import start


def explain(folder=None):
    """From now on a cell that uses a name which no cell has made yet says which cell of the notebook makes it.

    folder: where the notebooks are. Without it they are looked for in the current folder and in the course's own.
    Does nothing outside IPython. Calling it again changes nothing.
    """
    shell = get_ipython()
    if shell is None:
        return
    folders = list(dict.fromkeys(Path(each).resolve() for each in ([folder] if folder else [".", start.NOTEBOOKS])))

    def handler(shell, kind, error, trace, tb_offset=None):
        try:
            plain = kind is NameError  # not of a function that uses its own variable too early
            cell = maker(error.name, shell.user_ns.get("In", []), folders) if plain else None
        except BaseException:  # whatever goes wrong with the explanation, the stop button too, there is the traceback
            cell = None
        if cell:
            lines = [f"NameError: there is no {error.name!r} yet. The cell that makes it {cell}",
                     "Run that one first, or all cells above this one (JupyterLab: Run, Run All Above Selected Cell; "
                     "Colab: Runtime, Run before)."]
            error._render_traceback_ = lambda: lines  # IPython looks for this name
        shell.set_custom_exc((), None)  # else this function would be asked again
        try:
            shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        finally:
            shell.set_custom_exc((NameError,), handler)

    shell.set_custom_exc((NameError,), handler)


def maker(name, run, folders):
    """Where in the notebook the cell is that makes a name: a sentence's end, or None if no cell of it does.

    run: the sources of the cells run so far, the last of them the one that misses the name. The notebook is the one in
    the folders that has most of them, be it a copy of one of the course's; one that has none of them is not it.
    """
    def known(cells):
        sources = {source for _, source in cells}
        return sum(each in sources for each in run if each), run[-1] in sources

    notebooks = [cells for folder in folders for path in sorted(folder.glob("*.ipynb")) if (cells := read(path))]
    if not name or not run or not notebooks:
        return None
    cells = max(notebooks, key=known)
    if known(cells)[0] == 0:  # a notebook of the reader's own, which lies elsewhere
        return None
    makers = []
    for heading, source in cells:
        if source == run[-1]:
            makers = makers[-1:]  # of those before it the last: that is the one whose value it was written for
            break
        if makes(source, name):
            makers.append(f"stands under the heading “{heading}” and begins with “{source.strip().splitlines()[0]}”.")
    return makers[0] if makers else None


def read(path):
    """The code cells of a notebook file as (heading above it, source); [] for a file that is no notebook."""
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""  # a pipe would never end
        return code_cells(json.loads(text)["cells"], heading=path.stem)
    except Exception:  # beside the notebooks may lie what is empty, half-written, unreadable or something else
        return []


def code_cells(cells, heading):
    """Of the cells of a notebook those with code, as (heading above it, source)."""
    found = []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found.append((heading, source))
        else:
            source = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
            heading = [heading, *re.findall(r"^#+ (.*)$", source, re.MULTILINE)][-1]
    return found


def makes(source, name):
    """Whether a cell gives a value to a name: by an assignment, a loop, a definition or an import."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about the code of that cell, which nobody has run
            symbol = symtable.symtable(source, "cell", "exec").lookup(name)
    except Exception:  # a cell with a line for IPython only, one that is no Python at all, or one without that name
        return False
    return symbol.is_assigned() or symbol.is_imported()
