"""Settings of every test run: sliders are driven, results go to a temporary folder, only the course's own notebooks
are run, times are listed by notebook."""

import os
import shutil
import tempfile
from collections import defaultdict

from helpers import start

os.environ["COURSE_DRIVE_CONTROLS"] = "1"
os.environ["COURSE_OWN_RESULTS"] = tempfile.mkdtemp(prefix="results-")
os.environ.pop("COURSE_REFERENCE_RUN", None)

SECONDS = defaultdict(float)


class Leftovers:
    """Copies and leftovers beside the notebooks are not collected."""

    def pytest_ignore_collect(self, collection_path):
        return True if collection_path.suffix == ".ipynb" and collection_path not in start.notebooks() else None


def pytest_configure(config):
    config.pluginmanager.register(Leftovers())  # a hook of this file itself would be asked about tests/ only


def pytest_runtest_logreport(report):
    SECONDS[report.location[0]] += report.duration


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("seconds by file")
    for name, seconds in sorted(SECONDS.items(), key=lambda pair: -pair[1]):
        terminalreporter.write_line(f"{seconds:7.1f}  {name}")


def pytest_unconfigure():
    shutil.rmtree(os.environ["COURSE_OWN_RESULTS"], ignore_errors=True)
