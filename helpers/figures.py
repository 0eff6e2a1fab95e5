"""The look of every picture, and the few drawings that several notebooks share."""

import io
from base64 import b64encode

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

# Okabe and Ito's palette: colour-blind readers can tell these apart, in print too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE, GREY = "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#888888"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK]


def style():
    """Set matplotlib's defaults for the notebook that calls it."""
    mpl.rcParams.update({
        "axes.prop_cycle": mpl.cycler(color=COLOURS),
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlesize": 11, "axes.titlelocation": "left", "axes.grid": True,
        "grid.color": "#e4e4e4", "grid.linewidth": 0.6, "axes.axisbelow": True,
        "figure.constrained_layout.use": True, "figure.dpi": 100, "figure.figsize": (8, 3.4),
        "font.size": 10, "image.cmap": "cividis", "legend.frameon": False, "lines.linewidth": 1.8,
    })


def picture(png, alt):
    """The display bundle and metadata of a picture with alternative text: `display(*picture(...), raw=True)`."""
    return {"image/png": b64encode(png).decode(), "text/plain": alt}, {"image/png": {"alt": alt}}


def show(figure, alt):
    """Display a figure as a picture with alternative text, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    bundle, metadata = picture(buffer.getvalue(), alt)
    display(bundle, metadata=metadata, raw=True)


def table(header, rows):
    """Display a table; every cell is shown as `str` gives it."""
    lines = [header, ["---"] * len(header), *rows]
    display(Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)))


def claims(rows):
    """The table that ends every notebook: (what the paper said, what came out here, True / False / 'partly')."""
    verdict = {True: "yes", False: "**no**"}
    table(["the paper said", "here", "holds?"], [(said, here, verdict.get(holds, holds)) for said, here, holds in rows])


def clearly_better(better, worse):
    """The course's rule for comparing runs: the mean of `better` (one number a seed, losses say) is below that of
    `worse` by more than the spread of the seeds, the largest minus the smallest, on either side.
    """
    return bool(np.mean(worse) - np.mean(better) > max(np.ptp(better), np.ptp(worse)))


def heatmap(axes, matrix, rows, columns, **options):
    """A matrix (rows, columns) as colours with a name for every row and column; options go to `imshow`."""
    image = axes.imshow(matrix, aspect="auto", **options)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(False)
    return image
