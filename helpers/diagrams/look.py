"""How each kind of thing looks in every drawing of the course, and how texts and numbers are written."""

from typing import NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb

from helpers import CourseError, figures

INK = "#222222"
ABOVE = 2.9  # where numbers lie: over the drawing, whose parts are at 2 to 2.9, and under texts, which are at 3


class Kind(NamedTuple):
    """How a kind of thing looks: its colour, the fill of its boxes, the widths in points of its frames and wires."""

    colour: str
    fill: str
    frame: float
    wire: float
    dashes: tuple = ()


def tint(colour, strength=0.35):
    """A colour mixed with white; strength 1 leaves it as it is."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


KINDS = {
    "plain": Kind(INK, "#ffffff", 1.3, 1.3),
    "input": Kind(figures.SKY, figures.SKY, 1.3, 1.8),  # a box with a letter
    "state": Kind(figures.BLUE, figures.BLUE, 1.8, 2.4),  # a row of cells, tinted
    "memory": Kind(figures.ORANGE, figures.ORANGE, 3.6, 4.0),  # a row of cells with a thick frame, tinted
    "gate": Kind(figures.GREEN, figures.GREEN, 1.3, 2.0),  # a box with a sigma, in a walk-through a level
    "attention": Kind(figures.RED, figures.RED, 1.3, 3.0),  # lines as wide as their weights
    "output": Kind(figures.PURPLE, figures.PURPLE, 1.3, 1.3),  # a box, or bars
    "error": Kind("#8F1335", "#ffffff", 1.8, 1.8, (4, 1.6)),  # dashed, and against the other arrows
    "frame": Kind("#999999", "#ffffff", 1.3, 1.3),
}


def look_of(kind):
    """The look of a kind of thing, by its name."""
    if kind not in KINDS:
        raise CourseError(f"There is no kind {kind!r} of things in drawings: choose one of {', '.join(KINDS)}.")
    return KINDS[kind]


def rectangle(left, low, right, high):
    """The corners of a rectangle."""
    return [(left, low), (right, low), (right, high), (left, high)]


def surfaces(axes, shapes, fill, edges="none", **options):
    """Many surfaces at once, as one thing, which is quick."""
    shapes = PolyCollection(shapes, facecolors=fill, edgecolors=edges, zorder=ABOVE, **options)
    axes.add_collection(shapes, autolim=False)


def write(axes, x, y, text, size, **options):
    """A text, centred unless told otherwise."""
    if text:
        axes.text(x, y, text, **{"fontsize": size, "ha": "center", "va": "center", "color": INK, **options})


def number(value, decimals):
    """A number with its decimals and a true minus sign, never -0."""
    text = f"{value:.{decimals}f}"
    return (text.replace("-", "") if not text.strip("-0.") else text).replace("-", "\N{MINUS SIGN}")


def inset(corners, margin):
    """Squares drawn in by a margin, so that they leave the frames free."""
    middle = corners.mean(1, keepdims=True)
    return corners - np.sign(corners - middle) * margin


def in_order(axes):
    """Later artists lie over earlier ones, whatever they are."""
    for order, artist in enumerate(axes.get_children()):
        if artist in (*axes.patches, *axes.collections, *axes.texts):
            artist.set_zorder(2 + order / 1000)


def squares(axes, left, top, size, values, colour, rows=(), columns=()):
    """A matrix as coloured squares, its upper left corner at (left, top), each `size` (width, height) large; colour: a
    function of a value; rows, columns: texts beside and above it."""
    wide, high = size
    shapes, colours = [], []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            x, y = left + wide * j, top - high * (i + 1)
            shapes.append(rectangle(x, y, x + wide, y + high))
            colours.append(colour(float(value)))
    surfaces(axes, shapes, colours)
    for i, text in enumerate(rows):
        write(axes, left - 0.15, top - high * (i + 0.5), text, 10, ha="right")
    for j, text in enumerate(columns):
        write(axes, left + wide * (j + 0.5), top + 0.25, text, 10)
