"""Run notebooks as in Google Colab, as near as a machine without it gets.

    python tests/colab_run.py            all notebooks (about 25 minutes)
    python tests/colab_run.py 03 07      those whose file names begin so
    python tests/colab_run.py --twice    each code cell two times, as a reader may do
    python tests/colab_run.py --short    with trainings that are ten times shorter

Each runs in a folder that holds it and nothing else, in an environment with Colab's versions of what shows a notebook,
with a stand-in for the module google.colab, and fetches the course from a git repository on this machine in the place
of GitHub. PyTorch is the one of the environment that runs this.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import anatomy
import nbformat
from nbclient import NotebookClient
from notebook_code import all_notebooks

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ["ipykernel==6.17.1", "ipython==7.34.0", "ipywidgets==7.7.1", "widgetsnbextension==3.6.1",
            "jupyter_client==7.4.9", "numpy==2.1.3", "matplotlib==3.10.0"]  # August 2026


def environment(folder):
    """Make the environment; returns the environment variables with which a kernel in it runs."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *VERSIONS], check=True)
    inner = Path(subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                                capture_output=True, text=True, check=True).stdout.strip())
    (inner / "outer.pth").write_text(sysconfig.get_path("purelib"))  # PyTorch; what stands in `inner` comes first
    (inner / "google" / "colab").mkdir(parents=True)
    (inner / "google" / "colab" / "__init__.py").touch()
    (inner / "stand_in.pth").write_text("import google.colab")  # Colab's kernel has it loaded
    kernel = folder / "share" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                  "display_name": "Python 3", "language": "python"}))
    return {"JUPYTER_PATH": str(folder / "share"), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}


def repository(folder, address, version, short=False):
    """Make a repository of the course as it lies here, and have git take it for the one on GitHub."""
    origin = folder / "origin"
    for part in ("helpers", "data", "notebooks"):
        shutil.copytree(ROOT / part, origin / part, ignore=shutil.ignore_patterns("__pycache__", "my_*.csv"))
    if short:
        anatomy.shorten(origin)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", origin]
    for arguments in (["init", "-q", "-b", version], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{origin}.insteadOf",
            "GIT_CONFIG_VALUE_0": f"https://github.com/{address}.git"}


def fetched(path):
    """(owner/repository, branch or tag) that the first cell of a notebook fetches."""
    first = next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    version, address = re.search(r"--branch (\S+) https://github\.com/(\S+)\.git", first).groups()
    return address, version


def run(paths, times=1, short=False):
    """Run the notebooks, each code cell so many times; an error in a cell ends it. Prints the seconds of each."""
    address, version = fetched(paths[0])
    with tempfile.TemporaryDirectory(prefix="colab-") as name:
        folder = Path(name)
        os.environ.update({**environment(folder), **repository(folder, address, version, short)})
        for path in paths:
            content = folder / path.stem
            content.mkdir()
            shutil.copy(path, content)
            notebook, start = nbformat.read(path, as_version=4), time.perf_counter()
            notebook.cells = [copy.deepcopy(cell) for cell in notebook.cells if cell.cell_type == "code"
                              for _ in range(times)]
            NotebookClient(notebook, timeout=900, kernel_name="python3",
                           resources={"metadata": {"path": str(content)}}).execute()
            said = "".join(output.get("text", "") for cell in notebook.cells[:times]
                           for output in cell.outputs)
            assert said.count("Fetched") == 1 and f"Fetched {address}, version {version}" in said, said
            assert (content / "how-gpt" / "helpers").is_dir()
            print(f"{path.name}: ran in {time.perf_counter() - start:.0f} s; {said.strip()}", flush=True)


if __name__ == "__main__":
    prefixes = tuple(each for each in sys.argv[1:] if not each.startswith("--"))
    run([path for path in all_notebooks() if path.name.startswith(prefixes or "")],
        2 if "--twice" in sys.argv else 1, "--short" in sys.argv)
