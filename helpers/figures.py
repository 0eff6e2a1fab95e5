"""The look of every picture, and the few drawings that several notebooks share."""

import io
import os
from base64 import b64encode
from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from PIL import Image

from helpers import CourseError
from helpers.entries import legible

DRIVE = "COURSE_DRIVE_CONTROLS"  # environment variable of the tests: pictures are checked, and every control is moved

# Okabe and Ito's palette: colour-blind readers can tell these apart, in print too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE, GREY = "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#888888"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK]
described = False  # whether alternative texts are printed, see `style`
MARKS = ["o-", "s--", "^:", "D-.", "v-"]  # go with the colours, so that colour is never all that tells lines apart


def style(describe=False):
    """Set matplotlib's defaults for the notebook that calls it, whatever style was chosen before.

    describe: print each picture's alternative text below it, for a reader who listens: JupyterLab shows pictures
        without it.
    """
    global described
    described = describe
    mpl.rcdefaults()
    mpl.rcParams.update({
        "axes.prop_cycle": mpl.cycler(color=COLOURS),
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 11, "axes.titlelocation": "left", "axes.titley": 1.0, "axes.grid": True,
        "grid.color": "#e4e4e4", "grid.linewidth": 0.6, "axes.axisbelow": True,
        "figure.constrained_layout.use": True, "figure.dpi": 100, "figure.figsize": (8, 3.4),
        "font.size": 10, "image.cmap": "cividis", "legend.frameon": False, "lines.linewidth": 1.8,
    })


def picture(png, alt, size):
    """The display bundle and metadata of a picture with alternative text: `display(*picture(...), raw=True)`.

    size: its width and height in inches of 100 pixels of the page, however many dots it has.
    """
    about = {"alt": alt, "width": round(100 * size[0]), "height": round(100 * size[1])}
    return {"image/png": b64encode(png).decode(), "text/plain": alt}, {"image/png": about}


def show(figure, alt):
    """Display a figure as a picture with alternative text, sharp on dense screens too, and close it."""
    if os.environ.get(DRIVE):
        tell_apart(figure)
    bundle, metadata = picture(as_png(figure), alt, figure.get_size_inches())
    plt.close(figure)
    display(bundle, metadata=metadata, raw=True)
    describe(alt)


def as_png(figure, dpi=200):
    """A figure as PNG bytes, in 256 colours of its own, which makes the file three times as small."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def describe(alt):
    """Print a picture's alternative text, if `style` was told to."""
    if described:
        print(alt)


def lightness(colour):
    """How light a colour is to the eye: the L* of CIELAB, 0 (black) to 100 (white)."""
    linear = (((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in to_rgb(colour))
    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def tell_apart(figure):
    """CourseError if two entries of a legend differ in nothing but their hue.

    Lines must differ in dashes, marker or width, surfaces in hatching or by 20 in lightness.
    """
    for axes in figure.axes:
        legend = axes.get_legend()
        for one, other in combinations(legend.legend_handles if legend else [], 2):
            lines = [isinstance(each, Line2D) for each in (one, other)]
            if all(lines):
                looks = [(each.get_linestyle(), each.get_marker(), each.get_linewidth()) for each in (one, other)]
                alike = looks[0] == looks[1]
            elif any(lines):
                alike = False
            else:
                light = [lightness(each.get_facecolor()[:3]) for each in (one, other)]
                alike = one.get_hatch() == other.get_hatch() and abs(light[0] - light[1]) < 20
            if alike:
                raise CourseError(f"{one.get_label()!r} and {other.get_label()!r} differ by nothing but colour.")


def table(header, rows):
    """Display a table; every cell is shown as `str` gives it."""
    lines = [header, ["---"] * len(header), *rows]
    display(Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)))


YES, NO, UNDECIDED, UNTESTED = "yes", "no", "undecided", "not tested"  # what a verdict may be


def claims(rows):
    """The table that ends every notebook: (what the paper said, what came out here, verdict), see `lower` and
    `holds`."""
    shown = {YES: "yes", NO: "**no**", True: "yes", False: "**no**"}
    table(["the paper said", "here", "holds?"],
          [(said, here, shown.get(verdict, verdict)) for said, here, verdict in rows])


def holds(fact):
    """The verdict on a fact that chance has no part in."""
    return YES if fact else NO


def lower(a, b, paired=False):
    """Are the values `a` lower than the values `b` (one for each seed)? The course's one rule for comparing runs.

    "yes" if every value of `a` is below every value of `b`, "no" if every one is above, else "undecided". Of three
    against three that happens by luck once in twenty. paired: the runs share their draws (data, start) seed by seed,
    so they are compared pair by pair, and five pairs or more must all go the same way (by luck once in 32).
    With fewer than three seeds a side, or five pairs: "not tested".
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if paired and len(a) != len(b):
        raise CourseError(f"Pairs need as many values on both sides, not {len(a)} and {len(b)}.")
    if min(len(a), len(b)) < (5 if paired else 3):
        return UNTESTED
    differences = b - a if paired else np.subtract.outer(b, a)
    return YES if (differences > 0).all() else NO if (differences < 0).all() else UNDECIDED


def higher(a, b, paired=False):
    """Are the values `a` higher than the values `b`? By the rule of `lower`."""
    return lower(b, a, paired)


def alike(a, b, tolerance):
    """Do the values `a` and `b` differ by no more than a tolerance, stated before the run?

    "yes" if every value of `a` is that near to every value of `b`, "no" if every one is further away, on the same
    side; else "undecided". With fewer than three seeds a side: "not tested".
    """
    if min(len(a), len(b)) < 3:
        return UNTESTED
    differences = np.subtract.outer(np.asarray(b, float), np.asarray(a, float))
    if (abs(differences) <= tolerance).all():
        return YES
    return NO if (differences > tolerance).all() or (differences < -tolerance).all() else UNDECIDED


def heatmap(axes, matrix, rows, columns, **options):
    """A matrix (rows, columns) as colours with a name for every row and column; options go to `imshow`."""
    image = axes.imshow(matrix, aspect="auto", **options)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(False)
    return image


def drawable(symbol):
    """A single symbol of any alphabet for a picture, as `entries.legible`: what matplotlib's font lacks by its number,
    too, and no sign of a formula."""
    font = get_font(findfont(FontProperties()))
    lacking = any(font.get_char_index(ord(sign)) == 0 for sign in legible(symbol))
    return f"U+{ord(symbol):04X}" if lacking else legible(symbol).replace("$", r"\$")
