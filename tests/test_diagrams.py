"""helpers.diagrams: three models drawn from short descriptions, and what the check must find."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helpers import CourseError, diagrams, figures
from helpers.diagrams import faults, look


def lstm():
    d = diagrams.Drawing(18, 8.4)
    d.frame("cell", 2.6, 0.9, 15, 7.7)
    d.cells("c0", 1.3, 6.6, 2, "memory", above="$c_{t-1}$", below="$(H)$")
    d.cells("h0", 1.3, 1.5, 2, "state", above="$h_{t-1}$", below="$(H)$")
    d.cells("c1", 16.7, 6.6, 2, "memory", above="$c_t$", below="$(H)$")
    d.cells("h1", 16.7, 1.5, 2, "state", above="$h_t$", below="$(H)$")
    d.cells("x", 4, 0.4, 2, "input", left="$x_t$", right="$(m)$")
    for name, x, word in (("f", 5, "forget $f_t$"), ("i", 7.9, "input $i_t$"), ("o", 12.5, "output $o_t$")):
        d.box(name, x, 2.9, "σ", "gate", width=1.2, height=0.8)
        d.text(f"word {name}", x + 0.15, 3.65, word, align="left")
    d.box("g", 10, 2.9, "tanh", width=1.2, height=0.8)
    d.box("tanh", 13.7, 5.5, "tanh", width=1.2, height=0.7)
    for name, x, y, sign in (("*f", 5, 6.6, "×"), ("+", 10, 6.6, "+"), ("*i", 10, 5, "×"), ("*o", 13.7, 4.3, "×")):
        d.node(name, x, y, sign)
    for gate in "figo":
        d.wire("h0", gate, route="-|", kind="state")
    d.wire("x", (4, 1.5), kind="input", head=False)
    for start, end in (("c0", "*f"), ("*f", "+"), ("+", "c1")):
        d.wire(start, end, kind="memory")
    d.wire("f", "*f", kind="gate")
    d.wire("i", "*i", route="|-", kind="gate")
    d.wire("o", "*o", route="|-", kind="gate")
    d.wire("g", "*i")
    d.wire("*i", "+")
    d.wire((13.7, 6.6), "tanh", kind="memory")
    d.wire("tanh", "*o")
    d.wire("*o", (14.5, 4.3), (14.5, 1.5), "h1", kind="state")
    d.wire((3.3, 6.6), (3.3, 2.9), "f", kind="memory", dashed=True, weights="$W_{cf}$")
    return d


def transformer():
    d = diagrams.Drawing(18, 12.4)
    d.frame("encoder", 2.5, 3, 7.2, 7.9)
    d.frame("decoder", 9.4, 3, 14.7, 10.3)
    for x, letters in ((5, "j  a  n  e"), (12, "·  JH  EY  N")):
        d.text(f"letters {x}", x, 0.4, letters)
        d.tower(x, 1.3, 1, (f"emb {x}", "embedding", "input"), (f"pos {x}", "+ positions", "plain"))
        d.tag(f"E {x}", x + 1.5, 1.3, "$E$")
        d.wire((x, 0.6), f"emb {x}")
    d.tower(5, 4.1, 0.97, ("ea", "attention", "attention"), ("e1", "add, norm", "plain"),
            ("ef", "feed forward", "plain"), ("e2", "add, norm", "plain"))
    d.tower(12, 4.1, 1, ("da", "masked attention", "attention"), ("d1", "add, norm", "plain"),
            ("dc", "attention", "attention"), ("d2", "add, norm", "plain"), ("df", "feed forward", "plain"),
            ("d3", "add, norm", "plain"))
    for below, above, side in (("ea", "e1", -2), ("ef", "e2", -2), ("da", "d1", 2), ("dc", "d2", 2), ("df", "d3", 2)):
        d.skip(below, above, side)
    d.wire("pos 5", "ea")
    d.wire("pos 12", "da")
    d.wire("e2", (5, 8.5), (8.4, 8.5), (8.4, 6.1), "dc", kind="state")
    d.text("keys", 7.95, 7.4, "$K, V$")
    d.box("linear", 12, 11, "linear", width=3, height=0.65)
    d.box("softmax", 15.7, 11, "softmax", "output", width=1.9, height=0.65)
    d.wire("d3", "linear")
    d.wire("linear", "softmax")
    d.text("N", 15.3, 6.6, "$N×$", 13)
    return d


def norms():
    d = diagrams.Drawing(18, 6)
    for name, x in (("batch", 5), ("layer", 13)):
        d.text(f"title {name}", x, 5.4, f"{name} norm", 13, bold=True)
        d.cells(name, x, 2.8, (5, 6), "plain", cell=(0.95, 0.8), left="$m$")
    d.cells("column", 4.525, 2.8, (5, 1), "memory", cell=(0.95, 0.8))
    d.cells("row", 13, 3.6, (1, 6), "memory", cell=(0.95, 0.8))
    return d


@pytest.fixture(autouse=True)
def checked(monkeypatch):
    monkeypatch.setenv(figures.DRIVE, "1")


@pytest.mark.parametrize("model", [lstm, transformer, norms])
def test_models_are_drawn_from_short_descriptions_and_nothing_overlaps(model):
    figure = model().figure()
    assert figure.axes[0].patches
    model().figure(active=list(model().parts)[:3])


def test_numbers_have_their_places():
    d, axes = norms(), Figure().add_axes((0, 0, 1, 1))
    d.paint(axes)
    values = np.random.default_rng(0).standard_normal((5, 6))
    d.digits(axes, "batch", values, decimals=1, shade=2)
    written = [text.get_text() for text in axes.texts if text.get_text() not in ("batch norm", "layer norm", "$m$")]
    assert written == [look.number(value, 1) for value in values.ravel()]
    first, last = axes.texts[-30].get_position(), axes.texts[-1].get_position()
    assert first[0] < last[0] and first[1] > last[1], "row by row from the top"
    faults.check(axes)


def attention():
    d = diagrams.Drawing(18, 7.4)
    for place, letter in enumerate("jane"):
        d.cells(f"h{place}", 3 + 3 * place, 1.6, 1, cell=(2, 0.6))
        d.box(f"x{place}", 3 + 3 * place, 0.5, letter, "input", width=0.8, height=0.6)
        d.wire(f"x{place}", f"h{place}")
    d.cells("c", 7.5, 4.6, 1, "attention", cell=(3.2, 0.6), right="$c_i$")
    d.box("gate", 3, 6.3, "", "gate", width=1, height=1.4, left="$z_i$")
    d.cells("next", 15, 5.6, (4, 1), "plain", cell=(3, 0.5))
    return d


def with_numbers():
    """The attention drawing and its axes, with all kinds of numbers."""
    d, axes = attention(), Figure((9, 3.7), layout="none").add_axes((0, 0, 1, 1))
    d.paint(axes, hidden=["gate", "next"])
    values = np.random.default_rng(0).uniform(-1, 1, (5, 8))
    for place in range(4):
        d.bars(axes, f"h{place}", values[place])
    d.bars(axes, "c", values[4], "attention")
    d.lines(axes, [f"h{place}" for place in range(4)], "c", [0.02, 0.8, 0.15, 0.03])
    d.level(axes, "gate", 0.25)
    d.rows(axes, "next", ["AE", "N", "L", "M"], [0.7, 0.2, 0.1, 0.0])
    d.say(axes, "c", "0.80", "above")
    return d, axes, values


def test_bars_levels_rows_and_lines_are_as_large_as_their_numbers():
    d, axes, values = with_numbers()
    faults.check(axes)
    corners = [[path.vertices for path in each.get_paths()] for each in axes.collections]
    bars, (whole, level), rows = next(each for each in corners if len(each) == 8), corners[-2], corners[-1]
    part = d.at("h0")
    for bar, value in zip(bars, values[0], strict=True):
        assert np.ptp(bar[:, 1]) == pytest.approx(0.95 * part.high * abs(value))
        assert abs(bar[:, 0] - part.x).max() <= part.wide and part.y in bar[:, 1]
    assert np.ptp(level[:, 1]) == pytest.approx(0.25 * np.ptp(whole[:, 1])) and level[:, 1].min() == whole[:, 1].min()
    assert [np.ptp(row[:, 0]) for row in rows] == pytest.approx([2.1, 0.6, 0.3, 0.0])
    assert axes.collections[-3].get_linewidths() == pytest.approx(0.4 + 13 * np.array([0.02, 0.8, 0.15, 0.03]))


@pytest.mark.parametrize(("value", "decimals", "text"), [
    (-0.004, 2, "0.00"), (-0.5, 1, "\N{MINUS SIGN}0.5"), (1, 2, "1.00"), (-0.0, 0, "0")])
def test_a_number_is_never_minus_nothing(value, decimals, text):
    assert look.number(value, decimals) == text


def painted(*texts, wire=None):
    d = diagrams.Drawing(6, 4)
    for place, (x, y, text) in enumerate(texts):
        d.text(f"t{place}", x, y, text)
    if wire:
        d.wire(*wire)
    return d


@pytest.mark.parametrize(("drawing", "said"), [
    (painted((0.1, 2, "too far left")), "leaves the picture"),
    (painted((3, 2, "one"), (3.2, 2.1, "two")), "overlap"),
    (painted((3, 2, "in the way"), wire=((0.5, 2), (5.5, 2))), "cut by a line"),
    (painted((3, 2, "in the way"), wire=((1, 1), (3, 1), (3, 3.5))), "cut by a line"),
])
def test_faults_are_found(drawing, said):
    with pytest.raises(CourseError, match=said):
        drawing.figure()


def test_the_edge_of_a_box_cuts_too_and_a_veil_does_not():
    d = diagrams.Drawing(6, 4)
    d.box("f", 3, 2, "much too long for it", width=1)
    with pytest.raises(CourseError, match="cut by a line"):
        d.figure()
    good = painted((3, 2, "one"))
    good.figure(active=[])
    good.figure(active=["t0"])


def test_unknown_and_double_names_are_said():
    d = painted((3, 2, "one"))
    with pytest.raises(CourseError, match="two parts named 't0'"):
        d.text("t0", 1, 1, "again")
    with pytest.raises(CourseError, match="no part named 'nowhere'"):
        d.wire("t0", "nowhere")
    with pytest.raises(CourseError, match="no part named 'nowhere'"):
        d.figure(active=["nowhere"])
    with pytest.raises(CourseError, match="no kind 'colour' of things"):
        d.box("b", 1, 1, kind="colour")
    with pytest.raises(CourseError, match="route is"):
        d.wire("t0", (1, 1), route="zigzag")
    with pytest.raises(CourseError, match="× or"):
        d.node("n", 1, 1, "?")
    d.cells("three", 3, 1, 3)
    with pytest.raises(CourseError, match="'three' has 3 cells, not 2"):
        d.digits(Figure().add_axes((0, 0, 1, 1)), "three", [1, 2])


def lab(colour):
    """A colour in CIELAB (D65)."""
    linear = np.array([((p + 0.055) / 1.055) ** 2.4 if p > 0.04045 else p / 12.92 for p in to_rgb(colour)])
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz / (0.9505, 1, 1.089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


FLOWS = {name: kind for name, kind in look.KINDS.items() if name not in ("plain", "frame")}


def test_kinds_of_things_differ_in_colour_and_in_more_than_colour():
    for (one, a), (other, b) in itertools.combinations(FLOWS.items(), 2):
        assert np.linalg.norm(lab(a.colour) - lab(b.colour)) > 25, (one, other)
    looks = [(kind.wire, bool(kind.dashes)) for name, kind in FLOWS.items() if name != "output"]  # outputs are bars
    assert len(set(looks)) == len(looks)
