"""notebooks/train_parallel.py: where it runs, and what it says where it does not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import train_parallel

from helpers import CourseError

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def script(*command):
    return subprocess.run([*command, sys.executable, str(NOTEBOOKS / "train_parallel.py"), "2"], capture_output=True,
                          text=True, check=False, timeout=120)


def nowhere():
    """The beginning of a command that runs the rest on a machine whose own name cannot be looked up; empty where the
    system does not let us make one: there `test_nothing_is_looked_up` alone guards against the fault."""
    command = ["unshare", "--user", "--map-root-user", "--uts", "sh", "-c",
               'hostname no-such-machine && exec "$@"', "sh"]
    able = shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True).returncode
    return command if able else []


def test_two_processes_end_also_where_the_machine_does_not_know_its_own_name():
    run = script(*nowhere())
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["processes"] == 2 and len(result["losses"]) == train_parallel.UPDATES


def test_nothing_is_looked_up(monkeypatch):
    """All that the launcher is told lies on this machine."""
    class Launched(Exception):
        pass

    def launched(command, **options):
        raise Launched(command)

    monkeypatch.setattr(train_parallel.subprocess, "Popen", launched)
    with pytest.raises(Launched) as told:
        train_parallel.launch(2)
    command = told.value.args[0]
    assert "--master-addr=127.0.0.1" in command and "--standalone" not in command


def test_a_launch_that_takes_too_long_ends_with_a_sentence():
    with pytest.raises(CourseError, match=r"has not ended within 0\.5 s"):
        train_parallel.launch(2, patience=0.5)


def test_a_launch_that_fails_says_why(monkeypatch):
    monkeypatch.setattr(train_parallel, "__file__", "no_such_script.py")
    with pytest.raises(CourseError, match=r"stopped with 1 processes.*no_such_script"):
        train_parallel.launch(1)


@pytest.mark.parametrize("words", [["two"], ["0"], ["2", "3"]])
def test_another_number_of_processes_is_asked_for(words):
    run = subprocess.run([sys.executable, str(NOTEBOOKS / "train_parallel.py"), *words], capture_output=True, text=True,
                         check=False, timeout=60)
    assert run.returncode == 1 and run.stderr.strip().startswith("How many processes?")
