"""helpers.timeline"""

import pytest

from helpers import CourseError, data, timeline

ROW = ("RNN", "Mikolov et al.", 2010, 30_000, 2.03219, 61.23, 2000)


@pytest.fixture
def files(monkeypatch, tmp_path):
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
    assert {f"data/{timeline.own_file(table).name}" for table in timeline.COLUMNS} <= set(ignored)


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
    (folder / "my_timeline.csv").write_text("model,paper\nx,y\n")
    with pytest.raises(CourseError, match="cannot be read"):
        timeline.draw(until=2000)


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
