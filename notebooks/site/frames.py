"""The pictures of every explorer for a grid of its controls' values, for pages without a kernel.

`record` runs a notebook up to its last explorer, in a kernel in which `helpers.explore.explore` draws the grid first
(`install`). What it draws is kept in a folder by the hash of the notebook's code and of all that the code reads.
"""

import hashlib
import itertools
import json
import math
import os
import shutil
import time
from pathlib import Path

import nbformat

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
DOTS = 125  # an inch of the figure, which is 100 pixels of the page wide
TYPED = ("olivia", "emma", "hugo", "alexander", "zaid")  # in the place of what a reader would type
KIND = "application/vnd.course.explorer+json"
SETUP = "\n\nimport sys\nsys.path.insert(0, {folder!r})\nimport frames\nframes.install({assets!r}, {stops!r})"


class FramesError(RuntimeError):
    """A notebook's frames cannot be drawn; the message says why."""


def record(path, assets, cache=None):
    """The explorers of a notebook: {(cell, output): description}, as `pages.write_site` takes them, numbers as in the
    stored notebook; their pictures are written into the folder `assets`.

    cache: a folder in which descriptions and pictures are kept from one time to the next, or None. What it holds of the
        notebook as it was before goes.
    """
    assets, notebook = Path(assets), nbformat.read(path, as_version=4)
    key = f"{path.stem}-{fingerprint(path.stem, notebook)}"
    kept = Path(cache) / key if cache else None
    if kept and (kept / "explorers.json").exists():
        found = json.loads((kept / "explorers.json").read_text())
        copy_files(kept, assets, found)
    else:
        found = run(path, notebook, assets)
        if kept:
            for old in kept.parent.glob(f"{path.stem}-*"):
                shutil.rmtree(old)
            kept.mkdir(parents=True)
            copy_files(assets, kept, found)
            (kept / "explorers.json").write_text(json.dumps(found))
    return {(each["cell"], each["output"]): each for each in found}


def copy_files(source, target, found):
    for name in {name for each in found for name in each["frames"]}:
        (target / name).write_bytes((source / name).read_bytes())


def fingerprint(stem, notebook):
    """A hash of a notebook's code, its stops, the helpers, the data and this file: what its frames depend on."""
    digest = hashlib.sha256(json.dumps(stops_for(stem)).encode())
    for cell in notebook.cells:
        digest.update(cell.source.encode() if cell.cell_type == "code" else b"-")
    files = [*(ROOT / "helpers").rglob("*.py"), *(ROOT / "data").glob("*.csv"), ROOT / "requirements.txt",
             FOLDER / "frames.py"]
    for file in sorted(files):
        if not file.name.startswith("my_"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def stops_for(stem):
    """The part of stops.json that is for one notebook, as `install` takes it."""
    stops = json.loads((FOLDER / "stops.json").read_text(encoding="utf-8"))
    return {"most": stops["most"], "fewest": stops["fewest"], **stops.get(stem, {})}


def run(path, notebook, assets):
    """Execute a notebook up to its last explorer and collect what was drawn. FramesError if a cell fails, or if an
    explorer's stored picture is not found."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    running = nbformat.from_dict(notebook)
    running.cells = [nbformat.from_dict(cell) for cell in notebook.cells]
    last = max((i for i, cell in enumerate(running.cells) if "explore.explore(" in cell.source), default=-1)
    running.cells = running.cells[:last + 1]
    for cell in running.cells:
        if "setup" in cell.metadata.get("tags", []):
            cell.source += SETUP.format(folder=str(FOLDER), assets=str(assets), stops=stops_for(path.stem))
            break
    os.environ.pop("COURSE_REFERENCE_RUN", None)
    try:
        NotebookClient(running, timeout=1800, kernel_name="python3", record_timing=False,
                       resources={"metadata": {"path": str(FOLDER.parent)}}).execute()
    except CellExecutionError as error:
        raise FramesError(f"{path.name}: {error.ename}: {error.evalue}") from error
    found = []
    for number, cell in enumerate(running.cells):
        drawn = [output.data[KIND] for output in cell.get("outputs", []) if KIND in output.get("data", {})]
        places = [i for i, output in enumerate(notebook.cells[number].get("outputs", []))
                  if "image/png" in output.get("data", {})]
        for each in drawn:
            place = next((i for i in places if stored_alt(notebook.cells[number].outputs[i]).startswith(each["alt"])),
                         None)
            if place is None:
                raise FramesError(f"{path.name}, cell {number}: no stored picture has the text {each['alt']!r}.")
            places.remove(place)
            found.append({**each, "cell": number, "output": place})
    return found


def stored_alt(output):
    return output.metadata["image/png"]["alt"]


# What follows runs in the notebook's kernel.


def install(assets, stops):
    """From now on `helpers.explore.explore` draws its grid into a folder, and displays the description.

    stops: {"most": how many pictures an explorer may have, "fewest": how many stops a slider keeps when it is thinned,
        name of a draw function: {name of a control: values} for explorers that name their own}.
    """
    from helpers import canvas, explore

    canvas.SHARP = DOTS

    def explore_and_draw(draw, alt, *, size=(9, 3.2), panels=(1, 1), widths=None, still=None, **choices):
        explorer = explore.Explorer(draw, choices, size, panels, widths, still)
        grid = drawn_grid(explorer, alt, size, Path(assets), stops.get(draw.__name__, {}),
                          stops["most"], stops["fewest"])
        explore.display({KIND: grid}, raw=True)

    explore.explore = explore_and_draw


def drawn_grid(explorer, alt, size, assets, named, most, fewest):
    """Draw an explorer for every combination of its stops; the description for the page, without its place."""
    begin = time.perf_counter()
    all_values = {name: stops_of(explorer, name, named.get(name)) for name in explorer.controls}
    chosen = thinned(explorer, all_values, named, most, fewest)
    start = explorer.values()
    frames, captions = [], []
    for values in itertools.product(*chosen.values()):
        name, caption = frame(explorer, dict(zip(chosen, values, strict=True)), assets)
        frames.append(name)
        captions.append(caption)
    drawn = next(filter(None, frames))
    frames = [drawn := name or drawn for name in frames]  # what cannot be drawn leaves the picture before it
    width, _ = explorer.canvas.canvas.get_width_height()
    return {
        "seconds": time.perf_counter() - begin,
        "alt": alt, "frames": frames, "captions": captions,
        "width": round(100 * size[0]), "height": round(100 * size[1]),
        "columns": columns(explorer, width, 100 * size[0]), "whole": chosen == everything(explorer),
        "controls": [{"name": name, "label": name.replace("_", " "), "kind": kind(explorer.controls[name]),
                      "values": [shown(explorer.controls[name], value) for value in values],
                      "start": values.index(start[name])} for name, values in chosen.items()],
    }


def stops_of(explorer, name, named):
    """All values of a control that the page may offer, in order; those named for it, with the one it starts at."""
    import ipywidgets as widgets

    control = explorer.controls[name]
    start = control.value
    if named is not None:
        if isinstance(control, widgets.Text):
            return list(dict.fromkeys([start, *named]))
        return sorted({start, *named}, key=lambda value: (list(control.options).index(value)
                                                         if hasattr(control, "options") else value))
    if isinstance(control, widgets.Text):
        return [start, *(typed for typed in TYPED if typed != start and accepted(explorer, name, typed))][:5]
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if hasattr(control, "options"):
        return list(control.options)
    count = round((control.max - control.min) / control.step)
    return sorted({start, *(type(start)(round(control.min + i * control.step, 10)) for i in range(count + 1))})


def everything(explorer):
    """All values of all controls; of a text box, which takes any text, none."""
    import ipywidgets as widgets

    return {name: [] if isinstance(control, widgets.Text) else stops_of(explorer, name, None)
            for name, control in explorer.controls.items()}


def accepted(explorer, name, value):
    """Whether an explorer can draw for a value, with all others as they start."""
    from helpers import CourseError

    try:
        explorer.canvas.draw(explorer.draw, {**explorer.values(), name: value})
    except CourseError:
        return False
    return True


def thinned(explorer, all_values, named, most, fewest):
    """Some of all values, so that the grid has at most so many pictures. The longest slider loses stops first, menus
    and lists only when no slider has more than the fewest; ends and start stay. FramesError if that is not enough."""
    counts = {name: len(values) for name, values in all_values.items()}
    sliders = {name for name, each in explorer.controls.items() if hasattr(each, "min") and name not in named}
    lists = {name for name, each in explorer.controls.items() if hasattr(each, "options") and name not in named}
    while math.prod(counts.values()) > most:
        candidates = [name for name in sliders if counts[name] > fewest]
        if not candidates and named:
            break
        candidates = candidates or [name for name in lists if counts[name] > fewest]
        if not candidates:
            raise FramesError(f"{explorer.draw.__name__} has too many controls: name its stops in stops.json.")
        counts[max(candidates, key=counts.get)] -= 1
    return {name: evenly(values, counts[name], explorer.controls[name].value) for name, values in all_values.items()}


def evenly(values, count, start):
    """So many of some values, evenly spaced, with both ends and the start."""
    places = [round(i * (len(values) - 1) / (count - 1)) for i in range(count)] if count > 1 else [0]
    at = values.index(start)
    if at not in places:
        inner = places[1:-1] or places
        places[places.index(min(inner, key=lambda place: abs(place - at)))] = at
    return [values[place] for place in sorted(set(places))]


def frame(explorer, values, assets):
    """Draw for some values: the name of the picture's file and the caption. Where they cannot be drawn together (there
    is no seventh letter in a name of four), no name, and a caption that says why."""
    from PIL import Image

    from helpers import CourseError

    try:
        _, caption = explorer.canvas.draw(explorer.draw, values)
    except CourseError as error:
        return None, str(error)
    canvas = explorer.canvas.canvas
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    name = f"{hashlib.sha256(picture.tobytes()).hexdigest()[:16]}.webp"
    if not (assets / name).exists():
        picture.save(assets / name, lossless=True, method=4)
    return name, caption


def kind(control):
    import ipywidgets as widgets

    if isinstance(control, widgets.Checkbox):
        return "tick"
    return "menu" if isinstance(control, (widgets.Dropdown, widgets.Text)) else "slider"


def shown(control, value):
    """A value as the control shows it."""
    import ipywidgets as widgets

    if isinstance(control, widgets.FloatSlider):
        return format(value, control.readout_format)
    return str(value) if value != "" else "(nothing)"


def columns(explorer, dots, width):
    """Where panels that stand side by side begin and end, in pixels of the page; [] if there is one column."""
    axes = explorer.canvas.figure.axes
    renderer = explorer.canvas.canvas.get_renderer()
    groups = {}
    for each in axes:
        place = each.get_subplotspec()
        if place is not None:
            box = each.get_tightbbox(renderer)
            first, last = groups.get(place.colspan.start, (math.inf, -math.inf))
            groups[place.colspan.start] = min(first, box.x0), max(last, box.x1)
    if len(groups) < 2:
        return []
    spans = [groups[key] for key in sorted(groups)]
    cuts = [0, *((before[1] + after[0]) / 2 for before, after in itertools.pairwise(spans)), dots]
    return [[round(left * width / dots), round(right * width / dots)] for left, right in itertools.pairwise(cuts)]
