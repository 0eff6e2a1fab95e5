"""Drawings of models, in one vocabulary for the whole course: the same thing has the same colour, shape and width
everywhere, so that it can be told apart without colour too.

A `Drawing` is a description: named parts on a grid of half-inch squares, and wires between them by name. From it come
the still picture (`show`), the background of a walk-through (`paint`, with what is meant in front and the rest behind a
veil), and the places for the numbers (`digits`, `bars`, `level`, `rows`, `lines`), which a walk-through draws anew at
each step.
"""

import os
from typing import NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle

from helpers import CourseError, figures
from helpers.diagrams.faults import check
from helpers.diagrams.look import ABOVE, INK, KINDS, in_order, inset, look_of, number, rectangle, surfaces, tint, write
from helpers.diagrams.look import squares as squares
from helpers.diagrams.wires import along_path, arrow_head, cornered, rounded, toward

SIDES = {"above": (0, 1, "center", "bottom"), "below": (0, -1, "center", "top"),
         "left": (-1, 0, "right", "center"), "right": (1, 0, "left", "center")}


class Part(NamedTuple):
    """A part in its place: x, y of its centre, its half width and half height, and `paint(axes)`."""

    x: float
    y: float
    wide: float
    high: float
    paint: object
    count: tuple = (1, 1)  # rows and columns of cells

    def edge(self, dx, dy):
        """Where a wire that goes in a direction leaves the part."""
        reach = min(self.wide / abs(dx) if dx else np.inf, self.high / abs(dy) if dy else np.inf)
        return self.x + reach * dx, self.y + reach * dy


class Drawing:
    """A picture of width by height half-inch squares; (0, 0) is its lower left corner."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.size = width / 2, height / 2  # inches
        self.parts = {}

    def add(self, name, x, y, wide, high, paint, count=(1, 1)):
        if name in self.parts:
            raise CourseError(f"There are two parts named {name!r}.")
        self.parts[name] = Part(x, y, wide / 2, high / 2, paint, count)

    def at(self, name):
        """A part by its name, or a point (x, y) as a part without extent."""
        if isinstance(name, tuple):
            return Part(*name, 0, 0, None)
        if name not in self.parts:
            raise CourseError(f"There is no part named {name!r} in this drawing.")
        return self.parts[name]

    # ---- the parts -------------------------------------------------------------------------------------------------
    def box(self, name, x, y, text="", kind="plain", width=1.6, height=0.9, size=12, **sides):
        """A box with a text: an input letter, a function, a gate, an output. sides: texts `above`, `below`, ..."""
        look = look_of(kind)

        def paint(axes):
            corner = (x - width / 2 + 0.12, y - height / 2 + 0.12)
            axes.add_patch(FancyBboxPatch(corner, width - 0.24, height - 0.24, boxstyle="round,pad=0.12",
                                          fc=look.fill, ec=INK, lw=look.frame))
            write(axes, x, y, text, size)
        self.add(name, x, y, width, height, paint)
        self.beside(name, **sides)

    def cells(self, name, x, y, count, kind="state", cell=(0.62, 0.5), **sides):
        """A vector, or a matrix: count is a number of cells in a row, or (rows, columns)."""
        rows, columns = count if isinstance(count, tuple) else (1, count)
        wide, high, look = columns * cell[0], rows * cell[1], look_of(kind)

        def paint(axes):
            left, low = x - wide / 2, y - high / 2
            inner = [[(left + i * cell[0], low), (left + i * cell[0], low + high)] for i in range(1, columns)]
            inner += [[(left, low + i * cell[1]), (left + wide, low + i * cell[1])] for i in range(1, rows)]
            fill = "white" if kind in ("plain", "error") else tint(look.colour)
            axes.add_patch(Rectangle((left, low), wide, high, fc=fill, ec="none"))
            axes.add_collection(LineCollection(inner, colors=look.colour, linewidths=0.7), autolim=False)
            axes.add_patch(Rectangle((left, low), wide, high, fc="none", ec=look.colour, lw=look.frame,
                                     ls=(0, look.dashes) if look.dashes else "-"))
        self.add(name, x, y, wide, high, paint, (rows, columns))
        self.beside(name, **sides)

    def node(self, name, x, y, sign):
        """A small circle: an operation element by element, such as × and +."""
        def paint(axes):
            around = np.linspace(0, 2 * np.pi, 40)
            axes.add_patch(Polygon(np.c_[x + 0.27 * np.cos(around), y + 0.27 * np.sin(around)], fc="white", ec=INK,
                                   lw=1.3))
            cross = [[(x - 0.16, y), (x + 0.16, y)], [(x, y - 0.16), (x, y + 0.16)]]
            if sign == "×":
                cross = [[(x - 0.12, y - 0.12), (x + 0.12, y + 0.12)], [(x - 0.12, y + 0.12), (x + 0.12, y - 0.12)]]
            axes.add_collection(LineCollection(cross, colors=INK, linewidths=1.5), autolim=False)
        if sign not in ("×", "+"):
            raise CourseError(f"A node is × or +, not {sign!r}.")
        self.add(name, x, y, 0.54, 0.54, paint)

    def tag(self, name, x, y, text):
        """Weights that are learned: a small grey tag. The same text is the same weights, wherever it stands."""
        def paint(axes):
            write(axes, x, y, text, 11, gid="tag", bbox={"boxstyle": "square,pad=0.22", "fc": "#d9d9d9", "ec": INK,
                                                         "lw": 1})
        self.add(name, x, y, 0.5, 0.5, paint)

    def text(self, name, x, y, text, size=11, align="center", colour=INK, bold=False):
        """A text that belongs to no part; align: center, left or right."""
        def paint(axes):
            write(axes, x, y, text, size, ha=align, color=colour, weight="bold" if bold else "normal")
        self.add(name, x, y, 0, 0, paint)

    def beside(self, part, **sides):
        """Texts `above`, `below`, `left` or `right` of a part; they are shown and veiled together with it."""
        old = self.parts[part]

        def paint(axes):
            old.paint(axes)
            for side, text in sides.items():
                dx, dy, ha, va = SIDES[side]
                write(axes, old.x + dx * (old.wide + 0.15), old.y + dy * (old.high + 0.12), text, 11, ha=ha, va=va)
        self.parts[part] = old._replace(paint=paint)

    def frame(self, name, left, low, right, high, text=""):
        """A large rounded frame around parts (add it before them), with a text inside its upper left corner."""
        def paint(axes):
            axes.add_patch(FancyBboxPatch((left + 0.3, low + 0.3), right - left - 0.6, high - low - 0.6, fc="none",
                                          boxstyle="round,pad=0.3", ec=KINDS["frame"].colour, lw=1.3))
            write(axes, left + 0.25, high - 0.3, text, 11, ha="left", va="center")
        self.add(name, (left + right) / 2, (low + high) / 2, right - left, high - low, paint)

    def wire(self, *stops, route="-", kind="plain", dashed=False, weights="", along=0.5, shift=0, head=True, name=None):
        """An arrow from part to part, or through points (x, y).

        route: between two stops, `-` straight, `-|` across and then up or down, `|-` the other way round, `-|-` and
        `|-|` with two corners half way. weights: the text of a tag on it, `along` it (0 to 1). shift: moves a straight
        wire sideways (to its left). name: how `paint` is told to bring it to the front, by default "first>last".
        """
        look, ends = look_of(kind), (stops[0], stops[-1])
        name = name or ">".join(str(end) for end in ends)
        points = cornered([self.at(stop) for stop in stops], route, shift)
        dashes, width = (look.dashes or (3, 2), min(look.wire, 1.8)) if dashed or look.dashes else ((), look.wire)

        def paint(axes):
            size = 0.12 + 0.035 * width
            line = [*points[:-1], toward(points[-1], points[-2], size if head else 0)]
            axes.add_patch(PathPatch(rounded(line), fc="none", ec=look.colour, lw=width, capstyle="butt",
                                     ls=(0, dashes) if dashes else "-"))
            if head:
                axes.add_patch(Polygon(arrow_head(points[-2], points[-1], size), fc=look.colour, ec="none"))
            if weights:
                write(axes, *along_path(points, along), weights, 11, gid="tag",
                      bbox={"boxstyle": "square,pad=0.22", "fc": "#d9d9d9", "ec": INK, "lw": 1})
        middle = along_path(points, along)
        self.add(name, *middle, 0, 0, paint)

    def tower(self, x, y, step, *floors, width=3.0):
        """Boxes one above the other, each (name, text, kind), wired upwards."""
        for floor, (name, text, kind) in enumerate(floors):
            self.box(name, x, y + floor * step, text, kind, width=width, height=0.65, size=11)
            if floor:
                self.wire(floors[floor - 1][0], name)

    def skip(self, below, above, side):
        """A skip connection: out of the wire below a part, past it, into the side of a part above it.
        side: how far to the right (left if negative) of the tower's middle."""
        start, end = self.at(below), self.at(above)
        low = start.y - start.high - 0.2
        self.wire((start.x, low), (start.x + side, low), (start.x + side, end.y), above, name=f"{below}>>{above}")

    # ---- painting --------------------------------------------------------------------------------------------------
    def paint(self, axes, active=None, hidden=()):
        """Paint all parts but the hidden ones, in the order in which they were described. With `active`, a list of
        names of parts and wires, these stand in front and everything else behind a veil."""
        axes.set(xlim=(0, self.width), ylim=(0, self.height))
        axes.axis("off")
        self.front(axes, *(name for name in self.parts if name not in hidden))
        if active is not None:
            axes.add_patch(Rectangle((0, 0), self.width, self.height, fc="white", ec="none", alpha=0.75, gid="veil"))
            self.front(axes, *active)
        in_order(axes)
        if os.environ.get(figures.DRIVE):
            check(axes)

    def front(self, axes, *names):
        """Paint these parts over what is there, such as the arrows that a step of a walk-through is about."""
        for name in names:
            self.at(name).paint(axes)

    def figure(self, active=None):
        """The picture as a matplotlib figure."""
        figure = Figure(figsize=self.size, dpi=100, layout="none")
        self.paint(figure.add_axes((0, 0, 1, 1)), active)
        return figure

    def show(self, alt, active=None):
        """Display the still picture."""
        figures.show(self.figure(active), alt)

    # ---- numbers ---------------------------------------------------------------------------------------------------
    def corners(self, name):
        """The corners of a part's cells, row by row from the top: (cells, 4, 2)."""
        part = self.at(name)
        rows, columns = part.count
        x = part.x - part.wide + 2 * part.wide / columns * np.arange(columns)
        y = part.y + part.high - 2 * part.high / rows * np.arange(1, rows + 1)
        low = np.stack(np.meshgrid(x, y), -1).reshape(-1, 1, 2)
        return low + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (2 * part.wide / columns, 2 * part.high / rows)

    def digits(self, axes, name, values, decimals=2, shade=0.0, size=10):
        """A number in each cell of a part, None for an empty cell; shade: the value at which a cell is orange
        (positive) or blue (negative), 0 for no colours."""
        values, corners = [None if v is None else float(v) for v in np.ravel(values)], self.corners(name)
        if len(values) != len(corners):
            raise CourseError(f"{name!r} has {len(corners)} cells, not {len(values)}.")
        if shade:
            colours = [tint(figures.ORANGE if (v or 0) > 0 else figures.BLUE, 0.65 * min(1, abs(v or 0) / shade))
                       for v in values]
            surfaces(axes, inset(corners, 0.03), colours)
        for value, (x, y) in zip(values, corners.mean(1), strict=True):
            if value is not None:
                write(axes, x, y, number(value, decimals), size)

    def bars(self, axes, name, values, kind="state", largest=1.0):
        """Many numbers, as bars from the middle line of a part; `largest` fills half of its height."""
        part, values = self.at(name), np.clip(np.ravel(values) / largest, -1, 1)
        step = 2 * part.wide / len(values)
        x = part.x - part.wide + step * (np.arange(len(values)) + 0.15)
        shape = np.array([[0, 0], [0.7 * step, 0], [0.7 * step, 1], [0, 1]])
        tall = np.stack([np.ones_like(values), 0.95 * part.high * values], -1)[:, None]
        bars = np.stack([x, np.full_like(x, part.y)], -1)[:, None] + shape * tall
        middle = [[(part.x - part.wide, part.y), (part.x + part.wide, part.y)]]
        axes.add_collection(LineCollection(middle, colors=INK, linewidths=0.7, zorder=ABOVE), False)
        surfaces(axes, bars, look_of(kind).colour)

    def level(self, axes, name, value):
        """How far a gate is open, 0 to 1: a level in its box, and the number."""
        part = self.at(name)
        left, right, low, high = part.x - part.wide, part.x + part.wide, part.y - part.high, part.y + part.high
        boxes = [rectangle(left, low, right, high), rectangle(left, low, right, low + (high - low) * value)]
        surfaces(axes, boxes, ["white", tint(figures.GREEN, 0.6)], [INK, "none"])
        write(axes, part.x, part.y, number(value, 2), 10)

    def rows(self, axes, name, labels, values, kind="output"):
        """A distribution as horizontal bars from a part's left edge, with label and number; a value of 1 is as wide
        as the part."""
        part, count = self.at(name), len(labels)
        step = 2 * part.high / count
        y = part.y + part.high - step * (np.arange(count) + 0.5)
        left = part.x - part.wide
        bars = [rectangle(left, height - 0.35 * step, left + 2 * part.wide * value, height + 0.35 * step)
                for height, value in zip(y, values, strict=True)]
        surfaces(axes, bars, look_of(kind).colour, INK, linewidths=0.7)
        for label, value, height in zip(labels, values, y, strict=True):
            write(axes, left - 0.12, height, label, 10, ha="right")
            write(axes, left + 2 * part.wide * value + 0.12, height, number(value, 2), 10, ha="left")

    def lines(self, axes, names, target, weights):
        """Attention: a line from each part to the target, as wide as its weight (0 to 1)."""
        end, starts = self.at(target), [self.at(name) for name in names]
        lines = [[(part.x, part.y + part.high), (end.x, end.y - end.high)] for part in starts]
        axes.add_collection(LineCollection(lines, colors=KINDS["attention"].colour,
                                           linewidths=0.4 + 13 * np.asarray(weights), zorder=ABOVE), False)

    def say(self, axes, name, text, side="right", colour=INK, size=10):
        """A number or a short text beside a part or a wire."""
        part, (dx, dy, ha, va) = self.at(name), SIDES[side]
        write(axes, part.x + dx * (part.wide + 0.12), part.y + dy * (part.high + 0.1), text, size, ha=ha, va=va,
              color=colour)
