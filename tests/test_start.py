"""The first cell of every notebook: in Colab, in every folder from which a notebook may be run, and where things lack.

Each test runs it in an IPython of its own, so that neither this process's path nor its working directory is touched.
"""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from colab_run import fetched, repository
from notebook_code import NOTEBOOKS, all_notebooks

ROOT = NOTEBOOKS.parent
SHELL = """
import json, sys, types
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for cell in json.loads(sys.argv[1]):
    print("---", flush=True)
    shell.run_cell(cell, store_history=True)
"""
FIRST = next(cell.source for cell in nbformat.read(all_notebooks()[0], as_version=4).cells if cell.cell_type == "code")
ADDRESS, VERSION = fetched(all_notebooks()[0])
COLAB = "sys.modules['google.colab'] = types.ModuleType('google.colab')"
WHERE = "import os; print(os.getcwd(), os.path.dirname(__import__('helpers').__file__), sys.path)"
UNREACHABLE = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "url.file:///nowhere/.insteadOf",
               "GIT_CONFIG_VALUE_0": "https://github.com/"}


def session(folder, *cells, **environment):
    """What each of the cells prints, in a fresh IPython that is started in a folder and knows `sys` and `types`."""
    code = ["import sys, types", *cells]
    run = subprocess.run([sys.executable, "-c", SHELL, json.dumps(code)], cwd=folder, capture_output=True, text=True,
                         check=True, env={**os.environ, "IPYTHONDIR": os.environ["COURSE_OWN_RESULTS"], **environment})
    assert "Traceback" not in run.stdout + run.stderr
    return [part.strip() for part in run.stdout.split("---\n")[2:]]


def ready(said, root):
    """Whether WHERE said that the cells that follow work in the course's notebooks/ and import its helpers."""
    return said.startswith(f"{root / 'notebooks'} {root / 'helpers'} ['{root}', ")


@pytest.fixture
def content(tmp_path):
    """An empty folder, as Colab's; beside it a repository, and settings in which git takes it for the one on GitHub."""
    folder = tmp_path / "content"
    folder.mkdir()
    return folder, repository(tmp_path, ADDRESS, VERSION)


def test_in_colab_it_fetches_the_course_once(content):
    folder, network = content
    (folder / "course").mkdir()  # somebody else's
    _, said, where, again, still = session(folder, COLAB, FIRST, WHERE, FIRST, WHERE, **network)
    root = folder / "how-gpt"
    assert said == f"Fetched {ADDRESS}, version {VERSION}, into {root}; nothing was installed."
    assert ready(where, root) and again == "" and still == where
    _, said, where = session(folder, COLAB, FIRST, WHERE, **UNREACHABLE)  # as after a restart of the kernel
    assert said == "" and ready(where, root)


def test_in_colab_without_network_it_says_what_to_do(content):
    folder, network = content
    assert "SystemExit: The course is not here. In Colab, wait" in session(folder, COLAB, FIRST, **UNREACHABLE)[1]
    assert "Fetched" in session(folder, COLAB, FIRST, **network)[1]


def test_in_colab_it_leaves_a_folder_of_the_same_name_alone(content):
    folder, network = content
    (folder / "how-gpt").mkdir()
    (folder / "how-gpt" / "mine.txt").write_text("mine")
    assert "a folder how-gpt, rename it first" in session(folder, COLAB, FIRST, **network)[1]
    assert [path.name for path in (folder / "how-gpt").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("place", [".", "notebooks", "data"])
def test_elsewhere_it_finds_the_course_around_it(place):
    said, where, again, still = session(ROOT / place, FIRST, WHERE, FIRST, WHERE)
    assert said == again == "" and ready(where, ROOT) and still == where


def test_nowhere_it_says_so(tmp_path):
    said, = session(tmp_path, FIRST)
    assert "SystemExit: The course is not here." in said and "whole repository" in said


def test_cells_too_early_are_explained_from_then_on():
    assert "Run that one first" in session(ROOT, FIRST, "torch.set_num_threads(1)")[1]


def test_another_package_of_the_same_name_is_not_in_the_way(content):
    folder, network = content
    (folder / "helpers.py").write_text("print('foreign')")
    other = "sys.modules['helpers'] = sys.modules['helpers.data'] = types.ModuleType('helpers')"
    for load in ("import helpers", other, f"sys.path.insert(0, {str(folder)!r})"):
        *_, where, own = session(folder, COLAB, load, FIRST, WHERE, "from helpers import data", **network)
        assert ready(where, folder / "how-gpt") and own == ""


def test_the_second_run_does_not_load_the_course_again():
    same = "from helpers import CourseError; CourseError is one"
    assert session(ROOT, FIRST, "from helpers import CourseError as one", FIRST, same)[-1].endswith("True")


def test_a_kernel_without_the_packages_is_noticed():
    hide = "sys.modules['torch'] = sys.modules['ipywidgets'] = None"
    said = session(NOTEBOOKS, hide, FIRST)[1]
    assert said.startswith("CourseError: The kernel of this notebook has no ipywidgets, no torch. Choose the kernel")
    assert f'%pip install -r "{ROOT / "requirements.txt"}"' in said and (ROOT / "requirements.txt").exists()


def test_it_needs_nothing_but_python(tmp_path):
    """Option -S leaves out every installed package."""
    run = subprocess.run([sys.executable, "-S", "-c", FIRST], cwd=ROOT, capture_output=True, text=True, check=False)
    missing = "no IPython, no ipywidgets, no matplotlib, no numpy, no torch. Choose the kernel"
    assert f"CourseError: The kernel of this notebook has {missing}" in run.stderr
