"""Sliders, menus and text boxes over a plain function that draws.

Drawing is what makes a slider slow, so the axes with their ticks and labels are drawn once and kept; on each change
only what the function adds (lines, bars, images, texts) is drawn over them, and titles that change. Text is slowest:
about 0.1 ms a letter, so a text that changes had better be short, or the caption: what the draw function returns, shown
by the browser above the picture.
"""

import inspect
import io
import os
import sys
import warnings
from html import escape

import ipywidgets as widgets
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator
from PIL import Image

from helpers import CourseError, figures

REFUSED = f"border-left: 4px solid {figures.RED}; padding-left: 6px"  # the letters keep the page's own colour
BOXES = ("olivia", "emma", "", "a9", "Olivia", "zoë", "x" * 200, "\N{GRINNING FACE}")  # typed into every text box then


class ExploreError(CourseError):
    """A control does not do its work: its draw fails, warns, or leaves the picture as it was."""


class Canvas:
    """One live matplotlib figure, redrawn by a function. Limits that the function sets stay until it sets others."""

    def __init__(self, size, panels, widths):
        self.figure = Figure(figsize=size, dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.subplots(*panels, width_ratios=widths)
        self.signature = self.background = None
        self.others = None  # some axes, and a background without them
        self.palettes = {}  # for a background and the colours drawn on it, a dot with a palette of 256 colours
        self.heads = {}  # titles with the text they have in the background, None for one that changes

    def draw(self, function, values):
        """Call `function(axes, **values)` on emptied axes; the picture as PNG bytes, and the caption as HTML."""
        for axes in self.figure.axes:
            for artist in drawn(axes):
                artist.remove()
            axes.containers.clear()  # of bars: a legend would name the removed ones too
            axes.set_prop_cycle(None)
            axes.relim()
        returned = function(self.axes, **values)
        caption = escape(returned) if isinstance(returned, str) else ""
        if self.signature is None:  # the first time: find the layout, then keep it, so that nothing jumps
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
        heads = [title for axes in self.figure.axes for title in titles(axes)]
        for title in heads:
            if self.heads.setdefault(title, title.get_text()) != title.get_text():
                self.heads[title] = None  # a title that has changed once is drawn each time, any other is kept
        moving = [title for title in heads if self.heads[title] is None]
        artists = [artist for axes in self.figure.axes for artist in drawn(axes)] + moving
        for artist in artists:
            artist.set_animated(True)  # so that canvas.draw leaves it out
        signature = [len(moving), *(decoration(axes) for axes in self.figure.axes)]
        if signature != self.signature:
            self.draw_background(signature)
        self.canvas.restore_region(self.background)
        for artist in artists:
            artist.axes.draw_artist(artist)
        inks = [ink for axes in self.figure.axes for artist in drawn(axes) for ink in colours(artist)]
        images = any(axes.images for axes in self.figure.axes)  # their colours may change, so no palette is kept
        return self.png(None if images else str((signature[1:], inks)), inks), caption

    def draw_background(self, signature):
        """Draw the axes with their ticks and labels; only those that differ from before, if it is one of several."""
        before, self.signature = self.signature, signature
        changed = [place for place, (old, new) in enumerate(zip(before or [], signature, strict=False)) if old != new]
        if before and len(changed) == 1 < len(self.figure.axes) and changed != [0]:
            one = self.figure.axes[changed[0] - 1]  # the first entry is the number of moving titles
            if self.others is None or self.others[0] is not one:
                one.set_visible(False)
                self.canvas.draw()
                self.others = one, self.canvas.copy_from_bbox(self.figure.bbox)
                one.set_visible(True)
            self.canvas.restore_region(self.others[1])
            one.draw(self.canvas.get_renderer())
        else:
            self.others = None
            self.canvas.draw()
        if before is None:
            self.keep_label_places()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def keep_label_places(self):
        """Fix the axes' labels where they are: to find a place beside new ticks takes a quarter of a full redraw."""
        for axes in self.figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_label_coords(*axis.label.get_position(), transform=axis.label.get_transform())

    def png(self, key, inks):
        """The picture as PNG bytes, in the 256 colours kept for the key, which makes it three times as fast.

        The colours are those that stand out in the first picture with this key, and `inks`, which may come into view
        later: triples of 0-255.
        """
        buffer = self.canvas.buffer_rgba()
        image = Image.frombuffer("RGBA", (buffer.shape[1], buffer.shape[0]), buffer).convert("RGB")
        if key is None or key not in self.palettes:
            inks = list(dict.fromkeys(inks))[:64]
            seen = image.quantize(256 - len(inks), method=Image.Quantize.FASTOCTREE).getpalette()
            self.palettes[key] = Image.new("P", (1, 1))
            self.palettes[key].putpalette([*seen[:3 * (256 - len(inks))], *(value for ink in inks for value in ink)])
        palette, file = self.palettes[key], io.BytesIO()
        image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "PNG", compress_level=1)
        return file.getvalue()


def drawn(axes):
    """What a draw function added to some axes, back to front."""
    kinds = (axes.images, axes.collections, axes.patches, axes.lines, axes.texts, axes.artists, axes.tables)
    legend = [axes.get_legend()] if axes.get_legend() else []
    return sorted((artist for kind in kinds for artist in kind), key=lambda artist: artist.get_zorder()) + legend


def colours(artist):
    """The colours in which an artist is drawn, as triples of 0-255."""
    getters = (getattr(artist, name, None) for name in ("get_color", "get_facecolor", "get_edgecolor"))
    return [tuple(round(255 * part) for part in row[:3]) for get in getters if get for row in to_rgba_array(get())]


def titles(axes):
    """The titles of some axes (matplotlib keeps three: left, centre and right)."""
    texts = set(axes.texts)
    return [child for child in axes.get_children() if isinstance(child, Text) and child not in texts]


def decoration(axes):
    """Everything about some axes that is part of the kept background."""
    ticks = []
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_locator(), FixedLocator):
            places = axis.get_major_locator().locs
            ticks.append([(x, axis.get_major_formatter()(x, i)) for i, x in enumerate(places)])
    return (axes.get_xlim(), axes.get_ylim(), axes.get_xscale(), axes.get_yscale(), axes.get_xlabel(),
            axes.get_ylabel(), axes.get_aspect(), axes.axison, ticks)


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

    def __init__(self, draw, choices, size, panels, widths):
        signature = inspect.signature(draw).parameters
        defaults = {name: p.default for name, p in signature.items() if p.default is not p.empty}
        self.draw, self.canvas, self.failure = draw, Canvas(size, panels, widths), None
        self.driven = False
        self.controls = {name: control(name, choice, defaults.get(name)) for name, choice in choices.items()}
        picture, caption = self.canvas.draw(draw, self.values())
        self.image = widgets.Image(format="png", value=picture)
        self.image.layout.max_width = "100%"
        self.message = widgets.HTML(caption)
        for each in self.controls.values():
            each.observe(self.refresh, names="value")
        row = widgets.HBox(list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([row, self.message, self.image])

    def values(self):
        return {name: each.value for name, each in self.controls.items()}

    def refresh(self, change=None):
        """Draw for the values as they are now. What fails is said in the message line; the last picture stays."""
        try:
            with warnings.catch_warnings():
                if self.driven:
                    warnings.simplefilter("error")
                picture, caption = self.canvas.draw(self.draw, self.values())
            self.image.value = picture
            self.message.value = caption
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
                if not refused and self.image.value in seen.values():
                    raise ExploreError(f"{name} = {value!r} leaves the picture unchanged.")
                if not refused:
                    seen[value] = self.image.value
            each.value = start
            self.refresh()
            if self.image.value != first:
                raise ExploreError(f"{name} back at {start!r} does not bring the first picture back.")
        self.driven = False


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


def explore(draw, alt, *, size=(9, 3.2), panels=(1, 1), widths=None, **choices):
    """Display controls over a picture that answers each of them at once.

    draw: a function `draw(axes, **values)` that draws with ordinary matplotlib calls; `axes` is what
        `plt.subplots(*panels)` would give, emptied before each call. Its keyword arguments are the controls, and their
        defaults the values to begin with. Give every limit, label and title in it; a change of limits or labels costs
        a slower, full redraw, a change of title does not. A text that it returns is shown above the picture. Raise
        CourseError to tell the reader what is wrong.
    alt: alternative text of the static picture that a saved notebook shows.
    size: of the picture in inches; panels: rows and columns of axes; widths: relative widths of the columns.
    choices: the range of each control, see `control`.

    Returns nothing; with the environment variable figures.DRIVE set, CourseError if a control does not do its work or a
    legend tells things apart by colour alone.
    """
    explorer = Explorer(draw, choices, size, panels, widths)
    if os.environ.get(figures.DRIVE):
        explorer.drive()
    if "google.colab" in sys.modules:  # Colab shows widgets through its own manager
        display(explorer.box)
        return
    bundle, metadata = figures.picture(explorer.image.value, f"{alt} {explorer.message.value}".strip())
    view = {"version_major": 2, "version_minor": 0, "model_id": explorer.box.model_id}
    display({"application/vnd.jupyter.widget-view+json": view, **bundle}, metadata=metadata, raw=True)
