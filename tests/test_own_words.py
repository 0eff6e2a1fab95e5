"""What the notebooks invite the reader to run on a list of their own works, also in an alphabet without a single letter
of the names, with dots, and with signs that no font has."""

import re
import warnings

import anatomy
import matplotlib.pyplot as plt
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_code import NOTEBOOKS, run_tagged
from test_entries import many

from helpers import explore, figures, training
from helpers.entries import legible

INVITED = {  # which cells, and a name that proves that they have run
    "00_story_so_far": ("Build it", "def three_discounts", "def three_discounts", "contexts"),
    "02_rnn_mikolov_2010": ("Train it", "held_out = as_text", "class RecurrentLM", "modern"),
    "03_lstm_graves_2013": ("Train it", "model = DeepLSTM", "model = DeepLSTM", "model"),
}
LISTS = {"dots": "ab.c|", "Cyrillic": "абвгд", "marks": "क\u094dखग\u0301", "emoji": "😀🎉🐉\u200d$"}


@pytest.fixture
def short(monkeypatch):
    """Trainings of a few updates."""
    whole = training.train
    monkeypatch.setattr(training, "train", lambda *arguments, steps, **options: whole(
        *arguments, steps=min(steps, 12), **options))
    monkeypatch.chdir(NOTEBOOKS)


def write_list(folder, alphabet, beginning=""):
    """A file of 260 entries, all with the same beginning."""
    path = folder / f"list{beginning}.txt"
    path.write_text("\n".join(beginning + each for each in many(alphabet, 260, 6)), encoding="utf-8")
    return path


def run(cells, space, capsys):
    for cell in cells:
        exec(compile(cell, "invited cell", "exec"), space)
    plt.close("all")
    return capsys.readouterr().out


@pytest.mark.parametrize("alphabet", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("name", INVITED)
def test_the_cells_that_the_exercises_name(name, alphabet, short, tmp_path, capsys):
    heading, first, last, made = INVITED[name]
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    text = anatomy.section(notebook, "Exercises").text.split("**Another list.**")[1]
    invitation = re.search(r"```python\n(.*?)```", text, flags=re.S)[1]
    assert invitation.count("../data/icelandic_places.csv") == 1
    path = repr(str(write_list(tmp_path, alphabet)))
    line = invitation.replace('"../data/icelandic_places.csv", column="word"', path)
    cells = [cell.source for cell in anatomy.section(notebook, heading).code]
    begin, end = (next(i for i, cell in enumerate(cells) if word in cell) for word in (first, last))
    space, _ = run_tagged(name, ("setup", "hand-built"))
    space.pop(made, None)
    said = run([line, *cells[begin:end + 1]], space, capsys)
    assert "loss" in said or "validation" in said
    assert made in space and set(space["vocabulary"].symbols[1:]) == set(alphabet)


def own_cells():
    notebook = nbformat.read(NOTEBOOKS / "09_gpt_radford_2018.ipynb", as_version=4)
    return [cell.source for cell in anatomy.section(notebook, anatomy.OWN).code]


@pytest.mark.parametrize("alphabet", LISTS.values(), ids=LISTS)
def test_more_of_your_own(alphabet, short, tmp_path, capsys, monkeypatch):
    """Every cell of the section, its explorer moved to all its ends."""
    shown = []
    monkeypatch.delenv(figures.DRIVE, raising=False)  # driven below: few symbols leave some pictures as they are
    monkeypatch.setattr(explore, "display", lambda *arguments, **options: None)
    monkeypatch.setattr(figures, "display", lambda *arguments, **options: None)
    whole = explore.Explorer.__init__
    monkeypatch.setattr(explore.Explorer, "__init__",
                        lambda self, *arguments, **options: shown.append(self) or whole(self, *arguments, **options))
    space, _ = run_tagged("09_gpt_radford_2018", ("setup", "hand-built"))
    cells = own_cells()
    cells[0] = f"chosen = choose({str(write_list(tmp_path, alphabet))!r})"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as a sign that the font does not have
        said = run(cells, space, capsys)
        shown[-1].driven = True
        for control in ("temperature", "top_k"):
            for value in explore.stops(shown[-1].controls[control]):
                shown[-1].controls[control].value = value
                assert shown[-1].failure is None
        shown[-1].controls["beginning"].value = alphabet[0]
        assert shown[-1].failure is None and alphabet[0] in shown[-1].caption
        shown[-1].controls["beginning"].value = "q"
        assert "never saw 'q'" in str(shown[-1].failure)
    assert "260 different entries" in said and "Kneser-Ney" in said
    sample = said.split("nats per symbol\n\n")[1].split("\n")[0]
    assert set(sample) <= set(alphabet) | set(" *·") and sample.count(" · ") == 19
    cells[0] = f"chosen = choose({str(write_list(tmp_path, alphabet, 'same'))!r})"
    assert "not enough families" in run(cells, space, capsys)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12))
def test_any_symbol_can_be_drawn(symbols):
    figure, axes = plt.subplots(figsize=(4, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes.set_xticks(range(len(symbols)), map(figures.drawable, symbols))
        axes.set_title(f"The next symbol ({figures.drawable(symbols[0])} is the end)")
        figure.canvas.draw()
    plt.close(figure)


def test_symbols_that_cannot_be_seen_are_named():
    assert list(map(legible, " \u00a0\u0301\u200d\tað")) == ["␣", "␣", "◌\u0301", "U+200D", "U+0009", "a", "ð"]
    assert figures.drawable("中") == "U+4E2D" and legible("中") == "中"


def test_the_readme_says_how():
    readme = (NOTEBOOKS.parent / "README.md").read_text()
    part = readme.split("## Your own words")[1].split("\n## ")[0]
    assert "09_gpt_radford_2018.ipynb" in part and "data.load_words(" in part
