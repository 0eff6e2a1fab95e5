"""The record of what each model of the course reached: language models, with their picture, and translators."""

import csv
import os

import matplotlib.pyplot as plt

from helpers import CourseError, data, figures

REFERENCE = data.FOLDER / "timeline.csv"  # the committed run of the language models; the translators' lies beside it
OWN = "COURSE_OWN_RESULTS"  # environment variable: another folder for the reader's own run
RECORD = "COURSE_REFERENCE_RUN"  # environment variable: record into the reference itself (build.py sets it)
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
    return data.Path(os.environ.get(OWN) or data.FOLDER) / f"my_{table}.csv"


def read(path):
    """Rows of a table of results as dictionaries, oldest paper first; [] if there is no such file yet."""
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            columns = COLUMNS[path.stem.removeprefix("my_")]
            rows = [{key: kind(row[key]) for key, kind in columns.items()} for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError) as error:
        raise CourseError(f"{path} cannot be read ({error}). Delete it and run the notebooks again.") from error
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
    """Write one row of a table, in place of an earlier one of the same model.

    If the file cannot be written (a full disk, a folder that is read-only) it says so and leaves the file as it was.
    """
    path = reference_file(table) if os.environ.get(RECORD) else own_file(table)
    row = dict(zip(COLUMNS[table], values, strict=True))
    rows = [row, *(other for other in read(path) if other["model"] != row["model"])]
    new = path.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[table], lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: (row["year"], row["model"])))
        new.replace(path)
    except OSError as error:
        print(f"The result of {values[0]} is not kept: {path} cannot be written ({error.strerror}). You can go on; "
              "only the timeline will not show it.")


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
    best = min(rows, key=lambda row: row["test_loss"])
    note = "; rings: your own run" if own else ""
    axes.set(xlim=(-0.5, len(rows) - 0.3), ylabel="test loss (nats per symbol)",
             title=f"Lowest test loss up to {until}: {best['model']}, {best['test_loss']:.3f}{note}")
    axes.margins(y=0.25)
    listing = ", ".join(f"{row['model']} ({row['year']}) {row['test_loss']:.3f}" for row in rows)
    figures.show(figure, f"Timeline of test losses in nats per symbol: {listing}.")
