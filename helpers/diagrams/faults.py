"""What is wrong with a drawing: texts that overlap, leave the picture or are cut by a line."""

from itertools import pairwise

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection

from helpers import CourseError


def check(axes):
    """CourseError if a text leaves the picture, overlaps another one or is cut by a line or an edge."""
    width, height = axes.figure.bbox.size
    renderer = RendererAgg(width, height, axes.figure.dpi)  # a canvas of its own would take the figure's place
    after_veil = [artist for artist in axes.get_children() if artist.get_gid() == "veil"]
    texts = [text for text in axes.texts if text.get_text()]
    boxes = {text: text.get_window_extent(renderer).padded(-1.5) for text in texts}
    for text, box in boxes.items():
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height:
            raise CourseError(f"The text {text.get_text()!r} leaves the picture.")
        for other, place in boxes.items():
            same = after_veil and other.get_position() == text.get_position() and other.get_text() == text.get_text()
            if other is not text and not same and box.overlaps(place):
                raise CourseError(f"The texts {text.get_text()!r} and {other.get_text()!r} overlap.")
        if text.get_gid() != "tag":
            for points in outlines(axes):
                if ((points > (box.x0, box.y0)) & (points < (box.x1, box.y1))).all(1).any():
                    raise CourseError(f"The text {text.get_text()!r} is cut by a line.")


def outlines(axes):
    """Points, a pixel apart, along every line and edge, in pixels."""
    paths = [patch.get_transform().transform_path(patch.get_path()) for patch in axes.patches
             if patch.get_linewidth() and patch.get_edgecolor()[3] and patch.get_gid() != "veil"]
    for lines in axes.collections:
        if isinstance(lines, LineCollection):
            paths += [axes.transData.transform_path(path) for path in lines.get_paths()]
    for path in paths:
        for corners in path.to_polygons(closed_only=False):
            pieces = [np.linspace(one, other, 2 + int(np.hypot(*(other - one))))
                      for one, other in pairwise(corners)]
            if pieces:
                yield np.concatenate(pieces)
