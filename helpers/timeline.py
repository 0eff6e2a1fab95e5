"""The record of what each model of the course reached: language models, with their picture, and translators."""

import csv
import hashlib
import itertools
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from filelock import FileLock, Timeout

from helpers import CourseError, data, figures

REFERENCE = data.FOLDER / "timeline.csv"  # the committed run of the language models; the translators' lies beside it
OWN = "COURSE_OWN_RESULTS"  # environment variable: another folder for the reader's own run
RECORD = "COURSE_REFERENCE_RUN"  # environment variable: record into the reference itself (build.py sets it)
PATIENCE = 10  # seconds to wait for another notebook that is recording
LEVEL = 0.01  # losses of single runs that differ by less are called level
LENGTHS = (1, 2, 3, 4, 6, 8)  # the numbers of names in the test sentences of the translation task
COLUMNS = {  # of each table
    "timeline": {"model": str, "paper": str, "year": int, "parameters": int, "test_loss": float, "seconds": float,
                 "steps": int},
    "translation": {"model": str, "paper": str, "year": int, "parameters": int, "seconds": float, "steps": int,
                    **{f"error_{k}": float for k in LENGTHS}}}


def reference_file(table="timeline"):
    """Where the results of the committed run are kept: the table `timeline` or `translation`."""
    return REFERENCE.with_name(f"{table}.csv")


def own_file(table="timeline"):
    """Where the reader's own results are kept; git ignores it."""
    return Path(os.environ.get(OWN) or data.FOLDER) / f"my_{table}.csv"


def read(path):
    """Rows of a table of results as dictionaries, oldest paper first; [] if there is no such file yet.

    A table of the committed run that cannot be read is a CourseError; one of the reader's own is left out, and that is
    said.
    """
    try:
        return rows_of(path)
    except CourseError as error:
        if not is_own(path):
            raise
        print(f"{error}: the course goes on without your own results.")
        return []


def is_own(path):
    return path.name.startswith("my_")


def rows_of(path):
    """The rows of a table, whosever it is; CourseError if it cannot be read."""
    columns = COLUMNS[path.stem.removeprefix("my_")]
    try:
        text = path.read_text(encoding="utf-8")
        header, *lines = csv.reader(text.splitlines(), strict=True)
        if header != list(columns):
            raise ValueError("it has other columns")
        if not text.endswith("\n"):
            raise ValueError("it breaks off")
        rows = [{key: kind(value) for (key, kind), value in zip(columns.items(), line, strict=True)} for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        remedy = "" if is_own(path) else ". Get it back with 'git checkout -- data', or clone the course again."
        raise CourseError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}){remedy}") from error
    return sorted(rows, key=lambda row: (row["year"], row["model"]))


def record(model, paper, year, parameters, test_loss, seconds, steps):
    """Keep one model's result, in place of an earlier one of the same name.

    test_loss in nats per character over the whole test split; seconds and steps of its training.
    """
    if not 0 < test_loss < float("inf"):
        raise CourseError(f"The test loss of {model} is {test_loss}: there is nothing to record.")
    keep("timeline", model, paper, year, parameters, round(test_loss, 6), round(seconds, 1), steps)


def record_translation(model, paper, year, parameters, errors, seconds, steps):
    """The same for a model of the translation task.

    errors: its phoneme error rate on the test sentences of k names, {k: rate} for each k in LENGTHS.
    """
    if set(errors) != set(LENGTHS) or not all(0 <= error < float("inf") for error in errors.values()):
        raise CourseError(f"{model} needs an error rate for each of {LENGTHS} names, not {errors}.")
    keep("translation", model, paper, year, parameters, round(seconds, 1), steps,
         *(round(errors[k], 6) for k in LENGTHS))


def keep(table, *values):
    """Write one row of a table, in place of an earlier one of the same model. One notebook writes at a time.

    If that cannot be done (a full disk, a folder that is read-only, another notebook that does not come to an end) it
    says so and leaves the file as it was.
    """
    path = reference_file(table) if os.environ.get(RECORD) else own_file(table)
    row = dict(zip(COLUMNS[table], values, strict=True))
    try:
        with lock_of(path):
            write(path, [row, *(other for other in rows_to_keep(path) if other["model"] != row["model"])])
    except OSError as error:
        reason = f"another notebook has held it for {PATIENCE} s" if isinstance(error, Timeout) else error.strerror
        print(f"The result of {values[0]} is not kept: {path} cannot be written ({reason}). You can go on; "
              "only the timeline will not show it.")


def lock_of(path):
    """What only one notebook at a time can hold. It lies in the folder for temporary files: beside the table git would
    find it."""
    place = os.path.join(os.path.realpath(path.parent), path.name)
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"how-gpt-{name}.lock", timeout=PATIENCE, mode=0o666)


def rows_to_keep(path):
    """The rows of a table that is to be written. If it is the reader's own and cannot be read, it is put aside."""
    try:
        return rows_of(path)
    except CourseError as error:
        if not is_own(path):
            raise
        names = (path.with_name(f"{path.stem}.unreadable-{number}.csv") for number in itertools.count(1))
        aside = next(name for name in names if not os.path.lexists(name))
        path.rename(aside)
        print(f"{error}: it is now called {aside.name}, and a new one was begun.")
        return []


def write(path, rows):
    """Write a table: all of it, or nothing."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS[path.stem.removeprefix("my_")], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["year"], row["model"])))
    new.replace(path)


def translations():
    """What is recorded of the models of the translation task, {model: row}: the reader's own run where there is one,
    else the committed one. row["errors"] is {k: phoneme error rate}."""
    own = [] if os.environ.get(RECORD) else read(own_file("translation"))
    rows = {row["model"]: row for row in [*read(reference_file("translation")), *own]}
    return {model: {**row, "errors": {k: row[f"error_{k}"] for k in LENGTHS}} for model, row in rows.items()}


def draw(until, only=None):
    """Show every recorded model published up to a year: the committed run, and rings for the reader's own.

    only: names of models to keep, for a notebook that comes before some of those years' models.
    """
    def chosen(path):
        return {row["model"]: row for row in read(path)
                if row["year"] <= until and (only is None or row["model"] in only)}

    reference = chosen(reference_file())
    own = {} if os.environ.get(RECORD) else chosen(own_file())
    rows = sorted({**own, **reference}.values(), key=lambda row: (row["year"], row["model"]))
    if not rows:
        raise CourseError(f"No model up to {until} is recorded yet. Run the notebooks before this one first.")
    figure, axes = plt.subplots(figsize=(8, 3.2))
    places = range(len(rows))
    for place, row in zip(places, rows, strict=True):
        if row["model"] in reference:
            loss = reference[row["model"]]["test_loss"]
            axes.plot(place, loss, "o", color=figures.BLUE, ms=9)
            axes.annotate(f"{loss:.3f}", (place, loss), (9, 6), textcoords="offset points")
        if row["model"] in own:
            axes.plot(place, own[row["model"]]["test_loss"], "o", color=figures.RED, ms=15, mfc="none", mew=1.5)
    labels = [f"{row['model']}\n{row['year']}\n{row['parameters']:,}\nnumbers" for row in rows]
    axes.set_xticks(places, labels, fontsize=8)
    lowest = min(row["test_loss"] for row in rows)
    level = " and ".join(row["model"] for row in rows if row["test_loss"] <= lowest + LEVEL)
    note = "; rings: your own run" if own else ""
    axes.set(xlim=(-0.5, len(rows) - 0.3), ylabel="test loss (nats per symbol)",
             title=f"Lowest test loss up to {until}, within {LEVEL}: {level}{note}")
    axes.margins(y=0.25)
    listing = ", ".join(f"{row['model']} ({row['year']}) {row['test_loss']:.3f}" for row in rows)
    figures.show(figure, f"Timeline of test losses in nats per symbol: {listing}.")
