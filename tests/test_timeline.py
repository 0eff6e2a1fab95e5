"""helpers.timeline"""

import subprocess
import sys
from fnmatch import fnmatch

import pytest

from helpers import CourseError, data, timeline

ROW = ("RNN", "Mikolov et al.", 2010, 30_000, 2.03219, 61.23, 2000)


@pytest.fixture
def files(monkeypatch, tmp_path, tmp_path_factory):
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("locks")))
    monkeypatch.setattr(timeline.tempfile, "tempdir", None)  # so that it looks there
    monkeypatch.setattr(timeline, "REFERENCE", tmp_path / "timeline.csv")
    monkeypatch.setenv(timeline.OWN, str(tmp_path))
    shown = []
    monkeypatch.setattr(timeline.figures, "show", lambda figure, alt: shown.append((figure, alt)))
    return tmp_path, shown


def test_the_committed_file_can_be_read():
    rows = timeline.read(timeline.REFERENCE)
    assert {row["model"] for row in rows} >= {"Bigram", "Kneser-Ney", "MLP", "CNN"}
    assert all(1.5 < row["test_loss"] < 3.3 and row["parameters"] > 0 for row in rows)
    assert rows == sorted(rows, key=lambda row: (row["year"], row["model"]))


def test_a_readers_own_run_stays_out_of_git():
    ignored = (data.FOLDER.parent / ".gitignore").read_text().splitlines()
    for table in timeline.COLUMNS:
        assert any(fnmatch(f"data/{timeline.own_file(table).name}", pattern) for pattern in ignored)


def test_own_results_are_kept_apart_and_replaced(files):
    folder, _ = files
    timeline.record(*ROW)
    timeline.record("Old", "Somebody", 1990, 1, 3.0, 0, 1)
    timeline.record(*ROW[:4], 2.5, 1, 1)
    assert not (folder / "timeline.csv").exists()
    rows = timeline.read(folder / "my_timeline.csv")
    assert [(row["model"], row["test_loss"]) for row in rows] == [("Old", 3.0), ("RNN", 2.5)]


def test_the_reference_run_goes_into_the_reference(files, monkeypatch):
    folder, _ = files
    monkeypatch.setenv(timeline.RECORD, "1")
    timeline.record(*ROW)
    assert (folder / "timeline.csv").read_text().splitlines()[1] == "RNN,Mikolov et al.,2010,30000,2.03219,61.2,2000"
    assert not (folder / "my_timeline.csv").exists()


def test_the_picture_shows_both_and_leaves_out_what_came_later(files, monkeypatch):
    _, shown = files
    monkeypatch.setenv(timeline.RECORD, "1")
    timeline.record(*ROW)
    timeline.record("LSTM", "Graves", 2013, 1, 1.98, 1, 1)
    monkeypatch.delenv(timeline.RECORD)
    timeline.record("RNN", "Mikolov et al.", 2010, 1, 2.1, 1, 1)
    timeline.record("Mine", "me", 2009, 1, 2.2, 1, 1)
    timeline.draw(until=2012)
    figure, alt = shown[0]
    assert "RNN (2010) 2.032" in alt and "Mine (2009) 2.200" in alt and "LSTM" not in alt
    heights = sorted(round(float(line.get_ydata()[0]), 3) for line in figure.axes[0].lines)
    assert heights == [2.032, 2.1, 2.2]
    timeline.draw(until=2020, only=["LSTM"])
    assert "RNN" not in shown[1][1] and "LSTM (2013)" in shown[1][1]


def test_nothing_recorded_and_nonsense(files):
    folder, _ = files
    with pytest.raises(CourseError, match="Run the notebooks before"):
        timeline.draw(until=2000)
    with pytest.raises(CourseError, match="nothing to record"):
        timeline.record(*ROW[:4], float("nan"), 1, 1)
    assert list(folder.iterdir()) == []


HEADER = "model,paper,year,parameters,test_loss,seconds,steps\n"
LINE = "RNN,Mikolov et al.,2010,30000,2.03219,61.2,2000\n"
BROKEN = {"empty": b"", "other columns": b"model,paper\nx,y\n", "zeros": b"\0" * 99,
          "no number": (HEADER + LINE.replace("2010", "x")).encode(),
          "a column more": (HEADER + LINE[:-1] + ",7\n").encode(), "no UTF-8": (HEADER + "Bod\xe9n").encode("latin-1"),
          "a quote that never ends": (HEADER + LINE.replace("RNN", '"RNN')).encode(),
          **{f"cut off after {n} bytes": (HEADER + LINE).encode()[:n] for n in (20, len(HEADER) - 1, 70, -1, -3)}}


@pytest.fixture(params=[*BROKEN, "folder"])
def broken(files, request):
    """A committed run of one model, and a file of the reader's own that cannot be read."""
    folder, shown = files
    (folder / "timeline.csv").write_text(HEADER + LINE)
    own = folder / "my_timeline.csv"
    if request.param == "folder":
        own.mkdir()
        (own / "mine.txt").write_text("mine")
    else:
        own.write_bytes(BROKEN[request.param])
    return own, shown


def test_an_own_file_that_cannot_be_read_is_left_out_and_that_is_said(broken, capsys):
    own, shown = broken
    timeline.draw(until=2012)
    said = capsys.readouterr().out
    assert "RNN (2010) 2.032" in shown[0][1] and len(shown[0][0].axes[0].lines) == 1
    assert said.count("\n") == 1 and said.startswith(f"{own} cannot be read (")
    assert timeline.read(own) == []


def test_what_cannot_be_read_is_put_aside_before_anything_is_recorded(broken, capsys):
    own, _ = broken
    aside = [own.with_name(f"my_timeline.unreadable-{number}.csv") for number in (1, 2)]
    before = None if own.is_dir() else own.read_bytes()
    timeline.record(*ROW)
    said = capsys.readouterr().out
    assert said.startswith(f"{own} cannot be read (") and aside[0].name in said and said.count("\n") == 1
    assert own.read_text() == HEADER + LINE
    assert (aside[0] / "mine.txt").exists() if before is None else aside[0].read_bytes() == before
    own.write_text("again")
    timeline.record(*ROW)
    assert aside[0].exists() and aside[1].read_text() == "again" and own.read_text() == HEADER + LINE


def test_translations_go_on_without_an_own_file_that_cannot_be_read(files, capsys):
    folder, _ = files
    (folder / "my_translation.csv").write_text("nonsense")
    assert timeline.translations() == {}
    assert "my_translation.csv cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_committed_run_is_an_error(files, monkeypatch, name):
    (folder, _), content = files, BROKEN[name]
    (folder / "timeline.csv").write_bytes(content)
    with pytest.raises(CourseError, match=r"timeline\.csv cannot be read .* Get it back"):
        timeline.draw(until=2012)
    monkeypatch.setenv(timeline.RECORD, "1")
    with pytest.raises(CourseError, match="cannot be read"):
        timeline.record(*ROW)
    assert (folder / "timeline.csv").read_bytes() == content and len(list(folder.iterdir())) == 1


RECORDING = """
import os, sys
from pathlib import Path
from helpers import timeline
timeline.REFERENCE = Path(sys.argv[1]) / "timeline.csv"
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    for os.environ[timeline.RECORD] in ("", "1"):
        timeline.record(f"{sys.argv[2]}{number}", "Somebody", 2000, 1, 2.0, 1, 1)
"""
HOLDING = """
import sys
from pathlib import Path
from helpers import timeline
with timeline.lock_of(Path(sys.argv[1]) / "my_timeline.csv"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def process(code, *arguments):
    """A Python of its own. Its code says "ready" and then waits for a line."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=data.FOLDER.parent, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_notebooks_that_record_at_the_same_time_lose_nothing(files):
    folder, _ = files
    processes = [process(RECORDING, folder, letter) for letter in "ABC"]
    for each in processes:
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate()[0] for each in processes] == ["", "", ""]
    assert {path.name for path in folder.iterdir()} == {"timeline.csv", "my_timeline.csv"}, "no lock lies beside them"
    for path in folder.iterdir():
        models = {row["model"] for row in timeline.read(path)}
        assert models == {f"{letter}{number}" for letter in "ABC" for number in range(20)}


def test_a_lock_that_cannot_be_had_is_said_and_nothing_is_lost(files, monkeypatch, capsys):
    folder, _ = files
    timeline.record(*ROW)
    before = (folder / "my_timeline.csv").read_text()
    monkeypatch.setattr(timeline, "PATIENCE", 0.2)
    holder = process(HOLDING, folder)
    assert holder.stdout.readline() == "ready\n"
    timeline.record("LSTM", "Graves", 2013, 1, 1.98, 1, 1)
    said = capsys.readouterr().out
    assert "The result of LSTM is not kept" in said and "another notebook has held it for 0.2 s" in said
    assert (folder / "my_timeline.csv").read_text() == before
    holder.communicate("end\n")
    timeline.record("LSTM", "Graves", 2013, 1, 1.98, 1, 1)
    assert {row["model"] for row in timeline.read(folder / "my_timeline.csv")} == {"RNN", "LSTM"}


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_lost(files, monkeypatch, capsys):
    folder, _ = files
    timeline.record(*ROW)
    before = (folder / "my_timeline.csv").read_text()

    class Full:
        """A csv writer on a full disk."""

        def __init__(self, file, *_, **__):
            self.file = file

        def writeheader(self):
            self.file.write("mod")

        def writerows(self, rows):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(timeline.csv, "DictWriter", Full)
    timeline.record("LSTM", "Graves", 2013, 1, 1.98, 1, 1)
    assert "The result of LSTM is not kept" in capsys.readouterr().out
    assert (folder / "my_timeline.csv").read_text() == before


def test_a_folder_that_is_read_only(files, monkeypatch, capsys):
    folder, _ = files
    (folder / "my_timeline.new").mkdir()  # even the administrator cannot write into this
    timeline.record(*ROW)
    assert "The result of RNN is not kept" in capsys.readouterr().out


ERRORS = dict(zip(timeline.LENGTHS, (0.2, 0.25, 0.3, 0.4, 0.5, 0.61234549), strict=True))


def test_translations_are_kept_in_a_table_of_their_own(files, monkeypatch):
    folder, _ = files
    monkeypatch.setenv(timeline.RECORD, "1")
    timeline.record_translation("A", "Somebody", 2014, 7, ERRORS, 50.04, 500)
    timeline.record_translation("B", "Somebody", 2013, 8, ERRORS, 1, 1)
    timeline.record_translation("A", "Somebody", 2014, 9, ERRORS, 50.04, 500)
    assert (folder / "translation.csv").read_text().splitlines()[1:] == [
        "B,Somebody,2013,8,1.0,1,0.2,0.25,0.3,0.4,0.5,0.612345",
        "A,Somebody,2014,9,50.0,500,0.2,0.25,0.3,0.4,0.5,0.612345"]
    monkeypatch.delenv(timeline.RECORD)
    timeline.record_translation("B", "me", 2013, 10, ERRORS, 1, 1)
    found = timeline.translations()
    assert [found[model]["parameters"] for model in "AB"] == [9, 10], "one's own run comes before the committed one"
    assert found["A"]["errors"] == {**ERRORS, 8: 0.612345}


@pytest.mark.parametrize("errors", [{1: 0.2}, {**ERRORS, 8: float("nan")}, {**ERRORS, 9: 0.5}])
def test_a_translation_needs_an_error_for_every_length(files, errors):
    with pytest.raises(CourseError, match="needs an error rate"):
        timeline.record_translation("A", "Somebody", 2014, 7, errors, 50, 500)
