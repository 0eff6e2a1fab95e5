"""The geometry of wires: corners, round corners, arrow heads."""

import numpy as np
from matplotlib.path import Path

from helpers import CourseError


def cornered(stops, route, shift):
    """The points of a wire: its stops, the corners that the route puts between them, both ends on the parts' edges."""
    if route not in ("-", "-|", "|-", "-|-", "|-|"):
        raise CourseError(f"A wire's route is -, -|, |-, -|- or |-|, not {route!r}.")
    points = [(stops[0].x, stops[0].y)]
    for stop in stops[1:]:
        (x, y), (u, v) = points[-1], (stop.x, stop.y)
        points += {"-": [], "-|": [(u, y)], "|-": [(x, v)], "-|-": [((x + u) / 2, y), ((x + u) / 2, v)],
                   "|-|": [(x, (y + v) / 2), (u, (y + v) / 2)]}[route]
        points.append((u, v))
    points[0] = stops[0].edge(points[1][0] - points[0][0], points[1][1] - points[0][1])
    points[-1] = stops[-1].edge(points[-2][0] - points[-1][0], points[-2][1] - points[-1][1])
    if shift:
        dx, dy = np.subtract(points[-1], points[0]) / np.hypot(*np.subtract(points[-1], points[0]))
        points = [(x - shift * dy, y + shift * dx) for x, y in points]
    return points


def toward(point, other, distance):
    """The point so far away from `point` on the way to `other`."""
    step = np.subtract(other, point)
    return tuple(point + step * distance / np.hypot(*step))


def rounded(points, radius=0.3):
    """A path through points, its corners round."""
    path, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(radius, *(np.hypot(*np.subtract(corner, other)) / 2 for other in (before, after)))
        path += [toward(corner, before, reach), corner, toward(corner, after, reach)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*path, points[-1]], [*codes, Path.LINETO])


def arrow_head(before, tip, size):
    dx, dy = np.subtract(tip, before) / np.hypot(*np.subtract(tip, before))
    x, y = tip[0] - size * dx, tip[1] - size * dy
    return [tip, (x - size * dy * 0.55, y + size * dx * 0.55), (x + size * dy * 0.55, y - size * dx * 0.55)]


def along_path(points, share):
    """The point after a share of a path's length."""
    points = np.array(points)
    lengths = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    return tuple(float(np.interp(share * lengths[-1], lengths, points[:, i])) for i in (0, 1))
