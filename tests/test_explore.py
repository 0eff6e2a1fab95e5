"""helpers.explore. The Colab test runs this file again under the older ipywidgets."""

import io

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from helpers import CourseError, canvas, diagrams, explore, figures

figures.style()


def draw(axes, steps=10, scale=1.0, unit="tanh", name="ada", bold=False, rate=1):
    if not name.isalpha():
        raise CourseError("Type letters only.")
    left, right = axes
    left.plot(np.arange(steps), scale * np.arange(steps), lw=4 if bold else 1)
    left.set(xlim=(0, 40), ylim=(-5, 50), xlabel="x", ylabel="y", title=f"{unit} of {name}")
    right.bar(range(len(name)), [ord(letter) for letter in name])
    right.set_xticks(range(len(name)), list(name))
    right.set(xlim=(-1, 10), ylim=(0, 150), title=f"rate {rate}")


CHOICES = {"steps": (2, 40), "scale": (0.1, 2.0), "unit": ["tanh", "relu"], "name": str, "bold": bool,
           "rate": [1, 10, 100]}


def make(function=draw, **choices):
    return explore.Explorer(function, choices or CHOICES, (6, 3), (1, 2), (2, 1))


def pixels(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.image.value)).convert("RGB")).astype(int)


def test_controls_are_of_the_right_kind_and_start_at_the_defaults():
    controls = make().controls
    kinds = [widgets.IntSlider, widgets.FloatSlider, widgets.Dropdown, widgets.Text, widgets.Checkbox,
             widgets.SelectionSlider]
    assert [type(each) for each in controls.values()] == kinds
    assert [each.value for each in controls.values()] == [10, 1.0, "tanh", "ada", False, 1]


def test_without_a_default_a_control_starts_in_the_middle():
    assert explore.control("n", (0, 10), None).value == 5
    assert explore.control("r", (0.0, 1.0), None).value == 0.5
    assert explore.control("r", (0.0, 1.0, 0.25), 0.25).step == 0.25
    own = widgets.FloatLogSlider(min=-3, max=0)
    assert explore.control("rate", own, None) is own
    with pytest.raises(CourseError, match="a control is"):
        explore.control("n", 7, None)


@pytest.mark.parametrize(("name", "value"), [("steps", 30), ("scale", 0.3), ("unit", "relu"), ("name", "olivia"),
                                             ("bold", True), ("rate", 100)])
def test_a_control_changes_the_picture_and_back(name, value):
    explorer = make()
    before = pixels(explorer)
    explorer.controls[name].value = value
    assert (pixels(explorer) != before).any()
    explorer.controls[name].value = make().controls[name].value
    assert (pixels(explorer) == before).all()


def test_the_fast_picture_equals_a_full_redraw():
    explorer = make()
    for steps in (5, 40, 23):
        explorer.controls["steps"].value = steps
    fast = pixels(explorer)
    explorer.canvas.signature = ()  # anything else, so that the background is drawn anew
    explorer.refresh()
    assert (pixels(explorer) == fast).all()


def test_changed_limits_and_labels_are_drawn():
    def moving(axes, top=5):
        axes[0].plot([0, 1])
        axes[0].set(ylim=(0, top), xlabel=f"to {top}")

    explorer = make(moving, top=(1, 100))
    before = pixels(explorer)
    explorer.controls["top"].value = 100
    height, width = before.shape[:2]
    assert (pixels(explorer)[:, :width // 8] != before[:, :width // 8]).any(), "tick labels"
    assert (pixels(explorer)[height - 30:] != before[height - 30:]).any(), "axis label"


def test_bad_input_is_said_and_the_picture_stays():
    explorer = make()
    before = explorer.image.value
    explorer.controls["name"].value = "a<9"
    assert "Type letters only." in explorer.message.value and explorer.image.value == before
    explorer.controls["name"].value = "emma"
    assert explorer.message.value == "" and explorer.image.value != before


def test_a_colour_that_comes_into_view_later_is_right():
    def rising(axes, height=20):
        axes[0].set(xlim=(0, 1), ylim=(0, 10), title="a bar that is out of view at first")
        axes[0].axhspan(height, height + 5, color=figures.RED)

    explorer = make(rising, height=(0, 20))
    explorer.controls["height"].value = 2
    red = np.array([int(figures.RED[i:i + 2], 16) for i in (1, 3, 5)])
    assert (abs(pixels(explorer) - red).max(-1) <= 2).mean() > 0.1


def test_pictures_in_a_heatmap_keep_their_colours():
    def heat(axes, shift=0):
        axes[0].imshow([[shift, 3]], vmin=0, vmax=9, cmap="cividis")
        axes[0].set_title("two cells")

    explorer = make(heat, shift=(0, 9))
    explorer.controls["shift"].value = 9
    yellow = np.array([253, 231, 55])
    assert (abs(pixels(explorer) - yellow).max(-1) <= 8).mean() > 0.02


def test_a_legend_of_bars_names_only_what_is_drawn():
    def bars(axes, height=2):
        for i in range(2):
            axes.bar(np.arange(3) + 0.4 * i, height, 0.4, label=f"bars {i}")
        axes.legend()
        axes.set(ylim=(0, 10))

    explorer = explore.Explorer(bars, {"height": (1, 5)}, (4, 3), (1, 1), None)
    explorer.controls["height"].value = 5
    assert len(explorer.canvas.axes.get_legend().get_texts()) == 2


def test_what_the_function_returns_is_the_caption():
    def speaking(axes, n=1):
        axes[0].set_title(n)
        return f"{n} < 10"

    explorer = make(speaking, n=(0, 9))
    assert explorer.message.value == "1 &lt; 10"
    explorer.controls["n"].value = 7
    assert explorer.message.value == "7 &lt; 10"


def test_an_unexpected_error_is_said_too():
    def failing(axes, n=1):
        axes[0].set_title(f"{1 / (n - 3)}")

    explorer = make(failing, n=(0, 9))
    explorer.controls["n"].value = 3
    assert "ZeroDivisionError: division by zero" in explorer.message.value


def test_driving_a_good_explorer_passes():
    make().drive()


def sleeping(axes, n=1):
    axes[0].set_title("always the same")


def failing_at_the_end(axes, n=1):
    axes[0].set_title(f"{1 / (9 - n)}")


def warning(axes, n=1):
    axes[0].set_title(f"{n}")
    if n == 9:
        np.log(np.zeros(1))


def drifting(axes, n=1, seen=[]):  # noqa: B006
    seen.append(n)
    axes[0].set_title(f"{n} {len(seen)}")


@pytest.mark.parametrize(("function", "message"), [
    (sleeping, "n = 4 leaves the picture unchanged"), (failing_at_the_end, "n = 9 fails: ZeroDivisionError"),
    (warning, "n = 9 fails: RuntimeWarning"), (drifting, "does not bring the first picture back")])
def test_driving_finds_faults(function, message):
    with pytest.raises(explore.ExploreError, match=message):
        make(function, n=(0, 9)).drive()


def test_a_text_box_that_crashes_on_nothing_is_found():
    def first_letter(axes, name="ada"):
        axes[0].set_title(name[0])

    with pytest.raises(explore.ExploreError, match="name = '' fails: IndexError"):
        make(first_letter, name=str).drive()


def test_log_sliders_are_driven_by_value():
    slider = widgets.FloatLogSlider(value=1, base=10, min=-2, max=2)
    assert explore.stops(slider) == (0.01, 1.0, 100)


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as (bundle, options)."""
    shown = []
    monkeypatch.setattr(explore, "display", lambda bundle, **options: shown.append((bundle, options)))
    monkeypatch.delenv("VSCODE_PID", raising=False)
    return shown


def test_display_holds_the_widget_and_a_picture_of_its_own(shown):
    explore.explore(draw, "An example.", panels=(1, 2), **CHOICES)
    (live, _), (bundle, options) = shown
    assert set(live) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert set(bundle) == {"image/png", "text/plain"}
    assert bundle["text/plain"] == "An example." and options["metadata"]["image/png"]["alt"] == "An example."
    assert options["metadata"]["image/png"]["width"] == 900


def test_where_the_picture_cannot_be_hidden_it_comes_in_one_bundle(shown, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    explore.explore(draw, "An example.", panels=(1, 2), **CHOICES)
    assert len(shown) == 1 and len(shown[0][0]) == 3


def test_alternative_text_is_text_and_the_caption_is_html(shown):
    def speaking(axes, n=1):
        axes.set_title(n)
        return "the state's length < 2"

    explore.explore(speaking, "It's a test.", n=(0, 9))
    assert shown[1][0]["text/plain"] == "It's a test. the state's length < 2"
    made = explore.Explorer(speaking, {"n": (0, 9)}, (6, 3))
    assert made.message.value == "the state&#x27;s length &lt; 2"


def test_descriptions_are_printed_when_asked_for(shown, capsys):
    explore.explore(draw, "An example.", panels=(1, 2), **CHOICES)
    assert capsys.readouterr().out == ""
    figures.style(describe=True)
    explore.explore(draw, "An example.", panels=(1, 2), **CHOICES)
    figures.style()
    assert capsys.readouterr().out == "An example.\n"


def boxes(axes, n=1, name="ada"):
    drawing = diagrams.Drawing(8, 4)
    drawing.box("left", 2, 2, name[0], "input")
    drawing.cells("right", 6, 2, 2, "state", cell=(1, 0.6))
    drawing.wire("left", "right")
    return drawing if axes is None else drawing.digits(axes, "right", (n, -n))


def still(axes, name):
    boxes(None, name=name).paint(axes)


def make_still():
    return explore.Explorer(boxes, {"n": (0, 9), "name": str}, (4, 2), still=still)


def test_a_still_background_is_painted_once_for_each_setting_and_looks_as_if_painted_anew(monkeypatch):
    calls = []
    monkeypatch.setattr(diagrams.Drawing, "paint", lambda self, axes, paint=diagrams.Drawing.paint:
                        (calls.append(1), paint(self, axes)))
    explorer = make_still()
    for n, name in ((5, "ada"), (3, "ada"), (3, "bo"), (5, "bo"), (5, "ada")):
        explorer.controls["n"].value, explorer.controls["name"].value = n, name
    kept = pixels(explorer)
    assert len(calls) == 2
    whole = Figure((4, 2), dpi=canvas.SHARP, layout="none")
    axes = whole.add_axes((0, 0, 1, 1))
    still(axes, "ada")
    boxes(axes, 5, "ada")
    FigureCanvasAgg(whole).draw()
    difference = abs(kept - np.asarray(whole.canvas.buffer_rgba())[:, :, :3].astype(int)).max(-1)
    assert (difference > 24).mean() < 0.002, "up to a palette's rounding and overlapping edges"
    assert (kept[:5, :5] == 255).all()


def test_texts_over_a_still_background_are_where_and_as_matplotlib_draws_them(monkeypatch):
    """Twice each, from a new mask and from a kept one; two are cut by an edge, one is translucent."""
    def words(axes, n=0):
        for x in (0.213, 0.467 + n / 10):
            axes.text(x, 0.713, "−0.44", ha="center", va="center", fontsize=10)
            axes.text(x, 0.417, "$y(t-1)$", color="crimson", alpha=0.5, rotation=30)
        axes.text(0.93, 0.02, "cut off", va="center")
        axes.text(-0.03, 0.97, "here too", weight="bold")

    def picture():
        one = canvas.Canvas((4, 2), still=lambda axes: axes.axis("off"))
        return np.asarray(Image.open(io.BytesIO(one.draw(words, {"n": 1})[0])).convert("L")).astype(int)

    stamped = picture()
    monkeypatch.setattr(canvas.Canvas, "stamp", lambda self, text: self.axes.draw_artist(text))
    plain = picture()
    assert (plain < 128).mean() > 0.005 and (plain[:, -1] < 200).any() and (plain[:, 0] < 200).any()
    nearby = np.stack([np.roll(plain, (up, aside), (0, 1)) for up in (-1, 0, 1) for aside in (-1, 0, 1)])
    assert (stamped >= nearby.min(0) - 24).all() and (stamped <= nearby.max(0) + 24).all()
    assert abs(stamped.mean() - plain.mean()) < 0.05 * (255 - plain.mean())


def test_only_so_many_still_backgrounds_are_kept(monkeypatch):
    monkeypatch.setattr(canvas, "KEPT", 2)
    explorer = make_still()
    for name in ("bo", "cy", "di", "bo"):
        explorer.controls["name"].value = name
    assert [key[0][1] for key in explorer.canvas.stills] == ["di", "bo"] and len(explorer.canvas.palettes) <= 3
    explorer.controls["name"].value = ""
    assert "IndexError" in explorer.message.value
    explorer.controls["name"].value = "ada"
    assert (pixels(explorer) == pixels(make_still())).all()


def test_driving_finds_numbers_that_collide_with_the_drawing():
    def crossing(axes, n=1, name="ada"):
        boxes(axes, n, name)
        axes.text(4, 2, f"{n} {name}", ha="center", va="center")

    with pytest.raises(CourseError, match="cut by a line"):
        explore.Explorer(crossing, {"n": (0, 9)}, (4, 2), still=lambda axes: still(axes, "ada")).drive()
    explore.Explorer(boxes, {"n": (1, 9)}, (4, 2), still=lambda axes: still(axes, "ada")).drive()


def test_colab_gets_the_widget_alone(monkeypatch):
    shown = []
    monkeypatch.setitem(explore.sys.modules, "google.colab", object())
    monkeypatch.setattr(explore, "display", lambda box, **options: shown.append(box))
    explore.explore(draw, "An example.", panels=(1, 2), **CHOICES)
    assert isinstance(shown[0], widgets.VBox)


def test_without_the_variable_nothing_is_driven(monkeypatch):
    monkeypatch.delenv(figures.DRIVE, raising=False)
    monkeypatch.setattr(explore, "display", lambda *a, **k: None)
    explore.explore(sleeping, "x", panels=(1, 2), n=(0, 9))
    monkeypatch.setenv(figures.DRIVE, "1")
    with pytest.raises(explore.ExploreError):
        explore.explore(sleeping, "x", panels=(1, 2), n=(0, 9))


def test_one_of_several_axes_drawn_anew_looks_as_if_all_were():
    def ticking(axes, k):
        axes[0].plot([0, 1], [0, 1])
        axes[1].plot([0, k], [0, 1])
        axes[1].set(xticks=range(k), xticklabels="abcdefg"[:k], xlabel="x", ylabel="y", title="ticks", xlim=(0, 7))

    order = (3, 5, 3, 7, 5, 3)
    partly, whole = (canvas.Canvas((6, 3), (1, 2), None) for _ in range(2))
    pictures = [partly.draw(ticking, {"k": k})[0] for k in order]
    assert partly.others[0] is partly.figure.axes[1]
    for k, picture in zip(order, pictures, strict=True):
        if whole.signature:
            whole.signature = [None, *whole.signature[1:]]  # as if something else had changed as well
        assert whole.draw(ticking, {"k": k})[0] == picture
        assert whole.others is None
    assert len(set(pictures)) == 3
