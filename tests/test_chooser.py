"""helpers.chooser: the panel for a list of the reader's own. test_colab.py runs this with Colab's ipywidgets, too."""

from datetime import UTC, datetime

import ipywidgets
import pytest
from test_entries import GOOD, ICELANDIC, all_of, many

from helpers import CourseError, chooser

GREEK = many("αβγδε")


@pytest.fixture
def panel(monkeypatch, tmp_path):
    """A fresh panel that shows a list of Latin letters."""
    monkeypatch.setattr(chooser, "last", None)
    (tmp_path / "latin.txt").write_text(GOOD)
    chosen = chooser.choose(str(tmp_path / "latin.txt"))
    assert chosen == chooser.last.words
    return chooser.last


def upload(panel, name, content):
    """What the browser does, in the form of the ipywidgets installed."""
    if ipywidgets.__version__ < "8":
        file = {"metadata": {"name": name, "size": len(content)}, "content": content}
        panel.upload.set_trait("value", {name: file})
    else:
        panel.upload.value = ({"name": name, "type": "text/plain", "size": len(content), "error": "",
                               "content": memoryview(content), "last_modified": datetime.now(UTC)},)


def test_it_says_what_the_file_holds(panel):
    assert panel.message.value.startswith("300 different entries") and "run the cells below" in panel.message.value
    assert all_of(panel.words()) == set(many("abcde"))


def test_an_upload(panel):
    panel.column.value = "word"  # of another file: forgotten
    upload(panel, "greek <1>.txt", "\n".join(GREEK).encode())
    assert all_of(panel.words()) == set(GREEK)
    assert (panel.path.value, panel.column.value) == ("greek <1>.txt", "")
    upload(panel, "other.txt", GOOD.encode())
    assert all_of(panel.words()) == set(many("abcde"))
    upload(panel, "bad <2>.txt", b"\xff")
    assert "bad &lt;2&gt;.txt is not in UTF-8" in panel.message.value
    with pytest.raises(CourseError, match="not in UTF-8"):
        panel.words()


def test_a_path_takes_the_place_of_an_upload(panel, tmp_path):
    upload(panel, "greek.txt", "\n".join(GREEK).encode())
    panel.path.value = f' "{tmp_path / "latin.txt"}"'
    assert all_of(panel.words()) == set(many("abcde"))
    panel.path.value = str(tmp_path / "nowhere.txt")
    assert "There is no file" in panel.message.value


def test_a_column_and_lower_case(panel):
    panel.path.value = str(ICELANDIC)
    assert "say which column" in panel.message.value
    panel.column.value = " 'word' "
    assert panel.message.value.startswith("10,025 different entries")
    panel.lower.value = True
    assert "there are 32 different ones" in panel.message.value and len(panel.words().vocabulary) == 33


def test_whoever_runs_its_cell_again_keeps_what_was_chosen(panel, tmp_path):
    upload(panel, "greek.txt", "\n".join(GREEK).encode())
    assert all_of(chooser.choose(str(tmp_path / "latin.txt"))()) == set(GREEK)
    assert all_of(chooser.choose(str(ICELANDIC), column="word")()) != set(GREEK), "the code asks for another list"
