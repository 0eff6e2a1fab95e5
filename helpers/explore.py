"""Sliders, menus and text boxes over a plain function that draws.

Drawing is what makes a slider slow (see `canvas`), and text is slowest: about 0.1 ms a letter, so a text that changes
had better be short, or the caption: what the draw function returns, shown by the browser above the picture. What
depends on few controls (the drawing of a model, say) is given as a function of its own, `still`, and painted once for
each of their settings.
"""

import inspect
import os
import sys
import warnings
from html import escape

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from helpers import CourseError, diagrams, figures
from helpers.canvas import Canvas

LIVE = "course-live"  # class of a box of controls; where one is alive, the still picture after it is not shown
HIDE = "".join(f".{area}:has(.{LIVE}) + .{area} {{display: none}} " for area in ("jp-OutputArea-child", "output_area"))
REFUSED = f"border-left: 4px solid {figures.RED}; padding-left: 6px"  # the letters keep the page's own colour
BOXES = ("olivia", "emma", "", "a9", "Olivia", "zoë", "x" * 200, "\N{GRINNING FACE}")  # typed into every text box then


class ExploreError(CourseError):
    """A control does not do its work: its draw fails, warns, or leaves the picture as it was."""


def control(name, choice, value):
    """The widget for one argument of a draw function.

    choice: (low, high) or (low, high, step) for a slider, of whole numbers if all are; a list for a menu (of words) or
    a slider through its entries (numbers); `str` for a text box; `bool` for a tick box; or a widget of your own.
    value: where it starts; None for the middle, the first entry or an empty box.
    """
    style = {"description": name.replace("_", " "), "style": {"description_width": "8.5em"},
             "layout": widgets.Layout(width="25em")}
    if isinstance(choice, widgets.Widget):
        return choice
    if choice is str:
        return widgets.Text(value=value or "", **style)
    if choice is bool:
        return widgets.Checkbox(value=bool(value), indent=True, **style)
    if isinstance(choice, list):
        kind = widgets.Dropdown if all(isinstance(entry, str) for entry in choice) else widgets.SelectionSlider
        return kind(options=choice, value=choice[0] if value is None else value, **style)
    if isinstance(choice, tuple) and len(choice) in (2, 3):
        low, high, *step = choice
        whole = all(isinstance(number, int) for number in choice)
        kind, step = (widgets.IntSlider, step or [1]) if whole else (widgets.FloatSlider, step or [(high - low) / 100])
        middle = (low + high) // 2 if whole else (low + high) / 2
        return kind(min=low, max=high, step=step[0], value=middle if value is None else value, **style)
    raise CourseError(f"{name}: a control is (low, high), (low, high, step), a list, str, bool or a widget, "
                      f"not {choice!r}.")


class Explorer:
    """The controls, a line for the caption or an error, and the picture; made by `explore`."""

    def __init__(self, draw, choices, size, panels=(1, 1), widths=None, still=None):
        signature = inspect.signature(draw).parameters
        defaults = {name: p.default for name, p in signature.items() if p.default is not p.empty}
        self.draw, self.canvas, self.failure = draw, Canvas(size, panels, widths, still), None
        self.driven = False
        self.controls = {name: control(name, choice, defaults.get(name)) for name, choice in choices.items()}
        picture, self.caption = self.canvas.draw(draw, self.values())
        self.image = widgets.Image(format="png", value=picture,
                                   layout={"max_width": "100%", "width": f"{100 * size[0]:.0f}px"})
        self.message = widgets.HTML(escape(self.caption))
        for each in self.controls.values():
            each.observe(self.refresh, names="value")
        row = widgets.HBox(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        hide = widgets.HTML(f"<style>{HIDE}</style>", layout={"display": "none"})
        self.box = widgets.VBox([row, self.message, self.image, hide])
        self.box.add_class(LIVE)

    def values(self):
        return {name: each.value for name, each in self.controls.items()}

    def refresh(self, change=None):
        """Draw for the values as they are now. What fails is said in the message line; the last picture stays."""
        try:
            with warnings.catch_warnings():
                if self.driven:
                    warnings.simplefilter("error")
                self.image.value, self.caption = self.canvas.draw(self.draw, self.values())
            self.message.value = escape(self.caption)
            self.failure = None
        except Exception as error:
            self.failure = error
            known = "" if isinstance(error, CourseError) else f"{type(error).__name__}: "
            self.message.value = f'<b style="{REFUSED}">{escape(known + str(error))}</b>'

    def drive(self):
        """Move every control to its ends and its middle, and back. ExploreError unless each does what it must."""
        figures.tell_apart(self.canvas.figure)
        first, self.driven = self.image.value, True
        for name, each in self.controls.items():
            start, seen = each.value, {}
            for value in stops(each):
                each.value = value
                self.refresh()
                refused = isinstance(self.failure, CourseError) and isinstance(each, widgets.Text)
                if self.failure and not refused:
                    raise ExploreError(f"{name} = {value!r} fails: {self.failure!r}") from self.failure
                if self.canvas.still and not refused:
                    self.check_texts()
                if not refused and self.image.value in seen.values():
                    raise ExploreError(f"{name} = {value!r} leaves the picture unchanged.")
                if not refused:
                    seen[value] = self.image.value
            each.value = start
            self.refresh()
            if self.image.value != first:
                raise ExploreError(f"{name} back at {start!r} does not bring the first picture back.")
        self.driven = False

    def check_texts(self):
        """CourseError if a text of the present picture, still or moving, overlaps another or is cut by a line."""
        axes, values = Figure(self.canvas.figure.get_size_inches(), layout="none").add_axes((0, 0, 1, 1)), self.values()
        self.canvas.still(axes, **{name: values[name] for name in self.canvas.needed})
        self.draw(axes, **values)
        diagrams.check(axes)


def stops(each):
    """The values to which a control is driven."""
    if isinstance(each, widgets.Text):
        return BOXES
    if isinstance(each, widgets.Checkbox):
        return (False, True)
    if hasattr(each, "options"):
        return tuple(each.options)
    low, high = each.min, each.max
    if isinstance(each, widgets.FloatLogSlider):
        return (each.base**low, each.base ** ((low + high) / 2), each.base**high)
    return (low, (low + high) // 2 if isinstance(each, widgets.IntSlider) else (low + high) / 2, high)


def explore(draw, alt, *, size=(9, 3.2), panels=(1, 1), widths=None, still=None, **choices):
    """Display controls over a picture that answers each of them at once.

    draw: a function `draw(axes, **values)` that draws with ordinary matplotlib calls; `axes` is what
        `plt.subplots(*panels)` would give, emptied before each call. Its keyword arguments are the controls, and their
        defaults the values to begin with. Give every limit, label and title in it; a change of limits or labels costs
        a slower, full redraw, a change of title does not. A text that it returns is shown above the picture. Raise
        CourseError to tell the reader what is wrong.
    alt: alternative text of the static picture that a saved notebook shows.
    size: of the picture in inches; panels: rows and columns of axes; widths: relative widths of the columns.
    still: a function `still(axes, **some of the values)` that paints what lies below, such as a model's drawing
        (`Drawing.paint`); there is one axes then, which fills the picture.
    choices: the range of each control, see `control`.

    Returns nothing; with the environment variable figures.DRIVE set, CourseError if a control does not do its work, a
    legend tells things apart by colour alone, or texts over a still background collide.
    """
    explorer = Explorer(draw, choices, size, panels, widths, still)
    if os.environ.get(figures.DRIVE):
        explorer.drive()
    alt = f"{alt} {explorer.caption}".strip()
    if "google.colab" in sys.modules:  # Colab shows widgets through its own manager
        display(explorer.box)
        figures.describe(alt)
        return
    bundle, metadata = figures.picture(explorer.image.value, alt, size)
    view = {"version_major": 2, "version_minor": 0, "model_id": explorer.box.model_id}
    live = {"application/vnd.jupyter.widget-view+json": view, "text/plain": "Sliders: run this cell to have them."}
    if "VSCODE_PID" in os.environ:  # its pages do not know how to hide the picture while the controls are alive
        display({**live, **bundle}, metadata=metadata, raw=True)
    else:  # the picture stays where the controls are gone: in a notebook that is opened again without its kernel
        display(live, raw=True)
        display(bundle, metadata=metadata, raw=True)
    figures.describe(alt)
