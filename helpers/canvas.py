"""One live matplotlib figure that is redrawn fast.

The axes with their ticks and labels are drawn once and kept; on each change only what the draw function adds (lines,
bars, images, texts) is drawn over them, and titles that change. What depends on few values (the drawing of a model,
say) can be a still background, painted once for each of them.
"""

import inspect
import io
import math
from collections import OrderedDict

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import IdentityTransform
from PIL import Image

from helpers.diagrams import look

SHARP = 200  # dots an inch: two for each pixel of the page, which a dense screen can show
KEPT = 8  # so many still backgrounds are kept
MASKS = 2000  # and so many masks of texts
INKS = [tuple(round(255 * part) for part in look.tint(kind.colour, strength))  # that may come into view over them
        for kind in look.KINDS.values() for strength in (1, 0.6, 0.3)]


class Canvas:
    """One live matplotlib figure, redrawn by a function. Limits that the function sets stay until it sets others.

    still: a function `still(axes, **some of the values)` that paints what is below, on one axes that fills the figure.
    """

    def __init__(self, size, panels=(1, 1), widths=None, still=None):
        self.still, self.stills = still, OrderedDict()  # backgrounds by the values on which they depend
        self.needed = list(inspect.signature(still).parameters)[1:] if still else []
        self.figure = Figure(figsize=size, dpi=SHARP, layout="none" if still else "constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1)) if still else \
            self.figure.subplots(*panels, width_ratios=widths)
        self.signature = self.background = None
        self.others = None  # some axes, and a background without them
        self.masks = {}  # of texts that were drawn over a still background
        self.palettes = {}  # for a background and the colours drawn on it, a dot with a palette of 256 colours
        self.heads = {}  # titles with the text they have in the background, None for one that changes

    def draw(self, function, values):
        """Call `function(axes, **values)` on emptied axes; the picture as PNG bytes, and the caption."""
        for axes in self.figure.axes:
            for artist in drawn(axes):
                artist.remove()
            axes.containers.clear()  # of bars: a legend would name the removed ones too
            axes.set_prop_cycle(None)
            axes.relim()
        key = self.paint_still(values) if self.still else None
        returned = function(self.axes, **values)
        caption = returned if isinstance(returned, str) else ""
        if self.still:
            return self.over_still(key), caption
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

    def paint_still(self, values):
        """Bring the still background for some values onto the canvas; returns the values on which it depends."""
        needed = {name: values[name] for name in self.needed}
        key = tuple(needed.items())
        if key not in self.stills:
            self.still(self.axes, **needed)
            self.canvas.draw()
            self.stills[key] = self.canvas.copy_from_bbox(self.figure.bbox)
            for artist in drawn(self.axes):
                artist.remove()
        self.stills.move_to_end(key)
        if len(self.stills) > KEPT:
            self.palettes.pop(str(self.stills.popitem(last=False)[0]), None)
        return key

    def over_still(self, key):
        """The picture as PNG bytes: what has been drawn, over the still background."""
        self.canvas.restore_region(self.stills[key])
        for artist in drawn(self.axes):
            if type(artist) is Text and artist.get_bbox_patch() is None:
                self.stamp(artist)
            else:
                self.axes.draw_artist(artist)
        return self.png(str(key), INKS)

    def stamp(self, text):
        """Draw a text as matplotlib would, to half a dot, but from a mask that is kept, which is quicker."""
        x, y = text.get_transform().transform(text.get_position())
        *colour, strength = to_rgba_array(text.get_color(), text.get_alpha())[0]
        key = (text.get_text(), text.get_fontproperties(), text.get_ha(), text.get_va(), text.get_rotation(), strength)
        if key not in self.masks:
            if len(self.masks) == MASKS:
                self.masks.clear()
            self.masks[key] = mask(text, x, y, self.canvas.get_renderer())
        left, top, shape = self.masks[key]
        buffer = np.asarray(self.canvas.buffer_rgba())  # (height, width, 4), the first row on top
        row, column = buffer.shape[0] - round(y) - top, round(x) + left
        rows = slice(max(row, 0), max(row + shape.shape[0], 0))
        columns = slice(max(column, 0), max(column + shape.shape[1], 0))
        place = buffer[rows, columns, :3]
        shape = shape[rows.start - row:, columns.start - column:][:place.shape[0], :place.shape[1]]
        place[:] = np.rint(place + shape * (255 * np.array(colour) - place))

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
            triples = [*zip(seen[::3], seen[1::3], seen[2::3], strict=True)][:256 - len(inks)] + inks
            white = [(255, 255, 255) if min(triple) > 250 else triple for triple in triples]
            self.palettes[key].putpalette([value for triple in white for value in triple])
        palette, file = self.palettes[key], io.BytesIO()
        image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "PNG", compress_level=1)
        return file.getvalue()


def mask(text, x, y, renderer):
    """How much of each dot a text covers, (height, width, 1) from 0 to 1, and how many dots the mask's left and upper
    edge lie to the right of its anchor (x, y), and above it."""
    box = text.get_window_extent(renderer)
    left, right = math.floor(box.x0 - x) - 2, math.ceil(box.x1 - x) + 2
    bottom, top = math.floor(box.y0 - y) - 2, math.ceil(box.y1 - y) + 2
    alone = RendererAgg(right - left, top - bottom, renderer.dpi)
    text.set_transform(IdentityTransform())
    text.set_position((-left, -bottom))
    text.set_clip_on(False)
    text.draw(alone)
    return left, top, np.asarray(alone.buffer_rgba())[:, :, 3:] / np.float32(255)


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
