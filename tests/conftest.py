"""Settings of every test run: sliders are driven, results go to a temporary file, times are listed by notebook."""

import os
import tempfile
from collections import defaultdict
from pathlib import Path

os.environ["COURSE_DRIVE_CONTROLS"] = "1"
os.environ["COURSE_OWN_TIMELINE"] = str(Path(tempfile.gettempdir()) / f"timeline-{os.getpid()}.csv")
os.environ.pop("COURSE_REFERENCE_RUN", None)

SECONDS = defaultdict(float)


def pytest_runtest_logreport(report):
    SECONDS[report.location[0]] += report.duration


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("seconds by file")
    for name, seconds in sorted(SECONDS.items(), key=lambda pair: -pair[1]):
        terminalreporter.write_line(f"{seconds:7.1f}  {name}")


def pytest_unconfigure():
    Path(os.environ["COURSE_OWN_TIMELINE"]).unlink(missing_ok=True)
