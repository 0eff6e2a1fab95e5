"""What differs in Colab: ipywidgets 7.7.1, and a first cell that fetches the course."""

import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook_code import all_notebooks

TESTS = Path(__file__).resolve().parent
OLD = ["ipywidgets==7.7.1", "widgetsnbextension==3.6.1", "jupyterlab-widgets==1.1.1", "ipython-genutils==0.2.0"]


@pytest.fixture(scope="module")
def old_widgets(tmp_path_factory):
    """A folder with Colab's version of ipywidgets, to be put before the newer one on the path."""
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, *OLD], check=True)
    return folder


def test_the_sliders_work_under_colabs_widgets(old_widgets):
    environment = {**os.environ, "PYTHONPATH": str(old_widgets)}
    environment.pop("COURSE_DRIVE_CONTROLS", None)
    version = subprocess.run([sys.executable, "-c", "import ipywidgets; print(ipywidgets.__version__)"],
                             capture_output=True, text=True, check=True, env=environment).stdout.strip()
    assert version == "7.7.1"
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=",
                          TESTS / "test_explore.py"], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
    assert "passed" in run.stdout


def test_a_notebook_alone_runs_to_the_end_with_colabs_versions_each_cell_twice():
    """The shortest one; `python tests/colab_run.py` runs all, with `--twice` as here."""
    run = subprocess.run([sys.executable, TESTS / "colab_run.py", "07", "--twice"], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.count("ran in") == 1


@pytest.fixture
def colab(tmp_path, monkeypatch):
    """An empty working directory, a stand-in for google.colab, and a local repository from which to fetch the course.

    Yields a function that runs a notebook's first cell with that repository's address, and returns IPython's result.
    """
    origin, work = tmp_path / "origin", tmp_path / "content"
    for folder in ("helpers", "data", "notebooks"):
        shutil.copytree(TESTS.parent / folder, origin / folder)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", origin]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.delitem(sys.modules, "helpers", raising=False)
    work.mkdir()
    monkeypatch.chdir(work)
    shell = InteractiveShell.instance()

    def run(path, address=origin):
        cell = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
        assert cell.source.count("https://github.com/{COURSE}.git") == 1
        return shell.run_cell(cell.source.replace("https://github.com/{COURSE}.git", str(address)))

    yield run
    InteractiveShell.clear_instance()


FIRST = all_notebooks()[0]  # test_notebooks proves that this cell is the same in all of them


def test_the_first_cell_fetches_the_course_and_can_be_run_again(colab, tmp_path, capfd):
    assert colab(FIRST).success
    said = capfd.readouterr().out
    assert said.count("\n") == 1 and "Fetched" in said and "nothing was installed" in said
    assert Path.cwd() == tmp_path / "content" / "course" / "notebooks" and Path("../helpers/data.py").exists()
    assert colab(FIRST).success and capfd.readouterr().out == ""
    assert Path.cwd() == tmp_path / "content" / "course" / "notebooks"
    os.chdir(tmp_path / "content")  # as after a restart of the kernel
    assert colab(FIRST, address="/nowhere").success
    assert Path("../helpers/data.py").exists()


def test_without_network_it_says_what_to_do(colab, tmp_path):
    result = colab(FIRST, address=tmp_path / "nowhere")
    assert isinstance(result.error_in_exec, SystemExit)
    assert "run this cell again" in str(result.error_in_exec)
    assert colab(FIRST).success


def test_outside_colab_it_says_when_the_course_is_not_there(colab, monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab")
    assert "whole repository" in str(colab(FIRST).error_in_exec)


def test_another_package_of_the_same_name_is_noticed(colab, tmp_path, monkeypatch):
    other = types.ModuleType("helpers")
    other.__file__ = str(tmp_path / "helpers.py")
    monkeypatch.setitem(sys.modules, "helpers", other)
    assert "restart" in str(colab(FIRST).error_in_exec)
