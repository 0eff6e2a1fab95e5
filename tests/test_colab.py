"""What differs in Colab: older versions, ipywidgets 7.7.1 above all. How the course gets there: see test_start.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
                          TESTS / "test_explore.py", TESTS / "test_chooser.py"],
                         capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
    assert "passed" in run.stdout


def test_a_notebook_alone_runs_to_the_end_with_colabs_versions_each_cell_twice():
    """One of them, and its trainings are short; `python tests/colab_run.py` runs all of them as they are."""
    run = subprocess.run([sys.executable, TESTS / "colab_run.py", "07", "--twice", "--short"], capture_output=True,
                         text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.count("ran in") == 1
