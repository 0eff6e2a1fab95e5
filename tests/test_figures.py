"""helpers.figures"""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import CourseError, figures


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(figures, "display", lambda data, **options: calls.append((data, options)))
    return calls


def test_show_displays_a_png_with_its_alternative_text_and_closes_the_figure(shown):
    figure, _ = plt.subplots()
    figures.show(figure, "A flat line.")
    bundle, options = shown[0]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == options["metadata"]["image/png"]["alt"] == "A flat line."
    assert figure.number not in plt.get_fignums()


def test_table_and_claims(shown):
    figures.table(["a", "b"], [(1, 2)])
    assert shown[0][0].data == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    figures.claims([("p", "q", figures.holds(True)), ("r", "s", figures.holds(False)),
                    ("t", "u", figures.lower([1, 2, 3], [3, 4, 5]))])
    assert shown[1][0].data.splitlines()[2:] == ["| p | q | yes |", "| r | s | **no** |", "| t | u | undecided |"]


def test_heatmap_names_rows_and_columns():
    _, axes = plt.subplots()
    figures.heatmap(axes, np.arange(6).reshape(2, 3), "ab", "xyz")
    assert [label.get_text() for label in axes.get_xticklabels()] == list("xyz")
    assert [label.get_text() for label in axes.get_yticklabels()] == list("ab")
    assert (axes.images[0].get_array() == np.arange(6).reshape(2, 3)).all()
    plt.close()


def test_colours_differ_in_lightness():
    """Neighbours in the cycle can be told apart without colour."""
    rgb = np.array([[int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)] for colour in figures.COLOURS])
    lightness = rgb @ [0.2126, 0.7152, 0.0722]
    assert (abs(np.diff(lightness)) > 0.05).all()


@pytest.mark.parametrize(("a", "b", "verdict"), [
    ([1, 2, 3], [4, 5, 6], "yes"), ([4, 5, 6], [1, 2, 3], "no"), ([1, 2, 4], [3, 5, 6], "undecided"),
    ([1, 2, 3], [3, 4, 5], "undecided"), ([1, 2], [3, 4, 5], "not tested"), ([1, np.nan, 2], [3, 4, 5], "undecided")])
def test_lower_wants_every_seed_below_every_seed(a, b, verdict):
    assert figures.lower(a, b) == figures.higher(b, a) == verdict


@pytest.mark.parametrize(("a", "b", "verdict"), [
    ([1, 5, 2, 6, 3], [2, 6, 3, 7, 4], "yes"), ([2, 6, 3, 7, 4], [1, 5, 2, 6, 3], "no"),
    ([1, 5, 2, 6, 3], [2, 6, 3, 7, 3], "undecided"), ([1, 5, 2, 6], [2, 6, 3, 7], "not tested")])
def test_pairs_must_all_go_the_same_way(a, b, verdict):
    assert figures.lower(a, b, paired=True) == figures.higher(b, a, paired=True) == verdict


def test_pairs_come_in_pairs():
    with pytest.raises(CourseError, match="as many"):
        figures.lower([1, 2, 3, 4, 5], [1, 2, 3], paired=True)


@pytest.mark.parametrize(("a", "b", "verdict"), [
    ([1, 1.1, 1.2], [1.1, 1.2, 1.3], "yes"), ([1, 1.1, 1.2], [2, 2.1, 2.2], "no"), ([2, 2.1, 2.2], [1, 1.1, 1.2], "no"),
    ([1, 1.1, 1.5], [1.1, 1.2, 1.0], "undecided"), ([0, 1, 2], [1, 1, 1], "undecided"), ([1, 1], [1, 1], "not tested")])
def test_alike_wants_the_spread_of_the_seeds_inside_the_tolerance_too(a, b, verdict):
    assert figures.alike(a, b, 0.31) == verdict


@pytest.mark.parametrize("draws", ["standard_normal", "standard_cauchy", "standard_exponential"])
def test_how_often_a_verdict_is_yes_by_luck_alone(draws):
    """No difference at all: 3 against 3 once in 20, five pairs once in 32. A difference just as large as the
    tolerance: it passes for none once in 20 at most."""
    generator, runs = np.random.default_rng(0), 8000
    values = getattr(generator, draws)((runs, 2, 5))
    plain = np.mean([figures.lower(a, b) == "yes" for a, b in values[:, :, :3]])
    paired = np.mean([figures.lower(a, b, paired=True) == "yes" for a, b in values])
    same = np.mean([figures.alike(a, b + 1, 1) == "yes" for a, b in values[:, :, :3]])
    assert abs(plain - 1 / 20) < 0.008 and abs(paired - 1 / 32) < 0.007  # three standard errors
    assert same < 1 / 20 + 0.008


def test_style_does_not_care_what_was_chosen_before(shown):
    plt.style.use("dark_background")
    figures.style()
    figure, axes = plt.subplots()
    axes.set_title("black on white")
    corner = np.asarray(Image.open(io.BytesIO(figures.as_png(figure))).convert("RGB"))[0, 0]
    assert axes.title.get_color() == "black" and (corner == 255).all()
    plt.close()


def test_descriptions_are_printed_when_asked_for(shown, capsys):
    figures.show(plt.figure(), "Not printed.")
    figures.style(describe=True)
    figures.show(plt.figure(), "An empty picture.")
    figures.style()
    assert capsys.readouterr().out == "An empty picture.\n"


def test_pictures_have_two_dots_for_one_of_the_page_and_say_how_large_they_are(shown):
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.plot([0, 1])
    figures.show(figure, "A rising line.")
    bundle, options = shown[0]
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size == (800, 400)
    about = options["metadata"]["image/png"]
    assert (about["width"], about["height"]) == (400, 200)


@pytest.mark.parametrize("fault", ["lines", "bars", None])
def test_a_legend_must_not_rest_on_colour_alone(fault, shown):
    figure, (left, right) = plt.subplots(1, 2)
    for mark, colour, label in zip(figures.MARKS, figures.COLOURS, "abc", strict=False):
        left.plot([1, 2], [1, 2], "-" if fault == "lines" else mark, color=colour, label=label)
    for place, colour in enumerate([figures.BLUE, figures.RED if fault == "bars" else figures.ORANGE]):
        right.bar([place], [1], color=colour, label=place)
    left.legend()
    right.legend()
    if fault:
        with pytest.raises(CourseError, match="nothing but colour"):
            figures.show(figure, "A picture for a test.")
    else:
        figures.show(figure, "A picture for a test.")


def test_lightness_is_that_of_the_standard():
    assert figures.lightness("#000000") == 0 and abs(figures.lightness("#ffffff") - 100) < 1e-3
    assert abs(figures.lightness("#777777") - 50.03) < 0.05  # middle grey
