"""Cells run out of order: what to say instead of a bare NameError."""

import json
import re
import symtable
from pathlib import Path

from IPython import get_ipython


def explain(folder="."):
    """From now on a cell that uses a name which no cell has made yet says which cell of the notebook makes it.

    folder: where the notebooks are. Does nothing outside IPython. Calling it again changes nothing.
    """
    shell = get_ipython()
    if shell is None:
        return
    folder = Path(folder).resolve()

    def handler(shell, kind, error, trace, tb_offset=None):
        plain = kind is NameError  # not of a function that uses its own variable too early
        cell = maker(error.name, shell.user_ns.get("In", []), folder) if plain else None
        if cell:
            lines = [f"NameError: there is no {error.name!r} yet. The cell that makes it {cell}",
                     "Run that one first, or all cells above this one (JupyterLab: Run, Run All Above Selected Cell; "
                     "Colab: Runtime, Run before)."]
            error._render_traceback_ = lambda: lines  # IPython looks for this name
        shell.set_custom_exc((), None)  # else this function would be asked again
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        shell.set_custom_exc((NameError,), handler)

    shell.set_custom_exc((NameError,), handler)


def maker(name, run, folder):
    """Where in the notebook the cell is that makes a name: a sentence's end, or None if no cell of it does.

    run: the sources of the cells run so far, the last of them the one that misses the name. The notebook is the one in
    the folder that has most of them.
    """
    def known(cells):
        sources = {source for _, source in cells}
        return sum(each in sources for each in run), run[-1] in sources

    notebooks = [read(path) for path in sorted(folder.glob("*.ipynb"))]
    if not name or not run or not notebooks:
        return None
    cells = max(notebooks, key=known)
    makers = []
    for heading, source in cells:
        if source == run[-1]:
            makers = makers[-1:]  # of those before it the last: that is the one whose value it was written for
            break
        if makes(source, name):
            makers.append(f"stands under the heading “{heading}” and begins with “{source.strip().splitlines()[0]}”.")
    return makers[0] if makers else None


def read(path):
    """The code cells of a notebook file as (heading above it, source)."""
    heading, cells = path.stem, []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cells.append((heading, source))
        else:
            source = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
            heading = [heading, *re.findall(r"^#+ (.*)$", source, re.MULTILINE)][-1]
    return cells


def makes(source, name):
    """Whether a cell gives a value to a name: by an assignment, a loop, a definition or an import."""
    try:
        symbol = symtable.symtable(source, "cell", "exec").lookup(name)
    except (SyntaxError, KeyError):  # a cell with a line for IPython only, or one without that name
        return False
    return symbol.is_assigned() or symbol.is_imported()
