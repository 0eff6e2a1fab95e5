"""Where the course lies on this machine, and what must be there before a notebook can run. Needs nothing but Python.

The first cell of every notebook runs this file, before anything of the course can be imported.
"""

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PACKAGES = ("IPython", "ipywidgets", "matplotlib", "numpy", "torch")  # what a kernel needs of requirements.txt


def notebooks(folder=NOTEBOOKS):
    """The course's own notebooks in a folder, in order. Copies, leftovers and notebooks of the reader's are not among
    them: `01_name.ipynb` is, `01_name-Copy1.ipynb`, `01_name.failed.ipynb` and `Untitled.ipynb` are not."""
    return sorted(path for path in Path(folder).glob("*.ipynb") if re.fullmatch(r"\d\d_\w+\.ipynb", path.name))


def check(fetched=""):
    """Make everything ready for the cells that follow: they import `helpers` from this folder and no other, whatever
    the kernel was started in, and work in notebooks/. CourseError if packages are missing.

    fetched: the git command that has just fetched the course, or nothing; it is told to the reader.
    """
    forget_others()
    sys.path[:] = [str(ROOT), *(place for place in sys.path if place != str(ROOT))]
    from helpers import CourseError

    if fetched:
        version, course = re.search(r"--branch (\S+) https://github\.com/(\S+)\.git", fetched).groups()
        print(f"Fetched {course}, version {version}, into {ROOT}; nothing was installed.")
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise CourseError(f"The kernel of this notebook has no {', no '.join(missing)}. Choose the kernel of the "
                          "environment in which you installed the course (JupyterLab: Kernel, Change Kernel...; "
                          "VS Code: the kernel's name at the top right), or install what is missing into this one "
                          f'(%pip install -r "{ROOT / "requirements.txt"}" in a cell of its own) and restart it.')
    from helpers import missing_names

    missing_names.explain()  # looks in the present folder too, where a reader may have a copy
    os.chdir(NOTEBOOKS)


def forget_others():
    """Drop every loaded module called `helpers` that is not the course's."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if name.split(".")[0] == "helpers" and ROOT / "helpers" not in Path(file).resolve().parents:
            del sys.modules[name]


if __name__ == "__main__":
    check(globals().get("fetched", ""))  # given by the first cell
