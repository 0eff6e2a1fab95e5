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


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: path.stem[:2])
def test_the_first_cell_fetches_the_course_and_can_be_run_again(path, tmp_path, monkeypatch):
    """In a stand-in for Colab: the address leads to this repository, the working directory is empty."""
    cell = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    origin = tmp_path / "origin"
    for folder in ("helpers", "data", "notebooks"):
        shutil.copytree(TESTS.parent / folder, origin / folder)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", origin]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    address = next(word for word in cell.source.split() if word.startswith("https://"))
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    work = tmp_path / "content"
    work.mkdir()
    monkeypatch.chdir(work)
    shell = InteractiveShell.instance()
    try:
        for _ in range(2):
            assert shell.run_cell(cell.source.replace(address, str(origin))).success
            assert Path.cwd() == work / "course" / "notebooks" and Path("../helpers/data.py").exists()
    finally:
        InteractiveShell.clear_instance()
