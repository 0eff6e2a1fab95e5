"""helpers.figures"""

import base64

import matplotlib.pyplot as plt
import numpy as np
import pytest

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
    figures.claims([("p", "q", True), ("r", "s", False), ("t", "u", "partly")])
    assert shown[1][0].data.splitlines()[2:] == ["| p | q | yes |", "| r | s | **no** |", "| t | u | partly |"]


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


def test_clearly_better_needs_more_than_the_spread_of_either_side():
    assert figures.clearly_better([1.0, 1.1], [1.4, 1.5])
    assert not figures.clearly_better([1.4, 1.5], [1.0, 1.1])  # worse
    assert not figures.clearly_better([1.0, 1.1], [1.1, 1.15])  # better by less than the left spread
    assert not figures.clearly_better([1.0, 1.01], [1.0, 1.4])  # better by less than the right spread


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
